#include "flow/processors/list_s3.h"

#include <fmt/format.h>

#include <set>

#include "flow/processors/entity_tracking.h"
#include "flow/processors/s3_access.h"
#include "flow/processors/s3_listing.h"

namespace flow {
namespace {

constexpr Allowed kStrategies[] = {
    {"timestamps", "Tracking Timestamps"}, {"entities", "Tracking Entities"}, {"none", "No Tracking"}};
constexpr Allowed kListTypes[] = {{"1", "List Objects V1"}, {"2", "List Objects V2"}};

constexpr std::array<Property, 12> kOwn{{
    {.name = "Bucket", .required = true, .scope = Scope::Environment},
    {.name = "Custom Region", .old_name = "custom-region", .scope = Scope::Environment},
    {.name = "Listing Strategy",
     .old_name = "listing-strategy",
     .help = "How new objects are told from old ones",
     .fallback = "timestamps",
     .required = true,
     .allowed = kStrategies},
    {.name = "Record Writer",
     .old_name = "record-writer",
     .help = "One flowfile of records instead of one per object",
     .service = record::WriterFactory::kApi},
    {.name = "Minimum Object Age",
     .old_name = "min-age",
     .fallback = "0 sec",
     .required = true,
     .kind = Property::Kind::Duration},
    {.name = "Maximum Object Age", .old_name = "max-age", .kind = Property::Kind::Duration},
    {.name = "Listing Batch Size",
     .help = "After so many flowfiles they are handed on",
     .fallback = "100",
     .kind = Property::Kind::Integer},
    {.name = "Write Object Tags",
     .old_name = "write-s3-object-tags",
     .help = "A request more for each object",
     .fallback = "false",
     .required = true,
     .allowed = kS3Truths},
    {.name = "Write User Metadata",
     .old_name = "write-s3-user-metadata",
     .help = "A request more for each object",
     .fallback = "false",
     .required = true,
     .allowed = kS3Truths},
    {.name = "Delimiter", .old_name = "delimiter", .help = "Keys that have it behind the prefix are left out"},
    {.name = "Prefix", .old_name = "prefix", .scope = Scope::Environment},
    {.name = "Use Versions",
     .old_name = "use-versions",
     .help = "List all versions of each object",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
}};
constexpr std::array<Property, 1> kListType{{{.name = "List Type",
                                              .old_name = "list-type",
                                              .help = "Which request lists objects at an endpoint",
                                              .fallback = "1",
                                              .required = true,
                                              .allowed = kListTypes}}};
constexpr auto kProperties = joined(kOwn, kListType, kEntityTracking, kS3Service, kS3RequesterPays);
constexpr Relationship kRelationships[] = {{"success"}};

/// What was listed: the newest time, and the keys of that time, which may get company.
struct Listed {
  std::int64_t newest_ms = 0;
  std::set<std::string, std::less<>> keys;

  static Listed from(const ComponentState& state) {
    Listed listed;
    if (const auto time = state.find("currentTimestamp"); time != state.end())
      listed.newest_ms = std::strtoll(time->second.c_str(), nullptr, 10);
    for (const auto& [name, value] : state)
      if (name.starts_with("key-")) listed.keys.insert(value);
    return listed;
  }
  ComponentState to_state(const std::string& scope) const {
    ComponentState state{{"currentTimestamp", std::to_string(newest_ms)}, {"freshet.scope", scope}};
    std::size_t n = 0;
    for (const auto& key : keys) state[fmt::format("key-{}", n++)] = key;
    return state;
  }
  void add(const ListedObject& object) {
    if (object.modified_ms < newest_ms) return;
    if (object.modified_ms > newest_ms) keys.clear();
    newest_ms = object.modified_ms;
    keys.insert(object.key);
  }
};

class ListS3 final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY(access_, S3Access::from(configuration));
    strategy_ = configuration.text_or("Listing Strategy", "timestamps");
    listing_ = {.bucket = configuration.text_or("Bucket", ""),
                .prefix = configuration.text_or("Prefix", ""),
                .delimiter = configuration.text_or("Delimiter", ""),
                .versions = configuration.flag("Use Versions"),
                .second_type = configuration.text("List Type") == "2",
                .requester_pays = configuration.flag("Requester Pays")};
    details_ = {.tags = configuration.flag("Write Object Tags"), .metadata = configuration.flag("Write User Metadata")};
    region_ = configuration.text_or("Region", "");
    batch_ = configuration.integer_or("Listing Batch Size", 100);
    age_min_ = configuration.duration("Minimum Object Age").value_or(std::chrono::nanoseconds{0});
    age_max_ = configuration.duration("Maximum Object Age");
    writer_ = configuration.service<record::WriterFactory>("Record Writer");
    // Another place: what was listed means nothing any more.
    for (const auto* name : {"Bucket", "Region", "Custom Region", "Endpoint Override URL", "Prefix"})
      scope_ += configuration.text_or(name, "") + '\n';
    if (strategy_ == "entities") {
      TRY(tracking_, EntityTracking::from(configuration, "ListedEntities::" + configuration.processor_id()));
    }
    return {};
  }

  bool endless(const Configuration&) const override { return strategy_ == "none"; }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    TRY(const auto target, access_.target(configuration, services, listing_.bucket));
    // Objects are stamped by the business clock.
    const Round round{configuration, session, *target, services.clock.now()};
    const auto listed = strategy_ == "timestamps" ? by_timestamps(round)
                        : strategy_ == "entities" ? by_entities(round)
                                                  : all(round);
    if (!listed) {
      session.rollback(false);
      session.log_error(fmt::format("{}: {}", configuration.error_prefix(), listed.error().message));
    }
    if (!listed || *listed == 0) session.yield();
    return {};
  }

 private:
  struct Round {
    const Configuration& configuration;
    Session& session;
    ObjectTarget& target;
    base::Instant now;
  };
  using Wanted = std::function<bool(const ListedObject&)>;

  bool has_the_age(const ListedObject& object, base::Instant now) const {
    const std::chrono::nanoseconds age = std::chrono::milliseconds{now.ns / 1'000'000 - object.modified_ms};
    return age >= age_min_ && (!age_max_ || age <= *age_max_);
  }

  /// Flowfiles, or records, of all objects that are wanted; returns how many.
  base::Result<std::uint64_t> emit(const Round& round, const Wanted& wanted) const {
    TRY(auto output,
        S3ListingOutput::open(round.session, round.target, {listing_, details_, region_, batch_}, writer_.get()));
    const auto listed = round.target.list(listing_, [&](std::span<const ListedObject> objects) -> base::Status {
      for (const auto& object : objects)
        if (has_the_age(object, round.now) && wanted(object)) TRY_VOID(output.add(object));
      return {};
    });
    if (!listed) {
      const auto& error = listed.error();
      return base::fail(error.kind,
                        error.code.empty() ? error.message : fmt::format("{}: {}", error.code, error.message));
    }
    TRY_VOID(output.finish());
    return output.count();
  }

  base::Result<std::uint64_t> all(const Round& round) const {
    return emit(round, [](const ListedObject&) { return true; });
  }

  /// The state says another place, whose objects do not count here.
  bool of_another_place(const Session& session) const {
    const auto scope = session.state().find("freshet.scope");
    return scope != session.state().end() && scope->second != scope_;
  }

  base::Result<std::uint64_t> by_timestamps(const Round& round) const {
    const auto before = of_another_place(round.session) ? Listed{} : Listed::from(round.session.state());
    auto after = before;
    TRY(const auto count, emit(round, [&](const ListedObject& object) {
          if (object.modified_ms < before.newest_ms) return false;
          if (object.modified_ms == before.newest_ms && before.keys.contains(object.key)) return false;
          after.add(object);
          return true;
        }));
    if (count > 0) round.session.set_state(after.to_state(scope_));
    return count;
  }

  base::Result<std::uint64_t> by_entities(const Round& round) {
    TRY_VOID(tracking_->begin(round.session, scope_, round.now));
    TRY(const auto count, emit(round, [&](const ListedObject& object) {
          return tracking_->take(fmt::format("{}_{}", object.key, object.version.empty() ? "null" : object.version),
                                 {object.modified_ms, object.size});
        }));
    tracking_->finish(round.session, scope_);
    return count;
  }

  S3Access access_;
  std::string strategy_;
  ObjectListing listing_;
  S3ListingDetails details_;
  std::string region_;
  std::string scope_;
  std::uint64_t batch_ = 100;
  std::chrono::nanoseconds age_min_{0};
  std::optional<std::chrono::nanoseconds> age_max_;
  std::shared_ptr<record::WriterFactory> writer_;
  std::optional<EntityTracking> tracking_;
};

}  // namespace

const Description kListS3{
    .type = "org.apache.nifi.processors.aws.s3.ListS3",
    .bundle = kAwsBundle,
    .help = "Lists new objects of a bucket; the content is fetched by FetchS3Object.",
    .properties = kProperties,
    .relationships = kRelationships,
    .input = Input::Forbidden,
    .serial = true,
    .default_period = "1 min",
    .make = [] { return std::unique_ptr<Processor>(new ListS3); },
};

}  // namespace flow

#include "flow/processors/list_file.h"

#include "flow/engine/session.h"
#include "flow/processors/entity_tracking.h"
#include "flow/processors/file_listing.h"
#include "flow/processors/timestamp_tracking.h"
#include "flow/services/properties.h"

namespace flow {
namespace {

constexpr Allowed kStrategies[] = {
    {"timestamps", "Tracking Timestamps"}, {"entities", "Tracking Entities"}, {"none", "No Tracking"}};
constexpr Allowed kLocations[] = {{"Local"}, {"Remote"}};

constexpr auto kOwn = std::to_array<Property>({
    {.name = "Input Directory", .help = "Where to look for files", .required = true, .scope = Scope::Environment},
    {.name = "Listing Strategy",
     .old_name = "listing-strategy",
     .help = "How new files are told from old ones",
     .fallback = "timestamps",
     .required = true,
     .allowed = kStrategies},
    {.name = "Recurse Subdirectories",
     .help = "Also look below",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Record Writer",
     .old_name = "record-writer",
     .help = "One flowfile of records instead of one per file",
     .unsupported = true},
    {.name = "Input Directory Location",
     .help = "Where state is kept; one node: no difference",
     .fallback = "Local",
     .required = true,
     .allowed = kLocations},
    {.name = "File Filter",
     .help = "Java pattern for the whole file name",
     .fallback = "[^\\.].*",
     .required = true,
     .kind = Property::Kind::Pattern},
    {.name = "Path Filter",
     .help = "Java pattern for the directory below the input directory",
     .kind = Property::Kind::Pattern},
    {.name = "Include File Attributes",
     .help = "Set owner, group, permissions and times",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Minimum File Age", .fallback = "0 sec", .required = true, .kind = Property::Kind::Duration},
    {.name = "Maximum File Age", .kind = Property::Kind::Duration},
    {.name = "Minimum File Size", .fallback = "0 B", .required = true, .kind = Property::Kind::Size},
    {.name = "Maximum File Size", .kind = Property::Kind::Size},
    {.name = "Ignore Hidden Files", .fallback = "true", .required = true, .kind = Property::Kind::Boolean},
    {.name = "Target System Timestamp Precision",
     .old_name = "target-system-timestamp-precision",
     .fallback = "auto-detect",
     .required = true,
     .allowed = kTimePrecisions},
    {.name = "Entity Tracking Node Identifier",
     .old_name = "et-node-identifier",
     .help = "Part of the key of the cache, where the input directory is local",
     .fallback = "${hostname()}",
     .scope = Scope::Environment},
    {.name = "Track Performance",
     .old_name = "track-performance",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean,
     .no_effect = true},
    {.name = "Maximum Number of Files to Track",
     .old_name = "max-performance-metrics",
     .fallback = "100000",
     .required = true,
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Max Disk Operation Time",
     .old_name = "max-operation-time",
     .fallback = "10 secs",
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Max Directory Listing Time",
     .old_name = "max-listing-time",
     .fallback = "3 mins",
     .scope = Scope::Environment,
     .no_effect = true},
});
constexpr auto kProperties = joined(kOwn, kEntityTracking);
constexpr Relationship kRelationships[] = {{"success"}};

class ListFile final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY(wish_, FileWish::from(configuration));
    wish_.path_of_top = true;
    directory_ = configuration.text_or("Input Directory", "");
    details_ = configuration.flag("Include File Attributes");
    // Another directory or other filters: what was listed means nothing any more.
    for (const auto* name :
         {"Input Directory", "File Filter", "Path Filter", "Recurse Subdirectories", "Minimum File Age",
          "Maximum File Age", "Minimum File Size", "Maximum File Size", "Ignore Hidden Files"})
      scope_ += configuration.text_or(name, "") + '\n';
    const auto strategy = configuration.text_or("Listing Strategy", "timestamps");
    if (strategy == "timestamps")
      times_.emplace(configuration.text_or("Target System Timestamp Precision", "auto-detect"), scope_);
    if (strategy == "entities") {
      auto key = "ListedEntities::" + configuration.processor_id();
      if (configuration.text("Input Directory Location") == "Local")
        key += "::" + configuration.text_or("Entity Tracking Node Identifier", "");
      TRY(entities_, EntityTracking::from(configuration, std::move(key)));
    }
    return {};
  }

  bool endless(const Configuration&) const override { return !times_ && !entities_; }

  base::Status trigger(const Configuration&, const Services& services, Session& session) override {
    const auto now = services.wall_clock.now();
    const auto emit_one = [&](const FoundFile& file) { emit(session, file); };
    if (entities_) {
      TRY_VOID(entities_->begin(session, scope_, now));
      TRY(const auto files, list_files(directory_, wish_, now));
      return entities_->take_files(session, scope_, files, emit_one);
    }
    if (times_) times_->begin(session.state(), now);
    TRY(const auto files,
        list_files(directory_, wish_, now, [&](const FoundFile& file) { return !times_ || times_->may_be_new(file); }));
    if (times_) {
      times_->take(session, files, emit_one);
      return {};
    }
    for (const auto& file : files) emit(session, file);
    if (files.empty()) session.yield();
    return {};
  }

 private:
  void emit(Session& session, const FoundFile& found) {
    auto& file = session.create();
    put_file_attributes(file, found, "./", details_);
    file.attributes["file.size"] = std::to_string(found.size);
    session.transfer(file, "success");
  }

  FileWish wish_;
  std::string directory_;
  std::string scope_;
  bool details_ = true;
  std::optional<TimestampTracking> times_;  // one of them, or none
  std::optional<EntityTracking> entities_;
};

}  // namespace

const Description kListFile{
    .type = "org.apache.nifi.processors.standard.ListFile",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Lists new files of a directory; the content is fetched by FetchFile.",
    .properties = kProperties,
    .relationships = kRelationships,
    .input = Input::Forbidden,
    .serial = true,
    .default_period = "1 min",
    .make = [] { return std::unique_ptr<Processor>(new ListFile); },
};

}  // namespace flow

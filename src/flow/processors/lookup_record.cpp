#include "flow/processors/lookup_record.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/content/text_ends.h"
#include "flow/processors/record_io.h"
#include "flow/processors/record_paths.h"
#include "flow/processors/stop_switch.h"
#include "flow/record/value_text.h"
#include "flow/services/lookup.h"
#include "flow/services/lookup_cache.h"

namespace flow {
namespace {

using record::Kind;
using record::Selected;
using record::Value;

constexpr Allowed kRoutings[] = {{"route-to-success", "Route to 'success'"},
                                 {"route-to-matched-unmatched", "Route to 'matched' or 'unmatched'"}};
constexpr Allowed kContents[] = {{"insert-entire-record", "Insert Entire Record"},
                                 {"record-fields", "Insert Record Fields"}};
constexpr Allowed kUpdates[] = {{"use-property", "Use \"Result RecordPath\" Property"},
                                {"replace-existing-values", "Replace Existing Values"}};
constexpr Property kProperties[] = {
    kRecordReader,
    kRecordWriter,
    {.name = "Lookup Service", .old_name = "lookup-service", .required = true, .service = LookupService::kApi},
    {.name = "Root Record Path",
     .old_name = "root-record-path",
     .help = "To records, or arrays of them, in each record: they are looked up for in its place",
     .scope = Scope::FlowFile},
    {.name = "Routing Strategy",
     .old_name = "routing-strategy",
     .fallback = "route-to-success",
     .required = true,
     .allowed = kRoutings},
    {.name = "Record Result Contents",
     .old_name = "result-contents",
     .help = "Whether a record that was found is put there, or its fields",
     .fallback = "insert-entire-record",
     .required = true,
     .allowed = kContents},
    {.name = "Record Update Strategy",
     .old_name = "record-update-strategy",
     .help = "Where what was found goes: to Result RecordPath, or in place of what was looked up",
     .fallback = "use-property",
     .required = true,
     .allowed = kUpdates},
    {.name = "Result RecordPath", .old_name = "result-record-path", .scope = Scope::FlowFile},
    {.name = "Cache Size",
     .old_name = "record-path-lookup-miss-result-cache-size",
     .help = "How many answers of servers and databases are kept for a flowfile, those that nothing was found, too",
     .fallback = "0",
     .required = true,
     .scope = Scope::Environment,
     .kind = Property::Kind::Integer},
};
constexpr Relationship kRelationships[] = {{"success"}, {"matched"}, {"unmatched"}, {"failure", true}};

/// What is asked for to see which schema the records will have is not asked for again when they are written.
constexpr std::size_t kSchemaLookups = 1000;
constexpr std::size_t kToldBytes = 256;  // of coordinates, in an error

struct Settings {
  std::shared_ptr<LookupService> service;
  bool in_place = false;
  bool by_field = false;
  std::uint64_t cached = 0;  // answers
};

/// The lookups for the records of one flowfile.
class Lookups {
 public:
  struct Outcome {
    bool any = false, all = true;  // of what was looked up for a record was found
  };

  static base::Result<Lookups> make(const Settings& settings, const Configuration& configuration,
                                    const Session& session, const FlowFile& file, std::stop_token stop) {
    Lookups lookups(settings, session, file, std::move(stop));
    TRY(lookups.paths_, record_paths(configuration, session, file, BlankPath::Refused));
    TRY(lookups.result_, path(configuration, "Result RecordPath", session, file));
    TRY(lookups.root_, path(configuration, "Root Record Path", session, file));
    return lookups;
  }

  base::Result<Outcome> change(record::Row& row, record::Arena& arena) {
    Outcome outcome;
    if (!root_) {
      TRY(outcome.all, change_one(row, arena));
      outcome.any = outcome.all;
      return outcome;
    }
    TRY(const auto roots, root_->select(row, arena));
    bool had_one = false;
    const auto use = [&](const Value& value) -> base::Status {
      if (value.kind != Kind::Record) return {};
      had_one = true;
      TRY(const bool found, change_one(*const_cast<record::Row*>(value.row), arena));  // the batch's, which is ours
      (found ? outcome.any : outcome.all) = found;
      return {};
    };
    for (const auto& root : roots) {
      if (root.value.kind == Kind::Array)
        for (const auto& item : root.value.items()) TRY_VOID(use(item));
      else
        TRY_VOID(use(root.value));
      record::mark_changed(root, row);
    }
    outcome.all = outcome.all && had_one;
    return outcome;
  }

  /// With what the first record gets that something is found for.
  base::Result<record::SchemaPtr> changed_schema(record::Reader& reader) {
    if (settings_.in_place || !result_) return reader.schema();
    record::Batch batch;
    for (;;) {
      TRY_VOID(reader.read(batch));
      if (batch.rows.empty()) return reader.schema();
      for (auto& row : batch.rows) {
        TRY(const auto outcome, change(row, batch.arena));
        if (outcome.any) return record::extended_schema(row, reader.schema());
      }
    }
  }
  /// From here on only as many answers are added to the cache as its property says.
  void begin_writing() { adds_to_cache_ = settings_.cached > 0; }

 private:
  Lookups(const Settings& settings, const Session& session, const FlowFile& file, std::stop_token stop)
      : settings_(settings),
        session_(session),
        file_(file),
        stop_(std::move(stop)),
        cache_(std::make_unique<LookupCache>(std::max<std::size_t>(settings.cached, kSchemaLookups))) {}

  static base::Result<std::optional<record::RecordPath>> path(const Configuration& configuration,
                                                              std::string_view property, const Session& session,
                                                              const FlowFile& file) {
    if (!configuration.is_set(property) || configuration.text(property) == "") return std::nullopt;
    TRY(const auto text, configuration.evaluate_or(property, session, file, ""));
    if (text.empty()) return base::fail(base::ErrorKind::InvalidValue, fmt::format("'{}' is empty", property));
    TRY(auto compiled, record::RecordPath::compile(text));
    return std::optional(std::move(compiled));
  }

  /// True when everything was found.
  base::Result<bool> change_one(record::Row& row, record::Arena& arena) {
    if (settings_.in_place) return replace(row, arena);
    LookupService::Coordinates coordinates;
    for (const auto& [name, path] : paths_) {
      TRY(auto selected, path.select(row, arena));
      std::erase_if(selected, [](const Selected& each) { return each.value.is_null(); });
      if (selected.size() != 1) return false;
      coordinates.emplace(name, selected[0].value);
    }
    TRY(const auto found, find_cached(coordinates, arena));
    if (!found) return false;
    if (!result_) return true;
    TRY(const auto places, result_->select(row, arena));
    for (const auto& place : places) {
      if (settings_.by_field && found->kind == Kind::Record && place.value.kind == Kind::Record)
        TRY_VOID(add_fields(place, *found->row, row, arena));
      else
        TRY_VOID(record::assign(place, *found, row, arena));
    }
    return true;
  }

  base::Result<std::optional<Value>> find_cached(const LookupService::Coordinates& coordinates, record::Arena& arena) {
    if (!settings_.service->asks_others()) return find(coordinates, arena);
    auto key = cache_key(coordinates);
    if (const auto cached = cache_->get(key)) {
      arena.keep(cached->keeper);
      return cached->value;
    }
    TRY(auto found, ask(coordinates));
    arena.keep(found.keeper);
    const auto value = found.value;
    if (adds_to_cache_) cache_->put(std::move(key), std::move(found));
    return value;
  }
  base::Result<std::optional<Value>> find(const LookupService::Coordinates& coordinates, record::Arena& arena) const {
    TRY(auto found, ask(coordinates));
    arena.keep(std::move(found.keeper));
    return found.value;
  }
  base::Result<LookupService::Found> ask(const LookupService::Coordinates& coordinates) const {
    auto found = settings_.service->find({coordinates, session_, file_, stop_});
    if (found || found.error().kind == base::ErrorKind::Cancelled) return found;
    std::string asked;
    for (const auto& [name, value] : coordinates)
      asked += fmt::format("{}{} '{}'", asked.empty() ? "" : ", ", name, record::plain_text(value));
    if (asked.size() > kToldBytes) asked = beginning_of(asked, kToldBytes) + "...";
    // Whatever it is: the flowfile goes to failure.
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("lookup of {}: {}", asked, found.error().message));
  }

  static base::Status add_fields(const Selected& place, const record::Row& found, record::Row& row,
                                 record::Arena& arena) {
    auto* into = const_cast<record::Row*>(place.value.row);  // the batch's, which is ours
    for (std::size_t i = 0; i < found.schema->size(); ++i) {
      const auto& field = (*found.schema)[i];
      Selected at{
          .name = field.name, .type = field.type, .value = {}, .place = nullptr, .owner = into, .above = {place}};
      if (const auto index = into->schema->find(field.name)) {
        at.place = const_cast<Value*>(&into->fields[*index]);
        at.type = (*into->schema)[*index].type;
      }
      TRY_VOID(record::assign(at, found.fields[i], row, arena));
    }
    return {};
  }

  base::Result<bool> replace(record::Row& row, record::Arena& arena) const {
    const std::string key(settings_.service->required_key());
    bool all = true;
    for (const auto& [name, path] : paths_) {
      TRY(auto selected, path.select(row, arena));
      if (selected.empty()) continue;  // an empty array has nothing that could be missing
      std::erase_if(selected, [](const Selected& each) { return each.value.is_null(); });
      if (selected.empty()) return false;
      for (const auto& each : selected) {
        TRY(const auto found, find({{key, each.value}}, arena));
        if (found)  // a copy: the next path may lead into it
          TRY_VOID(record::assign(each, record::deep_copy(*found, arena), row, arena));
        else
          all = false;
      }
    }
    return all;
  }

  Settings settings_;
  const Session& session_;
  const FlowFile& file_;
  std::stop_token stop_;
  std::vector<std::pair<std::string, record::RecordPath>> paths_;
  std::optional<record::RecordPath> result_, root_;
  std::unique_ptr<LookupCache> cache_;
  bool adds_to_cache_ = true;
};

class LookupRecord final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    services_ = RecordServices::of(configuration);
    settings_ = {.service = configuration.service<LookupService>("Lookup Service"),
                 .in_place = configuration.text("Record Update Strategy") == "replace-existing-values",
                 .by_field = configuration.text("Record Result Contents") == "record-fields",
                 .cached = configuration.integer_or("Cache Size", 0)};
    sorts_ = configuration.text("Routing Strategy") == "route-to-matched-unmatched";
    const auto wrong = [&](std::string_view what) {
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}{}", configuration.error_prefix(), what));
    };
    const auto key = settings_.service->required_key();
    if (settings_.in_place && key.empty())
      return wrong(
          ", property 'Record Update Strategy': replaces what was looked up, which needs a service with one key");
    const auto& dynamic = configuration.dynamic();
    const bool has_key = key.empty() || std::ranges::any_of(dynamic, [&](const auto& d) { return d.name == key; });
    if (dynamic.empty() || (!settings_.in_place && !has_key))
      return wrong(key.empty() ? ": needs a property whose value is a path"
                               : fmt::format(": needs a property '{}' whose value is a path", key));
    return {};
  }

  std::optional<std::vector<std::string>> relationships(const Configuration& configuration) const override {
    if (configuration.text("Routing Strategy") == "route-to-matched-unmatched")
      return std::vector<std::string>{"matched", "unmatched", "failure"};
    return std::vector<std::string>{"success", "failure"};
  }

  void stopping() override { stop_.request(); }
  void stopped() override { stop_.reset(); }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    Part matched{.relationship = sorts_ ? "matched" : "success"}, unmatched{.relationship = "unmatched"};
    auto outcome = look_up(configuration, session, *file, matched, unmatched);
    for (auto* part : {&matched, &unmatched})
      if (outcome && part->output) outcome = part->output->finish(session, *part->file);
    if (!outcome) {
      for (auto* part : {&matched, &unmatched})
        if (part->file != nullptr) session.remove(*part->file);
      if (outcome.error().kind == base::ErrorKind::Cancelled) {
        // The flow is stopped, which is nobody's failure.
        session.rollback(false);
        return {};
      }
      if (!is_record_error(outcome.error())) return outcome;
      fail_records(configuration, session, *file, outcome.error());
      return {};
    }
    for (auto* part : {&matched, &unmatched})
      if (part->file != nullptr) send(session, *part);
    session.remove(*file);
    return {};
  }

 private:
  struct Part {
    std::string_view relationship;
    FlowFile* file = nullptr;
    std::optional<RecordOutput> output = {};
  };

  static void send(Session& session, const Part& part) {
    session.transfer(*part.file, part.relationship);
    session.report(EventType::Route, *part.file, {.relationship = std::string(part.relationship)});
    count_records(session, "Records Processed", part.output->count());
    count_records(session, fmt::format("Records Routed to {}", part.relationship), part.output->count());
  }

  base::Status look_up(const Configuration& configuration, Session& session, const FlowFile& file, Part& matched,
                       Part& unmatched) const {
    TRY(auto lookups, Lookups::make(settings_, configuration, session, file, stop_.token()));
    TRY(auto read_schema, first_pass(session, file, lookups));
    TRY(const auto schema, services_.writer->schema(session, file, read_schema));
    TRY(const auto reader, services_.reader->open(session, file));
    lookups.begin_writing();
    const auto open = [&](Part& part) -> base::Status {
      part.file = &session.create(file);
      TRY(part.output, RecordOutput::open(session, *part.file, *services_.writer, schema));
      return {};
    };
    TRY_VOID(record::for_each_batch(*reader, [&](record::Batch& batch) -> base::Status {
      for (auto& row : batch.rows) {
        TRY(const auto outcome, lookups.change(row, batch.arena));
        auto& part = sorts_ && !outcome.all ? unmatched : matched;
        if (!part.output) TRY_VOID(open(part));
        TRY_VOID(part.output->write(row));
      }
      return {};
    }));
    return {};
  }

  base::Result<record::SchemaPtr> first_pass(Session& session, const FlowFile& file, Lookups& lookups) const {
    TRY(const auto reader, services_.reader->open(session, file));
    return lookups.changed_schema(*reader);
  }

  RecordServices services_;
  Settings settings_;
  bool sorts_ = false;
  StopSwitch stop_;
};

}  // namespace

const Description kLookupRecord{
    .type = "org.apache.nifi.processors.standard.LookupRecord",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Adds to records what a service has for fields of them: each dynamic property is a coordinate and a path.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .dynamic = true,
    .make = [] { return std::unique_ptr<Processor>(new LookupRecord); },
};

}  // namespace flow

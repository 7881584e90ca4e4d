#include "flow/processors/lookup_record.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/processors/record_io.h"
#include "flow/processors/record_paths.h"
#include "flow/record/value_text.h"
#include "flow/services/lookup.h"

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
    {.name = "Root Record Path", .old_name = "root-record-path", .unsupported = true},
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
     .fallback = "0",
     .required = true,
     .scope = Scope::Environment,
     .no_effect = true},
};
constexpr Relationship kRelationships[] = {{"success"}, {"matched"}, {"unmatched"}, {"failure", true}};

using Paths = std::vector<std::pair<std::string, record::RecordPath>>;

class LookupRecord final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    services_ = RecordServices::of(configuration);
    lookup_ = configuration.service<LookupService>("Lookup Service");
    in_place_ = configuration.text("Record Update Strategy") == "replace-existing-values";
    by_field_ = configuration.text("Record Result Contents") == "record-fields";
    sorts_ = configuration.text("Routing Strategy") == "route-to-matched-unmatched";
    const auto& dynamic = configuration.dynamic();
    const bool has_key = std::ranges::any_of(dynamic, [&](const auto& d) { return d.name == lookup_->required_key(); });
    if (dynamic.empty() || (!in_place_ && !has_key))
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("{}: needs a property '{}' whose value is a path", configuration.error_prefix(),
                                    lookup_->required_key()));
    return {};
  }

  std::optional<std::vector<std::string>> relationships(const Configuration& configuration) const override {
    if (configuration.text("Routing Strategy") == "route-to-matched-unmatched")
      return std::vector<std::string>{"matched", "unmatched", "failure"};
    return std::vector<std::string>{"success", "failure"};
  }

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
    TRY(const auto paths, record_paths(configuration, session, file, BlankPath::Refused));
    std::optional<record::RecordPath> result;
    TRY(const auto text, configuration.evaluate_or("Result RecordPath", session, file, ""));
    if (configuration.is_set("Result RecordPath") && configuration.text("Result RecordPath") != "") {
      if (text.empty()) return base::fail(base::ErrorKind::InvalidValue, "'Result RecordPath' is empty");
      TRY(result, record::RecordPath::compile(text));
    }
    TRY(const auto read_schema, changed_schema(session, file, paths, result));
    TRY(const auto schema, services_.writer->schema(session, file, read_schema));
    TRY(const auto reader, services_.reader->open(session, file));
    const auto open = [&](Part& part) -> base::Status {
      part.file = &session.create(file);
      TRY(part.output, RecordOutput::open(session, *part.file, *services_.writer, schema));
      return {};
    };
    TRY_VOID(record::for_each_batch(*reader, [&](record::Batch& batch) -> base::Status {
      for (auto& row : batch.rows) {
        TRY(const bool found, change(row, batch.arena, paths, result));
        auto& part = sorts_ && !found ? unmatched : matched;
        if (!part.output) TRY_VOID(open(part));
        TRY_VOID(part.output->write(row));
      }
      return {};
    }));
    return {};
  }

  /// With what the first record gets that something is found for.
  base::Result<record::SchemaPtr> changed_schema(Session& session, const FlowFile& file, const Paths& paths,
                                                 const std::optional<record::RecordPath>& result) const {
    TRY(const auto reader, services_.reader->open(session, file));
    if (in_place_ || !result) return reader->schema();
    record::Batch batch;
    for (;;) {
      TRY_VOID(reader->read(batch));
      if (batch.rows.empty()) return reader->schema();
      for (auto& row : batch.rows) {
        TRY(const bool found, change(row, batch.arena, paths, result));
        if (found) return record::extended_schema(row, reader->schema());
      }
    }
  }

  /// True when everything was found.
  base::Result<bool> change(record::Row& row, record::Arena& arena, const Paths& paths,
                            const std::optional<record::RecordPath>& result) const {
    if (in_place_) return replace(row, arena, paths);
    std::map<std::string, std::string> coordinates;
    for (const auto& [name, path] : paths) {
      TRY(auto selected, path.select(row, arena));
      std::erase_if(selected, [](const Selected& each) { return each.value.is_null(); });
      if (selected.size() != 1) return false;
      coordinates.emplace(name, record::plain_text(selected[0].value));
    }
    TRY(const auto found, lookup_->find(coordinates));
    if (!found) return false;
    if (!result) return true;
    TRY(const auto places, result->select(row, arena));
    for (const auto& place : places) {
      if (by_field_ && found->kind == Kind::Record && place.value.kind == Kind::Record)
        TRY_VOID(add_fields(place, *found->row, row, arena));
      else
        TRY_VOID(record::assign(place, *found, row, arena));
    }
    return true;
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

  base::Result<bool> replace(record::Row& row, record::Arena& arena, const Paths& paths) const {
    bool all = true;
    for (const auto& [name, path] : paths) {
      TRY(const auto selected, path.select(row, arena));
      for (const auto& each : selected) {
        const auto found =
            each.value.is_null()
                ? base::Result<std::optional<Value>>(std::nullopt)
                : lookup_->find({{std::string(lookup_->required_key()), record::plain_text(each.value)}});
        if (!found) return base::fail(found.error());
        if (*found)
          TRY_VOID(record::assign(each, **found, row, arena));
        else
          all = false;
      }
    }
    return all;
  }

  RecordServices services_;
  std::shared_ptr<LookupService> lookup_;
  bool in_place_ = false;
  bool by_field_ = false;
  bool sorts_ = false;
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

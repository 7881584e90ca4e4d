#include "flow/processors/update_record.h"

#include <fmt/format.h>

#include <map>

#include "flow/processors/record_io.h"
#include "flow/record/path.h"
#include "flow/record/value_text.h"

namespace flow {
namespace {

using record::Selected;

constexpr Allowed kStrategies[] = {{"literal-value", "Literal Value"}, {"record-path-value", "Record Path Value"}};
constexpr Property kProperties[] = {kRecordReader,
                                    kRecordWriter,
                                    {.name = "Replacement Value Strategy",
                                     .old_name = "replacement-value-strategy",
                                     .help = "Whether the values of dynamic properties are texts or paths",
                                     .fallback = "literal-value",
                                     .required = true,
                                     .allowed = kStrategies}};
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

/// The changes that one flowfile's records get.
class Updates {
 public:
  struct Update {
    const record::RecordPath& where;
    const el::Expression& value;
    std::optional<std::string> literal;
    std::optional<record::RecordPath> path;
  };
  Updates(Session& session, const FlowFile& file) : session_(session), file_(file) {}
  void add(Update update) { updates_.push_back(std::move(update)); }

  base::Status apply(record::Row& row, record::Arena& arena) {
    ++index_;
    for (const auto& update : updates_) {
      TRY(const auto places, update.where.select(row, arena));
      if (update.path) {
        TRY_VOID(by_path(*update.path, places, row, arena));
        continue;
      }
      for (const auto& place : places) {
        TRY(const auto text,
            update.literal ? base::Result<std::string>(*update.literal) : evaluate(update.value, place));
        TRY_VOID(record::assign(place, record::Value::of(record::Kind::String, arena.text(text)), row, arena));
      }
    }
    return {};
  }

 private:
  base::Result<std::string> evaluate(const el::Expression& value, const Selected& place) const {
    const Attributes field{{"field.name", place.name},
                           {"field.value", record::plain_text(place.value)},
                           {"field.type", std::string(record::name_of(place.type.type))},
                           {"record.index", fmt::format("{}", index_)}};
    return session_.evaluate(value, file_, {.extra = &field});
  }

  base::Status by_path(const record::RecordPath& path, const std::vector<Selected>& places, record::Row& row,
                       record::Arena& arena) {
    if (places.size() == 1 && places[0].is_root()) {
      TRY(const auto found, path.select(row, arena));
      return replace_root(found, row, arena);
    }
    if (path.is_absolute()) {
      TRY(const auto found, path.select(row, arena));
      const auto value = together(found, arena);
      for (const auto& place : places) TRY_VOID(record::assign(place, value, row, arena));
      return {};
    }
    for (const auto& place : places) {
      TRY(const auto found, path.select(row, arena, &place));
      TRY_VOID(record::assign(place, together(found, arena), row, arena));
    }
    return {};
  }

  /// Of several values: an object of them, by their names.
  static record::Value together(const std::vector<Selected>& found, record::Arena& arena) {
    if (found.empty()) return {};
    if (found.size() == 1) return found[0].value;
    std::vector<record::Entry> entries;
    for (const auto& each : found) entries.push_back({arena.text(each.name), each.value});
    return record::Value::of(std::span<const record::Entry>(arena.copy(std::span<const record::Entry>(entries))));
  }

  base::Status replace_root(const std::vector<Selected>& found, record::Row& row, record::Arena& arena) {
    if (found.empty()) return {};
    if (found.size() == 1 && found[0].value.kind == record::Kind::Record) {
      row = *found[0].value.row;
      row.original = nullptr;
      return {};
    }
    std::vector<record::Field> fields;
    auto values = arena.array<record::Value>(found.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto type = found[i].above.empty() ? record::type_of(found[i].value) : found[i].type;
      fields.push_back({.name = found[i].name, .type = type});
      values[i] = found[i].value;
    }
    auto schema = record::make_schema(std::move(fields));
    if (root_ == nullptr || *root_ != *schema) {
      roots_.push_back(schema);
      root_ = std::move(schema);
    }
    row = record::Row{.schema = root_.get(), .fields = values.data()};
    return {};
  }

  Session& session_;
  const FlowFile& file_;
  std::vector<Update> updates_;
  std::uint64_t index_ = 0;
  record::SchemaPtr root_;
  std::vector<record::SchemaPtr> roots_;  // what rows may refer to
};

class UpdateRecord final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    services_ = RecordServices::of(configuration);
    by_path_ = configuration.text("Replacement Value Strategy") == "record-path-value";
    if (configuration.dynamic().empty())
      return base::fail(base::ErrorKind::InvalidValue,
                        configuration.error_prefix() + ": needs a property whose name is a path");
    for (const auto& dynamic : configuration.dynamic()) {
      auto path = record::RecordPath::compile(dynamic.name);
      if (!path)
        return base::fail(base::ErrorKind::InvalidValue,
                          fmt::format("{}: {}", configuration.error_prefix(), path.error().message));
      paths_.push_back(std::move(*path));
    }
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    const auto outcome = update(configuration, session, *file);
    if (outcome) {
      session.transfer(*file, "success");
      return {};
    }
    if (!is_record_error(outcome.error())) return outcome;
    fail_records_with_message(configuration, session, *file, outcome.error());
    return {};
  }

 private:
  base::Status update(const Configuration& configuration, Session& session, FlowFile& file) const {
    Updates updates(session, file);
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      const auto& value = configuration.dynamic()[i].value;
      Updates::Update made{.where = paths_[i], .value = value, .literal = {}, .path = {}};
      if (by_path_ || value.is_literal()) {
        TRY(made.literal, session.evaluate(value, file));
      }
      if (by_path_) {
        TRY(made.path, record::RecordPath::compile(*made.literal));
      }
      updates.add(std::move(made));
    }
    TRY(const auto reader, services_.reader->open(session, file));
    std::optional<RecordOutput> output;
    const auto open = [&](const record::SchemaPtr& read) -> base::Status {
      TRY(auto schema, services_.writer->schema(session, file, read));
      TRY(output, RecordOutput::open(session, file, *services_.writer, std::move(schema)));
      return {};
    };
    TRY_VOID(record::for_each_batch(*reader, [&](record::Batch& batch) -> base::Status {
      for (auto& row : batch.rows) {
        TRY_VOID(updates.apply(row, batch.arena));
        // The first record, changed, says the schema of all.
        if (!output) {
          auto own = row.schema == reader->schema().get() ? reader->schema()
                                                          : std::make_shared<const record::Schema>(*row.schema);
          TRY_VOID(open(record::extended_schema(row, own)));
        }
        TRY_VOID(output->write(row));
      }
      return {};
    }));
    if (!output) TRY_VOID(open(reader->schema()));
    TRY_VOID(output->finish(session, file));
    count_records(session, "Records Processed", output->count());
    return {};
  }

  RecordServices services_;
  bool by_path_ = false;
  std::vector<record::RecordPath> paths_;
};

}  // namespace

const Description kUpdateRecord{
    .type = "org.apache.nifi.processors.standard.UpdateRecord",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Changes fields of records: each dynamic property is a path and what stands there from now on.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .dynamic = true,
    .make = [] { return std::unique_ptr<Processor>(new UpdateRecord); },
};

}  // namespace flow

#include "flow/processors/jolt_transform_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <limits>

#include "flow/processors/jolt_specification.h"
#include "flow/processors/record_io.h"
#include "flow/record/inference.h"

namespace flow {
namespace {

namespace json = boost::json;
using record::Arena;
using record::Kind;
using record::Row;
using record::SchemaPtr;
using record::Value;

constexpr Property kProperties[] = {
    {.name = "Record Reader",
     .old_name = "jolt-record-record-reader",
     .required = true,
     .service = record::ReaderFactory::kApi},
    {.name = "Record Writer",
     .old_name = "jolt-record-record-writer",
     .required = true,
     .service = record::WriterFactory::kApi},
    {.name = "Jolt Transform",
     .old_name = "jolt-record-transform",
     .help = "What the specification is of",
     .fallback = "jolt-transform-chain",
     .required = true,
     .allowed = kJoltTransforms},
    {.name = "Jolt Specification",
     .old_name = "jolt-record-spec",
     .help = "JSON, or the path of a file of it; Sort needs none",
     .scope = Scope::FlowFile},
    {.name = "Custom Transformation Class Name",
     .old_name = "jolt-record-custom-class",
     .scope = Scope::FlowFile,
     .unsupported = true},
    {.name = "Custom Module Directory",
     .old_name = "jolt-record-custom-modules",
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Transform Cache Size",
     .old_name = "jolt-record-transform-cache-size",
     .help = "Compiled specifications that are kept, where expressions make several",
     .fallback = "1",
     .required = true,
     .kind = Property::Kind::Integer},
};
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}, {"original"}};

/// A record as JSON and back. What JSON has no type for (times, bytes, numbers of any length) passes through a
/// transform as a text that stands for it.
class JoltValues {
 public:
  json::value to_json(const Value& value) {
    switch (value.kind) {
      case Kind::Missing:
      case Kind::Null: return nullptr;
      case Kind::Boolean: return value.whole != 0;
      case Kind::Byte:
      case Kind::Short:
      case Kind::Int:
      case Kind::Long: return value.whole;
      case Kind::Float:
      case Kind::Double: return value.real;
      case Kind::Uuid:
      case Kind::Char:
      case Kind::Enum:
      case Kind::String: return json::string(value.text());
      case Kind::BigInt:
      case Kind::Decimal:
      case Kind::Timestamp:
      case Kind::Date:
      case Kind::Time:
      case Kind::Bytes: kept_.push_back(value); return json::string(kMark + std::to_string(kept_.size() - 1));
      case Kind::Record: return to_json(*value.row);
      case Kind::Array: {
        json::array made;
        for (const auto& item : value.items()) made.push_back(to_json(item));
        return made;
      }
      case Kind::Map: {
        json::object made;
        for (const auto& entry : value.entries()) made[entry.name] = to_json(entry.value);
        return made;
      }
    }
    return nullptr;
  }
  json::object to_json(const Row& row) {
    json::object made;
    for (std::size_t i = 0; i < row.schema->size(); ++i)
      if (row.fields[i].kind != Kind::Missing) made[(*row.schema)[i].name] = to_json(row.fields[i]);
    for (const auto& entry : row.extra) made[entry.name] = to_json(entry.value);
    return made;
  }

  /// Objects are maps. Texts are those of `value`.
  Value from_json(const json::value& value, Arena& arena) const {
    switch (value.kind()) {
      case json::kind::null: return {};
      case json::kind::bool_: return Value::of(Kind::Boolean, std::int64_t{value.get_bool()});
      case json::kind::int64: return whole(value.get_int64());
      case json::kind::uint64: {
        const auto number = value.get_uint64();
        if (number <= std::numeric_limits<std::int64_t>::max()) return whole(static_cast<std::int64_t>(number));
        return Value::of(Kind::BigInt, arena.text(std::to_string(number)));
      }
      case json::kind::double_: return Value::of(Kind::Double, value.get_double());
      case json::kind::string: return text(value.get_string());
      case json::kind::array: {
        auto items = arena.array<Value>(value.get_array().size());
        std::ranges::transform(value.get_array(), items.begin(),
                               [&](const json::value& item) { return from_json(item, arena); });
        return Value::of(std::span<const Value>(items));
      }
      case json::kind::object: {
        auto entries = arena.array<record::Entry>(value.get_object().size());
        std::ranges::transform(value.get_object(), entries.begin(), [&](const auto& member) {
          return record::Entry{member.key(), from_json(member.value(), arena)};
        });
        return Value::of(std::span<const record::Entry>(entries));
      }
    }
    return {};
  }
  void clear() { kept_.clear(); }

 private:
  static constexpr const char* kMark = "\x01freshet:";

  static Value whole(std::int64_t number) {
    const bool is_int =
        number >= std::numeric_limits<std::int32_t>::min() && number <= std::numeric_limits<std::int32_t>::max();
    return Value::of(is_int ? Kind::Int : Kind::Long, number);
  }
  Value text(std::string_view text) const {
    if (text.starts_with(kMark)) {
      const auto digits = text.substr(std::string_view(kMark).size());
      std::size_t index = kept_.size();
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
      if (error == std::errc{} && end == digits.data() + digits.size() && index < kept_.size()) return kept_[index];
    }
    return Value::of(Kind::String, text);
  }

  std::vector<Value> kept_;  // of the record that is changed
};

Row row_of(const Value& object, const record::Schema& schema, Arena& arena);

/// Objects as records, where the type that was inferred of them says so.
Value with_records(const Value& value, const record::DataType& type, Arena& arena) {
  if (value.kind == Kind::Array) {
    const auto element = type.element == nullptr ? record::DataType{} : *type.element;
    auto items = arena.array<Value>(value.size);
    std::ranges::transform(value.items(), items.begin(),
                           [&](const Value& item) { return with_records(item, element, arena); });
    return Value::of(std::span<const Value>(items));
  }
  if (value.kind != Kind::Map) return value;
  if (type.type == record::Type::Record && type.record != nullptr)
    return Value::of(arena.make(row_of(value, *type.record, arena)));
  for (const auto& option : type.options)
    if (option.type == record::Type::Record) return with_records(value, option, arena);
  return value;
}

Row row_of(const Value& object, const record::Schema& schema, Arena& arena) {
  auto fields = arena.array<Value>(schema.size());
  for (auto& field : fields) field.kind = Kind::Missing;
  for (const auto& entry : object.entries())
    if (const auto place = schema.find(entry.name))
      fields[*place] = with_records(entry.value, schema[*place].type, arena);
  return {.schema = &schema, .fields = fields.data()};
}

class JoltTransformRecord final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    services_ = RecordServices::of(configuration);
    return specification_.prepare(configuration);
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    auto& made = session.create(*file);
    const auto outcome = transform(configuration, session, *file, made);
    if (outcome) {
      session.report(EventType::ContentModified, made, {.details = "Modified With " + specification_.kind()});
      session.transfer(made, "success");
      session.transfer(*file, "original");
      return {};
    }
    const auto& error = outcome.error();
    if (!is_record_error(error)) return outcome;
    session.remove(made);
    session.log_error(fmt::format("{}: {}", configuration.error_prefix(), error.message));
    session.transfer(*file, "failure", error.message);
    return {};
  }

 private:
  /// The records that come of the records of one flowfile, on their way.
  struct Run {
    Session& session;
    const FlowFile& file;
    const record::WriterFactory& writer;
    const record::Converter converter{record::Formats{}};
    JoltValues values = {};
    Arena arena = {};
    std::vector<SchemaPtr> schemas = {};  // that rows may refer to
    std::optional<RecordOutput> output = {};
  };

  base::Status transform(const Configuration& configuration, Session& session, const FlowFile& file, FlowFile& made) {
    TRY(const auto transform, specification_.of(configuration, session, file));
    Run run{.session = session, .file = file, .writer = *services_.writer};
    TRY(const auto reader, services_.reader->open(session, file));
    TRY_VOID(record::for_each_row(*reader, [&](const Row& row) -> base::Status {
      run.arena.clear();
      run.values.clear();
      TRY(const auto output, transform->apply(run.values.to_json(row)));
      return write(run, output);
    }));
    if (!run.output) TRY_VOID(open(run, reader->schema()));
    return run.output->finish(session, made);
  }

  /// A list is several records.
  static base::Status write(Run& run, const json::value& output) {
    const auto* list = output.if_array();
    const bool nothing = output.is_null() || (list != nullptr && std::ranges::all_of(*list, &json::value::is_null));
    if (nothing && !run.output)
      return base::fail(base::ErrorKind::InvalidValue, "Error transforming the first record: nothing is left of it");
    if (nothing) return {};
    if (list == nullptr) return write_one(run, output);
    for (const auto& each : *list)
      if (!each.is_null()) TRY_VOID(write_one(run, each));
    return {};
  }

  static base::Status write_one(Run& run, const json::value& output) {
    if (!output.is_object())
      return base::fail(base::ErrorKind::InvalidValue, "the transform gives something that is no record");
    const auto object = run.values.from_json(output, run.arena);
    record::ObjectInference inference(run.converter);
    inference.add(object.entries());
    const auto schema = known(run, inference.schema());
    // The first record, changed, says the schema of all.
    if (!run.output) TRY_VOID(open(run, schema));
    return run.output->write(row_of(object, *schema, run.arena));
  }

  static SchemaPtr known(Run& run, SchemaPtr schema) {
    for (const auto& before : run.schemas)
      if (*before == *schema) return before;
    return run.schemas.emplace_back(std::move(schema));
  }

  static base::Status open(Run& run, const SchemaPtr& read) {
    TRY(auto schema, run.writer.schema(run.session, run.file, read));
    TRY(run.output, RecordOutput::open(run.session, run.file, run.writer, std::move(schema)));
    return {};
  }

  RecordServices services_;
  JoltSpecification specification_;
};

constexpr std::string_view kAliases[] = {"org.apache.nifi.processors.jolt.JoltTransformRecord"};  // NiFi 2

}  // namespace

const Description kJoltTransformRecord{
    .type = "org.apache.nifi.processors.jolt.record.JoltTransformRecord",
    .bundle = "org.apache.nifi:nifi-jolt-record-nar",
    .help = "Changes records by a specification in the language of Jolt.",
    .properties = kProperties,
    .relationships = kRelationships,
    .make = [] { return std::unique_ptr<Processor>(new JoltTransformRecord); },
    .aliases = kAliases,
};

}  // namespace flow

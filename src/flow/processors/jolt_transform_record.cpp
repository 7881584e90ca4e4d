#include "flow/processors/jolt_transform_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <limits>
#include <map>

#include "flow/engine/quantity.h"
#include "flow/jolt/foreign.h"
#include "flow/processors/jolt_specification.h"
#include "flow/processors/record_io.h"
#include "flow/record/inference.h"
#include "flow/record/value_text.h"

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

bool fits_int(std::int64_t number) { return number == static_cast<std::int32_t>(number); }

/// A record as JSON and back. What JSON has no type for (times, bytes, numbers of other types than its own) passes
/// through a transform as a foreign value.
class JoltValues {
 public:
  explicit JoltValues(const std::string& zone)
      : texts_(record::Formats{"yyyy-MM-dd", "HH:mm:ss", "yyyy-MM-dd HH:mm:ss.SSS", zone}) {}

  json::value to_json(const Value& value) {
    switch (value.kind) {
      case Kind::Missing:
      case Kind::Null: return nullptr;
      case Kind::Boolean: return value.whole != 0;
      case Kind::Int: return value.whole;
      case Kind::Long: return jolt::java_long(value.whole);
      case Kind::Double: return value.real;
      case Kind::Byte:
      case Kind::Short:
      case Kind::Float:
      case Kind::BigInt:
      case Kind::Decimal: return foreign(value, jolt::Foreign::Kind::Number);
      case Kind::Uuid:
      case Kind::Char:
      case Kind::Enum:
      case Kind::String: return json::string(value.text());
      case Kind::Timestamp:
      case Kind::Date:
      case Kind::Time:
      case Kind::Bytes: return foreign(value, jolt::Foreign::Kind::Other);
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
      case json::kind::string: {
        const std::string_view text(value.get_string());
        const auto foreign = jolt::foreign_of(value);
        const auto kept = foreign ? kept_.find(text) : kept_.end();
        if (kept != kept_.end()) return kept->second;
        if (foreign && foreign->kind == jolt::Foreign::Kind::Long)
          return Value::of(Kind::Long, parse_whole_number(foreign->text).value_or(0));
        return Value::of(Kind::String, text);
      }
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
  static Value whole(std::int64_t number) { return Value::of(fits_int(number) ? Kind::Int : Kind::Long, number); }

  json::value foreign(const Value& value, jolt::Foreign::Kind kind) {
    const bool is_time = value.kind == Kind::Timestamp || value.kind == Kind::Date || value.kind == Kind::Time;
    const auto text = value.kind == Kind::Bytes ? std::string()
                      : is_time                 ? time_text(value)
                                                : record::plain_text(value);
    const auto key = value.kind == Kind::Bytes ? kept_.size() : static_cast<std::uint64_t>(is_time ? value.whole : 0);
    auto mark = jolt::marked({kind, text}, fmt::format("{}:{}", static_cast<int>(value.kind), key));
    return json::string(kept_.try_emplace(std::move(mark), value).first->first);
  }
  /// As java.sql's types write themselves.
  std::string time_text(const Value& value) const {
    auto text = texts_.text(value).value_or("");
    if (value.kind == Kind::Timestamp)
      while (text.ends_with('0') && !text.ends_with(".0")) text.pop_back();
    return text;
  }

  const record::Converter texts_;
  std::map<std::string, Value, std::less<>> kept_;  // of the record that is changed, by what stands for them
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
    JoltValues values;
    Arena arena = {};
    std::vector<SchemaPtr> schemas = {};  // that rows may refer to
    std::optional<RecordOutput> output = {};
  };

  base::Status transform(const Configuration& configuration, Session& session, const FlowFile& file, FlowFile& made) {
    TRY(const auto transform, specification_.of(configuration, session, file));
    Run run{.session = session, .file = file, .writer = *services_.writer, .values = JoltValues(session.time_zone())};
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

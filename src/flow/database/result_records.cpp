#include "flow/database/result_records.h"

#include <fmt/format.h>

#include "flow/database/sql_values.h"
#include "flow/json_text.h"
#include "flow/record/avro_schema.h"
#include "flow/record/convert.h"

namespace flow::database {
namespace {

using record::Kind;
using record::Value;

constexpr int kLongDigits = 19;

std::string avro_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_', digit = c >= '0' && c <= '9';
    if (out.empty() && digit) out += '_';
    out += letter || digit ? c : '_';
  }
  return out;
}

std::string decimal(const Column& column, const ResultOptions& options) {
  const bool known = column.precision > 0;
  const int precision = known ? column.precision : options.default_precision;
  const int scale = known || column.scale > 0 ? column.scale : options.default_scale;
  return fmt::format(R"({{"type":"bytes","logicalType":"decimal","precision":{},"scale":{}}})", precision, scale);
}

std::string avro_type(const Column& column, const ResultOptions& options) {
  const auto logical = [&](std::string_view type) {
    return options.logical_types ? std::string(type) : std::string(R"("string")");
  };
  switch (column.type) {
    case Type::Bit:
    case Type::Boolean: return R"("boolean")";
    case Type::TinyInt:
    case Type::SmallInt:
    case Type::Integer: return R"("int")";
    case Type::BigInt: return column.precision > kLongDigits ? R"("string")" : R"("long")";
    case Type::Float:
    case Type::Real: return R"("float")";
    case Type::Double: return R"("double")";
    case Type::Decimal:
    case Type::Numeric: return options.logical_types ? decimal(column, options) : R"("string")";
    case Type::Date: return logical(R"({"type":"int","logicalType":"date"})");
    case Type::Time:
    case Type::TimeWithZone: return logical(R"({"type":"int","logicalType":"time-millis"})");
    case Type::Timestamp:
    case Type::TimestampWithZone: return logical(R"({"type":"long","logicalType":"timestamp-millis"})");
    case Type::Binary:
    case Type::VarBinary:
    case Type::LongVarBinary:
    case Type::Blob: return R"("bytes")";
    default: return R"("string")";
  }
}

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

base::Result<Value> convert(const Value& value, const record::DataType& type, const Column& column,
                            record::Arena& arena) {
  if (value.is_null()) return Value{};
  if (value.kind == Kind::Bytes) return value;
  switch (type.type) {
    case record::Type::String:
      return value.kind == Kind::String || value.is_text() ? Value::of(Kind::String, value.text())
                                                           : Value::of(Kind::String, arena.text(java_text(value)));
    case record::Type::Int:
      if (value.kind == Kind::Long) {
        if (value.whole != static_cast<std::int32_t>(value.whole))
          return base::fail(base::ErrorKind::InvalidValue,
                            fmt::format("column '{}': {} does not fit into an int", column.name, value.whole));
        return Value::of(Kind::Int, value.whole);
      }
      break;
    case record::Type::Float:
      if (value.kind == Kind::Double)
        return Value::of(Kind::Float, static_cast<double>(static_cast<float>(value.real)));
      break;
    default: break;
  }
  static const record::Converter converter(
      {.date = "yyyy-MM-dd", .time = "HH:mm:ss", .timestamp = "yyyy-MM-dd HH:mm:ss", .zone = "UTC"});
  return converter.convert(value, type, column.name, arena);
}

}  // namespace

base::Result<record::SchemaPtr> result_schema(std::span<const Column> columns, const ResultOptions& options) {
  std::string name = options.record_name.empty() ? "NiFi_ExecuteSQL_Record" : options.record_name;
  if (!columns.empty() && !columns.front().table.empty()) name = columns.front().table;
  if (options.normalizes_names) name = avro_name(name);
  std::string text = fmt::format(R"({{"type":"record","name":{},"namespace":"any.data","fields":[)", quoted(name));
  bool first = true;
  for (const auto& column : columns) {
    if (!options.normalizes_names && avro_name(column.name) != column.name)
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("column '{}': no Avro field may be called so", column.name));
    text += fmt::format(R"({}{{"name":{},"type":["null",{}]}})", first ? "" : ",",
                        quoted(options.normalizes_names ? avro_name(column.name) : column.name),
                        avro_type(column, options));
    first = false;
  }
  return record::parse_avro_schema(text + "]}");
}

base::Status convert_row(std::span<const Column> columns, const record::Schema& schema, std::span<const Value> row,
                         std::span<Value> into, record::Arena& arena) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    TRY(into[i], convert(row[i], schema[i].type, columns[i], arena));
  }
  return {};
}

}  // namespace flow::database

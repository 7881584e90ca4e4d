#include <map>

#include "engine/bind/expr.h"
#include "sql/printer.h"

namespace engine {
namespace {

using catalog::LogicalType;

enum class Family {
  Number,
  Integer,
  Real,
  Text,
  OneCharacter,
  Binary,
  Boolean,
  Date,
  Time,
  Timestamp,
  Ntz,
  Ltz,
  Tz,
  Variant,
  Object,
  Array
};

const std::map<std::string_view, Family>& families() {
  static const std::map<std::string_view, Family> names{
      // clang-format off
      {"NUMBER", Family::Number}, {"DECIMAL", Family::Number}, {"NUMERIC", Family::Number}, {"DEC", Family::Number},
      {"INT", Family::Integer}, {"INTEGER", Family::Integer}, {"BIGINT", Family::Integer},
      {"SMALLINT", Family::Integer}, {"TINYINT", Family::Integer}, {"BYTEINT", Family::Integer},
      {"FLOAT", Family::Real}, {"FLOAT4", Family::Real}, {"FLOAT8", Family::Real}, {"DOUBLE", Family::Real},
      {"DOUBLE PRECISION", Family::Real}, {"REAL", Family::Real}, {"VARCHAR", Family::Text}, {"STRING", Family::Text},
      {"TEXT", Family::Text}, {"NVARCHAR", Family::Text}, {"NVARCHAR2", Family::Text}, {"CHAR VARYING", Family::Text},
      {"CHARACTER VARYING", Family::Text}, {"NCHAR VARYING", Family::Text}, {"CHAR", Family::OneCharacter},
      {"CHARACTER", Family::OneCharacter}, {"NCHAR", Family::OneCharacter}, {"BINARY", Family::Binary},
      {"VARBINARY", Family::Binary}, {"BOOLEAN", Family::Boolean}, {"DATE", Family::Date}, {"TIME", Family::Time},
      {"TIMESTAMP", Family::Timestamp}, {"DATETIME", Family::Ntz}, {"TIMESTAMP_NTZ", Family::Ntz},
      {"TIMESTAMPNTZ", Family::Ntz}, {"TIMESTAMP WITHOUT TIME ZONE", Family::Ntz}, {"TIMESTAMP_LTZ", Family::Ltz},
      {"TIMESTAMPLTZ", Family::Ltz}, {"TIMESTAMP WITH LOCAL TIME ZONE", Family::Ltz}, {"TIMESTAMP_TZ", Family::Tz},
      {"TIMESTAMPTZ", Family::Tz}, {"TIMESTAMP WITH TIME ZONE", Family::Tz}, {"VARIANT", Family::Variant},
      {"OBJECT", Family::Object}, {"ARRAY", Family::Array},
      // clang-format on
  };
  return names;
}

base::Error out_of_domain(const sql::TypeName& name) {
  return bind::compile_error(2040, "42601", fmt::format("Unsupported data type '{}'.", sql::print(name)), name.at);
}

}  // namespace

base::Result<LogicalType> logical_type(const sql::TypeName& name, const Parameters& parameters) {
  const auto found = families().find(name.name);
  if (found == families().end() || !name.of.empty()) return base::fail(out_of_domain(name));
  const auto param = [&](std::size_t index, std::int64_t otherwise) {
    return index < name.params.size() ? name.params[index] : otherwise;
  };
  const auto fraction = static_cast<int>(param(0, 9));
  const auto timed = [&](LogicalType type) -> base::Result<LogicalType> {
    if (fraction < 0 || fraction > 9) return base::fail(out_of_domain(name));
    return type;
  };
  switch (found->second) {
    case Family::Number: {
      const std::int64_t precision = param(0, 38), scale = param(1, 0);
      if (precision < 1 || precision > 38 || scale < 0 || scale > 37 || scale > precision)
        return base::fail(out_of_domain(name));
      return LogicalType::number(static_cast<int>(precision), static_cast<int>(scale));
    }
    case Family::Integer: return LogicalType::number();
    case Family::Real: return LogicalType::real();
    case Family::Text:
    case Family::OneCharacter: {
      const std::int64_t length = param(0, found->second == Family::Text ? LogicalType::kMaxTextLength : 1);
      if (length < 1 || length > 134'217'728) return base::fail(out_of_domain(name));
      return LogicalType::text(length);
    }
    case Family::Binary: return LogicalType::binary(param(0, LogicalType::kMaxBinaryLength));
    case Family::Boolean: return LogicalType::boolean();
    case Family::Date: return LogicalType::date();
    case Family::Time: return timed(LogicalType::time(fraction));
    case Family::Ntz: return timed(LogicalType::timestamp_ntz(fraction));
    case Family::Ltz: return timed(LogicalType::timestamp_ltz(fraction));
    case Family::Tz: return timed(LogicalType::timestamp_tz(fraction));
    case Family::Timestamp: {
      const std::string& mapping = parameters.text("TIMESTAMP_TYPE_MAPPING");
      if (mapping == "TIMESTAMP_LTZ") return timed(LogicalType::timestamp_ltz(fraction));
      if (mapping == "TIMESTAMP_TZ") return timed(LogicalType::timestamp_tz(fraction));
      return timed(LogicalType::timestamp_ntz(fraction));
    }
    case Family::Variant: return LogicalType::variant();
    case Family::Object: return LogicalType::object();
    case Family::Array: return LogicalType::array();
  }
  return base::fail(out_of_domain(name));
}

}  // namespace engine

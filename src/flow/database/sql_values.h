#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/database/database.h"
#include "flow/record/value.h"

namespace flow::database {

/// "2026-01-31", "13:00:01.5", "2026-01-31 13:00:01.5" (or with 'T'; with an offset it is taken off). Nothing: none.
std::optional<record::Value> parse_date(std::string_view text);
std::optional<record::Value> parse_time(std::string_view text);
std::optional<record::Value> parse_timestamp(std::string_view text);

/// A value of a column as a database says it in text. The text of the value is `text` itself. Errors: InvalidValue.
base::Result<record::Value> value_of_text(Type type, std::string_view text, std::string_view column);

/// As databases read it: times without superfluous zeros, booleans as true and false.
std::string sql_text(const record::Value& value);
/// As Java's java.sql classes print it: a timestamp has one digit of a fraction at least.
std::string java_text(const record::Value& value);

}  // namespace flow::database

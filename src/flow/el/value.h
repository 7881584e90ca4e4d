#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace flow::el {

struct Date {
  std::int64_t ms = 0;  // since 1970-01-01T00:00:00Z
  bool operator==(const Date&) const = default;
};

struct Instant {
  std::int64_t seconds = 0;  // since 1970-01-01T00:00:00Z
  std::int32_t nanos = 0;    // 0 to 999,999,999
  auto operator<=>(const Instant&) const = default;
};
Instant instant_of(Date date);
std::int64_t ms_of(Instant instant);  // rounded down

/// What an expression gives; nothing (monostate) is Java's null.
using Value = std::variant<std::monostate, std::string, bool, std::int64_t, double, Date, Instant>;

/// What an expression gives as far as its text tells, which decides how it is cast. Any of them may be null.
enum class Type { Text, Boolean, Whole, Decimal, Number, Date, Instant };
std::string_view name_of(Type type);

/// Which of Java's date classes the flow was written for: NiFi 1.x formats and reads dates with SimpleDateFormat, NiFi
/// 2.x with DateTimeFormatter.
enum class DateDialect { SimpleDateFormat, DateTimeFormatter };

inline bool is_null(const Value& value) { return std::holds_alternative<std::monostate>(value); }

/// As NiFi writes it into a property: null is empty, doubles as Java prints them, dates in their zone.
std::string to_text(const Value& value, std::string_view time_zone = {});
/// A whole number or a double; null when the text is no number. Errors: InvalidValue for one beyond 64 bits.
base::Result<Value> to_number(const Value& value);
base::Result<Value> to_whole(const Value& value);  // decimals lose their fraction
base::Result<Value> to_decimal(const Value& value);
/// Null stays null.
Value to_boolean(const Value& value);
/// Texts: milliseconds, "yyyy/MM/dd HH:mm:ss[.SSS]" or as Java's Date is printed. Errors: InvalidValue for another.
base::Result<Value> to_date(const Value& value, DateDialect dialect, std::string_view time_zone);
/// Texts: milliseconds, ISO 8601 with an offset or RFC 1123. Errors: InvalidValue for another.
base::Result<Value> to_instant(const Value& value);

/// Java's String.trim(): all that is not above a space goes.
std::string_view trimmed(std::string_view text);
/// Nothing but white space, as Java's String.isBlank().
bool is_blank(std::string_view text);
enum class Case { Upper, Lower };
/// All of Unicode: the capital of "ß" is "SS".
std::string with_case(const std::string& text, Case wanted);
/// For comparisons that ignore case, of all of Unicode.
std::string folded(std::string_view text);
/// Of a value that is a number.
double decimal_of(const Value& number);
/// Java counts in UTF-16: what lies beyond the basic plane counts twice.
std::size_t java_length(std::string_view text);
/// The byte at which that unit begins; the size behind the end.
std::size_t byte_of_unit(std::string_view text, std::size_t unit);

}  // namespace flow::el

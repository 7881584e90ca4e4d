#pragma once

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

/// What an expression gives; nothing (monostate) is Java's null.
using Value = std::variant<std::monostate, std::string, bool, std::int64_t, double, Date>;

inline bool is_null(const Value& value) { return std::holds_alternative<std::monostate>(value); }

/// As NiFi writes it into a property: null is empty, doubles as Java prints them.
std::string to_text(const Value& value);
/// A whole number or a double; null when the text is no number.
Value to_number(const Value& value);
Value to_whole(const Value& value);  // decimals lose their fraction
/// Null stays null.
Value to_boolean(const Value& value);
/// Errors: InvalidValue for a text that is no date.
base::Result<Value> to_date(const Value& value);

}  // namespace flow::el

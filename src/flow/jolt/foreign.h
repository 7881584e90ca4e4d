#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flow::jolt {

/// Values of Java that JSON has no type for (a Long that an Integer could hold, a BigDecimal, a date), on their way
/// through a transform: texts with a mark in front. To functions some are numbers, and none is a text.
struct Foreign {
  enum class Kind : char { Long = 'l', Number = 'n', Other = 'o' };
  Kind kind = Kind::Other;
  std::string_view text;  // as Java's toString() has it
};

/// `key` tells what has the same text and is not the same; none for a Long.
std::string marked(const Foreign& foreign, std::string_view key);
/// Its text is a part of `value`.
std::optional<Foreign> foreign_of(const boost::json::value& value);
bool is_foreign_long(const boost::json::value& value);
/// A whole number as Java's Long: a foreign value when an Integer could hold it.
boost::json::value java_long(std::int64_t number);
/// The other way, everywhere in it.
boost::json::value without_longs(boost::json::value value);
/// Null for what is no text, or a foreign value.
const boost::json::string* plain_string(const boost::json::value& value);

}  // namespace flow::jolt

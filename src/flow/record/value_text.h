#pragma once

#include <span>
#include <string>

#include "flow/record/value.h"

namespace flow::record {

/// What a value is as a text without formats: times are milliseconds, records and arrays as Java prints them. Null is
/// empty.
std::string plain_text(const Value& value);
/// The record still is the JSON object that it was read from, and has no null in it: NiFi then writes that object's
/// text, and shows it where a text is wanted.
bool keeps_original(const Row& row);
/// A record as a map, without the fields that it has not.
std::span<Entry> entries_of(const Row& row, Arena& arena);

}  // namespace flow::record

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "flow/record/value.h"

namespace flow::record {

/// What converting and asking whether it could be done have in common.
std::pair<std::int64_t, std::int64_t> range_of(Type whole);
bool is_time(Kind kind);
std::optional<Value> to_boolean(const Value& value);  // of a text
bool is_uuid(std::string_view text);

}  // namespace flow::record

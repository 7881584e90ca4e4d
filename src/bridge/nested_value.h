#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bridge {

/// A record, array or map in a column of bytes: JSON behind the number of the field that it is of, so that it is known
/// again wherever a query takes it.
std::string nested_text(std::size_t field, std::string_view json);
std::optional<std::size_t> nested_field(std::string_view text);  // nothing: it is none
std::string_view nested_json(std::string_view text);

}  // namespace bridge

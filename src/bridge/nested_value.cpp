#include "bridge/nested_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace bridge {
namespace {

constexpr char kMark = '\x1e';  // JSON has none outside of its texts

}  // namespace

std::string nested_text(std::size_t field, std::string_view json) {
  return fmt::format("{}{}{}{}", kMark, field, kMark, json);
}

std::optional<std::size_t> nested_field(std::string_view text) {
  if (!text.starts_with(kMark)) return std::nullopt;
  std::size_t field = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), field);
  return error == std::errc() ? std::optional(field) : std::nullopt;
}

std::string_view nested_json(std::string_view text) {
  if (!text.starts_with(kMark)) return text;
  return text.substr(std::min(text.find(kMark, 1), text.size() - 1) + 1);
}

}  // namespace bridge

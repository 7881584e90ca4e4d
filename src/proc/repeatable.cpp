#include "proc/repeatable.h"

#include <algorithm>
#include <array>

namespace proc {
namespace {

// `this` of a plain function is the global object. The methods of Math other than random are refused with it.
constexpr auto kChanging = std::to_array<std::string_view>(
    {"Date", "SfDate", "Math", "getQueryId", "this", "globalThis", "Function", "import", "Temporal", "Intl"});

constexpr bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         (c & 0x80) != 0;
}

}  // namespace

bool is_repeatable(std::string_view body) {
  if (body.find("\\u") != std::string_view::npos) return false;  // an identifier may be written so
  while (!body.empty()) {
    const auto end = std::ranges::find_if_not(body, is_word) - body.begin();
    if (std::ranges::find(kChanging, body.substr(0, static_cast<std::size_t>(end))) != kChanging.end()) return false;
    body.remove_prefix(static_cast<std::size_t>(std::max<std::ptrdiff_t>(end, 1)));
  }
  return true;
}

}  // namespace proc

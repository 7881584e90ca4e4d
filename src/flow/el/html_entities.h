#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace flow::el {

struct HtmlEntity {
  std::string_view name;
  std::uint32_t code_point;
};
/// Those of HTML 3.2 beyond quot, amp, lt and gt: ISO 8859-1. By code point.
std::span<const HtmlEntity> html3_entities();
/// What HTML 4.0 has beyond these. By code point.
std::span<const HtmlEntity> html4_entities();

}  // namespace flow::el

#include "flow/format/utf8.h"

#include <fmt/format.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>

namespace flow {

base::Status check_utf8(std::string_view text, std::string_view file) {
  const auto size = static_cast<std::int64_t>(text.size());
  for (std::int64_t next = 0; next < size;) {
    const auto at = next;
    UChar32 letter = 0;
    U8_NEXT(text.data(), next, size, letter);
    if (letter >= 0) continue;
    const auto line = std::ranges::count(text.substr(0, static_cast<std::size_t>(at)), '\n') + 1;
    return base::fail(base::ErrorKind::Syntax,
                      fmt::format("{}:{}: not UTF-8: the byte {:#04x}", file, line,
                                  static_cast<unsigned char>(text[static_cast<std::size_t>(at)])));
  }
  return {};
}

}  // namespace flow

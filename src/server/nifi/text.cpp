#include "server/nifi/text.h"

#include <fmt/format.h>

#include "base/random.h"

namespace server::nifi {
namespace {

std::string uuid(std::uint64_t high, std::uint64_t low) {
  return fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF, high & 0xFFF,
                     (low >> 48) & 0xFFF, low & 0xFFFF'FFFF'FFFF);
}

/// FNV-1a.
std::uint64_t hash(std::string_view text, std::uint64_t value) {
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return value;
}

}  // namespace

std::string new_uuid() {
  const auto high = base::entropy();
  return uuid(high, base::entropy());
}

std::string uuid_of(std::string_view text) {
  return uuid(hash(text, 0xCBF29CE484222325ULL), hash(text, 0x9E3779B97F4A7C15ULL));
}

std::string format_size(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  double value = static_cast<double>(bytes) / 1024;
  for (const auto* unit : {"KB", "MB", "GB"}) {
    if (value < 1024) return fmt::format("{:.2f} {}", value, unit);
    value /= 1024;
  }
  return fmt::format("{:.2f} TB", value);
}

std::string format_count(std::uint64_t count) {
  auto text = std::to_string(count);
  for (auto i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

std::string format_amount(std::uint64_t count, std::uint64_t bytes) {
  return fmt::format("{} ({})", format_count(count), format_size(bytes));
}

}  // namespace server::nifi

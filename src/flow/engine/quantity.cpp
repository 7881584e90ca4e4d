#include "flow/engine/quantity.h"

#include <array>
#include <charconv>
#include <string>

namespace flow {
namespace {

struct Quantity {
  double number = 0;
  std::string unit;  // lower case
};

std::optional<Quantity> parse_quantity(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return std::nullopt;
  text.remove_prefix(begin);
  text.remove_suffix(text.size() - 1 - text.find_last_not_of(" \t\r\n"));
  const auto digits = text.find_first_not_of("0123456789.");
  if (digits == 0 || digits == std::string_view::npos) return std::nullopt;
  Quantity quantity;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, quantity.number);
  if (error != std::errc{} || end != text.data() + digits) return std::nullopt;
  const auto unit = text.find_first_not_of(" \t", digits);
  for (const char c : text.substr(unit)) quantity.unit += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return quantity;
}

struct Unit {
  std::string_view name;
  double scale;
};

constexpr auto kDurations = std::to_array<Unit>({
    {"ns", 1},         {"nano", 1},        {"nanos", 1},        {"nanosecond", 1},    {"nanoseconds", 1},
    {"ms", 1e6},       {"milli", 1e6},     {"millis", 1e6},     {"millisecond", 1e6}, {"milliseconds", 1e6},
    {"s", 1e9},        {"sec", 1e9},       {"secs", 1e9},       {"second", 1e9},      {"seconds", 1e9},
    {"m", 6e10},       {"min", 6e10},      {"mins", 6e10},      {"minute", 6e10},     {"minutes", 6e10},
    {"h", 3.6e12},     {"hr", 3.6e12},     {"hrs", 3.6e12},     {"hour", 3.6e12},     {"hours", 3.6e12},
    {"d", 8.64e13},    {"day", 8.64e13},   {"days", 8.64e13},   {"w", 6.048e14},      {"wk", 6.048e14},
    {"wks", 6.048e14}, {"week", 6.048e14}, {"weeks", 6.048e14},
});
constexpr auto kSizes = std::to_array<Unit>({
    {"b", 1},
    {"kb", 1024.0},
    {"mb", 1024.0 * 1024},
    {"gb", 1024.0 * 1024 * 1024},
    {"tb", 1024.0 * 1024 * 1024 * 1024},
});

template <std::size_t N>
std::optional<double> scaled(const std::array<Unit, N>& units, std::string_view text) {
  const auto quantity = parse_quantity(text);
  if (!quantity) return std::nullopt;
  for (const auto& unit : units)
    if (unit.name == quantity->unit) return quantity->number * unit.scale;
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const auto ns = scaled(kDurations, text);
  if (!ns || *ns > 9e18) return std::nullopt;
  return std::chrono::nanoseconds{static_cast<std::int64_t>(*ns)};
}

std::optional<std::uint64_t> parse_data_size(std::string_view text) {
  const auto bytes = scaled(kSizes, text);
  if (!bytes || *bytes > 9e18) return std::nullopt;
  return static_cast<std::uint64_t>(*bytes);
}

std::optional<std::int64_t> parse_whole_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace flow

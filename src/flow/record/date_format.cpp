#include "flow/record/date_format.h"

#include <ctime>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "flow/el/date_format.h"

namespace flow::record {
namespace {

constexpr std::int64_t kSecond = 1'000'000, kDay = 86'400 * kSecond;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_utc(const std::string& zone) {
  if (!zone.empty()) return zone == "UTC" || zone == "GMT" || zone == "Z" || zone == "Etc/UTC";
  ::tzset();
  return ::timezone == 0 && ::daylight == 0;
}

std::int64_t floor_div(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

}  // namespace

std::int64_t days_of(std::int64_t year, int month, int day) {
  using namespace std::chrono;
  return sys_days{std::chrono::year{static_cast<int>(year)} / month / day}.time_since_epoch().count();
}

CivilDate civil_of(std::int64_t days) {
  using namespace std::chrono;
  const year_month_day date{sys_days{std::chrono::days{days}}};
  return {static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day()))};
}

DateFormat::DateFormat(std::string pattern, std::string zone) : pattern_(std::move(pattern)), zone_(std::move(zone)) {
  if (!is_utc(zone_)) return;
  std::vector<Part> parts;
  for (std::size_t i = 0; i < pattern_.size();) {
    const char c = pattern_[i];
    if (!is_letter(c)) {
      if (c == '\'') {
        const auto end = pattern_.find('\'', i + 1);
        if (end == std::string::npos || end == i + 1) return;
        parts.push_back({0, 0, pattern_.substr(i + 1, end - i - 1)});
        i = end + 1;
        continue;
      }
      parts.push_back({0, 0, std::string(1, c)});
      ++i;
      continue;
    }
    const auto width = static_cast<int>(std::min(pattern_.find_first_not_of(c, i), pattern_.size()) - i);
    const bool plain = ((c == 'y' || c == 'u') && width == 4) || (c == 'S' && width <= 6) ||
                       (std::string_view("MdHms").find(c) != std::string_view::npos && width == 2);
    if (!plain) return;
    parts.push_back({c == 'u' ? 'y' : c, width, {}});
    i += static_cast<std::size_t>(width);
  }
  parts_ = std::move(parts);
}

base::Status DateFormat::check() const {
  if (!parts_.empty()) return {};
  TRY(const auto text, format(0));
  return {};
}

std::optional<std::int64_t> DateFormat::parse_parts(std::string_view text) const {
  std::int64_t year = 1970, fraction = 0;
  int month = 1, day = 1, hour = 0, minute = 0, second = 0;
  for (const auto& part : parts_) {
    if (part.letter == 0) {
      if (!text.starts_with(part.literal)) return std::nullopt;
      text.remove_prefix(part.literal.size());
      continue;
    }
    const auto width = static_cast<std::size_t>(part.width);
    if (text.size() < width) return std::nullopt;
    std::int64_t number = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (text[i] < '0' || text[i] > '9') return std::nullopt;
      number = number * 10 + (text[i] - '0');
    }
    text.remove_prefix(width);
    switch (part.letter) {
      case 'y': year = number; break;
      case 'M': month = static_cast<int>(number); break;
      case 'd': day = static_cast<int>(number); break;
      case 'H': hour = static_cast<int>(number); break;
      case 'm': minute = static_cast<int>(number); break;
      case 's': second = static_cast<int>(number); break;
      default:
        for (int i = part.width; i < 6; ++i) number *= 10;
        fraction = number;
    }
  }
  if (!text.empty() || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  const auto days = days_of(year, month, day);
  if (day > 28 && civil_of(days).month != month) {
    // "Smart" resolution: the 31st of a short month is its last day.
    const auto last = days_of(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) - 1;
    return last * kDay + (hour * 3600 + minute * 60 + second) * kSecond + fraction;
  }
  return days * kDay + (hour * 3600 + minute * 60 + second) * kSecond + fraction;
}

std::optional<std::int64_t> DateFormat::parse(std::string_view text) const {
  if (!parts_.empty()) return parse_parts(text);
  const auto pattern = el::DatePattern::compile(pattern_);
  if (!pattern) return std::nullopt;
  const auto date = el::parse_date(text, *pattern, zone_, el::DateDialect::DateTimeFormatter);
  if (!date) return std::nullopt;
  return date->seconds * kSecond + date->nanos / 1000;
}

base::Result<std::string> DateFormat::format(std::int64_t microseconds) const {
  if (parts_.empty()) {
    TRY(const auto pattern, el::DatePattern::compile(pattern_));
    return el::format_date(
        el::Instant{floor_div(microseconds, kSecond),
                    static_cast<std::int32_t>((microseconds - floor_div(microseconds, kSecond) * kSecond) * 1000)},
        pattern, zone_, el::DateDialect::DateTimeFormatter);
  }
  const auto days = floor_div(microseconds, kDay);
  const auto of_day = microseconds - days * kDay;
  const auto date = civil_of(days);
  std::string out;
  for (const auto& part : parts_) {
    std::int64_t number = 0;
    switch (part.letter) {
      case 0: out += part.literal; continue;
      case 'y': number = date.year; break;
      case 'M': number = date.month; break;
      case 'd': number = date.day; break;
      case 'H': number = of_day / (3600 * kSecond); break;
      case 'm': number = of_day / (60 * kSecond) % 60; break;
      case 's': number = of_day / kSecond % 60; break;
      default:
        number = of_day % kSecond;
        for (int i = part.width; i < 6; ++i) number /= 10;
    }
    out += fmt::format("{:0{}}", number, part.width);
  }
  return out;
}

}  // namespace flow::record

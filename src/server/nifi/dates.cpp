#include "server/nifi/dates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace server::nifi {
namespace {

/// "11/30/2026 02:15:07"
std::string without_zone(base::Instant at) {
  const std::time_t seconds = at.ns / 1'000'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:02}/{:02}/{:04} {:02}:{:02}:{:02}", parts.tm_mon + 1, parts.tm_mday, parts.tm_year + 1900,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace

std::string timestamp_text(base::Instant at) {
  return fmt::format("{}.{:03} UTC", without_zone(at), at.ns / 1'000'000 % 1000);
}

std::string date_time_text(base::Instant at) { return without_zone(at) + " UTC"; }

base::Result<base::Instant> parse_date(std::string_view text) {
  const auto refused = [&] {
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("'{}' is no date as MM/dd/yyyy HH:mm:ss UTC", text));
  };
  std::tm parts{};
  const std::string copy(text);
  const char* end = strptime(copy.c_str(), "%m/%d/%Y %H:%M:%S", &parts);
  if (end == nullptr) return refused();
  std::string_view rest(end);
  std::int64_t milliseconds = 0;
  if (rest.starts_with('.')) {
    const auto [last, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), milliseconds);
    if (error != std::errc{} || last != rest.data() + 4) return refused();
    rest.remove_prefix(4);
  }
  if (std::ranges::count(std::to_array<std::string_view>({"", " UTC", " GMT", " Z"}), rest) == 0) return refused();
  return base::Instant{(static_cast<std::int64_t>(timegm(&parts)) * 1000 + milliseconds) * 1'000'000};
}

}  // namespace server::nifi

#include "task/schedule.h"

#include <cctype>
#include <charconv>
#include <set>
#include <string>
#include <vector>

#include "base/overloaded.h"

namespace task {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

base::Error invalid(std::string_view detail = "Please refer to the docs on what constitutes a valid schedule.") {
  return {base::ErrorKind::InvalidValue, 0, {}, "Invalid schedule was specified. " + std::string(detail), {}};
}

std::string upper(std::string_view text) {
  std::string copy(text);
  for (char& c : copy) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return copy;
}
bool blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0])) == 0 || problem != std::errc() ||
      end != text.data() + text.size())
    return std::nullopt;
  return value;
}

base::Result<Schedule> parse_interval(std::string_view text) {
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  std::size_t digits = 0;
  while (digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits])) != 0) ++digits;
  if (digits == 0 || digits > 9 || digits >= text.size() || !blank(text[digits])) return base::fail(invalid());
  const std::int64_t count = *number(text.substr(0, digits));
  const std::string unit = upper(text.substr(digits + 1));
  std::int64_t seconds = 0;
  if (unit == "S" || unit == "SECOND" || unit == "SECONDS")
    seconds = count;
  else if (unit == "M" || unit == "MINUTE" || unit == "MINUTES")
    seconds = count * 60;
  else if (unit == "H" || unit == "HOUR" || unit == "HOURS")
    seconds = count * 3600;
  else
    return base::fail(invalid());
  if (count == 0) return base::fail(invalid());
  if (seconds < 10) return base::fail(base::ErrorKind::InvalidValue, "Cannot set schedule less than 10 seconds.");
  if (seconds > 11'520 * 60)
    return base::fail(base::ErrorKind::InvalidValue, "Cannot set schedule greater than 11,520 minutes.");
  return Schedule{Every{std::chrono::seconds(seconds)}};
}

using Names = std::vector<std::string_view>;
const Names kMonths{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
const Names kWeekdays{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

struct Range {
  int low, high;
  const Names* names = nullptr;
  int first_name = 0;
  std::optional<int> value(std::string_view text) const {
    if (names != nullptr)
      for (std::size_t i = 0; i < names->size(); ++i)
        if ((*names)[i] == text) return static_cast<int>(i) + first_name;
    const auto n = number(text);
    return n && *n >= low && *n <= high ? n : std::nullopt;
  }
};

/// One item of a list: *, a, a-b, each with /n.
template <std::size_t N>
bool add_item(std::string_view item, const Range& range, std::bitset<N>& set) {
  int step = 1, from = range.low, to = range.high;
  const auto slash = item.find('/');
  if (slash != std::string_view::npos) {
    const auto n = number(item.substr(slash + 1));
    if (!n || *n < 1) return false;
    step = *n;
    item = item.substr(0, slash);
  }
  if (item != "*") {
    const auto dash = item.find('-');
    const auto first = range.value(item.substr(0, dash));
    if (!first) return false;
    from = *first;
    if (dash != std::string_view::npos) {
      const auto last = range.value(item.substr(dash + 1));
      if (!last || *last < from) return false;
      to = *last;
    } else if (slash == std::string_view::npos) {
      to = from;
    }
  }
  for (std::int64_t i = from; i <= to; i += step) set.set(static_cast<std::size_t>(i));
  return true;
}

template <class Each>
bool each_item(std::string_view field, Each each) {
  while (true) {
    const auto comma = field.find(',');
    if (!each(field.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    field.remove_prefix(comma + 1);
  }
}

std::optional<engine::TimeZone> find_zone(std::string_view name) {
  static const std::set<std::string_view> plain{
      "UTC",     "GMT",     "UCT",      "ZULU",     "UNIVERSAL", "GREENWICH", "EST",     "MST",       "HST",
      "EST5EDT", "CST6CDT", "MST7MDT",  "PST8PDT",  "CET",       "MET",       "EET",     "WET",       "CUBA",
      "EGYPT",   "EIRE",    "HONGKONG", "ICELAND",  "IRAN",      "ISRAEL",    "JAMAICA", "JAPAN",     "KWAJALEIN",
      "LIBYA",   "NAVAJO",  "POLAND",   "PORTUGAL", "PRC",       "ROC",       "ROK",     "SINGAPORE", "TURKEY"};
  if (name.find('/') == std::string_view::npos && !plain.contains(upper(name))) return std::nullopt;
  return engine::TimeZone::find(name);
}

base::Result<Schedule> parse_cron(std::string_view text) {
  std::vector<std::string> fields;
  for (std::size_t at = 0; at < text.size();) {
    while (at < text.size() && blank(text[at])) ++at;
    std::size_t end = at;
    while (end < text.size() && !blank(text[end])) ++end;
    if (end > at) fields.emplace_back(text.substr(at, end - at));
    at = end;
  }
  if (fields.size() != 6) return base::fail(invalid());
  const auto zone = find_zone(fields[5]);
  if (!zone)
    return base::fail(
        invalid("\"" + fields[5] +
                "\" is not a recognized time zone. Please specify time zones accepted by the TIMEZONE parameter."));
  Cron cron{.minutes = {}, .hours = {}, .days = {}, .months = {}, .weekdays = {}, .last_weekdays = {}, .zone = *zone};
  for (std::size_t i = 0; i < 5; ++i) fields[i] = upper(fields[i]);
  cron.any_day = fields[2] == "*";
  cron.any_weekday = fields[4] == "*";
  const Range weekdays{0, 6, &kWeekdays, 0};
  const bool good =
      each_item(fields[0], [&](auto item) { return add_item(item, {0, 59}, cron.minutes); }) &&
      each_item(fields[1], [&](auto item) { return add_item(item, {0, 23}, cron.hours); }) &&
      each_item(fields[2],
                [&](auto item) { return item == "L" ? (cron.last_day = true) : add_item(item, {1, 31}, cron.days); }) &&
      each_item(fields[3], [&](auto item) { return add_item(item, {1, 12, &kMonths, 1}, cron.months); }) &&
      each_item(fields[4], [&](auto item) {
        if (item.size() > 1 && item.back() == 'L')
          if (const auto day = weekdays.value(item.substr(0, item.size() - 1))) {
            cron.last_weekdays.set(static_cast<std::size_t>(*day));
            return true;
          }
        return add_item(item, weekdays, cron.weekdays);
      });
  if (!good) return base::fail(invalid());
  return Schedule{cron};
}

int days_of_month(std::int64_t year, int month) {
  const std::int32_t first = engine::days_from_civil(year, month, 1);
  return month == 12 ? 31 : engine::days_from_civil(year, month + 1, 1) - first;
}

bool day_matches(const Cron& cron, std::int64_t days) {
  const engine::Civil date = engine::civil_from_days(days);
  if (!cron.months.test(static_cast<std::size_t>(date.month))) return false;
  const int last = days_of_month(date.year, date.month);
  const auto weekday = static_cast<std::size_t>(((days % 7) + 11) % 7);  // 1970-01-01 was a Thursday
  const bool by_day = cron.days.test(static_cast<std::size_t>(date.day)) || (cron.last_day && date.day == last);
  const bool by_weekday = cron.weekdays.test(weekday) || (cron.last_weekdays.test(weekday) && date.day + 7 > last);
  if (cron.any_day) return cron.any_weekday || by_weekday;
  return by_day || (!cron.any_weekday && by_weekday);
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

/// Walks UTC minutes, hour by hour where the date or the hour does not match: gaps of daylight saving are never met,
/// repeated hours twice.
std::optional<base::Instant> next_cron(const Cron& cron, base::Instant after) {
  std::int64_t at = (floor_div(after.ns, 60 * kSecond) + 1) * 60;
  const std::int64_t end = at + std::int64_t{9} * 366 * 86'400;
  while (at < end) {
    const std::int64_t local = at + cron.zone.offset_at(at);
    const std::int64_t days = floor_div(local, 86'400);
    const auto minute = static_cast<std::size_t>((local - days * 86'400) / 60);
    if (!cron.hours.test(minute / 60) || !day_matches(cron, days))
      at += static_cast<std::int64_t>(60 - minute % 60) * 60;
    else if (!cron.minutes.test(minute % 60))
      at += 60;
    else
      return base::Instant{at * kSecond};
  }
  return std::nullopt;
}

}  // namespace

base::Result<Schedule> parse_schedule(std::string_view text) {
  std::string words = upper(text);
  std::size_t at = 0;
  const auto word = [&](std::string_view expected) {
    while (at < words.size() && blank(words[at])) ++at;
    if (!std::string_view(words).substr(at).starts_with(expected)) return false;
    at += expected.size();
    return at < words.size() && blank(words[at]);
  };
  if (word("USING") && word("CRON")) return parse_cron(text.substr(at));
  return parse_interval(text);
}

std::optional<base::Instant> next_tick(const Schedule& schedule, base::Instant base, base::Instant after) {
  return std::visit(base::Overloaded{
                        [&](const Every& every) -> std::optional<base::Instant> {
                          const std::int64_t step = every.interval.count() * kSecond;
                          const std::int64_t passed = after < base ? 0 : (after.ns - base.ns) / step;
                          return base::Instant{base.ns + (passed + 1) * step};
                        },
                        [&](const Cron& cron) { return next_cron(cron, after); },
                    },
                    schedule);
}

}  // namespace task

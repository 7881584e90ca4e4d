#include "store/s3/time_text.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <chrono>
#include <concepts>

namespace store::s3 {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

struct Parts {
  year_month_day date;
  hh_mm_ss<milliseconds> time;
  weekday day;
};

Parts parts_of(base::Instant instant) {
  const sys_time<nanoseconds> point{nanoseconds{instant.ns}};
  const auto midnight = floor<days>(point);
  return {year_month_day{midnight}, hh_mm_ss<milliseconds>{floor<milliseconds>(point - midnight)}, weekday{midnight}};
}

void put_digits(std::string& text, std::size_t at, std::size_t count, std::integral auto value) {
  for (auto i = at + count; i-- > at; value /= 10) text[i] = static_cast<char>('0' + value % 10);
}

std::optional<int> number(std::string_view text, std::size_t at, std::size_t length) {
  if (at + length > text.size()) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(at, length)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<base::Instant> instant_of(int y, int mon, int d, int h, int m, int s) {
  const year_month_day date{year{y}, month{static_cast<unsigned>(mon)}, day{static_cast<unsigned>(d)}};
  if (!date.ok() || h > 23 || m > 59 || s > 60) return std::nullopt;
  const auto since = sys_days{date}.time_since_epoch() + hours{h} + minutes{m} + seconds{s};
  return base::Instant{duration_cast<nanoseconds>(since).count()};
}

}  // namespace

std::string iso_time(base::Instant instant) {
  const auto [date, time, day] = parts_of(instant);
  // A page of a listing has a thousand of these: no format string is read for them.
  std::string text = "0000-00-00T00:00:00.000Z";
  put_digits(text, 0, 4, static_cast<int>(date.year()));
  put_digits(text, 5, 2, static_cast<unsigned>(date.month()));
  put_digits(text, 8, 2, static_cast<unsigned>(date.day()));
  put_digits(text, 11, 2, time.hours().count());
  put_digits(text, 14, 2, time.minutes().count());
  put_digits(text, 17, 2, time.seconds().count());
  put_digits(text, 20, 3, time.subseconds().count());
  return text;
}

std::string http_time(base::Instant instant) {
  const auto [date, time, day] = parts_of(instant);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[day.c_encoding()],
                     static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

std::optional<base::Instant> parse_http_time(std::string_view text) {
  // "Mon, 01 Jan 2024 00:00:00 GMT"
  if (text.size() < 25) return std::nullopt;
  const auto d = number(text, 5, 2), y = number(text, 12, 4), h = number(text, 17, 2), m = number(text, 20, 2),
             s = number(text, 23, 2);
  if (!d || !y || !h || !m || !s) return std::nullopt;
  for (std::size_t i = 0; i < kMonths.size(); ++i)
    if (text.substr(8, 3) == kMonths[i]) return instant_of(*y, static_cast<int>(i) + 1, *d, *h, *m, *s);
  return std::nullopt;
}

std::optional<base::Instant> parse_basic_time(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto y = number(text, 0, 4), mon = number(text, 4, 2), d = number(text, 6, 2), h = number(text, 9, 2),
             m = number(text, 11, 2), s = number(text, 13, 2);
  if (!y || !mon || !d || !h || !m || !s) return std::nullopt;
  return instant_of(*y, *mon, *d, *h, *m, *s);
}

}  // namespace store::s3

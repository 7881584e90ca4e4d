#include "flow/el/civil_time.h"

namespace flow::el {
namespace {

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
bool is_leap(std::int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }
int weekday_of_days(std::int64_t days) { return static_cast<int>(((days % 7) + 11) % 7); }  // 1970-01-01: Thursday

}  // namespace

std::int64_t days_of(std::int64_t year, std::int64_t month, std::int64_t day) {
  year += floor_divide(month - 1, 12);
  month = month - 1 - floor_divide(month - 1, 12) * 12;  // from 0
  // Years from March, so that the leap day is the last; 400 of them are a whole number of days.
  const auto from_march = (month + 10) % 12;
  const auto shifted = month < 2 ? year - 1 : year;
  const auto era = floor_divide(shifted, 400);
  const auto of_era = shifted - era * 400;
  const auto of_year = (153 * from_march + 2) / 5;
  return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468 + day - 1;
}

int days_in_month(std::int64_t year, int month) {
  constexpr std::array kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

std::int64_t seconds_of(const Civil& civil) {
  return days_of(civil.year, civil.month, civil.day) * kDaySeconds + civil.hour * 3600 + civil.minute * 60 +
         civil.second;
}

Civil civil_of(std::int64_t seconds, int nano) {
  const auto days = floor_divide(seconds, kDaySeconds);
  const auto rest = static_cast<int>(seconds - days * kDaySeconds);
  const auto shifted = days + 719'468;
  const auto era = floor_divide(shifted, 146'097);
  const auto of_era = shifted - era * 146'097;
  const auto year_of_era = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const auto of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const auto from_march = (5 * of_year + 2) / 153;
  Civil civil;
  civil.day = static_cast<int>(of_year - (153 * from_march + 2) / 5 + 1);
  civil.month = static_cast<int>(from_march < 10 ? from_march + 3 : from_march - 9);
  civil.year = year_of_era + era * 400 + (civil.month <= 2 ? 1 : 0);
  civil.hour = rest / 3600;
  civil.minute = rest / 60 % 60;
  civil.second = rest % 60;
  civil.nano = nano;
  return civil;
}

int weekday_of(const Civil& civil) { return weekday_of_days(days_of(civil.year, civil.month, civil.day)); }
int day_of_year(const Civil& civil) {
  return static_cast<int>(days_of(civil.year, civil.month, civil.day) - days_of(civil.year, 1, 1)) + 1;
}

Week week_of(const Civil& civil) {
  const int day = day_of_year(civil) - 1;
  const int days_in_year = is_leap(civil.year) ? 366 : 365;
  if (day + 6 - weekday_of(civil) >= days_in_year) return {civil.year + 1, 1};
  return {civil.year, (day + weekday_of_days(days_of(civil.year, 1, 1))) / 7 + 1};
}
int week_of_month(const Civil& civil) {
  return (civil.day - 1 + weekday_of_days(days_of(civil.year, civil.month, 1))) / 7 + 1;
}
std::int64_t days_of_week(std::int64_t year, std::int64_t week, int weekday) {
  const auto first = days_of(year, 1, 1);
  return first - weekday_of_days(first) + (week - 1) * 7 + weekday;
}

}  // namespace flow::el

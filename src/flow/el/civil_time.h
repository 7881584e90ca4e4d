#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace flow::el {

constexpr auto kMonths =
    std::to_array<std::string_view>({"January", "February", "March", "April", "May", "June", "July", "August",
                                     "September", "October", "November", "December"});
constexpr auto kWeekdays =
    std::to_array<std::string_view>({"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"});

constexpr std::int64_t kDaySeconds = 86'400;

/// A date and time of day in no zone, in the proleptic Gregorian calendar.
struct Civil {
  std::int64_t year = 1970;
  int month = 1, day = 1;
  int hour = 0, minute = 0, second = 0, nano = 0;
};

/// Days since 1970-01-01; months and days may lie outside of their ranges, which counts on into the next.
std::int64_t days_of(std::int64_t year, std::int64_t month, std::int64_t day);
int days_in_month(std::int64_t year, int month);
/// Seconds since 1970-01-01T00:00 in the same zone.
std::int64_t seconds_of(const Civil& civil);
Civil civil_of(std::int64_t seconds, int nano);
int weekday_of(const Civil& civil);  // 0: Sunday
int day_of_year(const Civil& civil);

/// Weeks as in the US: from Sunday, and the first has 1 January in it.
struct Week {
  std::int64_t year;
  int week;
};
Week week_of(const Civil& civil);
int week_of_month(const Civil& civil);
/// The day (since 1970-01-01) of a week and weekday.
std::int64_t days_of_week(std::int64_t year, std::int64_t week, int weekday);

}  // namespace flow::el

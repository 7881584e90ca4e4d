#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <optional>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/result.h"
#include "engine/values/datetime_text.h"

namespace task {

struct Every {
  std::chrono::seconds interval;
};
/// Five fields as sets of their values; months and days count from 1, weekdays from Sunday = 0.
struct Cron {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days;
  std::bitset<13> months;
  std::bitset<7> weekdays;
  std::bitset<7> last_weekdays;               // FRIL: the last one of the month
  bool last_day = false;                      // L
  bool any_day = false, any_weekday = false;  // the field is a bare star
  engine::TimeZone zone;
};
using Schedule = std::variant<Every, Cron>;

/// '5 MINUTES' or 'USING CRON 0 9-17 * * SUN America/Los_Angeles'. Source: streams-tasks-sql.md 2.2, 2.3.
/// Errors: InvalidValue with the service's texts.
base::Result<Schedule> parse_schedule(std::string_view text);

/// The first tick strictly after `after`. Intervals count from `base` (the moment of RESUME), cron from the calendar of
/// its zone. Empty when there is none.
std::optional<base::Instant> next_tick(const Schedule& schedule, base::Instant base, base::Instant after);

}  // namespace task

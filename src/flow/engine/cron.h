#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "flow/el/civil_time.h"
#include "flow/el/time_zone.h"

namespace flow {

/// When a CRON_DRIVEN component runs: seconds, minutes, hours, days of the month, months, days of the week and, if they
/// are there, years. Five fields have no seconds (MiNiFi). Source: flow.md 1.4.
class Cron {
 public:
  /// Quartz (NiFi 1.x) counts the days of the week from Sunday = 1 and lets ranges wrap; Spring (NiFi 2.x) counts from
  /// Monday = 1, and Sunday is 0 or 7.
  enum class Dialect { Quartz, Spring };
  /// Errors: InvalidValue, with the field.
  static base::Result<Cron> parse(std::string_view text, Dialect dialect);

  /// The first firing after an instant; nothing: there is none any more.
  std::optional<base::Instant> next(base::Instant after, const el::TimeZone& zone) const;

 private:
  class Parser;
  /// One way in which a day may be meant.
  struct DayRule {
    enum class Kind { OfMonth, LastOfMonth, Workday, LastWorkday, OfWeek, NthOfWeek, LastOfWeek } kind;
    int number = 0;  // a day; of LastOfMonth: days before it; of weeks: 0 is Sunday
    int nth = 0;
  };
  static bool fits(const DayRule& rule, const el::Civil& day);
  bool fits(const el::Civil& day) const;

  std::uint64_t seconds_ = 0, minutes_ = 0, hours_ = 0, months_ = 0;  // a bit for each
  std::vector<DayRule> days_, weekdays_;                              // empty: all
  std::vector<int> years_;                                            // empty: all
};

}  // namespace flow

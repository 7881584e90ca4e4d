#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/values/value.h"

namespace engine {

/// A time zone by its IANA name, without case. Cheap to copy; offsets come from a cached table of transitions (UTC
/// seconds 0001 to 9999).
class TimeZone {
 public:
  static std::optional<TimeZone> find(std::string_view name);
  const std::string& name() const;
  /// Seconds east of UTC that hold at an instant.
  std::int32_t offset_at(std::int64_t utc_seconds) const;
  /// The instant of a wall clock reading: of two the earlier; of none (a gap) the one that the offset before the gap
  /// gives.
  std::int64_t instant_of(std::int64_t local_seconds) const;

 private:
  struct Rules;
  explicit TimeZone(const Rules* rules) : rules_(rules) {}
  const Rules* rules_;
};

/// A format of dates and times, read once: "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM", or AUTO. Source: loading.md 3.7,
/// streams-tasks-sql.md 4.4.
class DateTimeFormat {
 public:
  struct Element;
  static std::optional<DateTimeFormat> parse(std::string_view format, int two_digit_century_start = 1970);
  bool is_auto() const { return automatic_; }

 private:
  friend class DateTimeReader;
  friend class DateTimeWriter;
  bool automatic_ = false;
  int century_start_ = 1970;
  std::string elements_;  // compiled: one code a byte, literals behind kLiteral and a length
};

/// What a text held. `offset_minutes` is set when it named a zone.
struct DateTimeParts {
  std::int32_t days = 0;  // since 1970-01-01
  std::int64_t ns_of_day = 0;
  std::optional<std::int16_t> offset_minutes;
};
/// The whole text must match. Integer texts are epochs by size (seconds to nanoseconds) where AUTO is asked for.
std::optional<DateTimeParts> read_date(std::string_view text, const DateTimeFormat& format);
std::optional<DateTimeParts> read_time(std::string_view text, const DateTimeFormat& format);
std::optional<DateTimeParts> read_timestamp(std::string_view text, const DateTimeFormat& format);

/// `scale` bounds FF without a digit. `zone_offset_minutes` is what TZH and TZM print.
void write_date_time(std::string& out, const DateTimeFormat& format, std::int32_t days, std::int64_t ns_of_day,
                     int zone_offset_minutes, int scale = 9);

/// Proleptic Gregorian calendar.
std::int32_t days_from_civil(std::int64_t year, int month, int day);
struct Civil {
  std::int64_t year;
  int month, day;
};
Civil civil_from_days(std::int64_t days);

}  // namespace engine

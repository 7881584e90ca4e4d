#include "engine/functions/date_part.h"

#include <map>

namespace engine::functions {

std::optional<DatePart> date_part(std::string_view word) {
  using enum DatePart;
  static const std::map<std::string, DatePart, std::less<>> words{
      // clang-format off
      {"year", Year}, {"y", Year}, {"yy", Year}, {"yyy", Year}, {"yyyy", Year}, {"yr", Year}, {"years", Year},
      {"yrs", Year},
      {"quarter", Quarter}, {"q", Quarter}, {"qtr", Quarter}, {"qtrs", Quarter}, {"quarters", Quarter},
      {"month", Month}, {"mm", Month}, {"mon", Month}, {"mons", Month}, {"months", Month},
      {"week", Week}, {"w", Week}, {"wk", Week}, {"weekofyear", Week}, {"woy", Week}, {"wy", Week}, {"weeks", Week},
      {"weekiso", WeekIso}, {"week_iso", WeekIso}, {"weekofyeariso", WeekIso}, {"weekofyear_iso", WeekIso},
      {"day", Day}, {"d", Day}, {"dd", Day}, {"days", Day}, {"dayofmonth", Day},
      {"dayofweek", DayOfWeek}, {"weekday", DayOfWeek}, {"dow", DayOfWeek}, {"dw", DayOfWeek},
      {"dayofweekiso", DayOfWeekIso}, {"weekday_iso", DayOfWeekIso}, {"dow_iso", DayOfWeekIso},
      {"dw_iso", DayOfWeekIso}, {"dayofweek_iso", DayOfWeekIso},
      {"dayofyear", DayOfYear}, {"yearday", DayOfYear}, {"doy", DayOfYear}, {"dy", DayOfYear},
      {"yearofweek", YearOfWeek}, {"yearofweekiso", YearOfWeekIso},
      {"hour", Hour}, {"h", Hour}, {"hh", Hour}, {"hr", Hour}, {"hours", Hour}, {"hrs", Hour},
      {"minute", Minute}, {"m", Minute}, {"mi", Minute}, {"min", Minute}, {"minutes", Minute}, {"mins", Minute},
      {"second", Second}, {"s", Second}, {"sec", Second}, {"seconds", Second}, {"secs", Second},
      {"millisecond", Millisecond}, {"ms", Millisecond}, {"msec", Millisecond}, {"milliseconds", Millisecond},
      {"microsecond", Microsecond}, {"us", Microsecond}, {"usec", Microsecond}, {"microseconds", Microsecond},
      {"nanosecond", Nanosecond}, {"ns", Nanosecond}, {"nsec", Nanosecond}, {"nanosec", Nanosecond},
      {"nsecond", Nanosecond}, {"nanoseconds", Nanosecond}, {"nanosecs", Nanosecond},
      {"epoch_second", EpochSecond}, {"epoch", EpochSecond}, {"epoch_seconds", EpochSecond},
      {"epoch_millisecond", EpochMillisecond}, {"epoch_milliseconds", EpochMillisecond},
      {"epoch_microsecond", EpochMicrosecond}, {"epoch_microseconds", EpochMicrosecond},
      {"epoch_nanosecond", EpochNanosecond}, {"epoch_nanoseconds", EpochNanosecond},
      {"timezone_hour", TimezoneHour}, {"tzh", TimezoneHour}, {"timezone_minute", TimezoneMinute},
      {"tzm", TimezoneMinute},
      // clang-format on
  };
  std::string lower;
  for (const char c : word) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const auto found = words.find(lower);
  return found == words.end() ? std::nullopt : std::optional(found->second);
}

std::optional<DatePart> date_part(const sql::Expr& expr) {
  if (const auto* text = std::get_if<sql::StringLiteral>(&expr.node)) return date_part(text->value);
  if (const auto* column = std::get_if<sql::ColumnRef>(&expr.node); column && column->parts.size() == 1)
    return date_part(column->parts[0].name);
  return std::nullopt;
}

std::string_view engine_word(DatePart part) {
  switch (part) {
    case DatePart::Year: return "year";
    case DatePart::Quarter: return "quarter";
    case DatePart::Month: return "month";
    case DatePart::Week:
    case DatePart::WeekIso: return "week";
    case DatePart::Day: return "day";
    case DatePart::DayOfWeek: return "dayofweek";
    case DatePart::DayOfWeekIso: return "isodow";
    case DatePart::DayOfYear: return "dayofyear";
    case DatePart::YearOfWeek:
    case DatePart::YearOfWeekIso: return "isoyear";
    case DatePart::Hour: return "hour";
    case DatePart::Minute: return "minute";
    case DatePart::Second: return "second";
    case DatePart::Millisecond: return "millisecond";
    case DatePart::Microsecond:
    case DatePart::Nanosecond: return "microsecond";
    case DatePart::EpochSecond:
    case DatePart::EpochMillisecond:
    case DatePart::EpochMicrosecond:
    case DatePart::EpochNanosecond: return "epoch";
    case DatePart::TimezoneHour: return "timezone_hour";
    case DatePart::TimezoneMinute: return "timezone_minute";
  }
  return "day";
}

}  // namespace engine::functions

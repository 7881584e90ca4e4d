#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sql/ast.h"

namespace engine::functions {

enum class DatePart {
  Year,
  Quarter,
  Month,
  Week,
  WeekIso,
  Day,
  DayOfWeek,
  DayOfWeekIso,
  DayOfYear,
  YearOfWeek,
  YearOfWeekIso,
  Hour,
  Minute,
  Second,
  Millisecond,
  Microsecond,
  Nanosecond,
  EpochSecond,
  EpochMillisecond,
  EpochMicrosecond,
  EpochNanosecond,
  TimezoneHour,
  TimezoneMinute
};

/// All spellings: year y yy yyyy yr years ... Source: streams-tasks-sql.md 4.4.
std::optional<DatePart> date_part(std::string_view word);
/// The part that an argument names: a bare word or a text.
std::optional<DatePart> date_part(const sql::Expr& expr);
/// The engine's word: 'month'. Weeks begin on Monday.
std::string_view engine_word(DatePart part);

}  // namespace engine::functions

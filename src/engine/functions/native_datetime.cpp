#include <fmt/format.h>

#include <cmath>
#include <map>

#include "engine/functions/native_support.h"
#include "engine/values/datetime_text.h"

namespace engine::native {
namespace {

constexpr std::int64_t kSecond = 1'000'000, kDaySeconds = 86'400;

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0); }

// A statement uses few formats and zones; reading them again for each row would cost more than the row.
const DateTimeFormat* format_of(std::string_view text) {
  thread_local std::map<std::string, std::optional<DateTimeFormat>, std::less<>> known;
  auto found = known.find(text);
  if (found == known.end()) found = known.emplace(std::string(text), DateTimeFormat::parse(text)).first;
  return found->second ? &*found->second : nullptr;
}
const TimeZone* zone_of(std::string_view name) {
  thread_local std::map<std::string, std::optional<TimeZone>, std::less<>> known;
  auto found = known.find(name);
  if (found == known.end()) found = known.emplace(std::string(name), TimeZone::find(name)).first;
  return found->second ? &*found->second : nullptr;
}

const TimeZone* zone(Row& row, std::size_t column) {
  const TimeZone* found = zone_of(row.text(column));
  if (!found) row.fail(100089, "22023", fmt::format("Unknown timezone: '{}'", row.text(column)));
  return found;
}

void refuse(Row& row, std::string_view what, int number, const DateTimeFormat* format) {
  if (!format) return row.fail(100095, "22007", fmt::format("Bad {} format: '{}'", what, row.text(1)));
  if (!format->is_auto()) {
    std::string lower(what);
    lower[0] = static_cast<char>(lower[0] - 'A' + 'a');
    return row.fail(100096, "22007",
                    fmt::format("Can't parse '{}' as {} with format '{}'", row.text(0), lower, row.text(1)));
  }
  row.fail(number, "22007", fmt::format("{} '{}' is not recognized", what, row.text(0)));
}

std::int64_t wall_us(const DateTimeParts& parts) { return parts.days * kDaySeconds * kSecond + parts.ns_of_day / 1000; }

void read_day(Row& row) {
  const DateTimeFormat* format = format_of(row.text(1));
  const auto parts = format ? read_date(row.text(0), *format) : std::nullopt;
  if (!parts) return refuse(row, "Date", 100040, format);
  row.set(parts->days);
}
void read_clock(Row& row) {
  const DateTimeFormat* format = format_of(row.text(1));
  const auto parts = format ? read_time(row.text(0), *format) : std::nullopt;
  if (!parts) return refuse(row, "Time", 100108, format);
  row.set(parts->ns_of_day);
}
void read_wall(Row& row) {
  const DateTimeFormat* format = format_of(row.text(1));
  const auto parts = format ? read_timestamp(row.text(0), *format) : std::nullopt;
  if (!parts) return refuse(row, "Timestamp", 100035, format);
  row.set(wall_us(*parts));
}

struct Instant {
  std::int64_t us;
  std::int32_t offset_seconds;
};
std::optional<Instant> instant(Row& row) {
  const DateTimeFormat* format = format_of(row.text(1));
  const auto parts = format ? read_timestamp(row.text(0), *format) : std::nullopt;
  if (!parts) {
    refuse(row, "Timestamp", 100035, format);
    return std::nullopt;
  }
  const std::int64_t wall = wall_us(*parts);
  if (parts->offset_minutes) return Instant{wall - *parts->offset_minutes * 60 * kSecond, *parts->offset_minutes * 60};
  const TimeZone* here = zone(row, 2);
  if (!here) return std::nullopt;
  const std::int64_t seconds = floor_divide(wall, kSecond), utc = here->instant_of(seconds);
  return Instant{utc * kSecond + (wall - seconds * kSecond), static_cast<std::int32_t>(seconds - utc)};
}
void read_instant(Row& row) {
  if (const auto at = instant(row)) row.set(at->us);
}
void read_offset(Row& row) {
  if (const auto at = instant(row)) row.set(static_cast<std::int16_t>(at->offset_seconds / 60));
}

void local(Row& row) {
  const TimeZone* here = zone(row, 1);
  if (here) row.set(row.i64(0) + here->offset_at(floor_divide(row.i64(0), kSecond)) * kSecond);
}
void to_instant(Row& row) {
  const TimeZone* here = zone(row, 1);
  if (!here) return;
  const std::int64_t wall = row.i64(0), seconds = floor_divide(wall, kSecond);
  row.set(here->instant_of(seconds) * kSecond + (wall - seconds * kSecond));
}
void offset(Row& row) {
  const TimeZone* here = zone(row, 1);
  if (here) row.set(static_cast<std::int16_t>(here->offset_at(floor_divide(row.i64(0), kSecond)) / 60));
}

void write(Row& row, std::string_view format_text, std::int64_t wall, std::int64_t offset_minutes) {
  const DateTimeFormat* format = format_of(format_text);
  if (!format) return row.fail(100095, "22007", fmt::format("Bad output format '{}'", format_text));
  const std::int64_t day_us = kDaySeconds * kSecond, days = floor_divide(wall, day_us);
  std::string out;
  write_date_time(out, *format, static_cast<std::int32_t>(days), (wall - days * day_us) * 1000,
                  static_cast<int>(offset_minutes));
  row.set_text(out);
}
void date_text(Row& row) { write(row, row.text(1), row.i32(0) * kDaySeconds * kSecond, 0); }
void ntz_text(Row& row) { write(row, row.text(1), row.i64(0), 0); }
void ltz_text(Row& row) {
  const TimeZone* here = zone(row, 2);
  if (!here) return;
  const std::int64_t seconds = here->offset_at(floor_divide(row.i64(0), kSecond));
  write(row, row.text(1), row.i64(0) + seconds * kSecond, seconds / 60);
}
void tz_text(Row& row) { write(row, row.text(2), row.i64(0) + row.i16(1) * 60 * kSecond, row.i16(1)); }
void time_text(Row& row) {
  const DateTimeFormat* format = format_of(row.text(1));
  if (!format) return row.fail(100095, "22007", fmt::format("Bad output format '{}'", row.text(1)));
  std::string out;
  write_date_time(out, *format, 0, row.i64(0), 0);
  row.set_text(out);
}
void time_of_ns(Row& row) { row.set(row.i64(0)); }
void cut_fraction(Row& row) { row.set(floor_divide(row.i64(0), row.i64(1)) * row.i64(1)); }
void epoch(Row& row) { row.set(static_cast<std::int64_t>(std::floor(row.real(0) * 1e6))); }

}  // namespace

void add_datetime_functions(duckdb_connection connection) {
  for (const bool attempt : {false, true}) {
    const std::string prefix = attempt ? "fr_try_" : "fr_";
    add(connection, {.name = prefix + "date",
                     .arguments = {kText, kText},
                     .result = kDate,
                     .run = read_day,
                     .null_if_failed = attempt,
                     .labelled = !attempt});
    add(connection, {.name = prefix + "time",
                     .arguments = {kText, kText},
                     .result = kTime,
                     .run = read_clock,
                     .null_if_failed = attempt,
                     .labelled = !attempt});
    add(connection, {.name = prefix + "ntz",
                     .arguments = {kText, kText},
                     .result = kTimestamp,
                     .run = read_wall,
                     .null_if_failed = attempt,
                     .labelled = !attempt});
    add(connection, {.name = prefix + "ltz",
                     .arguments = {kText, kText, kText},
                     .result = kTimestamp,
                     .run = read_instant,
                     .null_if_failed = attempt,
                     .labelled = !attempt});
    add(connection, {.name = prefix + "tz_offset",
                     .arguments = {kText, kText, kText},
                     .result = kInt16,
                     .run = read_offset,
                     .null_if_failed = attempt,
                     .labelled = !attempt});
  }
  add(connection, {.name = "fr_local", .arguments = {kTimestamp, kText}, .result = kTimestamp, .run = local});
  add(connection, {.name = "fr_instant", .arguments = {kTimestamp, kText}, .result = kTimestamp, .run = to_instant});
  add(connection, {.name = "fr_offset", .arguments = {kTimestamp, kText}, .result = kInt16, .run = offset});
  add(connection, {.name = "fr_date_text", .arguments = {kDate, kText}, .result = kText, .run = date_text});
  add(connection, {.name = "fr_time_text", .arguments = {kTime, kText}, .result = kText, .run = time_text});
  add(connection, {.name = "fr_ntz_text", .arguments = {kTimestamp, kText}, .result = kText, .run = ntz_text});
  add(connection, {.name = "fr_ltz_text", .arguments = {kTimestamp, kText, kText}, .result = kText, .run = ltz_text});
  add(connection, {.name = "fr_tz_text", .arguments = {kTimestamp, kInt16, kText}, .result = kText, .run = tz_text});
  add(connection, {.name = "fr_time_of_ns", .arguments = {kInt64}, .result = kTime, .run = time_of_ns});
  add(connection,
      {.name = "fr_cut_fraction", .arguments = {kTimestamp, kInt64}, .result = kTimestamp, .run = cut_fraction});
  add(connection, {.name = "fr_epoch", .arguments = {kReal}, .result = kTimestamp, .run = epoch});
}

}  // namespace engine::native

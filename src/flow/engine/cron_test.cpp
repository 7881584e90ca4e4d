#include "flow/engine/cron.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

#include "flow/el/date_format.h"

namespace flow {
namespace {

using Dialect = Cron::Dialect;

base::Instant at(std::string_view text) {
  const auto instant = el::parse_iso_or_rfc(text);
  EXPECT_TRUE(instant) << text;
  return {instant->seconds * 1'000'000'000 + instant->nanos};
}

std::string firings(std::string_view cron, Dialect dialect, std::string_view zone, std::string_view after, int count) {
  const auto parsed = Cron::parse(cron, dialect);
  if (!parsed) return parsed.error().message;
  const auto opened = el::TimeZone::open(zone, el::DateDialect::DateTimeFormatter);
  std::string all;
  auto last = at(after);
  for (int i = 0; i < count; ++i) {
    const auto next = parsed->next(last, *opened);
    if (!next) return all + "never";
    last = *next;
    all += el::iso_text({last.ns / 1'000'000'000, 0}) + (i + 1 < count ? " " : "");
  }
  return all;
}

TEST(CronTest, Firings) {
  struct Case {
    std::string_view cron;
    Dialect dialect;
    std::string_view after, expected;  // UTC
  };
  constexpr auto kQuartz = Dialect::Quartz, kSpring = Dialect::Spring;
  // 1 January 2024 was a Monday.
  for (const Case& c : std::to_array<Case>({
           {"* * * * * ?", kQuartz, "2024-01-01T00:00:00Z", "2024-01-01T00:00:01Z"},
           {"0 0 12 * * ?", kQuartz, "2024-01-01T12:00:00Z", "2024-01-02T12:00:00Z"},
           {"0/20 * * * * *", kSpring, "2024-01-01T00:00:41Z", "2024-01-01T00:01:00Z"},
           {"0 */15 8-9 * * *", kSpring, "2024-01-01T09:46:00Z", "2024-01-02T08:00:00Z"},
           {"0 0 0 1,15 FEB,MAR *", kSpring, "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"},
           {"0 0 0 29 2 ?", kQuartz, "2024-03-01T00:00:00Z", "2028-02-29T00:00:00Z"},
           {"0 0 0 31 * *", kSpring, "2024-01-31T00:00:00Z", "2024-03-31T00:00:00Z"},
           {"0 0 0 L * ?", kQuartz, "2024-02-01T00:00:00Z", "2024-02-29T00:00:00Z"},
           {"0 0 0 L-2 * ?", kQuartz, "2024-02-01T00:00:00Z", "2024-02-27T00:00:00Z"},
           {"0 0 0 LW 6 ?", kQuartz, "2024-01-01T00:00:00Z", "2024-06-28T00:00:00Z"},   // 30 June was a Sunday
           {"0 0 0 15W 6 ?", kQuartz, "2024-01-01T00:00:00Z", "2024-06-14T00:00:00Z"},  // the 15th a Saturday
           {"0 0 0 1W 6 ?", kQuartz, "2024-01-01T00:00:00Z", "2024-06-03T00:00:00Z"},   // so was the 1st
           {"0 15 10 ? * 6L", kQuartz, "2024-01-01T00:00:00Z", "2024-01-26T10:15:00Z"},
           {"0 15 10 ? * 6#3", kQuartz, "2024-01-01T00:00:00Z", "2024-01-19T10:15:00Z"},
           {"0 15 10 ? * FRIL", kSpring, "2024-01-01T00:00:00Z", "2024-01-26T10:15:00Z"},
           {"0 15 10 ? * 5#3", kSpring, "2024-01-01T00:00:00Z", "2024-01-19T10:15:00Z"},
           {"0 0 9 ? * 2", kQuartz, "2024-01-01T10:00:00Z", "2024-01-08T09:00:00Z"},  // Monday
           {"0 0 9 ? * 1", kSpring, "2024-01-01T10:00:00Z", "2024-01-08T09:00:00Z"},
           {"0 0 9 ? * 0", kSpring, "2024-01-01T10:00:00Z", "2024-01-07T09:00:00Z"},
           {"0 0 9 ? * 7", kSpring, "2024-01-01T10:00:00Z", "2024-01-07T09:00:00Z"},
           {"0 0 9 ? * FRI-MON", kQuartz, "2024-01-01T10:00:00Z", "2024-01-05T09:00:00Z"},
           {"0 0 22-2/2 * * ?", kQuartz, "2024-01-01T02:00:00Z", "2024-01-01T22:00:00Z"},
           {"0 0 0 13 * FRI", kSpring, "2024-01-01T00:00:00Z", "2024-09-13T00:00:00Z"},
           {"0 0 0 1 1 ? 2026", kQuartz, "2024-01-01T00:00:00Z", "2026-01-01T00:00:00Z"},
           {"0 0 0 1 1 ? 2023", kQuartz, "2024-01-01T00:00:00Z", "never"},
           {"30 4 * * *", kSpring, "2024-01-01T05:00:00Z", "2024-01-02T04:30:00Z"},
           {"@daily", kSpring, "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"},
           {"@weekly", kSpring, "2024-01-01T00:00:00Z", "2024-01-07T00:00:00Z"},
           {"0 0 0 30 2 *", kSpring, "2024-01-01T00:00:00Z", "never"},
       }))
    EXPECT_EQ(firings(c.cron, c.dialect, "UTC", c.after, 1), c.expected) << c.cron;
}

TEST(CronTest, DaylightSaving) {
  // On 31 March 2024 02:00 to 03:00 is skipped, on 27 October 02:00 to 03:00 comes twice.
  EXPECT_EQ(firings("0 30 2 * * *", Dialect::Spring, "Europe/Paris", "2024-03-30T12:00:00Z", 2),
            "2024-03-31T01:30:00Z 2024-04-01T00:30:00Z");
  EXPECT_EQ(firings("0 30 2 * * *", Dialect::Spring, "Europe/Paris", "2024-10-26T12:00:00Z", 2),
            "2024-10-27T00:30:00Z 2024-10-28T01:30:00Z");
}

TEST(CronTest, WhatIsWrongIsNamed) {
  EXPECT_EQ(firings("0 0 * *", Dialect::Spring, "UTC", "2024-01-01T00:00:00Z", 1),
            "'0 0 * *' has 4 fields; it must have six: seconds, minutes, hours, days, months and days of the week");
  struct Case {
    std::string_view cron, part, field;
  };
  for (const Case& c : std::to_array<Case>({{"60 * * * * *", "60", "seconds"},
                                            {"* * 24 * * *", "24", "hours"},
                                            {"* * * 0 * *", "0", "days"},
                                            {"* * * * 13 *", "13", "months"},
                                            {"* * * * JANUARY *", "JANUARY", "months"},
                                            {"* * * * * 8", "8", "weekdays"},
                                            {"* * * * * MON#6", "MON#6", "weekdays"},
                                            {"*/0 * * * * *", "*/0", "seconds"},
                                            {"5-1 * * * * *", "5-1", "seconds"},
                                            {"1,,2 * * * * *", "", "seconds"}}))
    EXPECT_EQ(firings(c.cron, Dialect::Spring, "UTC", "2024-01-01T00:00:00Z", 1),
              fmt::format("'{}' is not valid for the {} of a cron schedule", c.part, c.field));
}

}  // namespace
}  // namespace flow

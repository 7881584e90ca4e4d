#include "task/schedule.h"

#include <gtest/gtest.h>

#include <string>

namespace task {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::string_view kInvalid =
    "Invalid schedule was specified. Please refer to the docs on what constitutes a valid schedule.";

TEST(ScheduleTest, ReadsIntervals) {
  struct Case {
    std::string_view text;
    std::int64_t seconds;
    std::string_view error;
  };
  for (const Case& c : std::vector<Case>{
           {"1 minute", 60, ""},
           {"5 MINUTES", 300, ""},
           {"5 M", 300, ""},
           {"+5 M", 300, ""},
           {"10 SECONDS", 10, ""},
           {"2 h", 7200, ""},
           {"1 HOUR", 3600, ""},
           {"5\tM ", 300, ""},
           {"5\nM", 300, ""},
           {"11520 MINUTE", 691'200, ""},
           {"5M", 0, kInvalid},
           {"5  M", 0, kInvalid},
           {" 5 M", 0, kInvalid},
           {"1 MINS", 0, kInvalid},
           {"1 DAY", 0, kInvalid},
           {"0 MINUTE", 0, kInvalid},
           {"-1 MINUTE", 0, kInvalid},
           {"", 0, kInvalid},
           {"MINUTE", 0, kInvalid},
           {"9 SECONDS", 0, "Cannot set schedule less than 10 seconds."},
           {"11521 MINUTE", 0, "Cannot set schedule greater than 11,520 minutes."},
       }) {
    const auto schedule = parse_schedule(c.text);
    if (schedule) EXPECT_EQ(std::get<Every>(*schedule).interval.count(), c.seconds) << c.text;
    EXPECT_EQ(schedule ? "" : schedule.error().message, c.error) << c.text;
  }
}

TEST(ScheduleTest, AnchorsIntervalsToTheirBase) {
  const auto schedule = parse_schedule("1 MINUTE");
  ASSERT_TRUE(schedule);
  const base::Instant base{7 * kSecond};
  EXPECT_EQ(next_tick(*schedule, base, base), (base::Instant{67 * kSecond}));
  EXPECT_EQ(next_tick(*schedule, base, {67 * kSecond}), (base::Instant{127 * kSecond}));
  EXPECT_EQ(next_tick(*schedule, base, {200 * kSecond}), (base::Instant{247 * kSecond}));
  EXPECT_EQ(next_tick(*schedule, base, {1}), (base::Instant{67 * kSecond}));
}

std::int64_t utc(std::int64_t year, int month, int day, int hour, int minute) {
  return (std::int64_t{engine::days_from_civil(year, month, day)} * 86'400 + hour * 3600 + minute * 60) * kSecond;
}

TEST(ScheduleTest, FindsTheNextCronTick) {
  struct Case {
    std::string_view cron;
    std::int64_t after;
    std::int64_t expected;
  };
  for (const Case& c : std::vector<Case>{
           {"* * * * * UTC", utc(2024, 1, 1, 0, 0), utc(2024, 1, 1, 0, 1)},
           {"*/15 * * * * UTC", utc(2024, 1, 1, 0, 15), utc(2024, 1, 1, 0, 30)},
           {"5/20 * * * * UTC", utc(2024, 1, 1, 0, 30), utc(2024, 1, 1, 0, 45)},
           {"0 9-17 * * SUN America/Los_Angeles", utc(2024, 1, 1, 0, 0), utc(2024, 1, 1, 1, 0)},  // Sunday 17:00 there
           {"0 0  1,15 * * utc", utc(2024, 1, 1, 0, 0), utc(2024, 1, 15, 0, 0)},
           {"0 0 L * * UTC", utc(2024, 2, 1, 0, 0), utc(2024, 2, 29, 0, 0)},
           {"0 0 * * FRIL UTC", utc(2024, 1, 1, 0, 0), utc(2024, 1, 26, 0, 0)},
           {"0 0 * * 5L UTC", utc(2024, 1, 1, 0, 0), utc(2024, 1, 26, 0, 0)},
           {"0 0 13 * FRI UTC", utc(2024, 1, 1, 0, 0), utc(2024, 1, 5, 0, 0)},  // either day
           {"0 0 13 * FRI UTC", utc(2024, 1, 12, 0, 0), utc(2024, 1, 13, 0, 0)},
           {"0 0 29 feb * UTC", utc(2024, 3, 1, 0, 0), utc(2028, 2, 29, 0, 0)},
           {"0 12 * * 0 Etc/GMT+5", utc(2024, 1, 1, 0, 0), utc(2024, 1, 7, 17, 0)},
           {"0/90 * * * * UTC", utc(2024, 1, 1, 0, 0), utc(2024, 1, 1, 1, 0)},  // a step larger than the range
           // Daylight saving: 02:30 of 10 March 2024 does not exist there, 01:30 of 3 November comes twice.
           {"30 2 * * * America/Los_Angeles", utc(2024, 3, 9, 10, 30), utc(2024, 3, 11, 9, 30)},
           {"30 1 * * * America/Los_Angeles", utc(2024, 11, 3, 0, 0), utc(2024, 11, 3, 8, 30)},
           {"30 1 * * * America/Los_Angeles", utc(2024, 11, 3, 8, 30), utc(2024, 11, 3, 9, 30)},
           {"30 1 * * * America/Los_Angeles", utc(2024, 11, 3, 9, 30), utc(2024, 11, 4, 9, 30)},
       }) {
    const auto schedule = parse_schedule("USING CRON " + std::string(c.cron));
    ASSERT_TRUE(schedule) << c.cron;
    const auto tick = next_tick(*schedule, {}, {c.after});
    ASSERT_TRUE(tick) << c.cron;
    EXPECT_EQ(tick->ns, c.expected) << c.cron << " differs by minutes: " << (tick->ns - c.expected) / kSecond / 60;
  }
  const auto never = parse_schedule("using cron 0 0 31 2 * UTC");
  ASSERT_TRUE(never);
  EXPECT_FALSE(next_tick(*never, {}, {0}));
}

TEST(ScheduleTest, RefusesWrongCron) {
  for (const std::string_view text :
       {"USING CRON * * * * UTC", "USING CRON * * * * * * UTC", "USING CRON 60 * * * * UTC",
        "USING CRON * 24 * * * UTC", "USING CRON * * 0 * * UTC", "USING CRON * * * 13 * UTC",
        "USING CRON * * * * 7 UTC", "USING CRON * * L-3 * * UTC", "USING CRON * * * * L UTC",
        "USING CRON ? * * * * UTC", "USING CRON * * 15W * * UTC", "USING CRON * * * * 5#2 UTC", "USING CRON @daily UTC",
        "USING CRON 5-1 * * * * UTC", "USING CRON */0 * * * * UTC", "USING CRON"}) {
    const auto schedule = parse_schedule(text);
    EXPECT_EQ(schedule ? "accepted" : schedule.error().message, kInvalid) << text;
  }
  for (const std::string zone : {"PST", "+01:00", "Mars/Olympus"}) {
    const auto schedule = parse_schedule("USING CRON * * * * * " + zone);
    EXPECT_EQ(schedule ? "accepted" : schedule.error().message,
              "Invalid schedule was specified. \"" + zone +
                  "\" is not a recognized time zone. Please specify time zones accepted by the TIMEZONE parameter.");
  }
}

}  // namespace
}  // namespace task

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "base/clock.h"
#include "base/fault/kill_point.h"
#include "base/random.h"
#include "base/result.h"

namespace base {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorKind::InvalidValue, "odd number 3");
  return number / 2;
}

Result<int> quarter(int number) {
  TRY(const int halved, half(number));
  return half(halved);
}

TEST(ResultTest, TryPassesTheValueOrReturnsTheError) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().message, "odd number 3");
}

TEST(ErrorTest, TextHasNumberAndState) {
  EXPECT_EQ(to_text({ErrorKind::Syntax, 1003, "42000", "SQL compilation error:", {}}),
            "001003 (42000): SQL compilation error:");
  EXPECT_EQ(to_text({ErrorKind::Internal, 0, "", "disk is full", {}}), "disk is full");
}

TEST(VirtualClockTest, StandsStillAndNeverGoesBack) {
  VirtualClock clock;
  EXPECT_EQ(clock.now(), VirtualClock::kStart);
  clock.advance(std::chrono::minutes{1});
  const Instant later = clock.now();
  EXPECT_EQ(later - VirtualClock::kStart, std::chrono::minutes{1});
  clock.advance_to(VirtualClock::kStart);
  EXPECT_EQ(clock.now(), later);
}

TEST(RandomTest, OneSeedOneSequence) {
  Random a(7), b(7), c(8);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto value = a.next();
    EXPECT_EQ(value, b.next());
    differs |= value != c.next();
  }
  EXPECT_TRUE(differs);
  for (int i = 0; i < 1000; ++i) EXPECT_LT(a.below(10), 10u);
}

TEST(KillPointDeathTest, EndsTheProcessAtTheChosenPass) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";  // the child is a new process, which reads the environment anew
  ::setenv("FRESHET_KILL_AT", "here:2", 1);
  EXPECT_EXIT(
      {
        kill_point("there");
        kill_point("here");
        std::fputs("once\n", stderr);
        kill_point("here");
        std::exit(0);
      },
      testing::KilledBySignal(SIGKILL), "^once\nbase.killed at=here\n$");
  ::unsetenv("FRESHET_KILL_AT");
}

}  // namespace
}  // namespace base

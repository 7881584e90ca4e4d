#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fault/kill_point.h"
#include "base/log.h"
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

/// Counts how many of its kind are alive, so that a union that forgets or repeats a destructor shows.
struct Counted {
  static inline int alive = 0;
  explicit Counted(std::string text) : text(std::move(text)) { ++alive; }
  Counted(const Counted& other) : text(other.text) { ++alive; }
  Counted(Counted&& other) noexcept : text(std::move(other.text)) { ++alive; }
  ~Counted() { --alive; }
  std::string text;
};

TEST(ResultTest, EveryValueAndErrorIsDestroyedOnce) {
  {
    Result<Counted> value = Counted("first");
    Result<Counted> failed = fail(ErrorKind::NotFound, "no such table");
    Result<Counted> copy = value;
    Result<Counted> copied_failure = failed;
    EXPECT_EQ(Counted::alive, 2);
    std::swap(value, failed);
    EXPECT_FALSE(value.has_value());
    EXPECT_EQ(value.error().message, "no such table");
    EXPECT_EQ(failed.value().text, "first");
    copied_failure = std::move(copy);
    EXPECT_EQ(copied_failure->text, "first");
    copied_failure = fail(ErrorKind::Denied, "no such role");
    EXPECT_EQ(copied_failure.error().kind, ErrorKind::Denied);
    EXPECT_EQ(value.value_or(Counted("other")).text, "other");
  }
  EXPECT_EQ(Counted::alive, 0);
}

TEST(ResultTest, CarriesWhatCanOnlyBeMovedAndOtherErrors) {
  Result<std::unique_ptr<const std::string>> converted = std::make_unique<std::string>("text");
  const auto taken = *std::move(converted);
  EXPECT_EQ(*taken, "text");

  struct Refusal {
    int status;
  };
  const auto refused = []() -> Result<void, Refusal> { return Failure<Refusal>(Refusal{404}); };
  const auto passes_on = [&]() -> Result<int, Refusal> {
    TRY_VOID(refused());
    return 1;
  };
  EXPECT_FALSE(refused().has_value());
  EXPECT_EQ(passes_on().error().status, 404);
  EXPECT_TRUE(Status().has_value());
  EXPECT_EQ(Result<std::string>().value(), "");
}

TEST(ResultDeathTest, ValueOfAFailureEndsTheProcess) {
  const Result<int> odd = half(3);
  EXPECT_DEATH(static_cast<void>(odd.value()), "has_value");
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

TEST(BytesTest, GrowAndKeepWhatTheyHave) {
  Bytes bytes;
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(bytes.view(), "");
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    const std::string more(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
    bytes.append(more);
    expected += more;
  }
  EXPECT_EQ(bytes.view(), expected);
  std::ranges::fill(bytes.grow(3), '!');
  EXPECT_EQ(bytes.view(), expected + "!!!");
  bytes.shrink(5);
  EXPECT_EQ(bytes.view(), expected.substr(0, 5));
  Bytes moved(std::move(bytes));
  EXPECT_TRUE(bytes.empty());  // NOLINT(bugprone-use-after-move): it can be used again
  bytes.append("again");
  moved.append(bytes.view());
  EXPECT_EQ(moved.view(), expected.substr(0, 5) + "again");
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

TEST(LogTest, OneOutcomeIsOneLine) {
  testing::internal::CaptureStderr();
  log_line(LogLevel::Warn, "flow.said path=\"a\r\n2026 error forged\t\x01\x7f\u00e9\"");
  const auto text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.substr(text.find(" warn ")),
            " warn flow.said path=\"a\\r\\n2026 error forged\\x09\\x01\\x7f\u00e9\"\n");
}

}  // namespace
}  // namespace base

#include "store/s3/retry.h"

#include <gtest/gtest.h>

#include <array>

namespace store::s3 {
namespace {

using namespace std::chrono_literals;

TEST(RetryTest, WhatIsWorthAnotherAttempt) {
  struct Case {
    int status;
    std::string_view code;
    Trouble trouble;
  };
  for (const Case& c : std::to_array<Case>({{0, "", Trouble::Transient},
                                            {500, "InternalError", Trouble::Transient},
                                            {502, "", Trouble::Transient},
                                            {503, "ServiceUnavailable", Trouble::Transient},
                                            {503, "SlowDown", Trouble::Throttled},
                                            {429, "", Trouble::Throttled},
                                            {400, "RequestTimeout", Trouble::Transient},
                                            {400, "ThrottlingException", Trouble::Throttled},
                                            {408, "", Trouble::Transient},
                                            {404, "NoSuchKey", Trouble::None},
                                            {403, "AccessDenied", Trouble::None},
                                            {501, "NotImplemented", Trouble::None},
                                            {507, "InsufficientStorage", Trouble::None}}))
    EXPECT_EQ(trouble_of(c.status, c.code), c.trouble) << c.status << " " << c.code;
}

TEST(RetryTest, PausesAreBoundedAndSpread) {
  RetryPolicy policy({.attempts_max = 30, .tokens_max = 1'000'000}, 1);
  auto longest = 0ms;
  for (int attempt = 1; attempt < 30; ++attempt) {
    const auto most = std::min<std::chrono::milliseconds>(20s, 50ms * (1LL << std::min(attempt - 1, 20)));
    const auto pause = *policy.before_next(attempt, Trouble::Transient);
    EXPECT_LE(pause, most);
    EXPECT_GE(pause, 0ms);
    longest = std::max(longest, pause);
  }
  EXPECT_GT(longest, 1s);
  EXPECT_EQ(*policy.before_next(1, Trouble::Transient, 700ms), 700ms);  // the server knows better
  EXPECT_EQ(*policy.before_next(1, Trouble::Transient, 1h), 20s);
  EXPECT_EQ(policy.before_next(30, Trouble::Transient), std::nullopt);
  EXPECT_EQ(policy.before_next(1, Trouble::None), std::nullopt);
}

TEST(RetryTest, OneSeedOneSequence) {
  RetryPolicy a({}, 7), b({}, 7);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(a.before_next(2, Trouble::Throttled), b.before_next(2, Trouble::Throttled));
}

TEST(RetryTest, TokensRunOutAndComeBack) {
  RetryPolicy policy({.tokens_max = 30}, 1);
  EXPECT_TRUE(policy.before_next(1, Trouble::Transient));
  EXPECT_TRUE(policy.before_next(1, Trouble::Transient));
  EXPECT_FALSE(policy.before_next(1, Trouble::Transient));
  EXPECT_EQ(policy.tokens(), 2);
  policy.succeeded(Trouble::Transient);
  EXPECT_EQ(policy.tokens(), 16);
  EXPECT_TRUE(policy.before_next(1, Trouble::Throttled));
  policy.succeeded(Trouble::None);
  EXPECT_EQ(policy.tokens(), 12);
  for (int i = 0; i < 50; ++i) policy.succeeded(Trouble::None);
  EXPECT_EQ(policy.tokens(), 30);
}

}  // namespace
}  // namespace store::s3

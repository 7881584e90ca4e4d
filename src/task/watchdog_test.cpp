#include "task/watchdog.h"

#include <gtest/gtest.h>

#include <future>

namespace task {
namespace {

/// Runs until it is cancelled.
class Endless final : public engine::StatementSession {
 public:
  base::Result<engine::StatementOutcome> run(std::string_view, std::span<const engine::Value>) override {
    cancelled_.get_future().wait();
    return base::fail(base::ErrorKind::Cancelled, "cancelled");
  }
  engine::SessionState state() const override { return {}; }
  void cancel() override { cancelled_.set_value(); }

 private:
  std::promise<void> cancelled_;
};

TEST(WatchdogTest, CancelsWhatIsLateAndNothingElse) {
  Watchdog watchdog;
  Endless slow, late;
  const Watchdog::Watch patient(watchdog, slow, std::chrono::hours(1));
  const Watchdog::Watch never(watchdog, slow, std::chrono::milliseconds(0));
  const Watchdog::Watch strict(watchdog, late, std::chrono::milliseconds(1));
  EXPECT_FALSE(late.run("", {}));  // the deadline is before the one that it sleeps for
  EXPECT_TRUE(strict.fired());
  EXPECT_FALSE(patient.fired());
  EXPECT_FALSE(never.fired());
}

TEST(WatchdogTest, AWatchThatEndedCancelsNothing) {
  Watchdog watchdog;
  Endless session;
  for (int i = 0; i < 100; ++i) const Watchdog::Watch watch(watchdog, session, std::chrono::hours(1));
  Endless late;
  const Watchdog::Watch strict(watchdog, late, std::chrono::milliseconds(1));
  EXPECT_FALSE(late.run("", {}));
}

}  // namespace
}  // namespace task

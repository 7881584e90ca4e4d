#include "engine/locks.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace engine {
namespace {

using namespace std::chrono_literals;
using catalog::ObjectId;
using catalog::TransactionId;

constexpr ObjectId kTable{1}, kOther{2};

base::Status take(LockManager& locks, std::uint64_t owner, ObjectId object, LockMode mode,
                  std::chrono::milliseconds timeout = 0ms) {
  return locks.acquire(TransactionId{owner}, object, mode, {.timeout = timeout});
}

std::size_t waiting(const LockManager& locks) {
  return static_cast<std::size_t>(
      std::ranges::count_if(locks.list(), [](const LockInfo& lock) { return lock.waiting; }));
}

void until_waiting(const LockManager& locks, std::size_t count) {
  while (waiting(locks) < count) std::this_thread::yield();
}

TEST(LockManagerTest, ModesStandBesideEachOtherOrDoNot) {
  struct Case {
    LockMode held, asked;
    bool granted;
  };
  using enum LockMode;
  for (const Case& c : std::to_array<Case>({{Shared, Shared, true},
                                            {Shared, Write, true},
                                            {Shared, Exclusive, false},
                                            {Write, Shared, true},
                                            {Write, Write, false},
                                            {Write, Exclusive, false},
                                            {Exclusive, Shared, false},
                                            {Exclusive, Write, false},
                                            {Exclusive, Exclusive, false}})) {
    LockManager locks;
    ASSERT_TRUE(take(locks, 1, kTable, c.held));
    EXPECT_EQ(take(locks, 2, kTable, c.asked).has_value(), c.granted)
        << static_cast<int>(c.held) << static_cast<int>(c.asked);
    locks.release_all(TransactionId{1});
    EXPECT_TRUE(take(locks, 2, kTable, c.asked));
  }
}

TEST(LockManagerTest, TimeoutNamesTheTableAndItsHolder) {
  LockManager locks;
  locks.name_objects_with([](ObjectId) { return "DB.S.T"; });
  ASSERT_TRUE(take(locks, 7, kTable, LockMode::Write));
  const auto refused = take(locks, 8, kTable, LockMode::Write, 1ms);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().number, 625);
  EXPECT_EQ(refused.error().sqlstate, "57014");
  EXPECT_NE(refused.error().message.find("'DB.S.T'"), std::string::npos);
  EXPECT_NE(refused.error().message.find("transaction 7"), std::string::npos);
  EXPECT_EQ(locks.list().size(), 1u);
}

TEST(LockManagerTest, AWeakLockIsStrengthened) {
  LockManager locks;
  ASSERT_TRUE(take(locks, 1, kTable, LockMode::Shared));
  ASSERT_TRUE(take(locks, 1, kTable, LockMode::Exclusive));
  ASSERT_TRUE(take(locks, 1, kTable, LockMode::Shared));
  EXPECT_EQ(locks.list().front().mode, LockMode::Exclusive);
  EXPECT_FALSE(take(locks, 2, kTable, LockMode::Shared));
}

TEST(LockManagerTest, AWaiterGetsTheLockWhenItIsReleasedAndIsNotOvertaken) {
  LockManager locks;
  ASSERT_TRUE(take(locks, 1, kTable, LockMode::Shared));
  auto waiter =
      std::async(std::launch::async, [&] { return take(locks, 2, kTable, LockMode::Exclusive, 60s).has_value(); });
  until_waiting(locks, 1);
  EXPECT_FALSE(take(locks, 3, kTable, LockMode::Shared));  // behind the waiter
  locks.release_all(TransactionId{1});
  EXPECT_TRUE(waiter.get());
}

TEST(LockManagerTest, OfADeadlockTheYoungestGivesUp) {
  for (const bool young_waits_first : {true, false}) {
    LockManager locks;
    ASSERT_TRUE(take(locks, 1, kTable, LockMode::Write));
    ASSERT_TRUE(take(locks, 2, kOther, LockMode::Write));
    const auto wait = [&](std::uint64_t owner, ObjectId object) {
      return std::async(std::launch::async, [&locks, owner, object] {
        auto status = take(locks, owner, object, LockMode::Write, 60s);
        if (!status) locks.release_all(TransactionId{owner});  // its transaction is undone
        return status.has_value();
      });
    };
    auto first = young_waits_first ? wait(2, kTable) : wait(1, kOther);
    until_waiting(locks, 1);
    auto second = young_waits_first ? wait(1, kOther) : wait(2, kTable);
    EXPECT_EQ(first.get(), !young_waits_first);
    EXPECT_EQ(second.get(), young_waits_first);
  }
}

TEST(LockManagerTest, CancellingEndsTheWait) {
  LockManager locks;
  CancelToken cancel;
  ASSERT_TRUE(take(locks, 1, kTable, LockMode::Write));
  auto waiter = std::async(std::launch::async, [&] {
    return locks.acquire(TransactionId{2}, kTable, LockMode::Write, {.timeout = 60s, .cancel = &cancel});
  });
  until_waiting(locks, 1);
  cancel.cancel();
  const auto status = waiter.get();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().number, 604);
}

}  // namespace
}  // namespace engine

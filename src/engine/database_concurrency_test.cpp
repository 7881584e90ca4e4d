#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>
#include <thread>

#include "base/random.h"
#include "engine/test_database.h"

namespace engine {
namespace {

// Writers insert, update and delete; a reader takes window after window of changes: applied to what it has, they must
// give what the table holds.
TEST(ConcurrencyTest, WindowsOfChangesLoseAndRepeatNothing) {
  constexpr int kWriters = 8, kRounds = 15;
  TestDatabase test;
  const auto table = test.create_table("T");
  const auto start = test.database().version();
  std::atomic<int> running = kWriters;
  std::vector<std::thread> writers;
  std::atomic<bool> failed = false;
  for (int w = 0; w < kWriters; ++w)
    writers.emplace_back([&, w] {
      try {
        base::Random random(static_cast<std::uint64_t>(w) + 1);
        const auto session = test.database().open_session();
        const auto run = [&](LockMode mode, const std::function<RowChanges(Work&, const catalog::Record&)>& changes) {
          auto work = TestDatabase::must(session->begin_work({.query_id = "q", .now = test.clock().now()}));
          TestDatabase::must(work->lock(table, mode));
          TestDatabase::must(work->start());
          const auto record = work->catalog().find(table);
          TestDatabase::must(work->change(*record, changes(*work, *record)));
          TestDatabase::must(work->commit());
        };
        for (int i = 0; i < kRounds; ++i) {
          const bool in_transaction = random.below(3) == 0;
          if (in_transaction) TestDatabase::must(session->begin(test.clock().now()));
          const int id = w * 1000 + i;
          run(LockMode::Shared, [&](Work&, const catalog::Record&) {
            return TestDatabase::inserting("(" + std::to_string(id) + ",'a')");
          });
          if (random.below(2) == 0)
            run(LockMode::Write, [&](Work& work, const catalog::Record& record) {
              return TestDatabase::updating(work, record, "id % 7 = " + std::to_string(random.below(7)),
                                            "id, v || 'u'");
            });
          if (random.below(4) == 0)
            run(LockMode::Write, [&](Work& work, const catalog::Record& record) {
              return TestDatabase::updating(work, record, "id = " + std::to_string(id), "");
            });
          if (in_transaction) {
            if (random.below(4) == 0)
              TestDatabase::must(session->rollback());
            else
              TestDatabase::must(session->commit({.query_id = "c", .now = test.clock().now()}));
          }
        }
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
        failed = true;
      }
      --running;
    });
  std::multiset<std::string> copy;
  auto offset = start;
  const auto session = test.database().open_session();
  for (bool last = false; !last && !failed;) {
    last = running == 0;
    auto work = test.start(*session);
    const auto until = work->version();
    const auto record = work->catalog().find(table);
    const auto rows = TestDatabase::must(
        work->query("SELECT _action, concat_ws(',', c1, c2, _row) FROM " +
                        TestDatabase::must(work->changes(*record, offset, until)) + " ORDER BY _action, 2",
                    {{"a", catalog::LogicalType::text()}, {"t", catalog::LogicalType::text()}}));
    for (std::uint64_t i = 0; i < rows->row_count(); ++i) {  // all DELETEs first
      const auto text = std::get<std::string>(rows->value(i, 1));
      if (std::get<std::string>(rows->value(i, 0)) == "INSERT")
        copy.insert(text);
      else {
        const auto found = copy.find(text);
        ASSERT_NE(found, copy.end()) << text;
        copy.erase(found);
      }
    }
    const auto now = TestDatabase::must(work->query("SELECT concat_ws(',', c1, c2, _row) FROM " + work->rows(*record),
                                                    {{"t", catalog::LogicalType::text()}}));
    std::multiset<std::string> truth;
    for (std::uint64_t i = 0; i < now->row_count(); ++i) truth.insert(std::get<std::string>(now->value(i, 0)));
    ASSERT_EQ(copy, truth) << "at version " << until.value;
    offset = until;
  }
  for (std::thread& writer : writers) writer.join();
}

// A child commits until it is killed; what it told us before is there, nothing else is half there, and no number is
// used again.
TEST(CrashTest, WhatWasAcknowledgedIsThere) {
  base::Random random(7);
  TestDatabase test;
  const auto table = test.create_table("T");
  std::int64_t acknowledged = 0;
  const std::string directory = test.directory();
  test.close();
  for (int round = 0; round < 6; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(pipe_ends[0]);
      try {
        test.reopen();
        for (std::int64_t i = acknowledged + 1;; ++i) {
          test.insert(table, "(" + std::to_string(i) + ",'a'),(" + std::to_string(i) + ",'b')");
          if (i % 3 == 0) test.change(table, "id = " + std::to_string(i - 1), "id, v || 'u'");
          if (::write(pipe_ends[1], &i, sizeof i) != sizeof i) ::_exit(1);
        }
      } catch (...) {
        ::_exit(2);
      }
    }
    ::close(pipe_ends[1]);
    const auto until = acknowledged + 1 + static_cast<std::int64_t>(random.below(12));
    std::int64_t seen = 0;
    while (seen < until && ::read(pipe_ends[0], &seen, sizeof seen) == sizeof seen) acknowledged = seen;
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    while (::read(pipe_ends[0], &seen, sizeof seen) == sizeof seen) acknowledged = seen;
    ::close(pipe_ends[0]);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child failed by itself";
    test.reopen();
    {
      auto work = test.start(test.session());
      const auto result = TestDatabase::must(work->query(
          "SELECT count(*), max(c1), count(DISTINCT _row), count(DISTINCT _seq) FROM " + work->rows(*test.table(table)),
          std::vector<ResultColumn>(4, {"n", catalog::LogicalType::number()})));
      const auto number = [&](std::size_t column) {
        return static_cast<std::int64_t>(std::get<Decimal>(result->value(0, column)).digits);
      };
      const std::int64_t stored = number(1);
      EXPECT_GE(stored, acknowledged);
      EXPECT_LE(stored, acknowledged + 1);
      EXPECT_EQ(number(0), 2 * stored);  // both rows of an insert or none
      EXPECT_EQ(number(2), 2 * stored);
      EXPECT_EQ(number(3), 2 * stored);
      acknowledged = stored;
    }
    test.close();
  }
  test.reopen();
}

}  // namespace
}  // namespace engine

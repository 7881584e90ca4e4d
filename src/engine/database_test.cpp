#include <gtest/gtest.h>

#include <functional>

#include "engine/test_database.h"

namespace engine {
namespace {

TEST(DatabaseTest, RowsAreThereAfterReopening) {
  TestDatabase test;
  const auto table = test.create_table("T");
  test.insert(table, "(1,'a'),(2,'b')");
  EXPECT_EQ(test.read(table), "1,a|2,b");
  test.change(table, "id = 1", "id, 'x'");
  EXPECT_EQ(test.read(table), "1,x|2,b");
  const auto version = test.database().version();
  test.reopen();
  EXPECT_EQ(test.database().version(), catalog::Version{version.value});
  EXPECT_EQ(test.read(table), "1,x|2,b");
  test.insert(table, "(3,'c')");
  EXPECT_EQ(test.read(table), "1,x|2,b|3,c");
}

// Table 1.4.1 of streams-tasks-sql.md: (rows before the offset, what happened since, standard stream, append-only
// stream).
TEST(DatabaseTest, NetChangesOfTheWorkedExamples) {
  using Test = TestDatabase;
  using Do = std::function<void(Test&, catalog::ObjectId)>;
  const auto insert = [](std::string rows) -> Do {
    return [rows](Test& test, catalog::ObjectId t) { test.insert(t, rows); };
  };
  const auto update = [](std::string where, std::string values) -> Do {
    return [where, values](Test& test, catalog::ObjectId t) { test.change(t, where, values); };
  };
  const auto remove = [](std::string where) -> Do {
    return [where](Test& test, catalog::ObjectId t) { test.change(t, where); };
  };
  const Do truncate = [](Test& test, catalog::ObjectId t) { test.truncate(t); };
  struct Case {
    int number;
    std::string before;
    std::vector<Do> since;
    std::string standard, append_only;
  };
  const std::vector<Case> cases = {
      {1, "", {insert("(1,'a')")}, "1,a,INSERT,false", "1,a"},
      {2, "", {insert("(1,'a')"), update("id = 1", "id, 'b'")}, "1,b,INSERT,false", "1,a"},
      {3, "", {insert("(1,'a')"), remove("id = 1")}, "", "1,a"},
      {4, "", {insert("(1,'a')"), update("id = 1", "id, 'b'"), remove("id = 1")}, "", "1,a"},
      {5, "(1,'a')", {update("id = 1", "id, 'b'")}, "1,a,DELETE,true|1,b,INSERT,true", ""},
      {6, "(1,'a')", {update("id = 1", "id, 'b'"), update("id = 1", "id, 'c'")}, "1,a,DELETE,true|1,c,INSERT,true", ""},
      {7, "(1,'a')", {update("id = 1", "id, 'x'"), update("id = 1", "id, 'a'")}, "", ""},
      {8, "(1,'a')", {update("id = 1", "id, v")}, "", ""},
      {9, "(1,'a')", {remove("id = 1")}, "1,a,DELETE,false", ""},
      {10, "(1,'a')", {update("id = 1", "id, 'b'"), remove("id = 1")}, "1,a,DELETE,false", ""},
      {11, "(3,'c')", {remove("id = 3"), insert("(3,'c')")}, "3,c,DELETE,false|3,c,INSERT,false", "3,c"},
      {12, "(3,'c')", {remove("id = 3"), insert("(3,'d')")}, "3,c,DELETE,false|3,d,INSERT,false", "3,d"},
      {13, "(1,'a'),(2,'b')", {truncate}, "1,a,DELETE,false|2,b,DELETE,false", ""},
      {14, "(1,'a')", {insert("(2,'b')"), truncate}, "1,a,DELETE,false", "2,b"},
      {15,
       "(1,'a'),(2,'b')",
       {[](Test& test, catalog::ObjectId t) {
         auto work = test.begin(test.session());
         Test::must(work->lock(t, LockMode::Exclusive));
         Test::must(work->start());
         Test::must(work->clear(*work->catalog().find(t)));
         Test::must(work->change(*work->catalog().find(t), Test::inserting("(1,'a'),(3,'c')")));
         Test::must(work->commit());
       }},
       "1,a,DELETE,false|1,a,INSERT,false|2,b,DELETE,false|3,c,INSERT,false",
       "1,a|3,c"},
      {16,
       "(1,'a'),(2,'b')",
       {[](Test& test, catalog::ObjectId t) {
         auto work = test.begin(test.session());
         Test::must(work->lock(t, LockMode::Write));
         Test::must(work->start());
         const auto record = work->catalog().find(t);
         const std::string rows = work->rows(*record);
         Test::must(work->change(
             *record, {"SELECT _seq FROM " + rows,
                       "SELECT _row, c1, 'x' FROM " + rows + " WHERE c1 = 1 UNION ALL SELECT NULL::BIGINT, 3, 'c'"}));
         Test::must(work->commit());
       }},
       "1,a,DELETE,true|1,x,INSERT,true|2,b,DELETE,false|3,c,INSERT,false",
       "3,c"},
      {17, "(1,'a')", {update("id = 1", "9, v")}, "1,a,DELETE,true|9,a,INSERT,true", ""},
      {18, "(1,'a'),(1,'a')", {remove("id = 1")}, "1,a,DELETE,false|1,a,DELETE,false", ""},
      {19,
       "(1,'a')",
       {[](Test& test, catalog::ObjectId t) {
         Test::must(test.session().begin(test.clock().now()));
         test.change(t, "id = 1", "id, 'b'");
         Test::must(test.session().rollback());
       }},
       "",
       ""},
      {20,
       "(1,'a')",
       {[](Test& test, catalog::ObjectId t) {
         auto work = test.start(test.session());
         auto appender = Test::must(work->append(*work->catalog().find(t), {{1}, {2}}));
         appender->chunk()[0].as<std::int64_t>()[0] = 2;
         appender->chunk()[1].as<StringCell>()[0].set("b");
         Test::must(appender->flush(1));
         Test::must(appender->close());
         Test::must(work->commit());
       }},
       "2,b,INSERT,false",
       "2,b"},
  };
  // Each alone, and with all that happened since the offset in one transaction: the net difference is the same.
  for (const bool in_transaction : {false, true}) {
    Test test;
    for (const Case& c : cases) {
      if (in_transaction && c.number == 19) continue;
      const auto table = test.create_table("T" + std::to_string(c.number));
      if (!c.before.empty()) test.insert(table, c.before);
      const auto offset = test.database().version();
      if (in_transaction) Test::must(test.session().begin(test.clock().now()));
      for (const Do& step : c.since) step(test, table);
      if (in_transaction) Test::must(test.session().commit({.query_id = "c", .now = test.clock().now()}));
      EXPECT_EQ(test.changes(table, offset), c.standard)
          << "row " << c.number << (in_transaction ? " in one transaction" : "");
      EXPECT_EQ(test.insertions(table, offset), c.append_only)
          << "row " << c.number << (in_transaction ? " in one transaction" : "");
      test.reopen();
      EXPECT_EQ(test.changes(table, offset), c.standard) << "row " << c.number << " after reopening";
    }
  }
}

TEST(DatabaseTest, DeletedAndInsertedAgainIsAnotherRow) {
  TestDatabase test;
  const auto table = test.create_table("T");
  test.insert(table, "(3,'c')");
  const auto offset = test.database().version();
  test.change(table, "id = 3");
  test.insert(table, "(3,'c')");
  auto work = test.start(test.session());
  const auto rows =
      TestDatabase::must(work->query("SELECT count(DISTINCT _row) FROM " +
                                         TestDatabase::must(work->changes(*test.table(table), offset, work->version())),
                                     {{"n", catalog::LogicalType::number()}}));
  EXPECT_EQ(std::get<Decimal>(rows->value(0, 0)).digits, 2);
}

TEST(DatabaseTest, EveryVersionCanBeRead) {
  TestDatabase test;
  const auto table = test.create_table("T");
  std::vector<std::pair<catalog::Version, std::string>> states;
  const auto remember = [&] { states.emplace_back(test.database().version(), test.read(table)); };
  remember();
  test.insert(table, "(1,'a'),(2,'b')");
  remember();
  test.change(table, "id = 1", "id, 'x'");
  remember();
  test.change(table, "id = 2");
  remember();
  test.truncate(table);
  remember();
  test.insert(table, "(5,'e')");
  remember();
  for (const bool reopened : {false, true}) {
    if (reopened) test.reopen();
    for (const auto& [version, rows] : states) EXPECT_EQ(test.read_at(table, version), rows) << version.value;
  }
  EXPECT_EQ(states[1].second, "1,a|2,b");
  EXPECT_EQ(states[4].second, "");
}

TEST(DatabaseTest, StatementsReadWhatWasCommittedBeforeThem) {
  TestDatabase test;
  const auto table = test.create_table("T");
  const auto other = test.database().open_session();
  auto before = test.start(*other);
  test.insert(table, "(1,'a')");
  EXPECT_EQ(TestDatabase::show(*before, before->rows(*before->catalog().find(table))),
            "");  // one statement, one snapshot
  before.reset();
  EXPECT_EQ(test.read(*other, table), "1,a");

  TestDatabase::must(test.session().begin(test.clock().now()));
  test.insert(table, "(2,'b')");
  EXPECT_EQ(test.read(table), "1,a|2,b");  // its own pending rows
  EXPECT_EQ(test.read(*other, table), "1,a");
  test.insert(*other, table, "(3,'c')");
  EXPECT_EQ(test.read(table), "1,a|2,b|3,c");  // READ COMMITTED
  test.change(table, "id = 2", "id, 'y'");
  test.change(table, "id = 1");
  EXPECT_EQ(test.read(table), "2,y|3,c");
  EXPECT_EQ(test.read(*other, table), "1,a|3,c");
  TestDatabase::must(test.session().commit({.query_id = "c", .now = test.clock().now()}));
  EXPECT_EQ(test.read(*other, table), "2,y|3,c");
}

TEST(DatabaseTest, AFailedStatementUndoesOnlyItself) {
  TestDatabase test;
  const auto table = test.create_table("T", true);
  TestDatabase::must(test.session().begin(test.clock().now()));
  test.insert(table, "(1,'a')");
  {
    auto work = test.start(test.session());
    const auto failed = work->change(*work->catalog().find(table), TestDatabase::inserting("(2,'b'),(3,NULL)"));
    ASSERT_FALSE(failed);
    EXPECT_EQ(base::to_text(failed.error()), "100072 (22000): NULL result in a non-nullable column");
    EXPECT_FALSE(work->commit());
  }
  EXPECT_EQ(test.read(table), "1,a");
  test.insert(table, "(4,'d')");
  TestDatabase::must(test.session().commit({.query_id = "c", .now = test.clock().now()}));
  EXPECT_EQ(test.read(table), "1,a|4,d");
}

TEST(DatabaseTest, ErrorsSpeakTheDialect) {
  TestDatabase test;
  struct Case {
    std::string sql;
    int number;
  };
  for (const Case& c : std::to_array<Case>(
           {{"SELECT 9223372036854775807::BIGINT + i FROM range(1, 2) AS r(i)", 100046},
            {"SELECT CAST('x' || i AS BIGINT) FROM range(1) AS r(i)", 100038},
            {"SELECT CAST(i * 1000 AS TINYINT) FROM range(1, 2) AS r(i)", 100039},
            {"SELECT error(chr(1) || '100090' || chr(31) || '42P18' || chr(31) || 'Duplicate')", 100090},
            {"SELECT nonsense FROM nowhere", 603}})) {
    auto work = test.start(test.session());
    const auto result = work->query(c.sql, {{"x", catalog::LogicalType::number()}});
    ASSERT_FALSE(result) << c.sql;
    EXPECT_EQ(result.error().number, c.number) << c.sql << ": " << result.error().message;
    EXPECT_EQ(result.error().message.find("DuckDB"), std::string::npos);
  }
}

TEST(DatabaseTest, ACancelledStatementChangesNothing) {
  TestDatabase test;
  const auto table = test.create_table("T");
  CancelToken cancel;
  auto work =
      TestDatabase::must(test.session().begin_work({.query_id = "q", .now = test.clock().now(), .cancel = &cancel}));
  TestDatabase::must(work->start());
  TestDatabase::must(work->change(*work->catalog().find(table), TestDatabase::inserting("(1,'a')")));
  cancel.cancel();
  const auto status = work->commit();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().number, 604);
  work.reset();
  EXPECT_EQ(test.read(table), "");
}

TEST(DatabaseTest, StreamsAreConsumedByTheCommit) {
  TestDatabase test;
  const auto table = test.create_table("T");
  auto make = test.start(test.session());
  const catalog::ObjectId stream = make->new_object_id();
  const auto created = make->version();
  TestDatabase::must(
      make->put({.id = stream,
                 .kind = catalog::ObjectKind::Stream,
                 .name = "S",
                 .body = catalog::StreamBody{.source = table, .base_tables = {table}, .offset = created}}));
  TestDatabase::must(make->commit());
  const auto offset = [&] {
    return std::get<catalog::StreamBody>(test.database().catalog()->find(stream)->body).offset;
  };
  test.insert(table, "(1,'a')");

  TestDatabase::must(test.session().begin(test.clock().now()));
  const auto begun = test.database().version();
  const auto other = test.database().open_session();
  test.insert(*other, table, "(2,'b')");
  auto work = test.start(test.session());
  EXPECT_EQ(work->stream_version(), begun);
  EXPECT_EQ(TestDatabase::show(*work,
                               TestDatabase::must(work->changes(*test.table(table), offset(), work->stream_version()))),
            "1,a");
  work->consume(stream);
  TestDatabase::must(work->commit());
  EXPECT_EQ(offset(), created);
  TestDatabase::must(test.session().commit({.query_id = "c", .now = test.clock().now()}));
  EXPECT_EQ(offset(), begun);
  EXPECT_EQ(test.changes(table, offset()), "2,b,INSERT,false");
}

TEST(DatabaseTest, SequencesNeverGoBack) {
  TestDatabase test;
  auto work = test.start(test.session());
  const catalog::ObjectId id = work->new_object_id();
  TestDatabase::must(work->put({.id = id,
                                .kind = catalog::ObjectKind::Sequence,
                                .name = "Q",
                                .body = catalog::SequenceBody{.start = 10, .step = 5, .next = 10}}));
  TestDatabase::must(work->commit());
  {
    auto undone = test.start(test.session());
    EXPECT_EQ(TestDatabase::must(undone->reserve_sequence(id, 3)), 10);
  }
  EXPECT_EQ(TestDatabase::must(test.start(test.session())->reserve_sequence(id, 1)), 25);
  test.reopen();
  EXPECT_EQ(TestDatabase::must(test.start(test.session())->reserve_sequence(id, 1)), 30);
  auto rows = test.start(test.session());
  EXPECT_EQ(TestDatabase::show(*rows,
                               "(SELECT freshet_sequence(CAST(" + std::to_string(id.value) +
                                   " AS BIGINT), CAST(5 AS BIGINT)) AS n FROM range(3))",
                               "n"),
            "35|40|45");
}

TEST(DatabaseTest, AddedColumnsAreFilledAndWidenedOnesHoldMore) {
  TestDatabase test;
  const auto table = test.create_table("T");
  test.insert(table, "(1,'a')");
  const auto offset = test.database().version();
  test.change(table, "id = 1", "id, 'b'");
  {
    auto work = test.start(test.session());
    catalog::Record record = *work->catalog().find(table);
    std::get<catalog::TableBody>(record.body)
        .columns.push_back({.id = {3}, .name = "N", .type = catalog::LogicalType::number()});
    TestDatabase::must(work->put(record, {{{3}, "7"}}));
    TestDatabase::must(work->commit());
  }
  {
    auto work = test.start(test.session());
    EXPECT_EQ(TestDatabase::show(*work, work->rows(*test.table(table)), "c1, c2, c3"), "1,b,7");
    EXPECT_EQ(TestDatabase::show(*work, TestDatabase::must(work->rows_at(*test.table(table), offset)), "c1, c2, c3"),
              "1,a,7");
  }
  {
    auto work = test.begin(test.session());
    TestDatabase::must(work->widen(*test.table(table), {{1}}));
    TestDatabase::must(work->start());
    TestDatabase::must(
        work->change(*work->catalog().find(table),
                     {"", "SELECT NULL::BIGINT, 99999999999999999999999999999999999999::HUGEINT, 'w', 1"}));
    TestDatabase::must(work->commit());
    EXPECT_TRUE(std::get<catalog::TableBody>(test.table(table)->body).columns[0].wide);
  }
  EXPECT_EQ(test.read(table), "1,b|99999999999999999999999999999999999999,w");
  EXPECT_EQ(test.read_at(table, offset), "1,a");
}

TEST(DatabaseTest, AnAppenderTakesWholeChunks) {
  TestDatabase test;
  const auto table = test.create_table("T");
  constexpr std::int64_t kRows = 10'000;
  for (const bool in_transaction : {false, true}) {
    if (in_transaction) TestDatabase::must(test.session().begin(test.clock().now()));
    auto work = test.start(test.session());
    auto appender = TestDatabase::must(work->append(*work->catalog().find(table), {{1}}, {{{2}, "'const'"}}));
    std::size_t filled = 0;
    for (std::int64_t i = 0; i < kRows; ++i) {
      appender->chunk()[0].as<std::int64_t>()[filled] = i;
      if (i == 5) appender->chunk()[0].set_null(filled);
      if (++filled == kChunkRows) {
        TestDatabase::must(appender->flush(filled));
        filled = 0;
      }
    }
    TestDatabase::must(appender->flush(filled));
    TestDatabase::must(appender->close());
    appender.reset();
    TestDatabase::must(work->commit());
    if (in_transaction) TestDatabase::must(test.session().commit({.query_id = "c", .now = test.clock().now()}));
  }
  auto work = test.start(test.session());
  EXPECT_EQ(TestDatabase::show(
                *work,
                "(SELECT count(*) AS a, count(c1) AS b, sum(c1) AS c, count(DISTINCT _row) AS d, min(c2) AS e FROM " +
                    work->rows(*test.table(table)) + ")",
                "a, b, c, d, e"),
            "20000,19998,99989990,20000,const");
}

TEST(DatabaseTest, TheSweeperKeepsWhatIsStillNeeded) {
  TestDatabase test;
  const auto table = test.create_table("T");
  test.insert(table, "(1,'a'),(2,'b')");
  const auto old = test.database().version();
  test.change(table, "id = 1", "id, 'x'");
  test.truncate(table);
  const auto past = [&] { return TestDatabase::must(test.database().statistics(*test.table(table))).past_rows; };
  TestDatabase::must(test.database().sweep());
  EXPECT_EQ(test.read_at(table, old), "1,a|2,b");  // within the retention of a day
  EXPECT_EQ(past(), 3u);
  auto make = test.start(test.session());
  const catalog::ObjectId stream = make->new_object_id();
  TestDatabase::must(make->put({.id = stream,
                                .kind = catalog::ObjectKind::Stream,
                                .name = "S",
                                .body = catalog::StreamBody{.source = table, .base_tables = {table}, .offset = old}}));
  TestDatabase::must(make->commit());
  test.clock().advance(std::chrono::hours{48});
  TestDatabase::must(test.database().sweep());
  EXPECT_EQ(test.changes(table, old), "1,a,DELETE,false|2,b,DELETE,false");  // the stream needs it
  auto drop = test.start(test.session());
  TestDatabase::must(drop->erase(stream));
  TestDatabase::must(drop->commit());
  TestDatabase::must(test.database().sweep());
  EXPECT_EQ(past(), 0u);
  EXPECT_EQ(std::get<catalog::TableBody>(test.table(table)->body).segments.size(), 1u);
  test.insert(table, "(7,'g')");
  TestDatabase::must(test.database().sweep());
  test.reopen();
  EXPECT_EQ(test.read(table), "7,g");
}

TEST(DatabaseTest, AFileOfANewerFormatIsRefused) {
  TestDatabase test;
  {
    auto work = test.start(test.session());
    TestDatabase::must(work->execute("UPDATE meta.format SET version = 99"));
    TestDatabase::must(work->commit());
  }
  test.close();
  base::VirtualClock clock;
  const auto opened = Database::open({.file = test.directory() + "/warehouse.duckdb"}, clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, base::ErrorKind::Unsupported);
}

TEST(DatabaseTest, MetaTablesAreWrittenWithTheCommit) {
  TestDatabase test;
  const auto table = test.create_table("T");
  const auto notes = [&] {
    auto work = test.start(test.session());
    return TestDatabase::show(*work, "meta.notes", "text");
  };
  const auto write = [&](const std::string& text) {
    auto work = test.start(test.session());
    work->on_commit(
        [text](Work& at_commit) -> base::Status {
          TRY_VOID(at_commit.execute("INSERT INTO meta.notes VALUES ('" + text + "')"));
          return {};
        },
        {});
    TestDatabase::must(work->change(*work->catalog().find(table), TestDatabase::inserting("(1,'a')")));
    TestDatabase::must(work->commit());
  };
  write("one");
  EXPECT_EQ(notes(), "one");
  TestDatabase::must(test.session().begin(test.clock().now()));
  write("two");
  EXPECT_EQ(notes(), "one");
  TestDatabase::must(test.session().rollback());
  TestDatabase::must(test.session().begin(test.clock().now()));
  write("three");
  TestDatabase::must(test.session().commit({.query_id = "c", .now = test.clock().now()}));
  EXPECT_EQ(notes(), "one|three");
}

}  // namespace
}  // namespace engine

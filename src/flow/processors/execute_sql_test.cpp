#include <gtest/gtest.h>

#include "flow/database/database.h"
#include "flow/processors/database_test.h"

namespace flow {
namespace {

TEST(ExecuteSqlTest, RowsBecomeAvro) {
  TestDatabase database(
      {"CREATE TABLE orders(id INTEGER, item TEXT)", "INSERT INTO orders VALUES (1, 'a'), (2, NULL)"});
  ProcessorRun run("ExecuteSQL", database.pool({{"SQL select query", "SELECT * FROM orders ORDER BY id"}}),
                   {.given = {{"ignored", {{"filename", "f"}}}}, .services = {database.service()}});
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  const auto came = run.only("success");
  EXPECT_EQ(came.at("executesql.row.count"), "2");
  EXPECT_EQ(came.at("executesql.resultset.index"), "0");
  EXPECT_EQ(came.at("mime.type"), "application/avro-binary");
  EXPECT_EQ(came.at("filename"), "f");
  EXPECT_EQ(came.at("record.count"), "(none)");
  EXPECT_EQ(came.at("fragment.count"), "(none)");
  EXPECT_NE(came.at("input.flowfile.uuid"), "(none)");
  ProcessorRun read(
      "ConvertRecord", records(),
      {.given = {{came.content}}, .services = {service("in", "AvroReader"), service("out", "JsonRecordSetWriter")}});
  read.until_idle();
  EXPECT_EQ(read.only("success").content, R"([{"id":1,"item":"a"},{"id":2,"item":null}])");
}

TEST(ExecuteSqlTest, TheContentMayBeTheStatementAndAttributesItsParameters) {
  TestDatabase database({"CREATE TABLE orders(id INTEGER, item TEXT)", "INSERT INTO orders VALUES (1, 'a'), (2, 'b')"});
  ProcessorRun run(
      "ExecuteSQLRecord", database.pool({{"esqlrecord-record-writer", "out"}}),
      {.given = {{"SELECT item FROM orders WHERE id = ?", {{"sql.args.1.type", "4"}, {"sql.args.1.value", "2"}}}},
       .services = {database.service(), service("out", "JsonRecordSetWriter")}});
  run.until_idle();
  EXPECT_EQ(run.only("success").content, R"([{"item":"b"}])");
  EXPECT_EQ(run.only("success").at("record.count"), "1");
}

TEST(ExecuteSqlTest, ManyRowsAreSplit) {
  TestDatabase database({"CREATE TABLE n(i INTEGER)", "INSERT INTO n VALUES (1), (2), (3), (4)"});
  for (const bool early : {false, true}) {
    ProcessorRun run("ExecuteSQLRecord",
                     database.pool({{"SQL Query", "SELECT i FROM n ORDER BY i"},
                                    {"esqlrecord-record-writer", "out"},
                                    {"esql-max-rows", "2"},
                                    {"esql-output-batch-size", early ? "1" : "0"}}),
                     {.given = {{""}}, .services = {database.service(), service("out", "JsonRecordSetWriter")}});
    run.until_idle();
    EXPECT_EQ(run.contents("success"), (Texts{R"([{"i":1},{"i":2}])", R"([{"i":3},{"i":4}])"}));
    const auto came = run.out("success");
    ASSERT_EQ(came.size(), 2u);
    EXPECT_EQ(came[1].at("fragment.index"), "1");
    EXPECT_EQ(came[1].at("fragment.identifier"), came[0].at("fragment.identifier"));
    EXPECT_EQ(came[1].at("fragment.count"), early ? "(none)" : "2");
    EXPECT_EQ(run.waiting(), 0u);
  }
}

TEST(ExecuteSqlTest, StatementsWithoutAResultGiveNoRows) {
  TestDatabase database({"CREATE TABLE n(i INTEGER)"});
  for (const bool keeps : {false, true}) {
    ProcessorRun run("ExecuteSQLRecord",
                     database.pool({{"SQL Query", "INSERT INTO n VALUES (1)"},
                                    {"SQL Post-Query", "DELETE FROM n WHERE i = 5; INSERT INTO n VALUES (2)"},
                                    {"Content Output Strategy", keeps ? "ORIGINAL" : "EMPTY"},
                                    {"Record Writer", "out"}}),
                     {.given = {{"given"}}, .services = {database.service(), service("out", "JsonRecordSetWriter")}});
    run.until_idle();
    EXPECT_EQ(run.only("success").content, keeps ? "given" : "[]");
  }
  EXPECT_EQ(database.rows("SELECT i FROM n ORDER BY i"), "1,\n1,\n2,\n2,\n");
}

TEST(ExecuteSqlTest, FailuresSayWhy) {
  TestDatabase database({});
  ProcessorRun run("ExecuteSQL", database.pool({{"SQL Query", "SELECT * FROM nowhere"}}),
                   {.given = {{"x"}}, .services = {database.service()}});
  run.until_idle();
  const auto came = run.only("failure");
  EXPECT_EQ(came.content, "x");
  EXPECT_EQ(came.at("executesql.error.message"), "no such table: nowhere");
  EXPECT_TRUE(came.penalised);
}

TEST(ExecuteSqlTest, ASourceIsAskedOnce) {
  TestDatabase database({});
  ProcessorRun run("ExecuteSQLRecord", database.pool({{"SQL Query", "SELECT 7 AS seven"}, {"Record Writer", "out"}}),
                   {.services = {database.service(), service("out", "JsonRecordSetWriter")}, .input = false});
  run.until_idle();
  EXPECT_EQ(run.only("success").content, R"([{"seven":7}])");
}

TEST(ExecuteSqlTest, ADatabaseWithoutADriverMakesThePoolInvalid) {
  ProcessorRun run("ExecuteSQL", {{"Database Connection Pooling Service", "pool"}, {"SQL Query", "SELECT 1"}},
                   {.services = {service("pool", "DBCPConnectionPool",
                                         {{"Database Connection URL", "jdbc:oracle:thin:@//h/x"},
                                          {"Database Driver Class Name", "oracle.jdbc.OracleDriver"}})}});
  EXPECT_EQ(run.problems(), (Texts{"ExecuteSQL 'subject', property 'Database Connection Pooling Service': controller "
                                   "service 'pool' is invalid"}));
}

TEST(QueryDatabaseTableTest, OnlyNewRowsAreRead) {
  TestDatabase database({"CREATE TABLE orders(id INTEGER, at TIMESTAMP)",
                         "INSERT INTO orders VALUES (1, '2026-01-01 10:00:00'), (2, '2026-01-02 10:00:00')"});
  ProcessorRun run("QueryDatabaseTableRecord",
                   database.pool({{"Table Name", "orders"},
                                  {"Columns to Return", "id, at"},
                                  {"Maximum-value Columns", "id, at"},
                                  {"qdbtr-record-writer", "out"}}),
                   {.services = {database.service(), service("out", "CSVRecordSetWriter")}});
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  const auto first = run.only("success");
  EXPECT_EQ(first.content, "id,at\n1,2026-01-01 10:00:00.0\n2,2026-01-02 10:00:00.0\n");
  EXPECT_EQ(first.at("querydbtable.row.count"), "2");
  EXPECT_EQ(first.at("tablename"), "orders");
  EXPECT_EQ(first.at("maxvalue.id"), "2");
  EXPECT_EQ(first.at("maxvalue.at"), "2026-01-02 10:00:00.0");
  EXPECT_EQ(run.state(), (ComponentState{{"orders@!@id", "2"}, {"orders@!@at", "2026-01-02 10:00:00.0"}}));
  run.restart();
  run.advance(std::chrono::minutes{1});
  run.until_idle();
  EXPECT_EQ(run.out("success").size(), 1u);
  database.run("INSERT INTO orders VALUES (10, '2026-01-03 10:00:00'), (0, '2026-01-03 10:00:00')");
  run.advance(std::chrono::minutes{1});
  run.until_idle();
  ASSERT_EQ(run.out("success").size(), 2u);
  EXPECT_EQ(run.out("success")[1].content, "id,at\n10,2026-01-03 10:00:00.0\n");
  EXPECT_EQ(run.state().at("orders@!@id"), "10");
}

TEST(QueryDatabaseTableTest, WhatWasReadIsAnEvent) {
  TestDatabase database({"CREATE TABLE n(i INTEGER)", "INSERT INTO n VALUES (1), (2), (3)"});
  const auto services = [&] { return std::vector{database.service(), service("out", "JsonRecordSetWriter")}; };
  ProcessorRun table("QueryDatabaseTableRecord",
                     database.pool({{"Table Name", "n"}, {"qdbtr-record-writer", "out"}, {"qdbt-max-rows", "2"}}),
                     {.services = services(), .keeps_events = true});
  table.until_idle();
  auto events = table.events(EventType::Receive);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].uri, database.url());
  EXPECT_EQ(table.events(EventType::Create).size(), 0u);

  const PropertyValues query{{"SQL Query", "SELECT i FROM n"}, {"esqlrecord-record-writer", "out"}};
  ProcessorRun asked("ExecuteSQLRecord", database.pool(query),
                     {.given = {{""}}, .services = services(), .keeps_events = true});
  asked.until_idle();
  events = asked.events(EventType::Fetch);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].uri, "Retrieved 3 rows");
  EXPECT_EQ(asked.events(EventType::Receive).size(), 0u);
  ProcessorRun source("ExecuteSQLRecord", database.pool(query),
                      {.services = services(), .input = false, .keeps_events = true});
  source.until_idle();
  events = source.events(EventType::Receive);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].uri, "Retrieved 3 rows");
}

TEST(ConnectionPoolTest, AUrlShowsNoSecrets) {
  const Folder folder;
  const auto shown = [](const std::string& url) {
    ProcessorRun run(
        "PutSQL", {{"JDBC Connection Pool", "pool"}},
        {.given = {{"SELECT 1"}},
         .services = {service("pool", "DBCPConnectionPool",
                              {{"Database Connection URL", url}, {"Database Driver Class Name", "org.sqlite.JDBC"}})},
         .keeps_events = true});
    run.until_idle();
    const auto events = run.events(EventType::Send);
    return events.size() == 1 ? events[0].uri : fmt::format("{} events", events.size());
  };
  const auto file = "jdbc:sqlite:" + folder.at("f");
  EXPECT_EQ(shown(file + "?user=u&Password=p&x=1"), file + "?user=u&Password=***&x=1");
  // A file that is called like a login, whose password has an @.
  EXPECT_EQ(shown("jdbc:sqlite:" + folder.path() + "//u:p@q@host"), "jdbc:sqlite:" + folder.path() + "//u:***@host");
}

TEST(QueryDatabaseTableTest, ItMayStartElsewhere) {
  struct Case {
    PropertyValues more;
    Texts expected;
  };
  for (const Case& c : std::to_array<Case>({
           {{{"initial-load-strategy", "Start at Current Maximum Values"}}, {}},
           {{{"initial.maxvalue.id", "2"}}, {"id\n3\n"}},
           {{{"db-fetch-where-clause", "id <> 2"}}, {"id\n1\n3\n"}},
           {{{"db-fetch-sql-query", "SELECT id FROM orders WHERE id < 3"}}, {"id\n1\n2\n"}},
           {{{"qdbt-max-rows", "1"}}, {"id\n1\n", "id\n2\n", "id\n3\n"}},
           {{{"qdbt-max-rows", "1"}, {"qdbt-max-frags", "2"}}, {"id\n1\n", "id\n2\n", "id\n3\n"}},
           {{{"qdbt-max-rows", "2"}, {"qdbt-output-batch-size", "1"}}, {"id\n1\n2\n", "id\n3\n"}},
       })) {
    TestDatabase database({"CREATE TABLE orders(id INTEGER)", "INSERT INTO orders VALUES (1), (2), (3)"});
    auto properties =
        database.pool({{"Table Name", "orders"}, {"Maximum-value Columns", "id"}, {"qdbtr-record-writer", "out"}});
    properties.insert(c.more.begin(), c.more.end());
    ProcessorRun run("QueryDatabaseTableRecord", properties,
                     {.services = {database.service(), service("out", "CSVRecordSetWriter")}});
    ASSERT_EQ(run.problems(), Texts{});
    run.until_idle();
    EXPECT_EQ(run.contents("success"), c.expected) << c.more.begin()->first;
    EXPECT_FALSE(run.state().empty());
  }
}

TEST(GenerateTableFetchTest, StatementsReadATableInParts) {
  TestDatabase database({"CREATE TABLE orders(id INTEGER, item TEXT)",
                         "INSERT INTO orders VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (9, 'e')"});
  ProcessorRun run("GenerateTableFetch",
                   database.pool({{"Table Name", "orders"},
                                  {"Columns to Return", "id"},
                                  {"Maximum-value Columns", "id"},
                                  {"gen-table-fetch-partition-size", "2"}}),
                   {.services = {database.service()}, .input = false});
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{"SELECT id FROM orders WHERE id <= 9 ORDER BY id LIMIT 2",
                                            "SELECT id FROM orders WHERE id <= 9 ORDER BY id LIMIT 2 OFFSET 2",
                                            "SELECT id FROM orders WHERE id <= 9 ORDER BY id LIMIT 2 OFFSET 4"}));
  const auto second = run.out("success").at(1);
  EXPECT_EQ(second.at("generatetablefetch.tableName"), "orders");
  EXPECT_EQ(second.at("generatetablefetch.columnNames"), "id");
  EXPECT_EQ(second.at("generatetablefetch.maxColumnNames"), "id");
  EXPECT_EQ(second.at("generatetablefetch.whereClause"), "id <= 9");
  EXPECT_EQ(second.at("generatetablefetch.limit"), "2");
  EXPECT_EQ(second.at("generatetablefetch.offset"), "2");
  EXPECT_EQ(second.at("fragment.index"), "1");
  EXPECT_EQ(second.at("fragment.count"), "3");
  database.run("INSERT INTO orders VALUES (10, 'f')");
  run.advance(std::chrono::minutes{1});
  run.until_idle();
  EXPECT_EQ(run.contents("success").back(), "SELECT id FROM orders WHERE id > 9 AND id <= 10 ORDER BY id LIMIT 2");
}

TEST(GenerateTableFetchTest, RangesOfValuesAndFailures) {
  TestDatabase database({"CREATE TABLE orders(id INTEGER)", "INSERT INTO orders VALUES (1), (2), (5)"});
  ProcessorRun run(
      "GenerateTableFetch",
      database.pool({{"Table Name", "${table}"},
                     {"gen-table-fetch-partition-size", "3"},
                     {"gen-table-column-for-val-partitioning", "id"}}),
      {.given = {{"", {{"table", "orders"}}}, {"", {{"table", "none"}}}}, .services = {database.service()}});
  run.until_idle();
  EXPECT_EQ(run.contents("success"), (Texts{"SELECT * FROM orders WHERE 1=1 AND id >= 1 AND id < 4",
                                            "SELECT * FROM orders WHERE id <= 5 AND id >= 4"}));
  EXPECT_EQ(run.only("failure").at("generatetablefetch.sql.error"), "no such table: none");
}

TEST(ConnectionPoolTest, AnAttributeChoosesThePool) {
  TestDatabase one({"CREATE TABLE t(i INTEGER)", "INSERT INTO t VALUES (1)"});
  TestDatabase two({"CREATE TABLE t(i INTEGER)", "INSERT INTO t VALUES (2)"});
  auto second = two.service();
  second.id = second.name = "second";
  ProcessorRun run(
      "ExecuteSQLRecord",
      {{"Database Connection Pooling Service", "lookup"}, {"SQL Query", "SELECT i FROM t"}, {"Record Writer", "out"}},
      {.given = {{"", {{"database.name", "b"}}}, {"", {{"database.name", "c"}}}},
       .services = {one.service(), second,
                    service("lookup", "DBCPConnectionPoolLookup", {{"a", "pool"}, {"b", "second"}}),
                    service("out", "JsonRecordSetWriter")}});
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(run.only("success").content, R"([{"i":2}])");
  EXPECT_EQ(run.only("failure").at("executesql.error.message"), "No DBCPService was found for database.name 'c'");
}

}  // namespace
}  // namespace flow

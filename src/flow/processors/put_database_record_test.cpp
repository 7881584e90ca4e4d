#include <gtest/gtest.h>

#include <array>

#include "flow/database/record_statements.h"
#include "flow/processors/database_test.h"

namespace flow {
namespace {

using database::Dialect;
using database::RecordStatement;

TEST(RecordStatementTest, StatementsAreWrittenAsNifiDoes) {
  const database::Table table{
      .columns = {{.name = "ID", .type = database::Type::Integer, .nullable = false, .required = true},
                  {.name = "FIRST_NAME", .type = database::Type::VarChar},
                  {.name = "NOTE", .type = database::Type::VarChar}},
      .keys = {"ID"}};
  const auto schema = record::make_schema({{.name = "id"}, {.name = "firstName"}, {.name = "more"}});
  struct Case {
    RecordStatement kind;
    Dialect dialect;
    std::string_view expected;
  };
  const auto prepare = [&](RecordStatement kind, Dialect dialect, bool quotes = false) {
    return database::prepare_record_statement(kind, "T", table, *schema,
                                              {.normalize =
                                                   [](std::string_view name) {
                                                     std::string out;
                                                     for (const char c : name)
                                                       if (c != '_')
                                                         out += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
                                                     return out;
                                                   },
                                               .quotes_columns = quotes,
                                               .dialect = dialect});
  };
  for (const Case& c : std::to_array<Case>({
           {RecordStatement::Insert, Dialect::Generic, "INSERT INTO T (ID, FIRST_NAME) VALUES (?,?)"},
           {RecordStatement::Update, Dialect::Generic, "UPDATE T SET FIRST_NAME = ? WHERE ID = ?"},
           {RecordStatement::Delete, Dialect::Generic,
            "DELETE FROM T WHERE (ID = ?) AND (FIRST_NAME = ? OR (FIRST_NAME is null AND ? is null))"},
           {RecordStatement::Upsert, Dialect::MySql,
            "INSERT INTO T (ID, FIRST_NAME) VALUES (?,?) ON DUPLICATE KEY UPDATE ID = ?, FIRST_NAME = ?"},
           {RecordStatement::InsertIgnore, Dialect::MySql, "INSERT IGNORE INTO T (ID, FIRST_NAME) VALUES (?,?)"},
           {RecordStatement::Upsert, Dialect::PostgreSql,
            "INSERT INTO T (ID, FIRST_NAME) VALUES (?,?) ON CONFLICT (ID) DO UPDATE SET FIRST_NAME = "
            "EXCLUDED.FIRST_NAME"},
           {RecordStatement::InsertIgnore, Dialect::PostgreSql,
            "INSERT INTO T (ID, FIRST_NAME) VALUES (?,?) ON CONFLICT (ID) DO NOTHING"},
       })) {
    const auto prepared = prepare(c.kind, c.dialect);
    ASSERT_TRUE(prepared) << prepared.error().message;
    EXPECT_EQ(prepared->sql, c.expected);
  }
  EXPECT_EQ(prepare(RecordStatement::Insert, Dialect::Generic, true)->sql,
            "INSERT INTO T (\"ID\", \"FIRST_NAME\") VALUES (?,?)");
  const auto other = record::make_schema({{.name = "firstName"}});
  EXPECT_EQ(database::prepare_record_statement(RecordStatement::Insert, "T", table, *other, {}).error().message,
            "Record does not have a value for the Required column 'ID'");
}

constexpr std::string_view kPeople = "CREATE TABLE people(id INTEGER PRIMARY KEY, first_name TEXT, born DATE)";

ProcessorRun::Options with(const TestDatabase& database, std::vector<Given> given) {
  return {.given = std::move(given), .services = {database.service(), service("in", "JsonTreeReader")}};
}
PropertyValues put(const std::string& statement, PropertyValues more = {}) {
  more.insert({{"put-db-record-record-reader", "in"},
               {"put-db-record-dcbp-service", "pool"},
               {"put-db-record-statement-type", statement},
               {"put-db-record-table-name", "people"}});
  return more;
}

TEST(PutDatabaseRecordTest, RecordsAreInsertedUpdatedAndDeleted) {
  TestDatabase database({std::string(kPeople)});
  const auto apply = [&](const std::string& statement, const std::string& content, PropertyValues more = {}) {
    ProcessorRun run("PutDatabaseRecord", put(statement, std::move(more)), with(database, {{content}}));
    ASSERT_EQ(run.problems(), Texts{});
    run.until_idle();
    EXPECT_EQ(run.contents("success"), Texts{content});
  };
  apply("INSERT", R"([{"id":1,"firstName":"Anna","born":"1990-01-31"},{"id":2,"firstName":null,"born":null}])");
  EXPECT_EQ(database.rows("SELECT * FROM people ORDER BY id"), "1,Anna,1990-01-31,\n2,NULL,NULL,\n");
  apply("UPDATE", R"({"id":2,"first_name":"Bert","unknown":1})");
  EXPECT_EQ(database.rows("SELECT first_name FROM people ORDER BY id"), "Anna,\nBert,\n");
  apply("UPDATE", R"({"id":7,"first_name":"Bert"})", {{"put-db-record-update-keys", "first_name"}});
  EXPECT_EQ(database.rows("SELECT id FROM people ORDER BY id"), "1,\n7,\n");
  apply("UPSERT", R"([{"id":1,"first_name":"A"},{"id":3,"first_name":"C"}])", {{"db-type", "PostgreSQL"}});
  EXPECT_EQ(database.rows("SELECT id, first_name FROM people ORDER BY id"), "1,A,\n3,C,\n7,Bert,\n");
  apply("DELETE", R"({"id":1,"first_name":"other"})", {{"Delete Keys", "id"}});
  EXPECT_EQ(database.rows("SELECT id FROM people ORDER BY id"), "3,\n7,\n");
}

TEST(PutDatabaseRecordTest, OneBadRecordUndoesTheFlowFile) {
  TestDatabase database({std::string(kPeople)});
  ProcessorRun run("PutDatabaseRecord", put("INSERT", {{"put-db-record-max-batch-size", "1"}}),
                   with(database, {{R"([{"id":1},{"id":2},{"id":1}])"}, {R"([{"id":5}])"}}));
  run.until_idle();
  const auto failed = run.only("failure");
  EXPECT_EQ(failed.at("putdatabaserecord.error"), "UNIQUE constraint failed: people.id");
  EXPECT_EQ(run.only("success").content, R"([{"id":5}])");
  EXPECT_EQ(database.rows("SELECT id FROM people"), "5,\n");
}

TEST(PutDatabaseRecordTest, StatementsRunBeforeAndAfterInItsTransaction) {
  TestDatabase database({std::string(kPeople), "INSERT INTO people(id) VALUES (1)"});
  ProcessorRun run("PutDatabaseRecord",
                   put("INSERT", {{"Pre-Processing SQL", "DELETE FROM people; ${more}"},
                                  {"Post-Processing SQL", "UPDATE people SET first_name = 'a\\;b'"}}),
                   with(database, {{R"([{"id":1},{"id":2}])", {{"more", "INSERT INTO people(id) VALUES (9)"}}},
                                   {R"([{"id":3}])", {{"more", "DELETE FROM nowhere"}}}}));
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(run.only("success").content, R"([{"id":1},{"id":2}])");
  EXPECT_EQ(run.only("failure").at("putdatabaserecord.error"),
            "Failed to execute Pre-Processing SQL Statement [DELETE FROM nowhere]: no such table: nowhere");
  EXPECT_EQ(database.rows("SELECT id, first_name FROM people ORDER BY id"), "1,a;b,\n2,a;b,\n9,a;b,\n");
}

TEST(PutDatabaseRecordTest, RecordsMaySayWhatTheyAre) {
  TestDatabase database({std::string(kPeople), "INSERT INTO people(id, first_name) VALUES (1, 'a'), (2, 'b')"});
  ProcessorRun run("PutDatabaseRecord",
                   put("Use Record Path",
                       {{"Statement Type Record Path", "/op"}, {"Data Record Path", "/after"}, {"Delete Keys", "id"}}),
                   with(database, {{R"([{"op":"c","after":{"id":3,"first_name":"c"}},
                                        {"op":"u","after":{"id":1,"first_name":"x"}},
                                        {"op":"d","after":{"id":2,"first_name":"-"}}])"}}));
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(run.out("success").size(), 1u) << (run.errors().empty() ? "" : run.errors()[0]);
  EXPECT_EQ(database.rows("SELECT id, first_name FROM people ORDER BY id"), "1,x,\n3,c,\n");
}

TEST(PutDatabaseRecordTest, AnAttributeMaySayTheStatement) {
  TestDatabase database({std::string(kPeople)});
  ProcessorRun run(
      "PutDatabaseRecord",
      put("Use statement.type Attribute",
          {{"put-db-record-field-containing-sql", "sql"}, {"put-db-record-allow-multiple-statements", "true"}}),
      with(database, {{R"x([{"sql":"INSERT INTO people(id) VALUES (1); INSERT INTO people(id) VALUES (2)"}])x",
                       {{"statement.type", "SQL"}}},
                      {R"([{"id":3}])", {{"statement.type", "insert"}}},
                      {R"([{"id":4}])"}}));
  run.until_idle();
  EXPECT_EQ(run.out("success").size(), 2u);
  EXPECT_EQ(run.only("failure").at("putdatabaserecord.error"), "the flowfile has no attribute statement.type");
  EXPECT_EQ(database.rows("SELECT id FROM people ORDER BY id"), "1,\n2,\n3,\n");
}

TEST(PutDatabaseRecordTest, WhatNifiDoesNotSupportIsRefused) {
  TestDatabase database({std::string(kPeople)});
  ProcessorRun run("PutDatabaseRecord", put("UPSERT"), with(database, {}));
  EXPECT_EQ(run.problems(),
            (Texts{"PutDatabaseRecord 'subject', property 'Statement Type': UPSERT is not supported for "
                   "the database type Generic"}));
}

PropertyValues sql(PropertyValues more = {}) {
  more.insert({"JDBC Connection Pool", "pool"});
  return more;
}

TEST(PutSqlTest, StatementsRunAndKeysComeBack) {
  TestDatabase database({std::string(kPeople)});
  ProcessorRun run("PutSQL", sql({{"Obtain Generated Keys", "true"}}),
                   with(database, {{"INSERT INTO people(first_name) VALUES (?)",
                                    {{"sql.args.1.type", "12"}, {"sql.args.1.value", "Anna"}}},
                                   {"INSERT INTO nowhere VALUES (1)"},
                                   {"INSERT INTO people(first_name) VALUES ('Bert')"}}));
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  const auto came = run.out("success");
  ASSERT_EQ(came.size(), 2u);
  EXPECT_EQ(came[1].at("sql.generated.key"), "2");
  EXPECT_EQ(run.only("failure").at("error.message"), "no such table: nowhere");
  EXPECT_EQ(database.rows("SELECT id, first_name FROM people ORDER BY id"), "1,Anna,\n2,Bert,\n");
}

TEST(PutSqlTest, WhatWasWrittenIsAnEvent) {
  TestDatabase database({std::string(kPeople)});
  auto statements = with(database, {{"INSERT INTO people(id) VALUES (1)"}, {"INSERT INTO nowhere VALUES (1)"}});
  statements.keeps_events = true;
  ProcessorRun run("PutSQL", sql(), std::move(statements));
  run.until_idle();
  auto events = run.events(EventType::Send);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].uri, database.url());
  EXPECT_EQ(events[0].flow_file, run.only("success").at("uuid"));

  auto rows = with(database, {{R"({"id":2})"}, {R"({"id":2})"}});
  rows.keeps_events = true;
  ProcessorRun records("PutDatabaseRecord", put("INSERT"), std::move(rows));
  records.until_idle();
  events = records.events(EventType::Send);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].uri, database.url());
  EXPECT_EQ(events[0].flow_file, records.only("success").at("uuid"));
}

TEST(PutSqlTest, FragmentsAreOneTransaction) {
  TestDatabase database({std::string(kPeople)});
  const auto fragment = [](const std::string& sql, const char* identifier, const char* index) {
    return Given{sql, {{"fragment.identifier", identifier}, {"fragment.count", "2"}, {"fragment.index", index}}};
  };
  auto second = fragment("INSERT INTO people(id) VALUES (1)", "x", "0");
  second.arrives = std::chrono::seconds{5};
  ProcessorRun run("PutSQL", sql(),
                   with(database, {fragment("INSERT INTO people(id) VALUES (1)", "x", "1"),
                                   fragment("INSERT INTO people(id) VALUES (7)", "y", "0"),
                                   fragment("INSERT INTO nowhere VALUES (1)", "y", "1"), second}));
  run.until_idle();
  EXPECT_EQ(run.out("success").size() + run.out("failure").size(), 0u);
  run.advance(std::chrono::seconds{6});
  run.until_idle();
  run.advance(std::chrono::seconds{6});
  run.until_idle();
  EXPECT_EQ(run.out("failure").size(), 4u);  // neither of "x": its key comes twice; nor of "y"
  EXPECT_EQ(database.rows("SELECT id FROM people"), "");
}

}  // namespace
}  // namespace flow

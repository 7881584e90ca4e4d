#include <gtest/gtest.h>

#include <cstdlib>

#include "flow/database/database.h"
#include "flow/database/sql_values.h"
#include "flow/processors/record_test_services.h"

// Against the servers that FRESHET_TEST_DATABASES names, as "jdbc:...|jdbc:...": test/e2e/databases.py starts them.

namespace flow {
namespace {

using database::Parameters;
using database::Type;
using record::Kind;
using record::Value;

std::vector<std::string> urls() {
  std::vector<std::string> all;
  const char* given = std::getenv("FRESHET_TEST_DATABASES");
  std::string_view rest = given == nullptr ? "" : given;
  while (!rest.empty()) {
    const auto bar = rest.find('|');
    all.emplace_back(rest.substr(0, bar));
    rest = bar == std::string_view::npos ? std::string_view() : rest.substr(bar + 1);
  }
  return all;
}

std::unique_ptr<database::Connection> connect(const std::string& url) {
  const auto* driver = database::driver_of(url, nullptr).value();
  auto connection = driver->connect({.url = url.substr(5), .properties = {}});
  EXPECT_TRUE(connection) << (connection ? "" : connection.error().message);
  return connection ? std::move(*connection) : nullptr;
}

std::string rows_of(database::Connection& connection, std::string_view sql, const Parameters& parameters = {}) {
  auto outcome = connection.execute(sql, parameters);
  if (!outcome) return outcome.error().message;
  std::vector<Value> row(outcome->rows->columns().size());
  std::string text;
  for (;;) {
    const auto more = outcome->rows->next(row);
    if (!more) return more.error().message;
    if (!*more) return text;
    for (const auto& value : row) text += (value.is_null() ? "NULL" : database::sql_text(value)) + ",";
    text += "\n";
  }
}

TEST(DatabaseServersTest, ValuesGoInAndComeOut) {
  if (urls().empty()) GTEST_SKIP() << "FRESHET_TEST_DATABASES names no server";
  for (const auto& url : urls()) {
    SCOPED_TRACE(url);
    const auto connection = connect(url);
    ASSERT_NE(connection, nullptr);
    const bool postgres = url.starts_with("jdbc:postgresql");
    (void)connection->execute("DROP TABLE IF EXISTS t");
    const auto made = connection->execute(
        postgres ? "CREATE TABLE t(id INTEGER PRIMARY KEY, big BIGINT, price NUMERIC(10,2), r DOUBLE PRECISION, "
                   "name VARCHAR(50) NOT NULL DEFAULT '-', day DATE, at TIMESTAMP, hour TIME, ok BOOLEAN, raw BYTEA)"
                 : "CREATE TABLE t(id INTEGER PRIMARY KEY, big BIGINT, price DECIMAL(10,2), r DOUBLE, "
                   "name VARCHAR(50) NOT NULL DEFAULT '-', day DATE, at DATETIME(6), hour TIME, ok BOOLEAN, raw BLOB)");
    ASSERT_TRUE(made) << made.error().message;
    const std::string bytes("\x00\xFF'\\", 4);
    const Parameters all{{Type::Integer, Value::of(Kind::Long, std::int64_t{1})},
                         {Type::BigInt, Value::of(Kind::Long, std::int64_t{9'007'199'254'740'993})},
                         {Type::Decimal, Value::of(Kind::Decimal, "12.50")},
                         {Type::Double, Value::of(Kind::Double, 0.1)},
                         {Type::VarChar, Value::of(Kind::String, "it's \\ \u00e9?")},
                         {Type::Date, *database::parse_date("2026-01-31")},
                         {Type::Timestamp, *database::parse_timestamp("2026-01-31 10:00:00.25")},
                         {Type::Time, *database::parse_time("10:00:01")},
                         {Type::Boolean, Value::of(Kind::Boolean, std::int64_t{1})},
                         {Type::Binary, Value::of(Kind::Bytes, bytes)}};
    const auto inserted = connection->execute("INSERT INTO t VALUES (?,?,?,?,?,?,?,?,?,?)", all);
    ASSERT_TRUE(inserted) << inserted.error().message;
    EXPECT_EQ(inserted->changed, 1);
    const Parameters two{{Type::Integer, Value::of(Kind::Long, std::int64_t{2})}};
    ASSERT_TRUE(connection->execute("INSERT INTO t(id) VALUES (?)", two));
    EXPECT_EQ(rows_of(*connection, "SELECT * FROM t ORDER BY id"),
              "1,9007199254740993,12.50,0.1,it's \\ \u00e9?,2026-01-31,2026-01-31 10:00:00.25,10:00:01,true," + bytes +
                  ",\n2,NULL,NULL,NULL,-,NULL,NULL,NULL,NULL,NULL,\n");
    EXPECT_EQ(rows_of(*connection, "SELECT id FROM t WHERE (big = ? OR (big IS NULL AND ? IS NULL)) ORDER BY id",
                      {{Type::BigInt, Value{}}, {Type::BigInt, Value{}}}),
              "2,\n");
    const auto table = connection->describe({.table = "t"});
    ASSERT_TRUE(table) << table.error().message;
    EXPECT_EQ(table->keys, std::vector<std::string>{"id"});
    EXPECT_TRUE(table->columns[0].required);
    EXPECT_FALSE(table->columns[4].required);
    EXPECT_EQ(table->columns[6].type, Type::Timestamp);
    EXPECT_EQ(connection->describe({.table = "none"}).error().kind, base::ErrorKind::NotFound);

    ASSERT_TRUE(connection->set_auto_commit(false));
    ASSERT_TRUE(connection->execute("DELETE FROM t"));
    ASSERT_TRUE(connection->rollback());
    EXPECT_EQ(rows_of(*connection, "SELECT COUNT(*) FROM t"), "2,\n");
    const auto again = connection->execute("INSERT INTO t(id) VALUES (?)", two);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().kind, base::ErrorKind::InvalidValue);
    EXPECT_FALSE(again.error().sqlstate.empty());
    ASSERT_TRUE(connection->rollback());
    // Rows that nobody reads to their end are no obstacle.
    {
      auto open = connection->execute("SELECT a.id FROM t a, t b, t c");
      ASSERT_TRUE(open);
      std::vector<Value> row(1);
      EXPECT_TRUE(open->rows->next(row).value());
      EXPECT_EQ(rows_of(*connection, "SELECT 1"), "1,\n");
    }
    ASSERT_TRUE(connection->set_auto_commit(true));
    EXPECT_TRUE(connection->check());
  }
}

TEST(DatabaseServersTest, ProcessorsWorkWithThem) {
  if (urls().empty()) GTEST_SKIP() << "FRESHET_TEST_DATABASES names no server";
  for (const auto& url : urls()) {
    SCOPED_TRACE(url);
    const auto connection = connect(url);
    ASSERT_NE(connection, nullptr);
    (void)connection->execute("DROP TABLE IF EXISTS people");
    ASSERT_TRUE(connection->execute("CREATE TABLE people(id INTEGER PRIMARY KEY, first_name VARCHAR(20))"));
    const auto pool =
        service("pool", "DBCPConnectionPool", {{"Database Connection URL", url}, {"Database Driver Class Name", "x"}});
    ProcessorRun put("PutDatabaseRecord",
                     {{"Record Reader", "in"},
                      {"Database Connection Pooling Service", "pool"},
                      {"Database Type", url.starts_with("jdbc:postgresql") ? "PostgreSQL" : "MySQL"},
                      {"Statement Type", "UPSERT"},
                      {"Table Name", "people"}},
                     {.given = {{R"([{"id":1,"firstName":"Anna"},{"id":2,"firstName":"Bert"}])"},
                                {R"([{"id":2,"firstName":"Carl"}])"}},
                      .services = {pool, service("in", "JsonTreeReader")}});
    ASSERT_EQ(put.problems(), Texts{});
    put.until_idle();
    EXPECT_EQ(put.out("success").size(), 2u) << (put.errors().empty() ? "" : put.errors()[0]);
    ProcessorRun query("QueryDatabaseTableRecord",
                       {{"Database Connection Pooling Service", "pool"},
                        {"Table Name", "people"},
                        {"Maximum-value Columns", "id"},
                        {"Record Writer", "out"}},
                       {.services = {pool, service("out", "CSVRecordSetWriter")}});
    query.until_idle();
    EXPECT_EQ(query.only("success").content, "id,first_name\n1,Anna\n2,Carl\n");
    EXPECT_EQ(query.only("success").at("maxvalue.id"), "2");
  }
}

}  // namespace
}  // namespace flow

#include "flow/database/database.h"

#include <gtest/gtest.h>

#include <array>

#include "flow/database/attribute_parameters.h"
#include "flow/database/placeholders.h"
#include "flow/database/result_records.h"
#include "flow/database/sql_values.h"
#include "flow/database/statements.h"
#include "flow/record/avro_schema.h"

namespace flow::database {
namespace {

using record::Kind;
using record::Value;

TEST(DatabaseTest, SchemesChooseDrivers) {
  EXPECT_EQ(driver_of("jdbc:sqlite:/tmp/a.db", nullptr).value(), &kSqlite);
  EXPECT_EQ(driver_of("jdbc:postgresql://h/d", nullptr).value(), &kPostgres);
  EXPECT_EQ(driver_of("jdbc:mysql://h/d", nullptr).value(), &kMariaDb);
  EXPECT_EQ(driver_of("jdbc:mariadb://h/d", nullptr).value(), &kMariaDb);
  EXPECT_EQ(driver_of("jdbc:snowflake://a.b.c/", &kSqlite).value(), &kSqlite);
  EXPECT_EQ(driver_of("jdbc:h2:mem:x", nullptr).error().message,
            "there is no driver for URLs of 'jdbc:h2'; those of jdbc:snowflake, jdbc:postgresql, jdbc:mysql, "
            "jdbc:mariadb and jdbc:sqlite have one");
  EXPECT_FALSE(driver_of("jdbc:snowflake://a/", nullptr));
}

TEST(DatabaseTest, UrlsHaveAPlaceAndProperties) {
  const auto url = parse_network_url("//db.example:6432/sales%20db?user=a&password=p%26q&ssl");
  EXPECT_EQ(url.host, "db.example");
  EXPECT_EQ(url.port, "6432");
  EXPECT_EQ(url.name, "sales db");
  EXPECT_EQ(url.properties, (std::map<std::string, std::string>{{"user", "a"}, {"password", "p&q"}, {"ssl", ""}}));
  EXPECT_EQ(parse_network_url("//[::1]/d").host, "::1");
  EXPECT_EQ(parse_network_url("//one:1,two:2/d").host, "one");
  EXPECT_EQ(parse_network_url("//acct.snowflakecomputing.com/?db=A&schema=B").properties.at("schema"), "B");
}

TEST(DatabaseTest, QuestionMarksAreParametersOutsideOfTexts) {
  struct Case {
    std::string_view sql, expected;
    std::size_t count;
  };
  for (const Case& c : std::to_array<Case>({
           {"SELECT ?, ?", "SELECT $0, $1", 2},
           {"SELECT '?', \"a?\", `b?`, ?", "SELECT '?', \"a?\", `b?`, $0", 1},
           {"SELECT 'it''s ?' -- why?\n, ?", "SELECT 'it''s ?' -- why?\n, $0", 1},
           {"/* ? */ SELECT $$ ? $$, $t$ ? $t$, ?", "/* ? */ SELECT $$ ? $$, $t$ ? $t$, $0", 1},
           {"SELECT a ?? b", "SELECT a ? b", 0},
       })) {
    std::string out;
    const auto count =
        replace_parameters(c.sql, out, [](std::size_t i, std::string& text) { text += "$" + std::to_string(i); });
    EXPECT_EQ(out, c.expected);
    EXPECT_EQ(count, c.count) << c.sql;
  }
}

TEST(DatabaseTest, StatementsAreSplitAtSemicolons) {
  EXPECT_EQ(split_statements("a; b\\;c ;;\n"), (std::vector<std::string>{"a", "b;c"}));
  EXPECT_EQ(split_names(" a, b ,,c"), (std::vector<std::string>{"a", "b", "c"}));
}

TEST(DatabaseTest, SelectsAreWrittenAsTheDatabaseWantsThem) {
  const Select page{.table = "t", .columns = "a,b", .where = "a > 1", .order_by = "a", .limit = 10, .offset = 20};
  struct Case {
    Dialect dialect;
    std::string_view expected;
  };
  for (const Case& c : std::to_array<Case>({
           {Dialect::Generic, "SELECT a,b FROM t WHERE a > 1 ORDER BY a LIMIT 10 OFFSET 20"},
           {Dialect::Oracle12, "SELECT a,b FROM t WHERE a > 1 ORDER BY a OFFSET 20 ROWS FETCH NEXT 10 ROWS ONLY"},
           {Dialect::Oracle,
            "SELECT * FROM (SELECT a.*, ROWNUM rnum FROM (SELECT a,b FROM t WHERE a > 1 ORDER BY a) a WHERE ROWNUM <= "
            "30) WHERE rnum > 20"},
       }))
    EXPECT_EQ(select_statement(page, c.dialect), c.expected);
  EXPECT_EQ(select_statement({.table = "t", .query = "SELECT 1"}, Dialect::Generic), "SELECT * FROM (SELECT 1) AS t");
  EXPECT_EQ(select_statement({.table = "t", .limit = 10, .offset = 5, .partition_column = "id"}, Dialect::MySql),
            "SELECT * FROM t WHERE id >= 5 AND id < 15");
  EXPECT_EQ(literal_of(Type::VarChar, "it's", Dialect::Generic), "'it''s'");
  EXPECT_EQ(literal_of(Type::Timestamp, "2026-01-01 00:00:00.0", Dialect::Oracle), "timestamp '2026-01-01 00:00:00.0'");
  EXPECT_EQ(literal_of(Type::Integer, "7", Dialect::Generic), "7");
}

TEST(DatabaseTest, TimesAreReadAndWritten) {
  struct Case {
    std::string_view text, sql, java;
  };
  for (const Case& c : std::to_array<Case>({
           {"2026-01-31 13:00:01.5", "2026-01-31 13:00:01.5", "2026-01-31 13:00:01.5"},
           {"2026-01-31T13:00:01", "2026-01-31 13:00:01", "2026-01-31 13:00:01.0"},
           {"2026-01-31 13:00:01+02", "2026-01-31 11:00:01", "2026-01-31 11:00:01.0"},
           {"1969-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"},
           {"2026-01-31", "2026-01-31 00:00:00", "2026-01-31 00:00:00.0"},
       })) {
    const auto value = parse_timestamp(c.text);
    ASSERT_TRUE(value) << c.text;
    EXPECT_EQ(sql_text(*value), c.sql);
    EXPECT_EQ(java_text(*value), c.java);
  }
  for (const auto* text : {"", "2026-02-30", "2026-13-01", "26-01-01", "2026-01-01 1", "2026-01-01x"})
    EXPECT_FALSE(parse_timestamp(text)) << text;
  EXPECT_EQ(sql_text(*parse_time("09:05")), "09:05:00");
}

TEST(DatabaseTest, AttributesAreParameters) {
  record::Arena arena;
  Attributes attributes;
  const auto add = [&](int number, int type, const char* value, const char* format = nullptr) {
    const auto prefix = "sql.args." + std::to_string(number);
    attributes.insert_or_assign(prefix + ".type", std::to_string(type));
    if (value != nullptr) attributes.insert_or_assign(prefix + ".value", value);
    if (format != nullptr) attributes.insert_or_assign(prefix + ".format", format);
  };
  add(1, 4, "7");
  add(2, 12, "");
  add(3, 93, "1600000000000");
  add(4, 91, "31.01.2026", "dd.MM.yyyy");
  add(5, -2, "6162", "hex");
  add(6, 3, "1.50");
  add(7, 4, "");
  add(8, 16, "true");
  add(9, 8, nullptr);
  add(10, 92, "13:00:01");
  const auto parameters = attribute_parameters(attributes, arena);
  ASSERT_TRUE(parameters) << parameters.error().message;
  std::string texts;
  for (const auto& parameter : *parameters) texts += sql_text(parameter.value) + "|";
  EXPECT_EQ(texts, "7||2020-09-13 12:26:40|2026-01-31|ab|1.50||true||13:00:01|");
  EXPECT_EQ((*parameters)[1].value.kind, Kind::String);
  EXPECT_TRUE((*parameters)[6].value.is_null());
  attributes.insert_or_assign("sql.args.1.value", "x");
  EXPECT_EQ(attribute_parameters(attributes, arena).error().message,
            "attribute sql.args.1.value: the value is not a whole number: 'x'");
  attributes.erase("sql.args.1.type");
  EXPECT_EQ(attribute_parameters(attributes, arena).error().message, "attribute sql.args.1.type is missing");
}

TEST(DatabaseTest, ResultsBecomeAvroAsNifiWritesIt) {
  const std::vector<Column> columns{{"id", Type::Integer, 0, 0, "orders"},
                                    {"big", Type::BigInt},
                                    {"price", Type::Decimal, 12, 2},
                                    {"plain", Type::Numeric},
                                    {"day", Type::Date},
                                    {"at", Type::Timestamp},
                                    {"ok", Type::Bit},
                                    {"raw", Type::Blob},
                                    {"r", Type::Real},
                                    {"d", Type::Double}};
  EXPECT_EQ(result_schema(columns, {}).value()->avro(),
            R"({"type":"record","name":"orders","namespace":"any.data","fields":[{"name":"id","type":["null","int"]},)"
            R"({"name":"big","type":["null","long"]},{"name":"price","type":["null","string"]},)"
            R"({"name":"plain","type":["null","string"]},{"name":"day","type":["null","string"]},)"
            R"({"name":"at","type":["null","string"]},{"name":"ok","type":["null","boolean"]},)"
            R"({"name":"raw","type":["null","bytes"]},{"name":"r","type":["null","float"]},)"
            R"({"name":"d","type":["null","double"]}]})");
  const auto logical = result_schema(columns, {.logical_types = true, .default_precision = 20, .default_scale = 4});
  const auto& schema = *logical.value();
  EXPECT_EQ(schema[2].type, record::decimal_of(12, 2));
  EXPECT_EQ(schema[3].type, record::decimal_of(20, 4));
  EXPECT_EQ(schema[4].type.type, record::Type::Date);
  EXPECT_EQ(schema[5].type.type, record::Type::Timestamp);
  const std::vector<Column> odd{{"a b"}, {"1st"}};
  EXPECT_EQ(result_schema(odd, {}).error().message, "column 'a b': no Avro field may be called so");
  const auto normal = result_schema(odd, {.normalizes_names = true});
  EXPECT_EQ((*normal.value())[0].name, "a_b");
  EXPECT_EQ((*normal.value())[1].name, "_1st");
  EXPECT_EQ(normal.value()->name(), "NiFi_ExecuteSQL_Record");
}

std::string all_of(Outcome& outcome) {
  std::string text;
  std::vector<Value> row(outcome.rows->columns().size());
  for (;;) {
    const auto more = outcome.rows->next(row);
    if (!more) return text + "failed: " + more.error().message;
    if (!*more) return text;
    for (const auto& value : row) text += (value.is_null() ? "NULL" : sql_text(value)) + ",";
    text += "\n";
  }
}

TEST(SqliteTest, StatementsTransactionsAndTables) {
  const auto opened = kSqlite.connect({.url = "sqlite::memory:", .properties = {}});
  ASSERT_TRUE(opened) << opened.error().message;
  auto& connection = **opened;
  ASSERT_TRUE(connection.execute(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL, price DECIMAL(10,2), at TIMESTAMP, "
      "raw BLOB, note TEXT NOT NULL DEFAULT '-')"));
  const Parameters row{{Type::Integer, Value::of(Kind::Long, std::int64_t{1})},
                       {Type::VarChar, Value::of(Kind::String, "Anna")},
                       {Type::Decimal, Value::of(Kind::Decimal, "1.50")},
                       {Type::Timestamp, *parse_timestamp("2026-01-31 13:00:01")},
                       {Type::Blob, Value::of(Kind::Bytes, "ab")}};
  const auto inserted = connection.execute("INSERT INTO t(id, name, price, at, raw) VALUES (?, ?, ?, ?, ?)", row,
                                           {.wants_generated_key = true});
  ASSERT_TRUE(inserted) << inserted.error().message;
  EXPECT_EQ(inserted->changed, 1);
  EXPECT_EQ(inserted->generated_key, "1");
  auto outcome = connection.execute("SELECT *, 1 + 1 AS two FROM t").value();
  const auto& columns = outcome.rows->columns();
  EXPECT_EQ(columns[0].type, Type::Integer);
  EXPECT_EQ(columns[2].precision, 10);
  EXPECT_EQ(columns[3].table, "t");
  EXPECT_EQ(columns[6].type, Type::Integer);
  EXPECT_EQ(all_of(outcome), "1,Anna,1.5,2026-01-31 13:00:01,ab,-,2,\n");

  ASSERT_TRUE(connection.set_auto_commit(false));
  std::size_t failed_at = 99;
  const auto batch = std::vector<Parameters>{{{Type::Integer, Value::of(Kind::Long, std::int64_t{2})}},
                                             {{Type::Integer, Value::of(Kind::Long, std::int64_t{1})}}};
  EXPECT_FALSE(connection.execute_batch("INSERT INTO t(id, name) VALUES (?, 'x')", batch, {}, &failed_at));
  EXPECT_EQ(failed_at, 1u);
  ASSERT_TRUE(connection.rollback());
  ASSERT_TRUE(connection.set_auto_commit(true));
  auto count = connection.execute("SELECT COUNT(*) FROM t").value();
  EXPECT_EQ(all_of(count), "1,\n");

  const auto table = connection.describe({.table = "t"});
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->keys, std::vector<std::string>{"id"});
  ASSERT_EQ(table->columns.size(), 6u);
  EXPECT_FALSE(table->columns[0].required);
  EXPECT_TRUE(table->columns[1].required);
  EXPECT_FALSE(table->columns[5].required);
  EXPECT_EQ(connection.describe({.table = "none"}).error().kind, base::ErrorKind::NotFound);
  EXPECT_EQ(connection.execute("SELECT ?").error().message, "the statement has 1 parameters, and 0 are given");
  EXPECT_FALSE(connection.execute("SELECT 1; SELECT 2"));
  EXPECT_FALSE(connection.execute("SELEC 1"));
}

}  // namespace
}  // namespace flow::database

// The properties of the processors of databases that the tests beside theirs leave alone, with SQLite.
#include <gtest/gtest.h>

#include <array>

#include "flow/processors/database_test.h"

namespace flow {
namespace {

const auto kTypes = std::to_array<std::string>(
    {"Generic", "Oracle", "Oracle 12+", "MS SQL 2012+", "MS SQL 2008", "MySQL", "PostgreSQL", "Phoenix"});

ProcessorRun::Options given(const TestDatabase& database, std::vector<Given> flow_files) {
  return {.given = std::move(flow_files),
          .services = {database.service(), service("in", "JsonTreeReader"), service("out", "JsonRecordSetWriter")}};
}
std::string as_json(const std::string& avro) {
  ProcessorRun read(
      "ConvertRecord", records(),
      {.given = {{avro}}, .services = {service("in", "AvroReader"), service("out", "JsonRecordSetWriter")}});
  read.until_idle();
  return read.only("success").content;
}

std::string normalize(std::string_view type) {
  return type.ends_with("Record") ? "Normalize Table/Column Names" : "Normalize Table and Column Names";
}

TEST(ExecuteSqlPropertiesTest, EachMeansTheSameForAvroAndForWriters) {
  for (const std::string type : {"ExecuteSQL", "ExecuteSQLRecord"}) {
    TestDatabase database(
        {"CREATE TABLE log(i INTEGER)", "CREATE TABLE d(v DECIMAL, \"a b\" TEXT)", "INSERT INTO d VALUES (1.25, 'x')"});
    const auto run = [&](PropertyValues properties, const std::string& content = "") {
      properties = database.pool(std::move(properties));
      if (type == "ExecuteSQLRecord") properties.insert({"Record Writer", "out"});
      auto made = std::make_unique<ProcessorRun>(type, properties, given(database, {{content, {{"n", "7"}}}}));
      EXPECT_EQ(made->problems(), Texts{});
      made->until_idle();
      return made;
    };
    const auto json = [&](const ProcessorRun& done) {
      const auto content = done.only("success").content;
      return type == "ExecuteSQL" ? as_json(content) : content;
    };
    // A transaction of its own, with statements around it.
    const auto around = run({{"SQL Pre-Query", "INSERT INTO log VALUES (${n}); INSERT INTO log VALUES (8)"},
                             {"SQL Query", "SELECT COUNT(*) AS c FROM log"},
                             {"SQL Post-Query", "INSERT INTO log VALUES (9)"},
                             {"Set Auto Commit", "false"},
                             {"Fetch Size", "10"},
                             {"Max Wait Time", "20 sec"}});
    EXPECT_EQ(json(*around), R"([{"c":2}])") << type;
    EXPECT_EQ(database.rows("SELECT i FROM log ORDER BY i"), "7,\n8,\n9,\n");
    // What fails before or after undoes nothing but fails.
    EXPECT_EQ(run({{"SQL Pre-Query", "nonsense"}, {"SQL Query", "SELECT 1"}})->out("failure").size(), 1u) << type;
    EXPECT_EQ(run({{"SQL Query", "SELECT 1"}, {"SQL Post-Query", "nonsense"}})->out("failure").size(), 1u) << type;
    EXPECT_EQ(run({}, "")->out("success").size(), 1u) << "no statement, no rows: " << type;
    EXPECT_EQ(json(*run({{"SQL Query", "SELECT \"a b\" FROM d"}, {normalize(type), "true"}})), R"([{"a_b":"x"}])");
    EXPECT_EQ(json(*run({{"SQL Query", "SELECT v FROM d"}})), R"([{"v":"1.25"}])");
    EXPECT_EQ(json(*run({{"SQL Query", "SELECT v FROM d"},
                         {"Use Avro Logical Types", "true"},
                         {"Default Decimal Precision", "12"},
                         {"Default Decimal Scale", "${literal(3)}"}})),
              type == "ExecuteSQL" ? R"([{"v":1.250}])" : R"([{"v":1.25}])")  // Avro has a scale, JSON the value's own
        << type;
    const auto rows = run(
        {{"SQL Query", "SELECT i FROM log ORDER BY i"}, {"Max Rows Per FlowFile", "2"}, {"Output Batch Size", "1"}});
    EXPECT_EQ(rows->out("success").size(), 2u) << type;
    EXPECT_EQ(run({{"SQL Query", "DELETE FROM log"}, {"Content Output Strategy", "ORIGINAL"}}, "kept")
                  ->only("success")
                  .content,
              "kept");
  }
}

TEST(ExecuteSqlPropertiesTest, AStatementThatTakesTooLongFails) {
  TestDatabase database({});
  ProcessorRun run(
      "ExecuteSQL",
      database.pool(
          {{"SQL Query", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n"},
           {"Max Wait Time", "1 sec"}}),
      given(database, {{"x"}}));
  run.until_idle();
  EXPECT_EQ(run.only("failure").content, "x");
}

TEST(ExecuteSqlPropertiesTest, AvroIsCompressed) {
  TestDatabase database({});
  for (const auto& [format, codec] : std::map<std::string, std::string>{
           {"NONE", "null"}, {"BZIP2", "bzip2"}, {"DEFLATE", "deflate"}, {"SNAPPY", "snappy"}}) {
    ProcessorRun run("ExecuteSQL", database.pool({{"SQL Query", "SELECT 1 AS one"}, {"Compression Format", format}}),
                     given(database, {{""}}));
    run.until_idle();
    const auto content = run.only("success").content;
    EXPECT_NE(content.find("avro.codec"), std::string::npos) << format;
    EXPECT_NE(content.find(codec), std::string::npos) << format;
    EXPECT_EQ(as_json(content), R"([{"one":1}])") << format;
  }
}

TEST(QueryDatabaseTablePropertiesTest, EachMeansTheSameForAvroAndForWriters) {
  for (const std::string type : {"QueryDatabaseTable", "QueryDatabaseTableRecord"}) {
    const auto rows = [&](PropertyValues properties) {
      TestDatabase database({"CREATE TABLE t(id INTEGER, v DECIMAL, \"a b\" TEXT)",
                             "INSERT INTO t VALUES (1, 1.25, 'x'), (2, 2.5, 'y'), (3, 3.75, 'z')"});
      properties = database.pool(std::move(properties));
      properties.insert({{"Table Name", "t"}, {"Maximum-value Columns", "id"}, {"Columns to Return", "id"}});
      if (type == "QueryDatabaseTableRecord") properties.insert({"Record Writer", "out"});
      ProcessorRun run(type, properties, given(database, {}));
      EXPECT_EQ(run.problems(), Texts{});
      run.until_idle();
      std::string all;
      for (const auto& content : run.contents("success"))
        all += type == "QueryDatabaseTable" ? as_json(content) : content;
      return all;
    };
    const std::string three = R"([{"id":1},{"id":2},{"id":3}])";
    EXPECT_EQ(rows({{"Max Wait Time", "20 sec"}, {"Fetch Size", "2"}, {"Set Auto Commit", "false"}}), three) << type;
    EXPECT_EQ(rows({{"Additional WHERE Clause", "id <> 2"}}), R"([{"id":1},{"id":3}])");
    EXPECT_EQ(rows({{"Custom Query", "SELECT id FROM t WHERE id < 3"}}), R"([{"id":1},{"id":2}])");
    EXPECT_EQ(rows({{"Initial Load Strategy", "Start at Current Maximum Values"}}), "");
    EXPECT_EQ(rows({{"Max Rows Per FlowFile", "2"}, {"Output Batch Size", "1"}}), R"([{"id":1},{"id":2}][{"id":3}])");
    EXPECT_EQ(rows({{"Max Rows Per FlowFile", "2"}, {"Maximum Number of Fragments", "5"}}),
              R"([{"id":1},{"id":2}][{"id":3}])");
    EXPECT_EQ(rows({{"Columns to Return", "\"a b\", v"},
                    {"Additional WHERE Clause", "id = 1"},
                    {"Maximum-value Columns", ""},
                    {normalize(type), "true"},
                    {"Use Avro Logical Types", "true"},
                    {"Default Decimal Precision", "12"},
                    {"Default Decimal Scale", "3"}}),
              type == "QueryDatabaseTable" ? R"([{"a_b":"x","v":1.250}])" : R"([{"a_b":"x","v":1.25}])")
        << type;
    for (const auto& dialect : kTypes) EXPECT_EQ(rows({{"Database Type", dialect}}), three) << type << " " << dialect;
  }
}

TEST(GenerateTableFetchPropertiesTest, EachDatabaseHasItsStatements) {
  const std::string where = "FROM t WHERE (n <> 'z') AND id <= 3";
  const std::string paged = "SELECT n " + where + " ORDER BY id LIMIT 2 OFFSET 2";
  const std::string fetched = "SELECT n " + where + " ORDER BY id OFFSET 2 ROWS FETCH NEXT 2 ROWS ONLY";
  // As NiFi's adapters write them.
  for (const auto& [dialect, expected] : std::map<std::string, std::string>{
           {"Generic", paged},
           {"MySQL", paged},
           {"PostgreSQL", paged},
           {"Phoenix", paged},
           {"Oracle 12+", fetched},
           {"MS SQL 2012+", fetched},
           {"MS SQL 2008", "SELECT * FROM (SELECT TOP 4 n, ROW_NUMBER() OVER(ORDER BY id asc) rnum " + where +
                               " ORDER BY id) A WHERE rnum > 2 AND rnum <= 4"},
           {"Oracle", "SELECT * FROM (SELECT a.*, ROWNUM rnum FROM (SELECT n " + where +
                          " ORDER BY id) a WHERE ROWNUM <= 4) WHERE rnum > 2"}}) {
    TestDatabase database({"CREATE TABLE t(id INTEGER, n TEXT)", "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')"});
    ProcessorRun run("GenerateTableFetch",
                     database.pool({{"Database Type", dialect},
                                    {"Table Name", "t"},
                                    {"Columns to Return", "n"},
                                    {"Maximum-value Columns", "id"},
                                    {"Additional WHERE Clause", "n <> 'z'"},
                                    {"Max Wait Time", "20 sec"},
                                    {"Partition Size", "2"}}),
                     {.services = {database.service()}, .input = false});
    ASSERT_EQ(run.problems(), Texts{});
    run.until_idle();
    const auto statements = run.contents("success");
    ASSERT_EQ(statements.size(), 2u) << dialect;
    EXPECT_EQ(statements[1], expected) << dialect;
  }
  TestDatabase ordered({"CREATE TABLE t(id INTEGER, n TEXT)", "INSERT INTO t VALUES (1, 'a')"});
  ProcessorRun other("GenerateTableFetch", ordered.pool({{"Table Name", "t"}, {"Custom ORDER BY Column", "n"}}),
                     {.services = {ordered.service()}, .input = false});
  other.until_idle();
  EXPECT_EQ(other.contents("success"), (Texts{"SELECT * FROM t WHERE 1=1 ORDER BY n LIMIT 10000"}));
  TestDatabase empty({"CREATE TABLE t(id INTEGER)"});
  for (const bool tells : {false, true}) {
    ProcessorRun run("GenerateTableFetch",
                     empty.pool({{"Table Name", "t"},
                                 {"Maximum-value Columns", "id"},
                                 {"Output Empty FlowFile on Zero Results", tells ? "true" : "false"}}),
                     {.services = {empty.service()}, .input = false});
    run.until_idle();
    EXPECT_EQ(run.contents("success"), tells ? Texts{""} : Texts{});
  }
}

PropertyValues put(PropertyValues more) {
  more.insert({{"Record Reader", "in"},
               {"Database Connection Pooling Service", "pool"},
               {"Statement Type", "INSERT"},
               {"Table Name", "t"}});
  return more;
}
/// What came of a record: what the table holds then, or why not.
std::string put_record(TestDatabase& database, PropertyValues properties, const std::string& record,
                       const std::string& query) {
  ProcessorRun run("PutDatabaseRecord", put(std::move(properties)), given(database, {{record}}));
  EXPECT_EQ(run.problems(), Texts{});
  run.until_idle();
  if (!run.out("failure").empty()) return run.only("failure").at("putdatabaserecord.error");
  return run.out("success").size() == 1 ? database.rows(query) : "(nowhere)";
}

TEST(PutDatabaseRecordPropertiesTest, NamesAreCompared) {
  struct Case {
    std::string column, field;
    PropertyValues properties;
    bool fits = true;
  };
  for (const auto& c : std::to_array<Case>({
           {"FIRST_NAME", "firstName", {}},
           {"FIRST_NAME", "firstName", {{"Translate Field Names", "false"}}, false},
           {"FIRST_NAME", "FIRST_NAME", {{"Translate Field Names", "false"}}},
           {"first name", "firstname", {{"Column Name Translation Strategy", "REMOVE_SPACE"}}},
           {"first_name", "firstname", {{"Column Name Translation Strategy", "REMOVE_SPACE"}}, false},
           {"fir st_name", "firstname", {{"Column Name Translation Strategy", "REMOVE_UNDERSCORE_AND_SPACE"}}},
           {"first-name#", "firstname", {{"Column Name Translation Strategy", "REMOVE_ALL_SPECIAL_CHAR"}}},
       })) {
    TestDatabase database({"CREATE TABLE t(id INTEGER, \"" + c.column + "\" TEXT)"});
    auto properties = c.properties;
    properties.insert({"Quote Column Identifiers", "true"});
    EXPECT_EQ(put_record(database, properties, R"({"id":1,")" + c.field + R"(":"x"})", "SELECT * FROM t"),
              c.fits ? "1,x,\n" : "1,NULL,\n")
        << c.column << " " << c.field;
  }
}

TEST(PutDatabaseRecordPropertiesTest, WhatDoesNotMatch) {
  const std::string needed = "CREATE TABLE t(id INTEGER, v TEXT NOT NULL)";
  for (const auto& [behavior, expected] : std::map<std::string, std::string>{
           {"Fail on Unmatched Columns", "Record does not have a value for the Required column 'v'"},
           {"Warn on Unmatched Columns", "NOT NULL constraint failed: t.v"},
           {"Ignore Unmatched Columns", "NOT NULL constraint failed: t.v"}}) {
    TestDatabase database({needed});
    EXPECT_EQ(put_record(database, {{"Unmatched Column Behavior", behavior}}, R"({"id":1})", "SELECT * FROM t"),
              expected);
  }
  for (const auto& [behavior, fits] :
       std::map<std::string, bool>{{"Ignore Unmatched Fields", true}, {"Fail on Unmatched Fields", false}}) {
    TestDatabase database({"CREATE TABLE t(id INTEGER)"});
    const auto outcome =
        put_record(database, {{"Unmatched Field Behavior", behavior}}, R"({"id":1,"more":2})", "SELECT * FROM t");
    EXPECT_EQ(outcome == "1,\n", fits) << outcome;
    if (!fits) EXPECT_NE(outcome.find("more"), std::string::npos) << outcome;
  }
}

TEST(PutDatabaseRecordPropertiesTest, WhereAndHow) {
  const std::string create = "CREATE TABLE t(id INTEGER PRIMARY KEY, v BLOB)";
  const auto insert = [&](PropertyValues properties, const std::string& record = R"({"id":1,"v":"x"})") {
    TestDatabase database({create, "CREATE TABLE \"order\"(id INTEGER, v TEXT)"});
    const auto table = properties.contains("Table Name") ? std::string("\"order\"") : "t";
    return put_record(database, std::move(properties), record, "SELECT id, CAST(v AS TEXT) FROM " + table);
  };
  EXPECT_EQ(insert({{"Schema Name", "main"}}), "1,x,\n");
  EXPECT_EQ(insert({{"Database Name", "main"}}), "1,x,\n");
  EXPECT_EQ(insert({{"Table Name", "order"}, {"Quote Table Identifiers", "true"}}), "1,x,\n");
  EXPECT_NE(insert({{"Table Name", "order"}}), "1,x,\n");
  EXPECT_EQ(insert({{"Max Wait Time", "20 sec"}, {"Table Schema Cache Size", "0"}}), "1,x,\n");
  EXPECT_EQ(insert({{"Binary String Format", "Hexadecimal"}}, R"({"id":1,"v":"6869"})"), "1,hi,\n");
  EXPECT_EQ(insert({{"Binary String Format", "Base64"}}, R"({"id":1,"v":"aGk="})"), "1,hi,\n");
  EXPECT_NE(insert({{"Binary String Format", "Hexadecimal"}}, R"({"id":1,"v":"no"})"), "1,no,\n");
  for (const auto& dialect : kTypes) EXPECT_EQ(insert({{"Database Type", dialect}}), "1,x,\n") << dialect;
  TestDatabase twice({create, "INSERT INTO t VALUES (1, 'old')"});
  EXPECT_EQ(put_record(twice, {{"Statement Type", "INSERT_IGNORE"}, {"Database Type", "PostgreSQL"}},
                       R"([{"id":1,"v":"new"},{"id":2,"v":"new"}])", "SELECT id, CAST(v AS TEXT) FROM t ORDER BY id"),
            "1,old,\n2,new,\n");
}

TEST(PutDatabaseRecordPropertiesTest, EmptyAndBrokenContents) {
  TestDatabase database({"CREATE TABLE t(id INTEGER)"});
  EXPECT_EQ(put_record(database, {}, "", "SELECT * FROM t"), "");
  EXPECT_NE(put_record(database, {}, "{", "SELECT * FROM t").find("JSON"), std::string::npos);
}

TEST(DatabaseWritesTest, TransactionsAndWhatIsTriedAgain) {
  const std::string create = "CREATE TABLE t(id INTEGER PRIMARY KEY)";
  const std::string two = R"([{"id":1},{"id":1}])";  // of which the second fails
  for (const bool commits : {false, true}) {
    TestDatabase database({create});
    ProcessorRun run("PutDatabaseRecord",
                     put({{"Database Session AutoCommit", commits ? "true" : "false"}, {"Maximum Batch Size", "1"}}),
                     given(database, {{two}}));
    run.until_idle();
    EXPECT_EQ(run.out("failure").size(), 1u);
    EXPECT_EQ(database.rows("SELECT * FROM t"), commits ? "1,\n" : "");
    ProcessorRun sql("PutSQL",
                     {{"JDBC Connection Pool", "pool"},
                      {"SQL Statement", "INSERT INTO t VALUES (${id})"},
                      {"Support Fragmented Transactions", "false"},
                      {"Batch Size", "1"},
                      {"Database Session AutoCommit", commits ? "true" : "false"}},
                     given(database, {{"", {{"id", "5"}}}, {"", {{"id", "5"}}}, {""}}));
    ASSERT_EQ(sql.problems(), Texts{});
    sql.until_idle();
    EXPECT_EQ(sql.out("success").size(), 1u);
    EXPECT_EQ(sql.out("failure").size(), 2u);
  }
  for (const std::string type : {"PutDatabaseRecord", "PutSQL"}) {
    auto properties = type == "PutSQL" ? PropertyValues{{"JDBC Connection Pool", "pool"}} : put({});
    const auto content = type == "PutSQL" ? std::string("INSERT INTO t VALUES (1)") : R"({"id":1})";
    TestDatabase database({create, "INSERT INTO t VALUES (1)"});
    properties["Rollback On Failure"] = "true";
    ProcessorRun stays(type, properties, given(database, {{content}}));
    stays.until_idle();
    EXPECT_EQ(stays.waiting(), 1u) << type;
    properties["Rollback On Failure"] = "false";
    database.run("BEGIN EXCLUSIVE");
    ProcessorRun locked(type, properties, given(database, {{content}}));
    locked.until_idle();
    EXPECT_EQ(locked.only("retry").content, content) << type;
    database.run("ROLLBACK");
  }
}

TEST(DatabaseWritesTest, FragmentsThatDoNotComeFail) {
  TestDatabase database({"CREATE TABLE t(id INTEGER)"});
  ProcessorRun run(
      "PutSQL", {{"JDBC Connection Pool", "pool"}, {"Transaction Timeout", "10 sec"}},
      given(database, {{"INSERT INTO t VALUES (1)",
                        {{"fragment.identifier", "x"}, {"fragment.count", "2"}, {"fragment.index", "0"}}}}));
  run.until_idle();
  EXPECT_EQ(run.waiting(), 1u);
  run.advance(std::chrono::seconds{40});
  run.until_idle();
  EXPECT_EQ(run.out("failure").size(), 1u);
}

TEST(ConnectionPoolPropertiesTest, PoolsTakeWhatTheyAreTold) {
  TestDatabase database({"CREATE TABLE seen(i INTEGER)"});
  const auto url = *database.service().properties.at("Database Connection URL");
  for (const auto& [type, properties] :
       std::vector<std::pair<std::string, PropertyValues>>{{"DBCPConnectionPool",
                                                            {{"Database Connection URL", url},
                                                             {"Database Driver Class Name", "org.sqlite.JDBC"},
                                                             {"Database User", "me"},
                                                             {"Password", "secret"},
                                                             {"Max Wait Time", "2 sec"},
                                                             {"Max Total Connections", "-1"},
                                                             {"Maximum Idle Connections", "-1"},
                                                             {"Maximum Connection Lifetime", "1 min"},
                                                             {"Validation Query", "INSERT INTO seen VALUES (1)"}}},
                                                           {"HikariCPConnectionPool",
                                                            {{"Database Connection URL", url},
                                                             {"Database Driver Class Name", "org.sqlite.JDBC"},
                                                             {"Database User", "me"},
                                                             {"Password", "secret"},
                                                             {"Max Wait Time", "-1"},
                                                             {"Max Total Connections", "2"},
                                                             {"Max Connection Lifetime", "1 min"},
                                                             {"Validation Query", "INSERT INTO seen VALUES (1)"}}}}) {
    database.run("DELETE FROM seen");
    ProcessorRun run("ExecuteSQLRecord",
                     database.pool({{"SQL Query", "SELECT COUNT(*) AS n FROM seen"}, {"Record Writer", "out"}}),
                     {.given = {{""}, {""}},
                      .services = {service("pool", type, properties), service("out", "JsonRecordSetWriter")}});
    ASSERT_EQ(run.problems(), Texts{}) << type;
    run.until_idle();
    // One that was given back is asked first whether it is good.
    EXPECT_EQ(run.contents("success"), (Texts{R"([{"n":0}])", R"([{"n":1}])"})) << type;
  }
  for (const auto& [name, value] : PropertyValues{{"Max Total Connections", "many"}, {"Max Wait Time", "soon"}}) {
    auto pool = database.service();
    pool.properties.insert({name, value});
    ProcessorRun run("ExecuteSQL", database.pool({{"SQL Query", "SELECT 1"}}), {.services = {pool}});
    EXPECT_EQ(run.engine().status().services.at(0).problems.size(), 1u) << name;
  }
}

/// One that was made too long ago is not given again, also when nobody had it meanwhile.
TEST(ConnectionPoolPropertiesTest, ConnectionsHaveALifetime) {
  TestDatabase database({"CREATE TABLE seen(i INTEGER)"});
  for (const auto& [type, lifetime] : {std::pair{"DBCPConnectionPool", "Maximum Connection Lifetime"},
                                       {"HikariCPConnectionPool", "Max Connection Lifetime"}}) {
    for (const auto& [seconds, again] : {std::pair{59, 1}, {61, 0}}) {
      database.run("DELETE FROM seen");
      auto pool = database.service();
      pool.type = service("pool", type).type;
      // It is asked of a connection that is given again.
      pool.properties.insert({{lifetime, "1 min"}, {"Validation Query", "INSERT INTO seen VALUES (1)"}});
      ProcessorRun run("ExecuteSQLRecord",
                       database.pool({{"SQL Query", "SELECT COUNT(*) AS n FROM seen"}, {"Record Writer", "out"}}),
                       {.given = {{""}, {"", {}, std::chrono::seconds{seconds}}},
                        .services = {pool, service("out", "JsonRecordSetWriter")}});
      ASSERT_EQ(run.problems(), Texts{}) << type;
      run.until_idle();
      run.advance(std::chrono::seconds{seconds});
      run.until_idle();
      EXPECT_EQ(run.contents("success").back(), R"([{"n":)" + std::to_string(again) + "}]") << type << seconds;
    }
  }
}

}  // namespace
}  // namespace flow

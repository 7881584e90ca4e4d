#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "bridge/record_sql.h"
#include "flow/processors/record_test_services.h"

namespace bridge {
namespace {

using flow::Given;
using flow::ProcessorRun;
using flow::PropertyValues;
using flow::records;
using flow::service;
using flow::Texts;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kPeople = R"([{"id":1,"name":"Anna","age":30,"home":{"city":"Paris","rooms":[2,3]}},
  {"id":2,"name":"Bert","age":41,"home":{"city":"Oslo","rooms":[]}},
  {"id":3,"name":"Carl","age":null,"home":null}])";

class QueryRecordTest : public testing::Test {
 protected:
  ProcessorRun::Options with(std::vector<Given> given, const std::string& reader = "JsonTreeReader",
                             PropertyValues writer = {}) {
    return {.given = std::move(given),
            .services = {service("in", reader), service("out", "JsonRecordSetWriter", std::move(writer))},
            .links = {.record_sql = &sql_}};
  }
  /// The answer to one query over those people.
  std::string ask(const std::string& query, std::string_view content = kPeople) {
    ProcessorRun run("QueryRecord", records({{"answer", query}}), with({{std::string(content)}}));
    if (!run.problems().empty()) return run.problems()[0];
    run.until_idle();
    const auto came = run.out("answer");
    if (came.size() == 1) return came[0].content;
    EXPECT_EQ(run.out("failure").size(), 1u);
    const auto errors = run.errors();
    if (errors.empty()) return "(no error)";
    const std::string prefix = "QueryRecord 'subject': ";
    return errors[0].starts_with(prefix) ? errors[0].substr(prefix.size()) : errors[0];
  }

  flow::Folder folder_;
  EngineRecordSql sql_{{.temp_directory = folder_.at("records")}};
};

TEST_F(QueryRecordTest, EachPropertyIsAQueryAndARelationship) {
  ProcessorRun run("QueryRecord",
                   records({{"old", "SELECT id, name FROM FLOWFILE WHERE age > ${least}"},
                            {"count", "SELECT COUNT(*) AS n, AVG(CAST(age AS DOUBLE)) AS mean FROM FLOWFILE"}}),
                   with({{std::string(kPeople), {{"least", "35"}, {"filename", "f.json"}}}}));
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  const auto old = run.only("old");
  EXPECT_EQ(old.content, R"([{"id":2,"name":"Bert"}])");
  EXPECT_EQ(old.at("record.count"), "1");
  EXPECT_EQ(old.at("QueryRecord.Route"), "old");
  EXPECT_EQ(old.at("mime.type"), "application/json");
  EXPECT_EQ(old.at("filename"), "f.json");
  EXPECT_EQ(run.only("count").content, R"([{"n":3,"mean":35.5}])");
  EXPECT_EQ(run.only("original").content, kPeople);
  EXPECT_EQ(run.only("original").at("QueryRecord.Route"), "original");
}

TEST_F(QueryRecordTest, TheDialectIsCalcites) {
  struct Case {
    std::string_view query, expected;
  };
  for (const Case& c : std::to_array<Case>({
           {"SELECT NAME FROM flowfile WHERE ID = 1", R"([{"name":"Anna"}])"},
           {"SELECT name AS \"value\" FROM FLOWFILE WHERE \"id\" = 1", R"([{"value":"Anna"}])"},
           {"SELECT COUNT(*) FROM FLOWFILE", R"([{"EXPR$0":3}])"},
           {"SELECT SUM(age) AS s, MIN(name) AS n FROM FLOWFILE", R"([{"s":71,"n":"Anna"}])"},
           {"SELECT id FROM FLOWFILE ORDER BY id DESC LIMIT 2", R"([{"id":3},{"id":2}])"},
           {"SELECT id FROM FLOWFILE ORDER BY id OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY", R"([{"id":2}])"},
           {"SELECT CASE WHEN age IS NULL THEN 'none' ELSE 'some' END AS a FROM FLOWFILE",
            R"([{"a":"some"},{"a":"some"},{"a":"none"}])"},
           {"SELECT age / 4 AS q, CAST(7.9 AS INTEGER) AS i, 7 / 2 AS d FROM FLOWFILE WHERE id = 1",
            R"([{"q":7,"i":7,"d":3}])"},
           {"SELECT UPPER(name) AS u, CHAR_LENGTH(name) AS n, SUBSTRING(name FROM 1 FOR 2) AS s FROM FLOWFILE WHERE id "
            "= 2",
            R"([{"u":"BERT","n":4,"s":"Be"}])"},
           {"SELECT a.name FROM FLOWFILE a JOIN FLOWFILE b ON a.id = b.id + 1 ORDER BY a.id",
            R"([{"name":"Bert"},{"name":"Carl"}])"},
           {"SELECT name, ROW_NUMBER() OVER (ORDER BY age DESC NULLS LAST) AS r FROM FLOWFILE ORDER BY r LIMIT 1",
            R"([{"name":"Bert","r":1}])"},
           {"SELECT EXTRACT(YEAR FROM TIMESTAMP '2026-01-31 10:00:00') AS y, TIMESTAMPDIFF(DAY, TIMESTAMP '2026-01-01 "
            "00:00:00', TIMESTAMP '2026-01-31 10:00:00') AS d FROM FLOWFILE WHERE id = 1",
            R"([{"y":2026,"d":30}])"},
           {"SELECT INITCAP('ab cD') AS i FROM FLOWFILE WHERE id = 1", R"([{"i":"Ab Cd"}])"},
       }))
    EXPECT_EQ(ask(std::string(c.query)), c.expected) << c.query;
}

TEST_F(QueryRecordTest, NestedValuesPassThroughAndPathsReadThem) {
  EXPECT_EQ(ask("SELECT * FROM FLOWFILE WHERE id <= 2"),
            R"([{"id":1,"name":"Anna","age":30,"home":{"city":"Paris","rooms":[2,3]}},)"
            R"({"id":2,"name":"Bert","age":41,"home":{"city":"Oslo","rooms":[]}}])");
  EXPECT_EQ(ask("SELECT name FROM FLOWFILE WHERE RPATH(home, '/city') = 'Oslo'"), R"([{"name":"Bert"}])");
  EXPECT_EQ(ask("SELECT RPATH_STRING(home, '/city') AS c, RPATH_INT(home, '/rooms[1]') AS r FROM FLOWFILE"),
            R"([{"c":"Paris","r":3},{"c":"Oslo","r":null},{"c":null,"r":null}])");
  EXPECT_EQ(ask("SELECT home, COUNT(*) AS n FROM FLOWFILE WHERE id = 1 GROUP BY home"),
            R"([{"home":{"city":"Paris","rooms":[2,3]},"n":1}])");
}

TEST_F(QueryRecordTest, FailuresSayWhy) {
  EXPECT_THAT(ask("SELECT nme FROM FLOWFILE"), StartsWith("'answer': Referenced column \"nme\" not found in FROM"));
  EXPECT_THAT(ask("SELEC 1"), StartsWith("'answer': syntax error at or near \"SELEC"));
  EXPECT_EQ(ask("DROP TABLE FLOWFILE"), "'answer': only a query is allowed");
  EXPECT_THAT(ask("SELECT * FROM read_text('/etc/passwd')"), HasSubstr("disabled"));
  EXPECT_THAT(ask("SELECT id FROM FLOWFILE", "[{"), StartsWith("not valid JSON"));
}

TEST_F(QueryRecordTest, EmptyAnswersMayBeDropped) {
  for (const bool kept : {true, false}) {
    ProcessorRun run("QueryRecord",
                     records({{"none", "SELECT * FROM FLOWFILE WHERE id > 9"},
                              {"include-zero-record-flowfiles", kept ? "true" : "false"}}),
                     with({{std::string(kPeople)}}));
    run.until_idle();
    EXPECT_EQ(run.contents("none"), kept ? Texts{"[]"} : Texts{});
    EXPECT_EQ(run.out("original").size(), 1u);
  }
}

TEST_F(QueryRecordTest, TypesOfAllKindsComeBack) {
  const std::string schema = R"({"type":"record","name":"r","fields":[
      {"name":"b","type":"boolean"},{"name":"l","type":"long"},{"name":"f","type":"float"},{"name":"d","type":"double"},
      {"name":"m","type":{"type":"bytes","logicalType":"decimal","precision":20,"scale":3}},
      {"name":"day","type":{"type":"int","logicalType":"date"}},
      {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
      {"name":"tags","type":{"type":"map","values":"string"}},
      {"name":"either","type":["null","int","string"]},
      {"name":"kind","type":{"type":"enum","name":"k","symbols":["X","Y"]}}]})";
  const std::string content =
      R"([{"b":true,"l":9007199254740993,"f":1.5,"d":2.25,"m":1234567890.125,"day":"2026-01-31",)"
      R"("at":"2026-01-31 10:00:00","tags":{"a":"x"},"either":"t","kind":"Y"}])";
  auto options =
      with({{content}}, "JsonTreeReader", {{"Date Format", "yyyy-MM-dd"}, {"Timestamp Format", "yyyy-MM-dd HH:mm:ss"}});
  options.services[0] = service("in", "JsonTreeReader",
                                {{"schema-access-strategy", "schema-text-property"},
                                 {"schema-text", schema},
                                 {"Date Format", "yyyy-MM-dd"},
                                 {"Timestamp Format", "yyyy-MM-dd HH:mm:ss"}});
  ProcessorRun run("QueryRecord", records({{"answer", "SELECT * FROM FLOWFILE"}}), std::move(options));
  run.until_idle();
  EXPECT_EQ(run.only("answer").content, content);
}

TEST_F(QueryRecordTest, ManyRecordsKeepTheirOrder) {
  std::string content = "i\n";
  for (int i = 0; i < 10'000; ++i) content += std::to_string(i) + "\n";
  ProcessorRun run("QueryRecord",
                   records({{"answer", "SELECT i FROM FLOWFILE"}, {"sum", "SELECT SUM(i) AS s FROM FLOWFILE"}}),
                   {.given = {{content}},
                    .services = {service("in", "CSVReader"), service("out", "CSVRecordSetWriter")},
                    .links = {.record_sql = &sql_}});
  run.until_idle();
  EXPECT_EQ(run.only("answer").content, content);
  EXPECT_EQ(run.only("sum").content, "s\n49995000\n");
}

}  // namespace
}  // namespace bridge

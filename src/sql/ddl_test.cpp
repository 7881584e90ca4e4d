// Statements that are neither query nor DML: what must parse, print and parse again alike, and what must not.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "sql/parser.h"
#include "sql/printer.h"

namespace sql {
namespace {

std::string testdata(const std::string& name) {
  std::ifstream file(std::string(FRESHET_SQL_TESTDATA) + "/" + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string error_of(std::string_view text) {
  const auto statement = parse_statement(text);
  return statement ? "no error: " + print(*statement) : statement.error().message;
}

TEST(DdlTest, PrintsWhatParsesToTheSameTree) {
  std::istringstream lines(testdata("ddl.sql"));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto statement = parse_statement(line);
    if (!statement) {
      ADD_FAILURE() << line << "\n  " << statement.error().message;
      continue;
    }
    const std::string printed = print(*statement);
    const auto again = parse_statement(printed);
    ASSERT_TRUE(again.has_value()) << line << "\n  " << printed << "\n  " << again.error().message;
    EXPECT_TRUE(*again == *statement) << line << "\n  " << printed << "\n  " << print(*again);
  }
  EXPECT_GT(count, 150);
}

TEST(DdlTest, NamesThePlaceOfAnError) {
  struct Case {
    std::string_view text;
    int line, position;
    std::string_view unexpected;
  };
  for (const Case& c : std::to_array<Case>({
           {"CREATE OR REPLACE scd_demo.scd2.st url='s3://x/'", 1, 18, "scd_demo"},
           {"CREATE TABLE t (a INT,)", 1, 22, ")"},
           {"CREATE TABLE t\n(a INT b)", 2, 7, "b"},
           {"CREATE OR REPLACE PROCEDURE p\nRETURNS STRING LANGUAGE JAVASCRIPT AS $$x$$", 2, 0, "RETURNS"},
           {"CREATE TASK t SCHEDULE = '1 minute' AS MERGE INTO a USING b ON a.x = b.x\nWHEN MATCHED THEN DELETE SET x "
            "= 1",
            2, 25, "SET"},
           {"CREATE STREAM s ON TABLE t TAG (a = 'b')", 1, 27, "TAG"},
           {"CREATE STREAM s ON PIPE t", 1, 19, "PIPE"},
           {"CREATE PIPE p AS SELECT 1", 1, 17, "SELECT"},
           {"SCD_DEMO.SCD2", 1, 0, "SCD_DEMO"},
           {"SHOW NONSENSE", 1, 5, "NONSENSE"},
           {"ALTER TASK t RENAME x", 1, 13, "RENAME"},
           {"GRANT SELECT ON t TO ROLE r", 1, 16, "t"},
           {"USE DATABASE d USE SCHEMA s", 1, 15, "USE"},
           {"LIST st", 1, 5, "st"},
           {"```sql", 1, 0, "`"},
       })) {
    const auto statement = parse_statement(c.text);
    ASSERT_FALSE(statement.has_value()) << c.text;
    EXPECT_EQ(statement.error().message,
              fmt::format("SQL compilation error:\nsyntax error line {} at position {} unexpected '{}'.", c.line,
                          c.position, c.unexpected))
        << c.text;
    EXPECT_EQ(statement.error().number, 1003);
    EXPECT_EQ(statement.error().sqlstate, "42000");
  }
}

TEST(DdlTest, RefusesWhatExcludesEachOther) {
  for (const std::string_view kind :
       {"TABLE t", "STAGE t", "FILE FORMAT t", "PIPE t", "STREAM t", "TASK t", "VIEW t", "ROLE t", "DATABASE t"}) {
    std::string text = "CREATE OR REPLACE ";
    const std::size_t blank = kind.rfind(' ');
    text += std::string(kind.substr(0, blank)) + " IF NOT EXISTS t";
    EXPECT_EQ(error_of(text), "SQL compilation error:\noptions IF NOT EXISTS and OR REPLACE are incompatible.") << text;
  }
}

TEST(DdlTest, KeepsBodiesAsWritten) {
  const auto task = parse_statement("CREATE TASK t AS -- comment\n  CALL  p( 1 ) ;");
  ASSERT_TRUE(task.has_value()) << task.error().message;
  EXPECT_EQ(std::get<CreateTask>(task->node).body.text, "CALL  p( 1 )");
  const auto block = parse_statement("CREATE TASK t AS\nBEGIN\r\n  DELETE FROM a; INSERT INTO b VALUES (1);\r\nEND;");
  ASSERT_TRUE(block.has_value()) << block.error().message;
  EXPECT_EQ(std::get<CreateTask>(block->node).body.text, "BEGIN\r\n  DELETE FROM a; INSERT INTO b VALUES (1);\r\nEND");
  const auto procedure =
      parse_statement("CREATE PROCEDURE p() RETURNS STRING LANGUAGE JAVASCRIPT AS $$\r\nvar a = 'x;y'; // it's\r\n$$");
  ASSERT_TRUE(procedure.has_value()) << procedure.error().message;
  EXPECT_EQ(std::get<CreateRoutine>(procedure->node).body.text, "\r\nvar a = 'x;y'; // it's\r\n");
  const auto pipe = parse_statement("CREATE PIPE p AUTO_INGEST=TRUE AS ( copy into t\n from @s )");
  ASSERT_TRUE(pipe.has_value()) << pipe.error().message;
  EXPECT_EQ(std::get<CreatePipe>(pipe->node).copy_text.text, "copy into t\n from @s");
  const auto when = parse_statement("CREATE TASK t WHEN SYSTEM$STREAM_HAS_DATA('S')  or  false AS SELECT 1");
  ASSERT_TRUE(when.has_value()) << when.error().message;
  EXPECT_EQ(std::get<CreateTask>(when->node).when_text.text, "SYSTEM$STREAM_HAS_DATA('S')  or  false");
}

TEST(DdlTest, ReadsOptionValues) {
  const auto statement =
      parse_statement("CREATE FILE FORMAT f TYPE = CSV,, FIELD_DELIMITER=\",\" SKIP_HEADER = 1, NULL_IF = ('a', '')");
  ASSERT_TRUE(statement.has_value()) << statement.error().message;
  const Options& options = std::get<CreateFileFormat>(statement->node).options;
  ASSERT_EQ(options.size(), 4U);
  EXPECT_EQ(options[0].name.name, "TYPE");
  EXPECT_EQ(std::get<OptionWord>(options[0].value.node).written, "CSV");
  EXPECT_EQ(std::get<OptionString>(options[1].value.node).value, ",");
  EXPECT_TRUE(std::get<OptionString>(options[1].value.node).double_quoted);
  EXPECT_EQ(std::get<OptionNumber>(options[2].value.node).text, "1");
  EXPECT_EQ(std::get<OptionList>(options[3].value.node).values.size(), 2U);
}

TEST(DdlTest, TreatsOddStatementsOfPublicScripts) {
  for (const std::string_view text : {
           "USE SYSADMIN",
           "TRUNCATE t",
           "GRANT CREATE INTEGRATION ON ACCOUNT TO SYSADMIN",
           "create stage s url='your_url' // comment's\n credentials=(aws_key_id='<key>',aws_secret_key='')",
           "create pipe p auto_ingest=true as\r\ncopy into t from @s\r\nfile_format = CSV\r\n;",
           "SHOW TASKS;--comment",
           "create storage integration i type=external_stage storage_provider=s3 enabled=true "
           "storage_allowed_locations=('*')",
       })
    EXPECT_TRUE(parse_statement(text).has_value()) << error_of(text);
  for (const std::string_view text : {"SELECT SYSTEM $PIPE_STATUS('p')", "SELECT METADATA $ACTION FROM s",
                                      "SELECT count(*).customer_id FROM t", "SHOW TASKS SHOW PIPES"})
    EXPECT_FALSE(parse_statement(text).has_value()) << text;
}

}  // namespace
}  // namespace sql

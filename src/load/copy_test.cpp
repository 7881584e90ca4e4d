#include "load/copy.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "load/test_warehouse.h"

namespace load {
namespace {

constexpr std::string_view kBad = "1,x\nNOPE,y\n3,z\n";
constexpr std::string_view kZero = "Copy executed with 0 files processed.;";
constexpr std::string_view kFirst = "1|Numeric value 'NOPE' is not recognized|2|1|\"T\"[\"A\":1];";

TEST(CopyTest, ModesOfOnError) {
  struct Case {
    std::string_view option, row, rows;
  };
  for (const Case& c : std::to_array<Case>({
           {"ON_ERROR = CONTINUE", "PARTIALLY_LOADED|3|2|3|", "1,x|3,z"},
           {"ON_ERROR = SKIP_FILE", "LOAD_FAILED|3|0|1|", ""},
           {"ON_ERROR = skip_file_2", "PARTIALLY_LOADED|3|2|2|", "1,x|3,z"},
           {"ON_ERROR = 'SKIP_FILE_50%'", "LOAD_FAILED|3|0|1|", ""},
       })) {
    TestWarehouse warehouse;
    warehouse.stage("bad.csv", kBad);
    EXPECT_EQ(warehouse.copy(fmt::format("COPY INTO T FROM @st {}", c.option)),
              fmt::format("st/bad.csv|{}{}", c.row, kFirst))
        << c.option;
    EXPECT_EQ(warehouse.rows(), c.rows) << c.option;
  }
}

TEST(CopyTest, AbortLeavesNothing) {
  TestWarehouse warehouse;
  warehouse.stage("a.csv", "7,good\n");
  warehouse.stage("bad.csv", kBad);
  EXPECT_EQ(warehouse.copy("COPY INTO T FROM @st"),
            "100038 (22018): Numeric value 'NOPE' is not recognized\n  File 'bad.csv', line 2, character 1\n  Row 2, "
            "column \"T\"[\"A\":1]\n"
            "  If you would like to continue loading when an error is encountered, use other values such as "
            "'SKIP_FILE' or 'CONTINUE' for the ON_ERROR option. "
            "For more information on loading options, please run 'info loading_data' in a SQL client.");
  EXPECT_EQ(warehouse.rows(), "");
  EXPECT_EQ(warehouse.meta("SELECT count(*)::VARCHAR FROM meta.load_history"), "0");
}

TEST(CopyTest, ValidationReturnsErrors) {
  TestWarehouse warehouse;
  warehouse.stage("bad.csv", kBad);
  EXPECT_EQ(
      warehouse.copy("COPY INTO T FROM @st VALIDATION_MODE = RETURN_ERRORS"),
      "Numeric value 'NOPE' is not recognized|bad.csv|2|1|4|conversion|100038|22018|\"T\"[\"A\":1]|2|2|NOPE,y\n;");
  EXPECT_EQ(warehouse.rows(), "");
}

TEST(CopyTest, RemembersWhatItLoaded) {
  TestWarehouse warehouse;
  warehouse.stage("good.csv", "1,a\n2,b\n");
  EXPECT_EQ(warehouse.copy("COPY INTO T FROM @st"), "st/good.csv|LOADED|2|2|1|0|NULL|NULL|NULL|NULL;");
  EXPECT_EQ(warehouse.copy("COPY INTO T FROM @st"), kZero);
  EXPECT_EQ(warehouse.copy("COPY INTO T FROM @st FILES = ('good.csv')"),
            "st/good.csv|LOAD_SKIPPED|0|0|NULL|1|File was loaded before.|NULL|NULL|NULL;");
  warehouse.close();
  warehouse.open();
  EXPECT_EQ(warehouse.copy("COPY INTO T FROM @st"), kZero) << "also after a restart";
  warehouse.stage("good.csv", "3,c\n");
  EXPECT_TRUE(warehouse.copy("COPY INTO T FROM @st").starts_with("st/good.csv|LOADED|1|1")) << "other content";
  EXPECT_EQ(warehouse.rows(), "1,a|2,b|3,c");
  warehouse.truncate();
  EXPECT_TRUE(warehouse.copy("COPY INTO T FROM @st").starts_with("st/good.csv|LOADED|1|1"));
  EXPECT_TRUE(warehouse.copy("COPY INTO T FROM @st FORCE = TRUE").starts_with("st/good.csv|LOADED|1|1"));
  EXPECT_EQ(warehouse.rows(), "3,c|3,c");
}

TEST(CopyTest, FailedFilesAreTriedAgainPartialOnesAreNot) {
  TestWarehouse warehouse;
  warehouse.stage("bad.csv", kBad);
  EXPECT_TRUE(warehouse.copy("COPY INTO T FROM @st ON_ERROR = SKIP_FILE").starts_with("st/bad.csv|LOAD_FAILED"));
  EXPECT_TRUE(warehouse.copy("COPY INTO T FROM @st ON_ERROR = CONTINUE").starts_with("st/bad.csv|PARTIALLY_LOADED"));
  EXPECT_EQ(warehouse.copy("COPY INTO T FROM @st ON_ERROR = CONTINUE"), kZero);
  EXPECT_EQ(warehouse.meta("SELECT string_agg(rejected_record, '' ORDER BY at_ns) FROM meta.load_rejects"),
            "NOPE,y\nNOPE,y\n");
}

TEST(CopyTest, OddFiles) {
  TestWarehouse warehouse;
  warehouse.stage("a.csv", "x,1\n");
  warehouse.stage("b.csv", "");
  EXPECT_EQ(warehouse.copy("COPY INTO T FROM @st ON_ERROR = CONTINUE"),
            "st/a.csv|LOAD_FAILED|1|0|1|1|Numeric value 'x' is not "
            "recognized|1|1|\"T\"[\"A\":1];st/b.csv|LOADED|0|0|0|0|NULL|NULL|NULL|NULL;");
  warehouse.stage("c.csv", "1,a\n");
  EXPECT_TRUE(
      warehouse.copy("COPY INTO T FROM @st/c ON_ERROR = SKIP_FILE_0").starts_with("st/c.csv|LOAD_FAILED|1|0|0|0|NULL"));
}

TEST(CopyTest, MissingFiles) {
  TestWarehouse warehouse;
  warehouse.stage("good.csv", "1,a\n");
  EXPECT_EQ(warehouse.copy("COPY INTO T FROM @st FILES = ('nosuch.csv')"),
            "091016 (22000): Remote file '@st/nosuch.csv' was not found. If you are running a copy command, please "
            "make sure files are not deleted when they are being "
            "loaded or files are not being loaded into two different tables concurrently with auto purge option.");
  const std::string result =
      warehouse.copy("COPY INTO T FROM @st FILES = ('nosuch.csv', 'good.csv') ON_ERROR = CONTINUE");
  EXPECT_TRUE(
      result.starts_with("st/good.csv|LOADED|1|1|1|0|NULL|NULL|NULL|NULL;st/nosuch.csv|LOAD_FAILED|0|0|1|1|Remote file "
                         "'@st/nosuch.csv' was not found. There are"))
      << result;
}

TEST(CopyTest, ChoosesFiles) {
  TestWarehouse warehouse;
  warehouse.stage("good.csv", "1,a\n");
  EXPECT_EQ(warehouse.copy("COPY INTO T FROM @st PATTERN = 'good\\\\.csv'"), kZero);
  EXPECT_TRUE(warehouse.copy("COPY INTO T FROM @st PATTERN = '.*good\\\\.csv'").starts_with("st/good.csv|LOADED"));
  for (const char* name : {"load/1.csv", "load/2.csv", "load/3.csv", "loader/4.csv"}) warehouse.upload(name, "5,e\n");
  EXPECT_EQ(warehouse.copy("COPY INTO T FROM @ext SIZE_LIMIT = 5"),
            "s3://bucket/load/1.csv|LOADED|1|1|1|0|NULL|NULL|NULL|NULL;s3://bucket/load/"
            "2.csv|LOADED|1|1|1|0|NULL|NULL|NULL|NULL;");
  EXPECT_EQ(warehouse.copy("COPY INTO T FROM @ext ON_ERROR = KEEP_GOING"),
            "001008 (22023): SQL compilation error:\ninvalid value [KEEP_GOING] for parameter 'ON_ERROR'");
  EXPECT_EQ(warehouse.copy("COPY INTO T FROM @nowhere"),
            "002003 (02000): SQL compilation error:\nStage 'D.S.NOWHERE' does not exist or not authorized.");
}

TEST(CopyTest, PurgeRemovesLoadedFiles) {
  TestWarehouse warehouse;
  warehouse.upload("load/1.csv", "1,a\n");
  warehouse.upload("load/2.csv", "x,a\n");
  EXPECT_TRUE(warehouse.copy("COPY INTO T FROM @ext PURGE = TRUE ON_ERROR = CONTINUE")
                  .starts_with("s3://bucket/load/1.csv|LOADED"));
  EXPECT_FALSE(warehouse.store().head("bucket", "load/1.csv"));
  EXPECT_TRUE(warehouse.store().head("bucket", "load/2.csv"));
}

TEST(CopyTest, PurgesWhenTheClientsTransactionCommits) {
  TestWarehouse warehouse;
  CopyCommand command(warehouse.database(), warehouse.buckets(), warehouse.claims);
  warehouse.upload("load/1.csv", "1,a\n");
  const auto copy = [&] {
    return TestWarehouse::show(
        command.run(warehouse.session(), warehouse.context(), warehouse.parse("COPY INTO T FROM @ext PURGE = TRUE")));
  };
  TestWarehouse::must(warehouse.session().begin(warehouse.clock().now()));
  EXPECT_TRUE(copy().starts_with("s3://bucket/load/1.csv|LOADED"));
  EXPECT_TRUE(warehouse.store().head("bucket", "load/1.csv"));
  TestWarehouse::must(warehouse.session().rollback());
  EXPECT_TRUE(warehouse.store().head("bucket", "load/1.csv"));
  TestWarehouse::must(warehouse.session().begin(warehouse.clock().now()));
  EXPECT_TRUE(copy().starts_with("s3://bucket/load/1.csv|LOADED"));
  TestWarehouse::must(warehouse.session().commit({.query_id = "commit", .now = warehouse.clock().now()}));
  EXPECT_FALSE(warehouse.store().head("bucket", "load/1.csv"));
  EXPECT_EQ(warehouse.meta("SELECT count(*)::VARCHAR FROM meta.purge_intents"), "0");
}

TEST(CopyTest, PurgesOfManyStatementsAtOnceDoNotClash) {
  TestWarehouse warehouse;
  CopyCommand command(warehouse.database(), warehouse.buckets(), warehouse.claims);
  for (int i = 0; i < 40; ++i) warehouse.upload(fmt::format("load/{}.csv", i), "1,a\n");
  std::vector<std::jthread> clients;
  std::atomic<int> loaded{0};
  for (int client = 0; client < 4; ++client)
    clients.emplace_back([&, client] {
      const auto session = warehouse.database().open_session();
      auto context = warehouse.context_of(fmt::format("purge{}", client));
      for (int i = client; i < 40; i += 4)
        if (command.run(*session, context,
                        warehouse.parse(fmt::format("COPY INTO T FROM @ext FILES = ('{}.csv') PURGE = TRUE", i))))
          ++loaded;
    });
  clients.clear();
  EXPECT_EQ(loaded, 40);
  EXPECT_EQ(warehouse.meta("SELECT count(*)::VARCHAR FROM meta.purge_intents"), "0");
  for (int i = 0; i < 40; ++i) EXPECT_FALSE(warehouse.store().head("bucket", fmt::format("load/{}.csv", i))) << i;
}

TEST(CopyTest, WidensAColumnAndKeepsFormats) {
  TestWarehouse warehouse;
  warehouse.stage("w.csv", "id;text\n1;a\n123456789012345678901234567890;'b;c'\n");
  EXPECT_TRUE(warehouse
                  .copy("COPY INTO T FROM @st FILE_FORMAT = (SKIP_HEADER = 1 FIELD_DELIMITER = ';' "
                        "FIELD_OPTIONALLY_ENCLOSED_BY = '''')")
                  .starts_with("st/w.csv|LOADED|2|2"));
  EXPECT_EQ(warehouse.rows(), "1,a|123456789012345678901234567890,b;c");
}

TEST(CopyTest, ColumnListFillsTheOthersWithNull) {
  TestWarehouse warehouse;
  warehouse.stage("l.csv", "only\n");
  EXPECT_TRUE(warehouse.copy("COPY INTO T (B) FROM @st").starts_with("st/l.csv|LOADED|1|1"));
  EXPECT_EQ(warehouse.rows(), "only");
}

TEST(CopyTest, TransformsByASelectList) {
  TestWarehouse warehouse;
  warehouse.stage("x.csv", "a,1,x\nb,2\n");
  EXPECT_EQ(warehouse.copy("COPY INTO T FROM (SELECT $2::NUMBER + METADATA$FILE_ROW_NUMBER, UPPER(t.$1) || "
                           "COALESCE($3, '-') || METADATA$FILENAME FROM @st t)"),
            "st/x.csv|LOADED|2|2|1|0|NULL|NULL|NULL|NULL;");
  EXPECT_EQ(warehouse.rows(), "2,Axx.csv|4,B-x.csv");
  EXPECT_EQ(warehouse.copy("COPY INTO T FROM (SELECT $2, $1 FROM @st)"), kZero);
  warehouse.stage("y.csv", "q,r\n");
  const std::string skipped = warehouse.copy("COPY INTO T FROM (SELECT $2, $1 FROM @st) ON_ERROR = SKIP_FILE");
  EXPECT_TRUE(skipped.starts_with("st/y.csv|LOAD_FAILED|0|0|1|1|")) << skipped;
  EXPECT_EQ(warehouse.copy("COPY INTO T FROM (SELECT $1, $2 FROM @st WHERE $1 = 'a')"),
            "000002 (0A000): SQL compilation error:\nUnsupported feature 'WHERE in a COPY transformation'.");
}

TEST(CopyTest, TakesPartInTheClientsTransaction) {
  TestWarehouse warehouse;
  warehouse.stage("good.csv", "1,a\n");
  TestWarehouse::must(warehouse.session().begin(warehouse.clock().now()));
  EXPECT_TRUE(warehouse.copy("COPY INTO T FROM @st").starts_with("st/good.csv|LOADED"));
  TestWarehouse::must(warehouse.session().rollback());
  EXPECT_EQ(warehouse.rows(), "");
  TestWarehouse::must(warehouse.session().begin(warehouse.clock().now()));
  EXPECT_TRUE(warehouse.copy("COPY INTO T FROM @st").starts_with("st/good.csv|LOADED"));
  TestWarehouse::must(warehouse.session().commit({.query_id = "commit", .now = warehouse.clock().now()}));
  EXPECT_EQ(warehouse.rows(), "1,a");
  EXPECT_EQ(warehouse.copy("COPY INTO T FROM @st"), kZero);
}

/// A Parquet file of that SELECT, written by the engine.
std::string parquet(TestWarehouse& warehouse, std::string_view select) {
  const std::string path = warehouse.new_path("rows.parquet");
  auto work =
      TestWarehouse::must(warehouse.session().begin_work({.query_id = "write", .now = warehouse.clock().now()}));
  TestWarehouse::must(work->start());
  TestWarehouse::must(work->execute(fmt::format("COPY ({}) TO '{}' (FORMAT parquet)", select, path)));
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(CopyTest, LoadsParquet) {
  TestWarehouse warehouse;
  warehouse.stage(
      "rows.parquet",
      parquet(warehouse, R"(SELECT * FROM (VALUES (1, 'x', [1, 2]), (2, NULL, NULL)) AS v("A", "b", "list"))"));
  const auto documents = warehouse.create_table("V", {{"J", catalog::LogicalType::variant()}});
  EXPECT_EQ(warehouse.copy("COPY INTO V FROM @st FILE_FORMAT = (TYPE = PARQUET)"),
            "st/rows.parquet|LOADED|2|2|1|0|NULL|NULL|NULL|NULL;");
  EXPECT_EQ(warehouse.query("(SELECT decode(c1) AS t FROM {})", documents), R"({"A":1,"b":"x","list":[1,2]}|{"A":2})");
  EXPECT_TRUE(warehouse.copy("COPY INTO T FROM @st FILE_FORMAT = (TYPE = PARQUET)")
                  .find("PARQUET file format can produce one and only one column of type variant, object, or array.") !=
              std::string::npos);
  EXPECT_TRUE(warehouse
                  .copy("COPY INTO T FROM (SELECT $1:A::NUMBER + 10, $1:list[1]::VARCHAR FROM @st) FILE_FORMAT = (TYPE "
                        "= PARQUET)")
                  .starts_with("st/rows.parquet|LOADED|2|2"));
  EXPECT_EQ(warehouse.rows(), "11,2|12");
  warehouse.truncate();
  EXPECT_TRUE(
      warehouse.copy("COPY INTO T FROM @st FILE_FORMAT = (TYPE = PARQUET) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE")
          .starts_with("st/rows.parquet|LOADED|2|2"));
  EXPECT_EQ(warehouse.rows(), "1,x|2");
}

TEST(CopyTest, PreviewStopsAtItsRows) {
  TestWarehouse warehouse;
  warehouse.stage("a.csv", "1,a\n2,b\n");
  warehouse.stage("b.csv", "3,c\nNOPE,d\n");
  EXPECT_EQ(warehouse.copy("COPY INTO T FROM @st VALIDATION_MODE = RETURN_3_ROWS"), "1|a;2|b;3|c;");
  EXPECT_EQ(warehouse.copy("COPY INTO T FROM @st VALIDATION_MODE = RETURN_4_ROWS"),
            "100038 (22018): Numeric value 'NOPE' is not recognized\n  File 'b.csv', line 2, character 1\n  Row 2, "
            "column \"T\"[\"A\":1]");
  EXPECT_EQ(warehouse.rows(), "");
  EXPECT_EQ(warehouse.meta("SELECT count(*)::VARCHAR FROM meta.load_history"), "0");
}

}  // namespace
}  // namespace load

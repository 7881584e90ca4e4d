#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "cli/program.h"
#include "cli/temporary_directory.h"
#include "engine/values/value_text.h"

// Flows whose processors work with the warehouse and the store beside them, in the whole program.

namespace cli {
namespace {

class WarehouseFlowTest : public testing::Test {
 protected:
  void SetUp() override {
    auto program = Program::open({.data = directory_.path() + "/data", .virtual_clock = true});
    ASSERT_TRUE(program) << program.error().message;
    program_ = std::move(*program);
    sql("CREATE DATABASE D");
    sql("CREATE SCHEMA D.S");
  }
  std::string sql(const std::string& text) {
    auto session = program_->open_session();
    if (!session) return session.error().message;
    (void)(*session)->run("USE SCHEMA D.S");
    const auto outcome = (*session)->run(text);
    if (!outcome) return base::to_text(outcome.error());
    std::string rows;
    const auto settings = engine::format_settings({});
    for (std::uint64_t row = 0; row < outcome->result->row_count(); ++row) {
      for (std::size_t column = 0; column < outcome->result->columns().size(); ++column)
        rows +=
            engine::to_text(outcome->result->value(row, column), outcome->result->columns()[column].type, settings) +
            ",";
      rows += "\n";
    }
    return rows;
  }
  /// One of examples/warehouse_flows, until nothing is left to do.
  void run(const std::string& file, std::map<std::string, std::string> parameters) {
    parameters.insert({{"database", "D"}, {"schema", "S"}});
    std::ifstream input(FRESHET_SOURCE_DIR "/examples/warehouse_flows/" + file);
    const std::string text{std::istreambuf_iterator<char>(input), {}};
    const auto report = program_->flow().import_definition(text, file, parameters);
    ASSERT_TRUE(report) << report.error().message;
    for (const auto& problem : report->problems) ADD_FAILURE() << problem;
    const auto idle = program_->flow().run_until_idle(report->id);
    ASSERT_TRUE(idle) << idle.error().message;
    EXPECT_EQ(idle->queued, 0u);
    for (const auto& component : program_->flow().status(report->id).components)
      for (const auto& error : component.bulletins) ADD_FAILURE() << component.name << ": " << error.message;
  }
  std::string input() const { return directory_.path() + "/in"; }
  void write(const std::string& name, const std::string& content) const {
    std::filesystem::create_directories(input());
    std::ofstream(input() + "/" + name) << content;
  }

  TemporaryDirectory directory_ = TemporaryDirectory::make("freshet-flow").value();
  std::unique_ptr<Program> program_;
};

TEST_F(WarehouseFlowTest, FilesGoThroughAStageAndAPipe) {
  sql("CREATE TABLE T(A NUMBER, B VARCHAR)");
  sql("CREATE STAGE ST");
  sql("CREATE PIPE P AS COPY INTO T FROM @ST FILE_FORMAT = (TYPE = CSV)");
  write("a.csv", "1,one\n2,two\n");
  run("stage_and_pipe.json", {{"input_directory", input()}, {"stage", "ST"}, {"pipe", "P"}});
  EXPECT_EQ(sql("SELECT * FROM T ORDER BY A"), "1,one,\n2,two,\n");
}

TEST_F(WarehouseFlowTest, RecordsGoIntoATable) {
  sql("CREATE TABLE T(ID NUMBER NOT NULL, NAME VARCHAR, PRICE NUMBER(10,2), AT TIMESTAMP_NTZ, OK BOOLEAN)");
  write("a.json", R"([{"id":1,"name":"it's","price":1.5,"at":"2026-01-31 10:00:00","ok":true},)"
                  R"({"id":2,"name":null,"price":null,"at":null,"ok":null}])");
  run("records_to_table.json", {{"input_directory", input()}, {"table", "T"}});
  EXPECT_EQ(sql("SELECT ID, NAME, PRICE, AT::VARCHAR, OK FROM T ORDER BY ID"),
            "1,it's,1.50,2026-01-31 10:00:00.000,true,\n2,NULL,NULL,NULL,NULL,\n");
}

TEST_F(WarehouseFlowTest, NewRowsOfATableBecomeObjects) {
  sql("CREATE TABLE T(ID NUMBER(9,0), NAME VARCHAR)");
  sql("INSERT INTO T VALUES (1, 'a'), (2, 'b')");
  const auto contents = [&] {
    std::multiset<std::string> all;
    const auto listing = program_->objects().list("exports", {.prefix = "T/"});
    if (!listing) return all;
    for (const auto& object : listing->objects) {
      const auto reader = program_->objects().open_reader("exports", object.key).value();
      std::string bytes(reader->details().info.size, '\0');
      (void)reader->read_at(0, bytes);
      all.insert(bytes);
    }
    return all;
  };
  run("table_to_objects.json", {{"table", "T"}, {"column", "ID"}, {"bucket", "exports"}});
  EXPECT_EQ(contents(), (std::multiset<std::string>{"ID,NAME\n1,a\n2,b\n"}));
  sql("INSERT INTO T VALUES (3, 'c')");
  run("table_to_objects.json", {{"table", "T"}, {"column", "ID"}, {"bucket", "exports"}});
  EXPECT_EQ(contents(), (std::multiset<std::string>{"ID,NAME\n1,a\n2,b\n", "ID,NAME\n3,c\n"}));
}

}  // namespace
}  // namespace cli

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "cli/program.h"
#include "cli/temporary_directory.h"

// When the database is made that SQL needs, on the system's clock: a flow agent alone has none.

namespace cli {
namespace {

constexpr std::string_view kAsksForARow = R"({"flowContents": {"identifier": "g", "name": "asks",
  "controllerServices": [{"identifier": "pool", "name": "pool", "componentType": "CONTROLLER_SERVICE",
    "type": "org.apache.nifi.snowflake.service.SnowflakeComputingConnectionPool",
    "properties": {"Connection URL Format": "full-url", "Database Connection URL": "jdbc:snowflake://a.example/",
                   "Database User": "LOADER"}}],
  "processors": [
    {"identifier": "get", "name": "get", "componentType": "PROCESSOR", "schedulingPeriod": "0 sec",
     "type": "org.apache.nifi.processors.standard.GetFile",
     "properties": {"Input Directory": "#{input_directory}", "Minimum File Age": "0 sec"}},
    {"identifier": "ask", "name": "ask", "componentType": "PROCESSOR", "schedulingPeriod": "0 sec",
     "type": "org.apache.nifi.processors.standard.ExecuteSQL", "autoTerminatedRelationships": ["success", "failure"],
     "properties": {"Database Connection Pooling Service": "pool"}}],
  "connections": [{"identifier": "c", "source": {"id": "get"}, "destination": {"id": "ask"},
    "selectedRelationships": ["success"]}],
  "parameterContextName": "p"},
  "parameterContexts": {"p": {"name": "p", "parameters": [{"name": "input_directory", "value": ""}]}},
  "flowEncodingVersion": "1.0"})";

class WarehouseOpeningTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(input());
    open();
  }
  void open(bool virtual_clock = false) {
    program_.reset();
    auto program = Program::open({.data = directory_.path() + "/data", .virtual_clock = virtual_clock});
    ASSERT_TRUE(program) << program.error().message;
    program_ = std::move(*program);
  }
  void run(std::string_view text, std::map<std::string, std::string> parameters) {
    parameters.insert({"input_directory", input()});
    const auto report = program_->flow().import_definition(text, "flow.json", parameters);
    ASSERT_TRUE(report) << report.error().message;
    for (const auto& problem : report->problems) ADD_FAILURE() << problem;
    const auto idle = program_->flow().run_until_idle(report->id);
    ASSERT_TRUE(idle) << idle.error().message;
    for (const auto& component : program_->flow().status(report->id).components)
      for (const auto& error : component.bulletins) ADD_FAILURE() << component.name << ": " << error.message;
  }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(input() + "/" + name) << content;
  }
  /// A single text; empty for NULL and what fails.
  static std::string ask(engine::StatementSession& session, const std::string& query) {
    const auto answer = session.run(query);
    const auto value = answer ? answer->result->value(0, 0) : engine::Value();
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? std::string() : *text;
  }
  void put(const std::string& bucket, const std::string& key, const std::string& bytes) const {
    auto writer = program_->objects().begin_put(bucket, key).value();
    ASSERT_TRUE(writer->append(bytes));
    ASSERT_TRUE(writer->commit());
  }
  std::string input() const { return directory_.path() + "/in"; }
  bool has_database() const { return std::filesystem::exists(directory_.path() + "/data/warehouse.duckdb"); }
  bool has_opened_it() const { return program_->warehouse().database() != nullptr; }

  TemporaryDirectory directory_ = TemporaryDirectory::make("freshet-opening").value();
  std::unique_ptr<Program> program_;
};

TEST_F(WarehouseOpeningTest, FlowsWithoutSqlMakeNoDatabase) {
  write("a.csv", "1,one\n");
  std::ifstream file(FRESHET_SOURCE_DIR "/examples/customer_pipeline/flow.json");
  run(std::string{std::istreambuf_iterator<char>(file), {}}, {{"bucket", "files"}});
  EXPECT_TRUE(program_->objects().open_reader("files", "stream_data/a.csv"));
  EXPECT_FALSE(has_database());
  EXPECT_EQ(program_->objects().events_after(0, 10).value().size(), 1u);
  open();
  EXPECT_FALSE(has_database());
  EXPECT_FALSE(has_opened_it());
  // No pipe reads the events of the buckets: they do not gather.
  EXPECT_EQ(program_->objects().events_after(0, 10).value().size(), 0u);
}

TEST_F(WarehouseOpeningTest, AFlowThatNeedsItMakesIt) {
  EXPECT_FALSE(has_database());
  write("a.sql", "SELECT 42 AS A");
  run(kAsksForARow, {});
  EXPECT_TRUE(has_opened_it());
}

TEST_F(WarehouseOpeningTest, PipesOfADatabaseThatIsMadeLaterSeeWhatComesThen) {
  ASSERT_TRUE(program_->objects().create_bucket("files"));
  put("files", "before.csv", "1\n");
  const auto session = program_->open_session().value();
  for (const auto* statement : {"CREATE DATABASE D", "CREATE TABLE T(A NUMBER)", "CREATE STAGE ST URL = 's3://files/'",
                                "CREATE PIPE P AUTO_INGEST = TRUE AS COPY INTO T FROM @ST FILE_FORMAT = (TYPE = CSV)"})
    ASSERT_TRUE(session->run(statement)) << statement;
  put("files", "after.csv", "2\n");
  const auto total = [&] { return ask(*session, "SELECT SUM(A)::VARCHAR FROM T"); };
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
       total().empty() && std::chrono::steady_clock::now() < end;)
    std::this_thread::yield();
  EXPECT_EQ(total(), "2");
}

TEST_F(WarehouseOpeningTest, ADatabaseThatExistsIsOpenedAtOnceForItsPipesAndTasks) {
  EXPECT_FALSE(has_opened_it());
  ASSERT_TRUE(program_->open_session());
  EXPECT_TRUE(has_opened_it());
  open();
  EXPECT_TRUE(has_opened_it());
}

TEST_F(WarehouseOpeningTest, VirtualTimeOfANewDatabaseBeginsAfterTheBucketsThatAreThere) {
  ASSERT_TRUE(program_->objects().create_bucket("files"));
  const auto created = program_->objects().find_bucket("files").value().created;
  open(true);
  EXPECT_EQ(ask(*program_->open_session().value(), "SELECT DATE_PART(EPOCH_NANOSECOND, CURRENT_TIMESTAMP())::VARCHAR"),
            std::to_string(created.ns / 1000 * 1000));  // SQL has microseconds here
}

}  // namespace
}  // namespace cli

#include "load/pipe.h"

#include <gtest/gtest.h>

#include "load/test_warehouse.h"

namespace load {
namespace {

class PipeTest : public ::testing::Test {
 protected:
  catalog::ObjectId create_pipe(const std::string& text) {
    const auto statement = std::get<sql::CreatePipe>(TestWarehouse::must(sql::parse_statement(text)).node);
    auto body = TestWarehouse::must(define_pipe(*warehouse.database().catalog(), warehouse.context(), statement));
    auto work =
        TestWarehouse::must(warehouse.session().begin_work({.query_id = "create", .now = warehouse.clock().now()}));
    TestWarehouse::must(work->start());
    const auto id = TestWarehouse::put(*work, catalog::ObjectKind::Pipe, warehouse.schema_id,
                                       statement.name.parts.back().name, body);
    TestWarehouse::must(runner->created(*work, id));
    TestWarehouse::must(work->commit());
    return id;
  }
  void pause(catalog::ObjectId id, bool paused) {
    auto work =
        TestWarehouse::must(warehouse.session().begin_work({.query_id = "alter", .now = warehouse.clock().now()}));
    TestWarehouse::must(work->start());
    catalog::Record record = *work->catalog().find(id);
    std::get<catalog::PipeBody>(record.body).paused = paused;
    TestWarehouse::must(work->put(record));
    TestWarehouse::must(work->commit());
  }
  void restart() {
    runner.reset();
    warehouse.close();
    warehouse.open();
    runner = std::make_unique<PipeRunner>(warehouse.database(), warehouse.buckets());
  }
  std::string error_of(const std::string& text) {
    const auto statement = std::get<sql::CreatePipe>(TestWarehouse::must(sql::parse_statement(text)).node);
    const auto body = define_pipe(*warehouse.database().catalog(), warehouse.context(), statement);
    return body ? "none" : body.error().message;
  }
  bool run() { return TestWarehouse::must(runner->run_pending()); }

  TestWarehouse warehouse;
  std::unique_ptr<PipeRunner> runner = std::make_unique<PipeRunner>(warehouse.database(), warehouse.buckets());
};

constexpr const char* kPipe = "CREATE PIPE P AUTO_INGEST = TRUE AS COPY INTO T FROM @ext FILE_FORMAT = (TYPE = CSV)";

TEST_F(PipeTest, LoadsWhatArrivesAfterItWasMadeAndOnce) {
  warehouse.upload("load/before.csv", "0,before\n");
  const auto id = create_pipe(kPipe);
  EXPECT_FALSE(run());
  warehouse.upload("load/1.csv", "1,a\n");
  warehouse.upload("load/2.csv", "2,b\n");
  warehouse.upload("elsewhere/3.csv", "3,c\n");
  EXPECT_TRUE(run());
  EXPECT_EQ(warehouse.rows(), "1,a|2,b");
  warehouse.upload("load/1.csv", "9,again\n");
  EXPECT_FALSE(run());
  EXPECT_EQ(warehouse.rows(), "1,a|2,b") << "a name is loaded once, whatever is in it";
  const PipeLedger ledger = *runner->ledger(id);
  EXPECT_EQ(ledger.received_files, 2u);
  EXPECT_EQ(ledger.loaded_files, 2u);
  EXPECT_EQ(ledger.ignored_events, 1u);
  restart();
  EXPECT_FALSE(run());
  EXPECT_EQ(warehouse.rows(), "1,a|2,b");
  warehouse.upload("load/4.csv", "4,d\n");
  EXPECT_TRUE(run());
  EXPECT_EQ(warehouse.rows(), "1,a|2,b|4,d");
}

TEST_F(PipeTest, SkipsBadFilesAndAccountsForThem) {
  const auto id = create_pipe(kPipe);
  warehouse.upload("load/bad.csv", "1,a\nNOPE,b\n");
  warehouse.upload("load/good.csv", "2,b\n");
  EXPECT_TRUE(run());
  EXPECT_EQ(warehouse.rows(), "2,b");
  const PipeLedger ledger = *runner->ledger(id);
  EXPECT_EQ(ledger.failed_files, 1u);
  EXPECT_EQ(ledger.rows_loaded, 1u);
  EXPECT_EQ(ledger.rows_rejected, 2u);
  EXPECT_EQ(warehouse.meta("SELECT first_error FROM meta.load_history WHERE status = 'LOAD_FAILED'"),
            "Numeric value 'NOPE' is not recognized");
  EXPECT_EQ(TestWarehouse::show(runner->refresh(id, {})), "") << "a failed file is registered too";
}

TEST_F(PipeTest, APausedPipeKeepsItsFilesAcrossARestart) {
  const auto id = create_pipe(kPipe);
  pause(id, true);
  warehouse.upload("load/1.csv", "1,a\n");
  EXPECT_FALSE(run());
  EXPECT_TRUE(runner->status_json(id)->starts_with(
      R"({"executionState":"PAUSED","pendingFileCount":1,"oldestPendingFilePath":"1.csv")"));
  restart();
  EXPECT_FALSE(run());
  pause(id, false);
  EXPECT_TRUE(run());
  EXPECT_EQ(warehouse.rows(), "1,a");
  EXPECT_TRUE(runner->status_json(id)->starts_with(R"({"executionState":"RUNNING","pendingFileCount":0)"));
}

TEST_F(PipeTest, RefreshQueuesWhatNobodyLoaded) {
  warehouse.upload("load/1.csv", "1,a\n");
  warehouse.upload("load/2.csv", "2,b\n");
  EXPECT_TRUE(warehouse.copy("COPY INTO T FROM @ext FILES = ('1.csv')").starts_with("s3://bucket/load/1.csv|LOADED"));
  const auto id = create_pipe(kPipe);
  EXPECT_EQ(TestWarehouse::show(runner->refresh(id, {})), "2.csv|SENT;");
  restart();
  EXPECT_TRUE(run());
  EXPECT_EQ(warehouse.rows(), "1,a|2,b");
  warehouse.truncate();
  EXPECT_EQ(TestWarehouse::show(runner->refresh(id, {})), "1.csv|SENT;")
      << "TRUNCATE forgets the history of COPY, not the pipe's";
}

TEST_F(PipeTest, InsertFilesNamesKnownOnesAndFailsMissingOnes) {
  const auto id = create_pipe("CREATE PIPE P AS COPY INTO T FROM @ext");
  warehouse.upload("load/1.csv", "1,a\n");
  EXPECT_FALSE(run()) << "without AUTO_INGEST events count for nothing";
  EXPECT_TRUE(runner->insert_files(id, {"1.csv", "nosuch.csv"})->empty());
  EXPECT_TRUE(run());
  EXPECT_EQ(warehouse.rows(), "1,a");
  EXPECT_EQ(*runner->insert_files(id, {"1.csv"}), std::vector<std::string>{"1.csv"});
  EXPECT_EQ(runner->ledger(id)->failed_files, 1u);
}

TEST_F(PipeTest, PatternsOfPipesLookBelowTheStage) {
  create_pipe("CREATE PIPE P AUTO_INGEST = TRUE AS COPY INTO T FROM @ext PATTERN = 'cust.*[.]csv'");
  warehouse.upload("load/customer.csv", "1,a\n");
  warehouse.upload("load/other.csv", "2,b\n");
  EXPECT_TRUE(run());
  EXPECT_EQ(warehouse.rows(), "1,a");
}

TEST_F(PipeTest, EveryPipeThatMatchesLoadsItsOwnCopy) {
  create_pipe(kPipe);
  create_pipe("CREATE PIPE Q AUTO_INGEST = TRUE AS COPY INTO T FROM @ext/sub");
  warehouse.upload("load/sub/1.csv", "1,a\n");
  EXPECT_TRUE(run());
  EXPECT_EQ(warehouse.rows(), "1,a|1,a");
}

TEST_F(PipeTest, StopsWithoutItsStageAndRefusesOptions) {
  const auto id = create_pipe(kPipe);
  auto work = TestWarehouse::must(warehouse.session().begin_work({.query_id = "drop", .now = warehouse.clock().now()}));
  TestWarehouse::must(work->start());
  TestWarehouse::must(work->erase(warehouse.stage_id));
  TestWarehouse::must(work->commit());
  EXPECT_EQ(
      *runner->status_json(id),
      fmt::format(
          R"({{"executionState":"STOPPED_STAGE_DROPPED","pendingFileCount":0,"notificationChannelName":"arn:aws:sqs:local:000000000000:freshet-pipe-{}","numOutstandingMessagesOnChannel":0}})",
          id.value));
  EXPECT_EQ(error_of("CREATE PIPE X AS COPY INTO T FROM @st FORCE = TRUE"),
            "SQL compilation error:\ninvalid parameter 'FORCE'");
  EXPECT_EQ(error_of("CREATE PIPE X AS COPY INTO T FROM @st ON_ERROR = ABORT_STATEMENT"),
            "SQL compilation error:\ninvalid value [ABORT_STATEMENT] for parameter 'ON_ERROR'");
  EXPECT_EQ(error_of("CREATE PIPE X AS COPY INTO T FROM @~"),
            "SQL compilation error:\nUnsupported feature 'a pipe on the user stage'.");
}

/// The buckets of the store, as if they were elsewhere: what the outbox says of them does not count.
class FarBuckets final : public store::LocalBuckets {
 public:
  using LocalBuckets::LocalBuckets;
  bool is_local(const store::BucketPlace& place) const override { return place.bucket == kStageBucket; }
};

class FarPipeTest : public PipeTest {
 protected:
  FarPipeTest() { open(); }
  ~FarPipeTest() override { runner.reset(); }
  void open() {
    runner.reset();
    far = std::make_unique<FarBuckets>(warehouse.store());
    runner = std::make_unique<PipeRunner>(warehouse.database(), *far);
  }
  void restart_far() {
    runner.reset();
    warehouse.close();
    warehouse.open();
    open();
  }
  std::size_t announce(const std::vector<AnnouncedFile>& files) { return TestWarehouse::must(runner->announce(files)); }

  std::unique_ptr<FarBuckets> far;
};

TEST_F(FarPipeTest, LoadsWhatIsAnnouncedAndOnce) {
  const auto id = create_pipe(
      "CREATE PIPE P AUTO_INGEST = TRUE AS COPY INTO T FROM @ext PATTERN = '.*csv' FILE_FORMAT = (TYPE = CSV)");
  create_pipe("CREATE PIPE MANUAL AS COPY INTO T FROM @ext FILE_FORMAT = (TYPE = CSV)");
  for (const char* key : {"load/1.csv", "load/2.csv", "load/3.txt", "elsewhere/4.csv"}) warehouse.upload(key, "1,a\n");
  EXPECT_FALSE(run()) << "the outbox says nothing of a bucket elsewhere";
  EXPECT_EQ(announce({{"bucket", "load/1.csv", "e", 4},
                      {"bucket", "load/1.csv", "e", 4},
                      {"bucket", "load/3.txt", "e", 4},
                      {"bucket", "elsewhere/4.csv", "e", 4},
                      {"other", "load/2.csv", "e", 4},
                      {"bucket", "load/", "e", 0}}),
            1u);
  EXPECT_EQ(announce({{"bucket", "load/1.csv", "e", 4}}), 0u);
  EXPECT_TRUE(run());
  EXPECT_EQ(warehouse.rows(), "1,a");
  EXPECT_EQ(announce({{"bucket", "load/1.csv", "e2", 4}}), 0u) << "a name is loaded once";
  EXPECT_EQ(runner->ledger(id)->ignored_events, 3u);
}

TEST_F(FarPipeTest, KeepsWhatWasAnnouncedOverARestart) {
  create_pipe(kPipe);
  warehouse.upload("load/1.csv", "1,a\n");
  EXPECT_EQ(announce({{"bucket", "load/1.csv", "e", 4}, {"bucket", "load/gone.csv", "e", 4}}), 2u);
  restart_far();
  EXPECT_EQ(announce({{"bucket", "load/1.csv", "e", 4}}), 0u) << "the message came again";
  EXPECT_TRUE(run());
  EXPECT_EQ(warehouse.rows(), "1,a");
  EXPECT_EQ(
      warehouse.meta("SELECT string_agg(file_name || ' ' || status, ',' ORDER BY file_name) FROM meta.load_history"),
      "load/1.csv LOADED,load/gone.csv LOAD_FAILED");
  restart_far();
  EXPECT_FALSE(run());
  EXPECT_EQ(warehouse.rows(), "1,a");
}

TEST_F(FarPipeTest, ListingFindsWhatNobodyAnnounced) {
  create_pipe(kPipe);
  warehouse.upload("load/1.csv", "1,a\n");
  EXPECT_TRUE(runner->list_elsewhere([](const StageLocation&) { return false; }));
  EXPECT_FALSE(run());
  const auto wanted = [](const StageLocation& location) { return location.bucket == "bucket"; };
  EXPECT_TRUE(runner->list_elsewhere(wanted));
  EXPECT_TRUE(runner->list_elsewhere(wanted));
  EXPECT_TRUE(run());
  EXPECT_TRUE(runner->list_elsewhere(wanted));
  EXPECT_FALSE(run());
  EXPECT_EQ(warehouse.rows(), "1,a");
}

}  // namespace
}  // namespace load

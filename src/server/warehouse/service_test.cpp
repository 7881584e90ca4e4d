#include "server/warehouse/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <condition_variable>
#include <future>
#include <thread>

#include "http/client.h"
#include "http/gzip.h"

namespace server::warehouse {
namespace {

namespace json = boost::json;
using catalog::LogicalType;
using engine::Value;
using ::testing::HasSubstr;

class FakeResult final : public engine::ResultSet {
 public:
  FakeResult(std::vector<engine::ResultColumn> columns, std::vector<std::vector<Value>> rows)
      : columns_(std::move(columns)), rows_(std::move(rows)) {}
  const std::vector<engine::ResultColumn>& columns() const override { return columns_; }
  std::uint64_t row_count() const override { return rows_.size(); }
  Value value(std::uint64_t row, std::size_t column) const override { return rows_[row][column]; }

 private:
  std::vector<engine::ResultColumn> columns_;
  std::vector<std::vector<Value>> rows_;
};

/// What the fake statements do, and what they saw.
struct FakeWarehouse {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> texts;
  std::vector<std::vector<Value>> binds;
  bool blocked = false;  // a BLOCK statement is running
};

class FakeSession final : public engine::StatementSession {
 public:
  explicit FakeSession(FakeWarehouse& warehouse) : warehouse_(warehouse) {
    state_.role = "ACCOUNTADMIN";
    state_.database = "DB";
  }
  base::Result<engine::StatementOutcome> run(std::string_view text, std::span<const Value> binds) override {
    std::unique_lock lock(warehouse_.mutex);
    warehouse_.texts.emplace_back(text);
    warehouse_.binds.emplace_back(binds.begin(), binds.end());
    if (text.starts_with("FAIL"))
      return base::fail({base::ErrorKind::NotFound,
                         2003,
                         "42S02",
                         "SQL compilation error:\nObject 'X' does not exist or not authorized.",
                         {}});
    if (text.starts_with("BLOCK")) {
      cancelled_ = false;
      warehouse_.blocked = true;
      warehouse_.changed.notify_all();
      warehouse_.changed.wait(lock, [&] { return cancelled_; });
      return base::fail({base::ErrorKind::Cancelled, 604, "57014", "SQL execution canceled", {}});
    }
    if (text.starts_with("ALTER SESSION SET TIMEZONE")) state_.parameters["TIMEZONE"] = "UTC";
    engine::StatementOutcome outcome;
    if (text.starts_with("INSERT")) {
      outcome.type_id = 0x3100;
      outcome.counts.inserted = 1;
      outcome.result = std::make_shared<FakeResult>(
          std::vector<engine::ResultColumn>{{"number of rows inserted", LogicalType::number(19), false}},
          std::vector<std::vector<Value>>{{engine::Decimal{1, 0}}});
    } else {
      outcome.type_id = 0x1000;
      outcome.result = std::make_shared<FakeResult>(
          std::vector<engine::ResultColumn>{{"A", LogicalType::number(), false}, {"B", LogicalType::text(), true}},
          std::vector<std::vector<Value>>{{engine::Decimal{1, 0}, std::string("x")}, {engine::Decimal{2, 0}, Value()}});
    }
    return outcome;
  }
  void cancel() override {
    const std::lock_guard lock(warehouse_.mutex);
    cancelled_ = true;
    warehouse_.changed.notify_all();
  }
  engine::SessionState state() const override { return state_; }

 private:
  FakeWarehouse& warehouse_;
  engine::SessionState state_;
  bool cancelled_ = false;
};

class FakeRunner final : public engine::StatementRunner {
 public:
  explicit FakeRunner(FakeWarehouse& warehouse) : warehouse_(warehouse) {}
  base::Result<std::unique_ptr<engine::StatementSession>> open_session(const engine::SessionSettings&) override {
    return std::make_unique<FakeSession>(warehouse_);
  }

 private:
  FakeWarehouse& warehouse_;
};

class WarehouseServiceTest : public ::testing::Test {
 protected:
  WarehouseServiceTest()
      : service_({.any_password = false, .access_token = "secret", .patience = patience_}, runner_, clock_, workers_) {
    server_ = http::Server::start(thread_, {}, service_).value();
  }
  ~WarehouseServiceTest() override {
    service_.stop();
    server_.reset();
  }

  json::object post(std::string target, std::string body, std::string token = {}, std::string method = "POST") {
    http::Client client({.host = "127.0.0.1", .port = server_->port()});
    http::Request request{.method = std::move(method), .target = std::move(target), .body = std::move(body)};
    if (!token.empty()) request.headers.add("Authorization", "Snowflake Token=\"" + token + "\"");
    const auto response = client.send(request);
    EXPECT_TRUE(response && response->status == 200);
    EXPECT_EQ(response->headers.get("content-type"), "application/json");
    return json::parse(response->body).get_object();
  }
  json::object login(std::string_view password = "secret") {
    return post("/session/v1/login-request?requestId=1&databaseName=db",
                R"({"data":{"LOGIN_NAME":"me","PASSWORD":")" + std::string(password) + R"("}})");
  }
  std::string log_in() { return std::string(login().at("data").at("token").get_string()); }
  json::object query(const std::string& token, const std::string& sql, const std::string& more = "",
                     const std::string& id = "") {
    return post("/queries/v1/query-request?requestId=" + id, R"({"sqlText":")" + sql + "\"" + more + "}", token);
  }
  void wait_until_blocked() {
    std::unique_lock lock(warehouse_.mutex);
    warehouse_.changed.wait(lock, [&] { return warehouse_.blocked; });
  }

  std::chrono::milliseconds patience_{50};
  FakeWarehouse warehouse_;
  FakeRunner runner_{warehouse_};
  base::SystemWallClock clock_;
  http::Workers workers_{2};
  http::IoThread thread_;
  WarehouseService service_;
  std::unique_ptr<http::Server> server_;
};

TEST_F(WarehouseServiceTest, LogsIn) {
  const auto answer = login();
  EXPECT_TRUE(answer.at("success").get_bool());
  const auto& data = answer.at("data").get_object();
  EXPECT_EQ(data.at("sessionId").get_int64(), 1);
  EXPECT_EQ(data.at("displayUserName").get_string(), "ME");
  EXPECT_EQ(data.at("sessionInfo").at("databaseName").get_string(), "DB");
  EXPECT_TRUE(data.at("sessionInfo").at("schemaName").is_null());
  EXPECT_EQ(data.at("parameters").at(0).at("name").get_string(), "AUTOCOMMIT");
  EXPECT_TRUE(data.at("parameters").at(0).at("value").get_bool());
}

TEST_F(WarehouseServiceTest, RefusesAWrongPassword) {
  const auto answer = login("wrong");
  EXPECT_FALSE(answer.at("success").get_bool());
  EXPECT_EQ(answer.at("code").get_string(), "390100");
  EXPECT_EQ(answer.at("data").at("nextAction").get_string(), "RETRY_LOGIN");
}

TEST_F(WarehouseServiceTest, RefusesAnUnknownToken) {
  EXPECT_EQ(query("nonsense", "SELECT 1").at("code").get_string(), "390104");
  const auto token = log_in();
  EXPECT_TRUE(post("/session?delete=true", "", token).at("success").get_bool());
  EXPECT_EQ(query(token, "SELECT 1").at("code").get_string(), "390104");
}

TEST_F(WarehouseServiceTest, RenewsATokenOfTheSameSession) {
  const auto first = login().at("data").as_object();
  const auto renewed = post("/session/token-request", R"({"oldSessionToken":"x","requestType":"RENEW"})",
                            std::string(first.at("masterToken").get_string()));
  EXPECT_EQ(renewed.at("data").at("sessionId"), first.at("sessionId"));
  EXPECT_TRUE(
      query(std::string(renewed.at("data").at("sessionToken").get_string()), "SELECT 1").at("success").get_bool());
}

TEST_F(WarehouseServiceTest, AnswersAQuery) {
  const auto answer = query(log_in(), "SELECT 1");
  const auto& data = answer.at("data").get_object();
  EXPECT_EQ(json::serialize(data.at("rowset")), R"([["1","x"],["2",null]])");
  EXPECT_EQ(data.at("total").get_int64(), 2);
  EXPECT_EQ(data.at("version").get_int64(), 1);
  EXPECT_EQ(data.at("statementTypeId").get_int64(), 4096);
  EXPECT_EQ(data.at("queryResultFormat").get_string(), "json");
  EXPECT_EQ(data.at("finalDatabaseName").get_string(), "DB");
  EXPECT_EQ(data.at("queryId").get_string().size(), 36U);
  EXPECT_FALSE(data.contains("resultIds"));
}

TEST_F(WarehouseServiceTest, TellsErrors) {
  const auto answer = query(log_in(), "FAIL");
  EXPECT_FALSE(answer.at("success").get_bool());
  EXPECT_EQ(answer.at("code").get_string(), "002003");
  EXPECT_EQ(answer.at("data").at("errorCode").get_string(), "002003");
  EXPECT_EQ(answer.at("data").at("sqlState").get_string(), "42S02");
  EXPECT_EQ(answer.at("message").get_string(), "SQL compilation error:\nObject 'X' does not exist or not authorized.");
}

TEST_F(WarehouseServiceTest, TellsChangedParameters) {
  const auto answer = query(log_in(), "ALTER SESSION SET TIMEZONE = 'UTC'");
  EXPECT_THAT(json::serialize(answer.at("data").at("parameters")), HasSubstr(R"({"name":"TIMEZONE","value":"UTC"})"));
}

TEST_F(WarehouseServiceTest, RunsARepeatedRequestOnce) {
  const auto token = log_in();
  const auto first = query(token, "INSERT 1", "", "same");
  const auto again = query(token, "INSERT 1", "", "same");
  EXPECT_EQ(first.at("data").at("queryId"), again.at("data").at("queryId"));
  EXPECT_EQ(warehouse_.texts, std::vector<std::string>{"INSERT 1"});
}

TEST_F(WarehouseServiceTest, RunsArrayBindsRowByRowInOneTransaction) {
  const auto answer = query(log_in(), "INSERT 1", R"(,"bindings":{"1":{"type":"FIXED","value":["1","2","3"]}})");
  EXPECT_EQ(json::serialize(answer.at("data").at("rowset")), R"([["3"]])");
  EXPECT_EQ(answer.at("data").at("stats").at("numRowsInserted").get_int64(), 3);
  EXPECT_EQ(warehouse_.texts, (std::vector<std::string>{"BEGIN", "INSERT 1", "INSERT 1", "INSERT 1", "COMMIT"}));
}

TEST_F(WarehouseServiceTest, RunsSeveralStatements) {
  const auto token = log_in();
  const auto wrong = query(token, "SELECT 1; SELECT 2");
  EXPECT_EQ(wrong.at("code").get_string(), "000008");
  EXPECT_EQ(wrong.at("message").get_string(), "Actual statement count 2 did not match the desired statement count 1.");

  const auto answer = query(token, "SELECT 1; INSERT 2", R"(,"parameters":{"MULTI_STATEMENT_COUNT":2})");
  const auto& data = answer.at("data").get_object();
  EXPECT_EQ(data.at("statementTypeId").get_int64(), 0xA000);
  EXPECT_EQ(data.at("resultTypes").get_string(), "4096,12544");
  EXPECT_EQ(json::serialize(data.at("rowset")), R"([["Multiple statements executed successfully."]])");
  const std::string ids(data.at("resultIds").get_string());
  const auto child = post("/queries/" + ids.substr(37) + "/result", "", token, "GET");
  EXPECT_EQ(child.at("data").at("statementTypeId").get_int64(), 0x3100);
  EXPECT_EQ(child.at("data").at("queryId").get_string(), ids.substr(37));
}

TEST_F(WarehouseServiceTest, AnswersInProgressAndAborts) {
  const auto token = log_in();
  const auto running = query(token, "BLOCK", "", "long");
  EXPECT_EQ(running.at("code").get_string(), "333333");
  const std::string id(running.at("data").at("queryId").get_string());
  EXPECT_EQ(running.at("data").at("getResultUrl").get_string(), "/queries/" + id + "/result");
  EXPECT_EQ(
      post("/monitoring/queries/" + id, "", token, "GET").at("data").at("queries").at(0).at("status").get_string(),
      "RUNNING");
  wait_until_blocked();
  EXPECT_TRUE(
      post("/queries/v1/abort-request?requestId=other", R"({"requestId":"long"})", token).at("success").get_bool());
  auto ended = post("/queries/" + id + "/result", "", token, "GET");
  while (ended.at("code") == "333333") ended = post("/queries/" + id + "/result", "", token, "GET");
  EXPECT_EQ(ended.at("code").get_string(), "000604");
  EXPECT_EQ(ended.at("data").at("sqlState").get_string(), "57014");
}

TEST_F(WarehouseServiceTest, AbortsARequestThatIsStillOnItsWay) {
  const auto token = log_in();
  EXPECT_TRUE(post("/queries/v1/abort-request", R"({"requestId":"late"})", token).at("success").get_bool());
  EXPECT_EQ(query(token, "SELECT 1", "", "late").at("code").get_string(), "000604");
  EXPECT_TRUE(warehouse_.texts.empty());
}

TEST_F(WarehouseServiceTest, RunsAsynchronously) {
  const auto token = log_in();
  const auto begun = query(token, "SELECT 1", R"(,"asyncExec":true)");
  EXPECT_EQ(begun.at("code").get_string(), "333334");
  const std::string id(begun.at("data").at("queryId").get_string());
  EXPECT_EQ(post("/queries/" + id + "/result", "", token, "GET").at("data").at("total").get_int64(), 2);
  const auto status = post("/monitoring/queries/" + id, "", token, "GET").at("data").at("queries").at(0);
  EXPECT_EQ(status.at("status").get_string(), "SUCCESS");
  EXPECT_EQ(status.at("errorCode").get_string(), "");
  EXPECT_TRUE(post("/monitoring/queries/unknown", "", token, "GET").at("data").at("queries").get_array().empty());
}

TEST_F(WarehouseServiceTest, TakesCompressedBodies) {
  const auto token = log_in();
  EXPECT_TRUE(
      post("/queries/v1/query-request", http::gzip(R"({"sqlText":"SELECT 1"})"), token).at("success").get_bool());
}

TEST_F(WarehouseServiceTest, StopsWhatRuns) {
  const auto token = log_in();
  EXPECT_EQ(query(token, "BLOCK").at("code").get_string(), "333333");
  wait_until_blocked();
  service_.stop();
  EXPECT_EQ(service_.counters().running, 0U);
}

}  // namespace
}  // namespace server::warehouse

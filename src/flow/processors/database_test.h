#pragma once

#include <string>
#include <vector>

#include "flow/database/database.h"
#include "flow/database/sql_values.h"
#include "flow/processors/record_test_services.h"

namespace flow {

/// An SQLite database of a test, and the pool "pool" that leads to it.
class TestDatabase {
 public:
  explicit TestDatabase(const std::vector<std::string>& statements) {
    connection_ = database::kSqlite.connect({.url = "sqlite:" + path(), .properties = {}}).value();
    for (const auto& statement : statements) run(statement);
  }
  void run(const std::string& statement) {
    const auto done = connection_->execute(statement);
    ASSERT_TRUE(done) << done.error().message << ": " << statement;
  }
  std::string rows(const std::string& query) {
    auto outcome = connection_->execute(query);
    if (!outcome) return outcome.error().message;
    std::vector<record::Value> row(outcome->rows->columns().size());
    std::string text;
    while (outcome->rows->next(row).value()) {
      for (const auto& value : row) text += (value.is_null() ? "NULL" : database::sql_text(value)) + ",";
      text += "\n";
    }
    return text;
  }
  ServiceDefinition service() const {
    return flow::service("pool", "DBCPConnectionPool",
                         {{"Database Connection URL", url()}, {"Database Driver Class Name", "org.sqlite.JDBC"}});
  }
  static PropertyValues pool(PropertyValues more) {
    more.insert({"Database Connection Pooling Service", "pool"});
    return more;
  }

  std::string url() const { return "jdbc:sqlite:" + path(); }

 private:
  std::string path() const { return folder_.at("test.db"); }
  Folder folder_;
  std::unique_ptr<database::Connection> connection_;
};

}  // namespace flow

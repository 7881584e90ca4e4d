#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flow/database/database.h"
#include "flow/processors/record_test_services.h"
#include "flow/record/json_reader.h"
#include "flow/record_sql.h"
#include "flow/snowflake.h"
#include "flow/warehouse_links.h"

namespace flow {

/// Keeps what it is asked, and answers as it is told.
class TestWarehouse final : public SnowflakeStages, public database::Driver, public RecordSql {
 public:
  WarehouseLinks links() { return {.driver = this, .record_sql = this, .stages = this}; }

  base::Status upload(const StageUpload& upload) override {
    uploads.push_back(upload);
    return answer();
  }
  base::Status insert_files(const SnowflakeAccount& account, const std::string& pipe,
                            const std::vector<std::string>& paths) override {
    asked.push_back(account.user + " " + pipe + " " + paths.at(0));
    return answer();
  }
  base::Result<std::vector<IngestedFile>> insert_report(const SnowflakeAccount& account, const std::string& pipe,
                                                        const std::vector<std::string>& paths) override {
    TRY_VOID(insert_files(account, pipe, paths));
    return report;
  }
  base::Result<std::unique_ptr<database::Connection>> connect(const database::Address& address) const override {
    addresses.push_back(address);
    return database::kSqlite.connect({.url = "sqlite:", .properties = {}});
  }

  /// A table that answers "none" with nothing, "broken" with an error, and else with one record.
  class Table final : public RecordTable {
   public:
    explicit Table(record::SchemaPtr schema) : schema_(std::move(schema)) {}
    base::Status append(const record::Row&) override {
      ++rows_;
      return {};
    }
    base::Result<std::unique_ptr<record::Reader>> query(const std::string& sql) override {
      if (sql == "broken") return base::fail(base::ErrorKind::Syntax, "what is that");
      const auto text = sql == "none" ? std::string("[]") : R"({"rows":)" + std::to_string(rows_) + "}";
      const auto schema = record::make_schema({{.name = "rows", .type = {record::Type::Int}}});
      return record::open_json(record::input_of(text), schema, {});
    }

   private:
    record::SchemaPtr schema_;
    int rows_ = 0;
  };
  base::Result<std::unique_ptr<RecordTable>> open(const record::SchemaPtr& schema) override {
    return std::make_unique<Table>(schema);
  }

  std::vector<StageUpload> uploads;
  std::vector<std::string> asked;
  std::vector<IngestedFile> report;
  mutable std::vector<database::Address> addresses;
  std::optional<base::ErrorKind> fails;

 private:
  base::Status answer() const { return fails ? base::Status(base::fail(*fails, "no")) : base::Status{}; }
};

/// A pool "pool" of connections to it.
inline ServiceDefinition warehouse_pool(PropertyValues more = {}) {
  more.insert({{"Snowflake URL", "account.snowflakecomputing.com?role=r"},
               {"Database User", "me"},
               {"Database", "D"},
               {"Schema", "S"},
               {"Warehouse", "W"}});
  return service("pool", "SnowflakeComputingConnectionPool", std::move(more));
}

}  // namespace flow

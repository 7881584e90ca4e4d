#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/duckdb/connection.h"
#include "flow/record_sql.h"

namespace bridge {

/// SQL over records by the analytical engine, in an instance of its own that holds the records of all contents that are
/// being asked.
class EngineRecordSql final : public flow::RecordSql {
 public:
  struct Options {
    std::string temp_directory;  // for what does not fit into `memory_limit`
    std::string memory_limit = "512MB";
    int threads = 2;
  };
  explicit EngineRecordSql(Options options) : options_(std::move(options)) {}
  base::Result<std::unique_ptr<flow::RecordTable>> open(const flow::record::SchemaPtr& schema) override;

 private:
  base::Result<std::shared_ptr<engine::duck::Instance>> instance();

  const Options options_;
  std::mutex instance_mutex_;
  std::shared_ptr<engine::duck::Instance> instance_;  // made when first needed
};

}  // namespace bridge

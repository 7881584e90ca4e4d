#pragma once

#include "engine/statement_runner.h"
#include "flow/snowflake.h"
#include "store/object_store.h"

namespace bridge {

/// Stages and pipes by SQL: names are found and rights are checked as for any client.
class WarehouseStages final : public flow::SnowflakeStages {
 public:
  /// Both outlive it.
  WarehouseStages(engine::StatementRunner& runner, store::ObjectStore& objects) : runner_(runner), objects_(objects) {}
  base::Status upload(const flow::StageUpload& upload) override;
  base::Status insert_files(const flow::SnowflakeAccount& account, const std::string& pipe,
                            const std::vector<std::string>& paths) override;
  base::Result<std::vector<flow::IngestedFile>> insert_report(const flow::SnowflakeAccount& account,
                                                              const std::string& pipe,
                                                              const std::vector<std::string>& paths) override;

 private:
  engine::StatementRunner& runner_;
  store::ObjectStore& objects_;
};

}  // namespace bridge

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/database.h"
#include "engine/statement_runner.h"
#include "flow/database/database.h"
#include "flow/snowflake.h"

namespace bridge {

/// A session of the warehouse for a flow: without a user that of the program; without what the account names where that
/// does not exist, as the drivers do it.
base::Result<std::unique_ptr<engine::StatementSession>> open_session(engine::StatementRunner& runner,
                                                                     const flow::SnowflakeAccount& account,
                                                                     engine::SessionSettings settings = {});

/// The driver of jdbc:snowflake: account and host of a URL do not matter, its parameters do.
class WarehouseDriver final : public flow::database::Driver {
 public:
  /// Both outlive it, and its connections. `database` answers null until a session has opened it.
  WarehouseDriver(engine::StatementRunner& runner, std::function<engine::Database*()> database)
      : runner_(runner), database_(std::move(database)) {}
  base::Result<std::unique_ptr<flow::database::Connection>> connect(
      const flow::database::Address& address) const override;
  base::Status forget_tokens(std::string_view source, std::span<const std::string> tokens) const override;

 private:
  engine::StatementRunner& runner_;
  const std::function<engine::Database*()> database_;
};

}  // namespace bridge

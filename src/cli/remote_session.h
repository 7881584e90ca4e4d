#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "engine/statement_runner.h"
#include "http/client.h"

namespace cli {

/// A session on a running server, over the protocol of the Snowflake drivers.
class RemoteSession final : public engine::StatementSession {
 public:
  struct Options {
    std::string url;
    std::string user = "FRESHET";
    std::string password;
  };
  /// Errors: Unavailable (no server), Denied, Unsupported (https).
  static base::Result<std::unique_ptr<RemoteSession>> open(Options options);
  ~RemoteSession() override;

  base::Result<engine::StatementOutcome> run(std::string_view text, std::span<const engine::Value> binds = {}) override;
  void cancel() override;
  engine::SessionState state() const override { return state_; }

 private:
  RemoteSession(http::Client::Options server, Options options);
  base::Status log_in();
  http::Request request(std::string method, std::string target, std::string body) const;

  const http::Client::Options server_;
  const Options options_;
  http::Client client_;
  std::string token_;
  engine::SessionState state_;
  std::mutex running_mutex_;  // guards running_
  std::string running_;       // id of the request that runs
};

/// A cell of a JSON rowset as a value. Errors: InvalidValue. Source: snowflake-wire.md 7.
base::Result<engine::Value> parse_cell(std::string_view text, const catalog::LogicalType& type);

}  // namespace cli

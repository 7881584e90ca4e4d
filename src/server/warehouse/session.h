#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/statement_runner.h"

namespace server::warehouse {

/// A logged-in client. Statements take turns on `running_mutex`; everything else belongs to the I/O thread.
struct Session {
  std::uint64_t id = 0;
  std::string token, master_token;
  std::string user;
  std::map<std::string, std::string> client_parameters;  // those that only clients use
  std::unique_ptr<engine::StatementSession> statements;
  std::mutex running_mutex;

  /// Of the last statement; safe while one runs.
  engine::SessionState last_state() {
    const std::lock_guard lock(state_mutex_);
    return state_;
  }
  void set_last_state(engine::SessionState state) {
    const std::lock_guard lock(state_mutex_);
    state_ = std::move(state);
  }

 private:
  std::mutex state_mutex_;
  engine::SessionState state_;
};

/// 256 random bits as text.
std::string make_token();
/// A random UUID in lower case.
std::string make_query_id();

/// `sessionInfo`-like names of a state as JSON fields: "finalDatabaseName":"DB",... with the given prefix.
void append_names(std::string& out, const engine::SessionState& state, std::string_view prefix);

/// The parameters that the client is told now.
std::map<std::string, std::string> told_parameters(const Session& session, const engine::SessionState& state);

/// An identifier in a connection setting: folded to upper case unless it is quoted.
std::string fold_identifier(std::string_view text);

}  // namespace server::warehouse

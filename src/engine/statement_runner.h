#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/result_set.h"

namespace engine {

struct FileTransfer;
class Work;

/// Rows that a DML statement touched. What a statement kind does not report is empty.
struct RowCounts {
  std::optional<std::int64_t> inserted, updated, deleted, multi_joined_updated, loaded;
  std::int64_t affected() const {
    return inserted.value_or(0) + updated.value_or(0) + deleted.value_or(0) + loaded.value_or(0);
  }
};

/// What one statement answered. `type_id` is the client protocol's statement type (0x1000 SELECT, 0x3100 INSERT ...).
struct StatementOutcome {
  std::shared_ptr<const ResultSet> result;
  RowCounts counts;
  std::string query_id;
  std::uint32_t type_id = 0;
  std::shared_ptr<const FileTransfer> transfer = {};  // of PUT and GET: the client has to move the files now
};

/// What a client is told about its session after each statement.
struct SessionState {
  std::string user, role;
  std::optional<std::string> database, schema, warehouse;  // stored names
  bool in_transaction = false;
  std::map<std::string, std::string> parameters;  // what was set, upper-case name -> value as text
};

/// What a statement would answer, found without running it.
struct StatementDescription {
  std::vector<ResultColumn> columns;
  std::uint32_t type_id = 0;
  int bind_count = 0;
};

/// A client's session: current database, schema and role, parameters, variables, open transaction. One statement at a
/// time; `cancel` may come from any thread.
class StatementSession {
 public:
  virtual ~StatementSession() = default;
  /// Runs exactly one statement (one trailing semicolon is allowed). Binds replace `?` and `:1` in order.
  virtual base::Result<StatementOutcome> run(std::string_view text, std::span<const Value> binds = {}) = 0;
  virtual void cancel() = 0;
  /// The id that the next statement has, for clients that are told it before the statement ends; otherwise it is made.
  virtual void use_query_id(std::string) {}
  virtual SessionState state() const { return {}; }
  /// Binds may be missing.
  virtual base::Result<StatementDescription> describe(std::string_view) {
    return base::fail(base::ErrorKind::Unsupported, "describing a statement without running it is not supported");
  }
};

struct SessionSettings {
  std::string user = "FRESHET";
  std::string role = "ACCOUNTADMIN";              // empty: the user's default role
  std::optional<std::string> database, schema;    // stored names, not folded again
  std::map<std::string, std::string> parameters;  // upper-case name -> value as SQL text
  std::uint64_t task_run = 0;  // the run of a task that this session serves, for its runtime functions; 0: none
  /// Called inside the commit of a DML statement that is a transaction of its own, with its query id: writes what is to
  /// be durable with it. Not for the statements of procedures.
  std::function<base::Status(Work&, const std::string&)> in_commit = {};
  /// Called inside the commit of an explicit transaction, for each DML statement of it: writes what is to be durable
  /// with it.
  std::function<base::Status(Work&)> in_transaction_commit = {};
};

/// Runs SQL for rooms below exec/: tasks, procedures, flow processors. Implemented in exec/.
class StatementRunner {
 public:
  virtual ~StatementRunner() = default;
  virtual base::Result<std::unique_ptr<StatementSession>> open_session(const SessionSettings& settings) = 0;
  /// With which a user may prove who it is: base64 of RSA keys, as ALTER USER was given them. None for an unknown user.
  virtual std::vector<std::string> public_keys(std::string_view) const { return {}; }
};

}  // namespace engine

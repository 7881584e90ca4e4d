#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "engine/binder.h"
#include "engine/database.h"
#include "engine/statement_runner.h"
#include "exec/idle_statements.h"
#include "exec/services.h"
#include "sql/ast.h"

namespace exec {

/// Whose rights and names a session has: a client's own, or those of a procedure that runs inside one.
enum class Rights { Client, CallerRights, OwnerRights };

/// A client's session, or the scope of a procedure within one (which shares its connection and transaction).
class Session final : public engine::StatementSession {
 public:
  static base::Result<std::unique_ptr<Session>> open(Services& services, const engine::SessionSettings& settings);
  /// The scope of a procedure with its caller's rights, or its owner's: its role, its database and schema, and the
  /// parameters that owner's rights take from the caller.
  std::unique_ptr<Session> nested_as_caller();
  std::unique_ptr<Session> nested_as_owner(const catalog::Record& procedure, const catalog::Record& schema);
  ~Session() override;

  base::Result<engine::StatementOutcome> run(std::string_view text, std::span<const engine::Value> binds = {}) override;
  void cancel() override { cancel_->cancel(); }
  void use_query_id(std::string id) override { next_query_id_ = std::move(id); }
  engine::SessionState state() const override;
  base::Result<engine::StatementDescription> describe(std::string_view text) override;

  /// As run, without running first what the last commit made due: for statements inside of another one.
  base::Result<engine::StatementOutcome> run_inside(std::string_view text, std::span<const engine::Value> binds = {},
                                                    const engine::NamedBinds* named = nullptr) {
    return run_now(text, binds, named);
  }

  // ---- Used by the files of this room.
  Services& services() { return services_; }
  engine::EngineSession& engine() { return *engine_; }
  engine::Parameters& parameters() { return parameters_; }
  std::map<std::string, engine::Value>& variables() { return *variables_; }
  engine::CancelToken& cancel_token() { return *cancel_; }
  catalog::NameScope names() const;
  /// Errors: Denied 003013 (42501) when the session's user does not hold the role.
  base::Status use_role(const std::string& name);
  Rights rights() const { return rights_; }
  bool started_transaction() const { return started_transaction_; }

  std::string user, role;
  bool unrestricted = false;     // the program itself asks, not a role
  bool secondary_roles = false;  // the user's other roles count as well
  std::optional<std::string> warehouse;
  std::optional<catalog::ObjectId> database, schema;
  std::uint64_t task_run = 0;  // the run of a task that this session serves; 0: none
  std::function<base::Status(engine::Work&, const std::string&)> in_commit;  // of SessionSettings
  std::function<base::Status(engine::Work&)> in_transaction_commit;          // likewise
  IdleStatements::Sum* idle_sum = nullptr;  // of the procedure whose scope this is, when anyone asks

  struct Past {
    std::string query_id;
    std::shared_ptr<const engine::ResultSet> result;
  };
  /// Newest last; the results of the last ones are kept for RESULT_SCAN.
  std::deque<Past>& past() { return *past_; }
  int depth() const { return depth_; }

 private:
  base::Result<engine::StatementOutcome> run_now(std::string_view text, std::span<const engine::Value> binds,
                                                 const engine::NamedBinds* named);
  Session(Services& services, std::shared_ptr<engine::EngineSession> engine);
  base::Result<engine::StatementOutcome> dispatch(class Running& running, const sql::Statement& statement);
  base::Result<engine::StatementOutcome> run_chain(class Running& running, const sql::PipeChain& chain);
  std::unique_ptr<Session> nested(Rights rights);
  std::set<std::string> roles_of_user(const catalog::Snapshot& catalog) const;
  std::string default_role(const catalog::Snapshot& catalog) const;
  catalog::AccessPtr access() const;
  std::string make_query_id();
  void remember(const std::string& query_id, std::shared_ptr<const engine::ResultSet> result);

  Services& services_;
  std::shared_ptr<engine::EngineSession> engine_;
  engine::Parameters parameters_;
  std::shared_ptr<std::map<std::string, engine::Value>> variables_;
  std::shared_ptr<engine::CancelToken> cancel_;
  std::shared_ptr<std::deque<Past>> past_;
  std::shared_ptr<std::uint64_t> statements_;
  std::string next_query_id_;
  Rights rights_ = Rights::Client;
  bool started_transaction_ = false;  // BEGIN inside this scope
  int depth_ = 0;                     // of nested procedures
  struct KnownAccess {
    std::uint64_t definitions = 0;  // of the catalog
    bool with_secondary_roles = false;
    catalog::AccessPtr access;
  };
  mutable KnownAccess known_access_;  // as long as nothing changes
  friend class Running;
};

}  // namespace exec

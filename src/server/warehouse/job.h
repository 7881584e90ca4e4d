#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/statement_runner.h"
#include "http/server.h"
#include "server/warehouse/binds.h"
#include "server/warehouse/session.h"

namespace server::warehouse {

/// What a client asked to run.
struct QueryRequest {
  std::string text;
  Binds binds;
  std::map<std::string, std::string> parameters;  // for this request only
  int statement_count = 1;                        // 0: any number
  bool describe_only = false;
  std::string host;  // as the client calls this server
};

/// One finished statement of a request.
struct FinishedStatement {
  std::string query_id;
  engine::StatementOutcome outcome;
  engine::SessionState state;
  std::map<std::string, std::string> parameters;
  int bind_count = 0;
};

/// One query request: runs on a thread of its own, is waited for by any number of requests. What it found may be read
/// once it is finished. All calls on the I/O thread but run() and cancelled().
class Job {
 public:
  Job(std::shared_ptr<Session> session, std::string request_id, QueryRequest request, base::Instant begun);
  ~Job();

  const std::string query_id;  // of the request; a single statement has it too
  const std::string request_id;
  const base::Instant begun;
  const QueryRequest request;

  /// On the job's own thread.
  void run();
  /// Wakes all who wait.
  void finish(base::Instant ended);
  /// True when the job is finished within the time.
  http::Awaitable<bool> wait(std::chrono::milliseconds limit);
  /// Ends it as soon as possible with 000604.
  void cancel();

  bool finished() const { return finished_; }
  bool cancelled() const { return cancelled_; }
  base::Instant ended() const { return ended_; }
  Session& session() const { return *session_; }
  const std::optional<base::Error>& error() const { return error_; }
  /// One, or with several statements one for each.
  const std::vector<FinishedStatement>& statements() const { return statements_; }
  bool is_multiple() const { return multiple_; }

 private:
  struct Waiters;
  base::Status run_all();
  base::Status run_one(std::string_view text, const std::vector<engine::Value>& binds, std::string id);
  base::Status run_rows(std::string_view text);
  base::Status describe();
  base::Status check_cancelled() const;
  void keep(engine::StatementOutcome outcome, std::string id, int bind_count);

  std::shared_ptr<Session> session_;
  std::unique_ptr<Waiters> waiters_;
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> running_{false};
  bool finished_ = false;
  bool multiple_ = false;
  base::Instant ended_;
  std::optional<base::Error> error_;
  std::vector<FinishedStatement> statements_;
};

}  // namespace server::warehouse

#include "server/warehouse/job.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/warehouse/parameters.h"
#include "sql/parser.h"

namespace server::warehouse {
namespace {

namespace asio = boost::asio;

/// One row that adds up the counts of a statement that ran once per row of its binds.
class SummedRow final : public engine::ResultSet {
 public:
  explicit SummedRow(const engine::ResultSet& first) : columns_(first.columns()), sums_(columns_.size()) {}
  void add(const engine::ResultSet& counts) {
    for (std::size_t column = 0; column < sums_.size() && counts.row_count() > 0; ++column)
      if (const auto value = counts.value(0, column); const auto* number = std::get_if<engine::Decimal>(&value))
        sums_[column] += number->digits;
  }
  const std::vector<engine::ResultColumn>& columns() const override { return columns_; }
  std::uint64_t row_count() const override { return 1; }
  engine::Value value(std::uint64_t, std::size_t column) const override { return engine::Decimal{sums_[column], 0}; }

 private:
  std::vector<engine::ResultColumn> columns_;
  std::vector<base::Int128> sums_;
};

void add_counts(engine::RowCounts& sum, const engine::RowCounts& more) {
  const auto add = [](std::optional<std::int64_t>& into, const std::optional<std::int64_t>& count) {
    if (count) into = into.value_or(0) + *count;
  };
  add(sum.inserted, more.inserted);
  add(sum.updated, more.updated);
  add(sum.deleted, more.deleted);
  add(sum.multi_joined_updated, more.multi_joined_updated);
  add(sum.loaded, more.loaded);
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  return out + "'";
}

/// Sets parameters for one request, and sets them back at its end.
class StatementParameters {
 public:
  StatementParameters(engine::StatementSession& session, const std::map<std::string, std::string>& parameters)
      : session_(session) {
    if (parameters.empty()) return;
    const auto before = session.state().parameters;
    for (const auto& [name, value] : parameters) {
      // Names come from clients: what is no plain word is no parameter.
      const bool word = std::ranges::all_of(
          name, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9'); });
      if (!word || name.empty() || !session.run(fmt::format("ALTER SESSION SET {} = {}", name, quoted(value))))
        continue;
      const auto old = before.find(name);
      undo_.push_back(old == before.end() ? fmt::format("ALTER SESSION UNSET {}", name)
                                          : fmt::format("ALTER SESSION SET {} = {}", name, quoted(old->second)));
    }
  }
  ~StatementParameters() {
    for (const auto& statement : undo_) (void)session_.run(statement);
  }
  StatementParameters(const StatementParameters&) = delete;
  StatementParameters& operator=(const StatementParameters&) = delete;

 private:
  engine::StatementSession& session_;
  std::vector<std::string> undo_;
};

}  // namespace

struct Job::Waiters {
  std::vector<asio::steady_timer*> timers;
};

Job::Job(std::shared_ptr<Session> session, std::string id_of_request, QueryRequest what, base::Instant now)
    : query_id(make_query_id()),
      request_id(std::move(id_of_request)),
      begun(now),
      request(std::move(what)),
      session_(std::move(session)),
      waiters_(std::make_unique<Waiters>()) {}
Job::~Job() = default;

http::Awaitable<bool> Job::wait(std::chrono::milliseconds limit) {
  if (finished_) co_return true;
  asio::steady_timer timer(co_await asio::this_coro::executor, limit);
  waiters_->timers.push_back(&timer);
  (void)co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  std::erase(waiters_->timers, &timer);
  co_return finished_;
}

void Job::finish(base::Instant ended) {
  finished_ = true;
  ended_ = ended;
  for (auto* timer : waiters_->timers) timer->cancel();
}

void Job::cancel() {
  cancelled_ = true;
  if (running_) session_->statements->cancel();
}

base::Status Job::check_cancelled() const {
  if (!cancelled_) return {};
  return base::fail({base::ErrorKind::Cancelled, 604, "57014", "SQL execution canceled", {}});
}

void Job::run() {
  const std::lock_guard turn(session_->running_mutex);
  running_ = true;
  base::Status status;
  try {
    status = run_all();
  } catch (const std::exception& exception) {
    status = base::fail(base::ErrorKind::Internal, fmt::format("internal error: {}", exception.what()));
  }
  running_ = false;
  if (!status) error_ = std::move(status).error();
  session_->set_last_state(session_->statements->state());
}

base::Status Job::run_all() {
  TRY_VOID(check_cancelled());
  const auto spans = sql::split_statements(request.text);
  if (spans.empty())
    return base::fail({base::ErrorKind::Syntax, 900, "42601", "SQL compilation error:\nEmpty SQL statement.", {}});
  const auto wanted = static_cast<std::size_t>(request.statement_count);
  if (wanted != 0 && wanted != spans.size())
    return base::fail(
        {base::ErrorKind::Unsupported,
         8,
         "0A000",
         fmt::format("Actual statement count {} did not match the desired statement count {}.", spans.size(), wanted),
         {}});
  const StatementParameters parameters(*session_->statements, request.parameters);
  if (request.describe_only) return describe();
  if (request.binds.array) return run_rows(request.text);
  const auto binds = request.binds.rows.empty() ? std::vector<engine::Value>{} : request.binds.rows[0];
  if (spans.size() == 1) return run_one(request.text, binds, query_id);

  multiple_ = true;
  std::size_t used = 0;
  for (const auto& span : spans) {
    const auto text = std::string_view(request.text).substr(span.offset, span.length);
    std::vector<engine::Value> own;
    if (!binds.empty()) {
      // Placeholders are numbered over the whole text.
      TRY(const auto description, session_->statements->describe(text));
      const auto end = std::min(binds.size(), used + static_cast<std::size_t>(description.bind_count));
      own.assign(binds.begin() + static_cast<std::ptrdiff_t>(used), binds.begin() + static_cast<std::ptrdiff_t>(end));
      used = end;
    }
    TRY_VOID(run_one(text, own, make_query_id()));
  }
  return {};
}

void Job::keep(engine::StatementOutcome outcome, std::string id, int bind_count) {
  auto state = session_->statements->state();
  auto told = told_parameters(*session_, state);
  statements_.push_back({std::move(id), std::move(outcome), std::move(state), std::move(told), bind_count});
}

base::Status Job::run_one(std::string_view text, const std::vector<engine::Value>& binds, std::string id) {
  TRY_VOID(check_cancelled());
  session_->statements->use_query_id(id);
  TRY(auto outcome, session_->statements->run(text, binds));
  keep(std::move(outcome), std::move(id), static_cast<int>(binds.size()));
  return {};
}

base::Status Job::run_rows(std::string_view text) {
  auto& statements = *session_->statements;
  const bool own_transaction = !statements.state().in_transaction;
  if (own_transaction) TRY_VOID(statements.run("BEGIN"));
  engine::StatementOutcome sum;
  std::shared_ptr<SummedRow> counts;
  for (const auto& row : request.binds.rows) {
    auto outcome = base::Result<engine::StatementOutcome>(base::fail(base::ErrorKind::Cancelled, {}));
    if (const auto go_on = check_cancelled(); !go_on) {
      outcome = base::fail(go_on.error());
    } else {
      statements.use_query_id(query_id);
      outcome = statements.run(text, row);
    }
    if (!outcome) {
      if (own_transaction) (void)statements.run("ROLLBACK");
      return base::fail(std::move(outcome).error());
    }
    if (!counts) counts = std::make_shared<SummedRow>(*outcome->result);
    counts->add(*outcome->result);
    add_counts(sum.counts, outcome->counts);
    sum.type_id = outcome->type_id;
  }
  if (own_transaction) TRY_VOID(statements.run("COMMIT"));
  if (!counts) return base::fail(base::ErrorKind::InvalidValue, "array binds have no rows");
  sum.result = std::move(counts);
  keep(std::move(sum), query_id, static_cast<int>(request.binds.rows[0].size()));
  return {};
}

base::Status Job::describe() {
  /// Columns without rows.
  class Empty final : public engine::ResultSet {
   public:
    explicit Empty(std::vector<engine::ResultColumn> columns) : columns_(std::move(columns)) {}
    const std::vector<engine::ResultColumn>& columns() const override { return columns_; }
    std::uint64_t row_count() const override { return 0; }
    engine::Value value(std::uint64_t, std::size_t) const override { return {}; }

   private:
    std::vector<engine::ResultColumn> columns_;
  };
  TRY(auto description, session_->statements->describe(request.text));
  engine::StatementOutcome outcome{.result = std::make_shared<Empty>(std::move(description.columns)),
                                   .type_id = description.type_id};
  keep(std::move(outcome), query_id, description.bind_count);
  return {};
}

}  // namespace server::warehouse

#include "engine/work_impl.h"

#include <fmt/format.h>

#include "base/log.h"

namespace engine {

using catalog::ObjectId;
using catalog::TransactionId;

WorkImpl::WorkImpl(Setting setting)
    : session_(setting.session),
      options_(setting.options),
      own_connection_(std::move(setting.own_connection)),
      connection_(*setting.connection),
      client_(std::move(setting.client)),
      transaction_(client_ ? std::optional(client_->id) : setting.transaction),
      ends_client_(client_.has_value() || setting.transaction.has_value()),
      catalog_(session_.database().catalog()) {
  if (options_.cancel) options_.cancel->on_cancel([this] { connection_.interrupt(); });
}

WorkImpl::~WorkImpl() { finish(); }

// Undoes what was not committed, and gives everything back. Harmless when repeated.
void WorkImpl::finish() {
  if (finished_) return;
  finished_ = true;
  if (options_.cancel) options_.cancel->on_cancel({});
  if (started_) (void)connection_.run("ROLLBACK");
  started_ = false;
  if (!ends_client_ && transaction_) {
    database().locks().release_all(*transaction_);
    database().end_transaction(*transaction_);
  }
  if (!own_connection_) session_.release_connection();
}

base::Status WorkImpl::lock(ObjectId object, LockMode mode) {
  const auto status = database().locks().acquire(transaction(), object, mode,
                                                 {.timeout = options_.lock_timeout, .cancel = options_.cancel});
  if (options_.cancel) options_.cancel->on_cancel([this] { connection_.interrupt(); });  // the wait had its own
  if (!started_) catalog_ = database().catalog();
  return status;
}

base::Status WorkImpl::start() {
  if (started_) return {};
  if (options_.cancel && options_.cancel->cancelled()) return base::fail(cancelled_error());
  TRY(auto begun, database().begin(connection_));
  started_ = true;
  version_ = begun.version;
  catalog_ = std::move(begun.catalog);
  if (client_ && !client_->records.empty()) {
    catalog::Change kept;
    for (const auto& [id, record] : client_->records)
      if (record)
        kept.put.push_back(record);
      else
        kept.erase.push_back(id);
    catalog_ = catalog_->with(kept);
  }
  return {};
}

TransactionId WorkImpl::transaction() {
  if (!transaction_) transaction_ = database().new_transaction();
  return *transaction_;
}

base::Result<duck::QueryResult> WorkImpl::run(const std::string& sql) {
  if (dead_) return base::fail(base::ErrorKind::Internal, "the statement has failed already");
  if (!started_) return base::fail(base::ErrorKind::Internal, "the statement has not been started");
  if (options_.cancel && options_.cancel->cancelled()) {
    dead_ = true;
    return base::fail(cancelled_error());
  }
  auto result = connection_.query(sql);
  // A failure may have killed the transaction, whose COMMIT would then report success and keep nothing.
  if (!result) dead_ = true;
  return result;
}

base::Result<std::shared_ptr<const ResultSet>> WorkImpl::query(const std::string& sql,
                                                               std::vector<ResultColumn> columns) {
  TRY(auto result, run(sql));
  return result.result_set(std::move(columns));
}

base::Result<std::int64_t> WorkImpl::execute(const std::string& sql) {
  TRY(auto result, run(sql));
  return result.changed();
}

base::Result<std::string> WorkImpl::scratch(const std::string& sql) {
  const std::string name = new_scratch();
  TRY_VOID(run(fmt::format("CREATE TEMP TABLE {} AS {}", name, sql)));
  return name;
}

std::string WorkImpl::new_scratch() {
  return scratches_.emplace_back(fmt::format("temp.main.s{}", session_.next_scratch()));
}

void WorkImpl::drop_scratches() {
  for (const std::string& name : scratches_) (void)run("DROP TABLE IF EXISTS " + name);
  scratches_.clear();
  deltas_.clear();
}

void WorkImpl::on_commit(std::function<base::Status(Work&)> before, std::function<void()> after) {
  auto& hooks = client_ ? client_->hooks : hooks_;
  hooks.push_back({std::move(before), std::move(after)});
}

base::Status WorkImpl::commit() {
  if (dead_) return base::fail(base::ErrorKind::Internal, "the statement has failed: nothing can be committed");
  if (!started_) {
    finish();
    return {};
  }
  if (client_) {
    // The statement's part of the client's transaction is kept: in temporary tables, and in the session.
    drop_scratches();
    for (const ObjectId stream : consumed_) client_->consumed.insert(stream);
    for (const auto& [id, changed] : records_) client_->records[id] = changed;
    if (dead_) return base::fail(base::ErrorKind::Internal, "the statement has failed: nothing can be committed");
    TRY_VOID(connection_.run("COMMIT"));
    started_ = false;
    session_.keep(*std::move(client_));
    client_.reset();
    finish();
    return {};
  }
  TRY_VOID(write_consumed(consumed_, version_));
  for (std::size_t i = 0; i < hooks_.size(); ++i)  // a hook may add another
    if (hooks_[i].before) TRY_VOID(hooks_[i].before(*this));
  TRY_VOID(commit_version());
  const auto hooks = std::move(hooks_);
  finish();
  for (const CommitHooks& hook : hooks)
    if (hook.after) hook.after();
  return {};
}

base::Status WorkImpl::commit_version() {
  drop_scratches();
  if (dead_) return base::fail(base::ErrorKind::Internal, "the statement has failed: nothing can be committed");
  if (options_.cancel) {
    options_.cancel->on_cancel({});  // from here on it is too late
    if (options_.cancel->cancelled()) return base::fail(cancelled_error());
  }
  if (tables_.empty() && records_.empty()) {
    TRY_VOID(connection_.run("COMMIT"));
  } else {
    CommitRequest request{
        .transaction = transaction(), .query_id = options_.query_id, .tables = tables_, .catalog = {}};
    for (const auto& [id, changed] : records_)
      if (changed)
        request.catalog.put.push_back(changed);
      else
        request.catalog.erase.push_back(id);
    TRY(version_, database().commit(connection_, request));
  }
  started_ = false;
  return {};
}

base::Status WorkImpl::commit_client(const ClientTransaction& client) {
  TRY_VOID(start());
  for (const auto& [id, changed] : client.records) {
    if (changed)
      record(changed);
    else
      TRY_VOID(erase(id));
  }
  for (const auto& [table, pending] : client.pending) TRY_VOID(apply(pending));
  TRY_VOID(write_consumed(client.consumed, client.begun));
  for (const CommitHooks& hook : client.hooks)
    if (hook.before) TRY_VOID(hook.before(*this));
  for (std::size_t i = 0; i < hooks_.size(); ++i)
    if (hooks_[i].before) TRY_VOID(hooks_[i].before(*this));
  TRY_VOID(commit_version());
  const auto hooks = std::move(hooks_);
  finish();
  for (const CommitHooks& hook : client.hooks)
    if (hook.after) hook.after();
  for (const CommitHooks& hook : hooks)
    if (hook.after) hook.after();
  return {};
}

}  // namespace engine

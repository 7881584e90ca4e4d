#include "engine/session.h"

#include <fmt/format.h>

#include "base/log.h"
#include "engine/work_impl.h"

namespace engine {

SessionImpl::~SessionImpl() {
  if (open_) (void)rollback();
  drop_temporary_tables();
}

void SessionImpl::drop_temporary_tables() {
  std::vector<catalog::ObjectId> mine;
  const auto catalog = database_.catalog();  // held: a commit of another session may publish the next one meanwhile
  for (const auto& [object, record] : catalog->all())
    if (const auto* table = std::get_if<catalog::TableBody>(&record->body); table && table->session == id_)
      mine.push_back(object);
  if (mine.empty()) return;
  const auto drop = [&]() -> base::Status {
    TRY(auto work, begin_work({.query_id = "", .now = database_.clock().now()}));
    TRY_VOID(work->start());
    for (const auto object : mine) TRY_VOID(work->erase(object));
    return work->commit();
  };
  if (auto dropped = drop(); !dropped)
    LOG_WARN("engine.temporary_tables_kept session={} error=\"{}\"", id_, dropped.error().message);
}

base::Result<duck::Connection*> SessionImpl::connection() {
  if (!connection_) {
    TRY(connection_, database_.connect());
  }
  return connection_.get();
}

base::Result<std::unique_ptr<Work>> SessionImpl::begin_work(WorkOptions options) {
  WorkImpl::Setting setting{.session = *this,
                            .options = options,
                            .connection = nullptr,
                            .own_connection = nullptr,
                            .client = {},
                            .transaction = {}};
  const bool of_client = open_ && !options.own_commit;
  if (busy_) {
    if (of_client) return base::fail(base::ErrorKind::Internal, "a statement of this session is still running");
    TRY(setting.own_connection, database_.connect());
    setting.connection = setting.own_connection.get();
  } else {
    TRY(setting.connection, connection());
    busy_ = true;
  }
  if (of_client) setting.client = open_;
  return std::unique_ptr<Work>(std::make_unique<WorkImpl>(std::move(setting)));
}

base::Status SessionImpl::begin(base::Instant) {
  if (open_) return {};
  TRY_VOID(connection());
  open_ = ClientTransaction{.id = database_.new_transaction(),
                            .begun = database_.version(),
                            .pending = {},
                            .records = {},
                            .consumed = {},
                            .hooks = {}};
  database_.pin(open_->begun);
  return {};
}

base::Status SessionImpl::commit(WorkOptions options) {
  if (!open_) return {};
  if (busy_) return base::fail(base::ErrorKind::Internal, "a statement of this session is still running");
  base::Status status;
  const bool changed =
      !open_->pending.empty() || !open_->records.empty() || !open_->consumed.empty() || !open_->hooks.empty();
  if (changed) {
    busy_ = true;
    WorkImpl work({.session = *this,
                   .options = options,
                   .connection = connection_.get(),
                   .own_connection = nullptr,
                   .client = {},
                   .transaction = open_->id});
    status = work.commit_client(*open_);
  }
  end_transaction();
  return status;
}

base::Status SessionImpl::rollback() {
  if (!open_) return {};
  if (busy_) return base::fail(base::ErrorKind::Internal, "a statement of this session is still running");
  end_transaction();
  return {};
}

void SessionImpl::end_transaction() {
  for (const auto& [table, pending] : open_->pending)
    (void)connection_->run(fmt::format("DROP TABLE IF EXISTS {}; DROP TABLE IF EXISTS {}; DROP TABLE IF EXISTS {};",
                                       pending.made(), pending.gone(), pending.over()));
  database_.unpin(open_->begun);
  database_.locks().release_all(open_->id);
  database_.end_transaction(open_->id);
  open_.reset();
}

std::optional<catalog::TransactionId> SessionImpl::transaction() const {
  return open_ ? std::optional(open_->id) : std::nullopt;
}

}  // namespace engine

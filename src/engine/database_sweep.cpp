#include <fmt/format.h>

#include <filesystem>

#include "base/fault/kill_point.h"
#include "base/log.h"
#include "engine/database_impl.h"
#include "engine/tables.h"

namespace engine {

using catalog::RecordPtr;
using catalog::Version;

namespace {

// A log of this size is worth the writes of a checkpoint; a restart reads it in well under a second.
constexpr std::uintmax_t kCheckpointBytes = 64u << 20;
constexpr std::int64_t kDayNs = 86'400'000'000'000;
constexpr std::int64_t kKeepCommitsDays = 14;

}  // namespace

base::Status DatabaseImpl::write_checkpoint() {
  base::kill_point("engine.before_checkpoint");
  TRY_VOID(housekeeping_->run("CHECKPOINT wh"));
  base::kill_point("engine.checkpointed");
  return {};
}

base::Status DatabaseImpl::checkpoint() {
  std::lock_guard lock(housekeeping_mutex_);
  return write_checkpoint();
}

// The oldest version that somebody may still read the table at.
Version DatabaseImpl::oldest_needed(const catalog::Snapshot& snapshot, const catalog::Record& table) const {
  const auto& body = tables::body(table);
  const auto at = [&](std::int64_t days) {
    const auto found = log_.version_at({clock_.now().ns - days * kDayNs});
    return found ? *found : log_.oldest();
  };
  Version needed = body.retention_days > 0 ? at(body.retention_days) : log_.newest();
  const Version extended = at(std::max(body.retention_days, body.extension_days));
  for (const auto& [id, record] : snapshot.all()) {
    const auto* stream = std::get_if<catalog::StreamBody>(&record->body);
    if (!stream || record->dropped) continue;
    const bool reads =
        stream->source == table.id || std::ranges::find(stream->base_tables, table.id) != stream->base_tables.end();
    if (reads) needed = std::min(needed, std::max(stream->offset, extended));
  }
  std::lock_guard lock(pins_mutex_);
  if (!pins_.empty()) needed = std::min(needed, Version{*pins_.begin()});
  return needed;
}

base::Status DatabaseImpl::sweep_table(duck::Connection& connection, const RecordPtr& table) {
  const auto owner = new_transaction();
  struct Release {
    DatabaseImpl& database;
    catalog::TransactionId owner;
    ~Release() {
      database.locks_.release_all(owner);
      database.end_transaction(owner);
    }
  } release{*this, owner};
  // Dropping a column or a segment beside us would clash with what we delete: such a table is for the next sweep.
  if (!locks_.acquire(owner, table->id, LockMode::Shared, {.timeout = std::chrono::milliseconds{0}})) return {};
  TRY(auto start, begin(connection));
  const auto rollback = [&] { return connection.run("ROLLBACK"); };
  const RecordPtr now = start.catalog->find(table->id);
  if (!now) return rollback();
  const auto visibility = log_.visibility(oldest_needed(*start.catalog, *now));
  if (!visibility) return rollback();
  catalog::Record record = *now;
  auto& segments = std::get<catalog::TableBody>(record.body).segments;
  bool dropped = false;
  for (auto segment = segments.begin(); segment != segments.end();) {
    const bool gone = segment->ended_by && visibility->contains(*segment->ended_by);
    const std::string sql =
        gone ? tables::drop_segment(segment->id)
             : fmt::format("DELETE FROM {} WHERE {}", tables::past(segment->id), visibility->contains("_end"));
    if (auto done = connection.run(sql); !done) {
      (void)rollback();
      return done;
    }
    dropped |= gone;
    segment = gone ? segments.erase(segment) : segment + 1;
  }
  if (!dropped) return connection.run("COMMIT");
  const auto committed =
      commit(connection, {owner, "", {}, {{std::make_shared<const catalog::Record>(std::move(record))}, {}}});
  if (committed) return {};
  (void)rollback();
  return base::fail(committed.error());
}

base::Status DatabaseImpl::sweep_dropped(const catalog::Snapshot& snapshot) {
  const auto session = open_session();
  for (const auto& [id, record] : snapshot.all()) {
    if (!record->dropped) continue;
    const auto* table = std::get_if<catalog::TableBody>(&record->body);
    const std::int64_t days = table ? table->retention_days : 1;
    if (record->dropped->ns + days * kDayNs > clock_.now().ns) continue;
    TRY(auto work,
        session->begin_work({.query_id = "", .now = clock_.now(), .lock_timeout = std::chrono::milliseconds{0}}));
    if (!work->lock(id, LockMode::Exclusive)) continue;
    TRY_VOID(work->start());
    const RecordPtr now = work->catalog().find(id);
    if (!now || !now->dropped) continue;  // undropped meanwhile
    TRY_VOID(work->erase(id));
    TRY_VOID(work->commit());
  }
  return {};
}

base::Status DatabaseImpl::trim_commits(duck::Connection& connection, Version oldest) {
  if (oldest <= log_.oldest()) return {};
  TRY_VOID(connection.run(fmt::format("DELETE FROM wh.meta.commits WHERE version < {}", oldest.value)));
  log_.trim(oldest);
  return {};
}

// The catalog is a log: what a newer text of the same id replaced goes, and erased ids go whole.
base::Status DatabaseImpl::compact_catalog(duck::Connection& connection) {
  return connection.run(
      "DELETE FROM wh.meta.catalog AS old USING (SELECT id, max(version) AS newest, arg_max(record IS NULL, version) "
      "AS erased FROM wh.meta.catalog GROUP BY id"
      " HAVING count(*) > 1 OR erased) AS kept WHERE old.id = kept.id AND (old.version < kept.newest OR kept.erased)");
}

base::Status DatabaseImpl::sweep() {
  const auto snapshot = catalog();
  TRY_VOID(sweep_dropped(*snapshot));
  std::lock_guard lock(housekeeping_mutex_);
  const auto kept_since = log_.version_at({clock_.now().ns - kKeepCommitsDays * kDayNs});
  Version oldest = kept_since ? *kept_since : log_.oldest();
  for (const auto& [id, record] : snapshot->all()) {
    if (const auto* stream = std::get_if<catalog::StreamBody>(&record->body)) oldest = std::min(oldest, stream->offset);
    if (!std::holds_alternative<catalog::TableBody>(record->body)) continue;
    oldest = std::min(oldest, oldest_needed(*snapshot, *record));
    if (!record->dropped) TRY_VOID(sweep_table(*housekeeping_, record));
  }
  TRY_VOID(trim_commits(*housekeeping_, oldest));
  TRY_VOID(compact_catalog(*housekeeping_));
  std::error_code missing;
  const auto log_bytes = std::filesystem::file_size(options_.file + ".wal", missing);
  if (missing || log_bytes <= kCheckpointBytes) return {};
  // Whoever works now may stand in its way: the next sweep tries again.
  if (auto written = write_checkpoint(); !written) LOG_WARN("engine.checkpoint_postponed log_bytes={}", log_bytes);
  return {};
}

}  // namespace engine

#include "exec/idle_statements.h"

#include "engine/stream_offset.h"

namespace exec {
namespace {

constexpr std::size_t kKept = 1000;

}  // namespace

IdleStatements::IdleStatements(engine::Database& database) {
  database.on_commit([this](const engine::Database::Commit& commit) {
    const std::lock_guard lock(idle_mutex_);
    for (const catalog::ObjectId table : commit.tables) changed_[table] = commit.version;
  });
}

std::optional<IdleStatements::Key> IdleStatements::key_of(const Running& running) {
  Session& session = running.session;
  if (session.engine().in_transaction() || !session.parameters().flag("AUTOCOMMIT")) return std::nullopt;
  if (!running.context.binds.empty() || running.context.named_binds != nullptr || !session.variables().empty())
    return std::nullopt;
  return Key{std::string(running.text), session.role, session.database, session.schema, session.parameters().changed()};
}

std::optional<Outcome> IdleStatements::find(const Running& running) const {
  const std::lock_guard lock(idle_mutex_);
  if (idle_.empty()) return std::nullopt;
  const auto key = key_of(running);
  if (!key) return std::nullopt;
  const auto found = idle_.find(*key);
  if (found == idle_.end()) return std::nullopt;
  const Proof& proof = found->second.proof;
  const auto catalog = running.catalog();
  if (catalog != proof.catalog) return std::nullopt;
  for (const catalog::ObjectId table : proof.tables)
    if (const auto changed = changed_.find(table); changed != changed_.end() && changed->second > proof.version)
      return std::nullopt;
  for (const catalog::ObjectId id : proof.streams) {
    const auto stream = catalog->find(id);
    if (!stream || !engine::offset_may_stay(std::get<catalog::StreamBody>(stream->body), running.context.now))
      return std::nullopt;
  }
  return found->second.outcome;
}

void IdleStatements::remember(const Running& running, Proof proof, const Outcome& outcome) {
  const auto key = key_of(running);
  if (!key || running.catalog() != proof.catalog) return;
  // A temporary table may stand for another one in its session.
  for (const auto& [id, record] : proof.catalog->all())
    if (const auto* table = std::get_if<catalog::TableBody>(&record->body); table && table->session != 0) return;
  const std::lock_guard lock(idle_mutex_);
  if (idle_.size() >= kKept || (!idle_.empty() && idle_.begin()->second.proof.catalog != proof.catalog)) idle_.clear();
  idle_.insert_or_assign(*key, Idle{std::move(proof), outcome});
}

}  // namespace exec

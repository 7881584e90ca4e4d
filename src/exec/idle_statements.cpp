#include "exec/idle_statements.h"

#include <algorithm>
#include <set>

#include "engine/stream_offset.h"
#include "exec/running.h"

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
  return Key{std::string(running.text), session.role + (session.secondary_roles ? "+" : ""), session.database,
             session.schema, session.parameters().changed()};
}

std::optional<IdleStatements::Idle> IdleStatements::lookup(const Running& running) const {
  const std::lock_guard lock(idle_mutex_);
  if (idle_.empty()) return std::nullopt;
  const auto key = key_of(running);
  if (!key) return std::nullopt;
  const auto found = idle_.find(*key);
  return found == idle_.end() ? std::nullopt : std::optional(found->second);
}

bool IdleStatements::holds(const Proof& proof, const catalog::Snapshot& catalog) const {
  if (catalog.definitions() != proof.catalog->definitions()) return false;
  const std::lock_guard lock(idle_mutex_);
  return std::ranges::none_of(proof.tables, [&](catalog::ObjectId table) {
    const auto changed = changed_.find(table);
    return changed != changed_.end() && changed->second > proof.version;
  });
}

std::optional<Outcome> IdleStatements::find(Running& running) {
  auto known = lookup(running);
  const auto catalog = running.catalog();
  if (!known || !holds(known->proof, *catalog)) return std::nullopt;
  const bool all_may_stay = std::ranges::all_of(known->proof.streams, [&](catalog::ObjectId id) {
    const auto stream = catalog->find(id);
    return stream && engine::offset_may_stay(std::get<catalog::StreamBody>(stream->body), running.context.now);
  });
  if (all_may_stay || move_offsets(running, known->proof)) return std::move(known->outcome);
  return std::nullopt;
}

/// False when it could not be done, or what the proof rests on has changed meanwhile: then the statement is run.
bool IdleStatements::move_offsets(Running& running, const Proof& proof) const {
  const auto work = running.begin();
  if (!work) return false;
  for (const catalog::ObjectId stream : std::set(proof.streams.begin(), proof.streams.end()))
    if (!(*work)->lock(stream, engine::LockMode::Exclusive)) return false;
  // From here on the work sees no newer commit, and has been told of all that it sees.
  if (!(*work)->start() || !holds(proof, (*work)->catalog())) return false;
  for (const catalog::ObjectId stream : proof.streams) (*work)->consume(stream);
  return (*work)->commit().has_value();
}

void IdleStatements::remember(const Running& running, Proof proof, const Outcome& outcome) {
  const auto key = key_of(running);
  if (!key || running.catalog()->definitions() != proof.catalog->definitions()) return;
  // A temporary table may stand for another one in its session.
  for (const auto& [id, record] : proof.catalog->all())
    if (const auto* table = std::get_if<catalog::TableBody>(&record->body); table && table->session != 0) return;
  const std::lock_guard lock(idle_mutex_);
  if (idle_.size() >= kKept ||
      (!idle_.empty() && idle_.begin()->second.proof.catalog->definitions() != proof.catalog->definitions()))
    idle_.clear();
  idle_.insert_or_assign(*key, Idle{std::move(proof), outcome});
}

void IdleStatements::add(const Running& ended, Sum& sum) const {
  const auto known = sum.idle ? lookup(ended) : std::nullopt;
  if (!known || (sum.proof && sum.proof->catalog->definitions() != known->proof.catalog->definitions())) {
    sum.idle = false;
    return;
  }
  if (!sum.proof) {
    sum.proof = known->proof;
    return;
  }
  sum.proof->version = std::min(sum.proof->version, known->proof.version);
  sum.proof->tables.insert(known->proof.tables.begin(), known->proof.tables.end());
  sum.proof->streams.insert(sum.proof->streams.end(), known->proof.streams.begin(), known->proof.streams.end());
}

}  // namespace exec

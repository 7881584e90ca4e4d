#include "engine/dml/dml.h"

#include <fmt/format.h>

#include "base/overloaded.h"
#include "engine/dml/no_rows.h"
#include "exec/idle_statements.h"
#include "exec/running.h"

namespace exec {

namespace {

const sql::ObjectName* target_of(const sql::Statement& statement) {
  return std::visit(base::Overloaded{
                        [](const sql::Insert& node) { return &node.table; },
                        [](const sql::Update& node) { return &node.table; },
                        [](const sql::Delete& node) { return &node.table; },
                        [](const sql::Merge& node) { return &node.table; },
                        [](const auto&) { return static_cast<const sql::ObjectName*>(nullptr); },
                    },
                    statement.node);
}

base::Result<engine::DmlOutcome> apply(const sql::Statement& statement, engine::BindContext& context) {
  using R = base::Result<engine::DmlOutcome>;
  return std::visit(base::Overloaded{
                        [&](const sql::Insert& node) -> R { return engine::insert(node, context); },
                        [&](const sql::MultiInsert& node) -> R { return engine::insert_multi(node, context); },
                        [&](const sql::Update& node) -> R { return engine::update(node, context); },
                        [&](const sql::Delete& node) -> R { return engine::delete_rows(node, context); },
                        [&](const sql::Merge& node) -> R { return engine::merge(node, context); },
                        [&](const sql::Truncate& node) -> R { return engine::truncate(node, context); },
                        [](const auto&) -> R { return base::fail(base::ErrorKind::Internal, "not a DML statement"); },
                    },
                    statement.node);
}

/// Why a statement that changed nothing will change nothing again, if that can be told.
std::optional<IdleStatements::Proof> proof_of_idleness(const sql::Statement& statement, const engine::DmlOutcome& done,
                                                       engine::BindContext& context) {
  if (done.counts.affected() > 0 || context.work.explicit_transaction()) return std::nullopt;
  IdleStatements::Proof proof{
      .catalog = nullptr, .version = context.work.version(), .tables = {}, .streams = context.streams_read};
  const auto has_no_rows = [&](const catalog::Record& record) {
    if (const auto* stream = std::get_if<catalog::StreamBody>(&record.body)) {
      const auto source = context.work.catalog().find(stream->source);
      if (stream->on_view || stream->initial_rows || !source) return false;
      const auto touched = context.work.touched(*source, stream->offset, proof.version);
      if (!touched || *touched) return false;
      proof.tables.insert(stream->source);
      return true;
    }
    const auto first = context.work.query(fmt::format("SELECT 1 FROM {} LIMIT 1", context.work.rows(record)),
                                          {{"ONE", catalog::LogicalType::number()}});
    if (!first || (*first)->row_count() > 0) return false;
    proof.tables.insert(record.id);
    return true;
  };
  if (!engine::changes_nothing(statement, context.work.catalog(), context.statement, has_no_rows)) return std::nullopt;
  return proof;
}

base::Result<Outcome> attempt(Running& running, const sql::Statement& statement) {
  const auto catalog = running.catalog();
  TRY(auto locks, engine::locks_of(statement, *running.catalog(), running.context));
  TRY(auto work, running.begin());
  for (const engine::DmlLock& lock : locks) TRY_VOID(work->lock(lock.object, lock.mode));
  TRY_VOID(work->start());
  auto context = running.bind_context(*work);
  TRY(auto done, apply(statement, context));
  // The text of a step is that of its whole chain, which does more than this.
  const bool may_be_known = running.services.idle && !running.in_chain;
  auto proof = may_be_known ? proof_of_idleness(statement, done, context) : std::nullopt;
  if (running.session.in_commit && !running.in_chain && !work->explicit_transaction())
    work->on_commit([&](engine::Work& inside) { return running.session.in_commit(inside, running.context.query_id); },
                    {});
  if (running.session.in_transaction_commit && work->explicit_transaction())
    work->on_commit(running.session.in_transaction_commit, {});
  TRY_VOID(work->commit());
  Outcome outcome{.result = std::move(done.result), .counts = done.counts, .query_id = {}, .type_id = done.type_id};
  if (proof) {
    proof->catalog = catalog;
    running.services.idle->remember(running, *std::move(proof), outcome);
  }
  return outcome;
}

/// Gives the target's columns the carriers that hold every value of their types; false when they have them already.
base::Result<bool> widen_target(Running& running, const sql::ObjectName& name) {
  TRY(auto table, running.find(catalog::ObjectKind::Table, name));
  if (!std::holds_alternative<catalog::TableBody>(table->body)) return false;
  const auto narrow = engine::widenable(*table);
  if (narrow.empty()) return false;
  auto options = running.work_options();
  options.own_commit = true;
  TRY(auto work, running.session.engine().begin_work(options));
  TRY_VOID(work->lock(table->id, engine::LockMode::Exclusive));
  TRY_VOID(work->widen(*table, narrow));
  return true;
}

}  // namespace

base::Result<Outcome> run_dml(Running& running, const sql::Statement& statement) {
  if (!running.session.parameters().flag("AUTOCOMMIT")) TRY_VOID(running.session.engine().begin(running.context.now));
  auto outcome = attempt(running, statement);
  if (outcome || (outcome.error().number != 100039 && outcome.error().number != 100046)) return outcome;
  const sql::ObjectName* target = target_of(statement);
  if (!target || running.session.engine().in_transaction()) return outcome;
  TRY(const bool widened, widen_target(running, *target));
  return widened ? attempt(running, statement) : std::move(outcome);
}

}  // namespace exec

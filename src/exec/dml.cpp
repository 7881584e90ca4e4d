#include "engine/dml/dml.h"

#include <fmt/format.h>

#include "base/overloaded.h"
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

base::Result<Outcome> attempt(Running& running, const sql::Statement& statement) {
  TRY(auto locks, engine::locks_of(statement, *running.catalog(), running.context));
  TRY(auto work, running.begin());
  for (const engine::DmlLock& lock : locks) TRY_VOID(work->lock(lock.object, lock.mode));
  TRY_VOID(work->start());
  auto context = running.bind_context(*work);
  TRY(auto done, apply(statement, context));
  TRY_VOID(work->commit());
  return Outcome{.result = std::move(done.result), .counts = done.counts, .query_id = {}, .type_id = done.type_id};
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

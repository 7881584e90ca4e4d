#pragma once

#include <deque>
#include <functional>
#include <string>

#include "sql/parser.h"
#include "task/graph.h"
#include "task/scheduler.h"
#include "task/task_definition.h"

namespace task {

/// A catalog with the schema DB.S (and DB.S2), statements of tasks applied to it, a runner that records what it runs:
/// for tests.
class TestWorld final : public TaskCatalog, public StreamProbe, public engine::StatementRunner {
 public:
  TestWorld() {
    catalog::Record database{
        .id = {1}, .kind = catalog::ObjectKind::Database, .container = {0}, .name = "DB", .body = catalog::PlainBody{}};
    catalog::Record schema{
        .id = {2}, .kind = catalog::ObjectKind::Schema, .container = {1}, .name = "S", .body = catalog::PlainBody{}};
    catalog::Record other{
        .id = {3}, .kind = catalog::ObjectKind::Schema, .container = {1}, .name = "S2", .body = catalog::PlainBody{}};
    snapshot_ = catalog::Snapshot::of({database, schema, other});
  }

  /// Runs CREATE, ALTER or DROP TASK; answers the error's message, or nothing.
  std::string apply(std::string_view text, catalog::ObjectId schema = {2}) {
    auto statement = sql::parse_statement(text);
    if (!statement) return "parse: " + statement.error().message;
    base::Result<DefinitionChange> change = base::fail(base::ErrorKind::Internal, "not a statement of tasks");
    if (const auto* create = std::get_if<sql::CreateTask>(&statement->node))
      change = create_task(context(schema, create->name), *create);
    if (const auto* alter = std::get_if<sql::Alter>(&statement->node))
      change = alter_task(context(schema, alter->name), find(alter->name.parts.back().name, schema), alter->action);
    if (const auto* drop = std::get_if<sql::Drop>(&statement->node))
      change = drop_task(context(schema, drop->name), find(drop->name.parts.back().name, schema));
    if (!change) return change.error().message;
    snapshot_ = snapshot_->with(change->change);
    return {};
  }
  catalog::RecordPtr find(std::string_view name, catalog::ObjectId schema = {2}) {
    return snapshot_->find(catalog::ObjectKind::Task, schema, name);
  }
  const catalog::TaskBody& body(std::string_view name) { return body_of(*find(name)); }

  std::shared_ptr<const catalog::Snapshot> snapshot() override { return snapshot_; }
  base::Status put(catalog::Record record) override {
    snapshot_ = snapshot_->with({.put = {std::make_shared<const catalog::Record>(std::move(record))}, .erase = {}});
    return {};
  }
  base::Result<bool> has_data(catalog::ObjectId, std::string_view stream) override {
    asked.emplace_back(stream);
    const bool seen = data;
    if (on_asked) std::exchange(on_asked, {})();
    return seen;
  }
  base::Result<std::unique_ptr<engine::StatementSession>> open_session(
      const engine::SessionSettings& settings) override {
    sessions.push_back(settings);
    return std::unique_ptr<engine::StatementSession>(new Session(*this, settings));
  }

  base::VirtualClock clock;
  std::vector<std::string> ran;  // "minute:statement"
  std::vector<engine::SessionSettings> sessions;
  std::vector<std::string> asked;
  bool data = false;
  std::function<void()> on_asked;
  std::function<base::Status(std::string_view, const engine::SessionSettings&)> on_run;

  std::int64_t minute() const { return (clock.now() - base::VirtualClock::kStart) / std::chrono::minutes(1); }

 private:
  struct Session final : engine::StatementSession {
    Session(TestWorld& w, engine::SessionSettings s) : world(w), settings(std::move(s)) {}
    base::Result<engine::StatementOutcome> run(std::string_view text, std::span<const engine::Value>) override {
      if (text.starts_with("call ")) text = text.substr(5, text.size() - 7);  // call x() counts as x
      world.ran.push_back(std::to_string(world.minute()) + ":" + std::string(text));
      if (world.on_run) TRY_VOID(world.on_run(text, settings));
      return engine::StatementOutcome{nullptr, {}, "q" + std::to_string(world.ran.size()), 0};
    }
    void cancel() override {}
    TestWorld& world;
    engine::SessionSettings settings;
  };
  DefinitionContext context(catalog::ObjectId schema, const sql::ObjectName& name) {
    return {*snapshot_,
            schema,
            name.parts.back().name,
            "ACCOUNTADMIN",
            clock.now(),
            [this] { return catalog::ObjectId{++last_id_}; },
            [this] { return "uuid-" + std::to_string(last_id_); }};
  }
  std::shared_ptr<const catalog::Snapshot> snapshot_;
  std::uint64_t last_id_ = 100;
};

}  // namespace task

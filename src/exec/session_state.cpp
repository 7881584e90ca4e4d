// USE, session variables, ALTER SESSION, transaction control.
#include <fmt/format.h>

#include "engine/values/datetime_text.h"
#include "exec/create_object.h"
#include "exec/running.h"

namespace exec {

using catalog::ObjectKind;

namespace {

base::Error cannot_be_performed() {
  return compilation_error(2043, "02000", "Object does not exist, or operation cannot be performed.");
}

void enter_database(Session& session, const catalog::Snapshot& catalog, const catalog::Record& database) {
  session.database = database.id;
  const auto schema = catalog.find(ObjectKind::Schema, database.id, "PUBLIC");
  session.schema = schema ? std::optional(schema->id) : std::nullopt;
}

}  // namespace

base::Result<Outcome> use(Running& running, const sql::Use& node) {
  Session& session = running.session;
  const auto catalog = running.catalog();
  TRY(auto parts, running.parts(node.name));
  if (node.kind == "SECONDARY ROLES") {
    session.secondary_roles = parts.back() != "NONE";
    return status(std::string(kExecuted), statement_type::kUse);
  }
  if (node.kind == "ROLE") {
    TRY_VOID(session.use_role(parts.back()));
    return status(std::string(kExecuted), statement_type::kUse);
  }
  if (node.kind == "WAREHOUSE") {
    const auto warehouse = catalog->find(ObjectKind::Warehouse, {}, parts.back());
    if (!warehouse || !running.sees(*warehouse)) return base::fail(cannot_be_performed());
    session.warehouse = parts.back();
    return status(std::string(kExecuted), statement_type::kUse + 3);
  }
  if (node.kind == "SCHEMA" || (node.kind.empty() && parts.size() == 2)) {
    auto schema = catalog::resolve_schema(*catalog, running.context.names, parts);
    if (!schema) return base::fail(schema.error().number == 2003 ? cannot_be_performed() : std::move(schema).error());
    session.database = (*schema)->container;
    session.schema = (*schema)->id;
    return status(std::string(kExecuted), statement_type::kUse + 2);
  }
  const auto database = catalog->find(ObjectKind::Database, {}, parts.back());
  if (!database || !running.sees(*database)) return base::fail(cannot_be_performed());
  enter_database(session, *catalog, *database);
  return status(std::string(kExecuted), statement_type::kUse + 1);
}

base::Result<Outcome> set_variables(Running& running, const sql::SetVariables& node) {
  TRY(auto work, running.begin());
  TRY_VOID(work->start());
  auto context = running.bind_context(*work);
  std::vector<engine::Value> values;
  if (node.names.size() != node.values.size())
    return base::fail(compilation_error(
        1789, "42601",
        fmt::format("SET names {} variables and gives {} values", node.names.size(), node.values.size())));
  for (const sql::Expr& expression : node.values) {
    TRY(auto value, engine::evaluate(expression, context));
    values.push_back(std::move(value));
  }
  for (std::size_t i = 0; i < values.size(); ++i)
    running.session.variables().insert_or_assign(node.names[i].name, std::move(values[i]));
  return status(std::string(kExecuted));
}

base::Result<Outcome> unset_variables(Running& running, const sql::UnsetVariables& node) {
  for (const sql::Identifier& name : node.names) running.session.variables().erase(name.name);
  return status(std::string(kExecuted));
}

base::Result<Outcome> alter_session(Running& running, const sql::AlterSession& node) {
  for (const sql::Option& option : node.set) {
    // AUTOCOMMIT ends an open transaction, whatever the value.
    if (option.name.name == "AUTOCOMMIT") TRY_VOID(running.session.engine().commit(running.work_options()));
    const std::string value = option_plain(option.value);
    if (option.name.name == "TIMEZONE" && !engine::TimeZone::find(value))
      return base::fail(
          compilation_error(1008, "22023", fmt::format("invalid value [{}] for parameter 'TIMEZONE'", value)));
    TRY_VOID(running.session.parameters().set(option.name.name, value));
  }
  for (const sql::Identifier& name : node.unset) running.session.parameters().unset(name.name);
  return status(std::string(kExecuted), statement_type::kAlterSession);
}

base::Result<Outcome> begin_transaction(Running& running, const sql::BeginTransaction&) {
  TRY_VOID(running.session.engine().begin(running.context.now));
  return status(std::string(kExecuted), statement_type::kTransaction);
}

base::Result<Outcome> commit_transaction(Running& running) {
  TRY_VOID(running.session.engine().commit(running.work_options()));
  return status(std::string(kExecuted), statement_type::kTransaction);
}

base::Result<Outcome> rollback_transaction(Running& running) {
  TRY_VOID(running.session.engine().rollback());
  return status(std::string(kExecuted), statement_type::kTransaction);
}

}  // namespace exec

// SHOW. Layouts: streams-tasks-sql.md 6.1.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "change/stream_status.h"
#include "engine/values/value_text.h"
#include "exec/grants.h"
#include "exec/rows.h"
#include "exec/running.h"
#include "exec/show_rows.h"
#include "task/task_show.h"

namespace exec {

using catalog::ObjectKind;
using catalog::Record;
using catalog::RecordPtr;
using engine::Value;

namespace {

struct Scope {
  std::optional<catalog::ObjectId> database, schema;  // neither: the account
  std::optional<catalog::ObjectId> table;             // of SHOW COLUMNS IN TABLE
};

base::Result<Scope> scope_of(Running& running, const sql::Show& node) {
  const auto catalog = running.catalog();
  Scope scope;
  if (node.scope_word.empty()) {
    scope.schema = running.session.schema;
    scope.database = running.session.database;
    return scope;
  }
  if (node.scope_kind == "ACCOUNT") return scope;
  std::vector<std::string> parts;
  if (node.scope) {
    TRY(parts, running.parts(*node.scope));
  }
  if (node.scope_kind == "DATABASE") {
    if (parts.empty()) {
      scope.database = running.session.database;
    } else {
      TRY(auto database, catalog::resolve_database(*catalog, running.context.names, parts.back()));
      scope.database = database->id;
    }
    return scope;
  }
  if (parts.empty()) {
    scope.schema = running.session.schema;
    scope.database = running.session.database;
    return scope;
  }
  if (node.scope_kind == "TABLE" || node.scope_kind == "VIEW") {
    TRY(const auto table, running.find(ObjectKind::Table, *node.scope));
    const auto schema = catalog->find(table->container);
    return Scope{.database = schema ? std::optional(schema->container) : std::nullopt,
                 .schema = table->container,
                 .table = table->id};
  }
  // SCHEMA x, or a bare name: a schema, else a database.
  if (auto schema = catalog::resolve_schema(*catalog, running.context.names, parts)) {
    scope.schema = (*schema)->id;
    scope.database = (*schema)->container;
    return scope;
  } else if (node.scope_kind == "SCHEMA") {
    return base::fail(std::move(schema).error());
  }
  TRY(auto database, catalog::resolve_database(*catalog, running.context.names, parts.back()));
  scope.database = database->id;
  return scope;
}

std::vector<RecordPtr> in_scope(Running& running, ObjectKind kind, const Scope& scope) {
  const auto catalog = running.catalog();
  std::vector<RecordPtr> found = catalog->list(kind, scope.schema, running.context.session);
  if (!scope.schema && scope.database)
    std::erase_if(found, [&](const RecordPtr& record) {
      const auto schema = catalog->find(record->container);
      return !schema || schema->container != *scope.database;
    });
  std::erase_if(found, [&](const RecordPtr& record) {
    const auto schema = catalog->find(record->container);
    const auto database = schema ? catalog->find(schema->container) : nullptr;
    return !running.sees(*record) || (schema && !running.sees(*schema)) || (database && !running.sees(*database));
  });
  if (kind == ObjectKind::Sequence)  // hidden sequences of identity columns stand in no schema
    std::erase_if(found, [](const RecordPtr& record) { return record->container.value == 0; });
  return found;
}

base::Status databases(Running& running, Rows& rows) {
  for (const auto& record : running.catalog()->list(ObjectKind::Database, std::nullopt)) {
    if (!running.sees(*record)) continue;
    rows.add({{"created_on", ltz(record->created)},
              {"name", record->name},
              {"is_default", std::string("N")},
              {"is_current", yes_no(running.session.database == record->id)},
              {"origin", std::string()},
              {"owner", record->owner},
              {"comment", record->comment},
              {"options", std::string()},
              {"retention_time", std::string("1")},
              {"kind", std::string("STANDARD")},
              {"owner_role_type", std::string("ROLE")}});
  }
  return {};
}

base::Status schemas(Running& running, const sql::Show& node, Rows& rows) {
  const auto catalog = running.catalog();
  std::optional<catalog::ObjectId> only = running.session.database;
  if (node.scope_kind == "ACCOUNT") only.reset();
  if (node.scope) {
    TRY(const auto parts, running.parts(*node.scope));
    TRY(auto database, catalog::resolve_database(*catalog, running.context.names, parts.back()));
    only = database->id;
  }
  for (const auto& record : catalog->list(ObjectKind::Schema, only)) {
    const auto database = catalog->find(record->container);
    if (!running.sees(*record) || (database && !running.sees(*database))) continue;
    rows.add({{"created_on", ltz(record->created)},
              {"name", record->name},
              {"is_default", std::string("N")},
              {"is_current", yes_no(running.session.schema == record->id)},
              {"database_name", database ? Value(database->name) : Value()},
              {"owner", record->owner},
              {"comment", record->comment},
              {"options", std::string()},
              {"retention_time", std::string("1")},
              {"owner_role_type", std::string("ROLE")}});
  }
  return {};
}

/// The parameters of a table, with what the table sets.
base::Status table_parameters(Running& running, const sql::ObjectName& name, Rows& rows) {
  TRY(const RecordPtr table, running.find(ObjectKind::Table, name));
  const auto* body = std::get_if<catalog::TableBody>(&table->body);
  if (!body) return base::fail(catalog::not_found(ObjectKind::Table, table->name));
  static const catalog::TableBody kPlain;
  const auto add = [&](std::string_view key, std::int64_t value, std::int64_t otherwise, std::string_view description) {
    rows.add({{"key", std::string(key)},
              {"value", fmt::format("{}", value)},
              {"default", fmt::format("{}", otherwise)},
              {"level", std::string(value == otherwise ? "" : "TABLE")},
              {"description", std::string(description)},
              {"type", std::string("NUMBER")}});
  };
  add("DATA_RETENTION_TIME_IN_DAYS", body->retention_days, kPlain.retention_days,
      "number of days for which past versions of rows are kept");
  add("MAX_DATA_EXTENSION_TIME_IN_DAYS", body->extension_days, kPlain.extension_days,
      "number of days by which a stream can extend that");
  return {};
}

base::Status parameters(Running& running, const sql::Show& node, Rows& rows) {
  if (node.scope && (node.scope_kind == "TABLE" || node.scope_kind.empty()))
    return table_parameters(running, *node.scope, rows);
  if (node.scope && node.scope_kind != "SESSION" && node.scope_kind != "ACCOUNT")
    return base::fail(unsupported("SHOW PARAMETERS " + node.scope_word + " " + node.scope_kind));
  for (const auto& [name, info] : engine::known_parameters()) {
    const bool set = running.session.parameters().changed().contains(std::string(name));
    const auto lower = [](std::string text, bool is_flag) {
      if (is_flag)
        std::ranges::transform(text, text.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
      return text;
    };
    rows.add({{"key", std::string(name)},
              {"value", lower(running.session.parameters().text(name), info.type == "BOOLEAN")},
              {"default", lower(std::string(info.default_value), info.type == "BOOLEAN")},
              {"level", std::string(set ? "SESSION" : "")},
              {"description", std::string()},
              {"type", std::string(info.type)}});
  }
  return {};
}

base::Status account_objects(Running& running, ObjectKind kind, Rows& rows) {
  for (const auto& record : running.catalog()->list(kind, std::nullopt)) {
    // Roles and users are known to everyone.
    if (kind != ObjectKind::Role && kind != ObjectKind::User && !running.sees(*record)) continue;
    const auto& properties = std::get<catalog::PlainBody>(record->body).properties;
    const auto property = [&](std::string_view name) {
      for (const auto& [key, value] : properties)
        if (key == name) return value.size() > 1 && value.front() == '\'' ? value.substr(1, value.size() - 2) : value;
      return std::string{};
    };
    if (kind == ObjectKind::Role) {
      rows.add({{"created_on", ltz(record->created)},
                {"name", record->name},
                {"is_default", std::string("N")},
                {"is_current", yes_no(running.session.role == record->name)},
                {"is_inherited", std::string("N")},
                {"assigned_to_users", number(0)},
                {"granted_to_roles", number(0)},
                {"granted_roles", number(0)},
                {"owner", record->owner},
                {"comment", record->comment}});
    } else if (kind == ObjectKind::User) {
      rows.add({{"name", record->name},
                {"created_on", ltz(record->created)},
                {"login_name", record->name},
                {"display_name", record->name},
                {"comment", record->comment},
                {"disabled", std::string("false")},
                {"default_role", property("DEFAULT_ROLE")},
                {"owner", record->owner}});
    } else if (kind == ObjectKind::Integration) {
      rows.add({{"name", record->name},
                {"type", property("TYPE")},
                {"category", std::string("STORAGE")},
                {"enabled", property("ENABLED")},
                {"comment", record->comment},
                {"created_on", ltz(record->created)}});
    } else {
      std::string size = property("WAREHOUSE_SIZE").empty() ? "X-Small" : property("WAREHOUSE_SIZE");
      if (size == "X-SMALL" || size == "XSMALL") size = "X-Small";
      rows.add({{"name", record->name},
                {"state", std::string("STARTED")},
                {"type", std::string("STANDARD")},
                {"size", size},
                {"is_default", std::string("N")},
                {"is_current", yes_no(running.session.warehouse == record->name)},
                {"auto_suspend", property("AUTO_SUSPEND")},
                {"auto_resume", property("AUTO_RESUME")},
                {"created_on", ltz(record->created)},
                {"owner", record->owner},
                {"comment", record->comment},
                {"owner_role_type", std::string("ROLE")}});
    }
  }
  return {};
}

// LIKE, STARTS WITH, LIMIT .. FROM: the same for all kinds.
base::Status narrow(const sql::Show& node, Rows& rows, std::string_view name_column) {
  std::size_t limit = 10'000;
  if (node.limit) {
    const auto [end, problem] = std::from_chars(node.limit->data(), node.limit->data() + node.limit->size(), limit);
    if (problem != std::errc{} || limit > 10'000 || limit == 0)
      return base::fail(compilation_error(
          1008, "22023",
          fmt::format("invalid value [{}] for parameter 'LIMIT': must be between 1 and 10,000", *node.limit)));
  }
  std::vector<bool> kept(rows.size(), false);
  std::size_t count = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const std::string name = rows.text(row, name_column);
    if (node.like && !like_matches(name, *node.like)) continue;
    if (node.starts_with && !name.starts_with(*node.starts_with)) continue;
    if (node.limit_from && name <= *node.limit_from) continue;
    kept[row] = count++ < limit;
  }
  rows.keep(kept);
  return {};
}

}  // namespace

base::Result<Outcome> show(Running& running, const sql::Show& node) {
  const auto answer = [](Rows rows) {
    return Outcome{.result = std::move(rows).finish(), .counts = {}, .query_id = {}, .type_id = statement_type::kShow};
  };
  const std::string& kind = node.kind;
  if (kind == "DATABASES" || kind == "SCHEMAS" || kind == "ROLES" || kind == "USERS" || kind == "WAREHOUSES" ||
      kind == "INTEGRATIONS" || kind.ends_with(" INTEGRATIONS") || kind == "PARAMETERS") {
    Rows rows(kind == "DATABASES"    ? layout::kDatabases
              : kind == "SCHEMAS"    ? layout::kSchemas
              : kind == "ROLES"      ? layout::kRoles
              : kind == "USERS"      ? layout::kUsers
              : kind == "WAREHOUSES" ? layout::kWarehouses
              : kind == "PARAMETERS" ? layout::kParameters
                                     : layout::kIntegrations);
    if (kind == "DATABASES")
      TRY_VOID(databases(running, rows));
    else if (kind == "SCHEMAS")
      TRY_VOID(schemas(running, node, rows));
    else if (kind == "PARAMETERS")
      TRY_VOID(parameters(running, node, rows));
    else
      TRY_VOID(account_objects(running,
                               kind == "ROLES"        ? ObjectKind::Role
                               : kind == "USERS"      ? ObjectKind::User
                               : kind == "WAREHOUSES" ? ObjectKind::Warehouse
                                                      : ObjectKind::Integration,
                               rows));
    TRY_VOID(narrow(node, rows, kind == "PARAMETERS" ? "key" : "name"));
    return answer(std::move(rows));
  }
  if (kind == "GRANTS" || kind == "FUTURE GRANTS") {
    TRY(auto rows, show_grants(running, node));
    return answer(std::move(rows));
  }
  if (kind == "VARIABLES") {
    Rows rows("name value type");
    for (const auto& [name, value] : running.session.variables())
      rows.add({{"name", name},
                {"value", engine::to_text(value, {}, engine::format_settings(running.session.parameters()))}});
    return answer(std::move(rows));
  }
  if (kind == "TRANSACTIONS") {
    Rows rows("id user session name started_on:ltz state");
    if (const auto transaction = running.session.engine().transaction())
      rows.add({{"id", fmt::format("{}", transaction->value)},
                {"user", running.context.user},
                {"session", fmt::format("{}", running.context.session)},
                {"state", std::string("running")}});
    return answer(std::move(rows));
  }
  if (kind == "LOCKS") {
    Rows rows("resource type transaction status");
    for (const auto& lock : running.services.database.locks().list()) {
      const auto record = running.catalog()->find(lock.object);
      rows.add({{"resource", record ? running.catalog()->qualified_name(*record) : std::string()},
                {"type", std::string(lock.mode == engine::LockMode::Shared  ? "SHARED"
                                     : lock.mode == engine::LockMode::Write ? "PARTITIONS"
                                                                            : "EXCLUSIVE")},
                {"transaction", fmt::format("{}", lock.owner.value)},
                {"status", std::string(lock.waiting ? "WAITING" : "HOLDING")}});
    }
    return answer(std::move(rows));
  }
  if (kind == "STREAMS" || kind == "TASKS") {
    TRY(const auto scope, scope_of(running, node));
    const bool streams = kind == "STREAMS";
    Rows rows(streams ? change::status_columns(node.terse) : task::task_columns());
    for (const RecordPtr& record : in_scope(running, streams ? ObjectKind::Stream : ObjectKind::Task, scope))
      rows.add_row(streams ? change::status_row(*record, *running.catalog(), running.context.now, node.terse)
                           : task::task_row(*running.catalog(), *record));
    rows.sort_by({"database_name", "schema_name", "name"});
    TRY_VOID(narrow(node, rows, "name"));
    return answer(std::move(rows));
  }
  const auto plan = listing_of(kind);
  if (!plan) return base::fail(unsupported("SHOW " + kind));
  TRY(const auto scope, scope_of(running, node));
  Rows rows(node.terse && !plan->terse.empty() ? plan->terse : plan->columns);
  for (const ObjectKind one : plan->kinds)
    for (const RecordPtr& record : in_scope(running, one, scope))
      if (!scope.table || record->id == *scope.table) TRY_VOID(plan->add(running, *record, rows, node.terse));
  rows.sort_by({"database_name", "schema_name", "table_name", "name"});
  TRY_VOID(narrow(node, rows, kind == "COLUMNS" ? "column_name" : "name"));
  return answer(std::move(rows));
}

}  // namespace exec

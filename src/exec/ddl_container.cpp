// Databases, schemas, and the objects of the account: roles, users, warehouses, integrations.
#include <fmt/format.h>

#include "exec/create_object.h"
#include "exec/grants.h"
#include "exec/running.h"

namespace exec {

using catalog::ObjectKind;
using catalog::Record;

namespace {

base::Status check_mode(const sql::CreateMode& mode) {
  if (mode.or_replace && mode.if_not_exists)
    return base::fail(compilation_error(2049, "42601", "options OR REPLACE and IF NOT EXISTS are incompatible."));
  return {};
}

/// Whether an object of that name, if there is one, may be told of, and with OR REPLACE taken away.
base::Status may_replace(Running& running, const catalog::RecordPtr& existing, const sql::CreateMode& mode) {
  if (!existing) return {};
  if (!running.sees(*existing)) return base::fail(exists_unseen(*existing));
  return mode.or_replace || mode.or_alter ? running.require(*existing, {"OWNERSHIP"}) : base::Status();
}

catalog::PlainBody properties_of(const sql::Options& options) {
  catalog::PlainBody body;
  for (const sql::Option& option : options)
    if (option.name.name != "COMMENT") body.properties.emplace_back(option.name.name, option_sql(option.value));
  return body;
}

Record container(Running& running, engine::Work& work, ObjectKind kind, catalog::ObjectId parent, std::string name,
                 const sql::Options& options) {
  return {.id = work.new_object_id(),
          .kind = kind,
          .container = parent,
          .name = std::move(name),
          .owner = running.context.role,
          .comment = option_text(options, "COMMENT").value_or(""),
          .created = running.context.now,
          .dropped = std::nullopt,
          .body = properties_of(options)};
}

}  // namespace

base::Result<Outcome> create_database(Running& running, const sql::CreateDatabase& node) {
  TRY_VOID(check_mode(node.mode));
  if (node.clone) return base::fail(unsupported("CREATE DATABASE .. CLONE"));
  TRY(auto parts, running.parts(node.name));
  const std::string& name = parts.back();
  TRY_VOID(catalog::require_on_account(running.context.names.access, "CREATE DATABASE"));
  TRY(auto work, running.begin_ddl());
  const auto existing = work->catalog().find(ObjectKind::Database, {}, name);
  TRY_VOID(may_replace(running, existing, node.mode));
  if (existing && node.mode.if_not_exists) return status(fmt::format("{} already exists, statement succeeded.", name));
  if (existing && !node.mode.or_replace) return base::fail(catalog::already_exists(name));
  if (existing) TRY_VOID(retire(*work, *existing, running.context.now));
  const Record database = container(running, *work, ObjectKind::Database, {}, name, node.options);
  const Record schema = container(running, *work, ObjectKind::Schema, database.id, "PUBLIC", {});
  TRY_VOID(work->put(database));
  TRY_VOID(work->put(schema));
  TRY_VOID(work->commit());
  running.session.database = database.id;
  running.session.schema = schema.id;
  return status(fmt::format("Database {} successfully created.", name));
}

base::Result<Outcome> create_schema(Running& running, const sql::CreateSchema& node) {
  TRY_VOID(check_mode(node.mode));
  if (node.clone) return base::fail(unsupported("CREATE SCHEMA .. CLONE"));
  TRY(auto parts, running.parts(node.name));
  const auto catalog = running.catalog();
  catalog::RecordPtr database;
  if (parts.size() >= 2) {
    TRY(database, catalog::resolve_database(*catalog, running.context.names, parts[parts.size() - 2]));
  } else {
    database = running.session.database ? catalog->find(*running.session.database) : nullptr;
    if (!database || database->dropped || !running.sees(*database))
      return base::fail({base::ErrorKind::InvalidValue, 90105, "22000",
                         "Cannot perform CREATE SCHEMA. This session does not have a current database. Call 'USE "
                         "DATABASE', or use a qualified name.",
                         std::nullopt});
  }
  const std::string& name = parts.back();
  TRY_VOID(running.require(*database, {"CREATE SCHEMA"}));
  TRY(auto work, running.begin_ddl(holders_of_future_grants(*catalog, ObjectKind::Schema, database->id)));
  if (const auto there = work->catalog().find(database->id); !there || there->dropped)
    return base::fail(catalog::not_found(ObjectKind::Database, database->name));
  const auto existing = work->catalog().find(ObjectKind::Schema, database->id, name);
  TRY_VOID(may_replace(running, existing, node.mode));
  if (existing && node.mode.if_not_exists) return status(fmt::format("{} already exists, statement succeeded.", name));
  if (existing && !node.mode.or_replace) return base::fail(catalog::already_exists(name));
  if (existing) TRY_VOID(retire(*work, *existing, running.context.now));
  const Record schema = container(running, *work, ObjectKind::Schema, database->id, name, node.options);
  TRY_VOID(work->put(schema));
  for (const Record& holder : future_grants_on(work->catalog(), schema, running.context.now))
    TRY_VOID(work->put(holder));
  TRY_VOID(work->commit());
  running.session.database = database->id;
  running.session.schema = schema.id;
  return status(fmt::format("Schema {} successfully created.", name));
}

base::Result<Outcome> create_account_object(Running& running, ObjectKind kind, const sql::CreateMode& mode,
                                            const sql::ObjectName& object, const sql::Options& options,
                                            std::string_view noun) {
  TRY_VOID(check_mode(mode));
  TRY(auto parts, running.parts(object));
  const std::string& name = parts.back();
  TRY_VOID(catalog::require_on_account(running.context.names.access, "CREATE " + catalog::grant_word(kind)));
  TRY(auto work, running.begin_ddl());
  const auto existing = work->catalog().find(kind, {}, name);
  TRY_VOID(may_replace(running, existing, mode));
  if (existing && mode.if_not_exists) return status(fmt::format("{} already exists, statement succeeded.", name));
  if (existing && !mode.or_replace && !mode.or_alter) return base::fail(catalog::already_exists(name));
  if (existing) TRY_VOID(work->erase(existing->id));
  TRY_VOID(work->put(container(running, *work, kind, {}, name, options)));
  TRY_VOID(work->commit());
  if (kind == ObjectKind::Warehouse) running.session.warehouse = name;
  return status(fmt::format("{} {} successfully created.", noun, name));
}

}  // namespace exec

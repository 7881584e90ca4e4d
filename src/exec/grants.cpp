// GRANT, REVOKE, SHOW GRANTS. Source: streams-tasks-sql.md 6.1, 6.5.
#include "exec/grants.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "exec/create_object.h"

namespace exec {

using catalog::Grant;
using catalog::grants_of;
using catalog::ObjectKind;
using catalog::Record;
using catalog::RecordPtr;
using engine::Value;

namespace {

struct Kind {
  std::string_view word, plural;
  ObjectKind kind;
  std::string_view all;  // what ALL PRIVILEGES stands for
};
constexpr auto kKinds = std::to_array<Kind>({
    {"DATABASE", "DATABASES", ObjectKind::Database,
     "APPLYBUDGET,CREATE DATABASE ROLE,CREATE SCHEMA,IMPORTED PRIVILEGES,MODIFY,MONITOR,USAGE"},
    {"SCHEMA", "SCHEMAS", ObjectKind::Schema,
     "CREATE FILE FORMAT,CREATE FUNCTION,CREATE PIPE,CREATE PROCEDURE,CREATE SEQUENCE,CREATE STAGE,CREATE "
     "STREAM,CREATE TABLE,CREATE TASK,CREATE VIEW,MODIFY,MONITOR,USAGE"},
    {"TABLE", "TABLES", ObjectKind::Table, "DELETE,INSERT,REFERENCES,SELECT,TRUNCATE,UPDATE"},
    {"VIEW", "VIEWS", ObjectKind::View, "REFERENCES,SELECT"},
    {"STAGE", "STAGES", ObjectKind::Stage, "READ,USAGE,WRITE"},
    {"FILE FORMAT", "FILE FORMATS", ObjectKind::FileFormat, "USAGE"},
    {"PIPE", "PIPES", ObjectKind::Pipe, "MONITOR,OPERATE"},
    {"SEQUENCE", "SEQUENCES", ObjectKind::Sequence, "USAGE"},
    {"STREAM", "STREAMS", ObjectKind::Stream, "SELECT"},
    {"TASK", "TASKS", ObjectKind::Task, "MONITOR,OPERATE"},
    {"PROCEDURE", "PROCEDURES", ObjectKind::Procedure, "USAGE"},
    {"FUNCTION", "FUNCTIONS", ObjectKind::Function, "USAGE"},
    {"WAREHOUSE", "WAREHOUSES", ObjectKind::Warehouse, "MODIFY,MONITOR,OPERATE,USAGE"},
    {"ROLE", "ROLES", ObjectKind::Role, ""},
    {"USER", "USERS", ObjectKind::User, "MONITOR"},
    {"INTEGRATION", "INTEGRATIONS", ObjectKind::Integration, "USAGE"},
});

const Kind* kind_of(std::string_view word) {
  const auto found =
      std::ranges::find_if(kKinds, [&](const Kind& kind) { return kind.word == word || kind.plural == word; });
  return found == kKinds.end() ? nullptr : &*found;
}

const Kind* kind_of(const Record& record) {
  const auto found = std::ranges::find(kKinds, record.kind, &Kind::kind);
  return found == kKinds.end() ? nullptr : &*found;
}

/// Who manages grants names any object in them.
catalog::NameScope scope_of_grants(const Running& running) {
  catalog::NameScope names = running.context.names;
  names.public_too = false;
  if (names.access && names.access->may_on_account("MANAGE GRANTS")) names.access = nullptr;
  return names;
}

/// Whether the role may give or take this. Errors: Denied 003102.
base::Status may_grant(const Running& running, const Grant& grant) {
  const catalog::AccessPtr& access = running.context.names.access;
  if (!access) return {};
  const auto object = running.catalog()->find(grant.object);
  // What is of the whole account its administrator grants; MANAGE GRANTS is about objects.
  const bool may = !object ? access->may_on_account("OWNERSHIP")
                   : grant.is_future()
                       ? access->may_on_account("MANAGE GRANTS")
                       : access->may_on_account("MANAGE GRANTS") || access->may_grant(*object, grant.privilege);
  if (may) return {};
  return base::fail(
      {base::ErrorKind::Denied, 3102, "42501", "Grant not executed: Insufficient privileges.", std::nullopt});
}

/// The object that a name means; objects of a schema by its parts, procedures by their signature when one is given.
base::Result<RecordPtr> object_named(Running& running, const Kind& kind, const std::vector<std::string>& parts,
                                     const std::optional<std::vector<sql::TypeName>>& types) {
  const auto catalog = running.catalog();
  const auto names = scope_of_grants(running);
  const auto missing = [&] { return base::fail(catalog::not_found(kind.kind, catalog::joined(parts))); };
  switch (kind.kind) {
    case ObjectKind::Database: return catalog::resolve_database(*catalog, names, parts.back());
    case ObjectKind::Schema: return catalog::resolve_schema(*catalog, names, parts);
    case ObjectKind::Warehouse:
    case ObjectKind::Role:
    case ObjectKind::User:
    case ObjectKind::Integration: {
      auto found = catalog->find(kind.kind, {}, parts.back());
      const bool known_to_all = kind.kind == ObjectKind::Role || kind.kind == ObjectKind::User;
      if (!found || !(known_to_all || catalog::visible(names.access, *found))) return missing();
      return found;
    }
    case ObjectKind::Procedure:
    case ObjectKind::Function: {
      // Their stored names end in their argument types.
      TRY(const auto place, catalog::place(*catalog, names, parts, "GRANT"));
      for (const RecordPtr& record : catalog->list(kind.kind, place.schema)) {
        const auto& body = std::get<catalog::ProcedureBody>(record->body);
        if (record->name.substr(0, record->name.find('(')) != place.name) continue;
        if (!catalog::visible(names.access, *record)) continue;
        if (!types || types->size() == body.arguments.size()) return record;
      }
      return missing();
    }
    default: {
      auto found = catalog::find(*catalog, names, kind.kind, parts);
      if (!found || (found->kind != kind.kind && kind.kind != ObjectKind::Table)) return missing();
      return found;
    }
  }
}

struct Target {
  std::string kind;
  RecordPtr object;  // null: the account
};

/// What stands behind ON: one object, all of a schema or database, or those to come.
base::Result<std::vector<Target>> targets_of(Running& running, const sql::Grant& node) {
  if (node.on_kind == "ACCOUNT") return std::vector<Target>{{.kind = "ACCOUNT", .object = nullptr}};
  TRY(const auto parts, running.parts(*node.on));
  const auto in = node.on_kind.find(" IN ");
  if (in == std::string::npos) {
    const std::string_view word =
        node.on_kind.ends_with("INTEGRATION") ? std::string_view("INTEGRATION") : std::string_view(node.on_kind);
    const Kind* kind = kind_of(word.empty() ? "TABLE" : word);
    if (!kind) return base::fail(unsupported(fmt::format("GRANT ON {}", node.on_kind)));
    TRY(auto object, object_named(running, *kind, parts, node.argument_types));
    return std::vector<Target>{{.kind = std::string(kind_of(*object)->word), .object = std::move(object)}};
  }
  const bool future = node.on_kind.starts_with("FUTURE ");
  const std::string plural = node.on_kind.substr(node.on_kind.find(' ') + 1, in - node.on_kind.find(' ') - 1);
  const Kind* container = kind_of(node.on_kind.substr(in + 4));
  const Kind* kind = kind_of(plural);
  if (!kind || !container) return base::fail(unsupported(fmt::format("GRANT ON {}", node.on_kind)));
  TRY(const auto place, object_named(running, *container, parts, std::nullopt));
  if (future) return std::vector<Target>{{.kind = node.on_kind, .object = place}};
  std::vector<Target> found;
  const auto catalog = running.catalog();
  for (const RecordPtr& record : catalog->list(kind->kind, std::nullopt, running.context.session)) {
    const auto schema = catalog->find(record->container);
    if (record->kind == kind->kind && (record->container == place->id || (schema && schema->container == place->id)))
      found.push_back({.kind = std::string(kind->word), .object = record});
  }
  return found;
}

/// The privileges that were written, ALL spelled out.
std::vector<std::string> privileges_of(const sql::Grant& node, const Target& target) {
  std::vector<std::string> privileges;
  for (const std::string& written : node.privileges) {
    const Kind* kind = target.object && target.kind == kind_of(*target.object)->word ? kind_of(target.kind) : nullptr;
    if ((written != "ALL" && written != "ALL PRIVILEGES") || !kind || kind->all.empty()) {
      privileges.push_back(written);
      continue;
    }
    for (std::string_view rest = kind->all; !rest.empty();) {
      const auto comma = rest.find(',');
      privileges.emplace_back(rest.substr(0, comma));
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  return privileges;
}

base::Result<RecordPtr> holder_of(Running& running, const sql::Grant& node) {
  if (!node.to_kind.empty() && node.to_kind != "ROLE" && node.to_kind != "USER")
    return base::fail(unsupported(fmt::format("GRANT .. TO {}", node.to_kind)));
  TRY(const auto parts, running.parts(node.to));
  const ObjectKind kind = node.to_kind == "USER" ? ObjectKind::User : ObjectKind::Role;
  auto found = running.catalog()->find(kind, {}, parts.back());
  if (!found) return base::fail(catalog::not_found(kind, parts.back()));
  return found;
}

void apply(Record& holder, const std::vector<Grant>& grants, const sql::Grant& node) {
  const bool option_only = node.privileges.size() == 1 && node.privileges[0].starts_with("GRANT OPTION FOR ");
  for (const Grant& grant : grants) {
    if (!node.revoke || option_only)
      catalog::add_grant(holder, grant);
    else
      catalog::remove_grant(holder, grant);
  }
}

/// OWNERSHIP is the owner of the record itself.
base::Result<Outcome> give_away(Running& running, const std::vector<Target>& targets, const Record& role) {
  TRY(auto work, running.begin_ddl());
  for (const Target& target : targets) {
    if (!target.object || target.kind != kind_of(*target.object)->word)
      return base::fail(unsupported(fmt::format("GRANT OWNERSHIP ON {}", target.kind)));
    const auto current = work->catalog().find(target.object->id);
    if (!current) return base::fail(catalog::not_found(target.object->kind, target.object->name));
    Record changed = *current;
    changed.owner = role.name;
    TRY_VOID(work->put(std::move(changed)));
  }
  TRY_VOID(work->commit());
  return status(std::string(kExecuted));
}

std::string shown_name(const catalog::Snapshot& catalog, const Grant& grant, const std::string& account) {
  if (grant.object.value == 0) return account;
  const auto object = catalog.find(grant.object);
  return object ? catalog.qualified_name(*object) : std::string();
}

std::string granted_on(std::string kind) {
  std::ranges::replace(kind, ' ', '_');
  return kind;
}

bool live(const catalog::Snapshot& catalog, const Grant& grant) {
  const auto object = catalog.find(grant.object);
  return grant.object.value == 0 || (object && !object->dropped);
}

std::string granted_to(const Record& holder) { return holder.kind == ObjectKind::User ? "USER" : "ROLE"; }

void add_privilege(Rows& rows, const catalog::Snapshot& catalog, const Grant& grant, const Record& holder) {
  std::vector<std::pair<std::string_view, Value>> row{{"created_on", ltz(grant.created)},
                                                      {"privilege", grant.privilege},
                                                      {"granted_on", granted_on(grant.kind)},
                                                      {"name", shown_name(catalog, grant, "FRESHET")},
                                                      {"granted_to", granted_to(holder)},
                                                      {"grantee_name", holder.name},
                                                      {"grant_option", true_false(grant.grant_option)},
                                                      {"granted_by", grant.granted_by}};
  if (rows.has("granted_by_role_type")) row.emplace_back("granted_by_role_type", std::string("ROLE"));
  rows.add(std::move(row));
}

std::vector<RecordPtr> holders(const catalog::Snapshot& catalog) {
  auto all = catalog.list(ObjectKind::Role, std::nullopt);
  for (const RecordPtr& user : catalog.list(ObjectKind::User, std::nullopt)) all.push_back(user);
  return all;
}

constexpr std::string_view kOn =
    "created_on:ltz privilege granted_on name granted_to grantee_name grant_option granted_by granted_by_role_type";
constexpr std::string_view kTo =
    "created_on:ltz privilege granted_on name granted_to grantee_name grant_option granted_by";
constexpr std::string_view kBare =
    "created_on:ltz privilege granted_on name role granted_to grantee_name grant_option granted_by";
constexpr std::string_view kOf = "created_on:ltz role granted_to grantee_name granted_by";
constexpr std::string_view kFuture = "created_on:ltz privilege grant_on name grant_to grantee_name grant_option";

Rows on_object(const catalog::Snapshot& catalog, const RecordPtr& object) {
  Rows rows(kOn);
  if (object && !object->owner.empty()) {
    const Grant ownership{.privilege = "OWNERSHIP",
                          .kind = std::string(kind_of(*object)->word),
                          .object = object->id,
                          .grant_option = true,
                          .granted_by = object->owner,
                          .created = object->created};
    Record owner;
    owner.kind = ObjectKind::Role;
    owner.name = object->owner;
    add_privilege(rows, catalog, ownership, owner);
  }
  for (const RecordPtr& holder : holders(catalog))
    for (const Grant& grant : grants_of(*holder))
      if (!grant.is_future() && grant.object == (object ? object->id : catalog::ObjectId{}))
        add_privilege(rows, catalog, grant, *holder);
  return rows;
}

Rows to_role(const catalog::Snapshot& catalog, const Record& role) {
  Rows rows(kTo);
  for (const Grant& grant : grants_of(role))
    if (!grant.is_future() && live(catalog, grant)) add_privilege(rows, catalog, grant, role);
  // What the role owns, by name.
  std::vector<RecordPtr> owned;
  for (const auto& [id, record] : catalog.all())
    if (record->owner == role.name && !record->dropped && kind_of(*record) &&
        (record->container.value != 0 || record->kind != ObjectKind::Sequence))
      owned.push_back(record);
  std::ranges::sort(owned, {},
                    [&](const RecordPtr& record) { return std::pair(catalog.qualified_name(*record), record->id); });
  for (const RecordPtr& record : owned)
    add_privilege(rows, catalog,
                  {.privilege = "OWNERSHIP",
                   .kind = std::string(kind_of(*record)->word),
                   .object = record->id,
                   .grant_option = true,
                   .granted_by = role.name,
                   .created = record->created},
                  role);
  return rows;
}

void add_role(Rows& rows, const catalog::Snapshot& catalog, const Grant& grant, const Record& holder) {
  rows.add({{"created_on", ltz(grant.created)},
            {"role", shown_name(catalog, grant, "")},
            {"granted_to", granted_to(holder)},
            {"grantee_name", holder.name},
            {"granted_by", grant.granted_by}});
}

Rows of_role(const catalog::Snapshot& catalog, const Record& role) {
  Rows rows(kOf);
  for (const RecordPtr& holder : holders(catalog))
    for (const Grant& grant : grants_of(*holder))
      if (grant.kind == "ROLE" && grant.object == role.id && grant.privilege == "USAGE")
        add_role(rows, catalog, grant, *holder);
  return rows;
}

Rows to_user(const catalog::Snapshot& catalog, const Record& user) {
  Rows rows(kOf);
  for (const Grant& grant : grants_of(user))
    if (grant.kind == "ROLE" && live(catalog, grant)) add_role(rows, catalog, grant, user);
  return rows;
}

/// SHOW GRANTS alone: the roles of the user who asks.
Rows to_oneself(Running& running) {
  Rows rows(kBare);
  const auto catalog = running.catalog();
  const auto user = catalog->find(ObjectKind::User, {}, running.context.user);
  if (!user) return rows;
  for (const Grant& grant : grants_of(*user)) {
    if (grant.kind != "ROLE" || !live(*catalog, grant)) continue;
    const std::string role = shown_name(*catalog, grant, "");
    rows.add({{"created_on", ltz(grant.created)},
              {"privilege", grant.privilege},
              {"granted_on", grant.kind},
              {"name", role},
              {"role", role},
              {"granted_to", granted_to(*user)},
              {"grantee_name", user->name},
              {"grant_option", true_false(grant.grant_option)},
              {"granted_by", grant.granted_by}});
  }
  return rows;
}

base::Result<Rows> show_future_grants(Running& running, const sql::Show& node) {
  const auto catalog = running.catalog();
  Rows rows(kFuture);
  RecordPtr only;
  if (node.scope) {
    TRY(const auto parts, running.parts(*node.scope));
    const Kind* kind = kind_of(node.scope_kind);
    if (!kind) return base::fail(unsupported("SHOW FUTURE GRANTS " + node.scope_word + " " + node.scope_kind));
    TRY(only, object_named(running, *kind, parts, std::nullopt));
  }
  for (const RecordPtr& holder : holders(*catalog))
    for (const Grant& grant : grants_of(*holder)) {
      if (!grant.is_future() || !live(*catalog, grant)) continue;
      if (only && (node.scope_word == "TO" ? holder->id != only->id : grant.object != only->id)) continue;
      const Kind* kind = kind_of(grant.kind.substr(7, grant.kind.find(" IN ") - 7));
      rows.add({{"created_on", ltz(grant.created)},
                {"privilege", grant.privilege},
                {"grant_on", granted_on(std::string(kind->word))},
                {"name", fmt::format("{}.<{}>", shown_name(*catalog, grant, ""), kind->word)},
                {"grant_to", granted_to(*holder)},
                {"grantee_name", holder->name},
                {"grant_option", true_false(grant.grant_option)}});
    }
  return rows;
}

/// The grants of a holder on objects of that kind to come in the schema or, where the schema has none, in its database.
struct FutureGrants {
  RecordPtr holder;
  std::vector<Grant> in_schema, in_database;
};
std::vector<FutureGrants> future_grants(const catalog::Snapshot& catalog, ObjectKind kind,
                                        catalog::ObjectId container) {
  const auto known = std::ranges::find(kKinds, kind, &Kind::kind);
  const auto schema = catalog.find(container);
  if (known == kKinds.end() || !schema) return {};
  const bool of_database = kind == ObjectKind::Schema;
  const catalog::ObjectId database = of_database ? container : schema->container;
  std::vector<FutureGrants> found;
  for (const RecordPtr& holder : holders(catalog)) {
    FutureGrants one{.holder = holder, .in_schema = {}, .in_database = {}};
    for (const Grant& grant : grants_of(*holder)) {
      if (grant.kind == fmt::format("FUTURE {} IN SCHEMA", known->plural) && grant.object == container)
        one.in_schema.push_back(grant);
      if (grant.kind == fmt::format("FUTURE {} IN DATABASE", known->plural) && grant.object == database)
        one.in_database.push_back(grant);
    }
    if (!one.in_schema.empty() || !one.in_database.empty()) found.push_back(std::move(one));
  }
  if (std::ranges::any_of(found, [](const FutureGrants& one) { return !one.in_schema.empty(); })) {
    for (FutureGrants& one : found) one.in_database.clear();
    std::erase_if(found, [](const FutureGrants& one) { return one.in_schema.empty(); });
  }
  return found;
}

}  // namespace

std::vector<catalog::ObjectId> holders_of_future_grants(const catalog::Snapshot& catalog, ObjectKind kind,
                                                        catalog::ObjectId container) {
  std::vector<catalog::ObjectId> ids;
  for (const FutureGrants& one : future_grants(catalog, kind, container)) ids.push_back(one.holder->id);
  return ids;
}

std::vector<Record> future_grants_on(const catalog::Snapshot& catalog, const Record& made, base::Instant now) {
  std::vector<Record> changed;
  for (const FutureGrants& one : future_grants(catalog, made.kind, made.container)) {
    Record holder = *one.holder;
    for (Grant grant : one.in_schema.empty() ? one.in_database : one.in_schema) {
      grant.kind = catalog::grant_word(made.kind);
      grant.object = made.id;
      grant.created = now;
      catalog::add_grant(holder, grant);
    }
    changed.push_back(std::move(holder));
  }
  return changed;
}

base::Result<Outcome> grant(Running& running, const sql::Grant& node) {
  TRY(const auto holder, holder_of(running, node));
  std::vector<Grant> grants;
  const bool with_option = node.tail.find("GRANT OPTION") != std::string::npos;
  const auto make = [&](std::string privilege, std::string kind, catalog::ObjectId object) {
    return Grant{.privilege = std::move(privilege),
                 .kind = std::move(kind),
                 .object = object,
                 .grant_option = with_option,
                 .granted_by = running.context.role,
                 .created = running.context.now};
  };
  if (node.role) {
    if (!node.privileges.empty()) return base::fail(unsupported("GRANT DATABASE ROLE"));
    TRY(const auto parts, running.parts(*node.role));
    const auto role = running.catalog()->find(ObjectKind::Role, {}, parts.back());
    if (!role) return base::fail(catalog::not_found(ObjectKind::Role, parts.back()));
    grants.push_back(make("USAGE", "ROLE", role->id));
  } else {
    TRY(const auto targets, targets_of(running, node));
    if (node.privileges == std::vector<std::string>{"OWNERSHIP"}) {
      if (node.revoke) return base::fail(unsupported("REVOKE OWNERSHIP"));
      for (const Target& target : targets)
        TRY_VOID(may_grant(running,
                           make("OWNERSHIP", target.kind, target.object ? target.object->id : catalog::ObjectId{})));
      return give_away(running, targets, *holder);
    }
    for (const Target& target : targets)
      for (std::string privilege : privileges_of(node, target)) {
        constexpr std::string_view kOptionFor = "GRANT OPTION FOR ";
        if (privilege.starts_with(kOptionFor)) privilege.erase(0, kOptionFor.size());
        grants.push_back(
            make(std::move(privilege), target.kind, target.object ? target.object->id : catalog::ObjectId{}));
      }
  }
  for (const Grant& one : grants) TRY_VOID(may_grant(running, one));
  TRY(auto work, running.begin_ddl({holder->id}));
  const auto current = work->catalog().find(holder->id);
  if (!current) return base::fail(catalog::not_found(holder->kind, holder->name));
  Record changed = *current;
  apply(changed, grants, node);
  TRY_VOID(work->put(std::move(changed)));
  TRY_VOID(work->commit());
  return status(std::string(kExecuted));
}

base::Result<Rows> show_grants(Running& running, const sql::Show& node) {
  if (node.kind == "FUTURE GRANTS") return show_future_grants(running, node);
  const auto catalog = running.catalog();
  if (node.scope_word.empty()) return to_oneself(running);
  if (node.scope_word == "ON" && node.scope_kind == "ACCOUNT") return on_object(*catalog, nullptr);
  if (!node.scope)
    return base::fail(compilation_error(1003, "42000", "SHOW GRANTS needs the name of an object, role or user"));
  TRY(const auto parts, running.parts(*node.scope));
  if (node.scope_word == "ON") {
    const Kind* kind = kind_of(node.scope_kind.ends_with("INTEGRATION") ? std::string_view("INTEGRATION")
                                                                        : std::string_view(node.scope_kind));
    if (!kind) return base::fail(unsupported("SHOW GRANTS ON " + node.scope_kind));
    TRY(const auto object, object_named(running, *kind, parts, node.scope_types));
    return on_object(*catalog, object);
  }
  const ObjectKind kind = node.scope_kind == "USER" ? ObjectKind::User : ObjectKind::Role;
  if (kind == ObjectKind::Role && !node.scope_kind.empty() && node.scope_kind != "ROLE")
    return base::fail(unsupported(fmt::format("SHOW GRANTS {} {}", node.scope_word, node.scope_kind)));
  const auto holder = catalog->find(kind, {}, parts.back());
  if (!holder) return base::fail(catalog::not_found(kind, parts.back()));
  if (node.scope_word == "OF") return of_role(*catalog, *holder);
  return kind == ObjectKind::User ? to_user(*catalog, *holder) : to_role(*catalog, *holder);
}

}  // namespace exec

#include "catalog/name_resolution.h"

#include <fmt/format.h>

namespace catalog {

using base::Error;
using base::ErrorKind;

namespace {

constexpr std::string_view kPublic = "PUBLIC";

Error nothing_in_use(std::string_view action, bool database) {
  return {
      ErrorKind::InvalidValue, database ? 90105 : 90106, "22000",
      fmt::format("Cannot perform {}. This session does not have a current {}. Call 'USE {}', or use a qualified name.",
                  action, database ? "database" : "schema", database ? "DATABASE" : "SCHEMA"),
      std::nullopt};
}

/// The record if it exists for this scope.
RecordPtr seen(const NameScope& scope, RecordPtr record) {
  return record && !record->dropped && visible(scope.access, *record) ? std::move(record) : nullptr;
}

RecordPtr current_database(const Snapshot& catalog, const NameScope& scope) {
  return scope.database ? seen(scope, catalog.find(*scope.database)) : nullptr;
}

/// The schema that a name of one to three parts stands in. Null: a named database or schema that does not exist;
/// `missing` gets the error.
RecordPtr schema_of(const Snapshot& catalog, const NameScope& scope, std::span<const std::string> parts,
                    std::string_view action, std::optional<Error>& missing) {
  RecordPtr database;
  if (parts.size() >= 3) {
    database = seen(scope, catalog.find(ObjectKind::Database, {}, parts[parts.size() - 3]));
    if (!database) missing = not_found(ObjectKind::Database, parts[parts.size() - 3]);
  } else {
    database = current_database(catalog, scope);
    if (!database) missing = nothing_in_use(action, true);
  }
  if (!database) return nullptr;
  if (parts.size() >= 2) {
    const std::string_view name = parts[parts.size() - 2].empty() ? kPublic : std::string_view(parts[parts.size() - 2]);
    RecordPtr schema = seen(scope, catalog.find(ObjectKind::Schema, database->id, name));
    if (!schema) missing = not_found(ObjectKind::Schema, fmt::format("{}.{}", database->name, name));
    return schema;
  }
  RecordPtr schema = scope.schema ? seen(scope, catalog.find(*scope.schema)) : nullptr;
  if (!schema) missing = nothing_in_use(action, false);
  return schema;
}

}  // namespace

std::string joined(std::span<const std::string> parts) {
  std::string text;
  for (const std::string& part : parts)
    text += (text.empty() ? "" : ".") + (part.empty() ? std::string(kPublic) : part);
  return text;
}

Error not_found(ObjectKind kind, std::string_view name) {
  const bool table = kind == ObjectKind::Table || kind == ObjectKind::View;
  return {ErrorKind::NotFound, 2003, table ? "42S02" : "02000",
          fmt::format("SQL compilation error:\n{} '{}' does not exist or not authorized.",
                      table ? "Object" : noun(kind), name),
          std::nullopt};
}

Error already_exists(std::string_view name) {
  return {ErrorKind::AlreadyExists, 2002, "42710",
          fmt::format("SQL compilation error:\nObject '{}' already exists.", name), std::nullopt};
}

base::Result<Place> place(const Snapshot& catalog, const NameScope& scope, std::span<const std::string> parts,
                          std::string_view action) {
  std::optional<Error> missing;
  const RecordPtr schema = schema_of(catalog, scope, parts, action, missing);
  if (!schema) return base::fail(*std::move(missing));
  return Place{schema->id, parts.back()};
}

RecordPtr find(const Snapshot& catalog, const NameScope& scope, ObjectKind kind, std::span<const std::string> parts) {
  std::optional<Error> missing;
  const RecordPtr schema = schema_of(catalog, scope, parts, "", missing);
  if (schema)
    if (RecordPtr found = seen(scope, catalog.find(kind, schema->id, parts.back(), scope.session))) return found;
  if (parts.size() > 1 || !scope.public_too || !current_database(catalog, scope)) return nullptr;
  const RecordPtr fallback = seen(scope, catalog.find(ObjectKind::Schema, *scope.database, kPublic));
  return fallback ? seen(scope, catalog.find(kind, fallback->id, parts.back(), scope.session)) : nullptr;
}

base::Result<RecordPtr> resolve(const Snapshot& catalog, const NameScope& scope, ObjectKind kind,
                                std::span<const std::string> parts) {
  if (RecordPtr found = find(catalog, scope, kind, parts)) return found;
  std::optional<Error> missing;
  const RecordPtr schema = schema_of(catalog, scope, parts, "SELECT", missing);
  if (!schema) return base::fail(*std::move(missing));
  // Tables are named as they were written, all others whole.
  const bool table = kind == ObjectKind::Table || kind == ObjectKind::View;
  return base::fail(
      not_found(kind, table ? joined(parts) : fmt::format("{}.{}", catalog.qualified_name(*schema), parts.back())));
}

base::Result<RecordPtr> resolve_schema(const Snapshot& catalog, const NameScope& scope,
                                       std::span<const std::string> parts) {
  RecordPtr database;
  if (parts.size() >= 2) {
    TRY(database, resolve_database(catalog, scope, parts[parts.size() - 2]));
  } else {
    database = current_database(catalog, scope);
    if (!database) return base::fail(nothing_in_use("SELECT", true));
  }
  if (RecordPtr schema = seen(scope, catalog.find(ObjectKind::Schema, database->id, parts.back()))) return schema;
  return base::fail(not_found(ObjectKind::Schema, fmt::format("{}.{}", database->name, parts.back())));
}

base::Result<RecordPtr> resolve_database(const Snapshot& catalog, const NameScope& scope, std::string_view name) {
  if (RecordPtr database = seen(scope, catalog.find(ObjectKind::Database, {}, name))) return database;
  return base::fail(not_found(ObjectKind::Database, name));
}

}  // namespace catalog

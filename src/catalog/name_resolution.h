#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/access.h"
#include "catalog/snapshot.h"

namespace catalog {

/// Where names without a database or schema look. Source: streams-tasks-sql.md 6.7, loading.md 1.6.
struct NameScope {
  std::optional<ObjectId> database, schema;  // current ones
  bool public_too = true;                    // queries look in PUBLIC of the current database as well
  std::int64_t session = 0;                  // whose temporary objects are visible
  AccessPtr access = nullptr;                // what is not visible to it does not exist
};

/// Where an object of a schema stands or would stand.
struct Place {
  ObjectId schema;
  std::string name;
};

/// Finds the schema of a name of one to three stored parts ("" in the middle stands for PUBLIC) and its last part.
/// `action` begins the message when nothing is in use: "CREATE TABLE" (090105, 090106). Errors: NotFound for a database
/// or schema that does not exist.
base::Result<Place> place(const Snapshot& catalog, const NameScope& scope, std::span<const std::string> parts,
                          std::string_view action);

/// The live object of that kind. Tables and views are one kind here. Errors: NotFound 002003 with the noun of the kind.
base::Result<RecordPtr> resolve(const Snapshot& catalog, const NameScope& scope, ObjectKind kind,
                                std::span<const std::string> parts);
/// The same, but nothing is null; only a missing database or schema in `parts` is null too.
RecordPtr find(const Snapshot& catalog, const NameScope& scope, ObjectKind kind, std::span<const std::string> parts);

/// A schema of one or two parts, a database of one. Errors: NotFound 002003.
base::Result<RecordPtr> resolve_schema(const Snapshot& catalog, const NameScope& scope,
                                       std::span<const std::string> parts);
base::Result<RecordPtr> resolve_database(const Snapshot& catalog, const NameScope& scope, std::string_view name);

/// 002003 as it reads for that kind: tables and views are "Object 'X'" (42S02), all others have their noun and the
/// whole name (02000).
base::Error not_found(ObjectKind kind, std::string_view name);
/// 002002 (42710).
base::Error already_exists(std::string_view name);
/// "DB.SCHEMA.NAME" of stored parts.
std::string joined(std::span<const std::string> parts);

}  // namespace catalog

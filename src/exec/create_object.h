#pragma once

#include "exec/running.h"

namespace exec {

/// What CREATE of any schema object has in common: place, OR REPLACE, IF NOT EXISTS, the record, the status text.
class Creation {
 public:
  /// `action` names the statement in errors ("CREATE STAGE"). Errors: OR REPLACE with IF NOT EXISTS; no database or
  /// schema; 002002.
  static base::Result<Creation> plan(Running& running, catalog::ObjectKind kind, const sql::CreateMode& mode,
                                     const sql::ObjectName& name, std::string_view action, bool temporary = false);

  /// Set when IF NOT EXISTS found it: the statement is over with this.
  std::optional<Outcome> done;
  catalog::RecordPtr replaced;
  catalog::Place place;

  /// Locks what is replaced; starts. Looks again whether the name is still free.
  base::Result<std::unique_ptr<engine::Work>> begin(Running& running);
  /// The record with its common fields, a new id.
  catalog::Record record(Running& running, engine::Work& work, catalog::Body body, std::string comment) const;
  /// Drops what is replaced, puts the new record with what was granted on objects to come.
  base::Status put(Running& running, engine::Work& work, catalog::Record record,
                   const engine::ColumnTexts& fill = {}) const;
  /// The same, and commits. "Table T successfully created."
  base::Result<Outcome> finish(Running& running, engine::Work& work, catalog::Record record,
                               const engine::ColumnTexts& fill = {}) const;

 private:
  catalog::ObjectKind kind_ = catalog::ObjectKind::Table;
  sql::CreateMode mode_;
  bool temporary_ = false;
};

/// "Stage area" and its like: how a status text begins.
std::string_view status_noun(catalog::ObjectKind kind);
/// 003041: the name is taken by what the role may not see.
base::Error exists_unseen(const catalog::Record& existing);
/// Takes a record out of use: tables, schemas and databases stay for UNDROP, all else vanishes.
base::Status retire(engine::Work& work, const catalog::Record& record, base::Instant now);

/// The stored name of a procedure or function: "P(VARCHAR, FLOAT)".
base::Result<std::string> routine_name(Running& running, const std::string& name,
                                       const std::optional<std::vector<sql::TypeName>>& argument_types);

// ---- Options: KEY = value.
std::optional<std::string> option_text(const sql::Options& options, std::string_view name);
/// As it would be written: words bare, strings with quotes, groups in parentheses.
std::string option_sql(const sql::OptionValue& value);
/// The plain text of a word, string or number.
std::string option_plain(const sql::OptionValue& value);

}  // namespace exec

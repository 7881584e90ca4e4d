#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/dml/dml.h"

namespace engine::dml {

/// SQL compilation error: error line L at position P, with the message on the next line.
base::Error compile_error(int number, std::string_view sqlstate, base::SourceSpan at, std::string_view message);
/// SQL compilation error without a place.
base::Error compile_error(int number, std::string_view sqlstate, std::string_view message);

/// The parts of a name, IDENTIFIER(..) looked up.
base::Result<std::vector<std::string>> parts_of(const sql::ObjectName& name, const StatementContext& context);

/// The table that a statement changes.
struct Target {
  catalog::RecordPtr record;
  std::string alias;                   // what qualifies its columns
  std::vector<std::string> qualified;  // database, schema, name; none when aliased
  const catalog::TableBody& body() const { return std::get<catalog::TableBody>(record->body); }
};
base::Result<Target> find_target(const sql::ObjectName& name, const std::optional<sql::Identifier>& alias,
                                 const catalog::Snapshot& catalog, const StatementContext& context);

/// The columns that a list names, checked: qualified by the target or not at all, known, none twice. An empty list is
/// all columns.
base::Result<std::vector<const catalog::Column*>> target_columns(const Target& target,
                                                                 const std::vector<sql::TargetColumn>& list);

/// The target's columns for expressions; `physical` is the alias in the engine's SQL.
ScopeRelation relation_of(const Target& target, std::string physical);

/// A value as the column takes it, DEFAULT included; errors at run time name the table and the column.
base::Result<std::string> value_sql(const sql::Expr& value, const catalog::Column& column, const Target& target,
                                    const Scope& scope, BindContext& context);
base::Result<std::string> assigned_sql(BoundExpr value, const catalog::Column& column, const Target& target,
                                       BindContext& context);
/// A condition: true, or not.
base::Result<std::string> condition_sql(const sql::Expr& condition, const Scope& scope, BindContext& context);

/// Streams that were read move with the commit.
void consume_streams(BindContext& context);

/// One row of NUMBER(38,0).
DmlOutcome counted(std::uint32_t type_id, std::vector<std::pair<std::string, std::int64_t>> columns, RowCounts counts);

}  // namespace engine::dml

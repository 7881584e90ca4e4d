#pragma once

#include <string>

#include "sql/ast.h"

namespace sql {

enum class Dialect { Snowflake, DuckDb };

/// The text of a tree. For Snowflake parse(print(tree)) == tree. For DuckDb the same tree in that engine's spelling:
/// strings without backslash escapes, identifiers always quoted, NULLS ordering written out; nothing is looked up or
/// translated.
std::string print(const Expr& expr, Dialect dialect = Dialect::Snowflake);
std::string print(const Query& query, Dialect dialect = Dialect::Snowflake);
std::string print(const TableRef& table, Dialect dialect = Dialect::Snowflake);
std::string print(const Statement& statement, Dialect dialect = Dialect::Snowflake);
std::string print(const ObjectName& name, Dialect dialect = Dialect::Snowflake);
std::string print(const TypeName& type);

}  // namespace sql

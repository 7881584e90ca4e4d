#pragma once

// Columns and constraints, for CREATE TABLE and ALTER TABLE.

#include "sql/ast.h"
#include "sql/cursor.h"

namespace sql {

base::Result<ColumnDef> parse_column_definition(Cursor& cursor);
/// Whether CONSTRAINT, PRIMARY KEY, UNIQUE (, FOREIGN KEY or CHECK ( stands here.
bool at_table_constraint(const Cursor& cursor);
/// Out of line, as an element of the column list or after ALTER TABLE .. ADD.
base::Result<Constraint> parse_table_constraint(Cursor& cursor);
/// PRIMARY KEY, UNIQUE (..), FOREIGN KEY (..) after ALTER TABLE .. DROP: without references.
base::Result<Constraint> parse_constraint_key(Cursor& cursor);

}  // namespace sql

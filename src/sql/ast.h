#pragma once

// The trees of the Snowflake dialect. A node is a plain struct, a tree a variant of them; trees copy, and compare
// without regard to where in the text they came from.

#include "sql/ast_expr.h"
#include "sql/ast_name.h"
#include "sql/ast_query.h"
#include "sql/ast_statement.h"

#pragma once

#include <optional>

#include "sql/ast_query.h"
#include "sql/cursor.h"

namespace sql {

/// From SELECT to the last clause before set operations and ORDER BY.
base::Result<Select> parse_select(Cursor& cursor);

/// `AS name`, or a name that is no word of a clause which may follow here.
base::Result<std::optional<Identifier>> parse_alias(Cursor& cursor);

}  // namespace sql

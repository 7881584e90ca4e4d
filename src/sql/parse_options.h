#pragma once

// Pieces that many statements share: option lists, kinds of objects, CREATE's mode.

#include "sql/ast.h"
#include "sql/cursor.h"

namespace sql {

/// Whether `NAME =` or [WITH] TAG ( stands here.
bool at_option(const Cursor& cursor);
base::Result<Option> parse_option(Cursor& cursor);
/// `NAME = value` as long as they come, commas anywhere between them; possibly none.
base::Result<Options> parse_options(Cursor& cursor);

/// TABLE, FILE FORMAT, STORAGE INTEGRATION ..: the words that name a kind of object, joined by blanks; an error if none
/// does.
base::Result<std::string> parse_kind(Cursor& cursor);
bool at_kind(const Cursor& cursor);
bool accept_if_exists(Cursor& cursor);

/// `(NUMBER, VARCHAR)` after the name of a procedure or function, if it is there.
base::Result<std::optional<std::vector<TypeName>>> parse_argument_types(Cursor& cursor);
base::Result<std::vector<ObjectName>> parse_object_names(Cursor& cursor);

/// Words from here to the end of the statement, joined by blanks; other tokens are an error.
base::Result<std::string> parse_words(Cursor& cursor);

}  // namespace sql

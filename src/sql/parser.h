#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/ast.h"

namespace sql {

/// All statements of a text; empty ones are dropped. The first error ends it. Errors are of kind Syntax with a span;
/// positions in messages count from 0, lines from 1.
base::Result<std::vector<Statement>> parse_script(std::string_view text);
/// Exactly one statement, `;` allowed after it.
base::Result<Statement> parse_statement(std::string_view text);
base::Result<Box<Query>> parse_query(std::string_view text);
base::Result<Expr> parse_expression(std::string_view text);

/// Finds statements by their ends alone (strings, $$, comments, BEGIN .. END respected), so that a script with an error
/// in one statement can run the others. Spans exclude the `;` and blanks or comments before the first and after the
/// last token.
std::vector<base::SourceSpan> split_statements(std::string_view text);

}  // namespace sql

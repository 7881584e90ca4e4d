#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bridge {

/// A query in the dialect of QueryRecord (Calcite's, with the lexical rules MYSQL_ANSI) in that of the analytical
/// engine. `fields` are the columns of FLOWFILE. What both dialects mean alike stays as it is; what only this one knows
/// becomes functions of `calcite_functions()`. Columns without a name are called EXPR$<their place>.
/// Errors: Syntax, for a text that is no tokens.
base::Result<std::string> translate_calcite(std::string_view sql, const std::vector<std::string>& fields);

/// Statements that make the functions that translated queries call.
std::vector<std::string> calcite_functions();

}  // namespace bridge

#pragma once

#include <string_view>

namespace sql {

/// Words that cannot stand for a name without quotes, because an expression, a query or an alias ends or begins with
/// them. `word` is in upper case.
bool needs_quotes(std::string_view word);

}  // namespace sql

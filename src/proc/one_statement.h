#pragma once

#include <string_view>

namespace proc {

/// Whether more than blanks and comments follow the first `;` that ends a statement. Strings, quoted names, $$..$$,
/// comments and scripting blocks (DECLARE .. BEGIN .. END) are passed over whole.
bool has_second_statement(std::string_view text);

}  // namespace proc

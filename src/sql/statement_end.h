#pragma once

#include "sql/cursor.h"

namespace sql {

/// The index of the `;` or End token that ends the statement whose first token has index `first`. BEGIN .. END blocks
/// at its start, or as the body of a task, alert or routine, are jumped over.
std::size_t find_statement_end(const std::vector<Token>& tokens, std::size_t first);

/// Whether a block starts at this token: DECLARE, or a BEGIN that starts no transaction.
bool starts_block(const std::vector<Token>& tokens, std::size_t index);

/// The index after the last token of the block that starts at `index`: after its END. Missing ends: the index of End.
std::size_t find_block_end(const std::vector<Token>& tokens, std::size_t index);

}  // namespace sql

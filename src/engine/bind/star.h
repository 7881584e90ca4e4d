#pragma once

#include "engine/bind/translator.h"

namespace engine::bind {

/// One column of a `*`, after ILIKE, EXCLUDE, REPLACE and RENAME.
struct StarColumn {
  std::string name;
  BoundExpr value;
  const sql::Expr* replaced = nullptr;  // REPLACE: bind this instead
};
Result<std::vector<StarColumn>> expand_star(const sql::Star& star, const Scope& scope, base::SourceSpan at);

}  // namespace engine::bind

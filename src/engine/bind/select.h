#pragma once

#include "engine/bind/translator.h"

namespace engine::bind {

/// ORDER BY and LIMIT of the query around a SELECT: they see what the SELECT sees.
struct Ending {
  const sql::Query* query = nullptr;
  std::string limit_sql;
};
Result<BoundQuery> bind_select(Translator& translator, const sql::Select& select, const Ending& ending,
                               const Scope* outer);

/// " ASC NULLS LAST" and so on.
std::string direction(bool descending, sql::NullsOrder nulls);
/// ORDER BY over the columns of a finished query: by position, by name, by an expression of them.
Result<std::string> order_columns(Translator& translator, const sql::Query& query,
                                  const std::vector<BoundColumn>& columns, const std::string& physical);

}  // namespace engine::bind

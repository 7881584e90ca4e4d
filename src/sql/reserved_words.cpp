#include <algorithm>
#include <array>

#include "sql/cursor.h"

namespace sql {

bool is_strictly_reserved(std::string_view upper_word) {
  // In alphabetical order.
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"ALL",    "ALTER",  "AND",     "ANY",        "AS",        "BETWEEN", "BY",      "CASE",      "CAST",
       "CHECK",  "COLUMN", "CONNECT", "CONSTRAINT", "CREATE",    "CROSS",   "CURRENT", "DELETE",    "DISTINCT",
       "DROP",   "ELSE",   "EXISTS",  "FALSE",      "FOLLOWING", "FOR",     "FROM",    "FULL",      "GRANT",
       "GROUP",  "HAVING", "ILIKE",   "IN",         "INCREMENT", "INNER",   "INSERT",  "INTERSECT", "INTO",
       "IS",     "JOIN",   "LATERAL", "LEFT",       "LIKE",      "MINUS",   "NATURAL", "NOT",       "NULL",
       "OF",     "ON",     "OR",      "ORDER",      "QUALIFY",   "REGEXP",  "REVOKE",  "RIGHT",     "RLIKE",
       "ROW",    "ROWS",   "SAMPLE",  "SELECT",     "SET",       "SOME",    "START",   "TABLE",     "TABLESAMPLE",
       "THEN",   "TO",     "TRIGGER", "TRUE",       "TRY_CAST",  "UNION",   "UNIQUE",  "UPDATE",    "USING",
       "VALUES", "WHEN",   "WHERE",   "WITH"});
  static_assert(std::is_sorted(kWords.begin(), kWords.end()));
  return std::binary_search(kWords.begin(), kWords.end(), upper_word);
}

}  // namespace sql

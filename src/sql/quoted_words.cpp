#include "sql/quoted_words.h"

#include <algorithm>
#include <array>

namespace sql {

namespace {

// Sorted. The dialect's own reserved words, and those that our parser takes for a clause where an alias could stand.
// clang-format off
constexpr std::array<std::string_view, 104> kWords{
    "AFTER", "ALL", "ALTER", "AND", "ANY", "AS", "ASOF", "BETWEEN", "BY", "CASE", "CAST", "CHECK", "CLONE", "COLUMN",
    "CONNECT", "CONSTRAINT", "COPY", "CREATE", "CROSS", "CURRENT", "CURRENT_DATE", "CURRENT_TIME",
    "CURRENT_TIMESTAMP", "CURRENT_USER", "DEFAULT", "DELETE", "DISTINCT", "DROP", "ELSE", "END", "EXCEPT", "EXISTS",
    "FALSE", "FETCH", "FOLLOWING", "FOR", "FROM", "FULL", "GRANT", "GROUP", "HAVING", "IDENTIFIER", "ILIKE", "IN",
    "INCREMENT", "INNER", "INSERT", "INTERSECT", "INTERVAL", "INTO", "IS", "JOIN", "LATERAL", "LEFT", "LIKE", "LIMIT",
    "LOCALTIME", "LOCALTIMESTAMP", "MATCH_CONDITION", "MINUS", "NATURAL", "NOT", "NULL", "OF", "OFFSET", "ON", "OR",
    "ORDER", "OUTER", "OVER", "PIVOT", "PRIOR", "QUALIFY", "REGEXP", "REVOKE", "RIGHT", "RLIKE", "ROW", "ROWS",
    "SAMPLE", "SELECT", "SET", "SOME", "START", "STRICT", "TABLE", "TABLESAMPLE", "TAG", "THEN", "TO", "TRIGGER",
    "TRUE", "TRY_CAST", "UNION", "UNIQUE", "UNPIVOT", "UPDATE", "USING", "VALUES", "VIEW", "WHEN", "WHENEVER",
    "WHERE", "WITH"};
// clang-format on

}  // namespace

bool needs_quotes(std::string_view word) { return std::binary_search(kWords.begin(), kWords.end(), word); }

}  // namespace sql

#include "sql/reserved.h"

#include <algorithm>
#include <array>

namespace sql {

namespace {

// Sorted. The dialect's own reserved words, and those that our parser takes for a clause where an alias could stand.
constexpr std::array<std::string_view, 97> kReserved{
    "ALL", "ALTER", "AND", "ANY", "AS", "ASOF", "BETWEEN", "BY", "CASE", "CAST", "CHECK", "CLONE", "COLUMN",
    "CONNECT", "CONSTRAINT", "CREATE", "CROSS", "CURRENT", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP",
    "CURRENT_USER", "DEFAULT", "DELETE", "DISTINCT", "DROP", "ELSE", "END", "EXCEPT", "EXISTS", "FALSE", "FETCH",
    "FOLLOWING", "FOR", "FROM", "FULL", "GRANT", "GROUP", "HAVING", "ILIKE", "IN", "INCREMENT", "INNER", "INSERT",
    "INTERSECT", "INTERVAL", "INTO", "IS", "JOIN", "LATERAL", "LEFT", "LIKE", "LIMIT", "LOCALTIME", "LOCALTIMESTAMP",
    "MATCH_CONDITION", "MINUS", "NATURAL", "NOT", "NULL", "OF", "OFFSET", "ON", "OR", "ORDER", "OUTER", "OVER",
    "PIVOT", "PRIOR", "QUALIFY", "REGEXP", "REVOKE", "RIGHT", "RLIKE", "ROW", "ROWS", "SAMPLE", "SELECT", "SET",
    "SOME", "START", "TABLE", "TABLESAMPLE", "THEN", "TO", "TRIGGER", "TRUE", "TRY_CAST", "UNION", "UNIQUE",
    "UNPIVOT", "UPDATE", "USING", "VALUES", "WHEN", "WHERE", "WITH"};

}  // namespace

bool is_reserved(std::string_view word) { return std::binary_search(kReserved.begin(), kReserved.end(), word); }

}  // namespace sql

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flow/database/database.h"

namespace flow::database {

/// Statements with semicolons between them; "\;" is one that belongs to a statement. Blank ones are left out.
std::vector<std::string> split_statements(std::string_view text);

/// "a, b": the parts without blanks around them.
std::vector<std::string> split_names(std::string_view text);

/// A name without the quotes around it.
std::string unquoted(std::string_view name);

/// How a kind of database writes what differs. Source: NiFi's database adapters.
enum class Dialect { Generic, Oracle, Oracle12, MsSql, MsSql2008, MySql, PostgreSql, Phoenix };
Dialect dialect_named(std::string_view database_type);

struct Select {
  std::string table;
  std::string columns = {};  // empty: all
  std::string query = {};    // in place of the table, under its name
  std::string where = {};
  std::string order_by = {};
  std::optional<std::uint64_t> limit = {};
  std::optional<std::uint64_t> offset = {};
  /// The rows are bounded by the value of this column, not by their number: offset and limit are such values.
  std::string partition_column = {};
};
std::string select_statement(const Select& select, Dialect dialect);

/// A value that was kept as text, for a condition.
std::string literal_of(Type type, std::string_view text, Dialect dialect);

}  // namespace flow::database

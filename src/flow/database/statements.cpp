#include "flow/database/statements.h"

#include <fmt/format.h>

namespace flow::database {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t\r\n") + 1 - start);
}

std::string page_clause(const Select& select, Dialect dialect) {
  const auto offset = select.offset.value_or(0);
  switch (dialect) {
    case Dialect::Oracle12:
    case Dialect::MsSql: {
      std::string text;
      if (select.limit) text = fmt::format(" OFFSET {} ROWS FETCH NEXT {} ROWS ONLY", offset, *select.limit);
      return text;
    }
    default: {
      std::string text;
      if (select.limit) text += fmt::format(" LIMIT {}", *select.limit);
      if (select.offset && offset > 0) text += fmt::format(" OFFSET {}", offset);
      return text;
    }
  }
}

/// Oracle before 12 numbers rows in queries around the query.
std::string oracle_page(const Select& select, const std::string& inner) {
  const auto offset = select.offset.value_or(0);
  return fmt::format("SELECT * FROM (SELECT a.*, ROWNUM rnum FROM ({}) a WHERE ROWNUM <= {}) WHERE rnum > {}", inner,
                     offset + *select.limit, offset);
}

}  // namespace

std::vector<std::string> split_statements(std::string_view text) {
  std::vector<std::string> statements(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "\\;") {
      statements.back() += ';';
      ++i;
    } else if (text[i] == ';') {
      statements.emplace_back();
    } else {
      statements.back() += text[i];
    }
  }
  std::erase_if(statements, [](std::string& statement) {
    statement = std::string(trimmed(statement));
    return statement.empty();
  });
  return statements;
}

std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (const auto name = trimmed(text.substr(0, comma)); !name.empty()) names.emplace_back(name);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return names;
}

std::string unquoted(std::string_view name) {
  if (name.size() >= 2 && ((name.front() == '"' && name.back() == '"') || (name.front() == '`' && name.back() == '`') ||
                           (name.front() == '[' && name.back() == ']')))
    return std::string(name.substr(1, name.size() - 2));
  return std::string(name);
}

Dialect dialect_named(std::string_view type) {
  if (type == "Oracle") return Dialect::Oracle;
  if (type == "Oracle 12+") return Dialect::Oracle12;
  if (type == "MS SQL 2012+") return Dialect::MsSql;
  if (type == "MS SQL 2008") return Dialect::MsSql2008;
  if (type == "MySQL") return Dialect::MySql;
  if (type == "PostgreSQL") return Dialect::PostgreSql;
  if (type == "Phoenix") return Dialect::Phoenix;
  return Dialect::Generic;
}

namespace {

/// SQL Server had no pages before 2012: what it selects of the first rows, each with its number.
std::string numbered_rows(const Select& select, const std::string& columns) {
  auto text = fmt::format("TOP {} {}", select.offset.value_or(0) + *select.limit, columns);
  if (select.offset && !select.order_by.empty())
    text += fmt::format(", ROW_NUMBER() OVER(ORDER BY {} asc) rnum", select.order_by);
  return text;
}

}  // namespace

std::string select_statement(const Select& select, Dialect dialect) {
  const auto columns = select.columns.empty() ? std::string("*") : select.columns;
  const bool numbers_rows = dialect == Dialect::MsSql2008 && select.limit && select.partition_column.empty();
  auto text = fmt::format("SELECT {} FROM ", numbers_rows ? numbered_rows(select, columns) : columns);
  const bool oracle = dialect == Dialect::Oracle || dialect == Dialect::Oracle12;
  text +=
      select.query.empty() ? select.table : fmt::format("({}){} {}", select.query, oracle ? "" : " AS", select.table);
  std::string where = select.where;
  const bool by_value = !select.partition_column.empty();
  const auto bound = [&](std::string_view sign, std::uint64_t value) {
    where += fmt::format("{}{} {} {}", where.empty() ? "" : " AND ", select.partition_column, sign, value);
  };
  if (by_value && (select.limit || select.offset)) bound(">=", select.offset.value_or(0));
  if (by_value && select.limit) bound("<", select.offset.value_or(0) + *select.limit);
  if (!where.empty()) text += " WHERE " + where;
  if (!select.order_by.empty() && !by_value) text += " ORDER BY " + select.order_by;
  if (by_value || !select.limit) return text;
  if (numbers_rows && !select.offset) return text;
  if (numbers_rows)
    return fmt::format("SELECT * FROM ({}) A WHERE rnum > {} AND rnum <= {}", text, *select.offset,
                       *select.offset + *select.limit);
  return dialect == Dialect::Oracle ? oracle_page(select, text) : text + page_clause(select, dialect);
}

std::string literal_of(Type type, std::string_view text, Dialect dialect) {
  const bool oracle = dialect == Dialect::Oracle || dialect == Dialect::Oracle12;
  switch (type) {
    case Type::Date: return fmt::format("{}'{}'", oracle ? "date " : "", text);
    case Type::Timestamp:
    case Type::TimestampWithZone: return fmt::format("{}'{}'", oracle ? "timestamp " : "", text);
    case Type::Time:
    case Type::TimeWithZone: return fmt::format("'{}'", text);
    default: break;
  }
  if (!is_text(type)) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c;
    if (c == '\'') quoted += c;
  }
  return quoted + "'";
}

}  // namespace flow::database

#include "cli/script.h"

#include <algorithm>
#include <array>

#include "sql/parser.h"

namespace cli {
namespace {

constexpr std::array<std::string_view, 32> kVerbs{
    "ALTER",  "BEGIN",    "CALL",  "COMMENT",  "COMMIT",  "COPY",   "CREATE", "DELETE",
    "DESC",   "DESCRIBE", "DROP",  "EXECUTE",  "EXPLAIN", "GET",    "GRANT",  "INSERT",
    "LIST",   "LS",       "MERGE", "PUT",      "REMOVE",  "REVOKE", "RM",     "ROLLBACK",
    "SELECT", "SET",      "SHOW",  "TRUNCATE", "UNDROP",  "UNSET",  "UPDATE", "USE"};

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

bool begins_with_verb(std::string_view line) {
  const auto begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return false;
  std::string word;
  for (const char c : line.substr(begin)) {
    if (upper(c) < 'A' || upper(c) > 'Z') break;
    word += upper(c);
  }
  return word == "WITH" || std::ranges::find(kVerbs, word) != kVerbs.end();
}

std::uint32_t lines_in(std::string_view text) { return static_cast<std::uint32_t>(std::ranges::count(text, '\n')); }

/// Where the shortest parsing statement at the start of `text` ends; npos: nowhere before the end.
std::size_t find_cut(std::string_view text) {
  for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    const auto next = text.find('\n', at + 1);
    const auto line = text.substr(at + 1, next == std::string_view::npos ? next : next - at - 1);
    if (begins_with_verb(line) && sql::parse_statement(text.substr(0, at))) return at + 1;
  }
  return std::string_view::npos;
}

void append_cut(std::vector<ScriptStatement>& out, ScriptStatement statement) {
  std::string_view rest = statement.text;
  auto line = statement.line;
  while (!sql::parse_statement(rest)) {
    const auto cut = find_cut(rest);
    if (cut == std::string_view::npos) break;
    const auto head = rest.substr(0, cut);
    out.push_back({std::string(head.substr(0, head.find_last_not_of(" \t\r\n") + 1)), line});
    line += lines_in(head);
    rest.remove_prefix(cut);
  }
  out.push_back({std::string(rest), line});
}

}  // namespace

std::vector<ScriptStatement> split_script(std::string_view text, Splitting splitting) {
  std::vector<ScriptStatement> statements;
  for (const auto& span : sql::split_statements(text)) {
    ScriptStatement statement{std::string(text.substr(span.offset, span.length)), span.line};
    if (splitting == Splitting::Lenient) {
      append_cut(statements, std::move(statement));
    } else {
      statements.push_back(std::move(statement));
    }
  }
  return statements;
}

bool is_complete(std::string_view text) {
  const auto end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos || text[end] != ';') return false;
  // What comes after a complete statement is a statement of its own.
  const std::string probe = std::string(text) + "\nSELECT 1";
  return sql::split_statements(probe).size() == sql::split_statements(text).size() + 1;
}

}  // namespace cli

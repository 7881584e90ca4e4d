#include "flow/database/placeholders.h"

#include <algorithm>

namespace flow::database {
namespace {

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

std::size_t past(std::string_view sql, std::string_view end, std::size_t from) {
  const auto found = sql.find(end, from);
  return found == std::string_view::npos ? sql.size() : found + end.size();
}

/// "$tag$ ... $tag$"; not the "$1" of a parameter, nor a dollar inside a name.
std::size_t end_of_dollars(std::string_view sql, std::size_t at) {
  if (at > 0 && is_word(sql[at - 1])) return at;
  auto end = at + 1;
  while (end < sql.size() && is_word(sql[end])) ++end;
  if (end >= sql.size() || sql[end] != '$' || (end > at + 1 && sql[at + 1] >= '0' && sql[at + 1] <= '9')) return at;
  return past(sql, sql.substr(at, end + 1 - at), end + 1);
}

}  // namespace

std::size_t end_of_quoted(std::string_view sql, std::size_t at) {
  const char c = sql[at];
  if (c == '\'' || c == '"' || c == '`') return past(sql, sql.substr(at, 1), at + 1);
  const auto two = sql.substr(at, 2);
  if (two == "--") return std::min(sql.find('\n', at), sql.size());
  if (two == "/*") return past(sql, "*/", at + 2);
  return c == '$' ? end_of_dollars(sql, at) : at;
}

std::size_t replace_parameters(std::string_view sql, std::string& out,
                               const std::function<void(std::size_t, std::string&)>& write) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < sql.size();) {
    if (const auto end = end_of_quoted(sql, i); end != i) {
      out += sql.substr(i, end - i);
      i = end;
    } else if (sql.substr(i, 2) == "??") {
      out += '?';
      i += 2;
    } else if (sql[i] == '?') {
      write(count++, out);
      ++i;
    } else {
      out += sql[i++];
    }
  }
  return count;
}

}  // namespace flow::database

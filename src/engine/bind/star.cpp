#include "engine/bind/star.h"

namespace engine::bind {
namespace {

/// LIKE without case: % and _.
bool like(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '%') {
    for (std::size_t i = 0; i <= text.size(); ++i)
      if (like(text.substr(i), pattern.substr(1))) return true;
    return false;
  }
  if (text.empty()) return false;
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
  return (pattern[0] == '_' || upper(pattern[0]) == upper(text[0])) && like(text.substr(1), pattern.substr(1));
}

}  // namespace

Result<std::vector<StarColumn>> expand_star(const sql::Star& star, const Scope& scope, base::SourceSpan at) {
  std::vector<StarColumn> columns;
  bool qualifier_found = star.qualifier.empty();
  for (const ScopeRelation& relation : scope.relations) {
    if (!matches(relation, star.qualifier)) continue;
    qualifier_found = true;
    for (const ScopeColumn& column : relation.columns) {
      if (!column.in_star || (column.hidden && star.qualifier.empty())) continue;
      if (star.ilike && !like(column.name, *star.ilike)) continue;
      columns.push_back({column.name, column_expr(relation, column)});
    }
  }
  if (!qualifier_found) return base::fail(invalid_identifier(star.qualifier, at));
  const auto named = [&](const sql::Identifier& name) -> Result<std::vector<StarColumn>::iterator> {
    const auto found = std::ranges::find(columns, name.name, &StarColumn::name);
    if (found == columns.end()) return base::fail(invalid_identifier({name}, name.at));
    return found;
  };
  for (const sql::Identifier& name : star.exclude) {
    TRY(const auto found, named(name));
    columns.erase(found);
  }
  for (const sql::StarReplace& replace : star.replace) {
    TRY(const auto found, named(replace.column));
    found->replaced = &replace.value;
  }
  for (const sql::StarRename& rename : star.rename) {
    TRY(const auto found, named(rename.from));
    found->name = rename.to.name;
  }
  if (columns.empty()) return base::fail(compile_error(1080, "42601", "SELECT with no columns", at));
  return columns;
}

}  // namespace engine::bind

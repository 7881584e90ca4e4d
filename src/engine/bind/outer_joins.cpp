#include "engine/bind/outer_joins.h"

#include <algorithm>

namespace engine::bind {

OuterJoins::OuterJoins(const std::vector<BoundFrom>& parts) {
  for (const BoundFrom& part : parts) {
    Part made{.sql = part.sql, .relations = {}, .condition = {}, .needs = {}, .at = {}};
    for (const ScopeRelation& relation : part.relations) made.relations.insert(relation.physical);
    parts_.push_back(std::move(made));
  }
}

std::optional<std::size_t> OuterJoins::part_of(const std::string& relation) const {
  const auto found = std::ranges::find_if(parts_, [&](const Part& part) { return part.relations.contains(relation); });
  return found == parts_.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - parts_.begin()));
}

base::Status OuterJoins::add(const OuterMarks& marks, const std::string& predicate, base::SourceSpan at) {
  std::set<std::size_t> marked, plain;
  for (const std::string& relation : marks.marked)
    if (const auto part = part_of(relation)) marked.insert(*part);
  for (const std::string& relation : marks.plain)
    if (const auto part = part_of(relation)) plain.insert(*part);
  if (marked.size() != 1 || plain.contains(*marked.begin()))
    return base::fail(
        compile_error(1003, "42000", "a predicate with (+) has to mark all columns of one table, and of one only", at));
  Part& part = parts_[*marked.begin()];
  part.condition += (part.condition.empty() ? "" : " AND ") + predicate;
  part.needs.merge(plain);
  part.at = at;
  return {};
}

Result<std::string> OuterJoins::sql() const {
  const bool any = std::ranges::any_of(parts_, [](const Part& part) { return !part.condition.empty(); });
  std::string text;
  std::set<std::size_t> placed;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (!parts_[i].condition.empty()) continue;
    text += (text.empty() ? "" : any ? " CROSS JOIN " : ", ") + parts_[i].sql;
    placed.insert(i);
  }
  while (placed.size() < parts_.size()) {
    const std::size_t before = placed.size();
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const Part& part = parts_[i];
      if (placed.contains(i) || text.empty() || !std::ranges::includes(placed, part.needs)) continue;
      text = fmt::format("({} LEFT JOIN {} ON {})", text, part.sql, part.condition);
      placed.insert(i);
    }
    if (placed.size() > before) continue;
    const auto waiting = std::ranges::find_if(
        parts_, [&](const Part& part) { return !placed.contains(static_cast<std::size_t>(&part - parts_.data())); });
    return base::fail(compile_error(
        1003, "42000", "outer joins by (+) go round in a circle: no table stands without a mark before this one",
        waiting->at));
  }
  return text;
}

}  // namespace engine::bind

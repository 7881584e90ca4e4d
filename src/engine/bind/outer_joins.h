#pragma once

#include "engine/bind/translator.h"

namespace engine::bind {

/// The text of a FROM list whose tables WHERE may mark with `(+)`, the older way to write outer joins: a marked table
/// is joined by LEFT JOIN on the predicates that mark it, after the tables that these predicates name.
class OuterJoins {
 public:
  explicit OuterJoins(const std::vector<BoundFrom>& parts);
  /// Errors: a predicate that marks columns of several tables.
  base::Status add(const OuterMarks& marks, const std::string& predicate, base::SourceSpan at);
  /// Errors: tables that wait for each other.
  Result<std::string> sql() const;

 private:
  struct Part {
    std::string sql;
    std::set<std::string> relations;  // physical names
    std::string condition;            // of its LEFT JOIN; empty: nothing marks it
    std::set<std::size_t> needs;      // the parts that the condition names
    base::SourceSpan at;
  };
  /// The part with that relation; none for a column that USING merged.
  std::optional<std::size_t> part_of(const std::string& relation) const;
  std::vector<Part> parts_;
};

}  // namespace engine::bind

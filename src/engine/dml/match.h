#pragma once

#include "engine/dml/target.h"

namespace engine::dml {

/// What happens to a target row that a source row matches.
struct MatchedArm {
  std::optional<std::string> condition;  // over t and s; none: always
  bool removes = false;
  std::vector<std::string> values;  // of all columns in order, over t and s; the column itself where it stays
};
/// What happens to a source row that matches nothing.
struct UnmatchedArm {
  std::optional<std::string> condition;  // over s
  std::vector<std::string> values;       // of all columns in order, over s
};

/// The source of a MERGE, UPDATE .. FROM or DELETE .. USING, evaluated once into a scratch table that stands as `s` in
/// the engine's SQL.
struct Source {
  std::string table;                     // the scratch table; its column _sid numbers the rows
  std::vector<ScopeRelation> relations;  // how expressions name its columns
};
base::Result<Source> evaluate_source(const std::vector<sql::TableRef>& from, BindContext& context);

enum class Nondeterminism { Refuse, TakeLast };
struct Plan {
  std::string on;  // over t and s
  std::vector<MatchedArm> matched;
  std::vector<UnmatchedArm> unmatched;
  Nondeterminism nondeterminism = Nondeterminism::Refuse;
};
struct Matched {
  std::int64_t inserted = 0, updated = 0, deleted = 0, multi_joined = 0;
};
/// Some rows of a table, as scratch tables.
struct Few {
  std::string hits;    // what selected them
  std::string images;  // as Work::rows shows them, each once
};
/// The images of those of `rows` (Work::rows) whose _seq the SELECT `hits` answers; nothing, at little cost, when that
/// is more than some thousands. Numbers are found by reading few columns; the numbers then prune the row groups of
/// which all columns are read.
base::Result<std::optional<Few>> few(const std::string& rows, const std::string& hits, Work& work);

/// Joins narrowly first (only the columns that `on` needs are read), then fetches whole images of the rows that are
/// hit, by number.
base::Result<Matched> run(const Target& target, const Source& source, const Plan& plan, BindContext& context);

}  // namespace engine::dml

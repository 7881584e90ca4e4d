#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/binder.h"

namespace change {

/// The query of a view taken apart for change tracking. Each table that it reads is a leaf; each query in it (the view
/// itself, nested views, subqueries in FROM) carries one column more, the identity of its rows: made of the identities
/// of the base rows and the branch of a UNION ALL they came through.
struct ViewPlan {
  struct Leaf {
    catalog::RecordPtr table;
    std::vector<std::pair<int, int>> branches;  // (UNION ALL, side) around it, outermost first
  };
  struct Part {
    sql::Query query;  // what stands in its FROM are references to leaves and parts; the identity is its last column
    std::string text;  // that the spans of `query` point into
    catalog::NameScope names;
    std::vector<std::string> column_names;  // of CREATE VIEW v (a, b)
    std::vector<std::string> qualified;     // empty: a subquery
  };
  std::vector<Leaf> leaves;                        // from left to right
  std::vector<Part> parts;                         // the last is the view itself
  std::vector<catalog::RecordPtr> tables() const;  // each once
};

/// Errors: Unsupported, naming what change tracking cannot follow; those of resolving names. Source:
/// streams-tasks-sql.md 1.8.
base::Result<ViewPlan> plan_view(const catalog::Record& view, const engine::BindContext& context);

/// True when rows of the leaves never meet: they are on different sides of a UNION ALL.
bool apart(const ViewPlan::Leaf& one, const ViewPlan::Leaf& other);

// How references in a part's FROM and identity columns are named: no text can spell them.
inline constexpr std::string_view kLeafReference = "\x01leaf", kPartReference = "\x01part", kIdentity = "\x01identity";

}  // namespace change

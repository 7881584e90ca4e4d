#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/logical_type.h"
#include "engine/chunk.h"
#include "sql/ast.h"

namespace engine {

struct BindContext;

/// What stands in FROM and is no table: a stream, staged files, a table function, an earlier result.
struct Relation {
  struct Column {
    std::string name;  // stored form
    catalog::LogicalType type;
    Carrier carrier = Carrier::Text;
    std::string physical;  // its name in `sql`
    bool nullable = true;
    bool in_star = true;  // part of `*`
  };
  std::string sql;  // a parenthesised SELECT, or the name of a scratch table
  std::vector<Column> columns;
  std::vector<std::string> qualified;  // database, schema, name; what an unaliased reference can be qualified with
};

/// Declared here, implemented by the room that owns the thing. Called while a statement is bound, after Work::start.
class RelationSource {
 public:
  virtual ~RelationSource() = default;
  /// Nothing when the reference is not its business. `ref` is a NamedTable (with AT or CHANGES perhaps), StageTable,
  /// LocationTable or FunctionTable.
  virtual base::Result<std::optional<Relation>> relation(const sql::TableRef& ref, BindContext& context) = 0;
};

}  // namespace engine

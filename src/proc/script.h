#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/logical_type.h"
#include "engine/statement_context.h"
#include "engine/statement_runner.h"
#include "sql/script.h"

namespace proc {

/// Who runs the SQL of a block and evaluates what is not simple. Rights, names and transactions are decided there.
class ScriptHost {
 public:
  virtual ~ScriptHost() = default;
  virtual base::Result<engine::StatementOutcome> run(std::string_view text, std::span<const engine::Value> binds,
                                                     const engine::NamedBinds& named) = 0;
  virtual base::Result<engine::NamedBind> evaluate(std::string_view expression, const engine::NamedBinds& named) = 0;
  virtual base::Result<catalog::LogicalType> type_of(const sql::TypeName& name) = 0;
  virtual bool is_cancelled() const = 0;
};

/// What a block returned: a value, a table, or neither (NULL).
struct ScriptAnswer {
  std::optional<engine::NamedBind> value;
  std::shared_ptr<const engine::ResultSet> table;
};

/// Runs a block; `arguments` are variables around it. Errors: what no handler took, as "Uncaught exception of type 'T'
/// on line L at position P : message" with its own number and state. Source: streams-tasks-sql.md 5.3.
base::Result<ScriptAnswer> run_script(const sql::ScriptNested& block, const engine::NamedBinds& arguments,
                                      ScriptHost& host);

}  // namespace proc

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/statement_runner.h"

namespace sql {
struct Expr;
}

namespace task {

/// What WHEN asks about; the names are resolved in the task's schema by who answers.
struct ConditionSources {
  std::function<base::Result<bool>(std::string_view stream)> stream_has_data;
  std::function<base::Result<std::optional<std::string>>(std::optional<std::string> task)> predecessor_value;
  /// For what is not plain AND, OR, NOT over the two functions; opened only then.
  std::function<base::Result<std::unique_ptr<engine::StatementSession>>()> open_session;
};

/// Refuses functions that a condition may not use. Errors: InvalidValue. Source: streams-tasks-sql.md 2.4.
base::Status check_condition(const sql::Expr& condition);
/// The stored text of a condition; FALSE for NULL.
base::Result<bool> evaluate_condition(const std::string& text, const ConditionSources& sources);
/// Whether it asks SYSTEM$STREAM_HAS_DATA at all.
bool asks_a_stream(const sql::Expr& condition);

}  // namespace task

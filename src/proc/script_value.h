#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "engine/statement_context.h"
#include "sql/ast_expr.h"

namespace proc {

using ScriptLookup = std::function<std::optional<engine::NamedBind>(std::string_view name)>;

/// The value of an expression of literals, variables, whole numbers and truth values, without the analytical engine;
/// nothing when it is of another kind, or its result might differ.
std::optional<engine::NamedBind> simple_value(const sql::Expr& expression, const ScriptLookup& variable);

/// The value as that type if it is so already, or is a whole number or text that fits.
std::optional<engine::NamedBind> simple_cast(const engine::NamedBind& value, const catalog::LogicalType& type);

}  // namespace proc

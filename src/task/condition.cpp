#include "task/condition.h"

#include "sql/ast.h"
#include "sql/parser.h"
#include "sql/printer.h"

namespace task {
namespace {

constexpr std::string_view kHasData = "SYSTEM$STREAM_HAS_DATA";
constexpr std::string_view kReturned = "SYSTEM$GET_PREDECESSOR_RETURN_VALUE";

std::string name_of(const sql::FunctionCall& call) {
  return call.name.parts.empty() ? std::string() : call.name.parts.back().name;
}

std::optional<std::string> first_text(const sql::FunctionCall& call) {
  if (call.arguments.empty()) return std::nullopt;
  const auto* text = std::get_if<sql::StringLiteral>(&call.arguments[0].value.node);
  return text == nullptr ? std::nullopt : std::optional(text->value);
}

base::Error refused() {
  return {base::ErrorKind::InvalidValue,
          0,
          {},
          "SQL compilation error:\nInvalid expression for task condition expression. Expected one of the following: "
          "[SYSTEM$GET_PREDECESSOR_RETURN_VALUE, SYSTEM$STREAM_HAS_DATA]",
          {}};
}

/// Calls `each` on every part that a condition may consist of; refuses all others.
template <class Node, class Each>
base::Status walk(Node& expr, const Each& each) {
  TRY_VOID(each(expr));
  if (auto* unary = std::get_if<sql::Unary>(&expr.node)) return walk(*unary->operand, each);
  if (auto* binary = std::get_if<sql::Binary>(&expr.node)) {
    TRY_VOID(walk(*binary->left, each));
    return walk(*binary->right, each);
  }
  if (auto* cast = std::get_if<sql::Cast>(&expr.node)) return walk(*cast->value, each);
  if (auto* null = std::get_if<sql::IsNull>(&expr.node)) return walk(*null->value, each);
  if (auto* between = std::get_if<sql::Between>(&expr.node)) {
    TRY_VOID(walk(*between->value, each));
    TRY_VOID(walk(*between->low, each));
    return walk(*between->high, each);
  }
  if (auto* in = std::get_if<sql::InList>(&expr.node)) {
    TRY_VOID(walk(*in->value, each));
    for (auto& item : in->items) TRY_VOID(walk(item, each));
    return {};
  }
  const bool leaf =
      std::holds_alternative<sql::FunctionCall>(expr.node) || std::holds_alternative<sql::NumberLiteral>(expr.node) ||
      std::holds_alternative<sql::StringLiteral>(expr.node) || std::holds_alternative<sql::BooleanLiteral>(expr.node) ||
      std::holds_alternative<sql::NullLiteral>(expr.node);
  if (!leaf) return base::fail(refused());
  return {};
}

/// The truth of what is left of a condition when only AND, OR, NOT and literals are; empty when there is more.
std::optional<bool> plain_truth(const sql::Expr& expr) {
  if (const auto* truth = std::get_if<sql::BooleanLiteral>(&expr.node)) return truth->value;
  if (const auto* unary = std::get_if<sql::Unary>(&expr.node); unary != nullptr && unary->op == sql::UnaryOp::Not) {
    const auto inner = plain_truth(*unary->operand);
    return inner ? std::optional(!*inner) : std::nullopt;
  }
  if (const auto* binary = std::get_if<sql::Binary>(&expr.node);
      binary != nullptr && (binary->op == sql::BinaryOp::And || binary->op == sql::BinaryOp::Or)) {
    const auto left = plain_truth(*binary->left), right = plain_truth(*binary->right);
    if (!left || !right) return std::nullopt;
    return binary->op == sql::BinaryOp::And ? *left && *right : *left || *right;
  }
  return std::nullopt;
}

}  // namespace

base::Status check_condition(const sql::Expr& condition) {
  return walk(condition, [](const sql::Expr& expr) -> base::Status {
    if (const auto* call = std::get_if<sql::FunctionCall>(&expr.node)) {
      const std::string name = name_of(*call);
      if (name != kHasData && name != kReturned) return base::fail(refused());
      if (name == kHasData && !first_text(*call))
        return base::fail(base::ErrorKind::InvalidValue,
                          "SYSTEM$STREAM_HAS_DATA needs the name of a stream as a string literal in a task condition");
    }
    return {};
  });
}

bool asks_a_stream(const sql::Expr& condition) {
  bool asks = false;
  (void)walk(condition, [&](const sql::Expr& expr) -> base::Status {
    if (const auto* call = std::get_if<sql::FunctionCall>(&expr.node)) asks = asks || name_of(*call) == kHasData;
    return {};
  });
  return asks;
}

base::Result<bool> evaluate_condition(const std::string& text, const ConditionSources& sources) {
  TRY(sql::Expr condition, sql::parse_expression(text));
  TRY_VOID(walk(condition, [&](sql::Expr& expr) -> base::Status {
    const auto* call = std::get_if<sql::FunctionCall>(&expr.node);
    if (call == nullptr) return {};
    const auto argument = first_text(*call);
    if (name_of(*call) == kHasData) {
      TRY(const bool has_data, sources.stream_has_data(argument.value_or("")));
      expr.node = sql::BooleanLiteral{has_data};
    } else if (name_of(*call) == kReturned) {
      TRY(const auto value, sources.predecessor_value(argument));
      if (value)
        expr.node = sql::StringLiteral{*value};
      else
        expr.node = sql::NullLiteral{};
    } else {
      return base::fail(refused());
    }
    return {};
  }));
  if (const auto truth = plain_truth(condition)) return *truth;
  TRY(auto session, sources.open_session());
  TRY(auto outcome, session->run("SELECT IFF(" + sql::print(condition) + ", TRUE, FALSE)"));
  if (outcome.result == nullptr || outcome.result->row_count() != 1) return false;
  const engine::Value value = outcome.result->value(0, 0);
  const bool* truth = std::get_if<bool>(&value);
  return truth != nullptr && *truth;
}

}  // namespace task

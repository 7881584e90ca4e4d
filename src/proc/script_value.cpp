#include "proc/script_value.h"

#include <charconv>

#include "base/overloaded.h"

namespace proc {
namespace {

using catalog::LogicalType;
using catalog::TypeKind;
using engine::Decimal;
using engine::NamedBind;
using engine::Value;
using Answer = std::optional<NamedBind>;

constexpr std::int64_t kSafe = std::int64_t{1} << 62;  // sums of smaller ones fit 64 bits

std::optional<std::int64_t> small_whole(const Value& value) {
  const auto* number = std::get_if<Decimal>(&value);
  if (!number || number->scale != 0 || number->digits >= kSafe || number->digits <= -kSafe) return std::nullopt;
  return static_cast<std::int64_t>(number->digits);
}

Answer whole(std::int64_t value) { return NamedBind{Decimal{value, 0}, LogicalType::number()}; }
Answer truth(std::optional<bool> value) { return NamedBind{value ? Value(*value) : Value(), LogicalType::boolean()}; }

Answer number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return NamedBind{Decimal{value, 0}, LogicalType::number(static_cast<int>(text.size()), 0)};
}

template <class T>
Answer compared(sql::BinaryOp op, const T& left, const T& right) {
  switch (op) {
    case sql::BinaryOp::Equal: return truth(left == right);
    case sql::BinaryOp::NotEqual: return truth(left != right);
    case sql::BinaryOp::Less: return truth(left < right);
    case sql::BinaryOp::LessEqual: return truth(left <= right);
    case sql::BinaryOp::Greater: return truth(left > right);
    case sql::BinaryOp::GreaterEqual: return truth(left >= right);
    default: return std::nullopt;
  }
}

/// AND and OR of three values; nothing when an operand is none of them.
Answer connected(sql::BinaryOp op, const NamedBind& left, const NamedBind& right) {
  const auto truth_of = [](const NamedBind& bind, std::optional<bool>& value) {
    if (const auto* flag = std::get_if<bool>(&bind.value)) value = *flag;
    return value || (engine::is_null(bind.value) && bind.type.kind == TypeKind::Boolean);
  };
  std::optional<bool> a, b;
  if (!truth_of(left, a) || !truth_of(right, b)) return std::nullopt;
  const bool decides = op == sql::BinaryOp::Or;  // the value that settles it alone
  if (a == decides || b == decides) return truth(decides);
  return a && b ? truth(!decides) : truth(std::nullopt);
}

Answer binary(const sql::Binary& node, const ScriptLookup& variable) {
  const auto left = simple_value(*node.left, variable), right = simple_value(*node.right, variable);
  if (!left || !right) return std::nullopt;
  if (node.op == sql::BinaryOp::And || node.op == sql::BinaryOp::Or) return connected(node.op, *left, *right);
  if (node.op == sql::BinaryOp::Concat) {
    const auto* a = std::get_if<std::string>(&left->value);
    const auto* b = std::get_if<std::string>(&right->value);
    return a && b ? Answer(NamedBind{*a + *b, LogicalType::text()}) : std::nullopt;
  }
  const auto a = small_whole(left->value), b = small_whole(right->value);
  if (!a || !b) {
    const auto* one = std::get_if<std::string>(&left->value);
    const auto* other = std::get_if<std::string>(&right->value);
    return one && other ? compared(node.op, *one, *other) : std::nullopt;
  }
  switch (node.op) {
    case sql::BinaryOp::Add: return whole(*a + *b);
    case sql::BinaryOp::Subtract: return whole(*a - *b);
    case sql::BinaryOp::Multiply: {
      std::int64_t product = 0;
      return __builtin_mul_overflow(*a, *b, &product) ? std::nullopt : whole(product);
    }
    default: return compared(node.op, *a, *b);
  }
}

}  // namespace

Answer simple_value(const sql::Expr& expression, const ScriptLookup& variable) {
  return std::visit(
      base::Overloaded{
          [](const sql::NumberLiteral& node) -> Answer { return number(node.text); },
          [](const sql::StringLiteral& node) -> Answer {
            return NamedBind{node.value, LogicalType::text(static_cast<std::int64_t>(node.value.size()))};
          },
          [](const sql::BooleanLiteral& node) -> Answer { return truth(node.value); },
          [](const sql::NullLiteral&) -> Answer { return NamedBind{}; },
          [&](const sql::ColumnRef& node) -> Answer {
            if (node.parts.size() == 1) return variable(node.parts[0].name);
            return node.parts.size() == 2 ? variable(node.parts[0].name + "." + node.parts[1].name) : std::nullopt;
          },
          [&](const sql::BindRef& node) -> Answer { return node.label ? variable(*node.label) : std::nullopt; },
          [&](const sql::Binary& node) -> Answer { return binary(node, variable); },
          [&](const sql::Unary& node) -> Answer {
            const auto operand = simple_value(*node.operand, variable);
            if (!operand) return std::nullopt;
            if (node.op == sql::UnaryOp::Minus)
              if (const auto value = small_whole(operand->value)) return whole(-*value);
            if (node.op == sql::UnaryOp::Not)
              if (const auto* flag = std::get_if<bool>(&operand->value)) return truth(!*flag);
            return std::nullopt;
          },
          [&](const sql::IsNull& node) -> Answer {
            const auto operand = simple_value(*node.value, variable);
            return operand ? truth(engine::is_null(operand->value) != node.negated) : std::nullopt;
          },
          [](const auto&) -> Answer { return std::nullopt; },
      },
      expression.node);
}

Answer simple_cast(const NamedBind& value, const LogicalType& type) {
  if (engine::is_null(value.value)) return NamedBind{Value(), type};
  if (value.type == type) return value;
  if (type.kind == TypeKind::Number && type.scale == 0 && type.precision >= 19 && small_whole(value.value))
    return NamedBind{value.value, type};
  const auto* text = std::get_if<std::string>(&value.value);
  if (text && type.kind == TypeKind::Text && value.type.kind == TypeKind::Text &&
      static_cast<std::int64_t>(text->size()) <= type.length)
    return NamedBind{value.value, type};
  return std::nullopt;
}

}  // namespace proc

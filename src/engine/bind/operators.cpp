#include "engine/bind/translator.h"

namespace engine::bind {

using sql::BinaryOp;

namespace {

char sign(BinaryOp op) {
  switch (op) {
    case BinaryOp::Add: return '+';
    case BinaryOp::Subtract: return '-';
    case BinaryOp::Multiply: return '*';
    case BinaryOp::Divide: return '/';
    default: return '%';
  }
}

/// Result precision and scale. Source: streams-tasks-sql.md 4.2.
LogicalType exact_result(BinaryOp op, const LogicalType& a, const LogicalType& b) {
  const int l1 = a.precision - a.scale, l2 = b.precision - b.scale, s1 = a.scale, s2 = b.scale;
  int whole = 0, scale = 0;
  switch (op) {
    case BinaryOp::Multiply:
      whole = l1 + l2;
      scale = std::min(s1 + s2, std::max({s1, s2, 12}));
      break;
    case BinaryOp::Divide:
      whole = l1 + s2;
      scale = std::max(s1, std::min(s1 + 6, 12));
      break;
    case BinaryOp::Add:
    case BinaryOp::Subtract:
      whole = std::max(l1, l2) + 1;
      scale = std::max(s1, s2);
      break;
    default: whole = std::max(l1, l2); scale = std::max(s1, s2);
  }
  return LogicalType::number(std::min(38, std::max(1, whole + scale)), std::min(37, scale));
}

base::Error wrong_types(std::string_view function, const std::vector<BoundExpr>& arguments, base::SourceSpan at) {
  return error_at(1044, "42P13", at,
                  fmt::format("Invalid argument types for function '{}': {}", function, argument_types(arguments)));
}

}  // namespace

Result<BoundExpr> Translator::arithmetic(BinaryOp op, BoundExpr left, BoundExpr right, base::SourceSpan at) {
  const std::string name(1, sign(op));
  // Dates move by whole days.
  const auto is_number = [](const BoundExpr& e) {
    return e.type.kind == TypeKind::Number || e.type.kind == TypeKind::Float;
  };
  if (left.type.kind == TypeKind::Date && right.type.kind == TypeKind::Date && op == BinaryOp::Subtract)
    return make(fmt::format("CAST(({} - {}) AS BIGINT)", to_sql(left), to_sql(right)), LogicalType::number(9, 0),
                Carrier::Int64);
  if (left.type.kind == TypeKind::Date && is_number(right) && (op == BinaryOp::Add || op == BinaryOp::Subtract)) {
    TRY(right, convert(std::move(right), LogicalType::number(), CastMode::Implicit, context_));
    return make(fmt::format("({} {} CAST({} AS INTEGER))", to_sql(left), name, to_sql(right)), LogicalType::date(),
                Carrier::Date32);
  }
  if (right.type.kind == TypeKind::Date && is_number(left) && op == BinaryOp::Add)
    return arithmetic(op, std::move(right), std::move(left), at);

  for (BoundExpr* side : {&left, &right}) {
    const BoundExpr& other = side == &left ? right : left;
    switch (side->type.kind) {
      case TypeKind::Number:
      case TypeKind::Float: break;
      case TypeKind::Null: *side = make_cast("NULL", LogicalType::number(1, 0), Carrier::Int64); break;
      case TypeKind::Variant: {
        TRY(*side, convert(std::move(*side), LogicalType::real(), CastMode::Implicit, context_));
        break;
      }
      case TypeKind::Text: {
        LogicalType to = other.type.kind == TypeKind::Number ? LogicalType::number(18, 5) : LogicalType::real();
        if (side->value && other.type.kind == TypeKind::Number) {
          const auto* text = std::get_if<std::string>(&*side->value);
          if (text && !text->empty() && text->find_first_not_of("0123456789.-") == std::string::npos) {
            TRY(*side, number_literal(*text));
            break;
          }
        }
        TRY(*side, convert(std::move(*side), to, CastMode::Implicit, context_));
        break;
      }
      default: return base::fail(wrong_types(name, {left, right}, at));
    }
  }
  const bool nullable = left.nullable || right.nullable;
  if (left.type.kind == TypeKind::Float || right.type.kind == TypeKind::Float) {
    TRY(left, convert(std::move(left), LogicalType::real(), CastMode::Implicit, context_));
    TRY(right, convert(std::move(right), LogicalType::real(), CastMode::Implicit, context_));
    if (op == BinaryOp::Divide || op == BinaryOp::Modulo)
      return make(
          fmt::format("fr_float_{}({}, {})", op == BinaryOp::Divide ? "divide" : "modulo", to_sql(left), to_sql(right)),
          LogicalType::real(), Carrier::Float64, nullable);
    return make(fmt::format("({} {} {})", to_sql(left), name, to_sql(right)), LogicalType::real(), Carrier::Float64,
                nullable);
  }
  const LogicalType type = exact_result(op, left.type, right.type);
  const bool constant = left.constant && right.constant;
  if (op == BinaryOp::Divide) {
    BoundExpr made = make(fmt::format("fr_divide_{}({}, {})", type.scale, to_sql(left), to_sql(right)), type,
                          Carrier::Decimal128, nullable, constant);
    if (type.precision <= 18) made = recarry(std::move(made), Carrier::Decimal64);
    return made;
  }
  const bool big = type.precision > 18;
  bool wide = big && (context_.wide_arithmetic || is_wide(left.carrier) || is_wide(right.carrier) || constant);
  if (op == BinaryOp::Modulo) {
    left = rescale(std::move(left), type.scale, wide);
    right = rescale(std::move(right), type.scale, wide);
    wide = is_wide(left.carrier) || is_wide(right.carrier);
    left = recarry(std::move(left), carrier_of(left.type, wide));
    right = recarry(std::move(right), carrier_of(right.type, wide));
    const Carrier carrier = carrier_of(type, wide);
    return make(
        fmt::format("fr_modulo{}_{}({}, {})", is_wide(carrier) ? "128" : "64", type.scale, to_sql(left), to_sql(right)),
        type, carrier, nullable, constant);
  }
  if (op == BinaryOp::Multiply) {
    // The engine gives the product of two decimals the sum of their scales.
    const int natural = left.type.scale + right.type.scale;
    if (natural > 18) wide = true;
    const auto operand = [&](BoundExpr value) {
      if (natural == 0) return recarry(std::move(value), carrier_of(value.type, wide));
      return make_cast(to_sql(value), LogicalType::number(wide ? 38 : 18, value.type.scale),
                       wide ? Carrier::Decimal128 : Carrier::Decimal64);
    };
    if (natural > 37) {
      TRY(left, convert(std::move(left), LogicalType::real(), CastMode::Implicit, context_));
      TRY(right, convert(std::move(right), LogicalType::real(), CastMode::Implicit, context_));
      return make_cast(fmt::format("({} * {})", to_sql(left), to_sql(right)), type, Carrier::Decimal128);
    }
    const Carrier carrier = carrier_of(type, wide);
    BoundExpr made = make(fmt::format("CAST(({} * {}) AS {})", to_sql(operand(std::move(left))),
                                      to_sql(operand(std::move(right))), physical_type(carrier, type.scale)),
                          type, carrier, nullable, constant);
    return made;
  }
  left = rescale(std::move(left), type.scale, wide);
  right = rescale(std::move(right), type.scale, wide);
  wide |= is_wide(left.carrier) || is_wide(right.carrier);
  const Carrier carrier = carrier_of(type, wide);
  left = recarry(std::move(left), carrier);
  right = recarry(std::move(right), carrier);
  std::string sql = fmt::format("({} {} {})", to_sql(left), name, to_sql(right));
  if (type.scale > 0) sql = fmt::format("CAST({} AS {})", sql, physical_type(carrier, type.scale));
  return make(sql, type, carrier, nullable, constant);
}

Result<BoundExpr> Translator::compare(std::string_view op, BoundExpr left, BoundExpr right, base::SourceSpan at) {
  TRY_VOID(unify_comparison(left, right, at, context_));
  return make(fmt::format("({} {} {})", to_sql(left), op, to_sql(right)), LogicalType::boolean(), Carrier::Boolean,
              left.nullable || right.nullable, left.constant && right.constant);
}

Result<BoundExpr> Translator::unary(const sql::Unary& unary, base::SourceSpan at, const Scope& scope) {
  switch (unary.op) {
    case sql::UnaryOp::Minus: {
      TRY(BoundExpr value, expression(*unary.operand, scope));
      if (value.value) {
        if (const auto* number = std::get_if<Decimal>(&*value.value)) {
          TRY(BoundExpr made, literal(Decimal{-number->digits, number->scale}));
          made.type = value.type;
          return made;
        }
      }
      if (value.type.kind == TypeKind::Variant || value.type.kind == TypeKind::Text) {
        TRY(value, convert(std::move(value), LogicalType::real(), CastMode::Implicit, context_));
      }
      if (value.type.kind == TypeKind::Null) return value;
      if (value.type.kind != TypeKind::Number && value.type.kind != TypeKind::Float)
        return base::fail(wrong_types("NEGATE", {value}, at));
      BoundExpr made =
          make(fmt::format("(- {})", to_sql(value)), value.type, value.carrier, value.nullable, value.constant);
      return made;
    }
    case sql::UnaryOp::Plus: return expression(*unary.operand, scope);
    case sql::UnaryOp::Not: {
      TRY(const BoundExpr value, expression_as(*unary.operand, scope, LogicalType::boolean()));
      return make(fmt::format("(NOT {})", to_sql(value)), LogicalType::boolean(), Carrier::Boolean, value.nullable,
                  value.constant);
    }
    case sql::UnaryOp::Prior:
    case sql::UnaryOp::ConnectByRoot: return base::fail(unsupported("CONNECT BY", at));
    case sql::UnaryOp::Spread: return base::fail(unsupported("spread operator **", at));
  }
  return base::fail(unsupported("operator", at));
}

namespace {

/// '1 day, 2 hours': pairs of an amount and a unit.
std::optional<std::vector<std::pair<std::string, std::string>>> interval_steps(const sql::IntervalLiteral& interval) {
  // clang-format off
  static const std::map<std::string, std::string, std::less<>> units{
      {"year", "years"}, {"y", "years"}, {"yy", "years"}, {"yyyy", "years"}, {"yr", "years"}, {"quarter", "quarters"},
      {"q", "quarters"}, {"month", "months"}, {"mm", "months"}, {"mon", "months"}, {"week", "weeks"}, {"w", "weeks"},
      {"wk", "weeks"}, {"day", "days"}, {"d", "days"}, {"dd", "days"}, {"hour", "hours"}, {"h", "hours"},
      {"hh", "hours"}, {"hr", "hours"}, {"minute", "minutes"}, {"m", "minutes"}, {"mi", "minutes"},
      {"min", "minutes"}, {"second", "seconds"}, {"s", "seconds"}, {"sec", "seconds"},
      {"millisecond", "milliseconds"}, {"ms", "milliseconds"}, {"msec", "milliseconds"},
      {"microsecond", "microseconds"}, {"us", "microseconds"}, {"usec", "microseconds"}};
  // clang-format on
  std::vector<std::pair<std::string, std::string>> steps;
  const std::string text = interval.value + (interval.unit.empty() ? "" : " " + interval.unit);
  std::size_t i = 0;
  const auto skip = [&](std::string_view set) {
    while (i < text.size() && set.find(text[i]) != std::string_view::npos) ++i;
  };
  while (true) {
    skip(" ,");
    if (i == text.size()) break;
    const std::size_t start = i;
    skip("+-0123456789.");
    const std::string amount = text.substr(start, i - start);
    skip(" ");
    std::string word;
    for (; i < text.size() && std::isalpha(static_cast<unsigned char>(text[i])); ++i)
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
    if (word.empty()) word = "second";
    auto found = units.find(word);
    if (found == units.end() && word.ends_with('s')) found = units.find(word.substr(0, word.size() - 1));
    if (amount.empty() || found == units.end()) return std::nullopt;
    steps.emplace_back(amount, found->second);
  }
  if (steps.empty()) return std::nullopt;
  return steps;
}

}  // namespace

Result<BoundExpr> Translator::interval_sum(const sql::Binary& node, base::SourceSpan at, const Scope& scope) {
  const bool left_is = std::holds_alternative<sql::IntervalLiteral>(node.left->node);
  const auto& interval = std::get<sql::IntervalLiteral>((left_is ? *node.left : *node.right).node);
  TRY(BoundExpr value, expression(left_is ? *node.right : *node.left, scope));
  const auto steps = interval_steps(interval);
  if (!steps)
    return base::fail(compile_error(
        1007, "22023", fmt::format("invalid type [INTERVAL '{}'] for parameter 'INTERVAL'", interval.value), at));
  if (value.type.kind == TypeKind::Text) {
    TRY(value, convert(std::move(value), LogicalType::timestamp_ntz(), CastMode::Implicit, context_));
  }
  const LogicalType given = value.type;
  std::string sql = to_sql(value);
  if (given.kind == TypeKind::TimestampLtz)
    sql = to_local(sql, context_);
  else if (!given.is_timestamp() && given.kind != TypeKind::Date)
    return base::fail(wrong_types(std::string(1, sign(node.op)), {value}, at));
  bool days_only = true;
  for (const auto& [amount, unit] : *steps) {
    days_only &= unit == "years" || unit == "quarters" || unit == "months" || unit == "weeks" || unit == "days";
    sql = fmt::format("({} {} to_{}({}))", sql, node.op == BinaryOp::Subtract ? "-" : "+", unit,
                      unit == "seconds" || unit == "milliseconds" ? fmt::format("CAST({} AS DOUBLE)", amount) : amount);
  }
  if (given.kind == TypeKind::Date)
    return days_only ? make_cast(sql, given, Carrier::Date32)
                     : make(fmt::format("CAST({} AS TIMESTAMP)", sql), LogicalType::timestamp_ntz());
  if (given.kind == TypeKind::TimestampLtz) sql = to_instant(sql, context_);
  return make(sql, given, Carrier::TimestampUs);
}

Result<BoundExpr> Translator::binary(const sql::Binary& binary, base::SourceSpan at, const Scope& scope) {
  if ((binary.op == BinaryOp::Add || binary.op == BinaryOp::Subtract) &&
      (std::holds_alternative<sql::IntervalLiteral>(binary.left->node) ||
       std::holds_alternative<sql::IntervalLiteral>(binary.right->node)))
    return interval_sum(binary, at, scope);
  if (binary.op == BinaryOp::And || binary.op == BinaryOp::Or) {
    TRY(const BoundExpr left, expression_as(*binary.left, scope, LogicalType::boolean()));
    TRY(const BoundExpr right, expression_as(*binary.right, scope, LogicalType::boolean()));
    return make(fmt::format("({} {} {})", to_sql(left), binary.op == BinaryOp::And ? "AND" : "OR", to_sql(right)),
                LogicalType::boolean(), Carrier::Boolean, left.nullable || right.nullable,
                left.constant && right.constant);
  }
  const auto* left_row = std::get_if<sql::RowValue>(&binary.left->node);
  const auto* right_row = std::get_if<sql::RowValue>(&binary.right->node);
  if (left_row && right_row && left_row->elements.size() == right_row->elements.size() &&
      (binary.op == BinaryOp::Equal || binary.op == BinaryOp::NotEqual)) {
    std::string sql;
    for (std::size_t i = 0; i < left_row->elements.size(); ++i) {
      TRY(BoundExpr left, expression(left_row->elements[i], scope));
      TRY(BoundExpr right, expression(right_row->elements[i], scope));
      TRY(const BoundExpr same, compare("=", std::move(left), std::move(right), at));
      sql += (sql.empty() ? "" : " AND ") + to_sql(same);
    }
    return make(binary.op == BinaryOp::Equal ? "(" + sql + ")" : "(NOT (" + sql + "))", LogicalType::boolean());
  }
  TRY(BoundExpr left, expression(*binary.left, scope));
  TRY(BoundExpr right, expression(*binary.right, scope));
  switch (binary.op) {
    case BinaryOp::Equal: return compare("=", std::move(left), std::move(right), at);
    case BinaryOp::NotEqual: return compare("<>", std::move(left), std::move(right), at);
    case BinaryOp::Less: return compare("<", std::move(left), std::move(right), at);
    case BinaryOp::LessEqual: return compare("<=", std::move(left), std::move(right), at);
    case BinaryOp::Greater: return compare(">", std::move(left), std::move(right), at);
    case BinaryOp::GreaterEqual: return compare(">=", std::move(left), std::move(right), at);
    case BinaryOp::Concat: {
      const std::int64_t length = std::min<std::int64_t>(
          LogicalType::kMaxTextLength, (left.type.kind == TypeKind::Text ? left.type.length : 64) +
                                           (right.type.kind == TypeKind::Text ? right.type.length : 64));
      const bool nullable = left.nullable || right.nullable;
      TRY(left, convert(std::move(left), LogicalType::text(), CastMode::Explicit, context_));
      TRY(right, convert(std::move(right), LogicalType::text(), CastMode::Explicit, context_));
      return make(fmt::format("({} || {})", to_sql(left), to_sql(right)), LogicalType::text(length), Carrier::Text,
                  nullable, left.constant && right.constant);
    }
    case BinaryOp::Add:
    case BinaryOp::Subtract:
    case BinaryOp::Multiply:
    case BinaryOp::Divide:
    case BinaryOp::Modulo: return arithmetic(binary.op, std::move(left), std::move(right), at);
    case BinaryOp::Or:
    case BinaryOp::And: break;
  }
  return base::fail(unsupported("operator", at));
}

}  // namespace engine::bind

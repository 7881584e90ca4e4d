#include <algorithm>

#include "base/overloaded.h"
#include "engine/bind/translator.h"
#include "sql/printer.h"

namespace engine::bind {

std::string Translator::column_name(const sql::Expr& expr) const {
  if (const auto* column = std::get_if<sql::ColumnRef>(&expr.node)) return column->parts.back().name;
  std::string text;
  if (expr.at.length > 0 && expr.at.offset + expr.at.length <= context_.text.size())
    text = context_.text.substr(expr.at.offset, expr.at.length);
  else
    text = sql::print(expr, sql::Dialect::Snowflake);
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

Result<BoundExpr> Translator::expression(const sql::Expr& expr, const Scope& scope) {
  if (!frame || !frame->grouped || frame->inside_aggregate > 0) return node(expr, scope);
  // What is a grouping expression as a whole may be made of anything.
  auto before = std::exchange(frame->ungrouped, std::nullopt);
  auto bound = node(expr, scope);
  if (bound && frame->groups.contains(to_sql(*bound))) frame->ungrouped = std::nullopt;
  if (before) frame->ungrouped = std::move(before);
  return bound;
}

Result<BoundExpr> Translator::expression_as(const sql::Expr& expr, const Scope& scope, const LogicalType& type) {
  TRY(BoundExpr bound, expression(expr, scope));
  if (bound.type.kind == type.kind && type.kind != TypeKind::Number && !type.is_timestamp()) return bound;
  return convert(std::move(bound), type, CastMode::Implicit, context_);
}

Result<BoundExpr> Translator::condition(const sql::Expr& expr, const Scope& scope, std::string_view where) {
  TRY(BoundExpr bound, expression(expr, scope));
  if (bound.type.kind == TypeKind::Boolean) return bound;
  auto made = convert(std::move(bound), LogicalType::boolean(), CastMode::Implicit, context_);
  if (!made)
    return base::fail(
        error_at(1007, "22023", expr.at, fmt::format("Invalid type in {}: a condition must be BOOLEAN", where)));
  return made;
}

Result<BoundExpr> Translator::constant_as(const sql::Expr& expr, const LogicalType& type) {
  const Scope none;
  SelectFrame* outside = std::exchange(frame, nullptr);
  auto bound = expression_as(expr, none, type);
  frame = outside;
  return bound;
}

Result<BoundExpr> Translator::cast_date_literal(const sql::TypedLiteral& typed, base::SourceSpan at) {
  sql::TypeName name{.name = typed.type, .at = at};
  TRY(const LogicalType type, logical_type(name, parameters()));
  return convert(text_literal(typed.value), type, CastMode::Explicit, context_);
}

Result<BoundExpr> Translator::node(const sql::Expr& expr, const Scope& scope) {
  const base::SourceSpan at = expr.at;
  using Answer = Result<BoundExpr>;
  return std::visit(
      base::Overloaded{
          [&](const sql::NumberLiteral& n) -> Answer { return number_literal(n.text); },
          [&](const sql::StringLiteral& n) -> Answer { return text_literal(n.value); },
          [&](const sql::BooleanLiteral& n) -> Answer { return boolean_literal(n.value); },
          [&](const sql::NullLiteral&) -> Answer { return null_literal(); },
          [&](const sql::TypedLiteral& n) -> Answer { return cast_date_literal(n, at); },
          [&](const sql::IntervalLiteral&) -> Answer {
            return base::fail(unsupported("INTERVAL outside of an addition", at));
          },
          [&](const sql::ColumnRef& n) -> Answer { return column(n, at, scope); },
          [&](const sql::PositionalRef& n) -> Answer { return positional(n, at, scope); },
          [&](const sql::SessionVariable& n) -> Answer {
            TRY(const Value value, variable(n.name, at));
            return literal(value);
          },
          [&](const sql::BindRef& n) -> Answer {
            TRY(const Value value, bound_value(n.label, at));
            const auto* named = n.label ? context_.statement.named_binds : nullptr;
            if (named)
              if (const auto found = named->find(*n.label); found != named->end())
                return literal(value, &found->second.type);
            return literal(value);
          },
          [&](const sql::DefaultValue&) -> Answer {
            return base::fail(compile_error(2014, "22000", "Invalid expression [DEFAULT] in VALUES clause", at));
          },
          [&](const sql::Star&) -> Answer {
            return base::fail(error_at(1003, "42000", at, "syntax error unexpected '*'."));
          },
          [&](const sql::Unary& n) -> Answer { return unary(n, at, scope); },
          [&](const sql::Binary& n) -> Answer { return binary(n, at, scope); },
          [&](const sql::QuantifiedCompare& n) -> Answer { return quantified(n, at, scope); },
          [&](const sql::Between& n) -> Answer { return between(n, at, scope); },
          [&](const sql::InList& n) -> Answer { return in_list(n, at, scope); },
          [&](const sql::InSubquery& n) -> Answer { return in_subquery(n, at, scope); },
          [&](const sql::Like& n) -> Answer { return like(n, scope); },
          [&](const sql::IsNull& n) -> Answer {
            TRY(const BoundExpr value, expression(*n.value, scope));
            return make(fmt::format("({} IS {}NULL)", to_sql(value), n.negated ? "NOT " : ""), LogicalType::boolean(),
                        Carrier::Boolean, false, value.constant);
          },
          [&](const sql::IsDistinctFrom& n) -> Answer {
            TRY(BoundExpr left, expression(*n.left, scope));
            TRY(BoundExpr right, expression(*n.right, scope));
            TRY(BoundExpr made, compare(n.negated ? "IS NOT DISTINCT FROM" : "IS DISTINCT FROM", std::move(left),
                                        std::move(right), at));
            made.nullable = false;
            return made;
          },
          [&](const sql::IsBoolean& n) -> Answer {
            TRY(const BoundExpr value, expression_as(*n.value, scope, LogicalType::boolean()));
            return make(fmt::format("({} IS {}DISTINCT FROM {})", to_sql(value), n.negated ? "" : "NOT ",
                                    n.expected ? "TRUE" : "FALSE"),
                        LogicalType::boolean(), Carrier::Boolean, false, value.constant);
          },
          [&](const sql::Case& n) -> Answer { return case_of(n, at, scope); },
          [&](const sql::Cast& n) -> Answer {
            TRY(BoundExpr value, expression(*n.value, scope));
            TRY(const LogicalType type, logical_type(n.type, parameters()));
            if (n.kind == sql::CastKind::TryCast && value.type.kind != TypeKind::Text &&
                value.type.kind != TypeKind::Null && value.type.kind != TypeKind::Variant)
              return base::fail(
                  error_at(1065, "22023", at,
                           fmt::format("Function TRY_CAST cannot be used with arguments of types {} and {}",
                                       catalog::to_text(value.type), catalog::to_text(type))));
            return convert(std::move(value), type,
                           n.kind == sql::CastKind::TryCast ? CastMode::Try : CastMode::Explicit, context_);
          },
          [&](const sql::FunctionCall& n) -> Answer { return call(n, expr, scope); },
          [&](const sql::Exists& n) -> Answer {
            SelectFrame* outside = std::exchange(frame, nullptr);
            auto bound = query(*n.query, &scope);
            frame = outside;
            if (!bound) return base::fail(std::move(bound).error());
            return make(fmt::format("EXISTS ({})", bound->sql), LogicalType::boolean(), Carrier::Boolean, false);
          },
          [&](const sql::ScalarSubquery& n) -> Answer {
            SelectFrame* outside = std::exchange(frame, nullptr);
            auto bound = query(*n.query, &scope);
            frame = outside;
            if (!bound) return base::fail(std::move(bound).error());
            if (bound->columns.size() != 1)
              return base::fail(
                  error_at(2057, "42601", at,
                           "Invalid argument [subquery with several columns]: a scalar subquery has one column"));
            return make("(" + bound->sql + ")", bound->columns[0].type, bound->columns[0].carrier);
          },
          [&](const sql::RowValue&) -> Answer {
            return base::fail(unsupported("row value outside of a comparison", at));
          },
          [&](const sql::PathAccess&) -> Answer { return path(expr, scope); },
          [&](const sql::Index&) -> Answer { return path(expr, scope); },
          [&](const sql::ObjectLiteral& n) -> Answer {
            sql::FunctionCall made;
            made.name.parts.push_back({.name = "OBJECT_CONSTRUCT"});
            for (const sql::ObjectEntry& entry : n.entries) {
              if (entry.key) made.arguments.push_back({.value = *entry.key});
              made.arguments.push_back({.value = entry.value});
            }
            return call(made, expr, scope);
          },
          [&](const sql::ArrayLiteral& n) -> Answer {
            sql::FunctionCall made;
            made.name.parts.push_back({.name = "ARRAY_CONSTRUCT"});
            for (const sql::Expr& item : n.items) made.arguments.push_back({.value = item});
            return call(made, expr, scope);
          },
          [&](const sql::Lambda&) -> Answer { return base::fail(unsupported("lambda expression", at)); },
          [&](const sql::OuterMark& n) -> Answer {
            if (!outer_marks)
              return base::fail(compile_error(
                  1003, "42000", "(+) marks columns in predicates of WHERE that AND connects, nowhere else", at));
            const bool before = std::exchange(outer_marks->inside, true);
            auto bound = expression(*n.value, scope);
            if (outer_marks) outer_marks->inside = before;
            return bound;
          },
          [&](const sql::RawSql& n) -> Answer { return make(n.text, LogicalType::text()); },
      },
      expr.node);
}

Result<BoundExpr> Translator::path(const sql::Expr& expr, const Scope& scope) {
  const auto* key = std::get_if<sql::PathAccess>(&expr.node);
  const auto* index = std::get_if<sql::Index>(&expr.node);
  TRY(BoundExpr base, expression(key ? *key->value : *index->value, scope));
  if (!base.type.is_semi_structured())
    return base::fail(error_at(1044, "42P13", expr.at,
                               fmt::format("Invalid argument types for function 'GET': {}", argument_types({base}))));
  if (key) return make(fmt::format("fr_v_key({}, {})", to_sql(base), quote(key->key)), LogicalType::variant());
  TRY(const BoundExpr at, expression(*index->index, scope));
  if (at.type.kind == TypeKind::Text)
    return make(fmt::format("fr_v_key({}, {})", to_sql(base), to_sql(at)), LogicalType::variant());
  TRY(const BoundExpr position, convert(at, LogicalType::number(), CastMode::Implicit, context_));
  return make(fmt::format("fr_v_index({}, CAST({} AS BIGINT))", to_sql(base), to_sql(position)),
              LogicalType::variant());
}

}  // namespace engine::bind

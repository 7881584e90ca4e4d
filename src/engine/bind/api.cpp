// The functions of binder.h over the translator.
#include "engine/bind/translator.h"

namespace engine {

base::Result<BoundQuery> bind_query(const sql::Query& query, BindContext& context) {
  return bind::Translator(context).query(query, nullptr);
}

base::Result<BoundFrom> bind_from(const std::vector<sql::TableRef>& from, BindContext& context) {
  return bind::Translator(context).from(from, nullptr);
}

base::Result<BoundExpr> bind_expression(const sql::Expr& expr, const Scope& scope, BindContext& context) {
  bind::Translator translator(context);
  return translator.expression(expr, scope);
}

base::Result<BoundExpr> cast(BoundExpr value, const catalog::LogicalType& type, BindContext& context) {
  return bind::convert(std::move(value), type, bind::CastMode::Explicit, context);
}

base::Result<BoundExpr> assign(BoundExpr value, const catalog::LogicalType& type, Carrier carrier, BindContext& context,
                               std::string_view column_label) {
  using catalog::TypeKind;
  if (value.type.kind != TypeKind::Null && value.type.kind != type.kind) {
    // What an assignment refuses: numbers and dates do not become each other.
    const auto exact = [](TypeKind kind) { return kind == TypeKind::Number || kind == TypeKind::Float; };
    const auto timed = [](TypeKind kind) {
      return kind == TypeKind::Date || kind == TypeKind::Time || kind == TypeKind::TimestampNtz ||
             kind == TypeKind::TimestampLtz || kind == TypeKind::TimestampTz;
    };
    const bool clash = (exact(value.type.kind) && timed(type.kind)) || (timed(value.type.kind) && exact(type.kind)) ||
                       (value.type.kind == TypeKind::Boolean && timed(type.kind)) ||
                       (timed(value.type.kind) && type.kind == TypeKind::Boolean);
    if (clash)
      return base::fail(bind::compile_error(
          2023, "22000",
          fmt::format("Expression type does not match column data type, expecting {} but got {} for column {}",
                      catalog::to_text(type), catalog::to_text(value.type), column_label)));
  }
  context.assigning = column_label;
  auto made = bind::convert(std::move(value), type, bind::CastMode::Explicit, context);
  context.assigning.clear();
  if (!made) return base::fail(std::move(made).error());
  return bind::recarry(*std::move(made), carrier);
}

base::Result<Value> evaluate(const sql::Expr& expr, BindContext& context) {
  const Scope none;
  TRY(const BoundExpr bound, bind_expression(expr, none, context));
  if (bound.value) return *bound.value;
  TRY(const auto result,
      context.work.query("SELECT " + to_sql(bound) + " AS _0", {{.name = "VALUE", .type = bound.type}}));
  return result->row_count() == 0 ? Value{} : result->value(0, 0);
}

}  // namespace engine

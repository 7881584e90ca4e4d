#include "engine/dml/target.h"

#include <fmt/format.h>

#include "engine/bind/cast.h"
#include "engine/duckdb/errors.h"
#include "engine/tables.h"
#include "sql/parser.h"
#include "sql/printer.h"

namespace engine::dml {

using base::ErrorKind;

base::Error compile_error(int number, std::string_view sqlstate, base::SourceSpan at, std::string_view message) {
  return {ErrorKind::InvalidValue, number, std::string(sqlstate),
          fmt::format("SQL compilation error: error line {} at position {}\n{}", at.line, at.column - 1, message), at};
}

base::Error compile_error(int number, std::string_view sqlstate, std::string_view message) {
  return {ErrorKind::InvalidValue, number, std::string(sqlstate), fmt::format("SQL compilation error:\n{}", message),
          std::nullopt};
}

namespace {

base::Result<std::vector<std::string>> parts_in(std::string_view text) {
  TRY(const sql::Expr expr, sql::parse_expression(text));
  const auto* reference = std::get_if<sql::ColumnRef>(&expr.node);
  if (!reference)
    return base::fail(compile_error(1003, "42000", fmt::format("'{}' is not the name of an object", text)));
  std::vector<std::string> parts;
  for (const sql::Identifier& part : reference->parts) parts.push_back(part.name);
  return parts;
}

base::Result<std::string> text_of(const Value* value, std::string_view shown) {
  const auto* text = value ? std::get_if<std::string>(value) : nullptr;
  if (!text)
    return base::fail(compile_error(2211, "02000", fmt::format("Session variable '{}' does not exist", shown)));
  return *text;
}

const Value* bind_of(const sql::NameFromBind& bind, const StatementContext& context) {
  if (!bind.label) return context.binds.empty() ? nullptr : &context.binds.front();
  if (context.named_binds)
    if (const auto found = context.named_binds->find(*bind.label); found != context.named_binds->end())
      return &found->second.value;
  const std::size_t position = std::strtoul(bind.label->c_str(), nullptr, 10);
  return position >= 1 && position <= context.binds.size() ? &context.binds[position - 1] : nullptr;
}

}  // namespace

base::Result<std::vector<std::string>> parts_of(const sql::ObjectName& name, const StatementContext& context) {
  if (name.indirect) {
    if (const auto* text = std::get_if<sql::NameFromText>(&*name.indirect)) return parts_in(text->text);
    if (const auto* variable = std::get_if<sql::NameFromVariable>(&*name.indirect)) {
      const Value* value = nullptr;
      if (context.variables)
        if (const auto found = context.variables->find(variable->variable); found != context.variables->end())
          value = &found->second;
      TRY(const std::string text, text_of(value, "$" + variable->variable));
      return parts_in(text);
    }
    const auto& bind = std::get<sql::NameFromBind>(*name.indirect);
    TRY(const std::string text, text_of(bind_of(bind, context), ":" + bind.label.value_or("?")));
    return parts_in(text);
  }
  std::vector<std::string> parts;
  for (const sql::Identifier& part : name.parts) parts.push_back(part.name);
  return parts;
}

base::Result<Target> find_target(const sql::ObjectName& name, const std::optional<sql::Identifier>& alias,
                                 const catalog::Snapshot& catalog, const StatementContext& context) {
  TRY(const std::vector<std::string> parts, parts_of(name, context));
  catalog::NameScope scope = context.names;
  scope.public_too = false;
  TRY(const catalog::RecordPtr record, catalog::resolve(catalog, scope, catalog::ObjectKind::Table, parts));
  if (!std::holds_alternative<catalog::TableBody>(record->body))
    return base::fail(compile_error(
        2026, "42601",
        fmt::format("Object '{}' is a view: rows can be changed in tables only", catalog::joined(parts))));
  Target target{record, alias ? alias->name : record->name, {}};
  if (!alias)
    for (catalog::RecordPtr at = record; at; at = catalog.find(at->container))
      target.qualified.insert(target.qualified.begin(), at->name);
  return target;
}

namespace {

std::string shown(const sql::TargetColumn& reference) {
  std::string text;
  for (const sql::Identifier& part : reference.parts) text += (text.empty() ? "" : ".") + part.name;
  return text;
}

bool qualifies(const Target& target, const sql::TargetColumn& reference) {
  const std::size_t count = reference.parts.size() - 1;
  if (count == 0) return true;
  if (count == 1) return reference.parts[0].name == target.alias;
  if (count > target.qualified.size()) return false;
  for (std::size_t i = 0; i < count; ++i)
    if (reference.parts[i].name != target.qualified[target.qualified.size() - count + i]) return false;
  return true;
}

}  // namespace

base::Result<std::vector<const catalog::Column*>> target_columns(const Target& target,
                                                                 const std::vector<sql::TargetColumn>& list) {
  std::vector<const catalog::Column*> columns;
  if (list.empty()) {
    for (const catalog::Column& column : target.body().columns) columns.push_back(&column);
    return columns;
  }
  for (const sql::TargetColumn& reference : list) {
    const sql::Identifier& name = reference.parts.back();
    const auto found = std::ranges::find(target.body().columns, name.name, &catalog::Column::name);
    if (found == target.body().columns.end() || !qualifies(target, reference))
      return base::fail(compile_error(904, "42000", reference.parts.front().at,
                                      fmt::format("invalid identifier '{}'", shown(reference))));
    if (std::ranges::find(columns, &*found) != columns.end())
      return base::fail(compile_error(2025, "42S21", fmt::format("duplicate column name '{}'", name.name)));
    columns.push_back(&*found);
  }
  return columns;
}

ScopeRelation relation_of(const Target& target, std::string physical) {
  ScopeRelation relation{
      .alias = target.alias, .qualified = target.qualified, .physical = std::move(physical), .columns = {}};
  for (const catalog::Column& column : target.body().columns)
    relation.columns.push_back({.name = column.name,
                                .type = column.type,
                                .carrier = carrier_of(column),
                                .nullable = column.nullable,
                                .physical = tables::column(column.id)});
  return relation;
}

namespace {

/// How a text that is no value of the type is refused. Source: streams-tasks-sql.md 4.3, 6.6.
struct Refusal {
  int number;
  std::string_view sqlstate, noun;
};
std::optional<Refusal> refusal_of(const catalog::LogicalType& type) {
  switch (type.kind) {
    case catalog::TypeKind::Number:
    case catalog::TypeKind::Float: return Refusal{100038, "22018", "Numeric value"};
    case catalog::TypeKind::Boolean: return Refusal{100037, "22018", "Boolean value"};
    case catalog::TypeKind::Date: return Refusal{100040, "22007", "Date"};
    case catalog::TypeKind::Time: return Refusal{100108, "22000", "Time"};
    case catalog::TypeKind::TimestampNtz:
    case catalog::TypeKind::TimestampLtz:
    case catalog::TypeKind::TimestampTz: return Refusal{100035, "22007", "Timestamp"};
    default: return std::nullopt;
  }
}

}  // namespace

base::Result<std::string> assigned_sql(BoundExpr value, const catalog::Column& column, const Target& target,
                                       BindContext& context) {
  const std::string label = fmt::format("table {} failed on column {}", target.record->name, column.name);
  const auto refusal = refusal_of(column.type);
  if (value.type.kind != catalog::TypeKind::Text || !refusal) {
    TRY(BoundExpr assigned, assign(std::move(value), column.type, carrier_of(column), context, label));
    return to_sql(assigned);
  }
  // A text that cannot become the column's type is reported with its table and column.
  const std::string text = to_sql(value);
  TRY(BoundExpr tried, bind::convert(std::move(value), column.type, bind::CastMode::Try, context));
  TRY(const BoundExpr assigned, assign(std::move(tried), column.type, carrier_of(column), context, label));
  const std::string result = to_sql(assigned);
  return fmt::format(
      "CASE WHEN {0} IS NULL OR {1} IS NOT NULL THEN {1} ELSE error(chr(1) || '{2}' || chr(31) || '{3}' || chr(31) || "
      "{4} || {0} || ''' is not recognized' || chr(2)) END",
      text, result, refusal->number, refusal->sqlstate,
      duck::quoted(fmt::format("DML operation to {} with error: {} '", label, refusal->noun)));
}

base::Result<std::string> value_sql(const sql::Expr& value, const catalog::Column& column, const Target& target,
                                    const Scope& scope, BindContext& context) {
  if (std::holds_alternative<sql::DefaultValue>(value.node)) return default_sql(*target.record, column, context);
  TRY(BoundExpr bound, bind_expression(value, scope, context));
  return assigned_sql(std::move(bound), column, target, context);
}

base::Result<std::string> condition_sql(const sql::Expr& condition, const Scope& scope, BindContext& context) {
  TRY(BoundExpr bound, bind_expression(condition, scope, context));
  if (bound.type.kind != catalog::TypeKind::Boolean) {
    TRY(bound, cast(std::move(bound), catalog::LogicalType::boolean(), context));
  }
  return to_sql(bound);
}

void consume_streams(BindContext& context) {
  for (const catalog::ObjectId stream : context.streams_read) context.work.consume(stream);
}

DmlOutcome counted(std::uint32_t type_id, std::vector<std::pair<std::string, std::int64_t>> columns, RowCounts counts) {
  std::vector<ResultColumn> shown;
  std::vector<Value> row;
  for (auto& [name, count] : columns) {
    shown.push_back({std::move(name), catalog::LogicalType::number(), false});
    row.push_back(Decimal{count, 0});
  }
  return {make_result(std::move(shown), {std::move(row)}), counts, type_id};
}

}  // namespace engine::dml

namespace engine {

std::vector<catalog::ColumnId> widenable(const catalog::Record& table) {
  std::vector<catalog::ColumnId> found;
  for (const catalog::Column& column : tables::body(table).columns) {
    const bool fits = column.type.kind == catalog::TypeKind::Number && column.type.precision <= 18;
    if (!column.wide && !fits && carrier_of(column) != carrier_of(column.type, true)) found.push_back(column.id);
  }
  return found;
}

base::Result<std::string> default_sql(const catalog::Record& table, const catalog::Column& column,
                                      BindContext& context) {
  const std::string type = physical_type(column);
  if (column.identity_sequence)
    return fmt::format("CAST(freshet_sequence(CAST({} AS BIGINT), CAST({} AS BIGINT)) AS {})",
                       column.identity_sequence->value, column.identity_step.value_or(1), type);
  if (!column.default_text) return fmt::format("CAST(NULL AS {})", type);
  TRY(const sql::Expr expr, sql::parse_expression(*column.default_text));
  // Names in it (a sequence) stand in the table's schema, and its owner reads them.
  const catalog::NameScope outside = context.statement.names;
  context.statement.names.access = catalog::access_of_owner(outside.access, context.work.catalog(), table);
  context.statement.names.schema = table.container;
  if (const auto schema = context.work.catalog().find(table.container))
    context.statement.names.database = schema->container;
  auto bound = bind_expression(expr, Scope{}, context);
  context.statement.names = outside;
  if (!bound) return base::fail(bound.error());
  TRY(const BoundExpr assigned, assign(*std::move(bound), column.type, carrier_of(column), context,
                                       fmt::format("table {} failed on column {}", table.name, column.name)));
  return to_sql(assigned);
}

}  // namespace engine

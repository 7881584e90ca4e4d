#include "engine/bind/row_id.h"
#include "engine/bind/translator.h"
#include "sql/parser.h"

namespace engine::bind {
namespace {

constexpr int kMaxViewDepth = 50;

/// What a view's body is bound in: names of its own schema, its own text.
class ViewScope {
 public:
  ViewScope(BindContext& context, catalog::NameScope names, std::string_view text)
      : context_(context),
        names_(std::exchange(context.statement.names, names)),
        text_(std::exchange(context.text, text)) {
    ++context_.view_depth;
  }
  ViewScope(const ViewScope&) = delete;
  ~ViewScope() {
    --context_.view_depth;
    context_.statement.names = names_;
    context_.text = text_;
  }

 private:
  BindContext& context_;
  catalog::NameScope names_;
  std::string_view text_;
};

base::Error out_of_time_travel(const catalog::Record& table) {
  return {base::ErrorKind::NotFound, 707, "02000",
          fmt::format("Time travel data is not available for table {}. The requested time is either beyond the allowed "
                      "time travel period or before the object creation time.",
                      table.name),
          std::nullopt};
}

}  // namespace

Result<BoundFrom> Translator::named_table(const sql::NamedTable& ref, const sql::TableRef& whole) {
  TRY(const std::vector<std::string> parts, name_parts(ref.name));
  TRY(const auto record,
      catalog::resolve(context_.work.catalog(), context_.statement.names, catalog::ObjectKind::Table, parts));
  TRY_VOID(catalog::require(context_.statement.names.access, context_.work.catalog(), *record, {"SELECT"}));
  if (record->kind == catalog::ObjectKind::Table) return table(*record, ref, whole);
  if (ref.changes) return base::fail(unsupported("CHANGES on this view", whole.at));
  const auto outside = as_of_;
  if (ref.at) {
    TRY(as_of_, version_of(*ref.at, *record));
  }
  auto made = view(*record, whole);
  as_of_ = outside;
  return made;
}

Result<BoundFrom> Translator::view(const catalog::Record& view, const sql::TableRef& whole) {
  const auto& body = std::get<catalog::ViewBody>(view.body);
  if (context_.view_depth >= kMaxViewDepth)
    return base::fail(
        compile_error(1420, "54001",
                      fmt::format("View definition for '{}' nests too deep or refers to itself", view.name), whole.at));
  TRY(const auto query_tree, sql::parse_query(body.query_text));
  const catalog::Snapshot& catalog = context_.work.catalog();
  const auto schema = catalog.find(view.container);
  catalog::NameScope names = context_.statement.names;
  names.schema = view.container;
  names.database = schema ? std::optional(schema->container) : std::nullopt;
  names.public_too = false;
  names.access = catalog::access_of_owner(names.access, catalog, view);
  const auto outside = std::exchange(common_tables_, {});
  SelectFrame* outer_frame = std::exchange(frame, nullptr);
  auto bound = [&] {
    const ViewScope inside(context_, names, body.query_text);
    return query(*query_tree, nullptr);
  }();
  common_tables_ = outside;
  frame = outer_frame;
  if (!bound) {
    base::Error problem = std::move(bound).error();
    if (problem.number == 2003 || problem.number == 904)
      problem.message =
          fmt::format("SQL compilation error: Failure during expansion of view '{}': {}", view.name, problem.message);
    return base::fail(std::move(problem));
  }
  if (!body.column_names.empty()) {
    if (body.column_names.size() != bound->columns.size())
      return base::fail(compile_error(
          2057, "42601",
          fmt::format("View definition for '{}' declared {} column(s), but view query produces {} column(s).",
                      catalog.qualified_name(view), body.column_names.size(), bound->columns.size()),
          whole.at));
    for (std::size_t i = 0; i < bound->columns.size(); ++i) bound->columns[i].name = body.column_names[i];
  }
  TRY(BoundFrom made, derived(*bound, whole));
  if (!whole.alias) {
    made.relations[0].alias = view.name;
    const auto database = schema ? catalog.find(schema->container) : nullptr;
    if (schema && database) made.relations[0].qualified = {database->name, schema->name, view.name};
  }
  return made;
}

Result<catalog::Version> Translator::version_of(const sql::TimePoint& point, const catalog::Record& table) {
  Work& work = context_.work;
  const bool before = point.side == sql::TimePoint::Side::Before;
  if (point.kind == "STREAM") {
    TRY(const Value name, evaluate(point.value, context_));
    const auto* text = std::get_if<std::string>(&name);
    if (!text)
      return base::fail(compile_error(2057, "22023", "Time travel AT(STREAM => _) expected a stream name, got NULL.",
                                      point.value.at));
    TRY(const auto parts, name_parts({.parts = {}, .indirect = sql::NameFromText{*text}, .at = point.value.at}));
    const auto stream = catalog::find(work.catalog(), context_.statement.names, catalog::ObjectKind::Stream, parts);
    if (!stream)
      return base::fail(base::Error{base::ErrorKind::NotFound, 2003, "02000",
                                    fmt::format("SQL compilation error:\nStream '{}' not found.", *text),
                                    point.value.at});
    return std::get<catalog::StreamBody>(stream->body).offset;
  }
  if (point.kind == "STATEMENT") {
    TRY(const Value id, evaluate(point.value, context_));
    const auto* text = std::get_if<std::string>(&id);
    TRY(const auto version, work.version_of(text ? *text : ""));
    if (!version)
      return base::fail(base::Error{base::ErrorKind::NotFound, 2003, "02000",
                                    fmt::format("Statement {} not found", text ? *text : "NULL"), point.value.at});
    return before && version->value > 0 ? catalog::Version{version->value - 1} : *version;
  }
  base::Instant time;
  if (point.kind == "OFFSET") {
    TRY(const BoundExpr bound, constant_as(point.value, LogicalType::real()));
    TRY(const auto result,
        work.query("SELECT " + to_sql(bound) + " AS _0", {{.name = "OFFSET", .type = LogicalType::real()}}));
    const Value value = result->value(0, 0);
    const auto* seconds = std::get_if<double>(&value);
    if (!seconds || *seconds > 0)
      return base::fail(compile_error(
          1007, "22023",
          fmt::format("Invalid data type [{}] in AT(OFFSET => {})", column_name(point.value), column_name(point.value)),
          point.value.at));
    time = context_.statement.now + std::chrono::nanoseconds(static_cast<std::int64_t>(*seconds * 1e9));
  } else {
    const Scope none;
    TRY(BoundExpr bound, expression(point.value, none));
    const bool is_instant = bound.type.kind == TypeKind::TimestampLtz || bound.type.kind == TypeKind::TimestampTz;
    TRY(bound, convert(std::move(bound), is_instant ? LogicalType::timestamp_ltz() : LogicalType::timestamp_ntz(),
                       CastMode::Implicit, context_));
    TRY(const auto result,
        work.query("SELECT " + to_sql(bound) + " AS _0", {{.name = "TIMESTAMP", .type = bound.type}}));
    const Value value = result->value(0, 0);
    const auto* at = std::get_if<Timestamp>(&value);
    if (!at) return base::fail(compile_error(1007, "22023", "Invalid NULL in AT(TIMESTAMP => ..)", point.value.at));
    time =
        base::Instant{std::clamp<std::int64_t>(at->seconds, -9'000'000'000, 9'000'000'000) * 1'000'000'000 + at->nanos};
    if (before) time = time - std::chrono::nanoseconds(1);
  }
  if (time < table.created) return base::fail(out_of_time_travel(table));
  return work.version_at(time);
}

Result<BoundFrom> Translator::table(const catalog::Record& table, const sql::NamedTable& ref,
                                    const sql::TableRef& whole) {
  const auto& body = std::get<catalog::TableBody>(table.body);
  const catalog::Snapshot& catalog = context_.work.catalog();
  context_.tables_read.push_back(table.id);
  ScopeRelation made;
  made.alias = table.name;
  if (const auto schema = catalog.find(table.container))
    if (const auto database = catalog.find(schema->container))
      made.qualified = {database->name, schema->name, table.name};
  for (const catalog::Column& column : body.columns)
    made.columns.push_back({.name = column.name,
                            .type = column.type,
                            .carrier = carrier_of(column),
                            .nullable = column.nullable,
                            .physical = fmt::format("c{}", column.id.value)});
  std::string sql;
  if (ref.changes) {
    TRY(const catalog::Version from, version_of(ref.changes->from, table));
    catalog::Version until = context_.work.version();
    if (ref.changes->until) {
      TRY(until, version_of(*ref.changes->until, table));
    }
    if (!body.tracked_since || from < *body.tracked_since)
      return base::fail(base::Error{base::ErrorKind::InvalidValue, 91930, "2F003",
                                    fmt::format("SQL compilation error: Change tracking is not enabled or has been "
                                                "missing for the time range requested on table '{}'.",
                                                catalog.qualified_name(table)),
                                    whole.at});
    TRY(const std::string changed, ref.changes->append_only ? context_.work.insertions(table, from, until)
                                                            : context_.work.changes(table, from, until));
    sql = fmt::format("(SELECT *, {} AS _row_id FROM {} AS x)", row_id_sql(body.row_space, "_row"), changed);
    made.columns.push_back({.name = "METADATA$ACTION",
                            .type = LogicalType::text(6),
                            .carrier = Carrier::Text,
                            .nullable = false,
                            .physical = "_action"});
    made.columns.push_back({.name = "METADATA$ISUPDATE",
                            .type = LogicalType::boolean(),
                            .carrier = Carrier::Boolean,
                            .nullable = false,
                            .physical = "_update"});
    made.columns.push_back({.name = "METADATA$ROW_ID",
                            .type = LogicalType::text(40),
                            .carrier = Carrier::Text,
                            .nullable = false,
                            .physical = "_row_id"});
  } else if (ref.at) {
    TRY(const catalog::Version at, version_of(*ref.at, table));
    TRY(sql, context_.work.rows_at(table, at));
  } else if (as_of_) {
    TRY(sql, context_.work.rows_at(table, *as_of_));
  } else {
    sql = context_.work.rows(table);
  }
  return named(std::move(sql), std::move(made), whole);
}

}  // namespace engine::bind

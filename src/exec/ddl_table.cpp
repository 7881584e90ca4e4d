// CREATE TABLE in all its forms.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "engine/carrier.h"
#include "engine/dml/dml.h"
#include "exec/create_object.h"
#include "exec/ddl_table.h"
#include "sql/printer.h"

namespace exec {

using catalog::Column;
using catalog::ObjectKind;
using catalog::TableBody;

namespace {

std::string constraint_kind(sql::Constraint::Kind kind) {
  switch (kind) {
    case sql::Constraint::Kind::PrimaryKey: return "PRIMARY KEY";
    case sql::Constraint::Kind::Unique: return "UNIQUE";
    case sql::Constraint::Kind::ForeignKey: return "FOREIGN KEY";
    case sql::Constraint::Kind::Check: return "CHECK";
  }
  return "";
}

void add_constraint(TableBody& body, const sql::Constraint& constraint, const std::string& inline_column) {
  catalog::Constraint stored{
      .kind = constraint_kind(constraint.kind), .name = constraint.name ? constraint.name->name : "", .columns = {}};
  for (const sql::Identifier& column : constraint.columns) stored.columns.push_back(column.name);
  if (stored.columns.empty() && !inline_column.empty()) stored.columns.push_back(inline_column);
  if (constraint.kind == sql::Constraint::Kind::PrimaryKey)
    for (Column& column : body.columns)
      if (std::ranges::find(stored.columns, column.name) != stored.columns.end()) column.nullable = false;
  body.constraints.push_back(std::move(stored));
}

base::Result<std::int64_t> whole_number(std::string_view option, const std::string& text, std::int64_t min,
                                        std::int64_t max) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || value < min || value > max)
    return base::fail(
        compilation_error(1008, "22023", fmt::format("invalid value [{}] for parameter '{}'", text, option)));
  return value;
}

catalog::TableKind table_kind(sql::TableKind kind) {
  if (kind == sql::TableKind::Temporary) return catalog::TableKind::Temporary;
  if (kind == sql::TableKind::Transient) return catalog::TableKind::Transient;
  return catalog::TableKind::Permanent;
}

base::Result<TableBody> declared_body(Running& running, engine::Work& work, const sql::CreateTable& node) {
  TableBody body;
  std::set<std::string> names;
  for (const sql::ColumnDef& definition : node.columns) {
    if (!definition.type)
      return base::fail(compilation_error(1003, "42000", fmt::format("column '{}' has no type", definition.name.name)));
    if (!names.insert(definition.name.name).second)
      return base::fail(
          compilation_error(2025, "42S21", fmt::format("duplicate column name '{}'", definition.name.name)));
    TRY(auto column, define_column(running, work, definition, body));
    body.columns.push_back(std::move(column));
    for (const sql::Constraint& constraint : definition.constraints)
      add_constraint(body, constraint, definition.name.name);
  }
  return body;
}

/// Columns of a CTAS: those of the query, renamed and retyped by a column list.
base::Result<TableBody> selected_body(Running& running, engine::Work& work, const sql::CreateTable& node,
                                      const engine::BoundQuery& query) {
  if (!node.columns.empty() && node.columns.size() != query.columns.size())
    return base::fail(
        compilation_error(2020, "21S01",
                          fmt::format("Insert value list does not match column list expecting {} but got {}",
                                      node.columns.size(), query.columns.size())));
  TableBody body;
  for (std::size_t i = 0; i < query.columns.size(); ++i) {
    const engine::BoundColumn& source = query.columns[i];
    if (i < node.columns.size() && node.columns[i].type) {
      TRY(auto column, define_column(running, work, node.columns[i], body));
      body.columns.push_back(std::move(column));
      continue;
    }
    catalog::LogicalType type = source.type;
    if (type.kind == catalog::TypeKind::Null) type = catalog::LogicalType::text();
    body.columns.push_back({.id = {body.next_column++},
                            .name = i < node.columns.size() ? node.columns[i].name.name : source.name,
                            .type = type,
                            .nullable = true,
                            .wide = source.carrier != engine::carrier_of(type, false),
                            .default_text = {},
                            .identity_start = {},
                            .identity_step = {},
                            .identity_sequence = {},
                            .comment = {}});
  }
  return body;
}

}  // namespace

base::Result<Column> define_column(Running& running, engine::Work& work, const sql::ColumnDef& definition,
                                   TableBody& body) {
  TRY(auto type, engine::logical_type(*definition.type, running.session.parameters()));
  Column column{.id = {body.next_column++},
                .name = definition.name.name,
                .type = type,
                .nullable = !definition.not_null,
                .wide = false,
                .default_text = {},
                .identity_start = {},
                .identity_step = {},
                .identity_sequence = {},
                .comment = definition.comment.value_or("")};
  if (definition.computed) return base::fail(unsupported("computed column"));
  if (definition.default_value) column.default_text = sql::print(*definition.default_value);
  if (definition.autoincrement) {
    TRY(const auto start, whole_number("AUTOINCREMENT START", definition.autoincrement->start, INT64_MIN, INT64_MAX));
    TRY(const auto step, whole_number("AUTOINCREMENT INCREMENT", definition.autoincrement->step, INT64_MIN, INT64_MAX));
    if (step == 0) return base::fail(compilation_error(1008, "22023", "invalid value [0] for parameter 'INCREMENT'"));
    column.identity_start = start;
    column.identity_step = step;
    catalog::Record sequence{
        .id = work.new_object_id(),
        .kind = ObjectKind::Sequence,
        .container = {},
        .name = fmt::format("IDENTITY${}", body.next_column),
        .owner = running.context.role,
        .comment = {},
        .created = running.context.now,
        .dropped = std::nullopt,
        .body = catalog::SequenceBody{
            .start = start, .step = step, .next = start, .ordered = definition.autoincrement->ordered.value_or(false)}};
    column.identity_sequence = sequence.id;
    TRY_VOID(work.put(std::move(sequence)));
  }
  return column;
}

base::Status apply_table_options(const sql::Options& options, TableBody& body, catalog::Version version) {
  for (const sql::Option& option : options) {
    const std::string value = option_plain(option.value);
    const std::string& name = option.name.name;
    if (name == "DATA_RETENTION_TIME_IN_DAYS") {
      TRY(body.retention_days, whole_number(name, value, 0, body.kind == catalog::TableKind::Permanent ? 90 : 1));
    } else if (name == "MAX_DATA_EXTENSION_TIME_IN_DAYS") {
      TRY(body.extension_days, whole_number(name, value, 0, 90));
    } else if (name == "CHANGE_TRACKING") {
      if (value == "TRUE" || value == "true") {
        if (!body.tracked_since) body.tracked_since = version;
      } else {
        body.tracked_since.reset();
      }
    }
  }
  return {};
}

base::Result<Outcome> create_table(Running& running, const sql::CreateTable& node) {
  switch (node.kind) {
    case sql::TableKind::External: return base::fail(unsupported("CREATE EXTERNAL TABLE"));
    case sql::TableKind::Dynamic: return base::fail(unsupported("CREATE DYNAMIC TABLE"));
    case sql::TableKind::Event: return base::fail(unsupported("CREATE EVENT TABLE"));
    case sql::TableKind::Hybrid: return base::fail(unsupported("CREATE HYBRID TABLE"));
    case sql::TableKind::Permanent:
    case sql::TableKind::Transient:
    case sql::TableKind::Temporary: break;
  }
  if (node.using_template) return base::fail(unsupported("CREATE TABLE .. USING TEMPLATE"));
  const bool temporary = node.kind == sql::TableKind::Temporary;
  // A CTAS reads what its session's open transaction wrote: like all DDL it commits that first.
  TRY_VOID(running.session.engine().commit(running.work_options()));
  TRY(auto creation, Creation::plan(running, ObjectKind::Table, node.mode, node.name, "CREATE TABLE", temporary));
  if (creation.done) return *creation.done;
  TRY(auto work, creation.begin(running));
  auto context = running.bind_context(*work);

  TableBody body;
  engine::RowChanges rows;
  std::optional<engine::BoundQuery> selected;
  if (node.as_query) {
    TRY(auto query, engine::bind_query(**node.as_query, context));
    TRY(body, selected_body(running, *work, node, query));
    selected = std::move(query);
  } else if (node.clone || node.like) {
    if (node.clone && node.clone->at) return base::fail(unsupported("CLONE at a time"));
    TRY(auto source, running.find(ObjectKind::Table, node.clone ? node.clone->name : *node.like));
    const auto* original = std::get_if<TableBody>(&source->body);
    if (!original) return base::fail(catalog::not_found(ObjectKind::Table, source->name));
    if (node.clone) TRY_VOID(running.require(*source, {"SELECT"}));
    body = *original;
    if (node.clone) rows.made_sql = clone_rows(*work, *source);
  } else {
    TRY(body, declared_body(running, *work, node));
  }
  body.kind = table_kind(node.kind);
  body.session = temporary ? running.context.session : 0;
  if (!node.clone) body.tracked_since.reset();
  body.segments = {{.id = work->new_segment_id(), .ended_by = std::nullopt}};
  for (const sql::Constraint& constraint : node.constraints) add_constraint(body, constraint, "");
  for (const sql::Expr& key : node.cluster_by)
    body.cluster_by += (body.cluster_by.empty() ? "" : ", ") + sql::print(key);
  TRY_VOID(apply_table_options(node.options, body, work->version()));

  auto record = creation.record(running, *work, body, option_text(node.options, "COMMENT").value_or(""));
  auto& stored = std::get<TableBody>(record.body);
  if (stored.row_space == 0 || !node.clone) stored.row_space = record.id.value;
  if (rows.made_sql.empty() && !selected) return creation.finish(running, *work, std::move(record));

  TRY_VOID(creation.put(running, *work, record));
  if (selected) {
    TRY_VOID(engine::fill(record, *selected, context));
  } else {
    TRY_VOID(work->change(record, rows));
  }
  for (const catalog::ObjectId stream : context.streams_read) work->consume(stream);
  TRY_VOID(work->commit());
  return status(fmt::format("Table {} successfully created.", creation.place.name));
}

std::string clone_rows(engine::Work& work, const catalog::Record& source) {
  std::string list;
  for (const Column& column : std::get<TableBody>(source.body).columns) list += fmt::format(", c{}", column.id.value);
  return fmt::format("SELECT _row{} FROM {}", list, work.rows(source));
}

}  // namespace exec

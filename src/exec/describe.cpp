// DESCRIBE. Layouts: streams-tasks-sql.md 6.1, loading.md 2.2, 2.3.
#include <fmt/format.h>

#include <algorithm>

#include "change/stream_status.h"
#include "exec/create_object.h"
#include "exec/rows.h"
#include "exec/running.h"
#include "exec/show_rows.h"
#include "load/file_format.h"
#include "task/task_show.h"

namespace exec {

using catalog::ObjectKind;
using engine::Value;

namespace {

constexpr std::string_view kColumns =
    "name type kind null? default primary~key unique~key check expression comment policy~name privacy~domain";

void add_column(Rows& rows, std::string name, const catalog::LogicalType& type, bool nullable, Value default_text,
                bool primary, bool unique, const std::string& comment) {
  rows.add({{"name", std::move(name)},
            {"type", catalog::to_text(type)},
            {"kind", std::string("COLUMN")},
            {"null?", yes_no(nullable)},
            {"default", std::move(default_text)},
            {"primary key", yes_no(primary)},
            {"unique key", yes_no(unique)},
            {"comment", comment.empty() ? Value() : Value(comment)}});
}

base::Result<Rows> describe_relation(Running& running, const sql::Describe& node) {
  TRY(auto record, running.find(ObjectKind::Table, node.name));
  Rows rows(kColumns);
  if (const auto* table = std::get_if<catalog::TableBody>(&record->body)) {
    const auto in = [&](std::string_view kind, const std::string& column) {
      return std::ranges::any_of(table->constraints, [&](const catalog::Constraint& one) {
        return one.kind == kind && std::ranges::find(one.columns, column) != one.columns.end();
      });
    };
    for (const catalog::Column& column : table->columns) {
      Value shown;
      if (column.default_text) shown = *column.default_text;
      if (column.identity_start)
        shown = fmt::format("IDENTITY START {} INCREMENT {} NOORDER", *column.identity_start,
                            column.identity_step.value_or(1));
      add_column(rows, column.name, column.type, column.nullable, std::move(shown), in("PRIMARY KEY", column.name),
                 in("UNIQUE", column.name), column.comment);
    }
    return rows;
  }
  TRY(auto work, running.begin());
  TRY_VOID(work->start());
  auto context = running.bind_context(*work);
  sql::Query query{
      .body = sql::Select{
          .items = {{.value = {.node = sql::Star{}}, .alias = {}}},
          .from = {{.node = sql::NamedTable{.name = node.name, .changes = {}, .at = {}}, .alias = {}, .sample = {}}}}};
  TRY(auto bound, engine::bind_query(query, context));
  for (const engine::BoundColumn& column : bound.columns)
    add_column(rows, column.name, column.type, column.nullable, Value(), false, false, "");
  return rows;
}

void add_properties(Rows& rows, std::string_view parent, const std::vector<load::FormatProperty>& properties) {
  for (const load::FormatProperty& property : properties) {
    std::vector<std::pair<std::string_view, Value>> row{{"property", property.name},
                                                        {"property_type", property.type},
                                                        {"property_value", property.value},
                                                        {"property_default", property.default_value}};
    if (!parent.empty()) row.emplace_back("parent_property", std::string(parent));
    rows.add(std::move(row));
  }
}

base::Result<Rows> describe_stage(Running& running, const sql::Describe& node) {
  TRY(auto record, running.find(ObjectKind::Stage, node.name));
  const auto& stage = std::get<catalog::StageBody>(record->body);
  load::FileFormat format;
  if (stage.format) {
    if (const auto named = running.catalog()->find(*stage.format)) {
      TRY(format, load::FileFormat::read(std::get<catalog::FileFormatBody>(named->body)));
    }
  } else {
    TRY(format, load::FileFormat::read(stage.format_options));
  }
  Rows rows("parent_property property property_type property_value property_default");
  add_properties(rows, "STAGE_FILE_FORMAT", load::describe(format));
  add_properties(rows, "STAGE_COPY_OPTIONS",
                 {{"ON_ERROR", "String", "ABORT_STATEMENT", "ABORT_STATEMENT"},
                  {"SIZE_LIMIT", "Long", "", ""},
                  {"PURGE", "Boolean", "false", "false"},
                  {"RETURN_FAILED_ONLY", "Boolean", "false", "false"},
                  {"ENFORCE_LENGTH", "Boolean", "true", "true"},
                  {"TRUNCATECOLUMNS", "Boolean", "false", "false"},
                  {"FORCE", "Boolean", "false", "false"}});
  add_properties(rows, "STAGE_LOCATION",
                 {{"URL", "String", stage.url.empty() ? "" : fmt::format("[\"{}\"]", stage.url), ""}});
  add_properties(rows, "STAGE_INTEGRATION", {{"STORAGE_INTEGRATION", "String", stage.integration, ""}});
  add_properties(rows, "STAGE_CREDENTIALS", {{"AWS_KEY_ID", "String", "", ""}});  // never shown
  add_properties(rows, "DIRECTORY",
                 {{"ENABLE", "Boolean", stage.directory ? "true" : "false", "false"},
                  {"AUTO_REFRESH", "Boolean", "false", "false"}});
  return rows;
}

base::Result<Rows> describe_integration(Running& running, const sql::Describe& node) {
  TRY(const auto parts, running.parts(node.name));
  const auto record = running.catalog()->find(ObjectKind::Integration, {}, parts.back());
  if (!record) return base::fail(catalog::not_found(ObjectKind::Integration, parts.back()));
  const auto& properties = std::get<catalog::PlainBody>(record->body).properties;
  Rows rows("property property_type property_value property_default");
  const auto add = [&](std::string name, std::string type, std::string fallback, std::string shown_default) {
    std::string value = std::move(fallback);
    for (const auto& [key, written] : properties) {
      if (key != name) continue;
      value.clear();
      for (const char c : written)
        if (c != '\'' && c != '(' && c != ')') value += c;
    }
    rows.add({{"property", std::move(name)},
              {"property_type", std::move(type)},
              {"property_value", std::move(value)},
              {"property_default", std::move(shown_default)}});
  };
  add("ENABLED", "Boolean", "false", "false");
  add("STORAGE_PROVIDER", "String", "", "");
  add("STORAGE_ALLOWED_LOCATIONS", "List", "", "[]");
  add("STORAGE_BLOCKED_LOCATIONS", "List", "", "[]");
  add("STORAGE_AWS_IAM_USER_ARN", "String", "arn:aws:iam::000000000000:user/freshet", "");
  add("STORAGE_AWS_ROLE_ARN", "String", "", "");
  add("STORAGE_AWS_EXTERNAL_ID", "String", fmt::format("FRESHET_{}", record->id.value), "");
  add("COMMENT", "String", record->comment, "");
  return rows;
}

base::Result<Rows> describe_procedure(Running& running, const sql::Describe& node) {
  TRY(auto parts, running.parts(node.name));
  TRY(parts.back(), routine_name(running, parts.back(), node.argument_types));
  auto names = running.context.names;
  names.public_too = false;
  TRY(const auto record, catalog::resolve(*running.catalog(), names, ObjectKind::Procedure, parts));
  const auto& body = std::get<catalog::ProcedureBody>(record->body);
  std::string arguments;
  for (const catalog::Argument& argument : body.arguments)
    arguments += fmt::format("{}{} {}", arguments.empty() ? "" : ", ", argument.name, catalog::to_text(argument.type));
  Rows rows("property value");
  const auto add = [&](std::string property, std::string value) {
    rows.add({{"property", std::move(property)}, {"value", std::move(value)}});
  };
  add("signature", "(" + arguments + ")");
  add("returns", body.returns_table ? "TABLE ()" : catalog::to_text(body.returns) + (body.not_null ? " NOT NULL" : ""));
  add("language", body.language);
  add("null handling", body.strict ? "RETURNS NULL ON NULL INPUT" : "CALLED ON NULL INPUT");
  add("volatility", "VOLATILE");
  add("execute as", body.caller_rights ? "CALLER" : "OWNER");
  add("body", body.body);
  return rows;
}

base::Result<Rows> describe_result(Running& running, const sql::Describe& node) {
  const auto& past = running.session.past();
  for (auto one = past.rbegin(); one != past.rend(); ++one) {
    if (!node.text.empty() && one->query_id != node.text) continue;
    Rows rows(kColumns);
    if (one->result)
      for (const auto& column : one->result->columns())
        add_column(rows, column.name, column.type, column.nullable, Value(), false, false, "");
    return rows;
  }
  return base::fail(compilation_error(707, "02000", fmt::format("Statement {} not found", node.text)));
}

}  // namespace

base::Result<Outcome> describe(Running& running, const sql::Describe& node) {
  const auto answer = [](Rows rows) {
    return Outcome{
        .result = std::move(rows).finish(), .counts = {}, .query_id = {}, .type_id = statement_type::kDescribe};
  };
  const std::string& kind = node.kind;
  if (kind == "RESULT") {
    TRY(auto rows, describe_result(running, node));
    return answer(std::move(rows));
  }
  if (kind == "TABLE" || kind == "VIEW") {
    TRY(auto rows, describe_relation(running, node));
    return answer(std::move(rows));
  }
  if (kind == "STAGE") {
    TRY(auto rows, describe_stage(running, node));
    return answer(std::move(rows));
  }
  if (kind == "FILE FORMAT") {
    TRY(auto record, running.find(ObjectKind::FileFormat, node.name));
    TRY(auto format, load::FileFormat::read(std::get<catalog::FileFormatBody>(record->body)));
    Rows rows("property property_type property_value property_default");
    add_properties(rows, "", load::describe(format));
    return answer(std::move(rows));
  }
  if (kind.ends_with("INTEGRATION")) {
    TRY(auto rows, describe_integration(running, node));
    return answer(std::move(rows));
  }
  if (kind == "PROCEDURE") {
    TRY(auto rows, describe_procedure(running, node));
    return answer(std::move(rows));
  }
  // A pipe and a sequence are described by their row of SHOW.
  for (const auto& [word, plural, object] :
       {std::tuple{"PIPE", "PIPES", ObjectKind::Pipe}, std::tuple{"SEQUENCE", "SEQUENCES", ObjectKind::Sequence}}) {
    if (kind != word) continue;
    TRY(auto record, running.find(object, node.name));
    const auto listing = listing_of(plural);
    if (!listing) break;
    Rows rows(listing->columns);
    TRY_VOID(listing->add(running, *record, rows, false));
    return answer(std::move(rows));
  }
  if (kind == "STREAM" || kind == "TASK") {
    TRY(auto record, running.find(kind == "STREAM" ? ObjectKind::Stream : ObjectKind::Task, node.name));
    Rows rows(kind == "STREAM" ? change::status_columns(false) : task::task_columns());
    rows.add_row(kind == "STREAM" ? change::status_row(*record, *running.catalog(), running.context.now, false)
                                  : task::task_row(*running.catalog(), *record));
    return answer(std::move(rows));
  }
  if (kind == "SCHEMA" || kind == "DATABASE") {
    Rows rows("created_on:ltz name kind");
    TRY(const auto parts, running.parts(node.name));
    const auto catalog = running.catalog();
    if (kind == "SCHEMA") {
      TRY(auto schema, catalog::resolve_schema(*catalog, running.context.names, parts));
      for (const auto& record : catalog->list(ObjectKind::Table, schema->id, running.context.session))
        if (running.sees(*record))
          rows.add({{"created_on", ltz(record->created)}, {"name", record->name}, {"kind", std::string("TABLE")}});
      for (const auto& record : catalog->list(ObjectKind::View, schema->id))
        if (running.sees(*record))
          rows.add({{"created_on", ltz(record->created)}, {"name", record->name}, {"kind", std::string("VIEW")}});
    } else {
      TRY(auto database, catalog::resolve_database(*catalog, running.context.names, parts.back()));
      for (const auto& record : catalog->list(ObjectKind::Schema, database->id))
        if (running.sees(*record))
          rows.add({{"created_on", ltz(record->created)}, {"name", record->name}, {"kind", std::string("SCHEMA")}});
    }
    return answer(std::move(rows));
  }
  return base::fail(unsupported("DESCRIBE " + kind));
}

}  // namespace exec

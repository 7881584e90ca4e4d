// Procedures: CREATE, CALL.
#include <fmt/format.h>

#include <algorithm>

#include "engine/values/value_text.h"
#include "exec/create_object.h"
#include "exec/running.h"
#include "exec/scripting.h"
#include "proc/js_procedure.h"
#include "proc/repeatable.h"
#include "proc/routine_check.h"
#include "sql/parser.h"
#include "sql/printer.h"

namespace exec {

using catalog::ObjectKind;
using catalog::ProcedureBody;
using engine::Value;

namespace {

// Overloads differ in argument types, so the name of the record carries them: P(FLOAT, VARCHAR).
std::string signature(std::string_view name, const ProcedureBody& body) {
  std::string types;
  for (const catalog::Argument& argument : body.arguments) {
    const std::string text = catalog::to_text(argument.type);
    types += (types.empty() ? "" : ", ") + text.substr(0, text.find('('));
  }
  return fmt::format("{}({})", name, types);
}

base::Error unknown_procedure(std::string_view name) {
  return {base::ErrorKind::NotFound, 2140, "42601",
          fmt::format("SQL compilation error:\nUnknown user-defined function {}", name), std::nullopt};
}

struct Found {
  catalog::RecordPtr record;
  catalog::RecordPtr schema;
};

base::Result<Found> find_procedure(Running& running, const std::vector<std::string>& parts,
                                   std::size_t argument_count) {
  const auto catalog = running.catalog();
  TRY(auto place, catalog::place(*catalog, running.context.names, parts, "CALL"));
  const std::string prefix = place.name + "(";
  for (const auto& record : catalog->list(ObjectKind::Procedure, place.schema)) {
    if (!record->name.starts_with(prefix) || !running.sees(*record)) continue;
    const auto& body = std::get<ProcedureBody>(record->body);
    const auto required = static_cast<std::size_t>(std::ranges::count_if(
        body.arguments, [](const catalog::Argument& argument) { return !argument.default_text; }));
    if (argument_count >= required && argument_count <= body.arguments.size())
      return Found{record, catalog->find(place.schema)};
  }
  return base::fail(unknown_procedure(catalog::joined(parts)));
}

/// Arguments in the order and the types of the declaration, defaults filled in.
base::Result<std::vector<Value>> arguments_of(Running& running, const sql::Call& node, const ProcedureBody& body) {
  if (body.arguments.empty()) return std::vector<Value>{};
  TRY(auto work, running.begin());
  TRY_VOID(work->start());
  auto context = running.bind_context(*work);
  std::vector<std::optional<sql::Expr>> given(body.arguments.size());
  std::size_t position = 0;
  for (const sql::Argument& argument : node.arguments) {
    std::size_t index = position;
    if (argument.name) {
      const auto named = std::ranges::find(body.arguments, argument.name->name, &catalog::Argument::name);
      if (named == body.arguments.end())
        return base::fail(compilation_error(904, "42000", fmt::format("invalid identifier '{}'", argument.name->name)));
      index = static_cast<std::size_t>(named - body.arguments.begin());
    } else {
      ++position;
    }
    given[index] = argument.value;
  }
  std::vector<Value> values;
  for (std::size_t i = 0; i < given.size(); ++i) {
    sql::Expr expression{.node = sql::NullLiteral{}, .at = {}};
    if (given[i]) {
      expression = *given[i];
    } else if (body.arguments[i].default_text) {
      TRY(expression, sql::parse_expression(*body.arguments[i].default_text));
    }
    const engine::Scope nothing;
    TRY(auto bound, engine::bind_expression(expression, nothing, context));
    TRY(auto cast, engine::cast(std::move(bound), body.arguments[i].type, context));
    TRY(auto result, work->query("SELECT " + engine::to_sql(cast), {{"V", body.arguments[i].type, true}}));
    values.push_back(result->value(0, 0));
  }
  return values;
}

}  // namespace

base::Result<std::string> routine_name(Running& running, const std::string& name,
                                       const std::optional<std::vector<sql::TypeName>>& argument_types) {
  std::string types;
  for (const sql::TypeName& type : argument_types.value_or(std::vector<sql::TypeName>{})) {
    TRY(const auto logical, engine::logical_type(type, running.session.parameters()));
    const std::string text = catalog::to_text(logical);
    types += (types.empty() ? "" : ", ") + text.substr(0, text.find('('));
  }
  return name + "(" + types + ")";
}

base::Result<Outcome> create_routine(Running& running, const sql::CreateRoutine& node) {
  const bool procedure = node.kind == sql::CreateRoutine::Kind::Procedure;
  if (!procedure) return base::fail(unsupported("CREATE FUNCTION"));
  ProcedureBody body;
  for (const sql::RoutineArgument& argument : node.arguments) {
    if (argument.out) return base::fail(unsupported("OUT arguments"));
    TRY(auto type, engine::logical_type(argument.type, running.session.parameters()));
    body.arguments.push_back(
        {.name = argument.name.name,
         .type = type,
         .default_text = argument.default_value ? std::optional(sql::print(*argument.default_value)) : std::nullopt});
  }
  if (node.returns) {
    TRY(body.returns, engine::logical_type(*node.returns, running.session.parameters()));
  }
  body.returns_table = node.returns_table.has_value();
  body.not_null = node.returns_not_null;
  body.language = node.language.empty() ? "SQL" : node.language;
  body.strict = node.null_handling == "STRICT" || node.null_handling == "RETURNS NULL ON NULL INPUT";
  body.caller_rights = node.execute_as == "CALLER";
  body.body = node.body.text;

  TRY(auto parts, running.parts(node.name));
  TRY_VOID(proc::check_routine(parts.back(), body));
  sql::ObjectName with_types = node.name;
  with_types.indirect.reset();
  with_types.parts.clear();
  for (const std::string& part : parts) with_types.parts.push_back({.name = part, .quoted = true, .at = {}});
  const std::string plain = parts.back();
  with_types.parts.back().name = signature(plain, body);
  TRY(auto creation, Creation::plan(running, ObjectKind::Procedure, node.mode, with_types, "CREATE PROCEDURE"));
  if (creation.done) return status(fmt::format("{} already exists, statement succeeded.", plain));
  TRY(auto work, creation.begin(running));
  TRY(auto outcome, creation.finish(running, *work,
                                    creation.record(running, *work, std::move(body),
                                                    option_text(node.options, "COMMENT").value_or(""))));
  outcome.result = engine::make_status(fmt::format("Function {} successfully created.", plain));
  return outcome;
}

/// CALL SYSTEM$F(..): the functions of the system are procedures too.
base::Result<Outcome> call_system_function(Running& running, const sql::Call& node) {
  sql::FunctionCall function{.name = node.name, .arguments = node.arguments};
  sql::Select select;
  select.items.push_back({.value = {.node = std::move(function), .at = node.name.at}, .alias = node.name.parts.back()});
  return run_query(running, sql::Query{.body = std::move(select)});
}

base::Result<Outcome> call(Running& running, const sql::Call& node) {
  TRY(auto parts, running.parts(node.name));
  if (parts.size() == 1 && parts[0].starts_with("SYSTEM$")) return call_system_function(running, node);
  TRY(auto found, find_procedure(running, parts, node.arguments.size()));
  TRY_VOID(running.require(*found.record, {"USAGE"}));
  const auto& body = std::get<ProcedureBody>(found.record->body);
  TRY_VOID(proc::check_callable(parts.back(), body));
  TRY(auto arguments, arguments_of(running, node, body));
  Session& caller = running.session;
  const auto scope =
      body.caller_rights ? caller.nested_as_caller() : caller.nested_as_owner(*found.record, *found.schema);
  const bool outer_transaction = caller.engine().in_transaction();
  // Who calls by hand may ask for the statements' ids and results afterwards; a task does not. What the expressions of
  // a scripting block read is in no statement, so that only JavaScript can be told to do nothing again.
  IdleStatements::Sum sum;
  if (running.services.idle && caller.task_run != 0 && node.arguments.empty() && body.language == "JAVASCRIPT" &&
      proc::is_repeatable(body.body))
    scope->idle_sum = &sum;
  std::shared_ptr<const engine::ResultSet> result;
  if (body.language == "JAVASCRIPT") {
    TRY(Value value,
        proc::call_javascript(parts.back(), body, arguments, *scope, {.cancelled = caller.cancel_token().flag()}));
    result = engine::make_result({{parts.back(), body.returns, !body.not_null}}, {{std::move(value)}});
  } else {
    TRY(result, call_script(parts.back(), body, arguments, *scope));
  }
  if (!outer_transaction && caller.engine().in_transaction()) {
    TRY_VOID(caller.engine().rollback());
    return base::fail({base::ErrorKind::InvalidValue, 90232, "P0000",
                       "Stored procedure execution error: Scoped transaction started in stored procedure is incomplete "
                       "and it was rolled back.",
                       std::nullopt});
  }
  if (body.caller_rights) {
    caller.database = scope->database;
    caller.schema = scope->schema;
    caller.role = scope->role;
    caller.secondary_roles = scope->secondary_roles;
    caller.parameters() = scope->parameters();
  }
  Outcome outcome{.result = std::move(result), .counts = {}, .query_id = {}, .type_id = statement_type::kSelect};
  if (scope->idle_sum && sum.idle && sum.proof)
    running.services.idle->remember(running, *std::move(sum.proof), outcome);
  return outcome;
}

base::Result<Outcome> execute_immediate(Running& running, const sql::ExecuteImmediate& node) {
  std::string text;
  std::vector<Value> values;
  {
    TRY(auto work, running.begin());
    TRY_VOID(work->start());
    auto context = running.bind_context(*work);
    TRY(auto value, engine::evaluate(node.text, context));
    const auto* written = std::get_if<std::string>(&value);
    if (!written) return base::fail(compilation_error(1044, "42P13", "EXECUTE IMMEDIATE needs a text"));
    text = *written;
    for (const sql::Expr& expression : node.using_values) {
      TRY(auto one, engine::evaluate(expression, context));
      values.push_back(std::move(one));
    }
  }
  return running.session.run_inside(text, values);
}

}  // namespace exec

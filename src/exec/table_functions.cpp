#include "exec/table_functions.h"

#include <fmt/format.h>

#include "engine/bind/expr.h"
#include "engine/result_relation.h"
#include "exec/information_schema.h"
#include "exec/running.h"

namespace exec {

namespace {

base::Result<std::shared_ptr<const engine::ResultSet>> earlier_result(Running& running,
                                                                      const FunctionArguments& arguments) {
  const auto found = arguments.find("1");
  const auto* id = found == arguments.end() ? nullptr : std::get_if<std::string>(&found->second);
  if (id)
    for (const Session::Past& past : running.session.past())
      if (past.query_id == *id) return past.result;
  return base::fail(compilation_error(707, "02000", fmt::format("Statement {} not found", id ? *id : "NULL")));
}

/// `$n` in FROM: the result of the step n back in a ->> chain.
base::Result<std::shared_ptr<const engine::ResultSet>> earlier_step(const Running& running, std::uint32_t back) {
  const auto& steps = running.earlier_steps;
  if (back == 0 || back > steps.size())
    return base::fail(
        compilation_error(2003, "42S02", fmt::format("Object '${}' does not exist or not authorized.", back)));
  return steps[steps.size() - back];
}

/// What stands behind INFORMATION_SCHEMA in a name, if it names that.
std::string behind_information_schema(const std::vector<std::string>& parts) {
  return parts.size() >= 2 && parts[parts.size() - 2] == "INFORMATION_SCHEMA" ? parts.back() : std::string{};
}

/// FRESHET.FLOW.NAME, unless somebody made a database of that name.
bool is_of_flow(const std::vector<std::string>& parts, engine::BindContext& context) {
  return parts.size() == 3 && parts[0] == "FRESHET" && parts[1] == "FLOW" &&
         !catalog::resolve_database(context.work.catalog(), context.statement.names, parts[0]);
}

/// Those of a schema that belongs to nobody: with privileges, for administrators.
base::Status check_account_access(const Running& running, const std::string& database) {
  if (running.context.names.access && !running.context.names.access->may_on_account("IMPORTED PRIVILEGES"))
    return base::fail(catalog::not_found(catalog::ObjectKind::Database, database));
  return {};
}

std::string quoted_name(const sql::ColumnRef& name) {
  std::string text;
  for (const sql::Identifier& part : name.parts)
    text += (text.empty() ? "" : ".") + engine::bind::quote_identifier(part.name);
  return text;
}

/// [database.]INFORMATION_SCHEMA.NAME, SNOWFLAKE.ACCOUNT_USAGE.NAME or FRESHET.FLOW.NAME.
base::Result<std::optional<engine::Relation>> metadata_view(Running& running, const TableFunctions& known,
                                                            const std::vector<std::string>& parts,
                                                            engine::BindContext& context) {
  const bool of_account = parts.size() == 3 && parts[0] == "SNOWFLAKE" && parts[1] == "ACCOUNT_USAGE";
  const bool of_flow = is_of_flow(parts, context);
  if (!of_account && !of_flow && behind_information_schema(parts).empty()) return std::nullopt;
  const std::string& schema = parts[parts.size() - 2];
  if (of_account || of_flow) TRY_VOID(check_account_access(running, parts[0]));
  std::optional<catalog::ObjectId> database;
  if (of_account || of_flow) {
    // They know no database.
  } else if (parts.size() == 3) {
    TRY(const auto record, catalog::resolve_database(context.work.catalog(), context.statement.names, parts[0]));
    database = record->id;
  } else {
    database = context.statement.names.database;
    const auto record = database ? context.work.catalog().find(*database) : nullptr;
    if (!record || !catalog::visible(context.statement.names.access, *record))
      return base::fail(compilation_error(90105, "22000",
                                          "Cannot perform SELECT. This session does not have a current database. Call "
                                          "'USE DATABASE', or use a qualified name."));
  }
  const auto& views = of_flow ? known.flow_views : of_account ? known.account_views : known.views;
  const auto found = views.find(parts.back());
  if (found == views.end()) return base::fail(no_such_view(schema, parts.back()));
  TRY(const auto result, found->second(running, context.work, database));
  TRY(auto relation, engine::relation_of(*result, context.work));
  relation.qualified = {schema, parts.back()};
  if (parts.size() == 3) relation.qualified.insert(relation.qualified.begin(), parts[0]);
  return relation;
}

base::Result<FunctionArguments> evaluate_all(const sql::FunctionCall& call, engine::BindContext& context) {
  FunctionArguments arguments;
  int position = 0;
  for (const sql::Argument& argument : call.arguments) {
    engine::Value value;
    if (const auto* name = std::get_if<sql::ColumnRef>(&argument.value.node)) {
      value = quoted_name(*name);  // VALIDATE(t, ..)
    } else {
      TRY(value, engine::evaluate(argument.value, context));
    }
    arguments.insert_or_assign(argument.name ? argument.name->name : fmt::format("{}", ++position), std::move(value));
  }
  return arguments;
}

}  // namespace

base::Result<std::optional<engine::Relation>> ResultSource::relation(const sql::TableRef& ref,
                                                                     engine::BindContext& context) {
  const TableFunctions* known = running_.services.table_functions;
  if (const auto* function = std::get_if<sql::FunctionTable>(&ref.node)) {
    if (const auto* step = std::get_if<sql::PositionalRef>(&function->call.node)) {
      TRY(const auto result, earlier_step(running_, step->position));
      TRY(auto relation, engine::relation_of(*result, context.work));
      return relation;
    }
    const auto* call = std::get_if<sql::FunctionCall>(&function->call.node);
    if (!call) return std::nullopt;
    TRY(const auto parts, running_.parts(call->name));
    if (parts.back() == "RESULT_SCAN" && parts.size() == 1) {
      TRY(const auto arguments, evaluate_all(*call, context));
      TRY(const auto result, earlier_result(running_, arguments));
      TRY(auto relation, engine::relation_of(*result, context.work));
      return relation;
    }
    std::string name = behind_information_schema(parts);
    if (name.empty() && parts.size() == 1) name = parts[0];
    if (!known) return std::nullopt;
    const bool of_flow = is_of_flow(parts, context);
    if (of_flow) {
      TRY_VOID(check_account_access(running_, parts[0]));
      name = parts.back();
    }
    const auto& functions = of_flow ? known->flow_functions : known->functions;
    const auto found = functions.find(name);
    if (found == functions.end() && parts.size() > 1 && !name.empty()) return base::fail(no_such_function(name));
    if (found == functions.end()) return std::nullopt;
    TRY(const auto arguments, evaluate_all(*call, context));
    TRY(const auto result, found->second(running_, context.work, arguments));
    TRY(auto relation, engine::relation_of(*result, context.work));
    return relation;
  }
  if (const auto* named = std::get_if<sql::NamedTable>(&ref.node); named && known && !named->at && !named->changes) {
    TRY(const auto parts, running_.parts(named->name));
    return metadata_view(running_, *known, parts, context);
  }
  return std::nullopt;
}

}  // namespace exec

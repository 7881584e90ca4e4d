#include "exec/scripting.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proc/script.h"
#include "sql/parser.h"

namespace exec {

using engine::NamedBind;
using engine::NamedBinds;
using engine::Value;

namespace {

/// A block's SQL in the session that it runs in.
class SessionScriptHost final : public proc::ScriptHost {
 public:
  explicit SessionScriptHost(Session& session) : session_(session) {}

  base::Result<Outcome> run(std::string_view text, std::span<const Value> binds, const NamedBinds& named) override {
    return session_.run_inside(text, binds, &named);
  }

  base::Result<NamedBind> evaluate(std::string_view text, const NamedBinds& named) override {
    TRY(const auto expression, sql::parse_expression(text));
    Running running(session_, text, {}, {}, &named);
    TRY(auto work, running.begin());
    TRY_VOID(work->start());
    auto context = running.bind_context(*work);
    const engine::Scope nothing;
    TRY(const auto bound, engine::bind_expression(expression, nothing, context));
    if (bound.value) return NamedBind{*bound.value, bound.type};
    TRY(const auto result, work->query("SELECT " + engine::to_sql(bound) + " AS _0", {{"VALUE", bound.type, true}}));
    return NamedBind{result->row_count() == 0 ? Value() : result->value(0, 0), bound.type};
  }

  base::Result<catalog::LogicalType> type_of(const sql::TypeName& name) override {
    return engine::logical_type(name, session_.parameters());
  }
  bool is_cancelled() const override { return session_.cancel_token().cancelled(); }

 private:
  Session& session_;
};

base::Result<std::shared_ptr<const engine::ResultSet>> result_of(proc::ScriptAnswer answer, std::string column) {
  if (answer.table) return answer.table;
  NamedBind value = answer.value.value_or(NamedBind{});
  return engine::make_result({{std::move(column), value.type, true}}, {{std::move(value.value)}});
}

}  // namespace

base::Result<std::shared_ptr<const engine::ResultSet>> call_script(const std::string& name,
                                                                   const catalog::ProcedureBody& procedure,
                                                                   const std::vector<Value>& arguments,
                                                                   Session& scope) {
  if (procedure.strict && std::ranges::any_of(arguments, engine::is_null))
    return engine::make_result({{name, procedure.returns, true}}, {{Value()}});
  TRY(const auto block, sql::parse_script_block(procedure.body));
  NamedBinds named;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    named.emplace(procedure.arguments[i].name, NamedBind{arguments[i], procedure.arguments[i].type});
  SessionScriptHost host(scope);
  TRY(auto answer, proc::run_script(block, named, host));
  if (procedure.returns_table) {
    if (!answer.table)
      return base::fail({base::ErrorKind::InvalidValue, 0, "P0000",
                         fmt::format("Procedure {} RETURNS TABLE and has to end with RETURN TABLE(..).", name),
                         std::nullopt});
    return answer.table;
  }
  if (answer.table)
    return base::fail({base::ErrorKind::InvalidValue, 0, "P0000",
                       fmt::format("Procedure {} returns a value of type {}, not a table.", name,
                                   catalog::to_text(procedure.returns)),
                       std::nullopt});
  NamedBind value = answer.value.value_or(NamedBind{});
  if (!engine::is_null(value.value) && value.type != procedure.returns) {
    TRY(value, host.evaluate(fmt::format("CAST(:V AS {})", catalog::to_text(procedure.returns)), {{"V", value}}));
  }
  if (procedure.not_null && engine::is_null(value.value))
    return base::fail(
        {base::ErrorKind::InvalidValue, 100'072, "22000", "NULL result in a non-nullable column", std::nullopt});
  value.type = procedure.returns;
  return result_of({.value = std::move(value), .table = nullptr}, name);
}

/// An anonymous block: its statements are the session's own.
base::Result<Outcome> run_block(Running& running, std::string_view text) {
  TRY(const auto block, sql::parse_script_block(text));
  Session& session = running.session;
  // What is to be written in the commit of a statement alone is not for one of several.
  const auto in_commit = std::exchange(session.in_commit, nullptr);
  SessionScriptHost host(session);
  auto answer = proc::run_script(block, {}, host);
  session.in_commit = in_commit;
  if (!answer) return base::fail(std::move(answer).error());
  TRY(auto result, result_of(*std::move(answer), "anonymous block"));
  return Outcome{.result = std::move(result), .counts = {}, .query_id = {}, .type_id = statement_type::kSelect};
}

}  // namespace exec

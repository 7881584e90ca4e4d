// Context functions: constants of the statement. Source: streams-tasks-sql.md 6.3.
#include "engine/functions/registry.h"

namespace engine::functions {
namespace {

using bind::make;

std::int64_t now_us(const Call& call) {
  const std::int64_t ns = call.translator.context().statement.now.ns;
  return ns >= 0 ? ns / 1000 : -((-ns + 999) / 1000);
}

Result<BoundExpr> current_timestamp(Call& call) {
  return bind::timestamp_literal(now_us(call), LogicalType::timestamp_ltz());
}
Result<BoundExpr> sysdate(Call& call) { return bind::timestamp_literal(now_us(call), LogicalType::timestamp_ntz()); }

Result<BoundExpr> current_date(Call& call) {
  TRY(BoundExpr made, bind::convert(bind::timestamp_literal(now_us(call), LogicalType::timestamp_ltz()),
                                    LogicalType::date(), bind::CastMode::Explicit, call.context()));
  return made;
}
Result<BoundExpr> current_time(Call& call) {
  TRY(BoundExpr made, bind::convert(bind::timestamp_literal(now_us(call), LogicalType::timestamp_ltz()),
                                    LogicalType::time(), bind::CastMode::Explicit, call.context()));
  return made;
}

BoundExpr text_or_null(const std::optional<std::string>& text) {
  if (text) return bind::text_literal(*text);
  BoundExpr made = bind::make_cast("NULL", LogicalType::text(), Carrier::Text);
  made.value = Value{};
  made.constant = true;
  return made;
}

Result<BoundExpr> current_name(Call& call) {
  const StatementContext& statement = call.context().statement;
  if (call.name == "CURRENT_USER") return text_or_null(statement.user);
  if (call.name == "CURRENT_ROLE" || call.name == "INVOKER_ROLE")
    return text_or_null(statement.role.empty() ? std::nullopt : std::optional(statement.role));
  if (call.name == "CURRENT_WAREHOUSE") return text_or_null(statement.warehouse);
  if (call.name == "CURRENT_STATEMENT") return text_or_null(std::string(call.context().text));
  const auto id = call.name == "CURRENT_DATABASE" ? statement.names.database : statement.names.schema;
  const auto record = id ? call.context().work.catalog().find(*id) : nullptr;
  return text_or_null(record && catalog::visible(statement.names.access, *record) ? std::optional(record->name)
                                                                                  : std::nullopt);
}

Result<BoundExpr> current_session(Call& call) { return text_or_null(std::to_string(call.context().statement.session)); }

Result<BoundExpr> last_query_id(Call& call) {
  // Other positions than the last are known to the session only.
  if (call.count() == 1) {
    const auto& known = call.context().statement.context_functions;
    if (const auto* number = call.args[0].value ? std::get_if<Decimal>(&*call.args[0].value) : nullptr)
      if (const auto found = known.find(fmt::format("LAST_QUERY_ID({})", static_cast<std::int64_t>(number->digits)));
          found != known.end())
        return bind::literal(found->second);
    if (call.args[0].value && *call.args[0].value != Value{Decimal{-1, 0}}) return text_or_null(std::nullopt);
  }
  const std::string& id = call.context().statement.last_query_id;
  return text_or_null(id.empty() ? std::nullopt : std::optional(id));
}

Result<BoundExpr> getvariable(Call& call) {
  TRY(const std::string name, call.constant_text(0));
  const auto* variables = call.context().statement.variables;
  if (variables)
    if (const auto found = variables->find(name); found != variables->end())
      return bind::convert(*bind::literal(found->second), LogicalType::text(), bind::CastMode::Explicit,
                           call.context());
  return text_or_null(std::nullopt);
}

Result<BoundExpr> current_transaction(Call& call) {
  if (!call.context().work.explicit_transaction()) return text_or_null(std::nullopt);
  return text_or_null(std::to_string(call.context().work.transaction().value));
}

}  // namespace

std::vector<Entry> context_entries() {
  return {
      {"CURRENT_TIMESTAMP", 0, 1, current_timestamp},
      {"GETDATE", 0, 0, current_timestamp},
      {"LOCALTIMESTAMP", 0, 1, current_timestamp},
      {"SYSTIMESTAMP", 0, 0, current_timestamp},
      {"SYSDATE", 0, 0, sysdate},
      {"CURRENT_DATE", 0, 0, current_date},
      {"CURRENT_TIME", 0, 1, current_time},
      {"LOCALTIME", 0, 1, current_time},
      {"CURRENT_USER", 0, 0, current_name},
      {"CURRENT_ROLE", 0, 0, current_name},
      {"INVOKER_ROLE", 0, 0, current_name},
      {"CURRENT_WAREHOUSE", 0, 0, current_name},
      {"CURRENT_DATABASE", 0, 0, current_name},
      {"CURRENT_SCHEMA", 0, 0, current_name},
      {"CURRENT_STATEMENT", 0, 0, current_name},
      {"CURRENT_SESSION", 0, 0, current_session},
      {"LAST_QUERY_ID", 0, 1, last_query_id},
      {"GETVARIABLE", 1, 1, getvariable},
      {"CURRENT_TRANSACTION", 0, 0, current_transaction},
  };
}

}  // namespace engine::functions

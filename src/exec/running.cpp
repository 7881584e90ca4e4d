#include "exec/running.h"

#include <fmt/format.h>

#include "sql/parser.h"

namespace exec {

Running::Running(Session& owner, std::string_view statement_text, std::string query_id,
                 std::span<const engine::Value> binds, const engine::NamedBinds* named_binds)
    : session(owner), services(owner.services()), text(statement_text) {
  context.session = owner.engine().id();
  context.user = owner.user;
  context.role = owner.role;
  context.query_id = std::move(query_id);
  context.warehouse = owner.warehouse;
  context.names = owner.names();
  context.parameters = &owner.parameters();
  context.variables = &owner.variables();
  context.binds = binds;
  context.named_binds = named_binds;
  context.now = services.clock.now();
  context.cancel = &owner.cancel_token();
  if (!owner.past().empty()) context.last_query_id = owner.past().back().query_id;
}

engine::EngineSession::WorkOptions Running::work_options() const {
  return {.query_id = context.query_id,
          .now = context.now,
          .lock_timeout = std::chrono::seconds(context.parameters->number("LOCK_TIMEOUT")),
          .cancel = context.cancel,
          .own_commit = false};
}

base::Result<std::unique_ptr<engine::Work>> Running::begin() { return session.engine().begin_work(work_options()); }

base::Result<std::unique_ptr<engine::Work>> Running::begin_ddl(const std::vector<catalog::ObjectId>& locks) {
  TRY_VOID(session.engine().commit(work_options()));
  auto options = work_options();
  options.own_commit = true;
  TRY(auto work, session.engine().begin_work(options));
  for (const catalog::ObjectId object : locks) TRY_VOID(work->lock(object, engine::LockMode::Exclusive));
  TRY_VOID(work->start());
  return work;
}

engine::BindContext Running::bind_context(engine::Work& work) {
  system_calls_.push_back(std::make_unique<SystemCalls>(*this, work));
  engine::BindContext bind{.statement = context,
                           .work = work,
                           .sources = {&results_},
                           .tables_read = {},
                           .streams_read = {},
                           .view_depth = 0};
  bind.sources.insert(bind.sources.end(), services.sources.begin(), services.sources.end());
  bind.text = text;
  bind.system = system_calls_.back().get();
  return bind;
}

base::Result<std::vector<std::string>> Running::parts(const sql::ObjectName& name) const {
  if (!name.indirect) {
    std::vector<std::string> parts;
    for (const sql::Identifier& part : name.parts) parts.push_back(part.name);
    return parts;
  }
  std::string written;
  if (const auto* literal = std::get_if<sql::NameFromText>(&*name.indirect)) {
    written = literal->text;
  } else if (const auto* variable = std::get_if<sql::NameFromVariable>(&*name.indirect)) {
    const auto found = context.variables->find(variable->variable);
    if (found == context.variables->end())
      return base::fail(
          compilation_error(2211, "02000", fmt::format("Session variable '${}' does not exist", variable->variable)));
    const auto* value = std::get_if<std::string>(&found->second);
    if (!value)
      return base::fail(
          compilation_error(1044, "42P13", fmt::format("IDENTIFIER(${}) needs a string", variable->variable)));
    written = *value;
  } else {
    const auto& bind = std::get<sql::NameFromBind>(*name.indirect);
    const engine::Value* value = nullptr;
    if (bind.label && context.named_binds)
      if (const auto found = context.named_binds->find(*bind.label); found != context.named_binds->end())
        value = &found->second.value;
    if (!value && !context.binds.empty()) {
      const std::size_t index = bind.label && !bind.label->empty() && (*bind.label)[0] >= '1' && (*bind.label)[0] <= '9'
                                    ? static_cast<std::size_t>(std::stoul(*bind.label)) - 1
                                    : 0;
      if (index < context.binds.size()) value = &context.binds[index];
    }
    const auto* string = value ? std::get_if<std::string>(value) : nullptr;
    if (!string)
      return base::fail(
          compilation_error(2049, "42601", "Bind variable for object " + bind.label.value_or("?") + " not set"));
    written = *string;
  }
  return parts_of_text(written);
}

base::Result<std::vector<std::string>> parts_of_text(std::string_view name) {
  TRY(auto expression, sql::parse_expression(name));
  const auto* column = std::get_if<sql::ColumnRef>(&expression.node);
  if (!column) return base::fail(compilation_error(1003, "42000", fmt::format("'{}' is no object name", name)));
  std::vector<std::string> parts;
  for (const sql::Identifier& part : column->parts) parts.push_back(part.name);
  return parts;
}

base::Result<catalog::RecordPtr> Running::find(catalog::ObjectKind kind, const sql::ObjectName& name) const {
  TRY(auto found, parts(name));
  auto scope = context.names;
  scope.public_too = false;
  return catalog::resolve(*catalog(), scope, kind, found);
}

base::Status Running::require(const catalog::Record& record, std::initializer_list<std::string_view> privileges) const {
  return catalog::require(context.names.access, *catalog(), record, privileges);
}

base::Error compilation_error(int number, std::string_view sqlstate, std::string_view message) {
  return {base::ErrorKind::InvalidValue, number, std::string(sqlstate),
          fmt::format("SQL compilation error:\n{}", message), std::nullopt};
}

base::Error unsupported(std::string_view what) {
  return {base::ErrorKind::Unsupported, 2, "0A000", fmt::format("Unsupported feature '{}'.", what), std::nullopt};
}

}  // namespace exec

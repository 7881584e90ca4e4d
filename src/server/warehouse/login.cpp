#include "server/warehouse/login.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "server/warehouse/parameters.h"
#include "server/warehouse/session.h"

namespace server::warehouse {
namespace {

namespace json = boost::json;

std::string text_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

}  // namespace

base::Result<LoginRequest> parse_login(const http::Request& request, std::string_view body) {
  boost::system::error_code error;
  const auto value = json::parse(body, error);
  const auto* data = error || !value.is_object() ? nullptr : value.get_object().if_contains("data");
  if (data == nullptr || !data->is_object())
    return base::fail(base::ErrorKind::InvalidValue, "the login request must be a JSON object with data");
  const auto& object = data->get_object();
  LoginRequest login;
  login.user = fold_identifier(text_at(object, "LOGIN_NAME"));
  login.authenticator = fold_identifier(text_at(object, "AUTHENTICATOR"));
  login.password = text_at(object, "PASSWORD");
  if (login.password.empty()) login.password = text_at(object, "TOKEN");
  if (!login.user.empty()) login.settings.user = login.user;
  login.settings.role.clear();  // the user's default one, unless the query names another
  if (const auto* parameters = object.if_contains("SESSION_PARAMETERS");
      parameters != nullptr && parameters->is_object())
    for (const auto& [name, parameter] : parameters->get_object())
      login.settings.parameters[fold_identifier(name)] =
          parameter.is_string() ? std::string(parameter.get_string()) : json::serialize(parameter);
  for (const auto& [name, setting] : http::parse_query(request.query())) {
    if (setting.empty()) continue;
    if (name == "databaseName") login.settings.database = fold_identifier(setting);
    if (name == "schemaName") login.settings.schema = fold_identifier(setting);
    if (name == "roleName") login.settings.role = fold_identifier(setting);
    if (name == "warehouse") login.settings.parameters["WAREHOUSE"] = fold_identifier(setting);
  }
  return login;
}

base::Result<OpenedSession> open_session(engine::StatementRunner& runner, const engine::SessionSettings& settings) {
  OpenedSession opened;
  engine::SessionSettings asked{
      .user = settings.user, .role = settings.role, .database = settings.database, .schema = settings.schema};
  auto session = runner.open_session(asked);
  if (!session && asked.schema) {
    asked.schema.reset();
    session = runner.open_session(asked);
  }
  if (!session && asked.database) {
    asked.database.reset();
    session = runner.open_session(asked);
  }
  TRY(opened.statements, std::move(session));
  for (const auto& [name, value] : settings.parameters) {
    if (name == "WAREHOUSE") {
      (void)opened.statements->run(fmt::format("USE WAREHOUSE \"{}\"", value));
      continue;
    }
    const bool word =
        std::ranges::all_of(name, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9'); });
    std::string text;
    for (const char c : value) text.append(c == '\'' || c == '\\' ? 2 : 1, c);
    const bool known =
        word && opened.statements->run(fmt::format("ALTER SESSION SET {} = '{}'", name, text)).has_value();
    if (!known && is_told_to_clients(name)) opened.client_parameters[name] = value;
  }
  return opened;
}

}  // namespace server::warehouse

#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "engine/statement_runner.h"
#include "http/message.h"

namespace server::warehouse {

struct LoginRequest {
  std::string user;
  std::string authenticator;  // upper case; empty: password
  std::string password;       // or the token
  engine::SessionSettings settings;
};

/// Reads a login: names from the URL, the rest from the body. Errors: InvalidValue. Source: snowflake-wire.md 3.1.
base::Result<LoginRequest> parse_login(const http::Request& request, std::string_view body);

struct OpenedSession {
  std::unique_ptr<engine::StatementSession> statements;
  std::map<std::string, std::string> client_parameters;
};
/// Opens the session; names that do not exist are left unset and unknown parameters are ignored, as clients expect.
/// Blocks.
base::Result<OpenedSession> open_session(engine::StatementRunner& runner, const engine::SessionSettings& settings);

}  // namespace server::warehouse

#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace server::warehouse {

/// {"data":...,"code":null,"message":null,"success":true}; `data` is JSON.
std::string success(std::string_view data = "null");
/// The same with a code: the statement runs on.
std::string still_running(std::string_view code, std::string_view message, std::string_view query_id);
/// A failed statement. Source: snowflake-wire.md 15.
std::string statement_failure(const base::Error& error, std::string_view query_id);
/// A request that has no session, or none any more. Source: snowflake-wire.md 4.3.
std::string session_failure(std::string_view code, std::string_view message, std::string_view data = "null");

/// Number and SQLSTATE of an error: its own, else those of its kind.
struct WireCode {
  int number;
  std::string sqlstate;
};
WireCode wire_code(const base::Error& error);

}  // namespace server::warehouse

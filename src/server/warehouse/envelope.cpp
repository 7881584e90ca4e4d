#include "server/warehouse/envelope.h"

#include <fmt/format.h>

#include "server/json_text.h"

namespace server::warehouse {
namespace {

WireCode code_of_kind(base::ErrorKind kind) {
  switch (kind) {
    case base::ErrorKind::Syntax: return {1003, "42000"};
    case base::ErrorKind::NotFound: return {2003, "02000"};
    case base::ErrorKind::AlreadyExists: return {2002, "42710"};
    case base::ErrorKind::Denied: return {3001, "42501"};
    case base::ErrorKind::InvalidValue: return {1008, "22023"};
    case base::ErrorKind::Conflict: return {625, "57014"};
    case base::ErrorKind::Unavailable: return {603, "58000"};
    case base::ErrorKind::Unsupported: return {2, "0A000"};
    case base::ErrorKind::Cancelled: return {604, "57014"};
    case base::ErrorKind::Internal: return {603, "XX000"};
  }
  return {603, "XX000"};
}

}  // namespace

WireCode wire_code(const base::Error& error) {
  auto code = code_of_kind(error.kind);
  if (error.number != 0) code.number = error.number;
  if (!error.sqlstate.empty()) code.sqlstate = error.sqlstate;
  return code;
}

std::string success(std::string_view data) {
  return fmt::format(R"({{"data":{},"code":null,"message":null,"success":true}})", data);
}

std::string still_running(std::string_view code, std::string_view message, std::string_view query_id) {
  return fmt::format(R"({{"data":{{"queryId":"{0}","getResultUrl":"/queries/{0}/result","queryAbortsAfterSecs":300,)"
                     R"("progressDesc":null}},"code":"{1}","message":"{2}","success":true}})",
                     query_id, code, message);
}

std::string statement_failure(const base::Error& error, std::string_view query_id) {
  const auto code = wire_code(error);
  const bool compilation = error.kind == base::ErrorKind::Syntax || error.message.starts_with("SQL compilation error");
  std::string message;
  append_json_string(message, error.message);
  return fmt::format(
      R"({{"data":{{"internalError":{},"unredactedFromSecureObject":false,"errorCode":"{:06}","age":0,"sqlState":"{}",)"
      R"("queryId":"{}","line":{},"pos":{},"type":"{}"}},"code":"{:06}","message":{},"success":false,"headers":null}})",
      error.kind == base::ErrorKind::Internal, code.number, code.sqlstate, query_id,
      error.at ? static_cast<int>(error.at->line) : -1, error.at ? static_cast<int>(error.at->column) - 1 : -1,
      compilation ? "COMPILATION" : "EXECUTION", code.number, message);
}

std::string session_failure(std::string_view code, std::string_view message, std::string_view data) {
  std::string text;
  append_json_string(text, message);
  return fmt::format(R"({{"data":{},"code":"{}","message":{},"success":false}})", data, code, text);
}

}  // namespace server::warehouse

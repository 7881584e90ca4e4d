#include "cli/remote_session.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <cstdlib>

#include "base/random.h"
#include "engine/file_transfer.h"
#include "server/json_text.h"

namespace cli {
namespace {

namespace json = boost::json;
using catalog::LogicalType;
using catalog::TypeKind;
using engine::Value;

std::string text_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

std::optional<std::string> optional_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

std::int64_t integer_at(const json::object& object, std::string_view name, std::int64_t otherwise) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : otherwise;
}

base::ErrorKind kind_of(std::string_view sqlstate) {
  if (sqlstate == "42000" || sqlstate == "42601") return base::ErrorKind::Syntax;
  if (sqlstate == "02000" || sqlstate == "42S02") return base::ErrorKind::NotFound;
  if (sqlstate == "57014") return base::ErrorKind::Cancelled;
  if (sqlstate == "0A000") return base::ErrorKind::Unsupported;
  return base::ErrorKind::InvalidValue;
}

base::Error error_of(const json::object& answer) {
  base::Error error{.message = text_at(answer, "message")};
  const auto code = text_at(answer, "code");
  std::from_chars(code.data(), code.data() + code.size(), error.number);
  if (const auto* data = answer.if_contains("data"); data != nullptr && data->is_object()) {
    error.sqlstate = text_at(data->get_object(), "sqlState");
    const auto line = integer_at(data->get_object(), "line", -1);
    const auto column = integer_at(data->get_object(), "pos", -1);
    if (line > 0)
      error.at = base::SourceSpan{0, 0, static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(column + 1)};
  }
  error.kind = kind_of(error.sqlstate);
  return error;
}

LogicalType type_of(const json::object& column) {
  const auto name = text_at(column, "type");
  const int scale = static_cast<int>(integer_at(column, "scale", 0));
  if (name == "fixed") return LogicalType::number(static_cast<int>(integer_at(column, "precision", 38)), scale);
  if (name == "real") return LogicalType::real();
  if (name == "binary") return LogicalType::binary(integer_at(column, "length", LogicalType::kMaxBinaryLength));
  if (name == "boolean") return LogicalType::boolean();
  if (name == "date") return LogicalType::date();
  if (name == "time") return LogicalType::time(scale);
  if (name == "timestamp_ntz") return LogicalType::timestamp_ntz(scale);
  if (name == "timestamp_ltz") return LogicalType::timestamp_ltz(scale);
  if (name == "timestamp_tz") return LogicalType::timestamp_tz(scale);
  if (name == "variant") return LogicalType::variant();
  if (name == "object") return LogicalType::object();
  if (name == "array") return LogicalType::array();
  return LogicalType::text(integer_at(column, "length", LogicalType::kMaxTextLength));
}

/// Digits without the point, and how many stood behind it.
std::optional<engine::Decimal> parse_decimal(std::string_view text) {
  engine::Decimal value;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  bool behind = false;
  for (const char c : text) {
    if (c == '.' && !behind) {
      behind = true;
    } else if (c >= '0' && c <= '9') {
      value.digits = value.digits * 10 + (c - '0');
      value.scale += behind ? 1 : 0;
    } else {
      return std::nullopt;
    }
  }
  if (text.empty()) return std::nullopt;
  if (negative) value.digits = -value.digits;
  return value;
}

std::optional<base::Int128> parse_nanos(std::string_view text) {
  const auto value = parse_decimal(text);
  if (!value || value->scale > 9) return std::nullopt;
  return value->digits * base::power_of_ten(9 - value->scale);
}

std::optional<Value> parse_timestamp(std::string_view text) {
  const auto blank = text.find(' ');
  const auto nanos = parse_nanos(text.substr(0, blank));
  if (!nanos) return std::nullopt;
  constexpr base::Int128 kSecond = 1'000'000'000;
  auto seconds = *nanos / kSecond;
  auto rest = *nanos % kSecond;
  if (rest < 0) {
    rest += kSecond;
    --seconds;
  }
  engine::Timestamp timestamp{static_cast<std::int64_t>(seconds), static_cast<std::int32_t>(rest), 0};
  if (blank != std::string_view::npos) {
    const auto offset = parse_decimal(text.substr(blank + 1));
    if (!offset) return std::nullopt;
    timestamp.offset_minutes = static_cast<std::int16_t>(offset->digits - 1440);
  }
  return timestamp;
}

std::optional<Value> parse_hex(std::string_view text) {
  engine::Binary binary;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    unsigned char byte = 0;
    if (std::from_chars(text.data() + i, text.data() + i + 2, byte, 16).ec != std::errc()) return std::nullopt;
    binary.bytes += static_cast<char>(byte);
  }
  return binary;
}

/// JSON without the blanks that the wire's form has.
std::string compact(std::string_view text) {
  std::string out;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (inside && c == '\\' && i + 1 < text.size()) out += text[i++];
    if (c == '"') inside = !inside;
    if (inside || (c != ' ' && c != '\n')) out += text[i];
    if (c == '\\' && inside) continue;
  }
  return out;
}

std::optional<Value> parse_typed(std::string_view text, const LogicalType& type) {
  switch (type.kind) {
    case TypeKind::Number: {
      const auto value = parse_decimal(text);
      return value ? std::optional<Value>(*value) : std::nullopt;
    }
    case TypeKind::Float: return Value(std::strtod(std::string(text).c_str(), nullptr));
    case TypeKind::Boolean: return Value(text == "1" || text == "true");
    case TypeKind::Binary: return parse_hex(text);
    case TypeKind::Date: {
      const auto value = parse_decimal(text);
      return value ? std::optional<Value>(engine::Date{static_cast<std::int32_t>(value->digits)}) : std::nullopt;
    }
    case TypeKind::Time: {
      const auto nanos = parse_nanos(text);
      return nanos ? std::optional<Value>(engine::Time{static_cast<std::int64_t>(*nanos)}) : std::nullopt;
    }
    case TypeKind::TimestampNtz:
    case TypeKind::TimestampLtz:
    case TypeKind::TimestampTz: return parse_timestamp(text);
    case TypeKind::Variant:
    case TypeKind::Object:
    case TypeKind::Array: return Value(engine::Json{compact(text)});
    case TypeKind::Null:
    case TypeKind::Text: return Value(std::string(text));
  }
  return std::nullopt;
}

base::Result<std::shared_ptr<const engine::ResultSet>> parse_result(const json::object& data) {
  const auto* row_type = data.if_contains("rowtype");
  const auto* row_set = data.if_contains("rowset");
  if (row_type == nullptr || !row_type->is_array() || row_set == nullptr || !row_set->is_array())
    return base::fail(base::ErrorKind::InvalidValue, "the server's answer has no rows");
  std::vector<engine::ResultColumn> columns;
  for (const auto& column : row_type->get_array()) {
    const auto& object = column.as_object();
    const auto* nullable = object.if_contains("nullable");
    columns.push_back({text_at(object, "name"), type_of(object), nullable == nullptr || nullable->as_bool()});
  }
  std::vector<std::vector<Value>> rows;
  for (const auto& row : row_set->get_array()) {
    std::vector<Value> values;
    for (std::size_t column = 0; column < columns.size(); ++column) {
      const auto& cell = row.as_array().at(column);
      if (cell.is_null()) {
        values.emplace_back();
        continue;
      }
      TRY(auto value, parse_cell(cell.as_string(), columns[column].type));
      values.push_back(std::move(value));
    }
    rows.push_back(std::move(values));
  }
  return engine::make_result(std::move(columns), std::move(rows));
}

std::string request_id() {
  const auto high = base::entropy();
  const auto low = base::entropy();
  return fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF, high & 0xFFF,
                     (low >> 48) & 0xFFF, low & 0xFFFF'FFFF'FFFF);
}

base::Result<json::object> parse_answer(const http::Response& response) {
  boost::system::error_code error;
  auto value = json::parse(response.body, error);
  if (error || !value.is_object())
    return base::fail(base::ErrorKind::Unavailable,
                      fmt::format("no Snowflake server answers there (HTTP {})", response.status));
  return std::move(value.get_object());
}

/// The plan of PUT or GET. Source: snowflake-wire.md 16.1.
std::shared_ptr<const engine::FileTransfer> parse_transfer(const json::object& data) {
  engine::FileTransfer transfer;
  const auto texts = [&](std::string_view name) {
    std::vector<std::string> list;
    if (const auto* array = data.if_contains(name); array != nullptr && array->is_array())
      for (const auto& text : array->get_array())
        if (text.is_string()) list.emplace_back(std::string_view(text.get_string()));
    return list;
  };
  auto locations = texts("src_locations");
  if (text_at(data, "command") == "UPLOAD") {
    if (!locations.empty()) transfer.local = std::move(locations[0]);
    if (const auto* stage = data.if_contains("stageInfo"); stage != nullptr && stage->is_object())
      transfer.urls.push_back(text_at(stage->get_object(), "presignedUrl"));
    transfer.auto_compress = text_at(data, "autoCompress") == "true";
    transfer.overwrite = text_at(data, "overwrite") == "true";
    transfer.source_compression = text_at(data, "sourceCompression");
  } else {
    transfer.direction = engine::FileTransfer::Direction::Download;
    transfer.local = text_at(data, "localLocation");
    for (auto& name : locations) transfer.files.push_back({.name = std::move(name)});
    transfer.urls = texts("presignedUrls");
  }
  return std::make_shared<const engine::FileTransfer>(std::move(transfer));
}

void read_parameters(const json::object& data, std::map<std::string, std::string>& parameters) {
  const auto* list = data.if_contains("parameters");
  if (list == nullptr || !list->is_array()) return;
  for (const auto& entry : list->get_array())
    if (entry.is_object()) parameters[text_at(entry.get_object(), "name")] = text_at(entry.get_object(), "value");
}

}  // namespace

base::Result<Value> parse_cell(std::string_view text, const LogicalType& type) {
  if (auto value = parse_typed(text, type)) return *std::move(value);
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("the server sent a cell that cannot be read: {}", text));
}

RemoteSession::RemoteSession(http::Client::Options server, Options options)
    : server_(std::move(server)), options_(std::move(options)), client_(server_) {}

base::Result<std::unique_ptr<RemoteSession>> RemoteSession::open(Options options) {
  TRY(const auto url, http::parse_url(options.url));
  if (url.scheme != "http") return base::fail(base::ErrorKind::Unsupported, "https is not supported: " + options.url);
  auto session = std::unique_ptr<RemoteSession>(
      new RemoteSession({.host = url.host, .port = url.port, .timeout = std::chrono::minutes(5)}, std::move(options)));
  TRY_VOID(session->log_in());
  return session;
}

RemoteSession::~RemoteSession() {
  if (!token_.empty()) (void)client_.send(request("POST", "/session?delete=true", "{}"));
}

http::Request RemoteSession::request(std::string method, std::string target, std::string body) const {
  http::Request made{.method = std::move(method), .target = std::move(target), .body = std::move(body)};
  made.headers.add("Accept", "application/json");
  made.headers.add("Content-Type", "application/json");
  if (!token_.empty()) made.headers.add("Authorization", fmt::format("Snowflake Token=\"{}\"", token_));
  return made;
}

base::Status RemoteSession::log_in() {
  std::string body =
      R"({"data":{"CLIENT_APP_ID":"freshet","CLIENT_APP_VERSION":"0.1.0","ACCOUNT_NAME":"freshet","LOGIN_NAME":)";
  server::append_json_string(body, options_.user);
  body += R"(,"PASSWORD":)";
  server::append_json_string(body, options_.password);
  body += "}}";
  TRY(const auto response,
      client_.send(request("POST", "/session/v1/login-request?requestId=" + request_id(), std::move(body))));
  if (response.status == 503)
    return base::fail(base::ErrorKind::Unavailable, "the server is still starting: " + options_.url);
  TRY(const auto answer, parse_answer(response));
  const auto* data = answer.if_contains("data");
  if (!answer.contains("success") || !answer.at("success").as_bool() || data == nullptr || !data->is_object())
    return base::fail(base::ErrorKind::Denied, "the login failed: " + text_at(answer, "message"));
  token_ = text_at(data->get_object(), "token");
  state_.user = text_at(data->get_object(), "displayUserName");
  read_parameters(data->get_object(), state_.parameters);
  if (const auto* info = data->get_object().if_contains("sessionInfo"); info != nullptr && info->is_object()) {
    state_.database = optional_at(info->get_object(), "databaseName");
    state_.schema = optional_at(info->get_object(), "schemaName");
    state_.warehouse = optional_at(info->get_object(), "warehouseName");
    state_.role = text_at(info->get_object(), "roleName");
  }
  return {};
}

base::Result<engine::StatementOutcome> RemoteSession::run(std::string_view text, std::span<const Value> binds) {
  if (!binds.empty()) return base::fail(base::ErrorKind::Unsupported, "binds of remote statements are not supported");
  std::string body = R"({"sqlText":)";
  server::append_json_string(body, text);
  body += R"(,"asyncExec":false})";
  const auto id = request_id();
  {
    const std::lock_guard lock(running_mutex_);
    running_ = id;
  }
  auto response = client_.send(request("POST", "/queries/v1/query-request?requestId=" + id, std::move(body)));
  for (;;) {
    TRY(const auto received, std::move(response));
    TRY(const auto answer, parse_answer(received));
    const auto* data = answer.if_contains("data");
    if (!answer.contains("success") || !answer.at("success").as_bool()) return base::fail(error_of(answer));
    if (data == nullptr || !data->is_object())
      return base::fail(base::ErrorKind::InvalidValue, "the server's answer has no data");
    const auto& object = data->get_object();
    if (text_at(answer, "code") == "333333") {
      response = client_.send(request("GET", text_at(object, "getResultUrl"), {}));
      continue;
    }
    engine::StatementOutcome outcome{.query_id = text_at(object, "queryId"),
                                     .type_id = static_cast<std::uint32_t>(integer_at(object, "statementTypeId", 0))};
    if (object.contains("command")) {
      outcome.transfer = parse_transfer(object);
      return outcome;
    }
    TRY(outcome.result, parse_result(object));
    state_.database = optional_at(object, "finalDatabaseName");
    state_.schema = optional_at(object, "finalSchemaName");
    state_.warehouse = optional_at(object, "finalWarehouseName");
    state_.role = text_at(object, "finalRoleName");
    read_parameters(object, state_.parameters);
    return outcome;
  }
}

void RemoteSession::cancel() {
  std::string body = R"({"requestId":")";
  {
    const std::lock_guard lock(running_mutex_);
    if (running_.empty()) return;
    body += running_ + "\"}";
  }
  // The connection is busy with the statement itself.
  http::Client other(server_);
  (void)other.send(request("POST", "/queries/v1/abort-request?requestId=" + request_id(), std::move(body)));
}

}  // namespace cli

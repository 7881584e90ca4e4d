#include "server/warehouse/parameters.h"

#include "http/message.h"
#include "server/json_text.h"

namespace server::warehouse {
namespace {

enum class Type { Flag, Number, Text };
struct ClientParameter {
  std::string_view name;
  Type type;
  std::string_view value;
};

// Clients keep typed lists and fail on a wrong JSON type.
constexpr ClientParameter kParameters[] = {
    {"AUTOCOMMIT", Type::Flag, "true"},
    {"TIMEZONE", Type::Text, "America/Los_Angeles"},
    {"TIMESTAMP_OUTPUT_FORMAT", Type::Text, "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM"},
    {"TIMESTAMP_NTZ_OUTPUT_FORMAT", Type::Text, "YYYY-MM-DD HH24:MI:SS.FF3"},
    {"TIMESTAMP_LTZ_OUTPUT_FORMAT", Type::Text, ""},
    {"TIMESTAMP_TZ_OUTPUT_FORMAT", Type::Text, ""},
    {"DATE_OUTPUT_FORMAT", Type::Text, "YYYY-MM-DD"},
    {"TIME_OUTPUT_FORMAT", Type::Text, "HH24:MI:SS"},
    {"BINARY_OUTPUT_FORMAT", Type::Text, "HEX"},
    {"CLIENT_RESULT_CHUNK_SIZE", Type::Number, "160"},
    {"CLIENT_PREFETCH_THREADS", Type::Number, "4"},
    {"CLIENT_MEMORY_LIMIT", Type::Number, "1536"},
    {"CLIENT_RESULT_PREFETCH_SLOTS", Type::Number, "2"},
    {"CLIENT_RESULT_PREFETCH_THREADS", Type::Number, "1"},
    // Binds never go through a stage: 0 would switch staging on in one client.
    {"CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", Type::Number, "2147483647"},
    {"CLIENT_SESSION_KEEP_ALIVE", Type::Flag, "false"},
    {"CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", Type::Number, "3600"},
    {"QUERY_CONTEXT_CACHE_SIZE", Type::Number, "5"},
    {"CLIENT_TELEMETRY_ENABLED", Type::Flag, "false"},
    {"CLIENT_TELEMETRY_SESSIONLESS_ENABLED", Type::Flag, "false"},
    {"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED", Type::Flag, "false"},
    {"CLIENT_TIMESTAMP_TYPE_MAPPING", Type::Text, "TIMESTAMP_LTZ"},
    {"TIMESTAMP_TYPE_MAPPING", Type::Text, "TIMESTAMP_NTZ"},
    {"CLIENT_HONOR_CLIENT_TZ_FOR_TIMESTAMP_NTZ", Type::Flag, "true"},
    {"CLIENT_METADATA_REQUEST_USE_CONNECTION_CTX", Type::Flag, "false"},
    {"CLIENT_METADATA_USE_SESSION_DATABASE", Type::Flag, "false"},
    {"CLIENT_RESULT_COLUMN_CASE_INSENSITIVE", Type::Flag, "false"},
    {"CLIENT_USE_V1_QUERY_API", Type::Flag, "true"},
    {"CLIENT_DISABLE_INCIDENTS", Type::Flag, "true"},
    {"CLIENT_ENABLE_LOG_INFO_STATEMENT_PARAMETERS", Type::Flag, "false"},
    {"CLIENT_SESSION_CLONE", Type::Flag, "false"},
    {"ENABLE_STAGE_S3_PRIVATELINK_FOR_US_EAST_1", Type::Flag, "false"},
    {"JDBC_TREAT_DECIMAL_AS_INT", Type::Flag, "true"},
    {"JDBC_QUERY_RESULT_FORMAT", Type::Text, "JSON"},
    {"GO_QUERY_RESULT_FORMAT", Type::Text, "JSON"},
    {"PYTHON_CONNECTOR_QUERY_RESULT_FORMAT", Type::Text, "JSON"},
    {"JS_TREAT_INTEGER_AS_BIGINT", Type::Flag, "false"},
    {"JDBC_ENABLE_PUT_GET", Type::Flag, "true"},
    {"SERVICE_NAME", Type::Text, ""},
    {"CSV_TIMESTAMP_FORMAT", Type::Text, ""},
    {"MULTI_STATEMENT_COUNT", Type::Number, "1"},
};

void append_value(std::string& out, Type type, std::string_view value) {
  const bool digits =
      !value.empty() && value.size() < 19 && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
  if (type == Type::Flag) {
    out += http::equal_without_case(value, "true") || value == "1" ? "true" : "false";
  } else if (type == Type::Number) {
    out += digits ? value : "0";
  } else {
    append_json_string(out, value);
  }
}

}  // namespace

bool is_told_to_clients(std::string_view name) {
  return std::ranges::find(kParameters, name, &ClientParameter::name) != std::end(kParameters);
}

void append_parameters(std::string& out, const std::map<std::string, std::string>& changed) {
  out += '[';
  for (const auto& parameter : kParameters) {
    if (out.back() != '[') out += ',';
    out += R"({"name":")";
    out += parameter.name;
    out += R"(","value":)";
    const auto set = changed.find(std::string(parameter.name));
    append_value(out, parameter.type, set == changed.end() ? parameter.value : set->second);
    out += '}';
  }
  out += ']';
}

}  // namespace server::warehouse

#include "engine/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/assert.h"

namespace engine {
namespace {

constexpr auto kParameters = std::to_array<ParameterInfo>({
    {"ABORT_DETACHED_QUERY", "FALSE", "BOOLEAN"},
    {"AUTOCOMMIT", "TRUE", "BOOLEAN"},
    {"BINARY_INPUT_FORMAT", "HEX", "STRING"},
    {"BINARY_OUTPUT_FORMAT", "HEX", "STRING"},
    {"CLIENT_RESULT_COLUMN_CASE_INSENSITIVE", "FALSE", "BOOLEAN"},
    {"CLIENT_SESSION_KEEP_ALIVE", "FALSE", "BOOLEAN"},
    {"CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", "3600", "NUMBER", 900, 3600},
    {"DATA_RETENTION_TIME_IN_DAYS", "1", "NUMBER", 0, 90},
    {"DATE_INPUT_FORMAT", "AUTO", "STRING"},
    {"DATE_OUTPUT_FORMAT", "YYYY-MM-DD", "STRING"},
    {"ENABLE_UNLOAD_PHYSICAL_TYPE_OPTIMIZATION", "TRUE", "BOOLEAN"},
    {"ERROR_ON_NONDETERMINISTIC_MERGE", "TRUE", "BOOLEAN"},
    {"ERROR_ON_NONDETERMINISTIC_UPDATE", "FALSE", "BOOLEAN"},
    {"GEOGRAPHY_OUTPUT_FORMAT", "GeoJSON", "STRING"},
    {"JDBC_QUERY_RESULT_FORMAT", "JSON", "STRING"},
    {"JSON_INDENT", "2", "NUMBER", 0, 16},
    {"LOCK_TIMEOUT", "43200", "NUMBER", 0, 1'000'000'000},
    {"LOG_LEVEL", "OFF", "STRING"},
    {"MAX_CONCURRENCY_LEVEL", "8", "NUMBER", 1, 32},
    {"MAX_DATA_EXTENSION_TIME_IN_DAYS", "14", "NUMBER", 0, 90},
    {"MULTI_STATEMENT_COUNT", "1", "NUMBER", 0, 1'000'000},
    {"NOORDER_SEQUENCE_AS_DEFAULT", "TRUE", "BOOLEAN"},
    {"ODBC_QUERY_RESULT_FORMAT", "JSON", "STRING"},
    {"PIPE_EXECUTION_PAUSED", "FALSE", "BOOLEAN"},
    {"PYTHON_CONNECTOR_QUERY_RESULT_FORMAT", "JSON", "STRING"},
    {"QUERY_TAG", "", "STRING"},
    {"QUOTED_IDENTIFIERS_IGNORE_CASE", "FALSE", "BOOLEAN"},
    {"ROWS_PER_RESULTSET", "0", "NUMBER", 0, 1'000'000'000'000},
    {"SEARCH_PATH", "$current, $public", "STRING"},
    {"STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", "0", "NUMBER", 0, 604'800},
    {"STATEMENT_TIMEOUT_IN_SECONDS", "172800", "NUMBER", 0, 604'800},
    {"STRICT_JSON_OUTPUT", "FALSE", "BOOLEAN"},
    {"SUSPEND_TASK_AFTER_NUM_FAILURES", "10", "NUMBER", 0, 1'000'000},
    {"TASK_AUTO_RETRY_ATTEMPTS", "0", "NUMBER", 0, 30},
    {"TIMESTAMP_DAY_IS_ALWAYS_24H", "FALSE", "BOOLEAN"},
    {"TIMESTAMP_INPUT_FORMAT", "AUTO", "STRING"},
    {"TIMESTAMP_LTZ_OUTPUT_FORMAT", "", "STRING"},
    {"TIMESTAMP_NTZ_OUTPUT_FORMAT", "YYYY-MM-DD HH24:MI:SS.FF3", "STRING"},
    {"TIMESTAMP_OUTPUT_FORMAT", "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM", "STRING"},
    {"TIMESTAMP_TYPE_MAPPING", "TIMESTAMP_NTZ", "STRING"},
    {"TIMESTAMP_TZ_OUTPUT_FORMAT", "", "STRING"},
    {"TIMEZONE", "America/Los_Angeles", "STRING"},
    {"TIME_INPUT_FORMAT", "AUTO", "STRING"},
    {"TIME_OUTPUT_FORMAT", "HH24:MI:SS", "STRING"},
    {"TRANSACTION_ABORT_ON_ERROR", "FALSE", "BOOLEAN"},
    {"TWO_DIGIT_CENTURY_START", "1970", "NUMBER", 1900, 2100},
    {"USER_TASK_MINIMUM_TRIGGER_INTERVAL_IN_SECONDS", "30", "NUMBER", 0, 604'800},
    {"USER_TASK_TIMEOUT_MS", "3600000", "NUMBER", 0, 604'800'000},
    {"USE_CACHED_RESULT", "TRUE", "BOOLEAN"},
    {"WEEK_OF_YEAR_POLICY", "0", "NUMBER", 0, 1},
    {"WEEK_START", "0", "NUMBER", 0, 7},
});

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return result;
}

std::string grouped(std::int64_t value) {
  std::string digits = fmt::format("{}", value);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

base::Error invalid_value(std::string_view name, std::string_view value) {
  return {base::ErrorKind::InvalidValue, 1008, "22023",
          fmt::format("SQL compilation error:\ninvalid value [{}] for parameter '{}'", value, name), std::nullopt};
}

}  // namespace

const std::map<std::string_view, ParameterInfo>& known_parameters() {
  static const std::map<std::string_view, ParameterInfo> all = [] {
    std::map<std::string_view, ParameterInfo> made;
    for (const ParameterInfo& info : kParameters) made.emplace(info.name, info);
    return made;
  }();
  return all;
}

base::Status Parameters::set(std::string_view name, std::string_view value) {
  const auto found = known_parameters().find(name);
  if (found == known_parameters().end())
    return base::fail({base::ErrorKind::InvalidValue, 1003, "42000",
                       fmt::format("SQL compilation error:\ninvalid property '{}' for 'SESSION'", name), std::nullopt});
  const ParameterInfo& info = found->second;
  std::string stored(value);
  if (info.type == "BOOLEAN") {
    stored = upper(value);
    if (stored != "TRUE" && stored != "FALSE") return base::fail(invalid_value(name, value));
  } else if (info.type == "NUMBER") {
    std::int64_t number = 0;
    const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (problem != std::errc{} || end != value.data() + value.size()) return base::fail(invalid_value(name, value));
    if (info.min != info.max && (number < info.min || number > info.max))
      return base::fail(
          {base::ErrorKind::InvalidValue, 1008, "22023",
           fmt::format("SQL compilation error:\nparameter value out of range: {}. Must be between {} and {}.", number,
                       grouped(info.min), grouped(info.max)),
           std::nullopt});
  }
  changed_.insert_or_assign(std::string(name), std::move(stored));
  return {};
}

void Parameters::unset(std::string_view name) {
  if (const auto found = changed_.find(name); found != changed_.end()) changed_.erase(found);
}

const std::string& Parameters::text(std::string_view name) const {
  if (const auto found = changed_.find(name); found != changed_.end()) return found->second;
  static const std::map<std::string, std::string, std::less<>> defaults = [] {
    std::map<std::string, std::string, std::less<>> made;
    for (const ParameterInfo& info : kParameters) made.emplace(std::string(info.name), std::string(info.default_value));
    return made;
  }();
  const auto found = defaults.find(name);
  ASSERT(found != defaults.end());
  return found->second;
}

bool Parameters::flag(std::string_view name) const { return text(name) == "TRUE"; }

std::int64_t Parameters::number(std::string_view name) const {
  const std::string& digits = text(name);
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

}  // namespace engine

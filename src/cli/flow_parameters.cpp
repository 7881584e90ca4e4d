#include "cli/flow_parameters.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cctype>
#include <cstdlib>

#include "base/disk.h"
#include "flow/format/definition.h"

namespace cli {
namespace {

namespace json = boost::json;

/// False: there is no "=".
bool add_value(std::string_view text, FlowRunner::Parameters& parameters, bool is_secret) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  const std::string name(text.substr(0, equals));
  parameters.values.insert_or_assign(name, std::string(text.substr(equals + 1)));
  if (is_secret) parameters.secrets.insert(name);
  return true;
}

base::Status add_json(const std::string& text, const std::string& file, FlowRunner::Parameters& parameters) {
  boost::system::error_code error;
  const auto document = json::parse(text, error);
  if (error || !document.is_object())
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}: no valid JSON object of names and values", file));
  for (const auto& [name, value] : document.get_object()) {
    if (!value.is_string())
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("{}: the value of '{}' must be a text", file, std::string_view(name)));
    parameters.values.insert_or_assign(name, std::string(value.get_string()));
  }
  return {};
}

/// Lines of NAME=VALUE; empty ones, and those that begin with #, say nothing.
base::Status add_lines(std::string_view text, const std::string& file, FlowRunner::Parameters& parameters) {
  for (int line = 1; !text.empty(); ++line) {
    const auto end = text.find('\n');
    auto entry = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (entry.ends_with('\r')) entry.remove_suffix(1);
    if (entry.empty() || entry.starts_with('#')) continue;
    if (!add_value(entry, parameters, false))
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}:{}: NAME=VALUE is expected", file, line));
  }
  return {};
}

}  // namespace

base::Result<FlowRunner::Parameters> read_parameters(const ParameterSources& sources) {
  FlowRunner::Parameters parameters;
  base::PosixDisk disk;
  for (const auto& file : sources.files) {
    TRY(const auto text, disk.read_all(file));
    const auto first = text.find_first_not_of(" \t\r\n");
    const bool is_json = first != std::string::npos && text[first] == '{';
    TRY_VOID(is_json ? add_json(text, file, parameters) : add_lines(text, file, parameters));
  }
  for (const auto* list : {&sources.values, &sources.secrets})
    for (const auto& text : *list)
      if (!add_value(text, parameters, list == &sources.secrets))
        return base::fail(base::ErrorKind::InvalidValue,
                          fmt::format("{} needs NAME=VALUE", list == &sources.secrets ? "--secret" : "--param"));
  return parameters;
}

std::string environment_name(std::string_view parameter) {
  std::string name = "FRESHET_PARAM_";
  for (const char c : parameter) {
    const auto byte = static_cast<unsigned char>(c);
    name += std::isalnum(byte) ? static_cast<char>(std::toupper(byte)) : '_';
  }
  return name;
}

void add_environment(const std::string& text, const std::string& file, FlowRunner::Parameters& parameters) {
  const auto flow = flow::read_definition(text, file, parameters.sensitive_key);
  if (!flow) return;
  for (const auto& [context, definition] : flow->contexts)
    for (const auto& [name, parameter] : definition.parameters)
      if (const char* value = std::getenv(environment_name(name).c_str()); value != nullptr)
        parameters.values.emplace(name, value);
}

}  // namespace cli

#include "flow/format/definition.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "flow/format/flow_xml.h"
#include "flow/format/json_text.h"
#include "flow/format/minifi.h"
#include "flow/format/snapshot_reader.h"
#include "flow/format/text_format.h"
#include "flow/format/yaml_tree.h"
#include "http/gzip.h"

namespace flow {
namespace {

namespace json = boost::json;

constexpr std::size_t kUnpackedMax = 512 << 20;

base::Result<FlowDefinition> read_minifi(const json::object& document, const std::map<std::string, std::size_t>& lines,
                                         Places& places, SensitiveValues& sensitive) {
  Problems problems(places);
  const auto converted = convert_minifi(document, lines, places, problems);
  TRY_VOID(problems.status());
  return read_snapshot(converted, places, sensitive);
}

base::Result<FlowDefinition> read_own_text(const std::string& text, Places& places, SensitiveValues& sensitive) {
  TRY(const auto documents, parse_yaml(text, places.file(), PlainScalars::Typed));
  Problems problems(places);
  const auto definition = read_text(documents, places, problems);
  TRY_VOID(problems.status());
  return read_snapshot(definition, places, sensitive);
}

base::Result<FlowDefinition> read_yaml(const std::string& text, Places& places, SensitiveValues& sensitive) {
  TRY(const auto documents, parse_yaml(text, places.file()));
  const auto* first = documents.empty() ? nullptr : documents.front().value.if_object();
  if (first != nullptr && first->contains("Flow Controller"))
    return read_minifi(*first, documents.front().lines, places, sensitive);
  if (!documents.empty() && is_text(documents.front())) return read_own_text(text, places, sensitive);
  return base::fail(
      base::ErrorKind::Unsupported,
      fmt::format("{}: not a flow: no JSON, no XML, and no YAML with a 'Flow Controller'", places.file()));
}

base::Result<FlowDefinition> read_json(std::string_view text, Places& places, SensitiveValues& sensitive) {
  TRY(const auto document, parse_json(text, places.file()));
  const auto* object = document.if_object();
  if (object == nullptr)
    return base::fail(base::ErrorKind::Syntax, fmt::format("{}: not a flow: an object is expected", places.file()));
  // What a client uploads over REST.
  if (const auto* wrapped = object->if_contains("versionedFlowSnapshot"); wrapped != nullptr && wrapped->is_object())
    object = wrapped->if_object();
  if (object->contains("flowContents") || object->contains("rootGroup"))
    return read_snapshot(*object, places, sensitive);
  if (object->contains("Flow Controller")) return read_minifi(*object, {}, places, sensitive);
  if (object->contains("reportingTasks"))
    return base::fail(base::ErrorKind::Unsupported,
                      fmt::format("{}: holds reporting tasks and no flow", places.file()));
  return base::fail(
      base::ErrorKind::Unsupported,
      fmt::format("{}: not a flow definition: neither 'flowContents' nor 'rootGroup' nor 'Flow Controller' is there",
                  places.file()));
}

base::Result<FlowDefinition> read_xml(std::string_view text, Places& places, SensitiveValues& sensitive) {
  TRY(auto source, XmlSource::parse(text, places));
  const std::string_view root = source.root().name();
  if (root == "flowController" && source.root().child("rootGroup"))
    return read_snapshot(convert_flow_xml(source), places, sensitive);
  if (root == "template") {
    TRY(auto flow, read_snapshot(convert_template(source), places, sensitive));
    if (flow.groups.size() == 1 && flow.processors.empty() && flow.ports.empty())
      flow.findings.push_back(
          {Finding::Kind::NoEffect, places.text("$"), "the template has no components; it gives an empty group"});
    return flow;
  }
  return base::fail(
      base::ErrorKind::Unsupported,
      fmt::format("{}: not a flow: neither a template nor a flow.xml (its root is '{}')", places.file(), root));
}

}  // namespace

base::Result<std::string> unpack_definition(std::string_view bytes, std::string_view file) {
  if (!http::is_gzip(bytes)) return std::string(bytes);
  auto text = http::gunzip(bytes, kUnpackedMax);
  if (text) return *std::move(text);
  return base::fail(base::ErrorKind::Syntax, fmt::format("{}: {}", file, text.error().message));
}

base::Result<FlowDefinition> read_definition(std::string_view bytes, std::string_view file,
                                             const std::string& sensitive_key) {
  TRY(const auto unpacked, unpack_definition(bytes, file));
  std::string_view text = unpacked;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos)
    return base::fail(base::ErrorKind::Syntax, fmt::format("{}: the file is empty", file));
  Places places{std::string(file)};
  SensitiveValues sensitive(sensitive_key);
  if (text[first] == '<') return read_xml(text, places, sensitive);
  if (text[first] == '{') return read_json(text, places, sensitive);
  return read_yaml(std::string(text), places, sensitive);
}

}  // namespace flow

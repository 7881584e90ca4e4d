#include "flow/format/component_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace flow {
namespace {

namespace json = boost::json;

SavedObject saved(const Fields& fields) { return std::make_shared<const json::object>(fields.json()); }

/// MiNiFi allows a list of {value: ..}; its own components then take the first, or split at commas.
std::optional<std::string> list_text(const json::value& value) {
  const auto* list = value.if_array();
  if (list == nullptr) return std::nullopt;
  std::string joined;
  for (const auto& entry : *list) {
    const auto* object = entry.if_object();
    const auto* inner = object == nullptr ? nullptr : object->if_contains("value");
    const auto text = inner == nullptr ? std::nullopt : scalar_text(*inner);
    if (!text) return std::nullopt;
    joined += (joined.empty() ? "" : ",") + *text;
  }
  return joined;
}

bool says(const json::value& descriptor, std::string_view name) {
  const auto* object = descriptor.if_object();
  const auto* value = object == nullptr ? nullptr : object->if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

}  // namespace

void ComponentReader::add(Finding::Kind kind, const Fields& fields, std::string text) {
  findings_.push_back(
      {kind, problems_.places().text(fields.path()), fmt::format("{} {}", fields.what(), std::move(text))});
}

std::optional<std::string> ComponentReader::opened(std::string value, std::string_view path, const Fields& fields,
                                                   std::string_view name) {
  if (!is_encrypted(value)) return value;
  if (value == "enc{null}") return std::nullopt;  // as old converters wrote what was unset
  if (!sensitive_.has_password()) {
    findings_.push_back(
        {Finding::Kind::MissingSecret, problems_.places().text(path),
         fmt::format("{}: '{}' is encrypted; give the key of that NiFi (--nifi-sensitive-key)", fields.what(), name)});
    return std::nullopt;
  }
  auto plain = sensitive_.open(value);
  if (plain) return *std::move(plain);
  problems_.add(path, fmt::format("{}: '{}' {}", fields.what(), name, plain.error().message));
  return std::nullopt;
}

void ComponentReader::properties(const Fields& fields, ConfiguredDefinition& into) {
  const auto* properties = fields.object("properties");
  if (properties == nullptr) return;
  for (const auto& [name, value] : *properties) {
    const auto path = path_below(fields.path_of("properties"), name);
    into.order.emplace_back(name);
    auto text = scalar_text(value);
    if (!text) text = list_text(value);
    if (text && is_encrypted(*text)) into.sensitive.emplace_back(name);
    if (text)
      into.properties[name] = opened(*std::move(text), path, fields, name);
    else if (value.is_null())
      into.properties[name] = std::nullopt;
    else
      problems_.add(path, fmt::format("{}: property '{}' must be a text or null", fields.what(), name));
  }
}

void ComponentReader::descriptors(const Fields& fields, ConfiguredDefinition& into) {
  const auto* descriptors = fields.object("propertyDescriptors");
  if (descriptors == nullptr) return;
  for (const auto& [name, descriptor] : *descriptors) {
    if (says(descriptor, "sensitive") && std::ranges::count(into.sensitive, name) == 0)
      into.sensitive.emplace_back(name);
    if (says(descriptor, "identifiesControllerService")) into.references.emplace_back(name);
  }
}

void ComponentReader::configured(const Fields& fields, ConfiguredDefinition& into) {
  into.saved = saved(fields);
  into.name = fields.text("name");
  into.type = fields.required("type");
  if (const auto* bundle = fields.object("bundle")) {
    const Fields parts(*bundle, fields.path_of("bundle"), fields.what() + ", bundle", problems_);
    into.bundle = fmt::format("{}:{}:{}", parts.text("group"), parts.text("artifact"), parts.text("version"));
  }
  properties(fields, into);
  descriptors(fields, into);
  into.annotation_data = fields.text("annotationData");
  into.bulletin_level = fields.text("bulletinLevel", "WARN");
}

ServiceDefinition ComponentReader::service(const Fields& fields) {
  ServiceDefinition service;
  configured(fields, service);
  service.scheduled_state = fields.text("scheduledState", "DISABLED");
  return service;
}

ProcessorDefinition ComponentReader::processor(const Fields& fields) {
  ProcessorDefinition processor;
  configured(fields, processor);
  processor.scheduling_strategy = fields.text("schedulingStrategy", "TIMER_DRIVEN");
  processor.scheduling_period = fields.text("schedulingPeriod", "0 sec");
  processor.penalty_duration = fields.text("penaltyDuration", "30 sec");
  processor.yield_duration = fields.text("yieldDuration", "1 sec");
  processor.run_duration = fields.number("runDurationMillis", 0);
  processor.scheduled_state = fields.text("scheduledState", "ENABLED");
  processor.concurrent_tasks =
      static_cast<int>(std::clamp<std::int64_t>(fields.number("concurrentlySchedulableTaskCount", 1), 1, 1000));
  processor.auto_terminated = fields.texts("autoTerminatedRelationships");
  processor.retried = fields.texts("retriedRelationships");
  processor.retry_count = static_cast<int>(std::clamp<std::int64_t>(fields.number("retryCount", 10), 0, 1'000'000'000));
  processor.backoff_yields = fields.text("backoffMechanism", "PENALIZE_FLOWFILE") == "YIELD_PROCESSOR";
  processor.max_backoff = fields.text("maxBackoffPeriod", "10 mins");
  return processor;
}

PortDefinition ComponentReader::port(const Fields& fields, PortKind kind) {
  PortDefinition port{.kind = kind};
  port.name = fields.text("name", kind == PortKind::Funnel ? "Funnel" : "");
  if (port.name.empty()) port.name = kind == PortKind::Funnel ? "Funnel" : "Port";
  port.disabled = fields.text("scheduledState") == "DISABLED";
  port.saved = saved(fields);
  return port;
}

ConnectionDefinition ComponentReader::connection(const Fields& fields) {
  ConnectionDefinition connection;
  connection.name = fields.text("name");
  connection.relationships = fields.texts("selectedRelationships");
  if (connection.relationships.empty()) connection.relationships.emplace_back();
  connection.objects_max =
      static_cast<std::uint64_t>(std::max<std::int64_t>(fields.number("backPressureObjectThreshold", 10'000), 0));
  connection.bytes_max = fields.text("backPressureDataSizeThreshold", "1 GB");
  connection.expiration = fields.text("flowFileExpiration", "0 sec");
  connection.prioritizers = fields.texts("prioritizers");
  connection.saved = saved(fields);
  const auto balance = fields.text("loadBalanceStrategy", "DO_NOT_LOAD_BALANCE");
  if (balance != "DO_NOT_LOAD_BALANCE" && !balance.empty())
    add(Finding::Kind::NoEffect, fields, "is load-balanced, which has no effect on one node");
  connection.drops_empty = fields.boolean("dropEmpty");
  return connection;
}

ParameterContext ComponentReader::context(const Fields& fields) {
  ParameterContext context;
  context.saved = saved(fields);
  context.inherited = fields.texts("inheritedParameterContexts");
  fields.each("parameters", [&](const json::object& inner, const std::string& path) {
    const Fields parameter(inner, path, fields.what() + ", a parameter", problems_);
    const auto name = parameter.required("name");
    if (name.empty()) return;
    auto& definition = context.parameters[name];
    definition.sensitive = parameter.boolean("sensitive");
    const auto* value = inner.if_contains("value");
    if (value == nullptr || value->is_null()) return;
    if (auto text = scalar_text(*value))
      definition.value = opened(*std::move(text), path, fields, name);
    else
      parameter.wrong("value", "a text");
  });
  return context;
}

}  // namespace flow

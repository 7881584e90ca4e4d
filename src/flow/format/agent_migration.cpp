#include "flow/format/agent_migration.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/description.h"
#include "flow/format/agent_tables.h"

namespace flow {
namespace {

/// One component of an agent's flow.
class AgentComponent {
 public:
  AgentComponent(ConfiguredDefinition& component, std::string_view kind, std::vector<Finding>& findings)
      : component_(component),
        type_(component.type.substr(component.type.rfind('.') + 1)),
        kind_(kind),
        findings_(findings) {}

  /// The last part of its class there.
  const std::string& type() const { return type_; }

  void translate(std::span<const Description* const> descriptions) {
    // NiFi 2 has processors of the same names, whose connection is a service.
    if (component_.properties.contains("Kafka Connection Service")) return;
    component_.type = class_of(descriptions);
    if (find_description(component_.type, descriptions) == nullptr) return;
    for (const auto& trap : agent_traps())
      if (trap.type == type_ && value_of(trap.key) != trap.value) tell(Finding::Kind::Trap, std::string(trap.told));
    for (const auto& loss : agent_losses())
      if (loss.type == type_) lose(loss);
    for (const auto& key : agent_keys())
      if (key.type == type_) rename(key);
    if (type_ == "ConsumeKafka") names_to_pattern("Headers to Add as Attributes (Regex)");
    if (type_ == "SSLContextService" && !value_of("Truststore Filename").empty())
      component_.properties.emplace("Truststore Type", "PEM");
    for (const auto& value : agent_values())
      if (value.type == type_ && value_of(value.key) == value.from)
        component_.properties[std::string(value.key)] = std::string(value.to);
    const auto* description = find_description(component_.type, descriptions);
    for (const auto& property : description->properties)
      if (property.kind == Property::Kind::Size) add_unit(property);
    for (const auto& usual : agent_defaults())
      if (usual.type == type_ && !is_set(*description, usual.key))
        component_.properties[std::string(usual.key)] = std::string(usual.value);
  }

 private:
  std::string class_of(std::span<const Description* const> descriptions) const {
    for (const auto& other : agent_types())
      if (other.name == type_) return std::string(other.type);
    if (component_.type != type_ && find_description(component_.type, descriptions) != nullptr) return component_.type;
    const auto* found = find_description(type_, descriptions);
    return found == nullptr ? component_.type : std::string(found->type);
  }

  std::string value_of(std::string_view key) const {
    const auto found = component_.properties.find(std::string(key));
    return found == component_.properties.end() ? std::string{} : found->second.value_or("");
  }
  /// By any of its names.
  bool is_set(const Description& description, std::string_view key) const {
    const auto has = [&](std::string_view name) { return component_.properties.contains(std::string(name)); };
    return has(key) || std::ranges::any_of(description.properties, [&](const Property& property) {
             return (property.name == key || property.old_name == key) &&
                    (has(property.name) || has(property.old_name));
           });
  }

  void tell(Finding::Kind kind, std::string text) {
    findings_.push_back({kind, component_.place, fmt::format("{} '{}': {}", kind_, component_.name, text)});
  }

  void lose(const AgentLoss& loss) {
    const auto node = component_.properties.extract(std::string(loss.key));
    if (node.empty()) return;
    std::erase(component_.order, loss.key);
    std::erase(component_.references, loss.key);
    const auto value = node.mapped().value_or("");
    if (loss.silent || value.empty() || value == loss.harmless) return;
    tell(Finding::Kind::NoEffect,
         fmt::format("'{}' of MiNiFi C++ means nothing here{}{}", loss.key, loss.told.empty() ? "" : ": ", loss.told));
  }

  void rename(const AgentKey& key) {
    auto node = component_.properties.extract(std::string(key.from));
    if (node.empty()) return;
    node.key() = key.to;
    component_.properties.insert(std::move(node));
    for (auto* list : {&component_.order, &component_.references, &component_.sensitive})
      std::ranges::replace(*list, std::string(key.from), std::string(key.to));
  }

  /// Bytes may stand without their unit there.
  void add_unit(const Property& property) {
    for (const auto key : {property.name, property.old_name}) {
      const auto found = component_.properties.find(std::string(key));
      if (found == component_.properties.end() || !found->second || found->second->empty()) continue;
      if (found->second->find_first_not_of("0123456789") == std::string::npos) *found->second += " B";
    }
  }

  /// "a, b" to a pattern that fits either.
  void names_to_pattern(std::string_view key) {
    const auto names = value_of(key);
    if (names.empty()) return;
    std::string pattern;
    for (const char c : names) {
      if (c == ' ') continue;
      if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) pattern += '\\';
      pattern += c == ',' ? '|' : c;
    }
    component_.properties[std::string(key)] = std::move(pattern);
  }

  ConfiguredDefinition& component_;
  const std::string type_;
  const std::string_view kind_;
  std::vector<Finding>& findings_;
};

/// Each name by those that it is here, in place.
std::vector<std::string> translated(const std::vector<std::string>& names, std::string_view type) {
  std::vector<std::string> made;
  for (const auto& name : names) {
    bool known = false;
    for (const auto& row : agent_relationships()) {
      if (row.type != type || row.from != name) continue;
      known = true;
      if (!row.to.empty()) made.emplace_back(row.to);
    }
    if (!known) made.push_back(name);
  }
  return made;
}

void translate_relationships(FlowDefinition& flow, ProcessorDefinition& processor, std::string_view type) {
  processor.auto_terminated = translated(processor.auto_terminated, type);
  processor.retried = translated(processor.retried, type);
  for (const auto& row : agent_relationships())
    if (row.type == type && row.from.empty()) processor.auto_terminated.emplace_back(row.to);
  for (auto& connection : flow.connections)
    if (connection.source == processor.id) connection.relationships = translated(connection.relationships, type);
}

}  // namespace

bool is_of_agent(const FlowDefinition& flow, const ConfiguredDefinition& component) {
  return flow.form == FlowForm::MiNiFi || component.type.starts_with("org.apache.nifi.minifi.");
}

void translate_agent_flow(FlowDefinition& flow) {
  for (auto& processor : flow.processors) {
    if (!is_of_agent(flow, processor)) continue;
    AgentComponent component(processor, "processor", flow.findings);
    component.translate(descriptions());
    translate_relationships(flow, processor, component.type());
  }
  for (auto& service : flow.services)
    if (is_of_agent(flow, service))
      AgentComponent(service, "controller service", flow.findings).translate(service_descriptions());
}

}  // namespace flow

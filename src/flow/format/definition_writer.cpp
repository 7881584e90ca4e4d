#include "flow/format/definition_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "flow/description.h"
#include "flow/format/fields.h"
#include "flow/format/migration.h"
#include "flow/format/sensitive_values.h"
#include "flow/property_keys.h"

namespace flow {
namespace {

namespace json = boost::json;

void complete(json::object& object, const json::object& defaults) {
  for (const auto& [name, value] : defaults)
    if (auto& there = object[name]; there.is_null()) there = value;
}

std::string text_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(std::string_view(value->get_string())) : std::string{};
}

json::array texts(const std::vector<std::string>& list) { return json::array(list.begin(), list.end()); }

bool is_parameter(const std::optional<std::string>& value) {
  return value && value->starts_with("#{") && value->find('}') == value->size() - 1;
}

json::object origin() { return {{"x", 0.0}, {"y", 0.0}}; }

std::string_view type_of(PortKind kind) {
  switch (kind) {
    case PortKind::Input: return "INPUT_PORT";
    case PortKind::Output: return "OUTPUT_PORT";
    case PortKind::Funnel: return "FUNNEL";
    case PortKind::RemoteInput: return "REMOTE_INPUT_PORT";
    case PortKind::RemoteOutput: return "REMOTE_OUTPUT_PORT";
  }
  return "";
}

enum class WrittenForm { Definition, Instance };

class DefinitionWriter {
 public:
  DefinitionWriter(const FlowDefinition& flow, WrittenKeys keys, WrittenForm form = WrittenForm::Definition)
      : flow_(flow),
        keys_(keys),
        instance_(form == WrittenForm::Instance),
        verbatim_(!instance_ && flow.form == FlowForm::Definition && keys == WrittenKeys::AsSaved) {
    for (const auto& group : flow_.groups) remember(group.id, group.saved, group.name, "PROCESS_GROUP", group.parent);
    for (const auto& component : flow_.processors)
      remember(component.id, component.saved, component.name, "PROCESSOR", component.group);
    for (const auto& port : flow_.ports) {
      const bool remote = port.kind == PortKind::RemoteInput || port.kind == PortKind::RemoteOutput;
      const auto remote_group =
          remote && port.saved != nullptr ? text_at(*port.saved, "groupIdentifier") : std::string{};
      remember(port.id, port.saved, port.name, type_of(port.kind), remote_group.empty() ? port.group : remote_group);
    }
    for (const auto& service : flow_.services)
      remember(service.id, service.saved, service.name, "CONTROLLER_SERVICE", service.group);
    for (const auto& connection : flow_.connections)
      remember(connection.id, connection.saved, connection.name, "CONNECTION", connection.group);
  }

  json::object write_instance() const {
    json::object document = flow_.saved == nullptr ? json::object{} : *flow_.saved;
    document.erase("flowContents");
    document["encodingVersion"] = json::object{{"majorVersion", 2}, {"minorVersion", 0}};
    document["rootGroup"] = write_group(flow_.groups.front());
    json::array contexts;
    for (const auto& [name, context] : write_contexts()) contexts.push_back(context);
    document["parameterContexts"] = std::move(contexts);
    return document;
  }

  json::object write() const {
    json::object document;
    if (flow_.form == FlowForm::Definition && flow_.saved != nullptr) document = *flow_.saved;
    document["flowContents"] = write_group(flow_.groups.front());
    if (!verbatim_ || document.contains("parameterContexts")) document["parameterContexts"] = write_contexts();
    if (!verbatim_)
      complete(document, {{"externalControllerServices", write_external_services()},
                          {"parameterProviders", json::object{}},
                          {"flowEncodingVersion", "1.0"},
                          {"latest", false}});
    return document;
  }

 private:
  struct Known {
    std::string versioned;  // id
    std::string name;
    std::string_view type;
    std::string group;
  };

  /// Versioned ids that two components share are replaced by those of the instance.
  void remember(const std::string& id, const SavedObject& saved, const std::string& name, std::string_view type,
                const std::string& group) {
    auto versioned = saved == nullptr ? std::string{} : text_at(*saved, "identifier");
    if (versioned.empty() || !versioned_.insert(versioned).second) versioned = id;
    known_[id] = {std::move(versioned), name, type, group};
  }
  std::string versioned(const std::string& id) const {
    if (instance_) return id;
    const auto found = known_.find(id);
    return found == known_.end() ? id : found->second.versioned;
  }

  /// What every component has.
  json::object component(const std::string& id, const SavedObject& saved) const {
    json::object made = saved == nullptr ? json::object{} : *saved;
    const auto& known = known_.at(id);
    made["identifier"] = known.versioned;
    if (!known.group.empty()) made["groupIdentifier"] = versioned(known.group);
    if (instance_) made["instanceIdentifier"] = id;
    complete(made, {{"instanceIdentifier", id},
                    {"name", known.name},
                    {"comments", ""},
                    {"position", origin()},
                    {"componentType", known.type}});
    return made;
  }

  json::object write_group(const GroupDefinition& group) const {
    auto made = verbatim_ ? *group.saved : component(group.id, group.saved);
    if (!verbatim_) {
      complete(made, {{"labels", json::array{}},
                      {"remoteProcessGroups", json::array{}},
                      {"defaultFlowFileExpiration", "0 sec"},
                      {"defaultBackPressureObjectThreshold", 10'000},
                      {"defaultBackPressureDataSizeThreshold", "1 GB"},
                      {"scheduledState", "ENABLED"},
                      {"executionEngine", "INHERITED"},
                      {"maxConcurrentTasks", 1},
                      {"statelessFlowTimeout", "1 min"},
                      {"flowFileConcurrency", "UNBOUNDED"},
                      {"flowFileOutboundPolicy", "STREAM_WHEN_AVAILABLE"}});
      if (!group.parameter_context.empty()) made["parameterContextName"] = group.parameter_context;
    }
    if (instance_) name_remote_ports(group.id, made);
    const auto list = [&](std::string_view name, const auto& components, auto&& is_here, auto&& write) {
      json::array written;
      for (const auto& inner : components)
        if (is_here(inner)) written.emplace_back(write(inner));
      if (!verbatim_ || !written.empty() || made.contains(name)) made[name] = std::move(written);
    };
    const auto here = [&](const auto& inner) {
      return inner.group == group.id && (!verbatim_ || inner.saved != nullptr);
    };
    const auto port_of = [&](PortKind kind) {
      return [&, kind](const PortDefinition& port) { return port.kind == kind && here(port); };
    };
    const auto port = [&](const PortDefinition& inner) { return write_port(inner); };
    list("processors", flow_.processors, here, [&](const auto& inner) { return write_processor(inner); });
    list("inputPorts", flow_.ports, port_of(PortKind::Input), port);
    list("outputPorts", flow_.ports, port_of(PortKind::Output), port);
    list("funnels", flow_.ports, port_of(PortKind::Funnel), port);
    list("connections", flow_.connections, here, [&](const auto& inner) { return write_connection(inner); });
    list("controllerServices", flow_.services, here, [&](const auto& inner) { return write_service(inner); });
    list(
        "processGroups", flow_.groups, [&](const auto& inner) { return inner.parent == group.id; },
        [&](const auto& inner) { return write_group(inner); });
    return made;
  }

  /// Those of remote groups are kept with them, and have here the ids that connections lead to.
  void name_remote_ports(const std::string& group, json::object& made) const {
    auto* remotes = made.if_contains("remoteProcessGroups");
    if (remotes == nullptr || !remotes->is_array()) return;
    for (auto& remote : remotes->get_array())
      for (const auto* list : {"inputPorts", "outputPorts"}) {
        auto* ports = remote.is_object() ? remote.get_object().if_contains(list) : nullptr;
        if (ports == nullptr || !ports->is_array()) continue;
        for (auto& value : ports->get_array()) {
          const auto found = std::ranges::find_if(flow_.ports, [&](const PortDefinition& port) {
            return port.group == group && port.saved != nullptr && value.is_object() &&
                   *port.saved == value.get_object();
          });
          if (found != flow_.ports.end()) value.get_object()["instanceIdentifier"] = found->id;
        }
      }
  }

  /// What is sensitive in a configured component, by the file or by our description of it.
  static bool is_sensitive(const ConfiguredDefinition& configured, std::string_view key) {
    if (std::ranges::count(configured.sensitive, key) > 0) return true;
    const auto* description = find_description(configured.type);
    return description != nullptr && std::ranges::any_of(description->properties, [&](const Property& property) {
             return property.sensitive && has_key(property, key);
           });
  }

  /// What an agent calls otherwise has NiFi's names: nothing else reads its own.
  PropertyValues values_of(const ConfiguredDefinition& configured) const {
    const bool renamed = keys_ == WrittenKeys::Current || (flow_.form == FlowForm::MiNiFi && !instance_);
    if (renamed || configured.saved == nullptr) return configured.properties;
    PropertyValues values;
    const auto* saved = configured.saved->if_contains("properties");
    if (instance_) {
      values = configured.properties;
      if (saved != nullptr && saved->is_object())  // what could not be opened stays closed
        for (const auto& [key, value] : saved->get_object())
          if (const auto known = values.find(key); known != values.end() && !known->second)
            if (auto text = scalar_text(value); text && is_encrypted(*text)) known->second = std::move(text);
      return values;
    }
    if (saved == nullptr || !saved->is_object()) return values;
    for (const auto& [key, value] : saved->get_object()) {
      const auto migrated = configured.properties.find(key);
      const bool linked = std::ranges::count(configured.references, key) > 0;
      if ((linked || value.is_array()) && migrated != configured.properties.end())
        values[key] = migrated->second;
      else
        values[key] = scalar_text(value);
    }
    return values;
  }

  void configure(const ConfiguredDefinition& configured, json::object& made) const {
    json::object properties, descriptors;
    if (const auto* saved = made.if_contains("propertyDescriptors"); saved != nullptr && saved->is_object())
      descriptors = saved->get_object();
    const auto describe = [&](std::string_view key) {
      if (!descriptors.contains(key))
        descriptors[key] =
            json::object{{"name", key},
                         {"displayName", key},
                         {"identifiesControllerService", std::ranges::count(configured.references, key) > 0},
                         {"sensitive", is_sensitive(configured, key)}};
    };
    const auto values = values_of(configured);
    for (const auto& key : keys_in_order(configured, values)) {
      const auto& value = values.at(key);
      describe(key);
      if (!instance_ && is_sensitive(configured, key) && !is_parameter(value)) continue;
      if (!value)
        properties[key] = nullptr;
      else
        properties[key] = std::ranges::count(configured.references, key) > 0 ? versioned(*value) : *value;
    }
    for (const auto& key : configured.sensitive) describe(key);
    made["properties"] = std::move(properties);
    made["propertyDescriptors"] = std::move(descriptors);
    made["type"] = configured.type;
    // Only the last part of a class counts for MiNiFi, whose bundles NiFi does not have.
    const bool of_agent = flow_.form == FlowForm::MiNiFi && !instance_;
    const auto* description = find_description(configured.type);
    std::string bundle = configured.bundle.empty() ? "default:unknown:unversioned" : configured.bundle;
    if (of_agent && description != nullptr) {
      made["type"] = description->type;
      bundle = fmt::format("{}:unversioned", description->bundle);
    }
    const auto first = bundle.find(':'), second = bundle.rfind(':');
    const bool nothing_known = instance_ && configured.bundle.empty();
    if (of_agent || (!made.contains("bundle") && !nothing_known))
      made["bundle"] = json::object{{"group", bundle.substr(0, first)},
                                    {"artifact", bundle.substr(first + 1, second - first - 1)},
                                    {"version", bundle.substr(second + 1)}};
    complete(made, {{"annotationData", ""}, {"bulletinLevel", configured.bulletin_level}});
  }

  json::object write_processor(const ProcessorDefinition& processor) const {
    if (verbatim_) return *processor.saved;
    auto made = component(processor.id, processor.saved);
    configure(processor, made);
    // What NiFi 2.x has no more.
    const bool primary = !instance_ && processor.scheduling_strategy == "PRIMARY_NODE_ONLY";
    if (!instance_ && (primary || processor.scheduling_strategy == "EVENT_DRIVEN")) {
      made["schedulingStrategy"] = "TIMER_DRIVEN";
      if (!primary) made["schedulingPeriod"] = "0 sec";
    }
    const bool keeps_state = instance_ || processor.scheduled_state == "DISABLED";
    made["scheduledState"] = keeps_state ? processor.scheduled_state : "ENABLED";
    made["autoTerminatedRelationships"] = texts(processor.auto_terminated);
    made["retriedRelationships"] = texts(processor.retried);
    complete(made, {{"style", json::object{}},
                    {"schedulingPeriod", processor.scheduling_period},
                    {"schedulingStrategy", processor.scheduling_strategy},
                    {"executionNode", primary ? "PRIMARY" : "ALL"},
                    {"penaltyDuration", processor.penalty_duration},
                    {"yieldDuration", processor.yield_duration},
                    {"runDurationMillis", processor.run_duration},
                    {"concurrentlySchedulableTaskCount", processor.concurrent_tasks},
                    {"retryCount", processor.retry_count},
                    {"backoffMechanism", processor.backoff_yields ? "YIELD_PROCESSOR" : "PENALIZE_FLOWFILE"},
                    {"maxBackoffPeriod", processor.max_backoff}});
    return made;
  }

  json::object write_service(const ServiceDefinition& service) const {
    if (verbatim_) return *service.saved;
    auto made = component(service.id, service.saved);
    made.erase("position");  // services have none
    configure(service, made);
    made["scheduledState"] = service.scheduled_state;
    complete(made, {{"controllerServiceApis", json::array{}}});
    return made;
  }

  json::object write_port(const PortDefinition& port) const {
    if (verbatim_) return *port.saved;
    auto made = component(port.id, port.saved);
    if (instance_ && port.disabled) made["scheduledState"] = "DISABLED";
    if (port.kind == PortKind::Funnel) return made;
    if (text_at(made, "scheduledState") != "DISABLED") made["scheduledState"] = "ENABLED";
    complete(made, {{"type", type_of(port.kind)},
                    {"concurrentlySchedulableTaskCount", 1},
                    {"allowRemoteAccess", false},
                    {"portFunction", "STANDARD"}});
    return made;
  }

  json::object write_end(const json::object& connection, std::string_view end, const std::string& id) const {
    const auto* saved = connection.if_contains(end);
    json::object made = saved != nullptr && saved->is_object() ? saved->get_object() : json::object{};
    const auto found = known_.find(id);
    if (found == known_.end()) return made;
    const auto& known = found->second;
    made["groupId"] = versioned(known.group);
    made["id"] = known.versioned;
    made["type"] = known.type;
    made["name"] = known.name;
    if (instance_) made["instanceIdentifier"] = id;
    complete(made, {{"instanceIdentifier", id}, {"comments", ""}});
    return made;
  }

  json::object write_connection(const ConnectionDefinition& connection) const {
    if (verbatim_) return *connection.saved;
    auto made = component(connection.id, connection.saved);
    made.erase("position");
    made["source"] = write_end(made, "source", connection.source);
    made["destination"] = write_end(made, "destination", connection.destination);
    made["selectedRelationships"] = texts(connection.relationships);
    complete(made, {{"labelIndex", 0},
                    {"zIndex", 0},
                    {"backPressureObjectThreshold", connection.objects_max},
                    {"backPressureDataSizeThreshold", connection.bytes_max},
                    {"flowFileExpiration", connection.expiration},
                    {"prioritizers", texts(connection.prioritizers)},
                    {"bends", json::array{}},
                    {"loadBalanceStrategy", "DO_NOT_LOAD_BALANCE"},
                    {"partitioningAttribute", ""},
                    {"loadBalanceCompression", "DO_NOT_COMPRESS"}});
    return made;
  }

  json::object write_external_services() const {
    json::object services;
    for (const auto& service : flow_.external_services)
      services[service.id] = json::object{{"identifier", service.id}, {"name", service.name}};
    return services;
  }

  json::object write_contexts() const {
    json::object contexts;
    for (const auto& [name, context] : flow_.contexts) {
      if (context.shared && instance_) continue;
      json::object made = context.saved == nullptr ? json::object{} : *context.saved;
      if (!verbatim_) {
        json::array parameters;
        if (auto* saved = made.if_contains("parameters"); saved != nullptr && saved->is_array())
          parameters = saved->get_array();
        for (auto& value : parameters) {
          if (auto* parameter = value.if_object()) {
            if (const auto& known = context.parameters.at(text_at(*parameter, "name")); known.sensitive && !instance_)
              parameter->erase("value");
            else if (known.value)
              (*parameter)["value"] = *known.value;
            complete(*parameter, {{"description", ""}, {"sensitive", false}, {"provided", false}});
          }
        }
        made["parameters"] = std::move(parameters);
        complete(made, {{"name", name},
                        {"description", ""},
                        {"inheritedParameterContexts", json::array{}},
                        {"componentType", "PARAMETER_CONTEXT"}});
      }
      contexts[name] = std::move(made);
    }
    return contexts;
  }

  const FlowDefinition& flow_;
  const WrittenKeys keys_;
  const bool instance_;
  const bool verbatim_;
  std::map<std::string, Known> known_;
  std::set<std::string> versioned_;
};

}  // namespace

json::object write_definition(const FlowDefinition& flow, WrittenKeys keys) {
  if (keys == WrittenKeys::AsSaved) return DefinitionWriter(flow, keys).write();
  auto migrated = flow;
  migrate_flow(migrated, MigrationPurpose::Export);
  return DefinitionWriter(migrated, keys).write();
}

json::object write_instance(const FlowDefinition& flow) {
  return DefinitionWriter(flow, WrittenKeys::AsSaved, WrittenForm::Instance).write_instance();
}

}  // namespace flow

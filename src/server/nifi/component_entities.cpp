#include "server/nifi/component_entities.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/nifi/body.h"
#include "server/nifi/descriptors.h"
#include "server/nifi/entities.h"
#include "server/nifi/saved.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

std::string_view state_word(flow::RunState state) {
  switch (state) {
    case flow::RunState::Running: return "RUNNING";
    case flow::RunState::Disabled: return "DISABLED";
    case flow::RunState::Stopped:
    case flow::RunState::Invalid: return "STOPPED";
  }
  return {};
}

/// One that is to be enabled and cannot keeps trying, as clients see it.
std::string_view state_word(flow::ServiceState state) {
  switch (state) {
    case flow::ServiceState::Enabled: return "ENABLED";
    case flow::ServiceState::Disabled: return "DISABLED";
    case flow::ServiceState::Enabling:
    case flow::ServiceState::Invalid: return "ENABLING";
  }
  return {};
}

json::array relationships_of(const flow::ProcessorDefinition& processor, const flow::ComponentStatus* status) {
  json::array list;
  if (status == nullptr) return list;
  for (const auto& name : status->relationships)
    list.push_back(json::object{{"name", name},
                                {"description", ""},
                                {"autoTerminate", std::ranges::count(processor.auto_terminated, name) > 0},
                                {"retry", std::ranges::count(processor.retried, name) > 0}});
  return list;
}

json::object config_of(const flow::ProcessorDefinition& processor) {
  const auto* description = description_of(processor);
  const auto period = description == nullptr ? std::string_view("0 sec") : description->default_period;
  return {
      {"properties", property_values(processor, description)},
      {"descriptors", property_descriptors(processor, description)},
      {"schedulingPeriod", processor.scheduling_period},
      {"schedulingStrategy", processor.scheduling_strategy},
      {"executionNode", at(processor.saved, "executionNode", "ALL")},
      {"penaltyDuration", processor.penalty_duration},
      {"yieldDuration", processor.yield_duration},
      {"bulletinLevel", processor.bulletin_level},
      {"runDurationMillis", processor.run_duration},
      {"concurrentlySchedulableTaskCount", processor.concurrent_tasks},
      {"autoTerminatedRelationships", texts(processor.auto_terminated)},
      {"comments", at(processor.saved, "comments", "")},
      {"lossTolerant", false},
      {"annotationData", processor.annotation_data.empty() ? json::value() : json::value(processor.annotation_data)},
      {"defaultConcurrentTasks", json::object{{"TIMER_DRIVEN", "1"}, {"CRON_DRIVEN", "1"}, {"EVENT_DRIVEN", "0"}}},
      {"defaultSchedulingPeriod", json::object{{"TIMER_DRIVEN", period}, {"CRON_DRIVEN", "* * * * * ?"}}},
      {"retryCount", processor.retry_count},
      {"retriedRelationships", texts(processor.retried)},
      {"backoffMechanism", processor.backoff_yields ? "YIELD_PROCESSOR" : "PENALIZE_FLOWFILE"},
      {"maxBackoffPeriod", processor.max_backoff}};
}

}  // namespace

json::object ComponentEntities::entity(const Kind& kind, const std::string& id, const flow::SavedObject& saved) const {
  auto made = bare_entity(kind.path, id, revisions_.of(id));
  made["position"] = position_of(saved);
  return made;
}

json::object ComponentEntities::processor(const flow::ProcessorDefinition& processor) const {
  const auto* status = canvas_.component(processor.id);
  const auto* description = description_of(processor);
  auto made = entity(kProcessor, processor.id, processor.saved);
  const auto input = description == nullptr                         ? "INPUT_ALLOWED"
                     : description->input == flow::Input::Forbidden ? "INPUT_FORBIDDEN"
                     : description->input == flow::Input::Required  ? "INPUT_REQUIRED"
                                                                    : "INPUT_ALLOWED";
  static const flow::ComponentStatus kNone{};
  const auto& known = status == nullptr ? kNone : *status;
  made["component"] = json::object{{"id", processor.id},
                                   {"versionedComponentId", at(processor.saved, "identifier")},
                                   {"parentGroupId", processor.group},
                                   {"position", made["position"]},
                                   {"name", processor.name},
                                   {"type", description == nullptr ? processor.type : std::string(description->type)},
                                   {"bundle", bundle_of(processor.bundle)},
                                   {"state", state_word(known.state)},
                                   {"style", at(processor.saved, "style", json::object{})},
                                   {"relationships", relationships_of(processor, status)},
                                   {"supportsParallelProcessing", description != nullptr && !description->serial},
                                   {"supportsBatching", description != nullptr && description->batches},
                                   {"supportsSensitiveDynamicProperties", false},
                                   {"persistsState", false},
                                   {"restricted", false},
                                   {"deprecated", false},
                                   {"multipleVersionsAvailable", false},
                                   {"extensionMissing", description == nullptr},
                                   {"inputRequirement", input},
                                   {"validationErrors", texts(known.problems)},
                                   {"validationStatus", known.problems.empty() ? "VALID" : "INVALID"},
                                   {"config", config_of(processor)}};
  made["inputRequirement"] = input;
  made["status"] = json::object{{"id", processor.id},
                                {"groupId", processor.group},
                                {"name", processor.name},
                                {"runStatus", flow::name_of(known.state)},
                                {"aggregateSnapshot", component_snapshot(known)}};
  made["bulletins"] = bulletins_of(known);
  made["operatePermissions"] = permissions();
  return made;
}

json::array ComponentEntities::references(const flow::ServiceDefinition& service) const {
  json::array list;
  const auto add = [&](const flow::ConfiguredDefinition& component, const Kind& kind, std::string_view state,
                       const std::vector<std::string>& problems, int threads) {
    const bool refers = std::ranges::any_of(component.references, [&](const std::string& key) {
      const auto value = component.properties.find(key);
      return value != component.properties.end() && value->second == service.id;
    });
    if (!refers) return;
    auto made = bare_entity(kind.path, component.id, revisions_.of(component.id));
    made["component"] = json::object{{"id", component.id},
                                     {"groupId", component.group},
                                     {"name", component.name},
                                     {"type", component.type},
                                     {"state", state},
                                     {"referenceType", kind.type == kService.type ? "ControllerService" : "Processor"},
                                     {"referenceCycle", false},
                                     {"validationErrors", texts(problems)},
                                     {"activeThreadCount", threads}};
    list.push_back(std::move(made));
  };
  for (const auto& flow : canvas_.flows) {
    for (const auto& processor : flow.definition.processors)
      if (const auto* status = canvas_.component(processor.id))
        add(processor, kProcessor, state_word(status->state), status->problems, status->active);
    for (const auto& other : flow.definition.services)
      if (const auto* status = canvas_.service_status(other.id))
        add(other, kService, state_word(status->state), status->problems, 0);
  }
  return list;
}

json::object ComponentEntities::service(const flow::ServiceDefinition& service) const {
  const auto* status = canvas_.service_status(service.id);
  const auto* description = description_of(service);
  static const flow::ServiceStatus kNone{};
  const auto& known = status == nullptr ? kNone : *status;
  auto made = bare_entity(kService.path, service.id, revisions_.of(service.id));
  json::array apis;
  if (description != nullptr)
    for (const auto api : description->apis)
      apis.push_back(
          json::object{{"type", api}, {"bundle", bundle_of("org.apache.nifi:nifi-standard-services-api-nar")}});
  const auto state = state_word(known.state);
  const auto* const valid = known.state == flow::ServiceState::Invalid ? "INVALID" : "VALID";
  made["parentGroupId"] = service.group;
  made["component"] = json::object{{"id", service.id},
                                   {"versionedComponentId", at(service.saved, "identifier")},
                                   {"parentGroupId", service.group},
                                   {"name", service.name},
                                   {"type", description == nullptr ? service.type : std::string(description->type)},
                                   {"bundle", bundle_of(service.bundle)},
                                   {"controllerServiceApis", std::move(apis)},
                                   {"comments", at(service.saved, "comments", "")},
                                   {"state", state},
                                   {"persistsState", false},
                                   {"restricted", false},
                                   {"deprecated", false},
                                   {"multipleVersionsAvailable", false},
                                   {"supportsSensitiveDynamicProperties", false},
                                   {"extensionMissing", description == nullptr},
                                   {"properties", property_values(service, description)},
                                   {"descriptors", property_descriptors(service, description)},
                                   {"referencingComponents", references(service)},
                                   {"bulletinLevel", service.bulletin_level},
                                   {"validationErrors", texts(known.problems)},
                                   {"validationStatus", valid}};
  made["status"] = json::object{{"runStatus", state}, {"validationStatus", valid}};
  made["bulletins"] = json::array();
  made["operatePermissions"] = permissions();
  return made;
}

json::object ComponentEntities::port(const flow::PortDefinition& port) const {
  const auto& kind = kind_of(port.kind);
  auto made = entity(kind, port.id, port.saved);
  const auto* status = canvas_.component(port.id);
  static const flow::ComponentStatus kNone{};
  const auto& known = status == nullptr ? kNone : *status;
  json::object component{{"id", port.id},
                         {"versionedComponentId", at(port.saved, "identifier")},
                         {"parentGroupId", port.group},
                         {"position", made["position"]}};
  if (port.kind != flow::PortKind::Funnel) {
    component["name"] = port.name;
    component["type"] = kind.type;
    component["comments"] = at(port.saved, "comments", "");
    component["state"] = state_word(known.state);
    component["transmitting"] = false;
    component["allowRemoteAccess"] = false;
    component["concurrentlySchedulableTaskCount"] = at(port.saved, "concurrentlySchedulableTaskCount", 1);
    component["validationErrors"] = texts(known.problems);
    component["portFunction"] = at(port.saved, "portFunction", "STANDARD");
    made["portType"] = kind.type;
    made["status"] = json::object{{"id", port.id},         {"groupId", port.group},
                                  {"name", port.name},     {"runStatus", flow::name_of(known.state)},
                                  {"transmitting", false}, {"aggregateSnapshot", component_snapshot(known)}};
    made["operatePermissions"] = permissions();
  }
  made["component"] = std::move(component);
  made["bulletins"] = bulletins_of(known);
  return made;
}

json::object ComponentEntities::connectable(const std::string& id, const std::string& name) const {
  json::object made{{"id", id}, {"name", name}};
  for (const auto& flow : canvas_.flows) {
    const auto look = [&](const auto& component, std::string_view type) {
      if (component.id != id) return;
      made["type"] = type;
      made["groupId"] = component.group;
    };
    for (const auto& processor : flow.definition.processors) look(processor, kProcessor.type);
    for (const auto& port : flow.definition.ports) look(port, kind_word(port.kind));
  }
  if (const auto* status = canvas_.component(id)) made["running"] = status->state == flow::RunState::Running;
  return made;
}

json::object ComponentEntities::connection(const flow::ConnectionDefinition& connection) const {
  auto made = bare_entity(kConnection.path, connection.id, revisions_.of(connection.id));
  auto source = connectable(connection.source, connection.source_name);
  auto destination = connectable(connection.destination, connection.destination_name);
  made["sourceId"] = connection.source;
  made["sourceGroupId"] = text_at(source, "groupId");
  made["sourceType"] = text_at(source, "type");
  made["destinationId"] = connection.destination;
  made["destinationGroupId"] = text_at(destination, "groupId");
  made["destinationType"] = text_at(destination, "type");
  made["bends"] = at(connection.saved, "bends", json::array{});
  made["labelIndex"] = at(connection.saved, "labelIndex", 0);
  made["zIndex"] = at(connection.saved, "zIndex", 0);
  std::vector<std::string> relationships;
  for (const auto& name : connection.relationships)
    if (!name.empty()) relationships.push_back(name);
  const auto* from = canvas_.component(connection.source);
  made["component"] = json::object{
      {"id", connection.id},
      {"versionedComponentId", at(connection.saved, "identifier")},
      {"parentGroupId", connection.group},
      {"name", connection.name},
      {"source", std::move(source)},
      {"destination", std::move(destination)},
      {"labelIndex", made["labelIndex"]},
      {"zIndex", made["zIndex"]},
      {"bends", made["bends"]},
      {"selectedRelationships", texts(relationships)},
      {"availableRelationships", texts(from == nullptr ? std::vector<std::string>{} : from->relationships)},
      {"backPressureObjectThreshold", connection.objects_max},
      {"backPressureDataSizeThreshold", connection.bytes_max},
      {"flowFileExpiration", connection.expiration},
      {"prioritizers", texts(connection.prioritizers)},
      {"loadBalanceStrategy", at(connection.saved, "loadBalanceStrategy", "DO_NOT_LOAD_BALANCE")},
      {"loadBalancePartitionAttribute", at(connection.saved, "partitioningAttribute")},
      {"loadBalanceCompression", at(connection.saved, "loadBalanceCompression", "DO_NOT_COMPRESS")},
      {"loadBalanceStatus", "LOAD_BALANCE_NOT_CONFIGURED"}};
  if (const auto* status = canvas_.connection_status(connection.id))
    made["status"] = json::object{{"id", connection.id},
                                  {"groupId", connection.group},
                                  {"name", connection.name},
                                  {"sourceId", connection.source},
                                  {"sourceName", connection.source_name},
                                  {"destinationId", connection.destination},
                                  {"destinationName", connection.destination_name},
                                  {"aggregateSnapshot", connection_snapshot(*status)}};
  made["bulletins"] = json::array();
  return made;
}

json::object ComponentEntities::kept(const Kind& kind, const Canvas::Kept& kept) const {
  const auto saved = std::make_shared<const json::object>(*kept.object);
  auto made = entity(kind, kept.id, saved);
  json::object component{{"id", kept.id},
                         {"versionedComponentId", at(saved, "identifier")},
                         {"parentGroupId", kept.group},
                         {"position", made["position"]}};
  copy_given(*kept.object, component,
             {"label", "width", "height", "style", "zIndex", "name", "comments", "targetUris", "targetUri",
              "communicationsTimeout", "yieldDuration", "transportProtocol", "localNetworkInterface"});
  if (kind.type == kLabel.type) {
    made["dimensions"] = json::object{{"width", at(saved, "width", 150)}, {"height", at(saved, "height", 150)}};
    made["zIndex"] = at(saved, "zIndex", 0);
  } else {
    component["transmitting"] = false;
    component["validationStatus"] = "INVALID";
    component["validationErrors"] = json::array{"site-to-site is not supported"};
    made["status"] = json::object{{"id", kept.id}, {"groupId", kept.group}, {"transmissionStatus", "Not Transmitting"}};
  }
  made["component"] = std::move(component);
  made["bulletins"] = json::array();
  made["operatePermissions"] = permissions();
  return made;
}

}  // namespace server::nifi

#include "flow/format/flow_xml.h"

#include <fmt/format.h>

#include <map>

namespace flow {
namespace {

namespace json = boost::json;
using Member = XmlSource::Member;
using As = XmlSource::Member::As;

constexpr Member kGroupMembers[] = {
    {"name", "name"},
    {"comment", "comments"},
    {"flowfileConcurrency", "flowFileConcurrency"},
    {"flowfileOutboundPolicy", "flowFileOutboundPolicy"},
    {"defaultFlowFileExpiration", "defaultFlowFileExpiration"},
    {"defaultBackPressureObjectThreshold", "defaultBackPressureObjectThreshold", As::Whole},
    {"defaultBackPressureDataSizeThreshold", "defaultBackPressureDataSizeThreshold"},
    {"logFileSuffix", "logFileSuffix"}};
constexpr Member kProcessorMembers[] = {{"name", "name"},
                                        {"comment", "comments"},
                                        {"class", "type"},
                                        {"maxConcurrentTasks", "concurrentlySchedulableTaskCount", As::Whole},
                                        {"schedulingPeriod", "schedulingPeriod"},
                                        {"penalizationPeriod", "penaltyDuration"},
                                        {"yieldPeriod", "yieldDuration"},
                                        {"bulletinLevel", "bulletinLevel"},
                                        {"schedulingStrategy", "schedulingStrategy"},
                                        {"executionNode", "executionNode"},
                                        {"retryCount", "retryCount", As::Whole},
                                        {"backoffMechanism", "backoffMechanism"},
                                        {"maxBackoffPeriod", "maxBackoffPeriod"},
                                        {"annotationData", "annotationData"}};
constexpr Member kServiceMembers[] = {{"name", "name"},
                                      {"comment", "comments"},
                                      {"class", "type"},
                                      {"bulletinLevel", "bulletinLevel"},
                                      {"annotationData", "annotationData"}};
constexpr Member kPortMembers[] = {{"name", "name"},
                                   {"comments", "comments"},
                                   {"maxConcurrentTasks", "concurrentlySchedulableTaskCount", As::Whole},
                                   {"allowRemoteAccess", "allowRemoteAccess", As::Boolean}};
constexpr Member kConnectionMembers[] = {{"name", "name"},
                                         {"labelIndex", "labelIndex", As::Whole},
                                         {"zIndex", "zIndex", As::Whole},
                                         {"maxWorkQueueSize", "backPressureObjectThreshold", As::Whole},
                                         {"maxWorkQueueDataSize", "backPressureDataSizeThreshold"},
                                         {"flowFileExpiration", "flowFileExpiration"},
                                         {"loadBalanceStrategy", "loadBalanceStrategy"},
                                         {"partitioningAttribute", "partitioningAttribute"},
                                         {"loadBalanceCompression", "loadBalanceCompression"}};
constexpr Member kRemoteGroupMembers[] = {{"name", "name"},
                                          {"comment", "comments"},
                                          {"url", "targetUri"},
                                          {"urls", "targetUris"},
                                          {"timeout", "communicationsTimeout"},
                                          {"yieldPeriod", "yieldDuration"},
                                          {"transportProtocol", "transportProtocol"},
                                          {"networkInterface", "localNetworkInterface"},
                                          {"proxyHost", "proxyHost"},
                                          {"proxyPort", "proxyPort", As::Whole},
                                          {"proxyUser", "proxyUser"}};
constexpr Member kRemotePortMembers[] = {{"name", "name"},
                                         {"comments", "comments"},
                                         {"targetId", "targetId"},
                                         {"maxConcurrentTasks", "concurrentlySchedulableTaskCount", As::Whole},
                                         {"useCompression", "useCompression", As::Boolean}};
constexpr Member kBatchMembers[] = {
    {"batchCount", "count", As::Whole}, {"batchSize", "size"}, {"batchDuration", "duration"}};
constexpr Member kCoordinateMembers[] = {{"registryId", "registryId"}, {"bucketId", "bucketId"},
                                         {"flowId", "flowId"},         {"branch", "branch"},
                                         {"version", "version"},       {"storageLocation", "storageLocation"}};

class FlowXml {
 public:
  explicit FlowXml(XmlSource& source) : source_(source) {}

  json::object convert() {
    const auto controller = source_.root();
    json::object document{{"encodingVersion", json::object{{"majorVersion", 2}, {"minorVersion", 0}}}};
    constexpr Member kThreads[] = {{"maxTimerDrivenThreadCount", "maxTimerDrivenThreadCount", As::Whole},
                                   {"maxEventDrivenThreadCount", "maxEventDrivenThreadCount", As::Whole}};
    source_.copy(controller, kThreads, document);
    document["parameterContexts"] = contexts(controller.child("parameterContexts"));
    document["rootGroup"] = group(controller.child("rootGroup"), "$.rootGroup", "");
    document["controllerServices"] =
        source_.each(controller.child("controllerServices"), "controllerService", "$.controllerServices",
                     [&](auto node, auto& path) { return service(node, path, ""); });
    document["reportingTasks"] = source_.each(controller.child("reportingTasks"), "reportingTask", "$.reportingTasks",
                                              [&](auto node, auto& path) { return service(node, path, ""); });
    return document;
  }

 private:
  json::object component(pugi::xml_node node, std::string_view type, const std::string& group,
                         std::span<const Member> members) {
    const auto id = text_of(node, "id"), versioned = text_of(node, "versionedComponentId");
    json::object made{
        {"identifier", versioned.empty() ? id : versioned}, {"instanceIdentifier", id}, {"componentType", type}};
    if (!group.empty()) made["groupIdentifier"] = group;
    if (const auto position = node.child("position")) made["position"] = position_of(position);
    source_.copy(node, members, made);
    return made;
  }

  /// Before scheduledState there was "running".
  static std::string_view state_of(pugi::xml_node node) {
    const auto state = text_of(node, "scheduledState");
    if (state == "DISABLED") return "DISABLED";
    return state == "RUNNING" || text_of(node, "running") == "true" ? "RUNNING" : "ENABLED";
  }

  void properties(pugi::xml_node node, const std::string& path, json::object& into) {
    json::object values;
    for (const auto property : node.children("property")) {
      const auto name = text_of(property, "name");
      const auto value = property.child("value");
      source_.locate(path_below(path + ".properties", name), property);
      values[name] = value ? json::value(value.text().get()) : json::value();
    }
    into["properties"] = std::move(values);
    into["propertyDescriptors"] = json::object{};
    if (const auto bundle = node.child("bundle")) into["bundle"] = bundle_of(bundle);
  }

  json::object processor(pugi::xml_node node, const std::string& path, const std::string& group) {
    auto made = component(node, "PROCESSOR", group, kProcessorMembers);
    properties(node, path, made);
    made["scheduledState"] = state_of(node);
    made["runDurationMillis"] = node.child("runDurationNanos").text().as_llong() / 1'000'000;
    made["autoTerminatedRelationships"] = texts_of(node, "autoTerminatedRelationship");
    made["retriedRelationships"] = texts_of(node, "retriedRelationship");
    json::object style;
    for (const auto entry : node.child("styles").children("style"))
      style[entry.attribute("name").value()] = entry.text().get();
    made["style"] = std::move(style);
    return made;
  }

  json::object service(pugi::xml_node node, const std::string& path, const std::string& group) {
    auto made = component(node, "CONTROLLER_SERVICE", group, kServiceMembers);
    properties(node, path, made);
    made["scheduledState"] = text_of(node, "enabled") == "true" ? "ENABLED" : "DISABLED";
    return made;
  }

  json::object port(pugi::xml_node node, std::string_view type, const std::string& group) {
    auto made = component(node, type, group, kPortMembers);
    made["type"] = type;
    made["scheduledState"] = state_of(node);
    return made;
  }

  static json::object end_of(pugi::xml_node node, const std::string& end) {
    const auto id = text_of(node, (end + "Id").c_str());
    return {{"id", id},
            {"instanceIdentifier", id},
            {"groupId", text_of(node, (end + "GroupId").c_str())},
            {"type", text_of(node, (end + "Type").c_str())}};
  }

  json::object connection(pugi::xml_node node, const std::string& group) {
    auto made = component(node, "CONNECTION", group, kConnectionMembers);
    made["source"] = end_of(node, "source");
    made["destination"] = end_of(node, "destination");
    made["selectedRelationships"] = texts_of(node, "relationship");
    made["prioritizers"] = texts_of(node, "queuePrioritizerClass");
    json::array bends;
    for (const auto bend : node.child("bendPoints").children("bendPoint")) bends.emplace_back(position_of(bend));
    made["bends"] = std::move(bends);
    return made;
  }

  json::object label(pugi::xml_node node, const std::string& group) {
    auto made = component(node, "LABEL", group, {});
    made["label"] = text_of(node, "value");
    const auto size = node.child("size");
    made["width"] = size.attribute("width").as_double();
    made["height"] = size.attribute("height").as_double();
    json::object style;
    for (const auto entry : node.child("styles").children("style"))
      style[entry.attribute("name").value()] = entry.text().get();
    made["style"] = std::move(style);
    return made;
  }

  json::object remote_group(pugi::xml_node node, const std::string& path, const std::string& group) {
    auto made = component(node, "REMOTE_PROCESS_GROUP", group, kRemoteGroupMembers);
    if (!made.contains("targetUris") && made.contains("targetUri")) made["targetUris"] = made["targetUri"];
    const auto ports = [&](const char* element, const char* list, std::string_view type) {
      made[list] = source_.each(node, element, path_below(path, list), [&](auto inner, auto&) {
        auto remote = component(inner, type, text_of(node, "id"), kRemotePortMembers);
        json::object batch;
        source_.copy(inner, kBatchMembers, batch);
        if (!batch.empty()) remote["batchSize"] = std::move(batch);
        remote["scheduledState"] = state_of(inner);
        return remote;
      });
    };
    ports("inputPort", "inputPorts", "REMOTE_INPUT_PORT");
    ports("outputPort", "outputPorts", "REMOTE_OUTPUT_PORT");
    return made;
  }

  json::object group(pugi::xml_node node, const std::string& path, const std::string& parent) {
    auto made = component(node, "PROCESS_GROUP", parent, kGroupMembers);
    const auto id = text_of(node, "id");
    if (const auto context = context_names_.find(text_of(node, "parameterContextId")); context != context_names_.end())
      made["parameterContextName"] = context->second;
    json::object variables;
    for (const auto variable : node.children("variable"))
      variables[variable.attribute("name").value()] = variable.attribute("value").value();
    made["variables"] = std::move(variables);
    if (const auto coordinates = node.child("versionControlInformation")) {
      json::object versioned;
      source_.copy(coordinates, kCoordinateMembers, versioned);
      made["versionedFlowCoordinates"] = std::move(versioned);
    }
    const auto list = [&](const char* element, const char* name, auto&& make) {
      made[name] = source_.each(node, element, path_below(path, name), make);
    };
    list("processor", "processors", [&](auto inner, auto& at) { return processor(inner, at, id); });
    list("inputPort", "inputPorts", [&](auto inner, auto&) { return port(inner, "INPUT_PORT", id); });
    list("outputPort", "outputPorts", [&](auto inner, auto&) { return port(inner, "OUTPUT_PORT", id); });
    list("label", "labels", [&](auto inner, auto&) { return label(inner, id); });
    list("funnel", "funnels", [&](auto inner, auto&) { return component(inner, "FUNNEL", id, {}); });
    list("connection", "connections", [&](auto inner, auto&) { return connection(inner, id); });
    list("controllerService", "controllerServices", [&](auto inner, auto& at) { return service(inner, at, id); });
    list("remoteProcessGroup", "remoteProcessGroups",
         [&](auto inner, auto& at) { return remote_group(inner, at, id); });
    list("processGroup", "processGroups", [&](auto inner, auto& at) { return group(inner, at, id); });
    return made;
  }

  json::array contexts(pugi::xml_node node) {
    for (const auto context : node.children("parameterContext"))
      context_names_[text_of(context, "id")] = text_of(context, "name");
    return source_.each(node, "parameterContext", "$.parameterContexts", [&](auto context, auto& path) {
      constexpr Member kMembers[] = {{"id", "identifier"}, {"name", "name"}, {"description", "description"}};
      constexpr Member kParameter[] = {{"name", "name"},
                                       {"description", "description"},
                                       {"sensitive", "sensitive", As::Boolean},
                                       {"provided", "provided", As::Boolean},
                                       {"value", "value"}};
      json::object made;
      source_.copy(context, kMembers, made);
      made["parameters"] = source_.each(context, "parameter", path_below(path, "parameters"), [&](auto inner, auto&) {
        json::object parameter;
        source_.copy(inner, kParameter, parameter);
        return parameter;
      });
      json::array inherited;
      for (const auto id : context.children("inheritedParameterContextId"))
        inherited.emplace_back(context_names_[id.text().get()]);
      made["inheritedParameterContexts"] = std::move(inherited);
      return made;
    });
  }

  XmlSource& source_;
  std::map<std::string, std::string> context_names_;
};

}  // namespace

json::object convert_flow_xml(XmlSource& source) { return FlowXml(source).convert(); }

}  // namespace flow

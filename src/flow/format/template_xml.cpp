#include <fmt/format.h>

#include "flow/format/derived_id.h"
#include "flow/format/flow_xml.h"

namespace flow {
namespace {

namespace json = boost::json;
using Member = XmlSource::Member;
using As = XmlSource::Member::As;

constexpr Member kGroupMembers[] = {
    {"name", "name"},
    {"comments", "comments"},
    {"flowfileConcurrency", "flowFileConcurrency"},
    {"flowfileOutboundPolicy", "flowFileOutboundPolicy"},
    {"defaultFlowFileExpiration", "defaultFlowFileExpiration"},
    {"defaultBackPressureObjectThreshold", "defaultBackPressureObjectThreshold", As::Whole},
    {"defaultBackPressureDataSizeThreshold", "defaultBackPressureDataSizeThreshold"},
    {"logFileSuffix", "logFileSuffix"}};
constexpr Member kConfigMembers[] = {
    {"schedulingPeriod", "schedulingPeriod"},
    {"schedulingStrategy", "schedulingStrategy"},
    {"concurrentlySchedulableTaskCount", "concurrentlySchedulableTaskCount", As::Whole},
    {"executionNode", "executionNode"},
    {"penaltyDuration", "penaltyDuration"},
    {"yieldDuration", "yieldDuration"},
    {"bulletinLevel", "bulletinLevel"},
    {"runDurationMillis", "runDurationMillis", As::Whole},
    {"comments", "comments"},
    {"annotationData", "annotationData"},
    {"retryCount", "retryCount", As::Whole},
    {"backoffMechanism", "backoffMechanism"},
    {"maxBackoffPeriod", "maxBackoffPeriod"}};
constexpr Member kTypedMembers[] = {{"name", "name"}, {"type", "type"}};
constexpr Member kServiceMembers[] = {{"name", "name"},
                                      {"type", "type"},
                                      {"comments", "comments"},
                                      {"bulletinLevel", "bulletinLevel"},
                                      {"annotationData", "annotationData"}};
constexpr Member kPortMembers[] = {{"name", "name"},
                                   {"comments", "comments"},
                                   {"concurrentlySchedulableTaskCount", "concurrentlySchedulableTaskCount", As::Whole},
                                   {"allowRemoteAccess", "allowRemoteAccess", As::Boolean}};
constexpr Member kLabelMembers[] = {{"label", "label"}, {"width", "width", As::Real}, {"height", "height", As::Real}};
constexpr Member kConnectionMembers[] = {{"name", "name"},
                                         {"backPressureObjectThreshold", "backPressureObjectThreshold", As::Whole},
                                         {"backPressureDataSizeThreshold", "backPressureDataSizeThreshold"},
                                         {"flowFileExpiration", "flowFileExpiration"},
                                         {"labelIndex", "labelIndex", As::Whole},
                                         {"zIndex", "zIndex", As::Whole},
                                         {"loadBalanceStrategy", "loadBalanceStrategy"},
                                         {"loadBalancePartitionAttribute", "partitioningAttribute"},
                                         {"loadBalanceCompression", "loadBalanceCompression"}};
constexpr Member kEndMembers[] = {{"id", "id"},           {"id", "instanceIdentifier"},
                                  {"groupId", "groupId"}, {"type", "type"},
                                  {"name", "name"},       {"comments", "comments"}};
constexpr Member kRemoteGroupMembers[] = {{"name", "name"},
                                          {"comments", "comments"},
                                          {"targetUri", "targetUri"},
                                          {"targetUris", "targetUris"},
                                          {"communicationsTimeout", "communicationsTimeout"},
                                          {"yieldDuration", "yieldDuration"},
                                          {"transportProtocol", "transportProtocol"},
                                          {"localNetworkInterface", "localNetworkInterface"},
                                          {"proxyHost", "proxyHost"},
                                          {"proxyPort", "proxyPort", As::Whole},
                                          {"proxyUser", "proxyUser"}};
constexpr Member kRemotePortMembers[] = {
    {"name", "name"},
    {"comments", "comments"},
    {"targetId", "targetId"},
    {"concurrentlySchedulableTaskCount", "concurrentlySchedulableTaskCount", As::Whole},
    {"useCompression", "useCompression", As::Boolean}};
constexpr Member kCoordinateMembers[] = {
    {"registryId", "registryId"}, {"bucketId", "bucketId"}, {"flowId", "flowId"}, {"version", "version"}};

json::object entries_of(pugi::xml_node node) {
  json::object map;
  for (const auto entry : node.children("entry")) {
    const auto value = entry.child("value");
    map[text_of(entry, "key")] = value ? json::value(value.text().get()) : json::value();
  }
  return map;
}

class TemplateXml {
 public:
  explicit TemplateXml(XmlSource& source) : source_(source) {}

  json::object convert() {
    const auto root = source_.root();
    const auto name = text_of(root, "name");
    // Templates of one group have one groupId: that alone would make them one flow.
    const auto id = derived_id(fmt::format("template/{}/{}", text_of(root, "groupId"), name));
    json::object group{{"identifier", id},
                       {"name", name},
                       {"comments", text_of(root, "description")},
                       {"componentType", "PROCESS_GROUP"}};
    contents(root.child("snippet"), "$.rootGroup", id, group);
    return {{"encodingVersion", json::object{{"majorVersion", 2}, {"minorVersion", 0}}},
            {"parameterContexts", json::array{}},
            {"rootGroup", std::move(group)}};
  }

 private:
  json::object component(pugi::xml_node node, std::string_view type, const std::string& group,
                         std::span<const Member> members) {
    const auto id = text_of(node, "id");
    json::object made{
        {"identifier", id}, {"instanceIdentifier", id}, {"componentType", type}, {"groupIdentifier", group}};
    if (const auto position = node.child("position")) made["position"] = position_of(position);
    source_.copy(node, members, made);
    return made;
  }

  void properties(pugi::xml_node node, const std::string& path, json::object& into) {
    for (const auto entry : node.child("properties").children("entry"))
      source_.locate(path_below(path + ".properties", text_of(entry, "key")), entry);
    into["properties"] = entries_of(node.child("properties"));
    json::object descriptors;
    for (const auto entry : node.child("descriptors").children("entry")) {
      const auto described = entry.child("value");
      const auto key = text_of(entry, "key"), label = text_of(described, "displayName");
      // Here stands the class of the service.
      descriptors[key] =
          json::object{{"name", key},
                       {"displayName", label.empty() ? key : label},
                       {"identifiesControllerService", bool(described.child("identifiesControllerService"))},
                       {"sensitive", text_of(described, "sensitive") == "true"}};
    }
    into["propertyDescriptors"] = std::move(descriptors);
  }

  json::object processor(pugi::xml_node node, const std::string& path, const std::string& group) {
    auto made = component(node, "PROCESSOR", group, kTypedMembers);
    const auto config = node.child("config");
    source_.copy(config, kConfigMembers, made);
    properties(config, path, made);
    if (const auto bundle = node.child("bundle")) made["bundle"] = bundle_of(bundle);
    json::array ended = texts_of(config, "autoTerminatedRelationships");
    for (const auto relationship : node.children("relationships"))
      if (text_of(relationship, "autoTerminate") == "true") ended.emplace_back(text_of(relationship, "name"));
    made["autoTerminatedRelationships"] = std::move(ended);
    made["retriedRelationships"] = texts_of(config, "retriedRelationships");
    made["style"] = entries_of(node.child("style"));
    // A template starts nothing.
    made["scheduledState"] = text_of(node, "state") == "DISABLED" ? "DISABLED" : "ENABLED";
    return made;
  }

  json::object service(pugi::xml_node node, const std::string& path, const std::string& group) {
    auto made = component(node, "CONTROLLER_SERVICE", group, kServiceMembers);
    properties(node, path, made);
    if (const auto bundle = node.child("bundle")) made["bundle"] = bundle_of(bundle);
    made["scheduledState"] = "ENABLED";  // whatever it was: its processors need it
    return made;
  }

  json::object connection(pugi::xml_node node, const std::string& group) {
    auto made = component(node, "CONNECTION", group, kConnectionMembers);
    for (const auto* end : {"source", "destination"}) {
      json::object ended;
      source_.copy(node.child(end), kEndMembers, ended);
      made[end] = std::move(ended);
    }
    made["selectedRelationships"] = texts_of(node, "selectedRelationships");
    made["prioritizers"] = texts_of(node, "prioritizers");
    json::array bends;
    for (const auto bend : node.children("bends")) bends.emplace_back(position_of(bend));
    made["bends"] = std::move(bends);
    return made;
  }

  json::object remote_group(pugi::xml_node node, const std::string& path, const std::string& group) {
    auto made = component(node, "REMOTE_PROCESS_GROUP", group, kRemoteGroupMembers);
    const auto ports = [&](const char* list, std::string_view type) {
      made[list] = source_.each(node.child("contents"), list, path_below(path, list), [&](auto inner, auto&) {
        return component(inner, type, text_of(node, "id"), kRemotePortMembers);
      });
    };
    ports("inputPorts", "REMOTE_INPUT_PORT");
    ports("outputPorts", "REMOTE_OUTPUT_PORT");
    return made;
  }

  json::object group(pugi::xml_node node, const std::string& path, const std::string& parent) {
    auto made = component(node, "PROCESS_GROUP", parent, kGroupMembers);
    made["variables"] = entries_of(node.child("variables"));
    if (const auto context = node.child("parameterContext"))
      made["parameterContextName"] = text_of(context.child("component"), "name");
    if (const auto coordinates = node.child("versionControlInformation")) {
      json::object versioned;
      source_.copy(coordinates, kCoordinateMembers, versioned);
      made["versionedFlowCoordinates"] = std::move(versioned);
    }
    contents(node.child("contents"), path, text_of(node, "id"), made);
    return made;
  }

  void contents(pugi::xml_node node, const std::string& path, const std::string& id, json::object& into) {
    const auto list = [&](const char* name, auto&& make) {
      into[name] = source_.each(node, name, path_below(path, name), make);
    };
    const auto port = [&](pugi::xml_node inner, std::string_view type) {
      auto made = component(inner, type, id, kPortMembers);
      made["type"] = type;
      made["scheduledState"] = text_of(inner, "state") == "DISABLED" ? "DISABLED" : "ENABLED";
      return made;
    };
    list("processors", [&](auto inner, auto& at) { return processor(inner, at, id); });
    list("inputPorts", [&](auto inner, auto&) { return port(inner, "INPUT_PORT"); });
    list("outputPorts", [&](auto inner, auto&) { return port(inner, "OUTPUT_PORT"); });
    list("funnels", [&](auto inner, auto&) { return component(inner, "FUNNEL", id, {}); });
    list("labels", [&](auto inner, auto&) {
      auto made = component(inner, "LABEL", id, kLabelMembers);
      made["style"] = entries_of(inner.child("style"));
      return made;
    });
    list("connections", [&](auto inner, auto&) { return connection(inner, id); });
    list("controllerServices", [&](auto inner, auto& at) { return service(inner, at, id); });
    list("remoteProcessGroups", [&](auto inner, auto& at) { return remote_group(inner, at, id); });
    list("processGroups", [&](auto inner, auto& at) { return group(inner, at, id); });
  }

  XmlSource& source_;
};

}  // namespace

json::object convert_template(XmlSource& source) { return TemplateXml(source).convert(); }

}  // namespace flow

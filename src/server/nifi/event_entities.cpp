#include "server/nifi/event_entities.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "server/nifi/body.h"
#include "server/nifi/dates.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

std::int64_t milliseconds(base::Instant at) { return at.ns / 1'000'000; }

json::array attributes_of(const flow::Event& event) {
  json::array list;
  for (const auto& [name, value] : event.after) {
    const auto before = event.before.find(name);
    list.push_back(
        json::object{{"name", name},
                     {"value", value},
                     {"previousValue", before == event.before.end() ? json::value() : json::value(before->second)}});
  }
  for (const auto& [name, value] : event.before)
    if (!event.after.contains(name))
      list.push_back(json::object{{"name", name}, {"value", nullptr}, {"previousValue", value}});
  return list;
}

/// Empty texts are null, as for NiFi.
json::value text_or_null(const std::string& text) { return text.empty() ? json::value() : json::value(text); }

/// Whether it is kept still. Without bytes there is nothing to look at, as for NiFi.
bool has_content(const flow::Flow& flow, const flow::Event& event, flow::ContentSide side) {
  const auto& content = side == flow::ContentSide::Input ? event.input : event.output;
  return content.length > 0 && flow.event_content(event, side).has_value();
}

void add_content(json::object& made, const std::string& side, const flow::EventContent& content, bool available) {
  made[side + "ContentAvailable"] = available;
  if (content.length > 0) {
    made[side + "ContentClaimContainer"] = "default";
    made[side + "ContentClaimSection"] = "0";
    made[side + "ContentClaimIdentifier"] = std::to_string(content.file);
    made[side + "ContentClaimOffset"] = content.offset;
  }
  made[side + "ContentClaimFileSize"] = format_size(content.length);
  made[side + "ContentClaimFileSizeBytes"] = content.length;
}

}  // namespace

EventEntities::EventEntities(const flow::Flow& flow) : flow_(flow) {
  for (const auto& connection : flow.status().connections) connections_.insert(connection.id);
}

json::object EventEntities::event(const flow::Event& event, Detail detail) const {
  json::object made{{"id", std::to_string(event.id)},        {"eventId", event.id},
                    {"eventTime", timestamp_text(event.at)}, {"eventType", flow::name_of(event.type)},
                    {"flowFileUuid", event.flow_file},       {"fileSize", format_size(event.size())},
                    {"fileSizeBytes", event.size()},         {"groupId", event.component.group},
                    {"componentId", event.component.id},     {"componentType", event.component.type},
                    {"componentName", event.component.name}};
  if (detail == Detail::Summary) return made;
  if (event.took) made["eventDuration"] = event.took->count();
  made["lineageDuration"] = milliseconds(event.at) - milliseconds(event.lineage_start);
  made["sourceSystemFlowFileId"] = text_or_null(event.source_id);
  made["alternateIdentifierUri"] = nullptr;
  made["transitUri"] = text_or_null(event.uri);
  made["relationship"] = text_or_null(event.relationship);
  made["details"] = text_or_null(event.details);
  made["parentUuids"] = texts(event.parents);
  made["childUuids"] = texts(event.children);
  made["attributes"] = attributes_of(event);
  made["contentEqual"] = event.input == event.output;
  const bool input_kept = has_content(flow_, event, flow::ContentSide::Input);
  add_content(made, "input", event.input, input_kept);
  add_content(made, "output", event.output, has_content(flow_, event, flow::ContentSide::Output));
  made["sourceConnectionIdentifier"] = text_or_null(event.connection);
  const std::string_view obstacle = event.connection.empty() ? "Its FlowFile came from no connection."
                                    : !connections_.contains(event.connection)
                                        ? "The connection that its FlowFile came from is gone."
                                    : !input_kept && event.input.length > 0 ? "Its content is not kept any more."
                                                                            : "";
  made["replayAvailable"] = obstacle.empty();
  made["replayExplanation"] = obstacle.empty() ? json::value() : json::value(obstacle);
  return made;
}

json::array EventEntities::list(std::span<const flow::Event> events, Detail detail) const {
  json::array list;
  for (const auto& each : events) list.push_back(event(each, detail));
  return list;
}

namespace {

class Graph {
 public:
  explicit Graph(const std::set<std::string>& uuids) : uuids_(uuids) {}

  void add(const flow::Event& event) {
    const Node node{std::to_string(event.id), event.flow_file, event.at};
    nodes_.push_back(json::object{{"id", node.id},
                                  {"flowFileUuid", event.flow_file},
                                  {"type", "EVENT"},
                                  {"eventType", flow::name_of(event.type)},
                                  {"parentUuids", texts(event.parents)},
                                  {"childUuids", texts(event.children)},
                                  {"timestamp", timestamp_text(event.at)},
                                  {"millis", milliseconds(event.at)}});
    if (const auto last = last_.find(event.flow_file); last != last_.end()) {
      const bool spawns = event.type == flow::EventType::Join || event.type == flow::EventType::Clone ||
                          event.type == flow::EventType::Replay;
      link(last->second, node, spawns ? last->second.flow_file : event.flow_file);
    }
    last_[event.flow_file] = node;
    for (const auto& child : event.children)
      if (uuids_.contains(child)) lead_to(node, child);
    for (const auto& parent : event.parents) {
      const auto last = last_.find(parent);
      if (last != last_.end() && last->second.id != node.id) link(last->second, node, parent);
      last_[parent] = node;
    }
    if (event.type == flow::EventType::Create || event.type == flow::EventType::Receive) lead_to(node, event.flow_file);
  }
  json::object take() {
    return {{"nodes", std::move(nodes_)}, {"links", std::move(links_)}, {"errors", json::array()}};
  }

 private:
  struct Node {
    std::string id;
    std::string flow_file;
    base::Instant at;
  };
  void lead_to(const Node& event, const std::string& uuid) {
    if (!files_.insert(uuid).second) return;
    nodes_.push_back(json::object{{"id", uuid},
                                  {"flowFileUuid", uuid},
                                  {"type", "FLOWFILE"},
                                  {"timestamp", timestamp_text(event.at)},
                                  {"millis", milliseconds(event.at)}});
    const Node file{uuid, uuid, event.at};
    link(event, file, uuid);
    last_[uuid] = file;
  }
  void link(const Node& from, const Node& to, const std::string& uuid) {
    links_.push_back(json::object{{"sourceId", from.id},
                                  {"targetId", to.id},
                                  {"flowFileUuid", uuid},
                                  {"timestamp", timestamp_text(to.at)},
                                  {"millis", milliseconds(to.at)}});
  }

  const std::set<std::string>& uuids_;
  std::set<std::string> files_;
  std::map<std::string, Node> last_;  // of each flowfile
  json::array nodes_, links_;
};

}  // namespace

json::object lineage_graph(std::span<const flow::Event> events, const std::set<std::string>& uuids) {
  Graph graph(uuids);
  for (const auto& event : events) graph.add(event);
  return graph.take();
}

}  // namespace server::nifi

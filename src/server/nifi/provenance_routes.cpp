// Provenance: queries, events with their contents, lineage, replay.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "server/nifi/body.h"
#include "server/nifi/canvas.h"
#include "server/nifi/dates.h"
#include "server/nifi/entities.h"
#include "server/nifi/event_entities.h"
#include "server/nifi/event_search.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;
using Detail = EventEntities::Detail;

constexpr std::uint64_t kLatest = 10;
constexpr std::uint64_t kLatestMax = 1000;

/// Clients ask for these again until they are finished; here they are when they are answered.
json::object finished(Context& context, std::string_view path, const std::string& id, const json::object& request,
                      json::object results) {
  const auto now = context.flow.now();
  return {{"id", id},
          {"uri", fmt::format("/nifi-api/{}/{}", path, id)},
          {"submissionTime", timestamp_text(now)},
          {"expiration", timestamp_text(now + std::chrono::minutes{30})},
          {"percentCompleted", 100},
          {"finished", true},
          {"request", request},
          {"results", std::move(results)}};
}

base::Result<Answer> search(Context& context, const Call& call, const Ids&) {
  TRY(const auto body, parse_object(call.body));
  const auto* provenance = object_at(body, "provenance");
  if (provenance == nullptr) return base::fail(base::ErrorKind::InvalidValue, "the request has no 'provenance'");
  const auto* request = object_at(*provenance, "request");
  static const json::object kEverything;
  if (request == nullptr) request = &kEverything;
  TRY(const auto wanted, parse_event_search(*request));
  TRY(const auto page, find_events(context.flow, wanted));
  const auto detail = flag_at(*request, "summarize") ? Detail::Summary : Detail::Full;
  const auto count = page.events.size();
  json::object results{{"provenanceEvents", EventEntities(context.flow).list(page.events, detail)},
                       {"total", format_count(count) + (page.more ? "+" : "")},
                       {"totalCount", count},
                       {"generated", time_of_day(context.flow.now())},
                       {"timeOffset", 0},
                       {"errors", json::array()}};
  const auto id = new_uuid();
  json::object entity{{"provenance", finished(context, "provenance", id, *request, std::move(results))}};
  context.requests.add(id, entity);
  return json_answer(entity, 201);
}

base::Result<Answer> search_options(Context&, const Call&, const Ids&) {
  return json_answer({{"provenanceOptions", json::object{{"searchableFields", searchable_fields()}}}});
}

base::Result<std::uint64_t> number_of(std::string_view text, std::string_view what) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("'{}' is not {}", text, what));
  return number;
}

base::Result<std::uint64_t> event_id(std::string_view text) { return number_of(text, "the id of an event"); }

/// As a number or a text. Nothing: there is none.
base::Result<std::optional<std::uint64_t>> event_id_at(const json::object& body) {
  const auto* id = given(body, "eventId");
  if (id == nullptr) return std::optional<std::uint64_t>();
  TRY(const auto number, event_id(id->is_string() ? text_at(body, "eventId") : json::serialize(*id)));
  return std::optional(number);
}

base::Result<Answer> get_event(Context& context, const Call&, const Ids& ids) {
  TRY(const auto id, event_id(ids[0]));
  TRY(const auto event, context.flow.event(id));
  return json_answer({{"provenanceEvent", EventEntities(context.flow).event(event)}});
}

template <flow::ContentSide side>
base::Result<Answer> get_content(Context& context, const Call&, const Ids& ids) {
  TRY(const auto id, event_id(ids[0]));
  TRY(const auto event, context.flow.event(id));
  if (side == flow::ContentSide::Input && event.connection.empty())
    return base::fail(base::ErrorKind::NotFound, fmt::format("event {} had no content before", id));
  TRY(auto content, context.flow.event_content(event, side));
  const auto& attributes = side == flow::ContentSide::Input ? event.before : event.after;
  const auto value = [&](std::string_view name, std::string fallback) {
    const auto found = attributes.find(name);
    return found == attributes.end() || found->second.empty() ? std::move(fallback) : found->second;
  };
  return Answer{.content_type = value("mime.type", "application/octet-stream"),
                .content = std::move(content),
                .file_name = value("filename", event.flow_file)};
}

base::Result<Answer> latest(Context& context, const Call& call, const Ids& ids) {
  flow::EventQuery query{.component = ids[0], .most = kLatest};
  if (const auto limit = query_value(call, "limit"); !limit.empty()) {
    TRY(const auto most, number_of(limit, "a number of events"));
    query.most = std::clamp<std::uint64_t>(most, 1, kLatestMax);
  }
  TRY(const auto page, context.flow.events(query));
  return json_answer(
      {{"latestProvenanceEvents",
        json::object{{"componentId", ids[0]}, {"provenanceEvents", EventEntities(context.flow).list(page.events)}}}});
}

/// Answers with the event that tells of it.
base::Result<Answer> replay(Context& context, const Call& call, const Ids&) {
  TRY(const auto body, parse_object(call.body));
  TRY(const auto id, event_id_at(body));
  if (!id) return base::fail(base::ErrorKind::InvalidValue, "The id of the event must be specified.");
  TRY(const auto uuid, context.flow.replay(*id));
  TRY(const auto page, context.flow.events({.flow_files = {uuid}, .types = {flow::EventType::Replay}, .most = 1}));
  if (page.events.empty())
    return base::fail(base::ErrorKind::Internal, fmt::format("the replay of event {} left no event", *id));
  return json_answer({{"provenanceEvent", EventEntities(context.flow).event(page.events.front())}}, 201);
}

/// The newest event of a component whose flowfile came from a connection.
base::Result<Answer> replay_latest(Context& context, const Call& call, const Ids& ids) {
  json::object body;
  if (!call.body.empty()) {
    TRY(body, parse_object(call.body));
  }
  const auto component = ids.empty() ? text_at(body, "componentId") : ids[0];
  if (component.empty()) return base::fail(base::ErrorKind::InvalidValue, "The id of the component must be specified.");
  auto nodes = text_at(body, "nodes");
  if (nodes.empty()) nodes = "ALL";
  if (nodes != "ALL" && nodes != "PRIMARY")
    return base::fail(base::ErrorKind::InvalidValue, "The nodes must be either ALL or PRIMARY");
  TRY(const auto page, context.flow.events({.component = component}));
  const auto found =
      std::ranges::find_if(page.events, [](const flow::Event& event) { return !event.connection.empty(); });
  json::object snapshot{{"eventsReplayed", json::array()}, {"eventAvailable", found != page.events.end()}};
  if (found != page.events.end()) {
    const auto replayed = context.flow.replay(found->id);
    if (replayed)
      snapshot["eventsReplayed"] = json::array{found->id};
    else
      snapshot["failureExplanation"] = replayed.error().message;
  }
  return json_answer({{"componentId", component}, {"nodes", nodes}, {"aggregateSnapshot", std::move(snapshot)}});
}

/// Of a flowfile all that it was made of and all that was made of it; of an event that has parents or children, what
/// happened to these.
base::Result<json::object> find_lineage(const flow::Flow& flow, const json::object& request) {
  const auto type = text_at(request, "lineageRequestType");
  TRY(const auto id, event_id_at(request));
  if (type == "PARENTS" || type == "CHILDREN") {
    if (!id)
      return base::fail(base::ErrorKind::InvalidValue,
                        "The event id must be specified when the event type is PARENTS or CHILDREN.");
    TRY(const auto event, flow.event(*id));
    const auto& relatives = type == "PARENTS" ? event.parents : event.children;
    if (relatives.empty())
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("event {} ({}) has no {}", *id, flow::name_of(event.type),
                                    type == "PARENTS" ? "parents" : "children"));
    TRY(auto page, flow.events({.flow_files = relatives}));
    std::ranges::reverse(page.events);
    return lineage_graph(page.events, {relatives.begin(), relatives.end()});
  }
  if (type != "FLOWFILE" && !type.empty())
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("lineageRequestType must be FLOWFILE, PARENTS or CHILDREN, not '{}'", type));
  auto uuid = text_at(request, "uuid");
  if (uuid.empty() && id) {
    TRY(auto event, flow.event(*id));
    uuid = std::move(event.flow_file);
  }
  if (uuid.empty())
    return base::fail(base::ErrorKind::InvalidValue,
                      "The flowfile uuid or event id must be specified when the event type is FLOWFILE.");
  TRY(const auto found, flow.lineage(uuid));
  std::set<std::string> uuids{uuid};
  for (const auto& event : found.events) {
    uuids.insert(event.flow_file);
    uuids.insert(event.parents.begin(), event.parents.end());
    uuids.insert(event.children.begin(), event.children.end());
  }
  auto graph = lineage_graph(found.events, uuids);
  if (found.cut) graph["errors"] = json::array{"the lineage is too large: a part of it is shown"};
  return graph;
}

base::Result<Answer> ask_lineage(Context& context, const Call& call, const Ids&) {
  TRY(const auto body, parse_object(call.body));
  const auto* lineage = object_at(body, "lineage");
  const auto* request = lineage == nullptr ? nullptr : object_at(*lineage, "request");
  if (request == nullptr) return base::fail(base::ErrorKind::InvalidValue, "Lineage request must be specified.");
  TRY(auto graph, find_lineage(context.flow, *request));
  const auto id = new_uuid();
  json::object entity{{"lineage", finished(context, "provenance/lineage", id, *request, std::move(graph))}};
  context.requests.add(id, entity);
  return json_answer(entity, 201);
}

base::Result<Answer> get_request(Context& context, const Call&, const Ids& ids) {
  return context.requests.find(ids[0]);
}
base::Result<Answer> remove_request(Context& context, const Call&, const Ids& ids) {
  TRY_VOID(context.requests.remove(ids[0]));
  return json_answer({});
}

constexpr Route kRoutes[] = {
    {"POST", "provenance", &search},
    {"GET", "provenance/search-options", &search_options},
    {"POST", "provenance/lineage", &ask_lineage},
    {"POST", "provenance/replays", &replay},
    {"GET", "provenance/lineage/*", &get_request},
    {"DELETE", "provenance/lineage/*", &remove_request},
    {"GET", "provenance/*", &get_request},
    {"DELETE", "provenance/*", &remove_request},
    {"POST", "provenance-events/replays", &replay},
    {"POST", "provenance-events/latest/replays", &replay_latest},
    {"POST", "provenance-events/latest/*/replays", &replay_latest},
    {"GET", "provenance-events/latest/*", &latest},
    {"GET", "provenance-events/*", &get_event},
    {"GET", "provenance-events/*/content/input", &get_content<flow::ContentSide::Input>},
    {"GET", "provenance-events/*/content/output", &get_content<flow::ContentSide::Output>},
};

}  // namespace

std::span<const Route> provenance_routes() { return kRoutes; }

}  // namespace server::nifi

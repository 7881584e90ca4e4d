// Provenance: queries, events with their contents, lineage, replay.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <map>
#include <set>

#include "server/nifi/body.h"
#include "server/nifi/canvas.h"
#include "server/nifi/entities.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

constexpr std::size_t kResultsMax = 1000;

std::int64_t milliseconds(base::Instant at) { return at.ns / 1'000'000; }

/// "11/30/2026 02:15:07.250 UTC"
std::string date_text(base::Instant at) {
  const std::time_t seconds = at.ns / 1'000'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:02}/{:02}/{:04} {:02}:{:02}:{:02}.{:03} UTC", parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec, milliseconds(at) % 1000);
}

/// "11/30/2026 02:15:07 UTC", which is how clients send it; other zones are not known here.
base::Result<std::optional<base::Instant>> parse_date(const json::object& request, std::string_view name) {
  const auto text = text_at(request, name);
  if (text.empty()) return std::optional<base::Instant>();
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%m/%d/%Y %H:%M:%S", &parts);
  const std::string_view zone = end == nullptr ? std::string_view{} : end;
  if (end == nullptr || (zone != " UTC" && zone != " GMT" && zone != " Z" && !zone.empty()))
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("{} must be MM/dd/yyyy HH:mm:ss UTC: {}", name, text));
  return std::optional(base::Instant{static_cast<std::int64_t>(timegm(&parts)) * 1'000'000'000});
}

json::array attributes_of(const flow::Event& event) {
  json::array list;
  for (const auto& [name, value] : event.after) {
    const auto before = event.before.find(name);
    json::object made{{"name", name}, {"value", value}};
    made["previousValue"] = before == event.before.end() ? json::value() : json::value(before->second);
    list.push_back(std::move(made));
  }
  for (const auto& [name, value] : event.before)
    if (!event.after.contains(name))
      list.push_back(json::object{{"name", name}, {"value", nullptr}, {"previousValue", value}});
  return list;
}

enum class Detail { Summary, Full };

json::object event_entity(const flow::Event& event, Detail detail) {
  json::object made{{"id", std::to_string(event.id)},         {"eventId", event.id},
                    {"eventTime", date_text(event.at)},       {"eventTimestamp", date_text(event.at)},
                    {"eventType", flow::name_of(event.type)}, {"flowFileUuid", event.flow_file},
                    {"fileSize", format_size(event.size())},  {"fileSizeBytes", event.size()},
                    {"groupId", event.component.group},       {"componentId", event.component.id},
                    {"componentType", event.component.type},  {"componentName", event.component.name}};
  if (detail == Detail::Summary) return made;
  if (event.took) made["eventDuration"] = event.took->count();
  made["lineageDuration"] = milliseconds(event.at) - milliseconds(event.lineage_start);
  made["sourceSystemFlowFileId"] = event.source_id;
  made["transitUri"] = event.uri;
  made["relationship"] = event.relationship;
  made["details"] = event.details;
  made["parentUuids"] = texts(event.parents);
  made["childUuids"] = texts(event.children);
  made["attributes"] = attributes_of(event);
  made["contentEqual"] = event.input == event.output;
  made["inputContentAvailable"] = event.input.length > 0;
  made["outputContentAvailable"] = event.output.length > 0;
  made["inputContentClaimFileSizeBytes"] = event.input.length;
  made["inputContentClaimFileSize"] = format_size(event.input.length);
  made["outputContentClaimFileSizeBytes"] = event.output.length;
  made["outputContentClaimFileSize"] = format_size(event.output.length);
  made["sourceConnectionIdentifier"] = event.connection;
  made["replayAvailable"] = !event.connection.empty();
  return made;
}

/// The value of a search term: {"value": ..} as NiFi has it since 1.13, or a text as before.
std::string term(const json::object& terms, std::string_view name) {
  if (const auto* object = object_at(terms, name)) return text_at(*object, "value");
  return text_at(terms, name);
}

base::Result<flow::EventQuery> query_of(const json::object& request) {
  flow::EventQuery query;
  if (const auto* terms = object_at(request, "searchTerms")) {
    for (const auto& [name, value] : *terms) {
      const auto text = term(*terms, name);
      const std::string_view key = name;
      if (text.empty()) continue;
      if (key == "ProcessorID" || key == "ComponentID") {
        query.component = text;
      } else if (key == "FlowFileUUID") {
        query.flow_files = {text};
      } else if (key == "Filename") {
        query.filename = text;
      } else if (key == "TransitURI") {
        query.uri = text;
      } else if (key == "EventType") {
        const auto type = flow::event_type_of(text);
        if (!type) return base::fail(base::ErrorKind::InvalidValue, fmt::format("no event has the type '{}'", text));
        query.types = {*type};
      } else {
        return base::fail(base::ErrorKind::Unsupported, fmt::format("events cannot be searched by '{}' here", key));
      }
    }
  }
  TRY(query.from, parse_date(request, "startDate"));
  TRY(query.to, parse_date(request, "endDate"));
  if (const auto* most = given(request, "maxResults"); most != nullptr && most->is_int64())
    query.most = static_cast<std::size_t>(std::clamp<std::int64_t>(most->get_int64(), 1, kResultsMax));
  return query;
}

base::Result<Answer> search(Context& context, const Call& call, const Ids&) {
  TRY(const auto body, parse_object(call.body));
  const auto* provenance = object_at(body, "provenance");
  const auto* request = provenance == nullptr ? nullptr : object_at(*provenance, "request");
  static const json::object kEverything;
  if (request == nullptr) request = &kEverything;
  TRY(const auto query, query_of(*request));
  TRY(const auto page, context.flow.events(query));
  const auto detail = flag_at(*request, "summarize") ? Detail::Summary : Detail::Full;
  json::array events;
  for (const auto& event : page.events) events.push_back(event_entity(event, detail));
  const auto id = new_uuid();
  const auto at = date_text(context.flow.now());
  const auto count = events.size();
  json::object made{{"id", id},
                    {"uri", "/nifi-api/provenance/" + id},
                    {"submissionTime", at},
                    {"expiration", at},
                    {"percentCompleted", 100},
                    {"finished", true},
                    {"request", *request},
                    {"results", json::object{{"provenanceEvents", std::move(events)},
                                             {"total", format_count(count) + (page.more ? "+" : "")},
                                             {"totalCount", count},
                                             {"generated", time_of_day(context.flow.now())},
                                             {"timeOffset", 0},
                                             {"errors", json::array()}}}};
  json::object entity{{"provenance", std::move(made)}};
  context.requests.add(id, entity);
  return json_answer(entity, 201);
}

base::Result<Answer> search_options(Context&, const Call&, const Ids&) {
  json::array fields;
  for (const auto& [id, label] : {std::pair{"EventType", "Event Type"}, std::pair{"FlowFileUUID", "FlowFile UUID"},
                                  std::pair{"Filename", "Filename"}, std::pair{"ProcessorID", "Component ID"},
                                  std::pair{"TransitURI", "Transit URI"}})
    fields.push_back(json::object{{"id", id}, {"field", id}, {"label", label}, {"type", "STRING"}});
  return json_answer({{"provenanceOptions", json::object{{"searchableFields", std::move(fields)}}}});
}

base::Result<std::uint64_t> event_id(const std::string& text) {
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size())
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("'{}' is not the id of an event", text));
  return id;
}

base::Result<Answer> get_event(Context& context, const Call&, const Ids& ids) {
  TRY(const auto id, event_id(ids[0]));
  TRY(const auto event, context.flow.event(id));
  return json_answer({{"provenanceEvent", event_entity(event, Detail::Full)}});
}

template <flow::ContentSide side>
base::Result<Answer> get_content(Context& context, const Call&, const Ids& ids) {
  TRY(const auto id, event_id(ids[0]));
  TRY(const auto event, context.flow.event(id));
  TRY(auto content, context.flow.event_content(id, side));
  const auto& attributes = side == flow::ContentSide::Input ? event.before : event.after;
  const auto type = attributes.find("mime.type");
  return Answer{.content_type = type == attributes.end() ? "application/octet-stream" : type->second,
                .content = std::move(content),
                .file_name = event.filename()};
}

base::Result<Answer> latest(Context& context, const Call& call, const Ids& ids) {
  flow::EventQuery query;
  query.component = ids[0];
  query.most = 1;
  if (const auto limit = query_value(call, "limit"); !limit.empty()) {
    TRY(const auto most, event_id(std::string(limit)));
    query.most = static_cast<std::size_t>(std::clamp<std::uint64_t>(most, 1, kResultsMax));
  }
  TRY(const auto page, context.flow.events(query));
  json::array events;
  for (const auto& event : page.events) events.push_back(event_entity(event, Detail::Full));
  return json_answer(
      {{"latestProvenanceEvents", json::object{{"componentId", ids[0]}, {"provenanceEvents", std::move(events)}}}});
}

base::Result<Answer> replay(Context& context, const Call& call, const Ids&) {
  TRY(const auto body, parse_object(call.body));
  const auto* id = given(body, "eventId");
  if (id == nullptr || !(id->is_int64() || id->is_uint64()))
    return base::fail(base::ErrorKind::InvalidValue, "the request has no eventId");
  const auto number = id->to_number<std::uint64_t>();
  TRY_VOID(context.flow.replay(number));
  TRY(const auto event, context.flow.event(number));
  return json_answer({{"provenanceEvent", event_entity(event, Detail::Full)}}, 201);
}

/// The newest event of a component whose flowfile can come once more.
base::Result<Answer> replay_latest(Context& context, const Call& call, const Ids& ids) {
  auto component = ids.empty() ? std::string{} : ids[0];
  if (component.empty()) {
    TRY(const auto body, parse_object(call.body));
    component = text_at(body, "componentId");
  }
  flow::EventQuery query;
  query.component = component;
  TRY(const auto page, context.flow.events(query));
  std::optional<base::Error> failure;
  for (const auto& event : page.events) {
    if (event.connection.empty()) continue;
    const auto replayed = context.flow.replay(event.id);
    if (replayed)
      return json_answer({{"componentId", component},
                          {"nodes", "ALL"},
                          {"aggregateSnapshot", json::object{{"eventsReplayed", json::array{event.id}},
                                                             {"failureExplanation", nullptr},
                                                             {"eventAvailable", true}}}});
    failure = replayed.error();
    break;
  }
  return json_answer(
      {{"componentId", component},
       {"nodes", "ALL"},
       {"aggregateSnapshot", json::object{{"eventsReplayed", json::array()},
                                          {"failureExplanation", failure ? failure->message : "there is no such event"},
                                          {"eventAvailable", failure.has_value()}}}});
}

/// Events and flowfiles as the nodes of a graph: each flowfile leads to its first event, each event to the next of the
/// same flowfile, and a fork, join, clone or replay to the flowfiles that it made.
json::object graph_of(const flow::Lineage& lineage) {
  json::array nodes, links;
  std::set<std::string> files;
  std::map<std::string, std::string> last;  // node of each flowfile
  const auto add_file = [&](const std::string& uuid, base::Instant at) {
    if (!files.insert(uuid).second) return;
    last[uuid] = uuid;
    nodes.push_back(json::object{{"id", uuid},
                                 {"flowFileUuid", uuid},
                                 {"type", "FLOWFILE"},
                                 {"timestamp", date_text(at)},
                                 {"millis", milliseconds(at)}});
  };
  const auto link = [&](const std::string& from, const std::string& to, const std::string& uuid, base::Instant at) {
    links.push_back(json::object{{"sourceId", from},
                                 {"targetId", to},
                                 {"flowFileUuid", uuid},
                                 {"timestamp", date_text(at)},
                                 {"millis", milliseconds(at)}});
  };
  for (const auto& event : lineage.events) {
    const auto id = std::to_string(event.id);
    nodes.push_back(json::object{{"id", id},
                                 {"flowFileUuid", event.flow_file},
                                 {"type", "EVENT"},
                                 {"eventType", flow::name_of(event.type)},
                                 {"parentUuids", texts(event.parents)},
                                 {"childUuids", texts(event.children)},
                                 {"timestamp", date_text(event.at)},
                                 {"millis", milliseconds(event.at)}});
    auto from = event.parents;
    if (from.empty()) from.push_back(event.flow_file);
    for (const auto& uuid : from) {
      add_file(uuid, event.at);
      link(last[uuid], id, uuid, event.at);
      last[uuid] = id;
    }
    for (const auto& uuid : event.children) {
      add_file(uuid, event.at);
      link(id, uuid, uuid, event.at);
    }
  }
  return {{"nodes", std::move(nodes)},
          {"links", std::move(links)},
          {"errors", lineage.cut ? json::array{"the lineage is too large: a part of it is shown"} : json::array()}};
}

base::Result<Answer> find_lineage(Context& context, const Call& call, const Ids&) {
  TRY(const auto body, parse_object(call.body));
  const auto* lineage = object_at(body, "lineage");
  const auto* request = lineage == nullptr ? nullptr : object_at(*lineage, "request");
  if (request == nullptr) return base::fail(base::ErrorKind::InvalidValue, "the request has no lineage.request");
  auto uuid = text_at(*request, "uuid");
  if (const auto* event = given(*request, "eventId"); uuid.empty() && event != nullptr && event->is_number()) {
    TRY(const auto found, context.flow.event(event->to_number<std::uint64_t>()));
    uuid = found.flow_file;
  }
  if (uuid.empty()) return base::fail(base::ErrorKind::InvalidValue, "the request names neither a uuid nor an eventId");
  TRY(const auto found, context.flow.lineage(uuid));
  const auto id = new_uuid();
  const auto at = date_text(context.flow.now());
  json::object entity{{"lineage", json::object{{"id", id},
                                               {"uri", "/nifi-api/provenance/lineage/" + id},
                                               {"submissionTime", at},
                                               {"expiration", at},
                                               {"percentCompleted", 100},
                                               {"finished", true},
                                               {"request", *request},
                                               {"results", graph_of(found)}}}};
  context.requests.add(id, entity);
  return json_answer(entity, 201);
}

base::Result<Answer> get_request(Context& context, const Call&, const Ids& ids) {
  TRY(const auto entity, context.requests.find(ids[0]));
  return json_answer(entity);
}
base::Result<Answer> remove_request(Context& context, const Call&, const Ids& ids) {
  TRY_VOID(context.requests.remove(ids[0]));
  return json_answer({});
}

constexpr Route kRoutes[] = {
    {"POST", "provenance", &search},
    {"GET", "provenance/search-options", &search_options},
    {"POST", "provenance/lineage", &find_lineage},
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

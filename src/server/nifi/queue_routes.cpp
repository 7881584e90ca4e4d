#include <fmt/format.h>

#include <algorithm>

#include "server/nifi/body.h"
#include "server/nifi/canvas.h"
#include "server/nifi/dates.h"
#include "server/nifi/entities.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

constexpr std::size_t kListedMax = 100;

std::int64_t milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

std::string uri_of(const std::string& connection, const flow::FlowFile& file) {
  return fmt::format("/nifi-api/flowfile-queues/{}/flowfiles/{}", connection, file.attribute("uuid"));
}

json::object summary(const std::string& connection, const flow::FlowFile& file, base::Instant now) {
  const bool penalised = file.penalty_ends > now;
  return {{"uri", uri_of(connection, file)},
          {"uuid", file.attribute("uuid")},
          {"filename", file.attribute("filename")},
          {"mimeType", file.attribute("mime.type")},
          {"size", file.size()},
          {"queuedDuration", milliseconds(now - file.queued)},
          {"lineageDuration", milliseconds(now - file.lineage_start)},
          {"penaltyExpiresIn", penalised ? milliseconds(file.penalty_ends - now) : 0},
          {"penalized", penalised}};
}

base::Result<Answer> list(Context& context, const Call&, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto found, canvas.connection(ids[0]));
  TRY(const auto files, context.flow.list_queue(ids[0], kListedMax));
  const auto* status = canvas.connection_status(ids[0]);
  const auto runs = [&](const std::string& id) {
    const auto* component = canvas.component(id);
    return component != nullptr && component->state == flow::RunState::Running;
  };
  json::array summaries;
  for (const auto& file : files) {
    summaries.push_back(summary(ids[0], *file, canvas.now));
    summaries.back().get_object()["position"] = summaries.size();
  }
  const auto id = new_uuid();
  json::object request{{"id", id},
                       {"uri", fmt::format("/nifi-api/flowfile-queues/{}/listing-requests/{}", ids[0], id)},
                       {"submissionTime", timestamp_text(canvas.now)},
                       {"lastUpdated", time_of_day(canvas.now)},
                       {"percentCompleted", 100},
                       {"finished", true},
                       {"maxResults", kListedMax},
                       {"sourceRunning", runs(found.definition->source)},
                       {"destinationRunning", runs(found.definition->destination)},
                       {"state", "Completed successfully"},
                       {"queueSize", json::object{{"objectCount", status == nullptr ? 0 : status->files},
                                                  {"byteCount", status == nullptr ? 0 : status->bytes}}},
                       {"flowFileSummaries", std::move(summaries)}};
  json::object entity{{"listingRequest", std::move(request)}};
  context.requests.add(id, entity);
  return json_answer(entity, 202);
}

base::Result<Answer> get_file(Context& context, const Call&, const Ids& ids) {
  TRY(const auto file, context.flow.find_in_queue(ids[0], ids[1]));
  auto made = summary(ids[0], *file, context.flow.now());
  json::object attributes;
  for (const auto& [name, value] : file->attributes) attributes[name] = value;
  made["attributes"] = std::move(attributes);
  made["contentClaimOffset"] = file->content.offset;
  made["contentClaimFileSize"] = format_size(file->size());
  made["contentClaimFileSizeBytes"] = file->size();
  return json_answer({{"flowFile", std::move(made)}});
}

base::Result<Answer> get_content(Context& context, const Call&, const Ids& ids) {
  TRY(const auto file, context.flow.find_in_queue(ids[0], ids[1]));
  auto type = file->attribute("mime.type");
  return Answer{.content_type = type.empty() ? "application/octet-stream" : std::move(type),
                .content = file->content,
                .file_name = file->attribute("filename")};
}

/// NiFi clients ask for these again until they are finished; here the queue is empty when the request is answered.
json::object drop_entity(Context& context, const std::string& path, const flow::Amount& removed,
                         std::optional<std::string> failure = {}) {
  const auto id = new_uuid();
  const auto at = timestamp_text(context.flow.now());
  json::object request{{"id", id},
                       {"uri", fmt::format("/nifi-api/{}/{}", path, id)},
                       {"submissionTime", at},
                       {"lastUpdated", at},
                       {"finished", true},
                       {"percentCompleted", 100},
                       {"state", failure ? "Failed" : "Completed successfully"},
                       {"original", format_amount(removed.files, removed.bytes)},
                       {"originalCount", removed.files},
                       {"originalSize", removed.bytes},
                       {"current", format_amount(0, 0)},
                       {"currentCount", 0},
                       {"currentSize", 0},
                       {"droppedCount", removed.files},
                       {"droppedSize", removed.bytes},
                       {"dropped", format_amount(removed.files, removed.bytes)}};
  if (failure) request["failureReason"] = *failure;
  json::object entity{{"dropRequest", std::move(request)}};
  context.requests.add(id, entity);
  return entity;
}

base::Result<Answer> empty(Context& context, const Call&, const Ids& ids) {
  TRY(const auto removed, context.flow.empty_queue(ids[0]));
  return json_answer(drop_entity(context, fmt::format("flowfile-queues/{}/drop-requests", ids[0]), removed), 202);
}

base::Result<Answer> empty_all(Context& context, const Call&, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  flow::Amount removed;
  for (const auto& connection : canvas.status.connections) {
    if (!scope.groups.contains(connection.group)) continue;
    TRY(const auto more, context.flow.empty_queue(connection.id));
    removed += more;
  }
  return json_answer(
      drop_entity(context, fmt::format("process-groups/{}/empty-all-connections-requests", scope.id), removed), 202);
}

base::Result<Answer> get_request(Context& context, const Call&, const Ids& ids) {
  return context.requests.find(ids.back());
}
base::Result<Answer> remove_request(Context& context, const Call&, const Ids& ids) {
  return context.requests.remove(ids.back());
}

constexpr Route kRoutes[] = {
    {"POST", "flowfile-queues/*/listing-requests", &list},
    {"GET", "flowfile-queues/*/listing-requests/*", &get_request},
    {"DELETE", "flowfile-queues/*/listing-requests/*", &remove_request},
    {"GET", "flowfile-queues/*/flowfiles/*", &get_file},
    {"GET", "flowfile-queues/*/flowfiles/*/content", &get_content},
    {"POST", "flowfile-queues/*/drop-requests", &empty},
    {"GET", "flowfile-queues/*/drop-requests/*", &get_request},
    {"DELETE", "flowfile-queues/*/drop-requests/*", &remove_request},
    {"POST", "process-groups/*/empty-all-connections-requests", &empty_all},
    {"GET", "process-groups/*/empty-all-connections-requests/*", &get_request},
    {"DELETE", "process-groups/*/empty-all-connections-requests/*", &remove_request},
    {"GET", "parameter-contexts/*/update-requests/*", &get_request},
    {"DELETE", "parameter-contexts/*/update-requests/*", &remove_request},
    {"GET", "process-groups/*/variable-registry/update-requests/*", &get_request},
    {"DELETE", "process-groups/*/variable-registry/update-requests/*", &remove_request},
    {"GET", "process-groups/replace-requests/*", &get_request},
    {"DELETE", "process-groups/replace-requests/*", &remove_request},
};

}  // namespace

std::span<const Route> queue_routes() { return kRoutes; }

}  // namespace server::nifi

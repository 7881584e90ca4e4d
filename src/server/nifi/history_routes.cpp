// What components did in the last day, minute by minute.
#include "server/nifi/body.h"
#include "server/nifi/canvas.h"
#include "server/nifi/entities.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

/// A count under NiFi's name, of the five minutes before each point, or what is queued then.
struct Metric {
  std::string_view name, label, formatter;
  Field field;
  Field also;  // added to it; the same: nothing is
  constexpr Metric(std::string_view its_name, std::string_view its_label, std::string_view its_formatter,
                   Field its_field)
      : Metric(its_name, its_label, its_formatter, its_field, its_field) {}
  constexpr Metric(std::string_view its_name, std::string_view its_label, std::string_view its_formatter,
                   Field its_field, Field its_also)
      : name(its_name), label(its_label), formatter(its_formatter), field(its_field), also(its_also) {}
  std::uint64_t of(const Counts& counts) const { return at(counts, field) + (also == field ? 0 : at(counts, also)); }
};

constexpr std::string_view kCount = "COUNT", kSize = "DATA_SIZE";
constexpr Metric kRead{"bytesRead", "Bytes Read (5 mins)", kSize, Field::BytesRead};
constexpr Metric kWritten{"bytesWritten", "Bytes Written (5 mins)", kSize, Field::BytesWritten};
constexpr Metric kTransferred{"bytesTransferred", "Bytes Transferred (5 mins)", kSize, Field::BytesRead,
                              Field::BytesWritten};
constexpr Metric kBytesIn{"inputBytes", "Bytes In (5 mins)", kSize, Field::BytesIn};
constexpr Metric kFilesIn{"inputCount", "FlowFiles In (5 mins)", kCount, Field::FilesIn};
constexpr Metric kBytesOut{"outputBytes", "Bytes Out (5 mins)", kSize, Field::BytesOut};
constexpr Metric kFilesOut{"outputCount", "FlowFiles Out (5 mins)", kCount, Field::FilesOut};
constexpr Metric kTasks{"taskCount", "Tasks (5 mins)", kCount, Field::Tasks};
constexpr Metric kBytesQueued{"queuedBytes", "Queued Bytes", kSize, Field::BytesQueued};
constexpr Metric kFilesQueued{"queuedCount", "Queued Count", kCount, Field::FilesQueued};

constexpr Metric kOfProcessors[] = {kRead, kWritten, kTransferred, kBytesIn, kFilesIn, kBytesOut, kFilesOut, kTasks};
constexpr Metric kOfConnections[] = {kBytesQueued, kFilesQueued};
constexpr Metric kOfGroups[] = {kRead,     kWritten,  kTransferred, kBytesIn,    kFilesIn,
                                kBytesOut, kFilesOut, kBytesQueued, kFilesQueued};

Answer history(const Context& context, const Canvas& canvas, std::span<const std::string> ids, json::object details,
               std::span<const Metric> metrics) {
  json::array fields, snapshots;
  for (const auto& metric : metrics)
    fields.push_back(json::object{{"field", metric.name},
                                  {"label", metric.label},
                                  {"description", metric.label},
                                  {"formatter", metric.formatter}});
  for (const auto& point : context.history.points(ids)) {
    json::object values;
    for (const auto& metric : metrics) values[metric.name] = metric.of(point.counts);
    snapshots.push_back(json::object{{"timestamp", point.at.ns / 1'000'000}, {"statusMetrics", std::move(values)}});
  }
  return json_answer({{"canRead", true},
                      {"statusHistory", json::object{{"generated", time_of_day(canvas.now)},
                                                     {"componentDetails", std::move(details)},
                                                     {"fieldDescriptors", std::move(fields)},
                                                     {"aggregateSnapshots", std::move(snapshots)},
                                                     {"nodeSnapshots", json::array{}}}}});
}

base::Result<Answer> of_processor(Context& context, const Call&, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto found, canvas.processor(ids[0]));
  const auto& processor = *found.definition;
  const auto* status = canvas.component(processor.id);
  return history(context, canvas, ids,
                 {{"Id", processor.id},
                  {"Group Id", processor.group},
                  {"Name", processor.name},
                  {"Type", status == nullptr ? processor.type : status->type}},
                 kOfProcessors);
}

base::Result<Answer> of_connection(Context& context, const Call&, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto found, canvas.connection(ids[0]));
  const auto& connection = *found.definition;
  json::object details{{"Id", connection.id}, {"Group Id", connection.group}, {"Name", connection.name}};
  if (const auto* status = canvas.connection_status(connection.id); status != nullptr) {
    details["Name"] = status->name;
    details["Source Name"] = status->source_name;
    details["Destination Name"] = status->destination_name;
  }
  return history(context, canvas, ids, std::move(details), kOfConnections);
}

/// Of what lies in it now, ports apart: they would count flowfiles twice.
base::Result<Answer> of_group(Context& context, const Call&, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  const auto status = within(canvas.status, scope);
  Ids members;
  for (const auto& component : status.components)
    if (canvas.processor(component.id)) members.push_back(component.id);
  for (const auto& connection : status.connections) members.push_back(connection.id);
  return history(context, canvas, members, {{"Id", scope.id}, {"Name", scope.name}}, kOfGroups);
}

constexpr Route kRoutes[] = {
    {"GET", "flow/processors/*/status/history", &of_processor},
    {"GET", "flow/connections/*/status/history", &of_connection},
    {"GET", "flow/process-groups/*/status/history", &of_group},
};

}  // namespace

std::span<const Route> history_routes() { return kRoutes; }

}  // namespace server::nifi

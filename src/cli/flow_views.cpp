#include "cli/flow_views.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json.hpp>

#include "exec/function_arguments.h"
#include "exec/rows.h"
#include "exec/table_functions.h"
#include "flow/flow.h"

namespace cli {
namespace {

using engine::Value;
using Result = base::Result<std::shared_ptr<const engine::ResultSet>>;
using Find = std::function<const flow::Flow*()>;

constexpr std::size_t kEventsMax = 10'000;  // unless a limit is given

Value text(std::string_view value) { return value.empty() ? Value() : Value(std::string(value)); }
Value count(std::uint64_t value) { return exec::number(static_cast<std::int64_t>(value)); }

std::string json_of(const flow::Attributes& attributes) {
  boost::json::object object;
  for (const auto& [name, value] : attributes) object[name] = value;
  return boost::json::serialize(object);
}

std::string json_of(const std::vector<std::string>& texts) {
  return boost::json::serialize(boost::json::array(texts.begin(), texts.end()));
}

exec::Rows event_rows(const std::vector<flow::Event>& events) {
  exec::Rows rows(
      "EVENT_ID:number EVENT_TIME:ltz EVENT_TYPE FLOW_FILE FILENAME FILE_SIZE:number COMPONENT_ID COMPONENT_NAME "
      "COMPONENT_TYPE GROUP_ID FLOW_ID CONNECTION_ID TRANSIT_URI RELATIONSHIP DETAILS PARENTS CHILDREN ATTRIBUTES "
      "PREVIOUS_ATTRIBUTES");
  for (const auto& event : events)
    rows.add({{"EVENT_ID", count(event.id)},
              {"EVENT_TIME", exec::ltz(event.at)},
              {"EVENT_TYPE", text(flow::name_of(event.type))},
              {"FLOW_FILE", text(event.flow_file)},
              {"FILENAME", text(event.filename())},
              {"FILE_SIZE", count(event.size())},
              {"COMPONENT_ID", text(event.component.id)},
              {"COMPONENT_NAME", text(event.component.name)},
              {"COMPONENT_TYPE", text(event.component.type)},
              {"GROUP_ID", text(event.component.group)},
              {"FLOW_ID", text(event.component.flow)},
              {"CONNECTION_ID", text(event.connection)},
              {"TRANSIT_URI", text(event.uri)},
              {"RELATIONSHIP", text(event.relationship)},
              {"DETAILS", text(event.details)},
              {"PARENTS", text(json_of(event.parents))},
              {"CHILDREN", text(json_of(event.children))},
              {"ATTRIBUTES", text(json_of(event.after))},
              {"PREVIOUS_ATTRIBUTES", text(json_of(event.before))}});
  return rows;
}

Result provenance(const flow::Flow& flow) {
  TRY(const auto page, flow.events({.most = kEventsMax}));
  return event_rows(page.events).finish();
}

exec::Rows queues(const flow::FlowStatus& status) {
  exec::Rows rows(
      "CONNECTION_ID CONNECTION_NAME GROUP_ID FLOW_ID SOURCE_ID SOURCE_NAME DESTINATION_ID DESTINATION_NAME "
      "FLOW_FILES:number BYTES:number PENALISED:number FLOW_FILES_MAX:number BYTES_MAX:number BACK_PRESSURE");
  for (const auto& row : status.connections)
    rows.add({{"CONNECTION_ID", text(row.id)},
              {"CONNECTION_NAME", text(row.name)},
              {"GROUP_ID", text(row.group)},
              {"FLOW_ID", text(row.flow)},
              {"SOURCE_ID", text(row.source)},
              {"SOURCE_NAME", text(row.source_name)},
              {"DESTINATION_ID", text(row.destination)},
              {"DESTINATION_NAME", text(row.destination_name)},
              {"FLOW_FILES", count(row.files)},
              {"BYTES", count(row.bytes)},
              {"PENALISED", count(row.penalised)},
              {"FLOW_FILES_MAX", count(row.objects_max)},
              {"BYTES_MAX", count(row.bytes_max)},
              {"BACK_PRESSURE", text(row.back_pressure ? "YES" : "NO")}});
  return rows;
}

exec::Rows components(const flow::FlowStatus& status) {
  exec::Rows rows(
      "COMPONENT_ID COMPONENT_NAME COMPONENT_TYPE GROUP_ID FLOW_ID STATE FILES_IN:number BYTES_IN:number "
      "FILES_OUT:number BYTES_OUT:number BYTES_READ:number BYTES_WRITTEN:number TASKS:number ACTIVE:number "
      "FILES_DROPPED:number PROBLEMS");
  for (const auto& row : status.components) {
    std::uint64_t dropped = 0;
    for (const auto& [relationship, amount] : row.dropped) dropped += amount.files;
    rows.add({{"COMPONENT_ID", text(row.id)},
              {"COMPONENT_NAME", text(row.name)},
              {"COMPONENT_TYPE", text(row.type)},
              {"GROUP_ID", text(row.group)},
              {"FLOW_ID", text(row.flow)},
              {"STATE", text(flow::name_of(row.state))},
              {"FILES_IN", count(row.in.files)},
              {"BYTES_IN", count(row.in.bytes)},
              {"FILES_OUT", count(row.out.files)},
              {"BYTES_OUT", count(row.out.bytes)},
              {"BYTES_READ", count(row.bytes_read)},
              {"BYTES_WRITTEN", count(row.bytes_written)},
              {"TASKS", count(row.tasks)},
              {"ACTIVE", exec::number(row.active)},
              {"FILES_DROPPED", count(dropped)},
              {"PROBLEMS", text(fmt::format("{}", fmt::join(row.problems, "\n")))}});
  }
  return rows;
}

exec::Rows bulletins(const flow::FlowStatus& status) {
  exec::Rows rows("BULLETIN_ID:number BULLETIN_TIME:ltz LEVEL COMPONENT_ID COMPONENT_NAME GROUP_ID MESSAGE");
  const auto add = [&](const flow::Bulletin& bulletin, const flow::ComponentStatus& component) {
    rows.add({{"BULLETIN_ID", count(bulletin.id)},
              {"BULLETIN_TIME", exec::ltz(bulletin.at)},
              {"LEVEL", text(flow::name_of(bulletin.level))},
              {"COMPONENT_ID", text(component.id)},
              {"COMPONENT_NAME", text(component.name)},
              {"GROUP_ID", text(component.group)},
              {"MESSAGE", text(bulletin.message)}});
  };
  for (const auto& bulletin : status.bulletins) add(bulletin, {});
  for (const auto& component : status.components)
    for (const auto& bulletin : component.bulletins) add(bulletin, component);
  return rows;
}

exec::Rows counters(const flow::FlowStatus& status) {
  exec::Rows rows("COMPONENT_ID COMPONENT_NAME COMPONENT_TYPE GROUP_ID COUNTER VALUE:number");
  for (const auto& component : status.components)
    for (const auto& [name, value] : component.counters)
      rows.add({{"COMPONENT_ID", text(component.id)},
                {"COMPONENT_NAME", text(component.name)},
                {"COMPONENT_TYPE", text(component.type)},
                {"GROUP_ID", text(component.group)},
                {"COUNTER", text(name)},
                {"VALUE", exec::number(value)}});
  return rows;
}

/// TABLE(FRESHET.FLOW.PROVENANCE(EVENT_TYPE => 'SEND', ..)).
Result find_events(const flow::Flow& flow, exec::Running& running, const exec::FunctionArguments& arguments) {
  const exec::ArgumentReader reader("PROVENANCE", running, arguments);
  TRY_VOID(reader.only({"EVENT_ID", "EVENT_TYPE", "FLOW_FILE", "COMPONENT_ID", "FILENAME", "TRANSIT_URI",
                        "EVENT_TIME_RANGE_START", "EVENT_TIME_RANGE_END", "LINEAGE_OF", "RESULT_LIMIT"}));
  if (const auto of = reader.text("LINEAGE_OF")) {
    TRY(const auto lineage, flow.lineage(*of));
    return event_rows(lineage.events).finish();
  }
  flow::EventQuery query{
      .component = reader.text("COMPONENT_ID"), .filename = reader.text("FILENAME"), .uri = reader.text("TRANSIT_URI")};
  if (const auto name = reader.text("EVENT_TYPE")) {
    const auto type = flow::event_type_of(*name);
    if (!type)
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("EVENT_TYPE is not a type of event: {}", *name));
    query.types.push_back(*type);
  }
  if (auto uuid = reader.text("FLOW_FILE")) query.flow_files.push_back(std::move(*uuid));
  TRY(query.from, reader.instant("EVENT_TIME_RANGE_START"));
  TRY(query.to, reader.instant("EVENT_TIME_RANGE_END"));
  TRY(const auto id, reader.number("EVENT_ID"));
  if (id) query.id = static_cast<std::uint64_t>(*id);
  TRY(const auto limit, reader.number("RESULT_LIMIT"));
  query.most = limit && *limit > 0 ? static_cast<std::size_t>(*limit) : kEventsMax;
  TRY(const auto page, flow.events(query));
  return event_rows(page.events).finish();
}

base::Result<const flow::Flow*> open_flow(const Find& find) {
  if (const auto* flow = find(); flow != nullptr) return flow;
  return base::fail(base::ErrorKind::Unavailable, "the flow engine is not open");
}

}  // namespace

void add_flow_views(exec::TableFunctions& table, Find flow) {
  const auto of_status = [&](const std::string& name, exec::Rows (*rows)(const flow::FlowStatus&)) {
    table.flow_views[name] = [flow, rows](exec::Running&, engine::Work&, std::optional<catalog::ObjectId>) -> Result {
      TRY(const auto* open, open_flow(flow));
      return rows(open->status()).finish();
    };
  };
  of_status("QUEUES", queues);
  of_status("STATUS", components);
  of_status("BULLETINS", bulletins);
  of_status("COUNTERS", counters);
  table.flow_views["PROVENANCE"] = [flow](exec::Running&, engine::Work&, std::optional<catalog::ObjectId>) -> Result {
    TRY(const auto* open, open_flow(flow));
    return provenance(*open);
  };
  table.flow_functions["PROVENANCE"] = [flow](exec::Running& running, engine::Work&,
                                              const exec::FunctionArguments& arguments) -> Result {
    TRY(const auto* open, open_flow(flow));
    return find_events(*open, running, arguments);
  };
}

}  // namespace cli

#include <fmt/format.h>

#include <algorithm>

#include "server/nifi/body.h"
#include "server/nifi/component_entities.h"
#include "server/nifi/document.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

base::Result<Answer> answer_with(Context& context, const std::string& id, int status = 200) {
  const Canvas canvas(context);
  TRY(const auto found, canvas.connection(id));
  return json_answer(ComponentEntities(context, canvas).connection(*found.definition), status);
}

base::Result<Answer> get(Context& context, const Call&, const Ids& ids) { return answer_with(context, ids[0]); }

base::Result<Answer> list(Context& context, const Call&, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  return json_answer({{"connections", ComponentEntities(context, canvas).list(kConnection, scope)}});
}

/// An end of a connection as flow files have it, and the flow that it is in.
struct End {
  json::object saved;
  std::string flow;
  std::string flow_name;
};

base::Result<End> end_of(const Canvas& canvas, const json::object& wanted, std::string_view end) {
  const auto* asked = object_at(wanted, end);
  const auto id = asked == nullptr ? std::string{} : text_at(*asked, "id");
  if (id.empty()) return base::fail(base::ErrorKind::InvalidValue, fmt::format("the connection has no '{}'", end));
  const auto made = [&](const auto& component, std::string_view type, const flow::FlowView& view) {
    return End{.saved = {{"id", id},
                         {"instanceIdentifier", id},
                         {"groupId", component.group},
                         {"type", type},
                         {"name", component.name},
                         {"comments", ""}},
               .flow = view.definition.root,
               .flow_name = view.definition.name};
  };
  for (const auto& view : canvas.flows) {
    for (const auto& processor : view.definition.processors)
      if (processor.id == id) return made(processor, kProcessor.type, view);
    for (const auto& port : view.definition.ports)
      if (port.id == id) return made(port, kind_word(port.kind), view);
  }
  return base::fail(base::ErrorKind::NotFound, fmt::format("Unable to find the {} with id '{}'.", end, id));
}

/// Flows that are connected in the root group are one from then on, that of the root group.
base::Status bring_together(Context& context, const Scope& scope, const std::string& flow, const End& end) {
  if (end.flow == flow) return {};
  if (!scope.is_root())
    return base::fail(base::ErrorKind::Conflict, fmt::format("'{}' is in flow '{}', and not in this group or one below",
                                                             text_at(end.saved, "name"), end.flow_name));
  return join_root(context, end.flow);
}

void configure(json::object& saved, const json::object& wanted) {
  copy_given(wanted, saved,
             {"name", "labelIndex", "zIndex", "bends", "selectedRelationships", "backPressureObjectThreshold",
              "backPressureDataSizeThreshold", "flowFileExpiration", "prioritizers", "loadBalanceStrategy",
              "loadBalanceCompression"});
  if (const auto* attribute = given(wanted, "loadBalancePartitionAttribute"))
    saved["partitioningAttribute"] = *attribute;
}

base::Result<Answer> create(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  TRY(const auto* const wanted, component_of(body));
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  TRY(const auto flow, flow_holding(context, scope));
  TRY(auto source, end_of(canvas, *wanted, "source"));
  TRY(auto destination, end_of(canvas, *wanted, "destination"));
  const auto id = new_uuid();
  auto made = new_component(kConnection, id, scope.id, *wanted);
  made.erase("position");
  // From a processor something must be selected.
  const bool selects = text_at(source.saved, "type") == kProcessor.type;
  if (selects && array_at(*wanted, "selectedRelationships").empty())
    return base::fail(base::ErrorKind::InvalidValue, "the connection selects no relationship");
  TRY_VOID(bring_together(context, scope, flow, source));
  if (destination.flow != source.flow) TRY_VOID(bring_together(context, scope, flow, destination));
  made["selectedRelationships"] = json::array{""};
  made["source"] = std::move(source.saved);
  made["destination"] = std::move(destination.saved);
  configure(made, *wanted);
  if (!selects) made["selectedRelationships"] = json::array{""};
  TRY_VOID(change(context, call, &body, id, flow,
                  [&](json::object& document) { return add_to(document, scope.id, kConnection, std::move(made)); }));
  return answer_with(context, id, 201);
}

base::Result<Answer> update(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  TRY(const auto* const wanted, component_of(body));
  const Canvas canvas(context);
  TRY(const auto found, canvas.connection(ids[0]));
  const auto& flow = found.flow->definition.root;
  std::optional<End> destination;
  if (const auto* asked = object_at(*wanted, "destination");
      asked != nullptr && !text_at(*asked, "id").empty() && text_at(*asked, "id") != found.definition->destination) {
    TRY(destination, end_of(canvas, *wanted, "destination"));
    if (destination->flow != flow)
      return base::fail(
          base::ErrorKind::Conflict,
          fmt::format("'{}' is in flow '{}'", text_at(destination->saved, "name"), destination->flow_name));
  }
  TRY_VOID(change(context, call, &body, ids[0], flow, [&](json::object& document) -> base::Status {
    TRY(auto* const saved, component_in(document, kConnection, ids[0]));
    configure(*saved, *wanted);
    if (array_at(*saved, "selectedRelationships").empty()) (*saved)["selectedRelationships"] = json::array{""};
    if (destination) (*saved)["destination"] = destination->saved;
    return {};
  }));
  return answer_with(context, ids[0]);
}

base::Result<Answer> remove(Context& context, const Call& call, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto found, canvas.connection(ids[0]));
  const auto entity = ComponentEntities(context, canvas).connection(*found.definition);
  for (const auto& end : {found.definition->source, found.definition->destination})
    if (const auto* status = canvas.component(end);
        status != nullptr && status->state == flow::RunState::Running && status->type.find("Funnel") != 0)
      return base::fail(base::ErrorKind::Conflict,
                        fmt::format("the connection cannot be removed while '{}' runs", status->name));
  TRY_VOID(change(context, call, nullptr, ids[0], found.flow->definition.root,
                  [&](json::object& document) { return remove_from(document, kConnection.list, ids[0]); }));
  context.revisions.forget(ids[0]);
  return json_answer(entity);
}

base::Result<Answer> get_status(Context& context, const Call&, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto found, canvas.connection(ids[0]));
  const auto entity = ComponentEntities(context, canvas).connection(*found.definition);
  return json_answer({{"canRead", true}, {"connectionStatus", entity.at("status")}});
}

constexpr Route kRoutes[] = {
    {"GET", "process-groups/*/connections", &list},
    {"POST", "process-groups/*/connections", &create},
    {"GET", "connections/*", &get},
    {"PUT", "connections/*", &update},
    {"DELETE", "connections/*", &remove},
    {"GET", "flow/connections/*/status", &get_status},
};

}  // namespace

std::span<const Route> connection_routes() { return kRoutes; }

}  // namespace server::nifi

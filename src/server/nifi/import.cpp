#include "server/nifi/import.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/format/definition.h"
#include "flow/format/definition_writer.h"
#include "flow/format/subflow.h"
#include "server/nifi/body.h"
#include "server/nifi/component_entities.h"
#include "server/nifi/document.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

constexpr std::string_view kContents[] = {
    "processGroups", "processors",  "inputPorts",         "outputPorts",        "funnels",
    "labels",        "connections", "controllerServices", "remoteProcessGroups"};

/// Nothing refers to labels: they are not renumbered with the rest.
void renew_labels(json::object& group) {
  for (auto& label : list_of(group, kLabel.list))
    if (label.is_object()) label.get_object()["identifier"] = label.get_object()["instanceIdentifier"] = new_uuid();
  for (auto& inner : list_of(group, kGroup.list))
    if (inner.is_object()) renew_labels(inner.get_object());
}

/// A definition says DISABLED of all its services; what it says otherwise is kept.
void disable_services(flow::FlowDefinition& definition) {
  for (auto& service : definition.services) {
    const bool enabled = definition.form == flow::FlowForm::Definition && service.saved != nullptr &&
                         text_at(*service.saved, "scheduledState") == "ENABLED";
    if (!enabled) service.scheduled_state = "DISABLED";
  }
}

/// Services of the groups above, which a file refers to by name.
void link_external(flow::FlowDefinition& definition, const Canvas& canvas, const std::string& parent) {
  std::map<std::string, std::string> ids;
  for (std::string group = parent; !group.empty();) {
    for (const auto& view : canvas.flows)
      for (const auto& service : view.definition.services)
        for (const auto& external : definition.external_services)
          if (service.group == group && service.name == external.name) ids.try_emplace(external.id, service.id);
    const auto scope = find_scope(canvas.flows, group);
    group = scope ? scope->parent : std::string{};
  }
  const auto link = [&](flow::ConfiguredDefinition& component) {
    for (auto& [key, value] : component.properties)
      if (const auto found = value ? ids.find(*value) : ids.end(); found != ids.end()) value = found->second;
  };
  std::ranges::for_each(definition.processors, link);
  std::ranges::for_each(definition.services, link);
}

}  // namespace

base::Status share_contexts(Context& context, flow::FlowDefinition& definition) {
  const auto before = context.flow.contexts();
  auto contexts = before;
  for (const auto& [name, brought] : definition.contexts) {
    auto made = flow::shared_context_of(new_uuid(), name, brought);
    const auto there = std::ranges::find(contexts, name, &flow::SharedContext::name);
    if (there == contexts.end())
      contexts.push_back(std::move(made));
    else
      there->parameters.merge(made.parameters);
  }
  definition.contexts.clear();
  return contexts == before ? base::Status{} : context.flow.set_contexts(std::move(contexts));
}

base::Status add_contents(Context& context, const Scope& into, json::object from) {
  renew_labels(from);
  TRY(const auto flow, flow_holding(context, into));
  return context.flow.edit(flow, [&](json::object& document) -> base::Status {
    TRY(auto* const group, group_in(document, into.id));
    for (const auto list : kContents)
      for (const auto& component : array_at(from, list)) list_of(*group, list).push_back(component);
    return {};
  });
}

base::Result<json::object> canvas_of(const Context& context, const std::string& group,
                                     const std::set<std::string>& ids) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(group));
  auto entity = ComponentEntities(context, canvas).canvas(scope);
  auto shown = std::move(entity.at("processGroupFlow").at("flow").get_object());
  for (auto& [name, value] : shown) {
    auto& components = value.get_array();
    for (auto at = components.begin(); at != components.end();)
      at = ids.contains(text_at(at->get_object(), "id")) ? at + 1 : components.erase(at);
  }
  return shown;
}

base::Result<json::object> add_definition(Context& context, const Scope& into, flow::FlowDefinition definition) {
  disable_services(definition);
  link_external(definition, Canvas(context), into.id);
  TRY_VOID(share_contexts(context, definition));
  const auto root = definition.root;
  flow::renumber(definition,
                 [&](const std::string& old, const std::string&) { return old == root ? into.id : new_uuid(); });
  const auto made = flow::ids_in(definition);
  TRY_VOID(add_contents(context, into, std::move(flow::write_instance(definition).at("rootGroup").get_object())));
  return canvas_of(context, into.id, made);
}

base::Result<std::string> import_as_group(Context& context, const GroupImport& wanted) {
  TRY(const auto unpacked, flow::unpack_definition(wanted.text, wanted.file));
  TRY(auto definition, flow::read_definition(unpacked, wanted.file));
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(wanted.parent));
  disable_services(definition);
  link_external(definition, canvas, scope.id);
  TRY_VOID(share_contexts(context, definition));
  flow::renumber(definition, [](const std::string&, const std::string&) { return new_uuid(); });
  auto document = flow::write_instance(definition);
  auto& root = document.at("rootGroup").get_object();
  renew_labels(root);
  if (!wanted.name.empty()) root["name"] = wanted.name;
  copy_given(wanted.placed, root, {"position", "comments"});
  const auto id = definition.root;
  if (scope.is_root()) {
    root.erase("groupIdentifier");
    TRY_VOID(context.flow.import_definition(json::serialize(document), wanted.file));
    return id;
  }
  root["groupIdentifier"] = scope.id;
  TRY_VOID(context.flow.edit(scope.flow, [&](json::object& into) -> base::Status {
    TRY(auto* const group, group_in(into, scope.id));
    list_of(*group, "processGroups").push_back(std::move(root));
    return {};
  }));
  return id;
}

base::Status replace_group(Context& context, const std::string& id, const std::string& text) {
  TRY(auto definition, flow::read_definition(text, "versionedFlowSnapshot"));
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(id));
  if (scope.flow.empty()) return base::fail(base::ErrorKind::Conflict, "the root group cannot be replaced");
  for (const auto& component : within(canvas.status, scope).components)
    if (component.state == flow::RunState::Running && component.type != "Funnel")
      return base::fail(base::ErrorKind::Conflict,
                        fmt::format("'{}' runs; stop it before its group is replaced", component.name));
  std::map<std::string, std::string> known;  // by versioned id
  std::set<std::string> enabled;
  for (const auto& view : canvas.flows) {
    const auto add = [&](const auto& component, const std::string& group) {
      if (scope.groups.contains(group))
        known.try_emplace(flow::versioned_id(component.saved, component.id), component.id);
    };
    for (const auto& group : view.definition.groups) add(group, group.id);
    for (const auto& processor : view.definition.processors) add(processor, processor.group);
    for (const auto& port : view.definition.ports) add(port, port.group);
    for (const auto& connection : view.definition.connections) add(connection, connection.group);
    for (const auto& service : view.definition.services) {
      add(service, service.group);
      if (service.scheduled_state == "ENABLED") enabled.insert(service.id);
    }
  }
  disable_services(definition);
  link_external(definition, canvas, scope.parent);
  TRY_VOID(share_contexts(context, definition));
  flow::renumber(definition, [&](const std::string& old, const std::string& versioned) {
    if (old == definition.root) return scope.id;
    const auto found = known.find(versioned);
    return found == known.end() ? new_uuid() : found->second;
  });
  for (auto& service : definition.services)
    if (enabled.contains(service.id)) service.scheduled_state = "ENABLED";
  auto document = flow::write_instance(definition);
  auto& root = document.at("rootGroup").get_object();
  return context.flow.edit(scope.flow, [&](json::object& into) -> base::Status {
    TRY(auto* const group, group_in(into, scope.id));
    for (const auto* kept : {"name", "position", "groupIdentifier", "parameterContextName"})
      if (const auto* value = given(*group, kept)) root[kept] = *value;
    *group = std::move(root);
    return {};
  });
}

base::Result<std::string> export_group(Context& context, const flow::FlowView& view, const Scope& scope,
                                       bool with_services) {
  if (scope.id == scope.flow && view.definition.form == flow::FlowForm::Definition)
    return context.flow.export_definition(scope.flow);
  return flow::definition_text(
      flow::write_definition(flow::subflow(view.definition, scope.id, {.with_services = with_services})));
}

}  // namespace server::nifi

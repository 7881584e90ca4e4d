#include "server/nifi/context_entities.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/parameters.h"
#include "server/nifi/body.h"
#include "server/nifi/descriptors.h"
#include "server/nifi/entities.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

json::object reference(const std::string& id, const std::string& name) {
  return {{"id", id}, {"permissions", permissions()}, {"component", json::object{{"id", id}, {"name", name}}}};
}

/// With what was set beside the flow's file.
ContextPlace own_context(const flow::FlowView& flow, const std::string& name, const flow::ParameterContext& context) {
  ContextPlace place{.context = flow::shared_context_of(context_id(flow, name), name, context), .flow = &flow};
  for (auto& [parameter, defined] : place.context.parameters) {
    defined.sensitive = defined.sensitive || flow.secrets.contains(parameter);
    if (const auto given = flow.parameters.find(parameter); given != flow.parameters.end())
      defined.value = given->second;
  }
  return place;
}

const ContextPlace* by_name(const std::vector<ContextPlace>& places, const ContextPlace& from,
                            const std::string& name) {
  const auto is = [&](const flow::FlowView* flow) {
    return std::ranges::find_if(places, [&](const auto& p) { return p.flow == flow && p.context.name == name; });
  };
  if (const auto own = is(from.flow); own != places.end()) return &*own;
  const auto shared = is(nullptr);
  return shared == places.end() ? nullptr : &*shared;
}

bool has_context(const flow::FlowView& flow, const std::string& group_context, const ContextPlace& place) {
  return group_context == place.context.name && context_id(flow, group_context) == place.context.id;
}

/// What refers to a parameter of a context.
json::array referring(const Context& context, const Canvas& canvas, const ContextPlace& place,
                      const std::string& parameter) {
  json::array list;
  for (const auto& flow : canvas.flows) {
    const auto look = [&](const flow::ConfiguredDefinition& component, const Kind& kind) {
      const auto group = std::ranges::find(flow.definition.groups, component.group, &flow::GroupDefinition::id);
      if (group == flow.definition.groups.end() || !has_context(flow, group->parameter_context, place)) return;
      const bool refers = std::ranges::any_of(component.properties, [&](const auto& property) {
        return property.second && std::ranges::count(flow::referred_parameters(*property.second), parameter) > 0;
      });
      if (!refers) return;
      auto made = bare_entity(kind.path, component.id, context.revisions.of(component.id));
      made["component"] = json::object{{"id", component.id},
                                       {"name", component.name},
                                       {"processGroupId", component.group},
                                       {"referenceType", kind.type}};
      list.push_back(std::move(made));
    };
    for (const auto& processor : flow.definition.processors) look(processor, kProcessor);
    for (const auto& service : flow.definition.services) look(service, kService);
  }
  return list;
}

}  // namespace

std::string context_id(const flow::FlowView& flow, const std::string& name) {
  const auto found = flow.definition.contexts.find(name);
  if (found != flow.definition.contexts.end() && found->second.shared && found->second.saved != nullptr)
    return text_at(*found->second.saved, "identifier");
  return uuid_of(flow.definition.root + "/" + name);
}

std::vector<ContextPlace> all_contexts(const Canvas& canvas) {
  std::vector<ContextPlace> places;
  for (const auto& context : canvas.contexts) places.push_back({.context = context, .flow = nullptr});
  for (const auto& flow : canvas.flows)
    for (const auto& [name, context] : flow.definition.contexts)
      if (!context.shared) places.push_back(own_context(flow, name, context));
  return places;
}

base::Result<ContextPlace> find_context(const Canvas& canvas, const std::string& id) {
  for (auto& place : all_contexts(canvas))
    if (place.context.id == id) return place;
  return base::fail(base::ErrorKind::NotFound, fmt::format("Unable to locate parameter context with id '{}'.", id));
}

json::object context_entity(const Context& context, const Canvas& canvas, const ContextPlace& place,
                            ContextEntityOptions options) {
  const auto places = all_contexts(canvas);
  auto made = bare_entity("parameter-contexts", place.context.id, context.revisions.of(place.context.id));
  json::array parameters, inherited, groups;
  std::set<std::string> shown;
  const auto add = [&](const ContextPlace& from, bool is_inherited) {
    for (const auto& [name, parameter] : from.context.parameters) {
      if (!shown.insert(name).second) continue;
      json::value value;
      if (parameter.value) value = parameter.sensitive ? std::string(kHidden) : *parameter.value;
      parameters.push_back(json::object{
          {"canWrite", true},
          {"parameter", json::object{{"name", name},
                                     {"description", parameter.description},
                                     {"sensitive", parameter.sensitive},
                                     {"value", std::move(value)},
                                     {"provided", false},
                                     {"inherited", is_inherited},
                                     {"referencedAssets", json::array()},
                                     {"referencingComponents", referring(context, canvas, place, name)},
                                     {"parameterContext", reference(from.context.id, from.context.name)}}}});
    }
  };
  add(place, false);
  std::vector<const ContextPlace*> above;
  for (const auto& name : place.context.inherited) {
    const auto* other = by_name(places, place, name);
    if (other == nullptr) continue;
    inherited.push_back(reference(other->context.id, name));
    above.push_back(other);
  }
  for (std::size_t i = 0; options.with_inherited && i < above.size(); ++i) {
    add(*above[i], true);
    // Depth first, as values are found.
    auto next = above.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    for (const auto& name : above[i]->context.inherited)
      if (const auto* other = by_name(places, *above[i], name);
          other != nullptr && std::ranges::count(above, other) == 0)
        next = above.insert(next, other) + 1;
  }
  for (const auto& flow : canvas.flows)
    for (const auto& group : flow.definition.groups)
      if (has_context(flow, group.parameter_context, place)) {
        auto bound = bare_entity("process-groups", group.id, context.revisions.of(group.id));
        bound["component"] = json::object{{"id", group.id}, {"name", group.name}};
        groups.push_back(std::move(bound));
      }
  made["component"] = json::object{{"id", place.context.id},
                                   {"name", place.context.name},
                                   {"description", place.context.description},
                                   {"parameters", std::move(parameters)},
                                   {"inheritedParameterContexts", std::move(inherited)},
                                   {"boundProcessGroups", std::move(groups)}};
  return made;
}

}  // namespace server::nifi

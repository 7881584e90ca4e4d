#include "server/nifi/document.h"

#include <fmt/format.h>

#include <functional>

#include "server/nifi/body.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

/// What the model does not list (labels, remote groups) may have a versioned id only.
bool is(const json::value& value, const std::string& id) {
  if (!value.is_object()) return false;
  const auto live = text_at(value.get_object(), "instanceIdentifier");
  return live.empty() ? text_at(value.get_object(), "identifier") == id : live == id;
}

/// Calls back for a group and all below it until one answers with true.
bool each_group(json::object& group, const std::function<bool(json::object& group)>& use) {
  if (use(group)) return true;
  auto* groups = group.if_contains("processGroups");
  if (groups == nullptr || !groups->is_array()) return false;
  for (auto& inner : groups->get_array())
    if (inner.is_object() && each_group(inner.get_object(), use)) return true;
  return false;
}

json::object& root_of(json::object& document) { return document.at("rootGroup").as_object(); }

/// Whether `use` was called: with the list that holds the component, and its place.
bool find(json::object& document, std::string_view list, const std::string& id,
          const std::function<void(json::array& list, std::size_t at)>& use) {
  return each_group(root_of(document), [&](json::object& group) {
    auto* values = group.if_contains(list);
    if (values == nullptr || !values->is_array()) return false;
    auto& array = values->get_array();
    for (std::size_t at = 0; at < array.size(); ++at) {
      if (!is(array[at], id)) continue;
      use(array, at);
      return true;
    }
    return false;
  });
}

}  // namespace

json::array& list_of(json::object& group, std::string_view list) {
  auto& values = group[list];
  if (!values.is_array()) values.emplace_array();
  return values.get_array();
}

base::Result<json::object*> group_in(json::object& document, const std::string& id) {
  json::object* found = nullptr;
  each_group(root_of(document), [&](json::object& group) {
    if (text_at(group, "instanceIdentifier") != id) return false;
    found = &group;
    return true;
  });
  if (found == nullptr)
    return base::fail(base::ErrorKind::NotFound, fmt::format("Unable to locate group with id '{}'.", id));
  return found;
}

base::Result<json::object*> component_in(json::object& document, const Kind& kind, const std::string& id) {
  json::object* found = nullptr;
  find(document, kind.list, id, [&](json::array& list, std::size_t at) { found = &list[at].get_object(); });
  if (found == nullptr)
    return base::fail(base::ErrorKind::NotFound, fmt::format("Unable to find {} with id '{}'.", kind.title, id));
  return found;
}

base::Status add_to(json::object& document, const std::string& group, const Kind& kind, json::object component) {
  TRY(auto* const into, group_in(document, group));
  list_of(*into, kind.list).push_back(std::move(component));
  return {};
}

base::Status remove_from(json::object& document, std::string_view list, const std::string& id) {
  const bool found = find(document, list, id, [](json::array& array, std::size_t at) {
    array.erase(array.begin() + static_cast<std::ptrdiff_t>(at));
  });
  if (!found) return base::fail(base::ErrorKind::NotFound, fmt::format("nothing has the id '{}'", id));
  return {};
}

json::object new_component(const Kind& kind, const std::string& id, const std::string& group,
                           const json::object& wanted) {
  json::object made{{"identifier", id},
                    {"instanceIdentifier", id},
                    {"groupIdentifier", group},
                    {"componentType", kind.type},
                    {"name", ""},
                    {"comments", ""},
                    {"position", json::object{{"x", 0.0}, {"y", 0.0}}}};
  copy_given(wanted, made, {"name", "comments", "position"});
  return made;
}

base::Result<std::string> flow_holding(Context& context, const Scope& scope) {
  if (!scope.flow.empty()) return scope.flow;
  auto root = new_component(kGroup, root_id(), "", {{"name", scope.name}});
  root.erase("groupIdentifier");
  TRY_VOID(context.flow.import_definition(json::serialize(empty_flow(std::move(root))), "the canvas"));
  return root_id();
}

base::Status join_root(Context& context, const std::string& flow) {
  if (flow.empty() || flow == root_id()) return {};
  TRY(const auto scope, Canvas(context).scope("root"));
  TRY(const auto root, flow_holding(context, scope));
  return context.flow.merge(flow, root);
}

base::Status change(Context& context, const Call& call, const json::object* body, const std::string& id,
                    const std::string& flow, const flow::Flow::Change& with) {
  TRY_VOID(context.revisions.check(call, body, id));
  TRY_VOID(context.flow.edit(flow, with));
  context.revisions.raise(id);
  return {};
}

json::object empty_flow(json::object root) {
  return {{"encodingVersion", json::object{{"majorVersion", 2}, {"minorVersion", 0}}},
          {"parameterContexts", json::array()},
          {"rootGroup", std::move(root)}};
}

}  // namespace server::nifi

// Snippets: components of one group that are moved, copied or removed together.
#include <fmt/format.h>

#include <algorithm>

#include "server/nifi/body.h"
#include "server/nifi/document.h"
#include "server/nifi/snippet.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

constexpr std::size_t kKeptMax = 256;

json::object entity(const Context& context, const Snippet& snippet) {
  json::object made{{"id", snippet.id}, {"uri", "/nifi-api/snippets/" + snippet.id}, {"parentGroupId", snippet.parent}};
  for (const auto* kind : kSnippetKinds) made[kind->list] = json::object();
  for (const auto& [list, ids] : snippet.members)
    for (const auto& id : ids) made[list].get_object()[id] = json::object{{"version", context.revisions.of(id)}};
  return {{"snippet", std::move(made)}};
}

base::Result<Snippet*> find(Context& context, const std::string& id) {
  const auto found = std::ranges::find(context.snippets, id, &Snippet::id);
  if (found == context.snippets.end())
    return base::fail(base::ErrorKind::NotFound, fmt::format("Unable to find snippet with id '{}'.", id));
  return &*found;
}

base::Result<json::object> snippet_in(const Call& call) {
  TRY(const auto body, parse_object(call.body));
  const auto* snippet = object_at(body, "snippet");
  if (snippet == nullptr) return base::fail(base::ErrorKind::InvalidValue, "Snippet details must be specified.");
  return *snippet;
}

base::Result<Answer> create(Context& context, const Call& call, const Ids&) {
  TRY(const auto wanted, snippet_in(call));
  if (text_at(wanted, "parentGroupId").empty())
    return base::fail(base::ErrorKind::InvalidValue, "The parent Process Group of the snippet must be specified.");
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(text_at(wanted, "parentGroupId")));
  Snippet snippet{.id = new_uuid(), .parent = scope.id, .members = {}};
  for (const auto* kind : kSnippetKinds)
    if (const auto* ids = object_at(wanted, kind->list))
      for (const auto& [id, revision] : *ids) snippet.members[std::string(kind->list)].emplace(id);
  TRY_VOID(check_members(canvas, snippet));
  if (context.snippets.size() == kKeptMax) context.snippets.pop_front();
  context.snippets.push_back(snippet);
  return json_answer(entity(context, snippet), 201);
}

/// What connections lead to and from when the members are taken out of their group: their own ids, and the ports of
/// members that are groups.
std::set<std::string> ends_of(const Canvas& canvas, const Snippet& snippet) {
  std::set<std::string> ends;
  for (const auto& view : canvas.flows) {
    for (const auto& processor : view.definition.processors)
      if (has_member(snippet, kProcessor, processor.id)) ends.insert(processor.id);
    for (const auto& port : view.definition.ports)
      if (has_member(snippet, kind_of(port.kind), port.id) || has_member(snippet, kGroup, port.group))
        ends.insert(port.id);
  }
  return ends;
}

/// Conflict when a connection would have one end in the snippet and the other, or itself, outside.
enum class Connections { WithTheirEnds, Alone };  // whether those of the snippet need both of their ends in it
base::Status check_apart(const Canvas& canvas, const Snippet& snippet, Connections kind) {
  TRY(const auto parent, canvas.scope(snippet.parent));
  const auto ends = ends_of(canvas, snippet);
  for (const auto& view : canvas.flows)
    for (const auto& connection : view.definition.connections) {
      // Connections inside of a member that is a group go with it.
      if (connection.group != parent.id && parent.groups.contains(connection.group)) continue;
      const bool is_member = has_member(snippet, kConnection, connection.id);
      const bool from = ends.contains(connection.source), to = ends.contains(connection.destination);
      if (is_member ? (from && to) || kind == Connections::Alone : !from && !to) continue;
      return base::fail(base::ErrorKind::Conflict,
                        fmt::format("the connection from '{}' to '{}' leads out of the snippet", connection.source_name,
                                    connection.destination_name));
    }
  return {};
}

/// Moves the members into the group that the request names.
base::Result<Answer> update(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto wanted, snippet_in(call));
  if (const auto id = text_at(wanted, "id"); !id.empty() && id != ids[0])
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("The snippet id ({}) in the request body does not equal the snippet id of the "
                                  "requested resource ({}).",
                                  id, ids[0]));
  TRY(auto* const snippet, find(context, ids[0]));
  const auto parent = text_at(wanted, "parentGroupId");
  const Canvas canvas(context);
  TRY(const auto into, canvas.scope(parent.empty() ? snippet->parent : parent));
  TRY(const auto from, canvas.scope(snippet->parent));
  if (into.id == from.id) return json_answer(entity(context, *snippet));
  TRY_VOID(check_apart(canvas, *snippet, Connections::WithTheirEnds));
  std::set<std::string> flows{from.flow, into.flow};
  TRY_VOID(each_member(*snippet, [&](const Kind& kind, const std::string& id) -> base::Status {
    if (into.is_root() && (&kind == &kInputPort || &kind == &kOutputPort))
      return base::fail(base::ErrorKind::Conflict, "ports cannot be moved into the root group");
    if (&kind != &kGroup) return {};
    TRY(const auto group, canvas.scope(id));
    flows.insert(group.flow);
    if (!group.groups.contains(into.id)) return {};
    return base::fail(base::ErrorKind::Conflict, fmt::format("group '{}' cannot be moved into itself", group.name));
  }));
  flows.erase("");
  // What is in several flows, or comes into the root group, is of the root group's flow.
  if (flows.size() > 1 || into.is_root())
    for (const auto& flow : flows) TRY_VOID(join_root(context, flow));
  TRY(const auto flow, flow_holding(context, *find_scope(context.flow.flows(), into.id)));
  TRY_VOID(context.flow.edit(flow, [&](json::object& document) -> base::Status {
    return each_member(*snippet, [&](const Kind& kind, const std::string& id) -> base::Status {
      json::object moved;
      if (&kind == &kGroup) {
        TRY(auto* const group, group_in(document, id));
        moved = *group;
      } else {
        TRY(auto* const component, component_in(document, kind, id));
        moved = *component;
      }
      moved["groupIdentifier"] = into.id;
      for (const auto* end : {"source", "destination"})
        if (auto* const named = moved.if_contains(end); &kind == &kConnection && named != nullptr && named->is_object())
          if (text_at(named->get_object(), "groupId") == from.id) named->get_object()["groupId"] = into.id;
      TRY_VOID(remove_from(document, kind.list, id));
      return add_to(document, into.id, kind, std::move(moved));
    });
  }));
  TRY_VOID(each_member(*snippet, [&](const Kind&, const std::string& id) -> base::Status {
    context.revisions.raise(id);
    return {};
  }));
  snippet->parent = into.id;
  return json_answer(entity(context, *snippet));
}

/// Removes the members, and forgets the snippet.
base::Result<Answer> remove(Context& context, const Call&, const Ids& ids) {
  TRY(auto* const snippet, find(context, ids[0]));
  const Canvas canvas(context);
  TRY_VOID(check_apart(canvas, *snippet, Connections::Alone));
  std::set<std::string> whole;  // groups that are flows of their own
  TRY_VOID(each_member(*snippet, [&](const Kind& kind, const std::string& id) -> base::Status {
    std::set<std::string> groups;
    if (&kind == &kGroup) {
      TRY(auto scope, canvas.scope(id));
      if (scope.flow == id) whole.insert(id);
      groups = std::move(scope.groups);
    }
    for (const auto& component : canvas.status.components)
      if ((component.id == id || groups.contains(component.group)) && component.type != "Funnel" &&
          (component.state == flow::RunState::Running || component.active > 0))
        return base::fail(base::ErrorKind::Conflict, fmt::format("'{}' is not stopped", component.name));
    for (const auto& connection : canvas.status.connections)
      if ((connection.id == id || groups.contains(connection.group)) && connection.files > 0)
        return base::fail(base::ErrorKind::Conflict,
                          fmt::format("the connection from '{}' to '{}' still holds {} flowfiles",
                                      connection.source_name, connection.destination_name, connection.files));
    return {};
  }));
  const auto answer = entity(context, *snippet);
  TRY(const auto scope, canvas.scope(snippet->parent));
  if (!scope.flow.empty())
    TRY_VOID(context.flow.edit(scope.flow, [&](json::object& document) -> base::Status {
      return each_member(*snippet, [&](const Kind& kind, const std::string& id) -> base::Status {
        return whole.contains(id) ? base::Status{} : remove_from(document, kind.list, id);
      });
    }));
  for (const auto& id : whole) TRY_VOID(context.flow.remove(id));
  for (const auto& [list, members] : snippet->members)
    for (const auto& id : members) context.revisions.forget(id);
  std::erase_if(context.snippets, [&](const auto& kept) { return kept.id == ids[0]; });
  return json_answer(answer);
}

base::Result<Answer> copy(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  TRY(auto* const snippet, find(context, text_at(body, "snippetId")));
  const auto *x = given(body, "originX"), *y = given(body, "originY");
  if (x == nullptr || y == nullptr || !x->is_number() || !y->is_number())
    return base::fail(base::ErrorKind::InvalidValue, "The origin position (x, y) must be specified");
  const Canvas canvas(context);
  TRY(const auto into, canvas.scope(ids[0]));
  TRY(auto made, copy_snippet(context, *snippet, into, Corner{x->to_number<double>(), y->to_number<double>()}));
  return json_answer({{"flow", std::move(made)}}, 201);
}

constexpr Route kRoutes[] = {
    {"POST", "snippets", &create},
    {"PUT", "snippets/*", &update},
    {"DELETE", "snippets/*", &remove},
    {"POST", "process-groups/*/snippet-instance", &copy},
};

}  // namespace

std::span<const Route> snippet_routes() { return kRoutes; }

}  // namespace server::nifi

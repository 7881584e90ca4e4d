#include "server/nifi/snippet.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "flow/format/definition_writer.h"
#include "flow/format/renumber.h"
#include "flow/format/subflow.h"
#include "server/nifi/body.h"
#include "server/nifi/document.h"
#include "server/nifi/import.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

base::Result<std::string> group_of(const Canvas& canvas, const Kind& kind, const std::string& id) {
  if (&kind == &kGroup) {
    TRY(const auto scope, canvas.scope(id));
    return scope.parent;
  }
  if (&kind == &kProcessor) {
    TRY(const auto found, canvas.processor(id));
    return found.definition->group;
  }
  if (&kind == &kConnection) {
    TRY(const auto found, canvas.connection(id));
    return found.definition->group;
  }
  if (&kind == &kLabel || &kind == &kRemoteGroup) {
    TRY(const auto found, canvas.kept(kind, id));
    return found.group;
  }
  TRY(const auto found, canvas.port(kind, id));
  return found.definition->group;
}

/// The members that are in `parent`, and all that is in members that are groups, as a flow whose root is `parent`.
flow::FlowDefinition chosen(const flow::FlowDefinition& flow, const Snippet& snippet) {
  auto part = flow::subflow(flow, snippet.parent);
  std::set<std::string> groups;
  for (const auto& group : part.groups)
    if (has_member(snippet, kGroup, group.id)) groups.merge(flow::groups_below(part, group.id));
  std::erase_if(part.groups, [&](const auto& group) { return group.id != part.root && !groups.contains(group.id); });
  const auto unwanted = [&](const Kind& kind) {
    return [&](const auto& component) {
      return !groups.contains(component.group) && !has_member(snippet, kind, component.id);
    };
  };
  std::erase_if(part.processors, unwanted(kProcessor));
  std::erase_if(part.connections, unwanted(kConnection));
  std::erase_if(part.services, [&](const auto& service) { return !groups.contains(service.group); });
  std::erase_if(part.ports, [&](const auto& port) {
    return !groups.contains(port.group) && !has_member(snippet, kind_of(port.kind), port.id);
  });
  return part;
}

/// What a flow has beside its file in values of parameters.
void take_values(flow::FlowDefinition& definition, const flow::FlowView& view) {
  for (auto& [name, context] : definition.contexts)
    for (auto& [parameter, value] : context.parameters) {
      if (context.shared) continue;
      if (const auto set = view.parameters.find(parameter); set != view.parameters.end()) value.value = set->second;
      value.sensitive = value.sensitive || view.secrets.contains(parameter);
    }
}

class Copy {
 public:
  Copy(Context& context, const Snippet& snippet, const Scope& into)
      : context_(context), snippet_(snippet), into_(into) {}

  base::Status take(SnippetPart from) {
    auto& part = from.definition;
    const bool whole = from.whole;
    if (whole || into_.flow != from.view->definition.root) {
      take_values(part, *from.view);
      TRY_VOID(share_contexts(context_, part));
    }
    flow::renumber(part, [&](const std::string& old, const std::string&) {
      return !whole && old == part.root ? into_.id : new_uuid();
    });
    made_.merge(flow::ids_in(part));
    made_.erase(into_.id);
    auto root = std::move(flow::write_instance(part).at("rootGroup").get_object());
    if (whole) {
      list_of(contents_, kGroup.list).push_back(std::move(root));
      return {};
    }
    for (const auto* kind : {&kGroup, &kProcessor, &kInputPort, &kOutputPort, &kFunnel, &kConnection})
      for (auto& component : list_of(root, kind->list)) list_of(contents_, kind->list).push_back(std::move(component));
    for (auto& label : list_of(root, kLabel.list)) {
      auto& saved = label.as_object();
      const auto live = text_at(saved, "instanceIdentifier");
      if (has_member(snippet_, kLabel, live.empty() ? text_at(saved, "identifier") : live))
        list_of(contents_, kLabel.list).push_back(std::move(label));
    }
    return {};
  }

  void place(const Corner& corner) {
    std::optional<Corner> present;
    for (const auto& [list, components] : contents_)
      for (const auto& component : components.as_array())
        if (const auto at = corner_of(component.as_object()); list != kConnection.list)
          present = present ? Corner{std::min(present->x, at.x), std::min(present->y, at.y)} : at;
    if (!present) return;
    const Corner by{corner.x - present->x, corner.y - present->y};
    for (auto& [list, components] : contents_)
      for (auto& component : components.as_array()) {
        auto& saved = component.as_object();
        const auto at = corner_of(saved);
        saved["position"] = json::object{{"x", at.x + by.x}, {"y", at.y + by.y}};
        if (list == kConnection.list)
          for (auto& bend : list_of(saved, "bends")) bend = moved(bend, by);
      }
  }

  base::Result<json::object> put() {
    if (into_.is_root() && list_of(contents_, kConnection.list).empty()) TRY_VOID(put_groups());
    const auto is_empty = [](const auto& list) { return list.value().as_array().empty(); };
    if (!std::ranges::all_of(contents_, is_empty)) TRY_VOID(add_contents(context_, into_, std::move(contents_)));
    return canvas_of(context_, into_.id, made_);
  }

 private:
  /// What is put into the root group is a flow of its own: others go on while it is changed.
  base::Status put_groups() {
    for (auto& value : list_of(contents_, kGroup.list)) {
      auto& group = value.as_object();
      group.erase("groupIdentifier");
      const auto name = text_at(group, "name");
      TRY_VOID(context_.flow.import_definition(json::serialize(empty_flow(std::move(group))), name));
    }
    contents_.erase(kGroup.list);
    return {};
  }
  static Corner corner_of(const json::object& saved) {
    const auto* position = object_at(saved, "position");
    return position == nullptr ? Corner{} : Corner{number(*position, "x"), number(*position, "y")};
  }
  static json::object moved(const json::value& bend, const Corner& by) {
    static const json::object kNone;
    const auto& at = bend.is_object() ? bend.get_object() : kNone;
    return {{"x", number(at, "x") + by.x}, {"y", number(at, "y") + by.y}};
  }
  static double number(const json::object& object, std::string_view name) {
    const auto* value = given(object, name);
    return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
  }

  Context& context_;
  const Snippet& snippet_;
  const Scope& into_;
  json::object contents_;  // lists of a group
  std::set<std::string> made_;
};

}  // namespace

const std::vector<const Kind*> kSnippetKinds{&kGroup,      &kRemoteGroup, &kProcessor, &kInputPort,
                                             &kOutputPort, &kConnection,  &kLabel,     &kFunnel};

bool has_member(const Snippet& snippet, const Kind& kind, const std::string& id) {
  const auto found = snippet.members.find(std::string(kind.list));
  return found != snippet.members.end() && found->second.contains(id);
}

base::Status check_members(const Canvas& canvas, const Snippet& snippet) {
  return each_member(snippet, [&](const Kind& kind, const std::string& id) -> base::Status {
    TRY(const auto group, group_of(canvas, kind, id));
    if (group == snippet.parent) return {};
    return base::fail(base::ErrorKind::Conflict,
                      fmt::format("{} '{}' is not in group '{}'", kind.title, id, snippet.parent));
  });
}

std::vector<SnippetPart> parts_of(const std::vector<flow::FlowView>& flows, const Snippet& snippet) {
  std::vector<SnippetPart> parts;
  for (const auto& view : flows) {
    const auto& flow = view.definition;
    if (has_member(snippet, kGroup, flow.root))
      parts.push_back({&view, flow, true});
    else if (std::ranges::count(flow.groups, snippet.parent, &flow::GroupDefinition::id) > 0)
      parts.push_back({&view, chosen(flow, snippet), false});
  }
  return parts;
}

base::Result<json::object> copy_snippet(Context& context, const Snippet& snippet, const Scope& into,
                                        const Corner& corner) {
  const auto remote = snippet.members.find(std::string(kRemoteGroup.list));
  if (remote != snippet.members.end() && !remote->second.empty())
    return base::fail(base::ErrorKind::Conflict,
                      "remote process groups cannot be copied: site-to-site is not supported");
  const auto flows = context.flow.flows();
  Copy copy(context, snippet, into);
  for (auto& part : parts_of(flows, snippet)) TRY_VOID(copy.take(std::move(part)));
  copy.place(corner);
  return copy.put();
}

}  // namespace server::nifi

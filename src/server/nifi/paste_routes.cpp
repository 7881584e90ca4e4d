// Copy and paste of NiFi 2: what was copied is with the client, as a part of a flow definition.
#include <fmt/format.h>

#include <algorithm>

#include "flow/format/definition.h"
#include "flow/format/definition_writer.h"
#include "server/nifi/body.h"
#include "server/nifi/descriptors.h"
#include "server/nifi/document.h"
#include "server/nifi/import.h"
#include "server/nifi/snippet.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

/// A label of the parent's that is no member is not copied.
void drop_labels(json::object& group, const Snippet& snippet) {
  auto& labels = list_of(group, kLabel.list);
  for (auto at = labels.begin(); at != labels.end();) {
    const auto& label = at->as_object();
    const auto live = text_at(label, "instanceIdentifier");
    const bool wanted = has_member(snippet, kLabel, live.empty() ? text_at(label, "identifier") : live);
    at = wanted ? at + 1 : labels.erase(at);
  }
}

base::Result<Answer> copy(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  Snippet snippet{.id = new_uuid(), .parent = scope.id, .members = {}};
  for (const auto* kind : kSnippetKinds)
    for (const auto& id : array_at(body, kind->list))
      if (id.is_string()) snippet.members[std::string(kind->list)].emplace(std::string_view(id.get_string()));
  TRY_VOID(check_members(canvas, snippet));
  json::object answer{{"id", snippet.id},
                      {"externalControllerServiceReferences", json::object()},
                      {"parameterContexts", json::object()},
                      {"parameterProviders", json::object()}};
  for (const auto* kind : kSnippetKinds) answer[kind->list] = json::array();
  const auto merge = [&](std::string_view into, const json::object& document, std::string_view from) {
    if (const auto* values = object_at(document, from))
      for (const auto& [key, value] : *values) answer[into].get_object()[key] = value;
  };
  for (const auto& part : parts_of(canvas.flows, snippet)) {
    auto document = flow::write_definition(part.definition);
    merge("parameterContexts", document, "parameterContexts");
    merge("externalControllerServiceReferences", document, "externalControllerServices");
    auto& root = document.at("flowContents").as_object();
    if (part.whole) {
      answer[kGroup.list].get_array().push_back(std::move(root));
      continue;
    }
    drop_labels(root, snippet);
    for (const auto* kind : kSnippetKinds)
      for (auto& component : list_of(root, kind->list)) answer[kind->list].get_array().push_back(std::move(component));
  }
  return json_answer(answer);
}

/// Copies lack sensitive values: they are those of the originals, while these are there.
void take_secrets(flow::FlowDefinition& definition, const Canvas& canvas) {
  const auto take = [](auto& copies, const auto& originals) {
    for (auto& copy : copies) {
      const auto id = copy.saved == nullptr ? std::string{} : text_at(*copy.saved, "instanceIdentifier");
      for (const auto& original : originals)
        if (original.id == id && original.type == copy.type)
          for (const auto& [key, value] : original.properties)
            if (is_sensitive(original, description_of(original), key)) copy.properties[key] = value;
    }
  };
  for (const auto& view : canvas.flows) {
    take(definition.processors, view.definition.processors);
    take(definition.services, view.definition.services);
  }
}

base::Result<Answer> paste(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  const auto* copied = object_at(body, "copyResponse");
  if (copied == nullptr) return base::fail(base::ErrorKind::InvalidValue, "the request has no 'copyResponse'");
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  TRY_VOID(context.revisions.check(call, &body, scope.id));
  if (!array_at(*copied, kRemoteGroup.list).empty())
    return base::fail(base::ErrorKind::Conflict,
                      "remote process groups cannot be pasted: site-to-site is not supported");
  json::object contents{{"identifier", new_uuid()}, {"name", scope.name}, {"componentType", kGroup.type}};
  for (const auto* kind : kSnippetKinds) contents[kind->list] = array_at(*copied, kind->list);
  for (const auto* kind : kSnippetKinds)
    for (auto& component : contents[kind->list].get_array())
      if (component.is_object()) component.get_object()["groupIdentifier"] = contents["identifier"];
  json::object document{{"flowContents", std::move(contents)}};
  if (const auto* contexts = object_at(*copied, "parameterContexts")) document["parameterContexts"] = *contexts;
  if (const auto* services = object_at(*copied, "externalControllerServiceReferences"))
    document["externalControllerServices"] = *services;
  TRY(auto definition, flow::read_definition(json::serialize(document), "what was copied"));
  take_secrets(definition, canvas);
  TRY(auto pasted, add_definition(context, scope, std::move(definition)));
  context.revisions.raise(scope.id);
  return json_answer(
      {{"flow", std::move(pasted)}, {"revision", json::object{{"version", context.revisions.of(scope.id)}}}});
}

constexpr Route kRoutes[] = {
    {"POST", "process-groups/*/copy", &copy},
    {"PUT", "process-groups/*/paste", &paste},
};

}  // namespace

std::span<const Route> paste_routes() { return kRoutes; }

}  // namespace server::nifi

#pragma once

#include <boost/json.hpp>
#include <vector>

#include "server/nifi/canvas.h"

namespace server::nifi {

/// What a snippet may have.
extern const std::vector<const Kind*> kSnippetKinds;

/// Calls back with the kind and id of each member, until one fails.
template <class Use>
base::Status each_member(const Snippet& snippet, Use use) {
  for (const auto* kind : kSnippetKinds) {
    const auto members = snippet.members.find(std::string(kind->list));
    if (members == snippet.members.end()) continue;
    for (const auto& id : members->second) TRY_VOID(use(*kind, id));
  }
  return {};
}
bool has_member(const Snippet& snippet, const Kind& kind, const std::string& id);
/// NotFound, or Conflict when one is in another group.
base::Status check_members(const Canvas& canvas, const Snippet& snippet);

/// The members that are in one flow, and all that is in members that are groups.
struct SnippetPart {
  const flow::FlowView* view;
  flow::FlowDefinition definition;  // its root is the parent of the members
  bool whole = false;               // or it is a member itself, which is a flow of its own
};
std::vector<SnippetPart> parts_of(const std::vector<flow::FlowView>& flows, const Snippet& snippet);

/// Where the upper left corner of a copy comes.
struct Corner {
  double x = 0, y = 0;
};
/// Puts a copy of a snippet's components, under new ids and stopped, into a group. What they refer to outside of the
/// snippet stays the same. Answers with what came, as NiFi's FlowDTO.
base::Result<boost::json::object> copy_snippet(Context& context, const Snippet& snippet, const Scope& into,
                                               const Corner& corner);

}  // namespace server::nifi

#include "flow/engine/group_scopes.h"

#include <algorithm>

#include "flow/engine/engine.h"
#include "flow/parameters.h"

namespace flow {
const GroupDefinition* GroupScopes::find(const std::string& group) const {
  const auto found = std::ranges::find(flow_.groups, group, &GroupDefinition::id);
  return found == flow_.groups.end() ? nullptr : &*found;
}

std::map<std::string, std::string> GroupScopes::variables_of(const std::string& group) const {
  std::map<std::string, std::string> variables;
  for (const auto* at = find(group); at != nullptr; at = find(at->parent))
    variables.insert(at->variables.begin(), at->variables.end());
  return variables;
}

bool GroupScopes::is_within(const std::string& group, const std::string& outer) const {
  for (const auto* at = find(group); at != nullptr; at = find(at->parent))
    if (at->id == outer) return true;
  return false;
}

ConfigurationBuilder GroupScopes::builder(const std::string& group,
                                          ConfigurationBuilder::ServiceLookup services) const {
  const auto* own = find(group);
  const auto context = own == nullptr ? std::string{} : own->parameter_context;
  auto parameters = [this, context](std::string_view name) -> std::optional<std::string> {
    if (const auto found = overrides_.find(std::string(name)); found != overrides_.end()) return found->second;
    return find_parameter_value(flow_, context, name);
  };
  auto environment = [variables = variables_of(group)](std::string_view name) -> std::optional<std::string> {
    if (const auto found = variables.find(std::string(name)); found != variables.end()) return found->second;
    return Engine::system_value(name);
  };
  return {std::move(parameters), std::move(environment), std::move(services), hostname_, time_zone_};
}

}  // namespace flow

#include "flow/engine/group_scopes.h"

#include <algorithm>

#include "flow/engine/engine.h"

namespace flow {
namespace {

/// The value of a parameter in a context: its own, then those it inherits from, in order.
std::optional<std::string> find_parameter(const FlowDefinition& flow, const std::string& context_name,
                                          std::string_view name, int depth) {
  const auto context = flow.contexts.find(context_name);
  if (context == flow.contexts.end() || depth > 20) return std::nullopt;
  const auto& parameters = context->second.parameters;
  if (const auto own = parameters.find(std::string(name)); own != parameters.end())
    return own->second.value.value_or("");
  for (const auto& inherited : context->second.inherited)
    if (auto value = find_parameter(flow, inherited, name, depth + 1)) return value;
  return std::nullopt;
}

}  // namespace

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
    return find_parameter(flow_, context, name, 0);
  };
  auto environment = [variables = variables_of(group)](std::string_view name) -> std::optional<std::string> {
    if (const auto found = variables.find(std::string(name)); found != variables.end()) return found->second;
    return Engine::system_value(name);
  };
  return {std::move(parameters), std::move(environment), std::move(services), hostname_, time_zone_};
}

}  // namespace flow

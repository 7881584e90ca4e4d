#include "flow/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <functional>

namespace flow {
namespace {

using Visit = std::function<void(const std::string& context, const std::string& name, const ParameterDefinition&)>;

/// Each context once, in the order in which parameters count.
void visit_contexts(const FlowDefinition& flow, const std::string& name, std::set<std::string>& seen,
                    const Visit& visit) {
  const auto context = flow.contexts.find(name);
  if (context == flow.contexts.end() || !seen.insert(name).second) return;
  for (const auto& [parameter, definition] : context->second.parameters) visit(name, parameter, definition);
  for (const auto& inherited : context->second.inherited) visit_contexts(flow, inherited, seen, visit);
}

bool reaches(const FlowDefinition& flow, const std::string& from, const std::string& to, std::set<std::string>& seen) {
  const auto context = flow.contexts.find(from);
  if (context == flow.contexts.end() || !seen.insert(from).second) return false;
  return std::ranges::any_of(context->second.inherited, [&](const std::string& inherited) {
    return inherited == to || reaches(flow, inherited, to, seen);
  });
}

/// Whether the file says what kind of property that is; flow.xml, for one, does not.
bool is_described(const ConfiguredDefinition& component, std::string_view key) {
  const auto* descriptors = component.saved == nullptr ? nullptr : component.saved->if_contains("propertyDescriptors");
  return descriptors != nullptr && descriptors->is_object() && descriptors->get_object().contains(key);
}

class Check {
 public:
  Check(const FlowDefinition& flow, const std::set<std::string>& given) : flow_(flow), given_(given) {}

  std::vector<Finding> run() {
    for (const auto& [name, context] : flow_.contexts) check_context(name, context);
    for (const auto& group : flow_.groups)
      if (!group.parameter_context.empty() && !flow_.contexts.contains(group.parameter_context))
        add(Finding::Kind::Trap, "",
            fmt::format("process group '{}' uses the parameter context '{}', which is not in the file", group.name,
                        group.parameter_context));
    for (const auto& processor : flow_.processors) check_properties(processor, "processor");
    for (const auto& service : flow_.services) check_properties(service, "controller service");
    return std::move(findings_);
  }

 private:
  void add(Finding::Kind kind, std::string where, std::string text) {
    findings_.push_back({kind, std::move(where), std::move(text)});
  }

  void check_context(const std::string& name, const ParameterContext& context) {
    for (const auto& [parameter, definition] : context.parameters)
      if (definition.sensitive && !definition.value && !given_.contains(parameter))
        add(Finding::Kind::MissingSecret, "",
            fmt::format("parameter '{}' of context '{}' is sensitive and has no value (--secret '{}=..')", parameter,
                        name, parameter));
    for (const auto& inherited : context.inherited)
      if (!flow_.contexts.contains(inherited))
        add(Finding::Kind::Trap, "",
            fmt::format("parameter context '{}' inherits from '{}', which is not in the file", name, inherited));
    std::set<std::string> seen;
    if (reaches(flow_, name, name, seen))
      add(Finding::Kind::Trap, "", fmt::format("parameter context '{}' inherits from itself", name));
    std::map<std::string, std::pair<std::string, bool>> first;  // context, sensitive
    seen.clear();
    visit_contexts(flow_, name, seen, [&](const auto& owner, const auto& parameter, const auto& definition) {
      const auto [known, fresh] = first.emplace(parameter, std::pair(owner, definition.sensitive));
      if (!fresh && known->second.second != definition.sensitive && (known->second.first == name || owner == name))
        add(Finding::Kind::Trap, "",
            fmt::format("parameter '{}' is sensitive in one of the contexts '{}' and '{}' and not in the other: NiFi "
                        "refuses that",
                        parameter, known->second.first, owner));
    });
  }

  void check_properties(const ConfiguredDefinition& component, std::string_view kind) {
    const auto group = std::ranges::find(flow_.groups, component.group, &GroupDefinition::id);
    if (group == flow_.groups.end() || group->parameter_context.empty()) return;
    const auto parameters = effective_parameters(flow_, group->parameter_context);
    for (const auto& [key, value] : component.properties) {
      if (!value) continue;
      const bool sensitive = std::ranges::count(component.sensitive, key) > 0;
      for (const auto& name : referred_parameters(*value)) {
        const auto found = parameters.find(name);
        if (found == parameters.end()) continue;  // which makes the component invalid
        const auto say = [&](std::string_view text) {
          add(Finding::Kind::Trap, component.place,
              fmt::format("{} '{}', property '{}': {} (parameter '{}')", kind, component.name, key, text, name));
        };
        if (sensitive && !found->second->sensitive)
          say("NiFi takes a sensitive parameter only");
        else if (sensitive && *value != "#{" + name + "}")
          say("NiFi takes one sensitive parameter and nothing beside it");
        else if (!sensitive && found->second->sensitive && is_described(component, key))
          say("NiFi takes no sensitive parameter here");
      }
    }
  }

  const FlowDefinition& flow_;
  const std::set<std::string>& given_;
  std::vector<Finding> findings_;
};

}  // namespace

std::map<std::string, const ParameterDefinition*> effective_parameters(const FlowDefinition& flow,
                                                                       const std::string& context) {
  std::map<std::string, const ParameterDefinition*> parameters;
  std::set<std::string> seen;
  visit_contexts(flow, context, seen,
                 [&](const auto&, const auto& name, const auto& definition) { parameters.emplace(name, &definition); });
  return parameters;
}

std::optional<std::string> find_parameter_value(const FlowDefinition& flow, const std::string& context,
                                                std::string_view name) {
  const auto parameters = effective_parameters(flow, context);
  const auto found = parameters.find(std::string(name));
  if (found == parameters.end()) return std::nullopt;
  return found->second->value.value_or("");
}

std::vector<std::string> referred_parameters(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t at = text.find("#{"); at != std::string_view::npos; at = text.find("#{", at + 2)) {
    // Of a run of # each pair is one literal #; an odd one left refers.
    std::size_t run = 1;
    while (run <= at && text[at - run] == '#') ++run;
    const auto end = text.find('}', at);
    if (run % 2 == 1 && end != std::string_view::npos) names.emplace_back(text.substr(at + 2, end - at - 2));
  }
  return names;
}

std::vector<Finding> check_parameters(const FlowDefinition& flow, const std::set<std::string>& given) {
  return Check(flow, given).run();
}

}  // namespace flow

#include "flow/format/references.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/format/agent_migration.h"

namespace flow {

void ComponentIds::add(const std::string& id, const std::string& group, const std::string& alias) {
  ids_.insert(id);
  parents_.emplace(id, group);
  aliases_[id].emplace(group, id);
  if (!alias.empty()) aliases_[alias].emplace(group, id);
}

std::optional<std::string> ComponentIds::find_end(std::string_view alias, const std::string& group,
                                                  std::string_view named_group) const {
  const auto found = aliases_.find(alias);
  if (alias.empty() || found == aliases_.end()) return std::nullopt;
  const auto& by_group = found->second;
  if (const auto named = find(named_group, group))
    if (const auto in_it = by_group.find(*named); in_it != by_group.end()) return in_it->second;
  if (const auto here = by_group.find(group); here != by_group.end()) return here->second;
  for (const auto& [in_group, id] : by_group)
    if (const auto parent = parents_.find(in_group); parent != parents_.end() && parent->second == group) return id;
  return by_group.begin()->second;
}

std::optional<std::string> ComponentIds::find(std::string_view alias, const std::string& group) const {
  const auto found = aliases_.find(alias);
  if (alias.empty() || found == aliases_.end()) return std::nullopt;
  const auto here = found->second.find(group);
  return here != found->second.end() ? here->second : found->second.begin()->second;
}

namespace {

class Linker {
 public:
  Linker(FlowDefinition& flow, const ComponentIds& ids, const Places& places,
         const std::map<std::string, std::string>& paths)
      : flow_(flow), ids_(ids), places_(places), paths_(paths) {
    for (const auto& group : flow_.groups) parents_[group.id] = group.parent;
    for (const auto& service : flow_.services) services_.insert(service.id);
  }

  void link(ConfiguredDefinition& component, std::string_view kind) const {
    for (auto& [key, value] : component.properties) {
      if (!value || value->empty() || value->find("#{") != std::string::npos) continue;
      const bool declared = std::ranges::count(component.references, key) > 0;
      if (auto id = service_for(*value, component)) {
        if (!declared) component.references.push_back(key);
        value = *std::move(id);
        continue;
      }
      if (declared) {
        const auto external = std::ranges::find(flow_.external_services, *value, &ExternalService::id);
        flow_.findings.push_back(
            {Finding::Kind::MissingService, where(component, key),
             fmt::format("{} '{}': '{}' refers to the controller service '{}', which is not in the file", kind,
                         component.name, key, external == flow_.external_services.end() ? *value : external->name)});
      }
    }
  }

 private:
  std::optional<std::string> service_for(const std::string& value, const ConfiguredDefinition& component) const {
    const auto& group = component.group;
    if (const auto id = ids_.find(value, group); id && services_.contains(*id)) return id;
    if (const auto external = std::ranges::find(flow_.external_services, value, &ExternalService::id);
        external != flow_.external_services.end())
      return by_name(external->name, group);
    // MiNiFi's files have names, and do not say which properties refer to services.
    return is_of_agent(flow_, component) ? by_name(value, group) : std::nullopt;
  }

  /// The nearest one with that name.
  std::optional<std::string> by_name(std::string_view name, std::string group) const {
    for (;;) {
      for (const auto& service : flow_.services)
        if (service.group == group && service.name == name) return service.id;
      const auto parent = parents_.find(group);
      if (parent == parents_.end()) return std::nullopt;
      group = parent->second;
    }
  }

  std::string where(const ConfiguredDefinition& component, const std::string& key) const {
    const auto path = paths_.find(component.id);
    return places_.text(path == paths_.end() ? "$" : path_below(path->second + ".properties", key));
  }

  FlowDefinition& flow_;
  const ComponentIds& ids_;
  const Places& places_;
  const std::map<std::string, std::string>& paths_;
  std::map<std::string, std::string> parents_;
  std::set<std::string> services_;
};

}  // namespace

void link_services(FlowDefinition& flow, const ComponentIds& ids, const Places& places,
                   const std::map<std::string, std::string>& paths) {
  const Linker linker(flow, ids, places, paths);
  for (auto& processor : flow.processors) linker.link(processor, "processor");
  for (auto& service : flow.services) linker.link(service, "controller service");
}

}  // namespace flow

#include "flow/engine/wiring.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/engine/quantity.h"
#include "flow/known_types.h"

namespace flow {
namespace {

std::vector<std::string> relationships_of(const Component& component) {
  if (component.processor != nullptr)
    if (auto own = component.processor->relationships(component.configuration)) return std::move(*own);
  std::vector<std::string> names;
  for (const auto& relationship : component.description->relationships) names.emplace_back(relationship.name);
  if (component.description->dynamic_relationships)
    for (const auto& dynamic : component.configuration.dynamic()) names.push_back(dynamic.name);
  return names;
}

/// NiFi 1 had the schedules of Quartz, NiFi 2 has those of Spring.
void schedule_by_cron(Component& component, const ProcessorDefinition& definition) {
  const auto version = std::string_view(definition.bundle).substr(definition.bundle.rfind(':') + 1);
  const auto dialect = version.starts_with("2.") ? Cron::Dialect::Spring : Cron::Dialect::Quartz;
  auto cron = Cron::parse(definition.scheduling_period, dialect);
  if (cron)
    component.cron = std::move(*cron);
  else
    component.problems.push_back(
        fmt::format("{} '{}': scheduling period: {}", component.type, component.name, cron.error().message));
}

void schedule(Component& component, const ProcessorDefinition& definition) {
  const auto duration = [&](std::string_view what, const std::string& text) {
    if (const auto parsed = parse_duration(text)) return *parsed;
    component.problems.push_back(
        fmt::format("{} '{}': {} '{}' is not a duration", component.type, component.name, what, text));
    return std::chrono::nanoseconds{0};
  };
  const auto& strategy = definition.scheduling_strategy;
  if (strategy == "TIMER_DRIVEN" || strategy == "PRIMARY_NODE_ONLY")
    component.period = duration("scheduling period", definition.scheduling_period);
  else if (strategy == "CRON_DRIVEN")
    schedule_by_cron(component, definition);
  else if (strategy != "EVENT_DRIVEN")
    component.problems.push_back(fmt::format("{} '{}': scheduling strategy {} is not supported; use TIMER_DRIVEN",
                                             component.type, component.name, strategy));
  component.penalty = duration("penalty duration", definition.penalty_duration);
  component.yield = duration("yield duration", definition.yield_duration);
  if (component.description->batches) component.slice = std::chrono::milliseconds{definition.run_duration};
  component.tasks_max = component.description->serial ? 1 : definition.concurrent_tasks;
}

void relationships(Component& component, const ProcessorDefinition& definition) {
  component.auto_terminated.insert(definition.auto_terminated.begin(), definition.auto_terminated.end());
  component.retried.insert(definition.retried.begin(), definition.retried.end());
  component.retry_count = definition.retry_count;
  component.backoff_yields = definition.backoff_yields;
  component.max_backoff = parse_duration(definition.max_backoff).value_or(std::chrono::minutes{10});
  for (const auto& relationship : component.description->relationships)
    if (relationship.failure) component.failures.emplace(relationship.name);
}

}  // namespace

std::unique_ptr<Component> Wiring::make(const ProcessorDefinition& definition, const Services& services,
                                        std::vector<std::string>& notes) const {
  auto component = std::make_unique<Component>();
  component->id = definition.id;
  component->group = definition.group;
  component->name = definition.name;
  component->bulletin_level = bulletin_level_of(definition.bulletin_level);
  component->variables = scopes_.variables_of(definition.group);
  component->description = find_description(definition.type);
  if (component->description == nullptr) {
    component->type = definition.type.substr(definition.type.rfind('.') + 1);
    component->problems.push_back(
        fmt::format("processor '{}': {}", definition.name, not_implemented(definition.type, definition.bundle)));
    return component;
  }
  component->type = component->description->short_type();
  schedule(*component, definition);
  relationships(*component, definition);
  component->lasting_problems = !component->problems.empty();
  configure(*component, definition, services, notes);
  return component;
}

void Wiring::configure(Component& component, const ProcessorDefinition& definition, const Services& services,
                       std::vector<std::string>& notes) const {
  const auto builder = scopes_.builder(definition.group, controller_services_.lookup(definition.group));
  component.configuration = builder.build(definition, *component.description, component.problems, notes);
  component.processor = component.description->make();
  if (!component.problems.empty()) return;
  if (const auto prepared = component.processor->prepare(component.configuration, services); !prepared)
    component.problems.push_back(prepared.error().message);
}

void Wiring::check(Component& component) {
  if (component.description == nullptr) return;
  const auto& description = *component.description;
  component.relationships = relationships_of(component);
  const auto& relationships = component.relationships;
  const auto known = [&](const std::string& name) { return std::ranges::count(relationships, name) > 0; };
  const auto say = [&](std::string text) {
    component.problems.push_back(fmt::format("{} '{}': {}", component.type, component.name, text));
  };
  for (const auto& [relationship, queues] : component.outputs)
    if (!known(relationship)) say(fmt::format("has no relationship '{}', which a connection selects", relationship));
  const auto must_lead_somewhere = [&](const std::string& name) {
    if (!component.outputs.contains(name) && !component.auto_terminated.contains(name))
      say(fmt::format("relationship '{}' is not connected to any component and is not auto-terminated", name));
  };
  for (const auto& relationship : relationships) must_lead_somewhere(relationship);
  if (description.input == Input::Required && component.inputs.empty()) say("needs an incoming connection");
  if (description.input == Input::Forbidden && !component.inputs.empty()) say("takes no incoming connection");
}

}  // namespace flow

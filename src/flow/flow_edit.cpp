// Changes of flows that are there.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "flow/flow.h"
#include "flow/format/definition.h"
#include "flow/format/definition_writer.h"

namespace flow {
namespace {

namespace json = boost::json;

/// What is queued in connections that a new version of a flow does not have.
base::Status check_queues(const FlowStatus& status, const FlowDefinition& definition) {
  for (const auto& connection : status.connections) {
    const bool stays = std::ranges::count(definition.connections, connection.id, &ConnectionDefinition::id) > 0;
    if (!stays && connection.files > 0)
      return base::fail(base::ErrorKind::Conflict,
                        fmt::format("the connection from '{}' to '{}' still holds {} flowfiles", connection.source_name,
                                    connection.destination_name, connection.files));
  }
  return {};
}

/// Processors and ports that a flow did not have before, which stand still also in one that runs. (Funnels always run.)
std::set<std::string> new_components(const FlowDefinition& before, const FlowDefinition& after) {
  std::set<std::string> ids;
  for (const auto& processor : after.processors)
    if (std::ranges::count(before.processors, processor.id, &ProcessorDefinition::id) == 0) ids.insert(processor.id);
  for (const auto& port : after.ports)
    if (port.kind != PortKind::Funnel && std::ranges::count(before.ports, port.id, &PortDefinition::id) == 0)
      ids.insert(port.id);
  return ids;
}

bool has_shared_context(const FlowDefinition& definition) {
  return std::ranges::any_of(definition.contexts, [](const auto& context) { return context.second.shared; });
}

bool names_context(const FlowDefinition& definition, const std::vector<SharedContext>& contexts) {
  return std::ranges::any_of(definition.groups, [&](const auto& group) {
    return std::ranges::count(contexts, group.parameter_context, &SharedContext::name) > 0;
  });
}

}  // namespace

base::Status Flow::edit(const std::string& id, const Change& change) {
  const std::lock_guard lock(flows_mutex_);
  const auto found = flows_.find(id);
  if (found == flows_.end()) return base::fail(base::ErrorKind::NotFound, fmt::format("no flow with the id {}", id));
  auto& imported = found->second;
  auto document = write_instance(imported.definition);
  TRY_VOID(change(document));
  auto text = json::serialize(document);
  TRY(auto definition, read_definition(text, imported.file));
  if (definition.root != id)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("the root group of flow {} must stay", id));
  add_shared_contexts(definition, contexts_);
  auto before = imported;
  imported.text = std::move(text);
  imported.sensitive_key.clear();  // what it opened is in the open
  imported.definition = std::move(definition);
  std::erase_if(imported.exceptions, [&](const std::string& component) {
    return std::ranges::count(imported.definition.processors, component, &ProcessorDefinition::id) == 0 &&
           std::ranges::count(imported.definition.ports, component, &PortDefinition::id) == 0;
  });
  if (imported.running) imported.exceptions.merge(new_components(before.definition, imported.definition));
  return load_or_return(id, std::move(before));
}

base::Status Flow::merge(const std::string& from, const std::string& into) {
  const std::lock_guard lock(flows_mutex_);
  for (const auto& id : {from, into})
    if (!flows_.contains(id)) return base::fail(base::ErrorKind::NotFound, fmt::format("no flow with the id {}", id));
  auto moved = flows_.at(from);
  auto made = flows_.at(into);
  auto document = write_instance(made.definition);
  auto inner = write_instance(moved.definition);
  for (const auto& context : inner.at("parameterContexts").as_array()) {
    const std::string name(std::string_view(context.at("name").as_string()));
    if (made.definition.contexts.contains(name))
      return base::fail(base::ErrorKind::Conflict,
                        fmt::format("flows '{}' and '{}' both have a parameter context '{}' of their own",
                                    moved.definition.name, made.definition.name, name));
    document.at("parameterContexts").as_array().push_back(context);
  }
  for (const auto& [name, value] : moved.parameters)
    if (const auto [there, is_new] = made.parameters.emplace(name, value); !is_new && there->second != value)
      return base::fail(base::ErrorKind::Conflict,
                        fmt::format("flows '{}' and '{}' both have a value for parameter '{}'", moved.definition.name,
                                    made.definition.name, name));
  made.secrets.insert(moved.secrets.begin(), moved.secrets.end());
  auto& group = inner.at("rootGroup").as_object();
  group["groupIdentifier"] = into;
  document.at("rootGroup").as_object()["processGroups"].as_array().push_back(group);
  made.text = json::serialize(document);
  made.sensitive_key.clear();
  TRY(made.definition, read_definition(made.text, made.file));
  add_shared_contexts(made.definition, contexts_);
  // Who runs, as an exception of the flow that they are in from now on.
  const auto note = [&](const auto& components) {
    for (const auto& component : components) {
      const bool runs = moved.running != moved.exceptions.contains(component.id);
      if (runs != made.running) made.exceptions.insert(component.id);
    }
  };
  note(moved.definition.processors);
  note(moved.definition.ports);
  const auto before = flows_;
  engine_->stop(from);
  engine_->stop(into);
  engine_->remove(from);  // its flowfiles wait for their connections
  flows_.erase(from);
  flows_.at(into) = std::move(made);
  std::vector<std::string> notes;
  auto outcome = load(flows_.at(into), notes);
  if (outcome) outcome = save();
  if (outcome) return {};
  engine_->stop(into);
  flows_ = before;
  (void)load(flows_.at(into), notes);
  (void)load(flows_.at(from), notes);
  return outcome;
}

base::Status Flow::load_or_return(const std::string& id, Imported before) {
  auto& imported = flows_.at(id);
  std::vector<std::string> notes;
  engine_->stop(id);  // so that queues stay as they are
  auto outcome = check_queues(status(id), imported.definition);
  if (outcome) outcome = load(imported, notes, Engine::Counts::GoOn);
  if (outcome) outcome = save();
  if (outcome) return {};
  imported = std::move(before);
  (void)load(imported, notes, Engine::Counts::GoOn);
  return outcome;
}

bool Flow::note_states(const std::string& id, RunState state) {
  bool changed = false;
  for (const auto& component : engine_->status().components) {
    if (component.id != id && component.group != id) continue;
    const auto flow = flows_.find(component.flow);
    if (flow == flows_.end()) continue;
    auto& exceptions = flow->second.exceptions;
    const bool is_exception = flow->second.running != (state == RunState::Running);
    changed = (is_exception ? exceptions.insert(component.id).second : exceptions.erase(component.id) > 0) || changed;
  }
  return changed;
}

bool Flow::start_funnels() {
  std::set<std::string> running;
  const auto status = engine_->status();
  for (const auto& component : status.components)
    if (component.state == RunState::Running) running.insert(component.flow);
  bool changed = false;
  for (const auto& component : status.components) {
    if (component.type != "Funnel" || component.state != RunState::Stopped || !running.contains(component.flow))
      continue;
    engine_->start(component.id);
    changed = note_states(component.id, RunState::Running) || changed;
  }
  return changed;
}

base::Status Flow::restore_contexts() {
  TRY(const bool exists, disk_.exists(contexts_path()));
  if (!exists) return {};
  TRY(const auto text, disk_.read_all(contexts_path()));
  TRY(contexts_, read_shared_contexts({text.data(), text.size()}, contexts_path()));
  return {};
}

base::Result<std::string> Flow::templates() const {
  const std::lock_guard lock(flows_mutex_);
  TRY(const bool exists, disk_.exists(templates_path()));
  if (!exists) return std::string();
  return disk_.read_all(templates_path());
}

base::Status Flow::set_templates(const std::string& text) {
  const std::lock_guard lock(flows_mutex_);
  return disk_.replace_all(templates_path(), text);
}

std::vector<SharedContext> Flow::contexts() const {
  const std::lock_guard lock(flows_mutex_);
  return contexts_;
}

base::Status Flow::set_contexts(std::vector<SharedContext> contexts) {
  TRY_VOID(check_shared_contexts(contexts));
  const std::lock_guard lock(flows_mutex_);
  TRY_VOID(disk_.replace_all(contexts_path(), write_shared_contexts(contexts)));
  contexts_ = std::move(contexts);
  for (auto& [id, imported] : flows_) {
    if (!has_shared_context(imported.definition) && !names_context(imported.definition, contexts_)) continue;
    add_shared_contexts(imported.definition, contexts_);
    std::vector<std::string> notes;
    TRY_VOID(load(imported, notes, Engine::Counts::GoOn));
  }
  return {};
}

}  // namespace flow

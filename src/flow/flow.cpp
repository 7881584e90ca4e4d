#include "flow/flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "flow/format/definition.h"

namespace flow {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(std::string_view(value->get_string())) : std::string{};
}

}  // namespace

Flow::Flow(Options options, base::Disk& disk) : options_(std::move(options)), disk_(disk) {}

Flow::~Flow() { (void)shut_down(); }

base::Result<std::unique_ptr<Flow>> Flow::open(Options options, base::Disk& disk, base::Clock& clock, base::WallClock& wall_clock,
                                               store::ObjectStore& objects) {
  std::unique_ptr<Flow> flow(new Flow(std::move(options), disk));
  const auto& given = flow->options_;
  TRY_VOID(disk.make_directory(given.directory));
  TRY(flow->repository_, Repository::open({.directory = given.directory, .content_file_bytes = given.content_file_bytes, .log_bytes = given.log_bytes}, disk));
  const int parallel = clock.is_virtual() ? 1 : given.parallel_puts;
  flow->targets_ = std::make_unique<DefaultTargets>(objects, parallel, given.local_endpoints, given.remote);
  Engine::Environment environment{.hostname = given.hostname, .time_zone = given.time_zone,
                                  // Another part of the sequence after each start: uuids do not come twice.
                                  .seed = given.seed ^ (flow->repository_->next_file_id() * 0x9E3779B97F4A7C15ULL),
                                  .forget_tokens = [&objects](const std::string& source, std::span<const std::string> ids) {
                                    return objects.forget_tokens(source, ids);
                                  }};
  flow->engine_ = std::make_unique<Engine>(*flow->repository_, Services{clock, wall_clock, *flow->targets_}, std::move(environment));
  TRY_VOID(flow->restore());
  return flow;
}

base::Status Flow::restore() {
  TRY(const bool exists, disk_.exists(catalog_path()));
  if (!exists) return {};
  TRY(const auto text, disk_.read_all(catalog_path()));
  boost::system::error_code error;
  const auto document = json::parse({text.data(), text.size()}, error);
  if (error || !document.is_array()) return base::fail(base::ErrorKind::Internal, fmt::format("{} is damaged", catalog_path()));
  for (const auto& value : document.get_array()) {
    const auto* object = value.if_object();
    if (object == nullptr) return base::fail(base::ErrorKind::Internal, fmt::format("{} is damaged", catalog_path()));
    Imported imported{.text = text_of(*object, "text"), .file = text_of(*object, "file")};
    if (const auto* parameters = object->if_contains("parameters"); parameters != nullptr && parameters->is_object())
      for (const auto& [name, parameter] : parameters->get_object()) imported.parameters[std::string(name)] = text_of(parameters->get_object(), name);
    if (const auto* running = object->if_contains("running"); running != nullptr && running->is_bool()) imported.running = running->get_bool();
    TRY(imported.definition, read_definition(imported.text, imported.file));
    const auto id = imported.definition.root;
    flows_[id] = std::move(imported);
  }
  TRY_VOID(reload());
  return {};
}

base::Status Flow::save() {
  json::array document;
  for (const auto& [id, imported] : flows_) {
    json::object parameters;
    for (const auto& [name, value] : imported.parameters) parameters[name] = value;
    document.push_back(json::object{{"file", imported.file}, {"running", imported.running}, {"parameters", std::move(parameters)}, {"text", imported.text}});
  }
  return disk_.replace_all(catalog_path(), json::serialize(document));
}

base::Result<std::vector<std::string>> Flow::reload() {
  std::vector<FlowDefinition> definitions;
  std::map<std::string, std::map<std::string, std::string>> parameters;
  for (const auto& [id, imported] : flows_) {
    definitions.push_back(imported.definition);
    parameters[id] = imported.parameters;
  }
  std::vector<std::string> notes;
  engine_->stop();
  TRY_VOID(engine_->load(definitions, parameters, notes));
  for (const auto& [id, imported] : flows_) {
    if (!imported.running) continue;
    for (const auto& group : imported.definition.groups) engine_->start(group.id);
  }
  return notes;
}

base::Result<ImportReport> Flow::import_definition(std::string_view text, const std::string& file, const std::map<std::string, std::string>& parameters) {
  TRY(auto definition, read_definition(text, file));
  const std::lock_guard lock(flows_mutex_);
  if (threads_run_) return base::fail(base::ErrorKind::Conflict, "stop the flow threads before a flow is imported");
  ImportReport report{.id = definition.root, .name = definition.name, .problems = {}, .notes = definition.warnings};
  auto before = flows_;
  auto& imported = flows_[report.id];
  for (const auto& [name, value] : parameters) imported.parameters[name] = value;
  imported.text = text;
  imported.file = file;
  imported.definition = std::move(definition);
  auto notes = reload();
  auto outcome = notes ? save() : base::fail(notes.error());
  if (!outcome) {
    flows_ = std::move(before);
    (void)reload();
    return base::fail(std::move(outcome).error());
  }
  report.notes.insert(report.notes.end(), notes->begin(), notes->end());
  for (const auto& component : engine_->status().components) {
    const auto& groups = imported.definition.groups;
    if (std::ranges::none_of(groups, [&](const auto& group) { return group.id == component.group; })) continue;
    report.problems.insert(report.problems.end(), component.problems.begin(), component.problems.end());
  }
  return report;
}

base::Status Flow::remove(const std::string& id) {
  const std::lock_guard lock(flows_mutex_);
  const auto found = flows_.find(id);
  if (found == flows_.end()) return base::fail(base::ErrorKind::NotFound, fmt::format("no flow with the id {}", id));
  if (threads_run_) return base::fail(base::ErrorKind::Conflict, "stop the flow threads before a flow is removed");
  for (const auto& connection : engine_->status().connections)
    if (connection.files > 0 && std::ranges::any_of(found->second.definition.groups, [&](const auto& g) { return g.id == connection.group; }))
      return base::fail(base::ErrorKind::Conflict, fmt::format("the connection from '{}' to '{}' still holds {} flowfiles", connection.source_name,
                                                               connection.destination_name, connection.files));
  flows_.erase(found);
  TRY_VOID(reload());
  return save();
}

base::Status Flow::set_parameters(const std::string& id, const std::map<std::string, std::string>& parameters) {
  const std::lock_guard lock(flows_mutex_);
  const auto found = flows_.find(id);
  if (found == flows_.end()) return base::fail(base::ErrorKind::NotFound, fmt::format("no flow with the id {}", id));
  if (threads_run_) return base::fail(base::ErrorKind::Conflict, "stop the flow threads before parameters are changed");
  auto& imported = found->second;
  for (const auto& [name, value] : parameters) {
    if (std::ranges::none_of(imported.definition.contexts, [&](const auto& context) { return context.second.parameters.contains(name); }))
      return base::fail(base::ErrorKind::NotFound, fmt::format("flow '{}' has no parameter '{}'", imported.definition.name, name));
  }
  for (const auto& [name, value] : parameters) imported.parameters[name] = value;
  TRY_VOID(reload());
  return save();
}

std::vector<FlowDefinition> Flow::definitions() const {
  const std::lock_guard lock(flows_mutex_);
  std::vector<FlowDefinition> list;
  for (const auto& [id, imported] : flows_) list.push_back(imported.definition);
  return list;
}

base::Result<std::string> Flow::export_definition(const std::string& id) const {
  const std::lock_guard lock(flows_mutex_);
  const auto found = flows_.find(id);
  if (found == flows_.end()) return base::fail(base::ErrorKind::NotFound, fmt::format("no flow with the id {}", id));
  return found->second.text;
}

std::vector<std::string> Flow::problems(const std::string& id) const {
  std::vector<std::string> problems;
  const std::lock_guard lock(flows_mutex_);
  const auto found = flows_.find(id);
  if (found == flows_.end()) return problems;
  for (const auto& component : engine_->status().components)
    if (std::ranges::any_of(found->second.definition.groups, [&](const auto& group) { return group.id == component.group; }))
      problems.insert(problems.end(), component.problems.begin(), component.problems.end());
  return problems;
}

base::Result<std::size_t> Flow::start(const std::string& id) {
  const std::lock_guard lock(flows_mutex_);
  std::size_t started = 0;
  bool known = id.empty();
  for (auto& [root, imported] : flows_) {
    if (!id.empty() && id != root) continue;
    known = true;
    imported.running = true;
    for (const auto& group : imported.definition.groups) started += engine_->start(group.id);
  }
  if (!known) {  // a group or component, for now: what runs after a restart is said per flow
    started = engine_->start(id);
    if (started == 0) return base::fail(base::ErrorKind::NotFound, fmt::format("no flow, group or valid component with the id {}", id));
    return started;
  }
  TRY_VOID(save());
  return started;
}

base::Status Flow::stop(const std::string& id) {
  const std::lock_guard lock(flows_mutex_);
  bool known = id.empty();
  for (auto& [root, imported] : flows_) {
    if (!id.empty() && id != root) continue;
    known = true;
    imported.running = false;
    for (const auto& group : imported.definition.groups) engine_->stop(group.id);
  }
  if (!known) engine_->stop(id);
  return known ? save() : base::Status{};
}

base::Result<IdleReport> Flow::run_until_idle(const IdleOptions& options) { return engine_->run_until_idle(options); }

void Flow::start_threads() {
  const std::lock_guard lock(flows_mutex_);
  if (threads_run_) return;
  threads_run_ = true;
  engine_->start_threads(options_.threads);
}

base::Status Flow::shut_down() {
  const std::lock_guard lock(flows_mutex_);
  threads_run_ = false;
  if (engine_ == nullptr) return {};
  return engine_->stop_threads();
}

FlowStatus Flow::status() const { return engine_->status(); }
base::Status Flow::clear_state(const std::string& component) { return engine_->clear_state(component); }

}  // namespace flow

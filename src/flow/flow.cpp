#include "flow/flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "flow/advice.h"
#include "flow/format/definition.h"
#include "flow/format/definition_writer.h"

namespace flow {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(std::string_view(value->get_string())) : std::string{};
}

/// Of what is kept and does not run, people should hear at each import; the rest is for who asks (flow check).
bool is_worth_a_note(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::Ghost:
    case Finding::Kind::MissingService:
    case Finding::Kind::MissingFlow:
    case Finding::Kind::NoEffect: return true;
    case Finding::Kind::MissingSecret:
    case Finding::Kind::Migration:
    case Finding::Kind::ChangedDefault:
    case Finding::Kind::Trap: return false;
  }
  return false;
}

std::vector<std::string> problems_of(const FlowStatus& status) {
  std::vector<std::string> problems;
  const auto add = [&](const std::vector<std::string>& more) {
    problems.insert(problems.end(), more.begin(), more.end());
  };
  for (const auto& service : status.services) add(service.problems);
  for (const auto& component : status.components) add(component.problems);
  return problems;
}

}  // namespace

Flow::Flow(Options options, base::Disk& disk) : options_(std::move(options)), disk_(disk) {}

Flow::~Flow() { (void)shut_down(); }

base::Result<std::unique_ptr<Flow>> Flow::open(Options options, base::Disk& disk, base::Clock& clock,
                                               base::WallClock& wall_clock, store::ObjectStore& objects) {
  std::unique_ptr<Flow> flow(new Flow(std::move(options), disk));
  const auto& given = flow->options_;
  TRY_VOID(disk.make_directory(given.directory));
  TRY(flow->repository_, Repository::open({.directory = given.directory,
                                           .content_file_bytes = given.content_file_bytes,
                                           .log_bytes = given.log_bytes,
                                           .archive_bytes = given.archive_bytes,
                                           .provenance = given.provenance},
                                          disk));
  const int parallel = clock.is_virtual() ? 1 : given.parallel_puts;
  flow->targets_ = std::make_unique<DefaultTargets>(objects, parallel, given.local_endpoints, given.remote);
  Engine::Environment environment{
      .hostname = given.hostname,
      .host_address = given.host_address,
      .time_zone = given.time_zone,
      // Another part of the sequence after each start: uuids do not come twice.
      .seed = given.seed ^ (flow->repository_->next_file_id() * 0x9E3779B97F4A7C15ULL),
      .swap_at = given.swap_at,
      .queue_memory_max = given.queue_memory_max,
      .free_space = [&disk, directory = given.directory] { return disk.free_space(directory); },
      .free_space_min = given.free_space_min,
      .forget_tokens = [&objects, driver = given.links.driver](const std::string& source,
                                                               std::span<const std::string> ids) -> base::Status {
        if (driver != nullptr) TRY_VOID(driver->forget_tokens(source, ids));
        return objects.forget_tokens(source, ids);
      }};
  Services services{.clock = clock,
                    .wall_clock = wall_clock,
                    .targets = *flow->targets_,
                    .listen_address = given.listen_address,
                    .links = given.links};
  flow->engine_ = std::make_unique<Engine>(*flow->repository_, std::move(services), std::move(environment));
  TRY_VOID(flow->restore());
  return flow;
}

base::Status Flow::restore() {
  TRY_VOID(restore_contexts());
  TRY(const bool exists, disk_.exists(catalog_path()));
  if (!exists) return {};
  TRY(const auto text, disk_.read_all(catalog_path()));
  boost::system::error_code error;
  const auto document = json::parse({text.data(), text.size()}, error);
  if (error || !document.is_array())
    return base::fail(base::ErrorKind::Internal, fmt::format("{} is damaged", catalog_path()));
  for (const auto& value : document.get_array()) {
    const auto* object = value.if_object();
    if (object == nullptr) return base::fail(base::ErrorKind::Internal, fmt::format("{} is damaged", catalog_path()));
    Imported imported{.text = text_of(*object, "text"), .file = text_of(*object, "file")};
    imported.sensitive_key = text_of(*object, "sensitive_key");
    if (const auto* parameters = object->if_contains("parameters"); parameters != nullptr && parameters->is_object())
      for (const auto& [name, parameter] : parameters->get_object())
        imported.parameters[std::string(name)] = text_of(parameters->get_object(), name);
    if (const auto* secrets = object->if_contains("secrets"); secrets != nullptr && secrets->is_array())
      for (const auto& name : secrets->get_array())
        if (name.is_string()) imported.secrets.emplace(std::string_view(name.get_string()));
    if (const auto* running = object->if_contains("running"); running != nullptr && running->is_bool())
      imported.running = running->get_bool();
    if (const auto* exceptions = object->if_contains("exceptions"); exceptions != nullptr && exceptions->is_array())
      for (const auto& id : exceptions->get_array())
        if (id.is_string()) imported.exceptions.emplace(std::string_view(id.get_string()));
    TRY(imported.definition, read_definition(imported.text, imported.file, imported.sensitive_key));
    add_shared_contexts(imported.definition, contexts_);
    const auto id = imported.definition.root;
    flows_[id] = std::move(imported);
  }
  std::vector<std::string> notes;
  for (const auto& [id, imported] : flows_) {
    TRY_VOID(load(imported, notes));
  }
  return {};
}

base::Status Flow::save() {
  json::array document;
  for (const auto& [id, imported] : flows_) {
    json::object parameters;
    for (const auto& [name, value] : imported.parameters) parameters[name] = value;
    json::array secrets(imported.secrets.begin(), imported.secrets.end());
    document.push_back(json::object{{"file", imported.file},
                                    {"running", imported.running},
                                    {"exceptions", json::array(imported.exceptions.begin(), imported.exceptions.end())},
                                    {"parameters", std::move(parameters)},
                                    {"secrets", std::move(secrets)},
                                    {"sensitive_key", imported.sensitive_key},
                                    {"text", imported.text}});
  }
  return disk_.replace_all(catalog_path(), json::serialize(document));
}

base::Status Flow::load(const Imported& imported, std::vector<std::string>& notes, Engine::Counts counts) {
  const auto& id = imported.definition.root;
  engine_->stop(id);
  TRY_VOID(engine_->put(imported.definition, imported.parameters, notes, counts));
  if (imported.running) engine_->start(id, imported.exceptions);
  if (!imported.running)
    for (const auto& component : imported.exceptions) engine_->start(component);
  return {};
}

base::Result<ImportReport> Flow::import_definition(std::string_view text, const std::string& file,
                                                   const std::map<std::string, std::string>& parameters,
                                                   const std::set<std::string>& secrets,
                                                   const std::string& sensitive_key) {
  TRY(auto unpacked, unpack_definition(text, file));
  TRY(auto definition, read_definition(unpacked, file, sensitive_key));
  const std::lock_guard lock(flows_mutex_);
  add_shared_contexts(definition, contexts_);
  ImportReport report{.id = definition.root, .name = definition.name, .findings = definition.findings};
  std::set<std::string> given;
  for (const auto& [name, value] : parameters) given.insert(name);
  std::ranges::move(advise(definition, given), std::back_inserter(report.findings));
  for (const auto& finding : report.findings)
    if (is_worth_a_note(finding.kind)) report.notes.push_back(fmt::format("{}: {}", finding.where, finding.text));
  auto before = flows_;
  auto& imported = flows_[report.id];
  for (const auto& [name, value] : parameters) imported.parameters[name] = value;
  imported.secrets.insert(secrets.begin(), secrets.end());
  imported.text = std::move(unpacked);
  imported.sensitive_key = sensitive_key;
  imported.file = file;
  imported.definition = std::move(definition);
  auto outcome = load(imported, report.notes);
  if (outcome) outcome = save();
  if (!outcome) {
    flows_ = std::move(before);
    std::vector<std::string> notes;
    if (const auto old = flows_.find(report.id); old != flows_.end()) {
      (void)load(old->second, notes);
    } else {
      engine_->stop(report.id);
      engine_->remove(report.id);
    }
    return base::fail(std::move(outcome).error());
  }
  report.problems = problems_of(status(report.id));
  return report;
}

base::Status Flow::remove(const std::string& id) {
  const std::lock_guard lock(flows_mutex_);
  const auto found = flows_.find(id);
  if (found == flows_.end()) return base::fail(base::ErrorKind::NotFound, fmt::format("no flow with the id {}", id));
  engine_->stop(id);
  found->second.running = false;
  for (const auto& connection : status(id).connections)
    if (connection.files > 0)
      return base::fail(base::ErrorKind::Conflict,
                        fmt::format("the connection from '{}' to '{}' still holds {} flowfiles", connection.source_name,
                                    connection.destination_name, connection.files));
  engine_->remove(id);
  flows_.erase(found);
  return save();
}

base::Status Flow::set_parameters(const std::string& id, const std::map<std::string, std::string>& parameters) {
  const std::lock_guard lock(flows_mutex_);
  const auto found = flows_.find(id);
  if (found == flows_.end()) return base::fail(base::ErrorKind::NotFound, fmt::format("no flow with the id {}", id));
  auto& imported = found->second;
  for (const auto& [name, value] : parameters) {
    if (std::ranges::none_of(imported.definition.contexts,
                             [&](const auto& context) { return context.second.parameters.contains(name); }))
      return base::fail(base::ErrorKind::NotFound,
                        fmt::format("flow '{}' has no parameter '{}'", imported.definition.name, name));
  }
  for (const auto& [name, value] : parameters) imported.parameters[name] = value;
  std::vector<std::string> notes;
  TRY_VOID(load(imported, notes));
  return save();
}

std::vector<FlowView> Flow::flows() const {
  const std::lock_guard lock(flows_mutex_);
  std::vector<FlowView> list;
  for (const auto& [id, imported] : flows_)
    list.push_back({imported.definition, imported.parameters, imported.secrets, imported.running, imported.file});
  return list;
}

std::optional<FlowView> Flow::find(const std::string& id) const {
  const std::lock_guard lock(flows_mutex_);
  const auto found = flows_.find(id);
  if (found == flows_.end()) return std::nullopt;
  const auto& imported = found->second;
  return FlowView{imported.definition, imported.parameters, imported.secrets, imported.running, imported.file};
}

base::Result<std::string> Flow::export_definition(const std::string& id) const {
  const std::lock_guard lock(flows_mutex_);
  const auto found = flows_.find(id);
  if (found == flows_.end()) return base::fail(base::ErrorKind::NotFound, fmt::format("no flow with the id {}", id));
  const auto& imported = found->second;
  if (imported.definition.form == FlowForm::Definition) return imported.text;
  return definition_text(write_definition(imported.definition));
}

std::vector<std::string> Flow::problems(const std::string& id) const {
  const std::lock_guard lock(flows_mutex_);
  return flows_.contains(id) ? problems_of(status(id)) : std::vector<std::string>{};
}

base::Result<std::size_t> Flow::start(const std::string& id) {
  const std::lock_guard lock(flows_mutex_);
  std::size_t started = 0;
  bool known = id.empty();
  for (auto& [root, imported] : flows_) {
    if (!id.empty() && id != root) continue;
    known = true;
    imported.running = true;
    imported.exceptions.clear();
    ++imported.asked;
    started += engine_->start(root);
  }
  if (!known) {  // a group or component
    started = engine_->start(id);
    if (started == 0)
      return base::fail(base::ErrorKind::NotFound, fmt::format("no flow, group or valid component with the id {}", id));
    const bool noted = note_states(id, RunState::Running);
    if (!start_funnels() && !noted) return started;
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
    imported.exceptions.clear();
    ++imported.asked;
    engine_->stop(root);
  }
  if (!known) engine_->stop(id);
  return known || note_states(id, RunState::Stopped) ? save() : base::Status{};
}

base::Result<IdleReport> Flow::run_until_idle(const IdleOptions& options) { return engine_->run_until_idle(options); }

base::Result<IdleReport> Flow::run_until_idle(const std::string& id, std::stop_token stop) {
  std::uint64_t asked = 0;
  {
    const std::lock_guard lock(flows_mutex_);
    const auto found = flows_.find(id);
    if (found == flows_.end()) return base::fail(base::ErrorKind::NotFound, fmt::format("no flow with the id {}", id));
    if (found->second.driven)
      return base::fail(base::ErrorKind::Conflict,
                        fmt::format("flow '{}' is already being run until it is idle", found->second.definition.name));
    found->second.driven = found->second.running = true;
    found->second.exceptions.clear();
    asked = ++found->second.asked;
    TRY_VOID(save());
  }
  auto outcome = engine_->run_until_idle({.flow = id, .starts_and_stops = true, .stop = stop});
  const std::lock_guard lock(flows_mutex_);
  const auto found = flows_.find(id);
  if (found == flows_.end()) return outcome;
  found->second.driven = false;
  // Somebody may have started or stopped it meanwhile.
  if (stop.stop_requested() || found->second.asked != asked) return outcome;
  found->second.running = false;
  TRY_VOID(save());
  return outcome;
}

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

FlowStatus Flow::status(const std::string& id) const {
  auto status = engine_->status();
  if (id.empty()) return status;
  std::erase_if(status.components, [&](const auto& component) { return component.flow != id; });
  std::erase_if(status.connections, [&](const auto& connection) { return connection.flow != id; });
  std::erase_if(status.services, [&](const auto& service) { return service.flow != id; });
  return status;
}
base::Result<Amount> Flow::empty_queue(const std::string& connection) { return engine_->empty_queue(connection); }
base::Status Flow::clear_state(const std::string& component) { return engine_->clear_state(component); }

base::Result<EventPage> Flow::events(const EventQuery& query) const {
  auto* provenance = repository_->provenance();
  if (provenance == nullptr)
    return base::fail(base::ErrorKind::Unsupported, "provenance is off: turn on flow.provenance in the configuration");
  TRY_VOID(repository_->sync());  // what was committed is in the files then
  return provenance->find(query);
}

base::Result<Event> Flow::event(std::uint64_t id) const {
  TRY(auto page, events({.id = id}));
  if (page.events.empty())
    return base::fail(base::ErrorKind::NotFound, fmt::format("no provenance event has the id {}", id));
  return std::move(page.events.front());
}

base::Result<Lineage> Flow::lineage(const std::string& flow_file) const {
  TRY_VOID(events({.id = 0}));
  return repository_->provenance()->lineage(flow_file);
}

base::Result<std::string> Flow::replay(std::uint64_t id) {
  TRY(const auto replayed, event(id));
  return engine_->replay(replayed);
}

base::Result<ContentClaim> Flow::event_content(std::uint64_t id, ContentSide side) const {
  TRY(const auto found, event(id));
  return engine_->event_content(found, side);
}

namespace {

/// Null when it is not there.
template <class Definition>
Definition* configure(std::vector<Definition>& definitions, const std::string& id, const PropertyValues& properties,
                      std::span<const Description* const> descriptions) {
  const auto found = std::ranges::find(definitions, id, &Definition::id);
  if (found == definitions.end()) return nullptr;
  const auto* description = find_description(found->type, descriptions);
  for (const auto& [key, value] : properties) {
    if (description != nullptr)
      for (const auto& property : description->properties)
        if (key == property.name || key == property.old_name) {
          found->properties.erase(std::string(property.name));
          found->properties.erase(std::string(property.old_name));
        }
    found->properties[key] = value;
  }
  return &*found;
}

}  // namespace

base::Result<std::vector<std::string>> Flow::check_properties(const std::string& component,
                                                              const PropertyValues& properties) const {
  for (auto& flow : flows()) {
    auto& definition = flow.definition;
    auto* service = configure(definition.services, component, properties, service_descriptions());
    if (service != nullptr) service->scheduled_state = "ENABLED";
    if (service != nullptr || configure(definition.processors, component, properties, descriptions()) != nullptr)
      return engine_->check(definition, flow.parameters, component);
  }
  return base::fail(base::ErrorKind::NotFound, fmt::format("no component has the id {}", component));
}

base::Status Flow::reset_counter(const std::string& component, const std::string& name) {
  return engine_->reset_counter(component, name);
}

}  // namespace flow

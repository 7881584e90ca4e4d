#include "server/nifi/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "http/message.h"
#include "server/nifi/entities.h"
#include "server/nifi/multipart.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

Answer json_answer(const json::object& body, int status = 200) {
  return {.status = status, .body = json::serialize(body)};
}

int status_of(base::ErrorKind kind) {
  switch (kind) {
    case base::ErrorKind::Syntax:
    case base::ErrorKind::InvalidValue:
    case base::ErrorKind::Unsupported: return 400;
    case base::ErrorKind::Denied: return 403;
    case base::ErrorKind::NotFound: return 404;
    case base::ErrorKind::AlreadyExists:
    case base::ErrorKind::Conflict:
    case base::ErrorKind::Cancelled: return 409;
    case base::ErrorKind::Unavailable: return 503;
    case base::ErrorKind::Internal: return 500;
  }
  return 500;
}

Answer text_answer(int status, std::string text) {
  return {.status = status, .content_type = "text/plain", .body = std::move(text)};
}

std::string_view query_value(const Call& call, std::string_view name) {
  const auto found =
      std::ranges::find(call.query, name, [](const auto& pair) -> std::string_view { return pair.first; });
  return found == call.query.end() ? std::string_view{} : std::string_view(found->second);
}

base::Result<json::object> parse_object(std::string_view text, std::string_view what) {
  boost::system::error_code error;
  auto value = json::parse(text, error);
  if (error || !value.is_object())
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("{} must be a JSON object", what));
  return std::move(value.get_object());
}

std::string text_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(std::string_view(value->get_string())) : std::string{};
}

const json::object* object_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

base::Result<std::map<std::string, std::string>> parse_values(std::string_view text, std::string_view what) {
  std::map<std::string, std::string> values;
  TRY(const auto object, parse_object(text, what));
  for (const auto& [name, value] : object) {
    if (!value.is_string()) return base::fail(base::ErrorKind::InvalidValue, fmt::format("{} must hold texts", what));
    values[std::string(name)] = std::string(std::string_view(value.get_string()));
  }
  return values;
}

/// The ids in `path` where `pattern` has '*'; nothing when it is another path.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
  std::vector<std::string> ids;
  for (;;) {
    const auto wanted = pattern.substr(0, pattern.find('/')), given = path.substr(0, path.find('/'));
    if (wanted == "*" && !given.empty())
      ids.push_back(http::percent_decode(given));
    else if (wanted != given)
      return std::nullopt;
    const bool pattern_ends = wanted.size() == pattern.size(), path_ends = given.size() == path.size();
    if (pattern_ends || path_ends) return pattern_ends && path_ends ? std::optional(std::move(ids)) : std::nullopt;
    pattern.remove_prefix(wanted.size() + 1);
    path.remove_prefix(given.size() + 1);
  }
}

base::Result<Scope> scope_of(const std::vector<flow::FlowView>& flows, const std::string& id) {
  if (auto scope = find_scope(flows, id)) return *std::move(scope);
  return base::fail(base::ErrorKind::NotFound, fmt::format("Unable to locate group with id '{}'.", id));
}

struct FoundContext {
  flow::FlowView flow;
  std::string name;
};

base::Result<FoundContext> find_context(const flow::Flow& flow, const std::string& id) {
  for (auto& view : flow.flows())
    for (const auto& [name, context] : view.definition.contexts)
      if (context_id(view, name) == id) return FoundContext{view, name};
  return base::fail(base::ErrorKind::NotFound, fmt::format("Unable to locate parameter context with id '{}'.", id));
}

}  // namespace

const Api::Route Api::kRoutes[] = {
    {"GET", "flow/about", &Api::about},
    {"GET", "flow/current-user", &Api::current_user},
    {"GET", "flow/process-groups/*", &Api::get_canvas},
    {"PUT", "flow/process-groups/*", &Api::schedule_group},
    {"GET", "flow/process-groups/*/status", &Api::get_status},
    {"GET", "flow/bulletin-board", &Api::bulletin_board},
    {"GET", "flow/parameter-contexts", &Api::list_contexts},
    {"GET", "process-groups/*", &Api::get_group},
    {"DELETE", "process-groups/*", &Api::remove_group},
    {"GET", "process-groups/*/process-groups", &Api::list_groups},
    {"GET", "process-groups/*/processors", &Api::list_processors},
    {"POST", "process-groups/*/process-groups/upload", &Api::upload},
    {"POST", "process-groups/*/process-groups/import", &Api::import_group},
    {"POST", "process-groups/*/idle-requests", &Api::begin_idle},
    {"GET", "process-groups/*/idle-requests/*", &Api::get_idle},
    {"DELETE", "process-groups/*/idle-requests/*", &Api::remove_idle},
    {"GET", "processors/*", &Api::get_processor},
    {"PUT", "processors/*/run-status", &Api::run_processor},
    {"POST", "processors/*/state/clear-requests", &Api::clear_state},
    {"POST", "flowfile-queues/*/drop-requests", &Api::empty_queue},
    {"GET", "parameter-contexts/*", &Api::get_context},
    {"POST", "parameter-contexts/*/update-requests", &Api::update_context},
};

Answer Api::answer(const Call& call) {
  const auto error = [](const base::Error& failure) { return text_answer(status_of(failure.kind), failure.message); };
  for (const auto& route : kRoutes) {
    if (route.method != call.method) continue;
    const auto ids = match(route.pattern, call.path);
    if (!ids) continue;
    auto answer = (this->*route.handler)(call, *ids);
    return answer ? *std::move(answer) : error(answer.error());
  }
  return text_answer(
      404, fmt::format("{} /nifi-api/{} is not supported here; docs/flow.md lists what is", call.method, call.path));
}

std::int64_t Api::version_of(const std::string& flow) const {
  const std::lock_guard lock(versions_mutex_);
  const auto found = versions_.find(flow);
  return found == versions_.end() ? 0 : found->second;
}

base::Status Api::revise(const Call& call, const json::object* body, const std::string& flow) {
  std::optional<std::int64_t> named;
  const auto* revision = body == nullptr ? nullptr : object_at(*body, "revision");
  if (const auto* version = revision == nullptr ? nullptr : revision->if_contains("version");
      version != nullptr && version->is_int64())
    named = version->get_int64();
  if (const auto text = query_value(call, "version"); !text.empty()) {
    std::int64_t version = -1;
    std::from_chars(text.data(), text.data() + text.size(), version);
    named = version;
  }
  const std::lock_guard lock(versions_mutex_);
  auto& present = versions_[flow];
  if (named && *named != present)
    return base::fail(base::ErrorKind::Conflict,
                      fmt::format("[{}] is not the most up-to-date revision of {}; it is {}.", *named, flow, present));
  ++present;
  return {};
}

base::Result<Answer> Api::about(const Call&, const Ids&) { return json_answer(about_entity()); }
base::Result<Answer> Api::current_user(const Call&, const Ids&) { return json_answer(user_entity()); }

base::Result<Answer> Api::get_group(const Call&, const Ids& ids) {
  const auto flows = flow_.flows();
  TRY(const auto scope, scope_of(flows, ids[0]));
  return json_answer(group_entity(scope, within(flow_.status(), scope), version_of(scope.flow)));
}

base::Result<Answer> Api::get_canvas(const Call&, const Ids& ids) {
  const auto flows = flow_.flows();
  TRY(const auto scope, scope_of(flows, ids[0]));
  return json_answer(group_flow_entity(scope, flows, flow_.status(), version_of(scope.flow)));
}

base::Result<Answer> Api::get_status(const Call&, const Ids& ids) {
  TRY(const auto scope, scope_of(flow_.flows(), ids[0]));
  return json_answer(group_status_entity(scope, within(flow_.status(), scope)));
}

base::Result<Answer> Api::list_groups(const Call&, const Ids& ids) {
  const auto flows = flow_.flows();
  TRY(const auto scope, scope_of(flows, ids[0]));
  const auto status = flow_.status();
  json::array groups;
  for (const auto& child : scope.children) {
    TRY(const auto below, scope_of(flows, child));
    groups.push_back(group_entity(below, within(status, below), version_of(below.flow)));
  }
  return json_answer({{"processGroups", std::move(groups)}});
}

base::Result<Answer> Api::list_processors(const Call& call, const Ids& ids) {
  const auto flows = flow_.flows();
  TRY(const auto scope, scope_of(flows, ids[0]));
  const bool below = query_value(call, "includeDescendantGroups") == "true";
  const auto status = within(flow_.status(), scope);
  json::array processors;
  for (const auto& flow : flows)
    for (const auto& processor : flow.definition.processors) {
      const auto component = std::ranges::find(status.components, processor.id, &flow::ComponentStatus::id);
      if (component == status.components.end() || (!below && processor.group != scope.id)) continue;
      processors.push_back(processor_entity(processor, *component, version_of(flow.definition.root)));
    }
  return json_answer({{"processors", std::move(processors)}});
}

base::Result<Answer> Api::get_processor(const Call&, const Ids& ids) {
  const auto status = flow_.status();
  for (const auto& flow : flow_.flows())
    for (const auto& processor : flow.definition.processors) {
      if (processor.id != ids[0]) continue;
      const auto component = std::ranges::find(status.components, processor.id, &flow::ComponentStatus::id);
      if (component != status.components.end())
        return json_answer(processor_entity(processor, *component, version_of(flow.definition.root)));
    }
  return base::fail(base::ErrorKind::NotFound, fmt::format("Unable to find processor with id '{}'.", ids[0]));
}

base::Result<Answer> Api::run_processor(const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body, "the request"));
  TRY(const auto before, get_processor(call, ids));
  const auto status = flow_.status();
  const auto component = std::ranges::find(status.components, ids[0], &flow::ComponentStatus::id);
  if (component == status.components.end()) return before;
  const auto state = text_at(body, "state");
  if (state != "RUNNING" && state != "STOPPED")
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("state must be RUNNING or STOPPED; not supported here: {}", state));
  TRY_VOID(revise(call, &body, component->flow));
  if (state == "RUNNING") {
    TRY_VOID(flow_.start(ids[0]));
  } else {
    TRY_VOID(flow_.stop(ids[0]));
  }
  return get_processor(call, ids);
}

base::Result<Answer> Api::clear_state(const Call&, const Ids& ids) {
  TRY_VOID(flow_.clear_state(ids[0]));
  return json_answer({{"componentState", json::object{{"componentId", ids[0]}}}});
}

/// NiFi polls these too; here the queue is empty when the request is answered.
base::Result<Answer> Api::empty_queue(const Call&, const Ids& ids) {
  TRY(const auto removed, flow_.empty_queue(ids[0]));
  return json_answer({{"dropRequest", json::object{{"id", new_uuid()},
                                                   {"finished", true},
                                                   {"percentCompleted", 100},
                                                   {"state", "Completed successfully"},
                                                   {"droppedCount", removed.files},
                                                   {"droppedSize", removed.bytes},
                                                   {"dropped", format_amount(removed.files, removed.bytes)}}}});
}

base::Result<Answer> Api::upload(const Call& call, const Ids& ids) {
  TRY(const auto parts, parse_form(call.content_type, call.body));
  Import wanted;
  bool has_file = false;
  for (const auto& part : parts) {
    if (part.name == "file") {
      has_file = true;
      wanted.text = part.content;
      wanted.file = part.file_name.empty() ? "the uploaded flow" : part.file_name;
    } else if (part.name == "sensitiveKey") {
      wanted.sensitive_key = part.content;
    } else if (part.name == "parameters" || part.name == "secrets") {
      TRY(const auto values, parse_values(part.content, "the form field " + part.name));
      for (const auto& [name, value] : values) {
        wanted.parameters[name] = value;
        if (part.name == "secrets") wanted.secrets.insert(name);
      }
    }
  }
  if (!has_file) return base::fail(base::ErrorKind::InvalidValue, "the form has no field 'file'");
  return import_flow(wanted, ids[0]);
}

base::Result<Answer> Api::import_group(const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body, "the request"));
  const auto* snapshot = object_at(body, "versionedFlowSnapshot");
  if (snapshot == nullptr) return base::fail(base::ErrorKind::InvalidValue, "versionedFlowSnapshot is missing");
  return import_flow(
      {.text = json::serialize(*snapshot), .file = "versionedFlowSnapshot", .parameters = {}, .secrets = {}}, ids[0]);
}

base::Result<Answer> Api::import_flow(const Import& wanted, const std::string& parent) {
  if (parent != "root" && parent != root_id()) {
    TRY_VOID(scope_of(flow_.flows(), parent));
    return base::fail(
        base::ErrorKind::Conflict,
        "flows can be put into the root group only; inside another group is not supported here: " + parent);
  }
  TRY(const auto report,
      flow_.import_definition(wanted.text, wanted.file, wanted.parameters, wanted.secrets, wanted.sensitive_key));
  {
    const std::lock_guard lock(versions_mutex_);
    ++versions_[report.id];
  }
  TRY(const auto scope, scope_of(flow_.flows(), report.id));
  auto entity = group_entity(scope, flow_.status(report.id), version_of(report.id));
  entity["importReport"] = json::object{{"notes", json::array(report.notes.begin(), report.notes.end())},
                                        {"problems", json::array(report.problems.begin(), report.problems.end())}};
  return json_answer(entity, 201);
}

base::Result<Answer> Api::remove_group(const Call& call, const Ids& ids) {
  const auto flows = flow_.flows();
  TRY(const auto scope, scope_of(flows, ids[0]));
  if (scope.id != scope.flow)
    return base::fail(base::ErrorKind::Conflict, "only whole flows can be removed: " + scope.name);
  const auto status = flow_.status(scope.id);
  if (std::ranges::any_of(status.components,
                          [](const auto& component) { return component.state == flow::RunState::Running; }))
    return base::fail(base::ErrorKind::Conflict,
                      fmt::format("flow '{}' runs; stop it before it is removed", scope.name));
  TRY_VOID(revise(call, nullptr, scope.id));
  TRY_VOID(flow_.remove(scope.id));
  return json_answer(group_entity(scope, {}, version_of(scope.id)));
}

base::Result<Answer> Api::schedule_group(const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body, "the request"));
  TRY(const auto scope, scope_of(flow_.flows(), ids[0]));
  if (const auto* components = object_at(body, "components"); components != nullptr && !components->empty())
    return base::fail(base::ErrorKind::Unsupported,
                      "components of a group cannot be started one by one here; name a processor's run-status");
  const auto state = text_at(body, "state");
  if (state != "RUNNING" && state != "STOPPED")
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("state must be RUNNING or STOPPED; not supported here: {}", state));
  // A flow as a whole remembers that it runs; of a group in it each component is told.
  const bool whole = scope.flow.empty() || scope.flow == scope.id;
  const auto ids_told = scope.flow.empty() ? std::set<std::string>{""} : whole ? std::set{scope.id} : scope.groups;
  for (const auto& id : ids_told) {
    if (state == "STOPPED") {
      TRY_VOID(flow_.stop(id));
    } else if (const auto started = flow_.start(id); !started && whole) {
      return base::fail(started.error());  // a group without components is no failure
    }
  }
  return json_answer({{"id", scope.id}, {"state", state}});
}

base::Result<Answer> Api::bulletin_board(const Call& call, const Ids&) {
  auto status = flow_.status();
  if (const auto group = query_value(call, "groupId"); !group.empty()) {
    TRY(const auto scope, scope_of(flow_.flows(), std::string(group)));
    status = within(std::move(status), scope);
  }
  if (const auto source = query_value(call, "sourceId"); !source.empty())
    std::erase_if(status.components, [&](const auto& component) { return component.id != source; });
  return json_answer(bulletin_board_entity(status));
}

base::Result<Answer> Api::list_contexts(const Call&, const Ids&) {
  json::array contexts;
  for (const auto& flow : flow_.flows())
    for (const auto& [name, context] : flow.definition.contexts)
      contexts.push_back(parameter_context_entity(flow, name, version_of(flow.definition.root)));
  return json_answer({{"parameterContexts", std::move(contexts)}});
}

base::Result<Answer> Api::get_context(const Call&, const Ids& ids) {
  TRY(const auto found, find_context(flow_, ids[0]));
  return json_answer(parameter_context_entity(found.flow, found.name, version_of(found.flow.definition.root)));
}

/// NiFi polls these; here the request is answered when it is done.
base::Result<Answer> Api::update_context(const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body, "the request"));
  TRY(const auto found, find_context(flow_, ids[0]));
  const auto* component = object_at(body, "component");
  const auto* list = component == nullptr ? nullptr : component->if_contains("parameters");
  if (list == nullptr || !list->is_array())
    return base::fail(base::ErrorKind::InvalidValue, "component.parameters is missing");
  std::map<std::string, std::string> values;
  for (const auto& entry : list->get_array()) {
    const auto* parameter = entry.is_object() ? object_at(entry.get_object(), "parameter") : nullptr;
    const auto* value = parameter == nullptr ? nullptr : parameter->if_contains("value");
    if (value == nullptr || value->is_null()) continue;
    if (!value->is_string())
      return base::fail(base::ErrorKind::InvalidValue,
                        "the value of a parameter must be a text: " + text_at(*parameter, "name"));
    values[text_at(*parameter, "name")] = std::string(std::string_view(value->get_string()));
  }
  const auto& flow = found.flow.definition.root;
  TRY_VOID(revise(call, &body, flow));
  TRY_VOID(flow_.set_parameters(flow, values));
  TRY(const auto after, find_context(flow_, ids[0]));
  return json_answer({{"request", json::object{{"requestId", new_uuid()},
                                               {"complete", true},
                                               {"percentCompleted", 100},
                                               {"parameterContext",
                                                parameter_context_entity(after.flow, after.name, version_of(flow))}}}});
}

base::Result<Answer> Api::begin_idle(const Call&, const Ids& ids) {
  TRY(const auto scope, scope_of(flow_.flows(), ids[0]));
  if (scope.id != scope.flow)
    return base::fail(base::ErrorKind::Conflict, "only whole flows can be run until they are idle: " + scope.name);
  return json_answer(idle_request_entity(idle_requests_.begin(scope.id)), 202);
}

base::Result<Answer> Api::get_idle(const Call&, const Ids& ids) {
  const auto state = idle_requests_.find(ids[1]);
  if (!state) return base::fail(base::ErrorKind::NotFound, fmt::format("no idle request with the id {}", ids[1]));
  return json_answer(idle_request_entity(*state));
}

base::Result<Answer> Api::remove_idle(const Call&, const Ids& ids) {
  TRY(const auto state, idle_requests_.remove(ids[1]));
  return json_answer(idle_request_entity(state));
}

}  // namespace server::nifi

#include "flow/shared_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "flow/format/json_text.h"

namespace flow {
namespace {

namespace json = boost::json;

json::object json_of(const SharedContext& context) {
  json::array parameters;
  for (const auto& [name, parameter] : context.parameters) {
    json::object made{{"name", name},
                      {"description", parameter.description},
                      {"sensitive", parameter.sensitive},
                      {"provided", false}};
    if (parameter.value) made["value"] = *parameter.value;
    parameters.push_back(std::move(made));
  }
  return {{"identifier", context.id},
          {"name", context.name},
          {"description", context.description},
          {"parameters", std::move(parameters)},
          {"inheritedParameterContexts", json::array(context.inherited.begin(), context.inherited.end())},
          {"componentType", "PARAMETER_CONTEXT"}};
}

std::string text_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(std::string_view(value->get_string())) : std::string{};
}

bool flag_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

const json::array& array_at(const json::object& object, std::string_view name) {
  static const json::array none;
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

std::map<std::string, SharedContext::Parameter> parameters_of(const json::object& context) {
  std::map<std::string, SharedContext::Parameter> parameters;
  for (const auto& entry : array_at(context, "parameters")) {
    const auto* object = entry.if_object();
    if (object == nullptr) continue;
    auto& parameter = parameters[text_at(*object, "name")];
    parameter.sensitive = flag_at(*object, "sensitive");
    parameter.description = text_at(*object, "description");
    if (const auto* value = object->if_contains("value"); value != nullptr && value->is_string())
      parameter.value = text_at(*object, "value");
  }
  return parameters;
}

const SharedContext* find(const std::vector<SharedContext>& contexts, const std::string& name) {
  const auto found = std::ranges::find(contexts, name, &SharedContext::name);
  return found == contexts.end() ? nullptr : &*found;
}

bool inherits(const std::vector<SharedContext>& contexts, const SharedContext& from, const std::string& name,
              std::set<std::string>& seen) {
  return std::ranges::any_of(from.inherited, [&](const std::string& inherited) {
    if (inherited == name) return true;
    const auto* next = seen.insert(inherited).second ? find(contexts, inherited) : nullptr;
    return next != nullptr && inherits(contexts, *next, name, seen);
  });
}

}  // namespace

ParameterContext definition_of(const SharedContext& context) {
  ParameterContext definition{.parameters = {},
                              .inherited = context.inherited,
                              .shared = true,
                              .saved = std::make_shared<const json::object>(json_of(context))};
  for (const auto& [name, parameter] : context.parameters)
    definition.parameters[name] = {.value = parameter.value, .sensitive = parameter.sensitive};
  return definition;
}

SharedContext shared_context_of(const std::string& id, const std::string& name, const ParameterContext& context) {
  SharedContext shared{.id = id, .name = name, .description = {}, .parameters = {}, .inherited = context.inherited};
  if (context.saved != nullptr) {
    shared.description = text_at(*context.saved, "description");
    shared.parameters = parameters_of(*context.saved);
  }
  for (const auto& [parameter, defined] : context.parameters) {
    auto& made = shared.parameters[parameter];
    made.value = defined.value;
    made.sensitive = defined.sensitive;
  }
  return shared;
}

void add_shared_contexts(FlowDefinition& flow, const std::vector<SharedContext>& contexts) {
  std::erase_if(flow.contexts, [](const auto& context) { return context.second.shared; });
  std::vector<std::string> wanted;
  for (const auto& group : flow.groups) wanted.push_back(group.parameter_context);
  while (!wanted.empty()) {
    const auto name = std::move(wanted.back());
    wanted.pop_back();
    const auto* shared = name.empty() || flow.contexts.contains(name) ? nullptr : find(contexts, name);
    if (shared == nullptr) continue;
    flow.contexts[name] = definition_of(*shared);
    wanted.insert(wanted.end(), shared->inherited.begin(), shared->inherited.end());
  }
}

base::Status check_shared_contexts(const std::vector<SharedContext>& contexts) {
  for (const auto& context : contexts) {
    if (std::ranges::count(contexts, context.name, &SharedContext::name) > 1)
      return base::fail(base::ErrorKind::AlreadyExists,
                        fmt::format("there is already a parameter context with the name '{}'", context.name));
    for (const auto& inherited : context.inherited)
      if (find(contexts, inherited) == nullptr)
        return base::fail(
            base::ErrorKind::InvalidValue,
            fmt::format("parameter context '{}' inherits from '{}', which is not there", context.name, inherited));
    if (std::set<std::string> seen; inherits(contexts, context, context.name, seen))
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("parameter context '{}' would inherit from itself", context.name));
  }
  return {};
}

std::string write_shared_contexts(const std::vector<SharedContext>& contexts) {
  json::array list;
  for (const auto& context : contexts) list.push_back(json_of(context));
  return json::serialize(list);
}

base::Result<std::vector<SharedContext>> read_shared_contexts(std::string_view text, const std::string& file) {
  TRY(const auto document, parse_json(text, file));
  std::vector<SharedContext> contexts;
  const auto* list = document.if_array();
  if (list == nullptr) return base::fail(base::ErrorKind::Internal, fmt::format("{} is damaged", file));
  for (const auto& entry : *list) {
    const auto* object = entry.if_object();
    if (object == nullptr) return base::fail(base::ErrorKind::Internal, fmt::format("{} is damaged", file));
    SharedContext context{.id = text_at(*object, "identifier"),
                          .name = text_at(*object, "name"),
                          .description = text_at(*object, "description"),
                          .parameters = parameters_of(*object),
                          .inherited = {}};
    for (const auto& name : array_at(*object, "inheritedParameterContexts"))
      if (name.is_string()) context.inherited.emplace_back(std::string_view(name.get_string()));
    contexts.push_back(std::move(context));
  }
  return contexts;
}

}  // namespace flow

// What a configuration would be worth, before it is saved: which attributes it reads, and whether it is valid.
#include <fmt/format.h>

#include "flow/el/attributes_in.h"
#include "server/nifi/body.h"
#include "server/nifi/canvas.h"
#include "server/nifi/dates.h"
#include "server/nifi/descriptors.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

struct Configured {
  const flow::ConfiguredDefinition* definition;
  const flow::Description* description;
};

template <const Kind& kind>
base::Result<Configured> find(const Canvas& canvas, const std::string& id) {
  if constexpr (&kind == &kProcessor) {
    TRY(const auto found, canvas.processor(id));
    return Configured{found.definition, description_of(*found.definition)};
  } else {
    TRY(const auto found, canvas.service(id));
    return Configured{found.definition, description_of(*found.definition)};
  }
}

/// Texts, and null for what is not set. Sensitive values that the client has only seen hidden are those that are there.
base::Result<flow::PropertyValues> proposed(const json::object& properties, const Configured& configured) {
  flow::PropertyValues values;
  for (const auto& [key, value] : properties) {
    if (value.is_null()) {
      values.emplace(key, std::nullopt);
      continue;
    }
    if (!value.is_string())
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("the value of property '{}' must be a text", key));
    const std::string_view text(value.get_string());
    if (text == kHidden && is_sensitive(*configured.definition, configured.description, key)) continue;
    values.emplace(key, text);
  }
  return values;
}

/// The `name` object of a request about the component `id`.
base::Result<const json::object*> request_in(const json::object& body, std::string_view name, const std::string& id) {
  const auto* request = object_at(body, name);
  if (request == nullptr)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("the request has no '{}'", name));
  if (object_at(*request, "properties") == nullptr)
    return base::fail(base::ErrorKind::InvalidValue, "the properties must be specified");
  if (text_at(*request, "componentId") != id)
    return base::fail(base::ErrorKind::InvalidValue,
                      "the componentId of the request must be the id of the component in the path");
  return request;
}

bool reads_flow_files(const flow::Description* description, std::string_view key) {
  if (description == nullptr) return false;
  const auto* property = find_property(description, key);
  return (property == nullptr ? description->dynamic_scope : property->scope) == flow::Scope::FlowFile;
}

template <const Kind& kind>
base::Result<Answer> analyse(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  TRY(const auto* const request, request_in(body, "configurationAnalysis", ids[0]));
  const Canvas canvas(context);
  TRY(const auto configured, find<kind>(canvas, ids[0]));
  const auto& properties = *object_at(*request, "properties");
  TRY(const auto values, proposed(properties, configured));
  json::object attributes;
  for (const auto& [key, value] : values)
    if (value && reads_flow_files(configured.description, key))
      for (const auto& name : flow::el::attributes_in(*value)) attributes[name] = nullptr;
  return json_answer({{"configurationAnalysis", json::object{{"componentId", ids[0]},
                                                             {"properties", properties},
                                                             {"referencedAttributes", std::move(attributes)},
                                                             {"supportsVerification", true}}}});
}

base::Status check_still(const Canvas& canvas, const std::string& id) {
  const auto* component = canvas.component(id);
  const auto* service = canvas.service_status(id);
  if ((component != nullptr && component->state == flow::RunState::Running) ||
      (service != nullptr && service->state == flow::ServiceState::Enabled))
    return base::fail(base::ErrorKind::Conflict, fmt::format("the configuration of {} cannot be verified: it is {}", id,
                                                             service == nullptr ? "not stopped" : "not disabled"));
  return {};
}

json::array results_of(const std::vector<std::string>& problems) {
  const auto result = [](std::string_view outcome, std::string_view explanation) {
    return json::object{
        {"outcome", outcome}, {"verificationStepName", "Perform Validation"}, {"explanation", explanation}};
  };
  if (problems.empty()) return {result("SUCCESSFUL", "Component Validation passed")};
  json::array results;
  for (const auto& problem : problems) results.push_back(result("FAILED", problem));
  return results;
}

/// Complete when it is answered; clients may ask again all the same, and delete it.
template <const Kind& kind>
base::Result<Answer> verify(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  TRY(const auto* const request, request_in(body, "request", ids[0]));
  const Canvas canvas(context);
  TRY(const auto configured, find<kind>(canvas, ids[0]));
  TRY_VOID(check_still(canvas, ids[0]));
  TRY(const auto values, proposed(*object_at(*request, "properties"), configured));
  TRY(const auto problems, context.flow.check_properties(ids[0], values));
  const auto id = new_uuid();
  const auto at = timestamp_text(canvas.now);
  json::object made{
      {"requestId", id},
      {"uri", fmt::format("/nifi-api/{}/{}/config/verification-requests/{}", kind.path, ids[0], id)},
      {"submissionTime", at},
      {"lastUpdated", at},
      {"complete", true},
      {"percentCompleted", 100},
      {"state", "Complete"},
      {"updateSteps", json::array{json::object{{"description", "Verify Configuration"}, {"complete", true}}}},
      {"componentId", ids[0]},
      {"properties", request->at("properties")},
      {"results", results_of(problems)}};
  copy_given(*request, made, {"attributes"});
  json::object entity{{"request", std::move(made)}};
  context.requests.add(id, entity);
  return json_answer(entity);
}

base::Result<Answer> get_request(Context& context, const Call&, const Ids& ids) {
  return context.requests.find(ids.back());
}
base::Result<Answer> remove_request(Context& context, const Call&, const Ids& ids) {
  return context.requests.remove(ids.back());
}

constexpr Route kRoutes[] = {
    {"POST", "processors/*/config/analysis", &analyse<kProcessor>},
    {"POST", "processors/*/config/verification-requests", &verify<kProcessor>},
    {"GET", "processors/*/config/verification-requests/*", &get_request},
    {"DELETE", "processors/*/config/verification-requests/*", &remove_request},
    {"POST", "controller-services/*/config/analysis", &analyse<kService>},
    {"POST", "controller-services/*/config/verification-requests", &verify<kService>},
    {"GET", "controller-services/*/config/verification-requests/*", &get_request},
    {"DELETE", "controller-services/*/config/verification-requests/*", &remove_request},
};

}  // namespace

std::span<const Route> verification_routes() { return kRoutes; }

}  // namespace server::nifi

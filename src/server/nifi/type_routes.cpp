#include <fmt/format.h>

#include <algorithm>

#include "server/nifi/body.h"
#include "server/nifi/context.h"
#include "server/nifi/descriptors.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

using Descriptions = std::span<const flow::Description* const>;

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  const auto same = [&](char a, char b) { return lower(a) == lower(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

json::array types_of(Descriptions descriptions, const Call& call) {
  const auto bundle = query_value(call, "bundleArtifactFilter"), type = query_value(call, "type"),
             api = query_value(call, "serviceType");
  json::array types;
  for (const auto* description : descriptions) {
    if (!bundle.empty() && !contains_ignoring_case(description->bundle, bundle)) continue;
    if (!type.empty() && !contains_ignoring_case(description->type, type)) continue;
    if (!api.empty() && std::ranges::count(description->apis, api) == 0) continue;
    types.push_back(type_entity(*description));
  }
  return types;
}

base::Result<Answer> processor_types(Context&, const Call& call, const Ids&) {
  return json_answer({{"processorTypes", types_of(flow::descriptions(), call)}});
}
base::Result<Answer> service_types(Context&, const Call& call, const Ids&) {
  return json_answer({{"controllerServiceTypes", types_of(flow::service_descriptions(), call)}});
}
base::Result<Answer> reporting_task_types(Context&, const Call&, const Ids&) {
  return json_answer({{"reportingTaskTypes", json::array()}});
}
base::Result<Answer> provider_types(Context&, const Call&, const Ids&) {
  return json_answer({{"parameterProviderTypes", json::array()}});
}

base::Result<Answer> definition(Descriptions descriptions, const Ids& ids) {
  const auto* found = flow::find_description(ids[3], descriptions);
  if (found == nullptr || found->bundle != ids[0] + ":" + ids[1])
    return base::fail(base::ErrorKind::NotFound,
                      fmt::format("there is no {} in {}:{}:{}", ids[3], ids[0], ids[1], ids[2]));
  return json_answer(definition_entity(*found));
}
base::Result<Answer> processor_definition(Context&, const Call&, const Ids& ids) {
  return definition(flow::descriptions(), ids);
}
base::Result<Answer> service_definition(Context&, const Call&, const Ids& ids) {
  return definition(flow::service_descriptions(), ids);
}

/// One manifest of each bundle, as NiFi 2.x and agents tell what they have.
base::Result<Answer> manifest(Context&, const Call&, const Ids&) {
  std::map<std::string_view, json::object> bundles;
  const auto add = [&](Descriptions descriptions, const char* list) {
    for (const auto* description : descriptions) {
      auto& bundle = bundles[description->bundle];
      if (bundle.empty()) {
        bundle = bundle_of(description->bundle);
        bundle["componentManifest"] = json::object{
            {"processors", json::array()}, {"controllerServices", json::array()}, {"reportingTasks", json::array()}};
      }
      bundle["componentManifest"].get_object()[list].get_array().push_back(definition_entity(*description));
    }
  };
  add(flow::descriptions(), "processors");
  add(flow::service_descriptions(), "controllerServices");
  json::array list;
  for (auto& [name, bundle] : bundles) list.push_back(std::move(bundle));
  return json_answer({{"runtimeManifest", json::object{{"identifier", "freshet"},
                                                       {"agentType", "nifi"},
                                                       {"version", kNifiVersion},
                                                       {"buildInfo", json::object{{"version", kNifiVersion}}},
                                                       {"bundles", std::move(list)}}}});
}

base::Result<Answer> prioritizers(Context&, const Call&, const Ids&) {
  json::array types;
  for (const auto* name : {"FirstInFirstOutPrioritizer", "NewestFlowFileFirstPrioritizer",
                           "OldestFlowFileFirstPrioritizer", "PriorityAttributePrioritizer"})
    types.push_back(json::object{{"type", fmt::format("org.apache.nifi.prioritizer.{}", name)},
                                 {"bundle", bundle_of("org.apache.nifi:nifi-framework-nar")}});
  return json_answer({{"prioritizerTypes", std::move(types)}});
}

constexpr Route kRoutes[] = {
    {"GET", "flow/processor-types", &processor_types},
    {"GET", "flow/controller-service-types", &service_types},
    {"GET", "flow/reporting-task-types", &reporting_task_types},
    {"GET", "flow/parameter-provider-types", &provider_types},
    {"GET", "flow/processor-definition/*/*/*/*", &processor_definition},
    {"GET", "flow/controller-service-definition/*/*/*/*", &service_definition},
    {"GET", "flow/runtime-manifest", &manifest},
    {"GET", "flow/prioritizers", &prioritizers},
};

}  // namespace

std::span<const Route> type_routes() { return kRoutes; }

}  // namespace server::nifi

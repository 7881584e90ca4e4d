// What clients ask of an instance as a whole.
#include <fmt/format.h>

#include <algorithm>

#include "server/nifi/body.h"
#include "server/nifi/canvas.h"
#include "server/nifi/context_entities.h"
#include "server/nifi/entities.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

base::Result<Answer> about(Context&, const Call&, const Ids&) { return json_answer(about_entity()); }
base::Result<Answer> current_user(Context&, const Call&, const Ids&) { return json_answer(user_entity()); }

base::Result<Answer> client_id(Context&, const Call&, const Ids&) { return text_answer(200, new_uuid()); }

base::Result<Answer> access_status(Context&, const Call&, const Ids&) {
  return json_answer(
      {{"accessStatus",
        json::object{{"identity", "freshet"}, {"status", "ACTIVE"}, {"message", "You are already logged in."}}}});
}

base::Result<Answer> flow_config(Context& context, const Call&, const Ids&) {
  return json_answer({{"flowConfiguration", json::object{{"supportsManagedAuthorizer", false},
                                                         {"supportsConfigurableAuthorizer", false},
                                                         {"supportsConfigurableUsersAndGroups", false},
                                                         {"autoRefreshIntervalSeconds", 30},
                                                         {"currentTime", time_of_day(context.flow.now())},
                                                         {"timeOffset", 0},
                                                         {"defaultBackPressureObjectThreshold", 10'000},
                                                         {"defaultBackPressureDataSizeThreshold", "1 GB"}}}});
}

base::Result<Answer> flow_status(Context& context, const Call&, const Ids&) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope("root"));
  const auto group = group_entity(scope, canvas.status, 0);
  const auto& snapshot = group.at("status").at("aggregateSnapshot").get_object();
  json::object status;
  copy_given(snapshot, status,
             {"activeThreadCount", "terminatedThreadCount", "queued", "flowFilesQueued", "bytesQueued"});
  copy_given(group, status, {"runningCount", "stoppedCount", "invalidCount", "disabledCount"});
  for (const auto* name : {"activeRemotePortCount", "inactiveRemotePortCount", "upToDateCount", "locallyModifiedCount",
                           "staleCount", "locallyModifiedAndStaleCount", "syncFailureCount"})
    status[name] = 0;
  return json_answer({{"controllerStatus", std::move(status)}});
}

base::Result<Answer> cluster_summary(Context&, const Call&, const Ids&) {
  return json_answer({{"clusterSummary", json::object{{"connectedNodes", ""},
                                                      {"connectedNodeCount", 0},
                                                      {"totalNodeCount", 0},
                                                      {"connectedToCluster", false},
                                                      {"clustered", false}}}});
}
base::Result<Answer> no_cluster(Context&, const Call&, const Ids&) {
  return base::fail(base::ErrorKind::Conflict, "Only a node connected to a cluster can process the request.");
}

base::Result<Answer> banners(Context&, const Call&, const Ids&) {
  return json_answer({{"banners", json::object{{"headerText", ""}, {"footerText", ""}}}});
}

base::Result<Answer> controller_config(Context& context, const Call&, const Ids&) {
  return json_answer({{"revision", json::object{{"version", context.revisions.of("controller")}}},
                      {"permissions", permissions()},
                      {"component", json::object{{"maxTimerDrivenThreadCount", context.flow.threads()}}}});
}

/// What is there already may be said again.
base::Result<Answer> set_config(Context& context, const Call& call, const Ids& ids) {
  TRY(const auto body, parse_object(call.body));
  TRY(const auto* const wanted, component_of(body));
  const auto* threads = given(*wanted, "maxTimerDrivenThreadCount");
  if (threads != nullptr && *threads == json::value(context.flow.threads()))
    return controller_config(context, call, ids);
  return base::fail(base::ErrorKind::Conflict, "the number of threads cannot be changed while the program runs");
}

base::Result<Answer> controller(Context& context, const Call&, const Ids&) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope("root"));
  return json_answer({{"controller", json::object{{"id", scope.id},
                                                  {"name", scope.name},
                                                  {"siteToSiteSecure", false},
                                                  {"inputPortCount", 0},
                                                  {"outputPortCount", 0}}}});
}

/// What processors are given is the process's: figures of it are in /metrics.
base::Result<Answer> diagnostics(Context& context, const Call&, const Ids&) {
  json::object snapshot{{"availableProcessors", context.flow.threads()},
                        {"statsLastRefreshed", time_of_day(context.flow.now())},
                        {"contentRepositoryStorageUsage", json::array()},
                        {"provenanceRepositoryStorageUsage", json::array()},
                        {"garbageCollection", json::array()},
                        {"versionInfo", json::object{{"niFiVersion", about_entity().at("about").at("version")},
                                                     {"buildTag", "freshet"}}}};
  return json_answer({{"systemDiagnostics", json::object{{"aggregateSnapshot", std::move(snapshot)}}}});
}

template <const char* const& list>
base::Result<Answer> nothing(Context&, const Call&, const Ids&) {
  return json_answer({{list, json::array()}});
}
constexpr const char* kReportingTasks = "reportingTasks";
constexpr const char* kProviders = "parameterProviders";
constexpr const char* kRegistries = "registries";
constexpr const char* kAnalysisRules = "flowAnalysisRules";
constexpr const char* kAnalysisRuleTypes = "flowAnalysisRuleTypes";
constexpr const char* kRegistryTypes = "flowRegistryClientTypes";
constexpr const char* kNars = "narSummaries";
constexpr const char* kViewers = "contentViewers";

base::Result<Answer> no_reporting_tasks(Context&, const Call&, const Ids&) {
  return json_answer({{"reportingTasks", json::array()}, {"controllerServices", json::array()}});
}

base::Result<Answer> refuse_registry(Context&, const Call&, const Ids&) {
  return base::fail(base::ErrorKind::Conflict,
                    "flow registries are not supported: upload and download flow definitions instead");
}

base::Result<Answer> refuse_unversioned(Context& context, const Call&, const Ids& ids) {
  const Canvas canvas(context);
  TRY(const auto scope, canvas.scope(ids[0]));
  return base::fail(base::ErrorKind::Conflict,
                    fmt::format("Process Group with ID {} is not currently under Version Control", scope.id));
}

struct Hits {
  std::string wanted;
  std::map<std::string_view, json::array> lists;

  static std::string lower(std::string_view text) {
    std::string made(text);
    for (auto& c : made)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return made;
  }
  bool matches(std::string_view text) const { return lower(text).find(wanted) != std::string::npos; }
  void look(std::string_view list, const std::string& id, const std::string& group, const std::string& name,
            std::vector<std::pair<std::string, std::string>> texts) {
    json::array found;
    texts.insert(texts.begin(), {{"Id", id}, {"Name", name}});
    for (const auto& [word, text] : texts)
      if (matches(text)) found.push_back(json::value(fmt::format("{}: {}", word, text)));
    if (found.empty()) return;
    lists[list].push_back(json::object{{"id", id},
                                       {"groupId", group},
                                       {"parentGroup", json::object{{"id", group}}},
                                       {"name", name},
                                       {"matches", std::move(found)}});
  }
};

base::Result<Answer> search(Context& context, const Call& call, const Ids&) {
  const Canvas canvas(context);
  Hits hits{.wanted = Hits::lower(query_value(call, "q")), .lists = {}};
  for (const auto* list :
       {"processorResults", "connectionResults", "processGroupResults", "inputPortResults", "outputPortResults",
        "remoteProcessGroupResults", "funnelResults", "labelResults", "controllerServiceNodeResults",
        "parameterContextResults", "parameterProviderNodeResults", "parameterResults"})
    hits.lists[list];
  const auto configured = [](const flow::ConfiguredDefinition& component) {
    std::vector<std::pair<std::string, std::string>> texts{{"Type", component.type}};
    for (const auto& [key, value] : component.properties) {
      texts.emplace_back("Property name", key);
      if (value && std::ranges::count(component.sensitive, key) == 0)
        texts.emplace_back("Property value", fmt::format("{} - {}", key, *value));
    }
    return texts;
  };
  if (!hits.wanted.empty())
    for (const auto& flow : canvas.flows) {
      const auto& d = flow.definition;
      for (const auto& group : d.groups) hits.look("processGroupResults", group.id, group.parent, group.name, {});
      for (const auto& p : d.processors) hits.look("processorResults", p.id, p.group, p.name, configured(p));
      for (const auto& s : d.services) hits.look("controllerServiceNodeResults", s.id, s.group, s.name, configured(s));
      for (const auto& c : d.connections)
        hits.look("connectionResults", c.id, c.group, c.name,
                  {{"Source name", c.source_name}, {"Destination name", c.destination_name}});
      for (const auto& p : d.ports)
        if (p.kind != flow::PortKind::RemoteInput && p.kind != flow::PortKind::RemoteOutput)
          hits.look(p.kind == flow::PortKind::Input    ? "inputPortResults"
                    : p.kind == flow::PortKind::Output ? "outputPortResults"
                                                       : "funnelResults",
                    p.id, p.group, p.name, {});
    }
  if (!hits.wanted.empty())
    for (const auto& place : all_contexts(canvas))
      hits.look("parameterContextResults", place.context.id, "", place.context.name, {});
  json::object results;
  for (auto& [list, found] : hits.lists) results[list] = std::move(found);
  return json_answer({{"searchResultsDTO", std::move(results)}});
}

constexpr Route kRoutes[] = {
    {"GET", "access", &access_status},
    {"GET", "flow/about", &about},
    {"GET", "flow/current-user", &current_user},
    {"GET", "flow/client-id", &client_id},
    {"GET", "flow/config", &flow_config},
    {"GET", "flow/status", &flow_status},
    {"GET", "flow/banners", &banners},
    {"GET", "flow/cluster/summary", &cluster_summary},
    {"GET", "flow/reporting-tasks", &nothing<kReportingTasks>},
    {"GET", "flow/parameter-providers", &nothing<kProviders>},
    {"GET", "flow/registries", &nothing<kRegistries>},
    {"GET", "flow/reporting-tasks/snapshot", &no_reporting_tasks},
    {"GET", "flow/flow-analysis-rules", &nothing<kAnalysisRules>},
    {"GET", "flow/flow-analysis-rule-types", &nothing<kAnalysisRuleTypes>},
    {"GET", "flow/content-viewers", &nothing<kViewers>},
    {"GET", "controller/flow-analysis-rules", &nothing<kAnalysisRules>},
    {"GET", "controller/registry-types", &nothing<kRegistryTypes>},
    {"GET", "controller/nar-manager/nars", &nothing<kNars>},
    {"GET", "flow/search-results", &search},
    {"GET", "controller", &controller},
    {"GET", "controller/config", &controller_config},
    {"PUT", "controller/config", &set_config},
    {"GET", "controller/cluster", &no_cluster},
    {"GET", "controller/registry-clients", &nothing<kRegistries>},
    {"POST", "controller/registry-clients", &refuse_registry},
    {"POST", "versions/process-groups/*", &refuse_registry},
    {"DELETE", "versions/process-groups/*", &refuse_unversioned},
    {"GET", "process-groups/*/local-modifications", &refuse_unversioned},
    {"GET", "system-diagnostics", &diagnostics},
};

}  // namespace

std::span<const Route> controller_routes() { return kRoutes; }

}  // namespace server::nifi

#include "flow/format/snapshot_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/format/agent_migration.h"
#include "flow/format/component_reader.h"
#include "flow/format/derived_id.h"
#include "flow/format/migration.h"
#include "flow/format/references.h"

namespace flow {
namespace {

namespace json = boost::json;

/// Lists of a group that the model has as components of their own.
constexpr std::string_view kModelled[] = {"processGroups", "processors",  "inputPorts",        "outputPorts",
                                          "funnels",       "connections", "controllerServices"};

class SnapshotReader {
 public:
  SnapshotReader(FlowForm form, const Places& places, SensitiveValues& sensitive)
      : instance_(form != FlowForm::Definition), problems_(places), components_(problems_, sensitive, flow_.findings) {
    flow_.form = form;
  }

  base::Result<FlowDefinition> read(const json::object& document) {
    const Fields top(document, "$", "the flow", problems_);
    const auto* root_name = instance_ ? "rootGroup" : "flowContents";
    const auto* root = top.object(root_name);
    if (root == nullptr) {
      TRY_VOID(problems_.status());
      problems_.add("$", fmt::format("'{}' is null", root_name));
      TRY_VOID(problems_.status());
    }
    read_group(*root, top.path_of(root_name), "");
    flow_.root = flow_.groups.front().id;
    flow_.name = flow_.groups.front().name;
    read_contexts(top);
    read_external_services(top);
    name_ghosts(top);
    for (const auto& pending : connections_) read_ends(pending);
    name_ends();
    link_services(flow_, ids_, problems_.places(), paths_);
    translate_agent_flow(flow_);
    migrate_flow(flow_, MigrationPurpose::Run);
    keep_rest(document, root_name);
    TRY_VOID(problems_.status());
    return std::move(flow_);
  }

 private:
  struct Pending {
    std::size_t index;  // in flow_.connections
    const json::object* object;
    std::string path;
  };

  /// flow.json refers to components by the id of the instance, a definition by the versioned id. Both are known here.
  std::string id_of(const Fields& fields, const std::string& group) {
    const auto versioned = fields.text("identifier"), live = fields.text("instanceIdentifier");
    auto id = instance_ && !live.empty() ? live : versioned;
    if (id.empty()) id = live;
    // Two copies of a versioned flow have the same versioned ids.
    if (ids_.taken(id) && !live.empty()) id = live;
    if (ids_.taken(id)) id = derived_id(group + "/" + id);
    if (id.empty()) {
      if (!group.empty()) problems_.add(fields.path(), fmt::format("{} has no 'identifier'", fields.what()));
      id = derived_id(fmt::format("{}/{}/{}", group, fields.path(), fields.text("name")));
    }
    ids_.add(id, group, versioned);
    ids_.add(id, group, live);
    return id;
  }

  static std::string named(const json::object& object, std::string_view kind) {
    const auto* name = object.if_contains("name");
    const auto text = name == nullptr ? std::nullopt : scalar_text(*name);
    return text && !text->empty() ? fmt::format("{} '{}'", kind, *text) : fmt::format("a {}", kind);
  }

  void read_group(const json::object& object, const std::string& path, const std::string& parent) {
    const Fields fields(object, path, named(object, "process group"), problems_);
    GroupDefinition group;
    group.id = id_of(fields, parent);
    group.name = fields.text("name");
    if (group.name.empty()) group.name = "NiFi Flow";
    group.parent = parent;
    group.parameter_context = fields.text("parameterContextName");
    if (const auto* variables = fields.object("variables"))
      for (const auto& [name, value] : *variables)
        if (auto text = scalar_text(value)) group.variables[name] = *std::move(text);
    auto rest = object;
    for (const auto name : kModelled)
      if (auto* list = rest.if_contains(name); list != nullptr && list->is_array()) list->emplace_array();
    group.saved = std::make_shared<const json::object>(std::move(rest));
    const auto id = group.id;
    read_limits(fields, group);
    flow_.groups.push_back(std::move(group));
    look_at_group(fields);
    read_ports(fields, id);
    fields.each("processors", [&](const json::object& inner, const std::string& at) {
      const Fields processor(inner, at, named(inner, "processor"), problems_);
      const auto component_id = id_of(processor, id);
      flow_.processors.push_back(components_.processor(processor));
      flow_.processors.back().id = component_id;
      flow_.processors.back().group = id;
      flow_.processors.back().place = problems_.places().text(at);
      paths_[component_id] = at;
    });
    fields.each("controllerServices", [&](const json::object& inner, const std::string& at) {
      const Fields service(inner, at, named(inner, "controller service"), problems_);
      const auto component_id = id_of(service, id);
      flow_.services.push_back(components_.service(service));
      flow_.services.back().id = component_id;
      flow_.services.back().group = id;
      // NiFi writes DISABLED for every service of a definition, whatever its state was; MiNiFi has no states.
      if (flow_.form != FlowForm::Instance) flow_.services.back().scheduled_state = "ENABLED";
      flow_.services.back().place = problems_.places().text(at);
      paths_[component_id] = at;
    });
    fields.each("connections", [&](const json::object& inner, const std::string& at) {
      const Fields connection(inner, at, named(inner, "connection"), problems_);
      connections_.push_back({flow_.connections.size(), &inner, at});
      flow_.connections.push_back(components_.connection(connection));
      if (flow_.form == FlowForm::MiNiFi) use_agent_defaults(inner, flow_.connections.back());
      flow_.connections.back().id = id_of(connection, id);
      flow_.connections.back().group = id;
    });
    fields.each("processGroups", [&](const json::object& inner, const std::string& at) { read_group(inner, at, id); });
  }

  /// MiNiFi C++ has smaller queues.
  static void use_agent_defaults(const json::object& object, ConnectionDefinition& connection) {
    if (!object.contains("backPressureObjectThreshold")) connection.objects_max = 2000;
    if (!object.contains("backPressureDataSizeThreshold")) connection.bytes_max = "100 MB";
  }

  void read_ports(const Fields& group, const std::string& id) {
    const auto read = [&](std::string_view list, PortKind kind, std::string_view word) {
      group.each(list, [&](const json::object& inner, const std::string& at) {
        const Fields fields(inner, at, named(inner, word), problems_);
        auto port = components_.port(fields, kind);
        port.id = id_of(fields, id);
        port.group = id;
        flow_.ports.push_back(std::move(port));
      });
    };
    read("inputPorts", PortKind::Input, "input port");
    read("outputPorts", PortKind::Output, "output port");
    read("funnels", PortKind::Funnel, "funnel");
    group.each("remoteProcessGroups", [&](const json::object& inner, const std::string& at) {
      read_remote_group({inner, at, named(inner, "remote process group"), problems_}, id);
    });
  }

  /// Both spellings of the keys are seen.
  static std::string either(const Fields& group, std::string_view name, std::string_view other) {
    auto value = group.text(name, "");
    return value.empty() ? group.text(other, "") : value;
  }

  void read_limits(const Fields& group, GroupDefinition& into) {
    const auto concurrency = either(group, "flowFileConcurrency", "flowfileConcurrency");
    if (concurrency == "SINGLE_FLOWFILE_PER_NODE")
      into.concurrency = GroupConcurrency::SingleFlowFile;
    else if (concurrency == "SINGLE_BATCH_PER_NODE")
      into.concurrency = GroupConcurrency::SingleBatch;
    else if (!concurrency.empty() && concurrency != "UNBOUNDED")
      components_.add(Finding::Kind::NoEffect, group,
                      fmt::format("has the FlowFile concurrency {}, which NiFi does not know", concurrency));
    into.batch_output = either(group, "flowFileOutboundPolicy", "flowfileOutboundPolicy") == "BATCH_OUTPUT";
  }

  /// Kept as it is; its ports stand in the engine for what connections lead to.
  void read_remote_group(const Fields& remote, const std::string& group) {
    components_.add(Finding::Kind::Ghost, remote, "is kept and not run: site-to-site is not supported");
    const auto read = [&](std::string_view list, PortKind kind) {
      remote.each(list, [&](const json::object& inner, const std::string& at) {
        const Fields fields(inner, at, named(inner, "remote port"), problems_);
        auto port = components_.port(fields, kind);
        port.id = id_of(fields, group);
        if (const auto target = fields.text("targetId"); !target.empty()) ids_.add(port.id, group, target);
        port.group = group;
        port.refused = fmt::format("{} of {}: site-to-site is not supported", fields.what(), remote.what());
        flow_.ports.push_back(std::move(port));
      });
    };
    read("inputPorts", PortKind::RemoteInput);
    read("outputPorts", PortKind::RemoteOutput);
  }

  void look_at_group(const Fields& group) {
    if (group.text("executionEngine") == "STATELESS")
      components_.add(Finding::Kind::NoEffect, group, "is stateless in NiFi; it runs like any other group here");
    const auto empty = [&](std::string_view list) {
      const auto* values = group.array(list);
      return values == nullptr || values->empty();
    };
    const auto* coordinates = group.object("versionedFlowCoordinates");
    if (coordinates == nullptr || !std::ranges::all_of(kModelled, empty)) return;
    const Fields fields(*coordinates, group.path_of("versionedFlowCoordinates"), group.what(), problems_);
    components_.add(
        Finding::Kind::MissingFlow, group,
        fmt::format("is empty: its contents are flow {} of bucket {} in a registry; export the flow with them",
                    fields.text("flowId", "?"), fields.text("bucketId", "?")));
  }

  void read_contexts(const Fields& top) {
    const auto read = [&](const json::object& object, const std::string& path) {
      const Fields fields(object, path, named(object, "parameter context"), problems_);
      if (const auto name = fields.required("name"); !name.empty()) flow_.contexts[name] = components_.context(fields);
    };
    if (instance_) return top.each("parameterContexts", read);
    const auto* contexts = top.object("parameterContexts");
    if (contexts == nullptr) return;
    for (const auto& [name, value] : *contexts) {
      const auto path = path_below(top.path_of("parameterContexts"), name);
      if (const auto* object = value.if_object())
        read(*object, path);
      else
        problems_.add(path, fmt::format("parameter context '{}' must be an object", name));
    }
  }

  void read_external_services(const Fields& top) {
    const auto* services = top.object("externalControllerServices");
    if (services == nullptr) return;
    for (const auto& [id, value] : *services) {
      const auto path = path_below(top.path_of("externalControllerServices"), id);
      if (!value.is_object()) {
        problems_.add(path, "must be an object");
        continue;
      }
      const Fields fields(value.get_object(), path, fmt::format("external service '{}'", id), problems_);
      flow_.external_services.push_back({std::string(id), fields.text("name", id)});
    }
  }

  /// What an instance has beside its flow.
  void name_ghosts(const Fields& top) {
    constexpr std::pair<std::string_view, std::string_view> kLists[] = {
        {"connectors", "connector"},
        {"reportingTasks", "reporting task"},
        {"flowAnalysisRules", "flow analysis rule"},
        {"parameterProviders", "parameter provider"},
        {"controllerServices", "controller service outside all groups,"}};
    for (const auto& [list, word] : kLists) {
      const auto* value = top.json().if_contains(list);
      if (value == nullptr || !value->is_array()) continue;
      top.each(list, [&, kind = word](const json::object& inner, const std::string& at) {
        const Fields fields(inner, at, named(inner, kind), problems_);
        components_.add(Finding::Kind::Ghost, fields,
                        fmt::format("({}) is kept and not run", fields.text("type", "?")));
      });
    }
  }

  void read_ends(const Pending& pending) {
    auto& connection = flow_.connections[pending.index];
    const auto& shown = connection.name.empty() ? connection.id : connection.name;
    const Fields fields(*pending.object, pending.path, fmt::format("connection '{}'", shown), problems_);
    const auto read = [&](std::string_view end, std::string& id, std::string& name) {
      const auto* object = fields.object(end);
      if (object == nullptr) return problems_.add(pending.path, fmt::format("{} has no '{}'", fields.what(), end));
      const Fields found(*object, fields.path_of(end), fmt::format("{}, {}", fields.what(), end), problems_);
      const auto live = found.text("instanceIdentifier"), versioned = found.text("id");
      const auto group = found.text("groupId");
      name = found.text("name", versioned);
      // A definition's versioned ids may come several times; its instance ids are those of another instance.
      const auto component = ids_.find_end(instance_ ? live : versioned, connection.group, group);
      const auto other = component ? component : ids_.find_end(instance_ ? versioned : live, connection.group, group);
      if (other) {
        id = *other;
        return;
      }
      problems_.add(found.path(), fmt::format("{} refers to component '{}', which the file does not contain",
                                              fields.what(), name.empty() ? live : name));
    };
    read("source", connection.source, connection.source_name);
    read("destination", connection.destination, connection.destination_name);
  }

  /// What the ends of connections are called now; XML and YAML do not say.
  void name_ends() {
    std::map<std::string, std::string> names;
    for (const auto& processor : flow_.processors) names[processor.id] = processor.name;
    for (const auto& port : flow_.ports) names[port.id] = port.name;
    for (auto& connection : flow_.connections) {
      connection.source_name = names[connection.source];
      connection.destination_name = names[connection.destination];
    }
  }

  void keep_rest(const json::object& document, std::string_view root_name) {
    auto rest = document;
    rest[root_name] = nullptr;
    if (auto* contexts = rest.if_contains("parameterContexts")) {
      if (contexts->is_object()) contexts->emplace_object();
      if (contexts->is_array()) contexts->emplace_array();
    }
    flow_.saved = std::make_shared<const json::object>(std::move(rest));
  }

  const bool instance_;
  Problems problems_;
  FlowDefinition flow_;
  ComponentReader components_;
  ComponentIds ids_;
  std::vector<Pending> connections_;
  std::map<std::string, std::string> paths_;  // of what may refer to services
};

}  // namespace

base::Result<FlowDefinition> read_snapshot(const json::object& document, const Places& places,
                                           SensitiveValues& sensitive) {
  const auto form = document.contains("flowContents")      ? FlowForm::Definition
                    : document.contains("encodingVersion") ? FlowForm::Instance
                                                           : FlowForm::MiNiFi;
  return SnapshotReader(form, places, sensitive).read(document);
}

}  // namespace flow

#include "flow/format/definition.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace flow {
namespace {

namespace json = boost::json;

/// Reads one object and says in errors which component, field and file.
class Fields {
 public:
  Fields(const json::object& object, std::string what, std::string_view file)
      : object_(object), what_(std::move(what)), file_(file) {}

  base::Result<std::string> text(std::string_view name, std::string fallback = {}) const {
    const auto* value = find(name);
    if (value == nullptr) return fallback;
    if (const auto* string = value->if_string()) return std::string(std::string_view(*string));
    return wrong(name, "a text");
  }
  base::Result<std::string> required(std::string_view name) const {
    TRY(auto value, text(name));
    if (value.empty())
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}: {} has no '{}'", file_, what_, name));
    return value;
  }
  base::Result<std::int64_t> number(std::string_view name, std::int64_t fallback) const {
    const auto* value = find(name);
    if (value == nullptr) return fallback;
    if (const auto* whole = value->if_int64()) return *whole;
    return wrong(name, "a whole number");
  }
  base::Result<std::vector<std::string>> texts(std::string_view name) const {
    std::vector<std::string> list;
    TRY(const auto* values, array(name));
    if (values == nullptr) return list;
    for (const auto& value : *values) {
      const auto* string = value.if_string();
      if (string == nullptr) return wrong(name, "a list of texts");
      list.emplace_back(std::string_view(*string));
    }
    return list;
  }
  base::Result<const json::array*> array(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr) return nullptr;
    if (const auto* list = value->if_array()) return list;
    return wrong(name, "a list");
  }
  base::Result<const json::object*> object(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr) return nullptr;
    if (const auto* inner = value->if_object()) return inner;
    return wrong(name, "an object");
  }
  /// Calls back for each object of a list.
  template <class F>
  base::Status each(std::string_view name, F&& use) const {
    TRY(const auto* values, array(name));
    if (values == nullptr) return {};
    for (const auto& value : *values) {
      const auto* inner = value.if_object();
      if (inner == nullptr) return wrong(name, "a list of objects");
      TRY_VOID(use(*inner));
    }
    return {};
  }
  std::string_view file() const { return file_; }
  const std::string& what() const { return what_; }
  base::Failure<base::Error> wrong(std::string_view name, std::string_view wanted) const {
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("{}: {}: '{}' must be {}", file_, what_, name, wanted));
  }

 private:
  const json::value* find(std::string_view name) const {
    const auto* value = object_.if_contains(name);
    return value == nullptr || value->is_null() ? nullptr : value;
  }
  const json::object& object_;
  const std::string what_;
  const std::string_view file_;
};

class Importer {
 public:
  Importer(std::string_view file, bool instance) : file_(file), instance_(instance) {}

  base::Result<FlowDefinition> read(const json::object& document) {
    const Fields top(document, "the flow", file_);
    TRY(const auto* root, top.object(instance_ ? "rootGroup" : "flowContents"));
    TRY_VOID(read_group(*root, ""));
    flow_.root = flow_.groups.front().id;
    flow_.name = flow_.groups.front().name;
    if (instance_) {
      TRY_VOID(top.each("parameterContexts", [&](const json::object& context) { return read_context(context); }));
    } else if (const auto contexts = top.object("parameterContexts"); contexts && *contexts != nullptr) {
      for (const auto& [name, value] : **contexts) {
        if (!value.is_object()) return top.wrong("parameterContexts", "an object of objects");
        TRY_VOID(read_context(value.get_object()));
      }
    } else if (!contexts) {
      return base::fail(contexts.error());
    }
    TRY_VOID(check_connections());
    return std::move(flow_);
  }

 private:
  /// flow.json refers to components by the id of the instance, a definition by the versioned id.
  base::Result<std::string> id_of(const Fields& fields) const {
    if (instance_) {
      TRY(auto id, fields.text("instanceIdentifier"));
      if (!id.empty()) return id;
    }
    return fields.required("identifier");
  }

  base::Status read_group(const json::object& object, const std::string& parent) {
    const Fields named(object, "a process group", file_);
    GroupDefinition group;
    TRY(group.id, id_of(named));
    TRY(group.name, named.text("name", "NiFi Flow"));
    group.parent = parent;
    const Fields fields(object, fmt::format("process group '{}'", group.name), file_);
    TRY(group.parameter_context, fields.text("parameterContextName"));
    TRY(const auto* variables, fields.object("variables"));
    if (variables != nullptr) {
      for (const auto& [name, value] : *variables)
        if (const auto* text = value.if_string()) group.variables[name] = std::string_view(*text);
    }
    TRY(const auto concurrency, fields.text("flowFileConcurrency", "UNBOUNDED"));
    TRY(const auto concurrency_new, fields.text("flowfileConcurrency", "UNBOUNDED"));
    if (concurrency != "UNBOUNDED" || concurrency_new != "UNBOUNDED")
      return base::fail(
          base::ErrorKind::Unsupported,
          fmt::format("{}: {}: FlowFile concurrency other than UNBOUNDED is not supported", file_, fields.what()));
    const auto id = group.id;
    flow_.groups.push_back(std::move(group));
    TRY_VOID(fields.each("processors", [&](const json::object& inner) { return read_processor(inner, id); }));
    TRY_VOID(
        fields.each("inputPorts", [&](const json::object& inner) { return read_port(inner, id, PortKind::Input); }));
    TRY_VOID(
        fields.each("outputPorts", [&](const json::object& inner) { return read_port(inner, id, PortKind::Output); }));
    TRY_VOID(fields.each("funnels", [&](const json::object& inner) { return read_port(inner, id, PortKind::Funnel); }));
    TRY_VOID(fields.each("connections", [&](const json::object& inner) { return read_connection(inner, id); }));
    TRY_VOID(fields.each("remoteProcessGroups", [&](const json::object& inner) -> base::Status {
      const Fields remote(inner, "a remote process group", file_);
      TRY(const auto name, remote.text("name"));
      return base::fail(base::ErrorKind::Unsupported,
                        fmt::format("{}: remote process group '{}': site-to-site is not supported", file_, name));
    }));
    TRY_VOID(fields.each("controllerServices", [&](const json::object& inner) { return read_service(inner, id); }));
    return fields.each("processGroups", [&](const json::object& inner) { return read_group(inner, id); });
  }

  /// What processors and services have in common.
  base::Status read_configured(const Fields& fields, ConfiguredDefinition& configured) {
    TRY(configured.type, fields.required("type"));
    TRY(const auto* bundle, fields.object("bundle"));
    if (bundle != nullptr) {
      const Fields parts(*bundle, fields.what() + ", bundle", file_);
      TRY(const auto bundle_group, parts.text("group"));
      TRY(const auto artifact, parts.text("artifact"));
      TRY(const auto version, parts.text("version"));
      configured.bundle = fmt::format("{}:{}:{}", bundle_group, artifact, version);
    }
    TRY(const auto* properties, fields.object("properties"));
    if (properties != nullptr) {
      for (const auto& [name, value] : *properties) {
        if (value.is_null()) {
          configured.properties[name] = std::nullopt;
        } else if (const auto* text = value.if_string()) {
          configured.properties[name] = std::string(std::string_view(*text));
        } else {
          return fields.wrong(fmt::format("properties.{}", std::string_view(name)), "a text or null");
        }
      }
    }
    TRY(const auto* descriptors, fields.object("propertyDescriptors"));
    if (descriptors != nullptr) {
      for (const auto& [name, value] : *descriptors) {
        const auto* descriptor = value.if_object();
        const auto* sensitive = descriptor == nullptr ? nullptr : descriptor->if_contains("sensitive");
        if (sensitive != nullptr && sensitive->is_bool() && sensitive->get_bool())
          configured.sensitive.emplace_back(name);
      }
    }
    TRY(configured.annotation_data, fields.text("annotationData"));
    TRY(configured.bulletin_level, fields.text("bulletinLevel", "WARN"));
    return {};
  }

  base::Status read_service(const json::object& object, const std::string& group) {
    const Fields named(object, "a controller service", file_);
    ServiceDefinition service;
    service.group = group;
    TRY(service.id, id_of(named));
    TRY(service.name, named.text("name"));
    const Fields fields(object, fmt::format("controller service '{}'", service.name), file_);
    TRY_VOID(read_configured(fields, service));
    TRY(service.scheduled_state, fields.text("scheduledState", "DISABLED"));
    flow_.warnings.push_back(fmt::format("{} ({}) is kept but not run", fields.what(), service.type));
    flow_.services.push_back(std::move(service));
    return {};
  }

  base::Status read_processor(const json::object& object, const std::string& group) {
    const Fields named(object, "a processor", file_);
    ProcessorDefinition processor;
    processor.group = group;
    TRY(processor.id, id_of(named));
    TRY(processor.name, named.text("name"));
    const Fields fields(object, fmt::format("processor '{}'", processor.name), file_);
    TRY_VOID(read_configured(fields, processor));
    TRY(processor.scheduling_strategy, fields.text("schedulingStrategy", "TIMER_DRIVEN"));
    TRY(processor.scheduling_period, fields.text("schedulingPeriod", "0 sec"));
    TRY(processor.penalty_duration, fields.text("penaltyDuration", "30 sec"));
    TRY(processor.yield_duration, fields.text("yieldDuration", "1 sec"));
    TRY(processor.run_duration, fields.number("runDurationMillis", 0));
    TRY(processor.scheduled_state, fields.text("scheduledState", "ENABLED"));
    TRY(const auto tasks, fields.number("concurrentlySchedulableTaskCount", 1));
    processor.concurrent_tasks = static_cast<int>(std::clamp<std::int64_t>(tasks, 1, 1000));
    TRY(processor.auto_terminated, fields.texts("autoTerminatedRelationships"));
    TRY(processor.retried, fields.texts("retriedRelationships"));
    TRY(const auto retries, fields.number("retryCount", 10));
    processor.retry_count = static_cast<int>(std::clamp<std::int64_t>(retries, 0, 1'000'000'000));
    TRY(const auto backoff, fields.text("backoffMechanism", "PENALIZE_FLOWFILE"));
    processor.backoff_yields = backoff == "YIELD_PROCESSOR";
    TRY(processor.max_backoff, fields.text("maxBackoffPeriod", "10 mins"));
    flow_.processors.push_back(std::move(processor));
    return {};
  }

  base::Status read_port(const json::object& object, const std::string& group, PortKind kind) {
    const Fields fields(object, kind == PortKind::Funnel ? "a funnel" : "a port", file_);
    PortDefinition port{.group = group, .kind = kind};
    TRY(port.id, id_of(fields));
    TRY(port.name, fields.text("name", kind == PortKind::Funnel ? "Funnel" : ""));
    flow_.ports.push_back(std::move(port));
    return {};
  }

  base::Status read_end(const Fields& connection, std::string_view end, std::string& id, std::string& name) {
    TRY(const auto* object, connection.object(end));
    if (object == nullptr)
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("{}: {} has no '{}'", file_, connection.what(), end));
    const Fields fields(*object, fmt::format("{}, {}", connection.what(), end), file_);
    if (instance_)
      TRY_VOID([&]() -> base::Status {
        TRY(id, fields.text("instanceIdentifier"));
        return {};
      }());
    if (id.empty())
      TRY_VOID([&]() -> base::Status {
        TRY(id, fields.required("id"));
        return {};
      }());
    TRY(name, fields.text("name", id));
    return {};
  }

  base::Status read_connection(const json::object& object, const std::string& group) {
    const Fields named(object, "a connection", file_);
    ConnectionDefinition connection{.group = group};
    TRY(connection.id, id_of(named));
    const Fields fields(object, fmt::format("connection '{}'", connection.id), file_);
    TRY(connection.name, fields.text("name"));
    TRY_VOID(read_end(fields, "source", connection.source, connection.source_name));
    TRY_VOID(read_end(fields, "destination", connection.destination, connection.destination_name));
    TRY(connection.relationships, fields.texts("selectedRelationships"));
    if (connection.relationships.empty()) connection.relationships.emplace_back();
    TRY(const auto objects, fields.number("backPressureObjectThreshold", 10'000));
    connection.objects_max = static_cast<std::uint64_t>(std::max<std::int64_t>(objects, 0));
    TRY(connection.bytes_max, fields.text("backPressureDataSizeThreshold", "1 GB"));
    TRY(connection.expiration, fields.text("flowFileExpiration", "0 sec"));
    TRY(connection.prioritizers, fields.texts("prioritizers"));
    TRY(const auto balance, fields.text("loadBalanceStrategy", "DO_NOT_LOAD_BALANCE"));
    if (balance != "DO_NOT_LOAD_BALANCE")
      flow_.warnings.push_back(fmt::format("{}: load balancing has no effect on one node", fields.what()));
    flow_.connections.push_back(std::move(connection));
    return {};
  }

  base::Status read_context(const json::object& object) {
    const Fields named(object, "a parameter context", file_);
    TRY(const auto name, named.required("name"));
    const Fields fields(object, fmt::format("parameter context '{}'", name), file_);
    ParameterContext context;
    TRY(context.inherited, fields.texts("inheritedParameterContexts"));
    TRY_VOID(fields.each("parameters", [&](const json::object& inner) -> base::Status {
      const Fields parameter(inner, fields.what() + ", a parameter", file_);
      TRY(const auto key, parameter.required("name"));
      auto& definition = context.parameters[key];
      if (const auto* value = inner.if_contains("value"); value != nullptr && value->is_string())
        definition.value = std::string(std::string_view(value->get_string()));
      const auto* sensitive = inner.if_contains("sensitive");
      definition.sensitive = sensitive != nullptr && sensitive->is_bool() && sensitive->get_bool();
      return {};
    }));
    flow_.contexts[name] = std::move(context);
    return {};
  }

  base::Status check_connections() {
    const auto known = [&](const std::string& id) {
      return std::ranges::any_of(flow_.processors, [&](const auto& c) { return c.id == id; }) ||
             std::ranges::any_of(flow_.ports, [&](const auto& c) { return c.id == id; });
    };
    for (const auto& connection : flow_.connections) {
      for (const auto* end : {&connection.source, &connection.destination}) {
        if (!known(*end))
          return base::fail(
              base::ErrorKind::InvalidValue,
              fmt::format("{}: connection '{}' refers to component '{}', which the file does not contain", file_,
                          connection.id,
                          end == &connection.source ? connection.source_name : connection.destination_name));
      }
    }
    return {};
  }

  const std::string_view file_;
  const bool instance_;
  FlowDefinition flow_;
};

/// Public repositories hold templates with a name and nothing in them.
base::Result<FlowDefinition> read_template(std::string_view text, std::string_view file) {
  if (text.find("<template") == std::string_view::npos)
    return base::fail(base::ErrorKind::Unsupported,
                      fmt::format("{}: flow.xml is not supported; save the flow as a flow definition (JSON)", file));
  if (text.find("<processors>") != std::string_view::npos)
    return base::fail(
        base::ErrorKind::Unsupported,
        fmt::format("{}: templates with processors are not supported; save the flow as a flow definition (JSON)",
                    file));
  const auto between = [&](std::string_view tag) -> std::string {
    const auto begin = text.find(fmt::format("<{}>", tag));
    const auto end = text.find(fmt::format("</{}>", tag), begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) return {};
    return std::string(text.substr(begin + tag.size() + 2, end - begin - tag.size() - 2));
  };
  FlowDefinition flow;
  flow.name = between("name");
  flow.root = between("groupId");
  if (flow.root.empty()) flow.root = "template:" + flow.name;
  flow.groups.push_back({.id = flow.root, .name = flow.name});
  flow.warnings.push_back(fmt::format("{}: the template has no processors; it gives an empty group", file));
  return flow;
}

}  // namespace

base::Result<FlowDefinition> read_definition(std::string_view text, std::string_view file) {
  const auto first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (first == std::string_view::npos)
    return base::fail(base::ErrorKind::Syntax, fmt::format("{}: the file is empty", file));
  if (text.starts_with("\x1F\x8B"))
    return base::fail(base::ErrorKind::Unsupported, fmt::format("{}: unpack the file first (gunzip)", file));
  if (text[first] == '<') return read_template(text, file);
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 200;
  const auto document = json::parse({text.data() + first, text.size() - first}, error, {}, options);
  if (error) return base::fail(base::ErrorKind::Syntax, fmt::format("{}: not valid JSON: {}", file, error.message()));
  const auto* object = document.if_object();
  if (object == nullptr)
    return base::fail(base::ErrorKind::Syntax, fmt::format("{}: not a flow: an object is expected", file));
  if (const auto* wrapped = object->if_contains("versionedFlowSnapshot"); wrapped != nullptr && wrapped->is_object())
    object = wrapped->if_object();
  const bool definition = object->contains("flowContents");
  const bool instance = object->contains("rootGroup");
  if (!definition && !instance)
    return base::fail(base::ErrorKind::Unsupported,
                      fmt::format("{}: not a flow definition: neither 'flowContents' nor 'rootGroup' is there", file));
  return Importer(file, !definition).read(*object);
}

}  // namespace flow

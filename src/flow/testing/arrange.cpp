#include "flow/testing/arrange.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "flow/description.h"
#include "flow/property_keys.h"

namespace flow::testing {
namespace {

constexpr std::string_view kUpdateAttribute = "org.apache.nifi.processors.attributes.UpdateAttribute";
constexpr std::string_view kReplaceText = "org.apache.nifi.processors.standard.ReplaceText";

class Arrangement {
 public:
  Arrangement(FlowDefinition flow, const TestCase& test, const std::string& file) : test_(test), file_(file) {
    made_.flow = std::move(flow);
  }

  base::Result<Arranged> make() {
    TRY_VOID(set_properties());
    for (const auto& stub : test_.stubs) TRY_VOID(replace(stub));
    for (const auto& name : test_.without) {
      TRY(const auto id, find(name, test_.line));
      hold(id);
    }
    for (const auto& given : test_.given) TRY_VOID(prepare(given));
    for (const auto& expected : test_.expectations) TRY_VOID(prepare(expected));
    for (auto& processor : made_.flow.processors)
      if (std::ranges::count(made_.still, processor.id) > 0) processor.scheduled_state = "DISABLED";
    for (auto& port : made_.flow.ports)
      if (std::ranges::count(made_.still, port.id) > 0) port.disabled = true;
    return std::move(made_);
  }

 private:
  struct Named {
    std::string id, path;
  };

  base::Error error(std::size_t line, std::string text) const {
    return base::Error{
        base::ErrorKind::InvalidValue, 0, {}, fmt::format("{}:{}: {}", file_, line, std::move(text)), std::nullopt};
  }

  std::string path_of(const std::string& group, const std::string& name) const {
    auto path = name;
    for (auto id = group; !id.empty();) {
      const auto found = std::ranges::find(made_.flow.groups, id, &GroupDefinition::id);
      if (found == made_.flow.groups.end() || found->parent.empty()) break;  // without the root
      path = fmt::format("{}/{}", found->name, path);
      id = found->parent;
    }
    return path;
  }

  /// By id, or by the end of its path.
  base::Result<std::string> find(const std::string& name, std::size_t line, bool services = false) const {
    std::vector<Named> found;
    std::vector<std::string> all;
    const auto look = [&](const auto& component) {
      const auto path = path_of(component.group, component.name);
      all.push_back(path);
      const bool ends = path == name || (path.size() > name.size() && path.ends_with("/" + name));
      if (component.id == name || ends) found.push_back({component.id, path});
    };
    std::ranges::for_each(made_.flow.processors, look);
    std::ranges::for_each(made_.flow.ports, look);
    if (services) std::ranges::for_each(made_.flow.services, look);
    if (found.size() == 1) return found.front().id;
    if (found.empty())
      return base::fail(
          error(line, fmt::format("the flow has no component '{}'; it has: {}", name, fmt::join(all, ", "))));
    std::vector<std::string> paths;
    for (const auto& named : found) paths.push_back(named.path == name ? named.id : named.path);
    return base::fail(
        error(line, fmt::format("'{}' are several components; say which: {}", name, fmt::join(paths, ", "))));
  }

  void hold(const std::string& id) {
    if (std::ranges::count(made_.still, id) == 0) made_.still.push_back(id);
  }

  std::string group_of(const std::string& id) const {
    for (const auto& processor : made_.flow.processors)
      if (processor.id == id) return processor.group;
    for (const auto& port : made_.flow.ports)
      if (port.id == id) return port.group;
    return made_.flow.root;
  }

  template <class List>
  static auto* find_in(List& list, const std::string& id) {
    const auto found = std::ranges::find_if(list, [&](const auto& component) { return component.id == id; });
    return found == list.end() ? nullptr : &*found;
  }

  base::Status set_properties() {
    for (const auto& [name, properties] : test_.set) {
      TRY(const auto id, find(name, test_.line, true));
      if (auto* processor = find_in(made_.flow.processors, id))
        set(*processor, find_description(processor->type), properties);
      else if (auto* service = find_in(made_.flow.services, id))
        set(*service, find_description(service->type, service_descriptions()), properties);
      else
        return base::fail(error(test_.line, fmt::format("'{}' has no properties", name)));
    }
    return {};
  }

  static void set(ConfiguredDefinition& component, const Description* description,
                  const std::map<std::string, std::string>& properties) {
    for (const auto& [name, value] : properties) {
      if (description != nullptr)
        for (const auto& property : description->properties)
          if (has_key(property, name))
            for (const auto key : keys_of(property)) component.properties.erase(std::string(key));
      component.properties[name] = value;
    }
  }

  ProcessorDefinition processor(const std::string& id, const std::string& group, const std::string& name,
                                std::string_view type, const std::string& bundle) const {
    ProcessorDefinition made;
    made.id = id;
    made.group = group;
    made.name = name;
    made.type = type;
    made.bundle = bundle;
    return made;
  }

  /// What comes is changed and goes on by the connections of one relationship; those of others are gone.
  base::Status replace(const Stub& stub) {
    TRY(const auto id, find(stub.component, stub.line));
    auto* replaced = find_in(made_.flow.processors, id);
    if (replaced == nullptr)
      return base::fail(error(stub.line, fmt::format("'{}' is no processor: it cannot be replaced", stub.component)));
    auto first = processor(id, replaced->group, replaced->name, kUpdateAttribute, replaced->bundle);
    for (const auto& [name, value] : stub.attributes) first.properties[name] = value;
    auto last = id;
    std::optional<ProcessorDefinition> second;
    if (stub.content) {
      second =
          processor(id + ":content", replaced->group, replaced->name + ", content", kReplaceText, replaced->bundle);
      second->properties = {{"Replacement Strategy", "Always Replace"},
                            {"Evaluation Mode", "Entire text"},
                            {"Replacement Value", *stub.content}};
      second->auto_terminated = {"failure"};
      last = second->id;
    }
    auto& connections = made_.flow.connections;
    std::erase_if(connections, [&](const ConnectionDefinition& connection) {
      return connection.source == id && std::ranges::count(connection.relationships, stub.relationship) == 0;
    });
    bool goes_on = false;
    for (auto& connection : connections) {
      if (connection.source != id) continue;
      connection.source = last;
      connection.relationships = {"success"};
      connection.saved = nullptr;
      goes_on = true;
    }
    if (!goes_on) (second ? *second : first).auto_terminated.emplace_back("success");
    *replaced = std::move(first);
    if (second) {
      connect(id, last, "success");
      made_.flow.processors.push_back(*std::move(second));
    }
    stubs_[id] = {last, stub.relationship};
    return {};
  }

  /// A connection that holds whatever comes.
  std::string connect(const std::string& source, const std::string& destination, const std::string& relationship) {
    ConnectionDefinition made;
    made.id = fmt::format("test:{}", ++connected_);
    made.group = group_of(destination);
    made.source = source;
    made.destination = destination;
    made.relationships = {relationship};
    made.objects_max = 0;
    made.bytes_max = "0 B";
    // First, so that what goes on elsewhere is the flowfile itself, and this a copy.
    made_.flow.connections.insert(made_.flow.connections.begin(), made);
    return made.id;
  }

  std::string add_funnel(const std::string& group) {
    PortDefinition funnel{.id = fmt::format("test:funnel:{}", ++connected_), .group = group, .name = "test"};
    funnel.kind = PortKind::Funnel;
    funnel.disabled = true;
    made_.flow.ports.push_back(funnel);
    return funnel.id;
  }

  std::vector<std::string> connections_from(const std::string& id, const std::string& relationship) const {
    std::vector<std::string> ids;
    for (const auto& connection : made_.flow.connections)
      if (connection.source == id && std::ranges::count(connection.relationships, relationship) > 0)
        ids.push_back(connection.id);
    return ids;
  }

  base::Status prepare(const Given& given) {
    TRY(const auto id, find(given.component, given.line));
    if (!given.relationship) {
      made_.given.push_back({connect(add_funnel(group_of(id)), id, "")});
      return {};
    }
    const bool is_processor = find_in(made_.flow.processors, id) != nullptr;
    auto connections = connections_from(id, is_processor ? *given.relationship : "");
    if (connections.empty())
      return base::fail(error(
          given.line, fmt::format("no connection leads out of '{}' by '{}'", given.component, *given.relationship)));
    hold(id);
    replaced_.insert(id);
    made_.given.push_back(std::move(connections));
    return {};
  }

  base::Status prepare(const Expectation& expected) {
    TRY(const auto id, find(expected.component, expected.line));
    if (!expected.relationship) {
      std::vector<std::string> connections;
      for (const auto& connection : made_.flow.connections)
        if (connection.destination == id) connections.push_back(connection.id);
      hold(id);
      made_.expected.push_back(std::move(connections));
      return {};
    }
    if (replaced_.contains(id))
      return base::fail(error(
          expected.line, fmt::format("what comes out of '{}' is given, and cannot be expected", expected.component)));
    auto source = id;
    auto relationship = find_in(made_.flow.processors, id) == nullptr ? "" : *expected.relationship;
    if (const auto stub = stubs_.find(id); stub != stubs_.end()) {
      if (relationship != stub->second.relationship)
        return base::fail(error(expected.line, fmt::format("the stub in place of '{}' has '{}' only",
                                                           expected.component, stub->second.relationship)));
      source = stub->second.last;
      relationship = "success";
    }
    made_.expected.push_back({connect(source, add_funnel(group_of(id)), relationship)});
    return {};
  }

  struct Replaced {
    std::string last, relationship;
  };

  const TestCase& test_;
  const std::string& file_;
  Arranged made_;
  std::map<std::string, Replaced> stubs_;
  std::set<std::string> replaced_;
  int connected_ = 0;
};

}  // namespace

base::Result<Arranged> arrange(FlowDefinition flow, const TestCase& test, const std::string& file) {
  return Arrangement(std::move(flow), test, file).make();
}

}  // namespace flow::testing

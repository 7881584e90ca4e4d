#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "flow/description.h"
#include "flow/format/text_format.h"
#include "flow/format/text_shapes.h"
#include "flow/format/yaml_writer.h"

namespace flow {
namespace {

namespace json = boost::json;

std::string text_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(std::string_view(value->get_string())) : std::string{};
}

const json::object* object_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

std::vector<const json::object*> objects_at(const json::object& object, std::string_view name) {
  std::vector<const json::object*> list;
  const auto* value = object.if_contains(name);
  if (value != nullptr && value->is_array())
    for (const auto& entry : value->get_array())
      if (const auto* inner = entry.if_object()) list.push_back(inner);
  return list;
}

/// By what a component is called and says, so that the order of the file does not count.
std::vector<const json::object*> in_order(std::vector<const json::object*> list) {
  std::ranges::sort(list, {}, [](const json::object* object) {
    const auto* properties = object->if_contains("properties");
    return std::tuple(text_at(*object, "name"), text_at(*object, "label"), text_at(*object, "type"),
                      properties == nullptr ? std::string{} : json::serialize(*properties),
                      text_at(*object, "identifier"));
  });
  return list;
}

std::string without_line_ends(std::string name) {
  std::ranges::replace(name, '\n', ' ');
  return name;
}

/// `name`, or with a number behind it when it is taken.
std::string unique(std::string name, std::set<std::string>& taken) {
  name = without_line_ends(std::move(name));
  auto key = name;
  for (int n = 2; !taken.insert(key).second; ++n) key = fmt::format("{} #{}", name, n);
  return key;
}

json::object by_name(json::object object) {
  std::vector<std::pair<std::string, json::value>> members;
  for (auto& [name, value] : object) members.emplace_back(std::string(name), std::move(value));
  std::ranges::sort(members, {}, [](const auto& member) { return member.first; });
  json::object sorted;
  for (auto& [name, value] : members) sorted[name] = std::move(value);
  return sorted;
}

/// Members of all objects in the order of their names.
json::value canonical(const json::value& value) {
  if (const auto* list = value.if_array()) {
    json::array made;
    for (const auto& entry : *list) made.push_back(canonical(entry));
    return made;
  }
  const auto* object = value.if_object();
  if (object == nullptr) return value;
  json::object made;
  for (const auto& [name, inner] : by_name(*object)) made[name] = canonical(inner);
  return made;
}

/// Properties that NiFi defines by name, then those of other names as they stand: they may be applied in that order. Of
/// unknown types all as they stand.
json::object in_order_of_use(const json::object& properties, std::string_view type) {
  const auto* description = find_description(type);
  if (description == nullptr) description = find_description(type, service_descriptions());
  if (description == nullptr) return properties;
  json::object defined, others;
  for (const auto& [key, value] : properties) {
    const auto is = [name = std::string_view(key)](const Property& property) {
      return property.name == name || property.old_name == name;
    };
    (std::ranges::any_of(description->properties, is) ? defined : others)[key] = value;
  }
  defined = by_name(std::move(defined));
  for (auto& [key, value] : others) defined[key] = std::move(value);
  return defined;
}

class TextWriter {
 public:
  explicit TextWriter(const json::object& definition) : definition_(definition) {}

  std::string write(Layout with_layout) {
    const auto& root = definition_.at("flowContents").as_object();
    name_group(root, "");
    json::object text{{kTextMark, 1}, {"name", text_at(root, "name")}};
    json::object layout;
    if (auto contexts = write_contexts(layout); !contexts.empty()) text["parameterContexts"] = std::move(contexts);
    if (const auto* external = object_at(definition_, "externalControllerServices");
        external != nullptr && !external->empty())
      text["externalControllerServices"] = *external;
    for (auto& [name, value] : write_group(root, "", layout)) text[name] = std::move(value);
    json::object rest;
    for (const auto& [name, value] : definition_)
      if (name != "flowContents" && name != "parameterContexts" && name != "externalControllerServices")
        rest[name] = value;
    if (!rest.empty()) layout["document"] = by_name(std::move(rest));
    auto out = yaml_text(text);
    if (with_layout == Layout::No) return out;
    json::object marked{{kLayoutMark, text_at(root, "name")}};
    const auto sorted = canonical(layout);
    for (const auto& [name, value] : sorted.get_object()) marked[name] = value;
    return out + "---\n" + yaml_text(marked);
  }

 private:
  static std::string called(const json::object& component, const TextShape& shape) {
    auto name = text_at(component, "name");
    if (name.empty()) name = text_at(component, "label");
    if (name.empty()) name = std::string(shape.type == "FUNNEL" ? "Funnel" : shape.list);
    return name;
  }

  /// Gives each component its key, and remembers the paths of ends and services.
  void name_group(const json::object& group, const std::string& path) {
    std::set<std::string> ends;
    const auto name = [&](const json::object* component, const TextShape& shape, std::set<std::string>& taken) {
      const auto key = unique(called(*component, shape), taken);
      keys_[component] = key;
      const auto below = text_path(path, key);
      paths_[{text_at(group, "identifier"), text_at(*component, "identifier")}] = below;
      if (shape.type == "CONTROLLER_SERVICE") services_.emplace(text_at(*component, "identifier"), below);
      any_.emplace(text_at(*component, "identifier"), below);
      return below;
    };
    for (const auto& shape : text_shapes()) {
      std::set<std::string> own;
      for (const auto* component : in_order(objects_at(group, shape.list))) {
        const auto below = name(component, shape, shape.is_end ? ends : own);
        std::set<std::string> ports;
        if (shape.type != "REMOTE_PROCESS_GROUP") continue;
        for (const auto& port_shape : remote_port_shapes())
          for (const auto* port : in_order(objects_at(*component, port_shape.list))) {
            keys_[port] = unique(called(*port, port_shape), ports);
            any_.emplace(text_at(*port, "identifier"), text_path(below, keys_[port]));
          }
      }
    }
    for (const auto* inner : in_order(objects_at(group, "processGroups")))
      name_group(*inner, name(inner, group_shape(), ends));
  }

  /// What is not layout, without defaults; the layout goes into `layout`.
  json::object write_members(const json::object& component, const TextShape& shape, const std::string& key,
                             json::object& layout) {
    json::object made, rest;
    const auto name = text_at(component, "name");
    const bool is_called_so = name == key && shape.type != "FUNNEL";  // of which most have none
    if (!is_called_so && shape.type != "CONNECTION" && component.contains("name")) made["name"] = name;
    if (component.contains("type")) made["type"] = component.at("type");
    for (const auto& [member, value] : component) {
      if (member == "name" || member == "type" || member == "properties" || member == "bundle" ||
          member == "groupIdentifier")
        continue;
      if (member == "componentType" && value == json::value(shape.type)) continue;
      if (std::ranges::count(layout_members(), std::string_view(member)) > 0) {
        layout[member] = value;
        continue;
      }
      const auto* usual = shape.defaults.if_contains(member);
      if (usual == nullptr || *usual != value) rest[member] = canonical(value);
    }
    json::array absent;
    for (const auto& [member, usual_value] : shape.defaults)
      if (!component.contains(member)) absent.emplace_back(member);
    if (!absent.empty()) layout["absent"] = std::move(absent);
    if (const auto* usual = shape.defaults.if_contains("type");
        usual != nullptr && made.contains("type") && made.at("type") == *usual)
      made.erase("type");
    if (shape.type == "CONNECTION" && !text_at(component, "name").empty()) made["name"] = component.at("name");
    write_bundle(component, made);
    if (shape.configured) write_properties(component, made, layout);
    for (auto& [member, value] : by_name(std::move(rest))) made[member] = std::move(value);
    return made;
  }

  static void write_bundle(const json::object& component, json::object& made) {
    const auto* bundle = object_at(component, "bundle");
    if (bundle == nullptr) return;
    made["bundle"] =
        fmt::format("{}:{}:{}", text_at(*bundle, "group"), text_at(*bundle, "artifact"), text_at(*bundle, "version"));
  }

  void write_properties(const json::object& component, json::object& made, json::object& layout) const {
    const auto* descriptors = object_at(component, "propertyDescriptors");
    const auto says = [&](std::string_view key, std::string_view what) {
      const auto* descriptor = descriptors == nullptr ? nullptr : object_at(*descriptors, key);
      const auto* value = descriptor == nullptr ? nullptr : descriptor->if_contains(what);
      return value != nullptr && value->is_bool() && value->get_bool();
    };
    json::object set;
    json::array unset, sensitive;
    if (const auto* properties = object_at(component, "properties"))
      for (const auto& [key, value] : in_order_of_use(*properties, text_at(component, "type"))) {
        if (value.is_null()) {
          unset.emplace_back(key);
          continue;
        }
        const auto service = services_.find(value.is_string() ? std::string(std::string_view(value.get_string())) : "");
        if (service != services_.end() && says(key, "identifiesControllerService"))
          set[key] = json::object{{"service", service->second}};
        else
          set[key] = value;
      }
    if (descriptors != nullptr)
      for (const auto& [key, descriptor] : by_name(*descriptors))
        if (says(key, "sensitive")) sensitive.emplace_back(key);
    if (!set.empty()) made["properties"] = std::move(set);
    if (!sensitive.empty()) made["sensitive"] = std::move(sensitive);
    if (!unset.empty()) layout["unset"] = std::move(unset);
  }

  json::object write_group(const json::object& group, const std::string& path, json::object& layout) {
    json::object self;
    json::object rest = group;
    for (const auto& shape : text_shapes()) rest.erase(shape.list);
    rest.erase("connections");
    rest.erase("processGroups");
    auto made = write_members(rest, group_shape(), path.empty() ? text_at(group, "name") : keys_.at(&group), self);
    if (!self.empty()) layout["self"] = std::move(self);
    for (const auto& shape : text_shapes()) write_list(group, shape, made, layout);
    write_connections(group, path, made, layout);
    json::object groups, layouts;
    for (const auto* inner : by_key(objects_at(group, "processGroups"))) {
      json::object below;
      groups[keys_.at(inner)] = write_group(*inner, text_path(path, keys_.at(inner)), below);
      layouts[keys_.at(inner)] = std::move(below);
    }
    add(made, layout, "processGroups", std::move(groups), std::move(layouts));
    return made;
  }

  static void add(json::object& made, json::object& layout, std::string_view list, json::object components,
                  json::object layouts) {
    if (!components.empty()) made[list] = std::move(components);
    if (!layouts.empty()) layout[list] = std::move(layouts);
  }

  std::vector<const json::object*> by_key(std::vector<const json::object*> list) const {
    std::ranges::sort(list, {}, [&](const json::object* component) { return keys_.at(component); });
    return list;
  }

  void write_list(const json::object& group, const TextShape& shape, json::object& made, json::object& layout) {
    json::object components, layouts;
    for (const auto* component : by_key(objects_at(group, shape.list))) {
      const auto& key = keys_.at(component);
      json::object own;
      json::object rest = *component;
      if (shape.type == "REMOTE_PROCESS_GROUP")
        for (const auto& port : remote_port_shapes()) rest.erase(port.list);
      auto written = write_members(rest, shape, key, own);
      if (shape.type == "REMOTE_PROCESS_GROUP")
        for (const auto& port : remote_port_shapes()) write_list(*component, port, written, own);
      components[key] = std::move(written);
      layouts[key] = std::move(own);
    }
    add(made, layout, shape.list, std::move(components), std::move(layouts));
  }

  /// From the group of the connection: "make", or "archive/in" for a port of a group below.
  std::string end_of(const json::object& connection, std::string_view end, const std::string& group_id,
                     const std::string& path) const {
    const auto* object = object_at(connection, end);
    if (object == nullptr) return "";
    const auto id = text_at(*object, "id");
    auto found = paths_.find({text_at(*object, "groupId"), id});
    if (found == paths_.end()) found = paths_.find({group_id, id});
    const auto any = any_.find(id);
    const auto full = found != paths_.end() ? found->second : any != any_.end() ? any->second : id;
    return !path.empty() && full.starts_with(path + "/") ? full.substr(path.size() + 1) : full;
  }

  void write_connections(const json::object& group, const std::string& path, json::object& made, json::object& layout) {
    struct Named {
      std::string from, to;
      const json::object* connection;
    };
    std::vector<Named> list;
    const auto id = text_at(group, "identifier");
    for (const auto* connection : objects_at(group, "connections"))
      list.push_back(
          {end_of(*connection, "source", id, path), end_of(*connection, "destination", id, path), connection});
    std::ranges::sort(list, {}, [](const Named& named) {
      const auto* relationships = named.connection->if_contains("selectedRelationships");
      return std::tuple(named.from, named.to,
                        relationships == nullptr ? std::string{} : json::serialize(*relationships),
                        text_at(*named.connection, "identifier"));
    });
    json::object components, layouts;
    std::set<std::string> taken;
    for (const auto& named : list) {
      const auto key = unique(fmt::format("{} -> {}", named.from, named.to), taken);
      auto rest = *named.connection;
      json::object own;
      for (const auto* end : {"source", "destination"}) {
        json::object more;  // than says which component it is
        if (const auto* object = object_at(rest, end))
          for (const auto& [member, value] : *object)
            if (member != "id" && member != "type" && member != "groupId" && member != "name") more[member] = value;
        if (!more.empty()) own[end] = std::move(more);
        rest.erase(end);
      }
      rest.erase("selectedRelationships");
      json::object written{{"from", named.from}, {"to", named.to}};
      const auto* relationships = named.connection->if_contains("selectedRelationships");
      if (relationships != nullptr && *relationships != json::value(json::array{""}))
        written["relationships"] = *relationships;
      for (auto& [name, value] : write_members(rest, connection_shape(), key, own)) written[name] = std::move(value);
      components[key] = std::move(written);
      layouts[key] = std::move(own);
    }
    add(made, layout, "connections", std::move(components), std::move(layouts));
  }

  json::object write_contexts(json::object& layout) const {
    json::object contexts, layouts;
    const auto* saved = object_at(definition_, "parameterContexts");
    if (saved == nullptr) return contexts;
    for (const auto& [name, value] : by_name(*saved)) {
      const auto* context = value.if_object();
      if (context == nullptr) continue;
      json::object made, own;
      for (const auto& [member, inner] : *context) {
        if (member == "name" || member == "parameters") continue;
        if (member == "inheritedParameterContexts" || member == "description") {
          if (inner != json::value(json::array{}) && inner != json::value("")) made[member] = inner;
        } else {
          own[member] = inner;
        }
      }
      json::object parameters;
      for (const auto* parameter : in_order(objects_at(*context, "parameters")))
        parameters[text_at(*parameter, "name")] = write_parameter(*parameter);
      if (!parameters.empty()) made["parameters"] = std::move(parameters);
      contexts[name] = std::move(made);
      if (!own.empty()) layouts[name] = std::move(own);
    }
    if (!layouts.empty()) layout["parameterContexts"] = std::move(layouts);
    return contexts;
  }

  static json::value write_parameter(const json::object& parameter) {
    json::object rest;
    for (const auto& [name, value] : parameter) {
      const bool usual = name == "name" || (name == "description" && value == json::value("")) ||
                         ((name == "sensitive" || name == "provided") && value == json::value(false));
      if (!usual) rest[name] = value;
    }
    if (rest.size() == 1 && rest.contains("value") && rest.at("value").is_string()) return rest.at("value");
    return by_name(std::move(rest));
  }

  const json::object& definition_;
  std::map<const json::object*, std::string> keys_;
  std::map<std::pair<std::string, std::string>, std::string> paths_;  // by group and component
  std::map<std::string, std::string> any_, services_;                 // by component
};

}  // namespace

std::string write_text(const json::object& definition, Layout layout) { return TextWriter(definition).write(layout); }

}  // namespace flow

#include <fmt/format.h>

#include <algorithm>

#include "flow/format/derived_id.h"
#include "flow/format/fields.h"
#include "flow/format/text_format.h"
#include "flow/format/text_shapes.h"

namespace flow {
namespace {

namespace json = boost::json;

/// An object that is there or empty.
const json::object& below(const json::object& object, std::string_view name) {
  static const json::object kEmpty;
  const auto* value = object.if_contains(name);
  const auto* inner = value == nullptr ? nullptr : value->if_object();
  return inner == nullptr ? kEmpty : *inner;
}

std::string text_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(std::string_view(value->get_string())) : std::string{};
}

class TextReader {
 public:
  TextReader(const YamlTree& text, const json::object& layout, Places& places, Problems& problems)
      : text_(text), layout_(layout), places_(places), problems_(problems) {}

  json::object read() {
    const auto& body = text_.value.get_object();
    locate("$", "$");
    json::object definition = below(layout_, "document");
    const auto name = text_at(body, "name");
    if (name.empty()) problems_.add("$", "the flow has no 'name'");
    const auto id = identify(group_shape(), name, below(layout_, "self"), "", "");
    name_ends(body, layout_, "", id);
    json::object contents = body;
    for (const auto* member : {"parameterContexts", "externalControllerServices"}) contents.erase(member);
    contents.erase(kTextMark);
    auto root = read_group(contents, layout_, "$", "$.flowContents", "", name);
    root.erase("groupIdentifier");
    definition["flowContents"] = std::move(root);
    if (const auto& external = below(body, "externalControllerServices");
        !external.empty() || !definition.contains("externalControllerServices"))
      definition["externalControllerServices"] = external;
    definition["parameterContexts"] =
        read_contexts(below(body, "parameterContexts"), below(layout_, "parameterContexts"));
    if (!definition.contains("flowEncodingVersion")) definition["flowEncodingVersion"] = "1.0";
    return definition;
  }

 private:
  struct Component {
    std::string id, type, group, name;
  };

  void locate(const std::string& path, const std::string& before) {
    if (const auto line = text_.lines.find(before); line != text_.lines.end()) places_.set_line(path, line->second);
  }

  /// Calls back for each component of a list: key, members, layout, place in the text.
  template <class F>
  void each(const json::object& body, const json::object& layout, const TextShape& shape, const std::string& at,
            F&& use) {
    const auto* value = body.if_contains(shape.list);
    if (value == nullptr) return;
    const auto list = path_below(at, shape.list);
    if (at.empty() && !value->is_object()) return;  // the second pass tells
    if (!value->is_object()) return problem(list, fmt::format("'{}' must have components by name", shape.list));
    for (const auto& [key, component] : value->get_object()) {
      const auto place = path_below(list, key);
      static const json::object kEmpty;
      const auto* members = component.is_null() ? &kEmpty : component.if_object();
      if (members == nullptr && at.empty()) continue;
      if (members == nullptr) {
        problem(place, fmt::format("'{}' must have members", std::string_view(key)));
        continue;
      }
      use(std::string(key), *members, below(below(layout, shape.list), key), place);
    }
  }

  void problem(const std::string& place, const std::string& what) {
    locate(place, place);
    problems_.add(place, what);
  }

  std::string identify(const TextShape& shape, const std::string& name, const json::object& layout,
                       const std::string& path, const std::string& group) {
    auto id = text_at(layout, "identifier");
    if (id.empty()) id = derived_id(fmt::format("text/{}/{}/{}", below_root(), shape.list, path));
    components_[{std::string(shape.is_end ? "end" : shape.list), path}] = {id, std::string(shape.type), group, name};
    return id;
  }
  std::string below_root() const { return text_at(text_.value.get_object(), "name"); }

  /// The first pass: every component has its id before anything refers to it.
  void name_ends(const json::object& body, const json::object& layout, const std::string& path,
                 const std::string& group) {
    const auto name_one = [&](const TextShape& shape, const std::string& key, const json::object& members,
                              const json::object& own) {
      auto name = text_at(members, "name");
      if (name.empty()) name = key;
      return identify(shape, name, own, text_path(path, key), group);
    };
    for (const auto& shape : text_shapes())
      each(body, layout, shape, "",
           [&](const std::string& key, const json::object& members, const json::object& own, auto&) {
             const auto id = name_one(shape, key, members, own);
             if (shape.type != "REMOTE_PROCESS_GROUP") return;
             for (const auto& port : remote_port_shapes())
               each(members, own, port, "",
                    [&](const std::string& name, const json::object&, const json::object& its, auto&) {
                      identify(port, name, its, text_path(text_path(path, key), name), id);
                    });
           });
    each(body, layout, group_shape(), "",
         [&](const std::string& key, const json::object& members, const json::object& own, auto&) {
           const auto id = name_one(group_shape(), key, members, below(own, "self"));
           name_ends(members, own, text_path(path, key), id);
         });
  }

  const Component* find(std::string_view kind, const std::string& path) const {
    const auto found = components_.find({std::string(kind), path});
    return found == components_.end() ? nullptr : &found->second;
  }

  json::object read_group(const json::object& body, const json::object& layout, const std::string& at,
                          const std::string& out, const std::string& path, const std::string& name) {
    locate(out, at);
    json::object members = body;
    for (const auto& shape : text_shapes()) members.erase(shape.list);
    members.erase("connections");
    members.erase("processGroups");
    const auto& known = *find("end", path);
    auto made = read_members(members, below(layout, "self"), group_shape(), known, name, at, out);
    for (const auto& shape : text_shapes()) made[shape.list] = read_list(body, layout, shape, at, out, path);
    made["connections"] = read_connections(body, layout, at, out, path, known.id);
    json::array groups;
    each(body, layout, group_shape(), at,
         [&](const std::string& key, const json::object& inner, const json::object& own, const std::string& place) {
           const auto to = path_below(path_below(out, "processGroups"), groups.size());
           groups.emplace_back(read_group(inner, own, place, to, text_path(path, key), key));
         });
    made["processGroups"] = std::move(groups);
    return made;
  }

  json::array read_list(const json::object& body, const json::object& layout, const TextShape& shape,
                        const std::string& at, const std::string& out, const std::string& path) {
    json::array list;
    each(body, layout, shape, at,
         [&](const std::string& key, const json::object& members, const json::object& own, const std::string& place) {
           const auto to = path_below(path_below(out, shape.list), list.size());
           const auto here = text_path(path, key);
           const auto& known = *find(shape.is_end ? "end" : shape.list, here);
           locate(to, place);
           if (shape.type != "REMOTE_PROCESS_GROUP") {
             list.emplace_back(read_members(members, own, shape, known, key, place, to));
             return;
           }
           json::object rest = members, rest_layout = own;
           for (const auto& port : remote_port_shapes()) {
             rest.erase(port.list);
             rest_layout.erase(port.list);
           }
           auto made = read_members(rest, rest_layout, shape, known, key, place, to);
           for (const auto& port : remote_port_shapes())
             made[port.list] = read_list(members, own, port, place, to, here);
           list.emplace_back(std::move(made));
         });
    return list;
  }

  json::object read_members(const json::object& members, const json::object& layout, const TextShape& shape,
                            const Component& known, const std::string& key, const std::string& at,
                            const std::string& out) {
    json::object made = shape.defaults;
    if (shape.type != "FUNNEL" && shape.type != "LABEL" && shape.type != "CONNECTION") made["name"] = key;
    for (const auto& [name, value] : members)
      if (name != "properties" && name != "sensitive" && name != "bundle") made[name] = value;
    for (const auto& [name, value] : layout)
      if (name != "unset" && name != "absent") made[name] = value;
    if (const auto* absent = layout.if_contains("absent"); absent != nullptr && absent->is_array())
      for (const auto& name : absent->get_array())
        if (name.is_string() && !members.contains(name.get_string())) made.erase(name.get_string());
    made["identifier"] = known.id;
    if (!known.group.empty()) made["groupIdentifier"] = known.group;
    if (!made.contains("componentType")) made["componentType"] = shape.type;
    if (const auto bundle = text_at(members, "bundle"); !bundle.empty()) {
      const auto first = bundle.find(':'), second = bundle.rfind(':');
      if (first == std::string::npos || first == second)
        problem(path_below(at, "bundle"), fmt::format("'{}' must be group:artifact:version", bundle));
      else
        made["bundle"] = json::object{{"group", bundle.substr(0, first)},
                                      {"artifact", bundle.substr(first + 1, second - first - 1)},
                                      {"version", bundle.substr(second + 1)}};
    }
    if (shape.configured) read_properties(members, layout, made, at, out);
    return made;
  }

  void read_properties(const json::object& members, const json::object& layout, json::object& made,
                       const std::string& at, const std::string& out) {
    json::object properties, descriptors;
    const auto describe = [&](std::string_view key, bool refers, bool sensitive) {
      descriptors[key] = json::object{
          {"name", key}, {"displayName", key}, {"identifiesControllerService", refers}, {"sensitive", sensitive}};
    };
    for (const auto& [key, value] : below(members, "properties")) {
      const auto place = path_below(path_below(at, "properties"), key);
      locate(path_below(path_below(out, "properties"), key), place);
      const auto* object = value.if_object();
      describe(key, object != nullptr, false);
      if (object == nullptr) {
        properties[key] = value.is_null() || value.is_string() ? value : json::value(scalar_text(value).value_or(""));
        continue;
      }
      const auto path = text_at(*object, "service");
      const auto* service = find("controllerServices", path);
      if (service == nullptr)
        problem(place, fmt::format("property '{}' refers to the service '{}', which the file does not contain",
                                   std::string_view(key), path));
      else
        properties[key] = service->id;
    }
    if (const auto* unset = layout.if_contains("unset"); unset != nullptr && unset->is_array())
      for (const auto& key : unset->get_array())
        if (key.is_string() && !properties.contains(key.get_string())) properties[key.get_string()] = nullptr;
    if (const auto* sensitive = members.if_contains("sensitive"); sensitive != nullptr && sensitive->is_array())
      for (const auto& key : sensitive->get_array())
        if (key.is_string()) describe(key.get_string(), false, true);
    made["properties"] = std::move(properties);
    // The layout's descriptors are those of NiFi; what came since is added.
    const auto& saved = below(layout, "propertyDescriptors");
    json::object merged = saved;
    for (auto& [key, descriptor] : descriptors)
      if (!saved.contains(key)) merged[key] = std::move(descriptor);
    made["propertyDescriptors"] = std::move(merged);
  }

  json::array read_connections(const json::object& body, const json::object& layout, const std::string& at,
                               const std::string& out, const std::string& path, const std::string& group) {
    json::array list;
    each(body, layout, connection_shape(), at,
         [&](const std::string& key, const json::object& members, const json::object& own, const std::string& place) {
           const auto to = path_below(path_below(out, "connections"), list.size());
           locate(to, place);
           auto id = text_at(own, "identifier");
           if (id.empty()) id = derived_id(fmt::format("text/{}/connections/{}/{}", below_root(), path, key));
           json::object rest = members;
           rest.erase("from");
           rest.erase("to");
           rest.erase("relationships");
           auto made = read_members(rest, own, connection_shape(), {id, "CONNECTION", group, ""}, key, place, to);
           if (const auto* relationships = members.if_contains("relationships"))
             made["selectedRelationships"] = *relationships;
           else
             made["selectedRelationships"] = json::array{""};
           const auto end = [&](std::string_view word, std::string_view name) {
             const auto named = text_at(members, word);
             const auto* component = named.empty() ? nullptr : find("end", path.empty() ? named : path + "/" + named);
             if (component == nullptr)
               return problem(place, fmt::format("connection '{}': '{}' is '{}', which the file does not contain", key,
                                                 word, named));
             json::object object{{"id", component->id},
                                 {"type", component->type},
                                 {"groupId", component->group},
                                 {"name", component->name},
                                 {"comments", ""}};
             for (const auto& [member, value] : below(own, name)) object[member] = value;
             made[name] = std::move(object);
           };
           end("from", "source");
           end("to", "destination");
           list.emplace_back(std::move(made));
         });
    return list;
  }

  static json::object read_contexts(const json::object& contexts, const json::object& layouts) {
    json::object made;
    for (const auto& [name, value] : contexts) {
      json::object context{{"name", name}, {"description", ""}, {"inheritedParameterContexts", json::array{}}};
      const auto* members = value.if_object();
      if (members != nullptr)
        for (const auto& [member, inner] : *members)
          if (member != "parameters") context[member] = inner;
      for (const auto& [member, inner] : below(layouts, name)) context[member] = inner;
      json::array parameters;
      if (members != nullptr)
        for (const auto& [parameter, inner] : below(*members, "parameters")) {
          json::object one{{"name", parameter}, {"description", ""}, {"sensitive", false}, {"provided", false}};
          if (const auto* object = inner.if_object())
            for (const auto& [member, text] : *object) one[member] = text;
          else if (const auto text = inner.is_null() ? std::nullopt : scalar_text(inner))
            one["value"] = *text;
          parameters.emplace_back(std::move(one));
        }
      context["parameters"] = std::move(parameters);
      made[name] = std::move(context);
    }
    return made;
  }

  const YamlTree& text_;
  const json::object& layout_;
  Places& places_;
  Problems& problems_;
  std::map<std::pair<std::string, std::string>, Component> components_;  // by kind and path
};

}  // namespace

bool is_text(const YamlTree& document) {
  return document.value.is_object() && document.value.get_object().contains(kTextMark);
}

json::object read_text(const std::vector<YamlTree>& documents, Places& places, Problems& problems) {
  static const json::object kNone;
  const auto* layout = documents.size() > 1 ? documents[1].value.if_object() : nullptr;
  return TextReader(documents.front(), layout == nullptr ? kNone : *layout, places, problems).read();
}

}  // namespace flow

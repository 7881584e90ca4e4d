#include "flow/format/minifi.h"

#include <fmt/format.h>

#include <initializer_list>
#include <span>

#include "flow/format/derived_id.h"
#include "flow/format/fields.h"

namespace flow {
namespace {

namespace json = boost::json;

struct Member {
  std::string_view word;
  std::string_view name;  // in NiFi's JSON
  bool whole = false;     // a number there
};

constexpr Member kProcessorMembers[] = {{"name", "name"},
                                        {"max concurrent tasks", "concurrentlySchedulableTaskCount", true},
                                        {"scheduling strategy", "schedulingStrategy"},
                                        {"scheduling period", "schedulingPeriod"},
                                        {"penalization period", "penaltyDuration"},
                                        {"yield period", "yieldDuration"},
                                        {"bulletin level", "bulletinLevel"},
                                        {"annotation data", "annotationData"},
                                        {"comment", "comments"}};
constexpr Member kConnectionMembers[] = {{"name", "name"},
                                         {"max work queue size", "backPressureObjectThreshold", true},
                                         {"max work queue data size", "backPressureDataSizeThreshold"},
                                         {"flowfile expiration", "flowFileExpiration"},
                                         {"swap threshold", "swapThreshold", true}};
constexpr Member kRemoteGroupMembers[] = {{"name", "name"},
                                          {"url", "targetUris"},
                                          {"timeout", "communicationsTimeout"},
                                          {"yield period", "yieldDuration"},
                                          {"transport protocol", "transportProtocol"},
                                          {"local network interface", "localNetworkInterface"},
                                          {"proxy host", "proxyHost"},
                                          {"proxy port", "proxyPort", true},
                                          {"proxy user", "proxyUser"}};

/// What is said of ids and names while connections are not read yet.
struct Known {
  std::map<std::string, std::string> ids;  // by name; the first of a name counts
};

class MiNiFi {
 public:
  MiNiFi(const std::map<std::string, std::size_t>& lines, Places& places, Problems& problems)
      : lines_(lines), places_(places), problems_(problems) {}

  json::object convert(const json::object& document) {
    const Fields top(document, "$", "the flow", problems_);
    locate("$", "$");
    json::object root;
    if (const auto* controller = top.object("Flow Controller")) {
      const Fields fields(*controller, "$['Flow Controller']", "the flow", problems_);
      name(fields, "", root);
      if (auto comment = fields.text("comment"); !comment.empty()) root["comments"] = std::move(comment);
    } else {
      name(top, "", root);
    }
    const auto id = id_of(root);
    Known known;
    auto group = contents(top, "$.rootGroup", id, known);
    for (auto& [key, value] : group) root[key] = std::move(value);
    json::object made{{"rootGroup", std::move(root)}, {"parameterContexts", contexts(top)}};
    if (const auto* providers = top.array("Parameter Providers")) made["parameterProviders"] = *providers;
    return made;
  }

 private:
  void locate(const std::string& path, const std::string& before) {
    if (const auto line = lines_.find(before); line != lines_.end())
      places_.set_line(path, line->second);
    else
      places_.set_path(path, before);
  }

  static std::string id_of(const json::object& made) { return std::string(made.at("identifier").as_string()); }

  /// Name and id; one is made of the other where the id is missing.
  void name(const Fields& fields, const std::string& group, json::object& into) {
    auto text = fields.text("name");
    auto id = fields.text("id");
    if (id.empty()) id = derived_id(fmt::format("minifi/{}/{}/{}", group, fields.path(), text));
    into["name"] = std::move(text);
    into["identifier"] = std::move(id);
    if (!group.empty()) into["groupIdentifier"] = group;
  }

  static void copy(const Fields& fields, std::span<const Member> members, json::object& into) {
    for (const auto& member : members) {
      const auto* value = fields.json().if_contains(member.word);
      if (value == nullptr || value->is_null()) continue;
      if (member.whole)
        into[member.name] = fields.number(member.word, 0);
      else
        into[member.name] = *value;
    }
  }

  /// What `make(fields, path)` gives for each entry of the list that stands under one of the words.
  template <class F>
  json::array each(const Fields& parent, std::initializer_list<std::string_view> words, std::string_view kind,
                   const std::string& list, F&& make) {
    json::array made;
    for (const auto word : words) {
      parent.each(word, [&](const json::object& inner, const std::string& before) {
        const auto path = path_below(list, made.size());
        locate(path, before);
        const auto* named = inner.if_contains("name");
        const auto text = named == nullptr ? std::nullopt : scalar_text(*named);
        const Fields fields(inner, before, fmt::format("{} '{}'", kind, text.value_or("?")), problems_);
        made.emplace_back(make(fields, path));
      });
    }
    return made;
  }

  void typed(const Fields& fields, const std::string& path, json::object& into) {
    auto type = fields.text("class");
    if (type.empty()) type = fields.text("type");
    if (!type.empty()) into["type"] = std::move(type);
    json::object properties;
    if (const auto* given = fields.object("Properties")) {
      properties = *given;
      for (const auto& [key, value] : properties) {
        const auto below = path_below(fields.path_of("Properties"), key);
        locate(path_below(path + ".properties", key), below);
      }
    }
    into["properties"] = std::move(properties);
    into["propertyDescriptors"] = json::object{};
  }

  json::object processor(const Fields& fields, const std::string& path, const std::string& group) {
    json::object made{{"componentType", "PROCESSOR"}};
    name(fields, group, made);
    copy(fields, kProcessorMembers, made);
    typed(fields, path, made);
    made["runDurationMillis"] = fields.number("run duration nanos", 0) / 1'000'000;
    json::array ended;
    for (auto& relationship : fields.texts("auto-terminated relationships list"))
      ended.emplace_back(std::move(relationship));
    made["autoTerminatedRelationships"] = std::move(ended);
    return made;
  }

  json::object connection(const Fields& fields, const std::string& group, const Known& known) {
    json::object made{{"componentType", "CONNECTION"}};
    name(fields, group, made);
    copy(fields, kConnectionMembers, made);
    const auto end = [&](std::string_view word) {
      auto id = fields.text(fmt::format("{} id", word));
      const auto named = fields.text(fmt::format("{} name", word));
      if (id.empty()) {
        const auto found = known.ids.find(named);
        id = found == known.ids.end() ? named : found->second;
      }
      json::object ended{{"id", std::move(id)}};
      if (!named.empty()) ended["name"] = named;
      return ended;
    };
    made["source"] = end("source");
    made["destination"] = end("destination");
    const auto* several = fields.json().if_contains("source relationship names");
    json::array relationships;
    if (several != nullptr && several->is_string()) {
      relationships.push_back(*several);
    } else {
      for (auto& each_name : fields.texts("source relationship names"))
        relationships.emplace_back(std::move(each_name));
    }
    if (relationships.empty()) relationships.emplace_back(fields.text("source relationship name"));
    made["selectedRelationships"] = std::move(relationships);
    if (fields.boolean("drop empty")) made["dropEmpty"] = true;
    return made;
  }

  json::object remote_group(const Fields& fields, const std::string& path, const std::string& group, Known& known) {
    json::object made{{"componentType", "REMOTE_PROCESS_GROUP"}};
    name(fields, group, made);
    copy(fields, kRemoteGroupMembers, made);
    const auto ports = [&](std::string_view word, std::string_view list, std::string_view type) {
      made[list] = each(fields, {word}, "remote port", path_below(path, list), [&](const Fields& port, auto&) {
        json::object remote{{"componentType", type}};
        name(port, id_of(made), remote);
        remote["targetId"] = remote["identifier"];
        remote["concurrentlySchedulableTaskCount"] = port.number("max concurrent tasks", 1);
        remote["useCompression"] = port.boolean("use compression");
        known.ids.emplace(std::string(remote["name"].as_string()), id_of(remote));
        return remote;
      });
    };
    ports("Input Ports", "inputPorts", "REMOTE_INPUT_PORT");
    ports("Output Ports", "outputPorts", "REMOTE_OUTPUT_PORT");
    return made;
  }

  json::object contents(const Fields& fields, const std::string& path, const std::string& id, Known& known) {
    json::object made{{"componentType", "PROCESS_GROUP"}};
    if (auto context = fields.text("Parameter Context Name"); !context.empty())
      made["parameterContextName"] = std::move(context);
    const auto remember = [](Known& into, const json::object& component) {
      into.ids.emplace(std::string(component.at("name").as_string()), id_of(component));
    };
    const auto list = [&](std::initializer_list<std::string_view> words, std::string_view kind,
                          std::string_view name_of,
                          auto&& make) { made[name_of] = each(fields, words, kind, path_below(path, name_of), make); };
    list({"Processors"}, "processor", "processors", [&](const Fields& inner, auto& at) {
      auto component = processor(inner, at, id);
      remember(known, component);
      return component;
    });
    list({"Controller Services"}, "controller service", "controllerServices", [&](const Fields& inner, auto& at) {
      json::object component{{"componentType", "CONTROLLER_SERVICE"}, {"scheduledState", "ENABLED"}};
      name(inner, id, component);
      typed(inner, at, component);
      return component;
    });
    const auto ports = [&](std::string_view word, std::string_view name_of, std::string_view type) {
      list({word}, "port", name_of, [&](const Fields& inner, auto&) {
        json::object component{{"componentType", type}, {"type", type}};
        name(inner, id, component);
        remember(known, component);
        ports_.push_back({id, component});
        return component;
      });
    };
    ports("Input Ports", "inputPorts", "INPUT_PORT");
    ports("Output Ports", "outputPorts", "OUTPUT_PORT");
    ports("Funnels", "funnels", "FUNNEL");
    list({"Remote Process Groups", "Remote Processing Groups"}, "remote process group", "remoteProcessGroups",
         [&](const Fields& inner, auto& at) { return remote_group(inner, at, id, known); });
    list({"Process Groups"}, "process group", "processGroups", [&](const Fields& inner, auto& at) {
      json::object group;
      name(inner, id, group);
      const auto group_id = id_of(group);
      Known below;
      for (auto& [key, value] : contents(inner, at, group_id, below)) group[key] = std::move(value);
      for (const auto& [owner, port] : ports_)
        if (owner == group_id) remember(known, port);
      return group;
    });
    list({"Connections"}, "connection", "connections",
         [&](const Fields& inner, auto&) { return connection(inner, id, known); });
    return made;
  }

  json::array contexts(const Fields& top) {
    return each(top, {"Parameter Contexts"}, "parameter context", "$.parameterContexts",
                [&](const Fields& fields, auto& path) {
                  json::object made{{"description", fields.text("description")}};
                  name(fields, "", made);
                  made["parameters"] = each(fields, {"Parameters"}, "parameter", path_below(path, "parameters"),
                                            [&](const Fields& inner, auto&) {
                                              json::object parameter{{"name", inner.text("name")},
                                                                     {"description", inner.text("description")},
                                                                     {"sensitive", inner.boolean("sensitive")},
                                                                     {"provided", inner.boolean("provided")}};
                                              const auto* value = inner.json().if_contains("value");
                                              if (value != nullptr && !value->is_null()) parameter["value"] = *value;
                                              return parameter;
                                            });
                  json::array inherited;
                  for (auto& context : fields.texts("Inherited Parameter Contexts"))
                    inherited.emplace_back(std::move(context));
                  made["inheritedParameterContexts"] = std::move(inherited);
                  return made;
                });
  }

  const std::map<std::string, std::size_t>& lines_;
  Places& places_;
  Problems& problems_;
  std::vector<std::pair<std::string, json::object>> ports_;  // with their groups
};

}  // namespace

json::object convert_minifi(const json::object& document, const std::map<std::string, std::size_t>& lines,
                            Places& places, Problems& problems) {
  return MiNiFi(lines, places, problems).convert(document);
}

}  // namespace flow

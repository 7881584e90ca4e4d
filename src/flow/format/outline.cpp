#include "flow/format/outline.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/description.h"
#include "flow/property_keys.h"

namespace flow {
namespace {

namespace json = boost::json;

constexpr std::string_view kHidden = "(sensitive)";

std::string versioned_id(const std::string& id, const SavedObject& saved) {
  const auto* value = saved == nullptr ? nullptr : saved->if_contains("identifier");
  return value != nullptr && value->is_string() ? std::string(std::string_view(value->get_string())) : id;
}

std::string saved_text(const SavedObject& saved, std::string_view name) {
  const auto* value = saved == nullptr ? nullptr : saved->if_contains(name);
  return value != nullptr && value->is_string() ? std::string(std::string_view(value->get_string())) : std::string{};
}

std::string_view kind_of(PortKind kind) {
  switch (kind) {
    case PortKind::Input: return "input port";
    case PortKind::Output: return "output port";
    case PortKind::Funnel: return "funnel";
    case PortKind::RemoteInput: return "remote input port";
    case PortKind::RemoteOutput: return "remote output port";
  }
  return "";
}

std::string_view last_part(std::string_view type) { return type.substr(type.rfind('.') + 1); }

class Outliner {
 public:
  explicit Outliner(const FlowDefinition& flow) : flow_(flow) {
    for (const auto& group : flow_.groups) {
      const auto parent = paths_.find(group.parent);
      paths_[group.id] = parent == paths_.end() ? group.name : parent->second + "/" + group.name;
    }
    for (const auto& service : flow_.services) names_[service.id] = service.name;
    for (const auto& processor : flow_.processors) names_[processor.id] = processor.name;
    for (const auto& port : flow_.ports) names_[port.id] = port.name;
  }

  std::vector<OutlineEntry> run() {
    for (const auto& group : flow_.groups) {
      entries_.push_back(entry(group.id, "process group", group.parent, group.name, group.saved));
      auto& made = entries_.back();
      set(made, "parameter context", group.parameter_context);
      set(made, "comments", saved_text(group.saved, "comments"));
      set(made, "FlowFile concurrency", saved_text(group.saved, "flowFileConcurrency"), "UNBOUNDED");
      set(made, "outbound policy", saved_text(group.saved, "flowFileOutboundPolicy"), "STREAM_WHEN_AVAILABLE");
      for (const auto& [name, value] : group.variables) made.settings[fmt::format("variable '{}'", name)] = value;
      contents(group.id);
    }
    for (const auto& [name, context] : flow_.contexts) add_context(name, context);
    return std::move(entries_);
  }

 private:
  OutlineEntry entry(const std::string& id, std::string_view kind, const std::string& group, const std::string& name,
                     const SavedObject& saved) const {
    const auto parent = paths_.find(group);
    return {.id = versioned_id(id, saved),
            .kind = std::string(kind),
            .path = parent == paths_.end() ? name : parent->second + "/" + name};
  }

  static void set(OutlineEntry& entry, std::string_view name, std::string value, std::string_view usual = "") {
    if (!value.empty() && value != usual) entry.settings[std::string(name)] = std::move(value);
  }

  void contents(const std::string& group) {
    for (const auto& processor : flow_.processors)
      if (processor.group == group) add_processor(processor);
    for (const auto& port : flow_.ports)
      if (port.group == group) {
        entries_.push_back(entry(port.id, kind_of(port.kind), group, port.name, port.saved));
        leads(port.id, entries_.back());
      }
    for (const auto& service : flow_.services) {
      if (service.group != group) continue;
      entries_.push_back(entry(service.id, "controller service", group, service.name, service.saved));
      configure(service, entries_.back());
      set(entries_.back(), "state", service.scheduled_state, "ENABLED");
    }
    for (const auto& connection : flow_.connections)
      if (connection.group == group) add_connection(connection);
  }

  void add_processor(const ProcessorDefinition& processor) {
    entries_.push_back(entry(processor.id, "processor", processor.group, processor.name, processor.saved));
    auto& made = entries_.back();
    configure(processor, made);
    set(made, "scheduling strategy", processor.scheduling_strategy, "TIMER_DRIVEN");
    set(made, "scheduling period", processor.scheduling_period, "0 sec");
    set(made, "penalty duration", processor.penalty_duration, "30 sec");
    set(made, "yield duration", processor.yield_duration, "1 sec");
    set(made, "run duration", fmt::format("{} ms", processor.run_duration), "0 ms");
    set(made, "concurrent tasks", std::to_string(processor.concurrent_tasks), "1");
    set(made, "execution node", saved_text(processor.saved, "executionNode"), "ALL");
    set(made, "state", processor.scheduled_state == "DISABLED" ? "DISABLED" : "");
    set(made, "ends", fmt::format("{}", fmt::join(sorted(processor.auto_terminated), ", ")));
    set(made, "retries", fmt::format("{}", fmt::join(sorted(processor.retried), ", ")));
    if (!processor.retried.empty()) {
      set(made, "retry count", std::to_string(processor.retry_count));
      set(made, "max backoff", processor.max_backoff, "10 mins");
    }
    set(made, "annotation data", processor.annotation_data);
    leads(processor.id, made);
  }

  static std::vector<std::string> sorted(std::vector<std::string> list) {
    std::ranges::sort(list);
    return list;
  }

  void configure(const ConfiguredDefinition& configured, OutlineEntry& made) const {
    made.type = last_part(configured.type);
    set(made, "bulletin level", configured.bulletin_level, "WARN");
    set(made, "comments", saved_text(configured.saved, "comments"));
    set(made, "class", configured.type);
    const auto* description = find_description(configured.type);
    for (const auto& [key, value] : configured.properties) {
      if (!value) continue;
      std::string name = key;
      std::optional<std::string_view> fallback;
      bool sensitive = std::ranges::count(configured.sensitive, key) > 0;
      if (description != nullptr) {
        const auto known = std::ranges::find_if(description->properties,
                                                [&](const Property& property) { return has_key(property, key); });
        if (known != description->properties.end()) {
          name = known->name;
          fallback = known->fallback;
          sensitive = sensitive || known->sensitive;
        }
      }
      if (fallback == *value) continue;
      const bool refers = std::ranges::count(configured.references, key) > 0;
      const auto service = names_.find(*value);
      made.properties[name] = sensitive && !value->starts_with("#{") ? std::string(kHidden)
                              : refers && service != names_.end()    ? service->second
                                                                     : *value;
    }
  }

  std::string name_of(const std::string& id) const {
    const auto found = names_.find(id);
    return found == names_.end() ? id : found->second;
  }

  void leads(const std::string& id, OutlineEntry& made) const {
    for (const auto& connection : flow_.connections) {
      if (connection.source != id) continue;
      for (const auto& relationship : connection.relationships)
        made.leads_to.push_back(
            fmt::format("{}-> {}", relationship.empty() ? "" : relationship + " ", name_of(connection.destination)));
    }
  }

  void add_connection(const ConnectionDefinition& connection) {
    entries_.push_back(entry(connection.id, "connection", connection.group,
                             fmt::format("{} -> {}", name_of(connection.source), name_of(connection.destination)),
                             connection.saved));
    auto& made = entries_.back();
    set(made, "relationships", fmt::format("{}", fmt::join(sorted(connection.relationships), ", ")));
    set(made, "back pressure objects", std::to_string(connection.objects_max), "10000");
    set(made, "back pressure size", connection.bytes_max, "1 GB");
    set(made, "expiration", connection.expiration, "0 sec");
    std::vector<std::string> prioritizers;
    for (const auto& prioritizer : connection.prioritizers) prioritizers.emplace_back(last_part(prioritizer));
    set(made, "prioritizers", fmt::format("{}", fmt::join(prioritizers, ", ")));
  }

  void add_context(const std::string& name, const ParameterContext& context) {
    OutlineEntry made{.id = name, .kind = "parameter context", .path = name};
    set(made, "inherits", fmt::format("{}", fmt::join(context.inherited, ", ")));
    for (const auto& [parameter, definition] : context.parameters)
      made.settings[fmt::format("parameter '{}'", parameter)] =
          definition.sensitive ? std::string(kHidden) : definition.value.value_or("(no value)");
    entries_.push_back(std::move(made));
  }

  const FlowDefinition& flow_;
  std::map<std::string, std::string> paths_;  // of groups by id
  std::map<std::string, std::string> names_;
  std::vector<OutlineEntry> entries_;
};

std::string spoken(const OutlineEntry& entry) {
  return entry.type.empty() ? fmt::format("{} '{}'", entry.kind, entry.path)
                            : fmt::format("{} '{}' ({})", entry.kind, entry.path, entry.type);
}

void compare(const std::string& what, const std::map<std::string, std::string>& before,
             const std::map<std::string, std::string>& after, std::string_view kind, std::vector<std::string>& lines) {
  const auto name = [&](const std::string& key) { return kind.empty() ? key : fmt::format("{} '{}'", kind, key); };
  for (const auto& [key, value] : before) {
    const auto now = after.find(key);
    if (now == after.end())
      lines.push_back(fmt::format("{}: {} was '{}' and is not set", what, name(key), value));
    else if (now->second != value)
      lines.push_back(fmt::format("{}: {} was '{}' and is '{}'", what, name(key), value, now->second));
  }
  for (const auto& [key, value] : after)
    if (!before.contains(key)) lines.push_back(fmt::format("{}: {} was not set and is '{}'", what, name(key), value));
}

}  // namespace

std::vector<OutlineEntry> outline(const FlowDefinition& flow) { return Outliner(flow).run(); }

std::string outline_text(const FlowDefinition& flow) {
  std::string text;
  for (const auto& entry : outline(flow)) {
    if (entry.kind == "connection") continue;  // told where they begin
    const auto depth = static_cast<std::size_t>(std::ranges::count(entry.path, '/'));
    const auto name = std::string_view(entry.path).substr(entry.path.rfind('/') + 1);
    const std::string indent(2 * depth, ' ');
    text += fmt::format("{}{} '{}'{}\n", indent, entry.type.empty() ? entry.kind : entry.type, name,
                        entry.kind == "controller service" ? " (service)" : "");
    for (const auto& [key, value] : entry.settings)
      if (key != "class") text += fmt::format("{}    {}: {}\n", indent, key, value);
    for (const auto& [key, value] : entry.properties) text += fmt::format("{}    {} = {}\n", indent, key, value);
    for (const auto& line : entry.leads_to) text += fmt::format("{}    {}\n", indent, line);
  }
  return text;
}

json::object outline_json(const OutlineEntry& entry) {
  json::object settings, properties;
  for (const auto& [key, value] : entry.settings) settings[key] = value;
  for (const auto& [key, value] : entry.properties) properties[key] = value;
  return {{"id", entry.id},
          {"kind", entry.kind},
          {"path", entry.path},
          {"type", entry.type},
          {"settings", std::move(settings)},
          {"properties", std::move(properties)},
          {"leads_to", json::array(entry.leads_to.begin(), entry.leads_to.end())}};
}

std::vector<std::string> differences(const FlowDefinition& before, const FlowDefinition& after) {
  const auto old_entries = outline(before);
  auto new_entries = outline(after);
  std::vector<bool> matched(new_entries.size());
  std::vector<std::optional<std::size_t>> partners(old_entries.size());
  const auto match = [&](auto&& same) {
    for (std::size_t i = 0; i < old_entries.size(); ++i)
      for (std::size_t j = 0; !partners[i] && j < new_entries.size(); ++j) {
        if (matched[j] || old_entries[i].kind != new_entries[j].kind || !same(old_entries[i], new_entries[j])) continue;
        partners[i] = j;
        matched[j] = true;
      }
  };
  // The same id is the same component, whatever its name became; else names decide.
  match([](const auto& a, const auto& b) { return a.id == b.id && a.path == b.path; });
  match([](const auto& a, const auto& b) { return a.id == b.id; });
  match([](const auto& a, const auto& b) { return a.path == b.path; });
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < old_entries.size(); ++i) {
    const auto what = spoken(old_entries[i]);
    if (!partners[i]) {
      lines.push_back(what + " was removed");
      continue;
    }
    const auto& now = new_entries[*partners[i]];
    if (now.path != old_entries[i].path) lines.push_back(fmt::format("{} is called '{}' now", what, now.path));
    compare(what, old_entries[i].settings, now.settings, "", lines);
    compare(what, old_entries[i].properties, now.properties, "property", lines);
  }
  for (std::size_t j = 0; j < new_entries.size(); ++j)
    if (!matched[j]) lines.push_back(spoken(new_entries[j]) + " was added");
  return lines;
}

}  // namespace flow

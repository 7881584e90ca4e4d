#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "flow/el/pattern.h"
#include "server/nifi/body.h"
#include "server/nifi/canvas.h"
#include "server/nifi/entities.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

/// What a bulletin has to contain, as regular expressions.
struct Wanted {
  std::optional<flow::el::Pattern> group, source, name, message;

  base::Result<bool> wants(const flow::Bulletin& bulletin, const flow::ComponentStatus* component) const {
    const auto has = [](const std::optional<flow::el::Pattern>& pattern, const std::string& text) {
      return pattern ? pattern->find(text) : base::Result<bool>(true);
    };
    if (component == nullptr)
      return group || source || name ? base::Result<bool>(false) : has(message, bulletin.message);
    for (const auto& [pattern, text] : {std::pair(&group, &component->group), std::pair(&source, &component->id),
                                        std::pair(&name, &component->name), std::pair(&message, &bulletin.message)}) {
      TRY(const bool found, has(*pattern, *text));
      if (!found) return false;
    }
    return true;
  }
};

base::Result<std::optional<flow::el::Pattern>> pattern_of(const Call& call, std::string_view name) {
  const auto text = query_value(call, name);
  if (text.empty()) return std::optional<flow::el::Pattern>();
  TRY(auto pattern, flow::el::Pattern::compile(text));
  return std::optional(std::move(pattern));
}

/// With `includeDescendantGroups`, which is ours, a group stands for those below it, too.
base::Result<std::optional<flow::el::Pattern>> groups_of(const Canvas& canvas, const Call& call) {
  const auto text = query_value(call, "groupId");
  if (text != "root" && !query_flag(call, "includeDescendantGroups")) return pattern_of(call, "groupId");
  TRY(const auto scope, canvas.scope(std::string(text)));
  std::string alternatives;
  for (const auto& id : query_flag(call, "includeDescendantGroups") ? scope.groups : std::set<std::string>{scope.id})
    alternatives += (alternatives.empty() ? "" : "|") + flow::el::Pattern::quote(id);
  TRY(auto pattern, flow::el::Pattern::compile(alternatives));
  return std::optional(std::move(pattern));
}

base::Result<std::uint64_t> number_of(const Call& call, std::string_view name, std::uint64_t fallback) {
  const auto text = query_value(call, name);
  if (text.empty()) return fallback;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("{} must be a whole number, not '{}'", name, text));
  return number;
}

/// The newest, oldest first.
base::Result<Answer> board(Context& context, const Call& call, const Ids&) {
  const Canvas canvas(context);
  Wanted wanted;
  TRY(wanted.group, groups_of(canvas, call));
  TRY(wanted.source, pattern_of(call, "sourceId"));
  TRY(wanted.name, pattern_of(call, "sourceName"));
  TRY(wanted.message, pattern_of(call, "message"));
  TRY(const auto after, number_of(call, "after", 0));
  TRY(const auto limit, number_of(call, "limit", UINT64_MAX));
  std::map<std::uint64_t, json::object> found;
  const auto add = [&](const flow::Bulletin& bulletin, const flow::ComponentStatus* component) -> base::Status {
    TRY(const bool wants, wanted.wants(bulletin, component));
    if (wants && bulletin.id > after) found.emplace(bulletin.id, bulletin_entity(bulletin, component));
    return {};
  };
  for (const auto& component : canvas.status.components)
    for (const auto& bulletin : component.bulletins) TRY_VOID(add(bulletin, &component));
  for (const auto& bulletin : canvas.status.bulletins) TRY_VOID(add(bulletin, nullptr));
  while (found.size() > limit) found.erase(found.begin());
  json::array bulletins;
  for (auto& [id, entity] : found) bulletins.push_back(std::move(entity));
  return json_answer(
      {{"bulletinBoard", json::object{{"bulletins", std::move(bulletins)}, {"generated", time_of_day(canvas.now)}}}});
}

/// Those of no component.
base::Result<Answer> of_controller(Context& context, const Call&, const Ids&) {
  json::object entity;
  for (const auto* list : {"bulletins", "controllerServiceBulletins", "reportingTaskBulletins",
                           "parameterProviderBulletins", "flowRegistryClientBulletins"})
    entity[list] = json::array();
  for (const auto& bulletin : context.flow.status().bulletins)
    entity["bulletins"].get_array().push_back(bulletin_entity(bulletin, nullptr));
  return json_answer(entity);
}

constexpr Route kRoutes[] = {
    {"GET", "flow/bulletin-board", &board},
    {"GET", "flow/controller/bulletins", &of_controller},
};

}  // namespace

std::span<const Route> bulletin_routes() { return kRoutes; }

}  // namespace server::nifi

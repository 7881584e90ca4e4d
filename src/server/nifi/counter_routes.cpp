// Counters of processors, each beside the sum of all processors of its type, as NiFi has them.
#include <fmt/format.h>

#include "server/nifi/body.h"
#include "server/nifi/canvas.h"
#include "server/nifi/entities.h"
#include "server/nifi/text.h"

namespace server::nifi {
namespace {

namespace json = boost::json;

struct Counter {
  std::string context, name;
  std::int64_t value = 0;
  std::vector<std::string> components;  // whose values it adds up
  std::string id() const { return uuid_of(context + "/" + name); }
  json::object entity() const {
    return {{"id", id()},
            {"context", context},
            {"name", name},
            {"value", (value < 0 ? "-" : "") + format_count(static_cast<std::uint64_t>(value < 0 ? -value : value))},
            {"valueCount", value}};
  }
};

std::vector<Counter> counters_of(const flow::FlowStatus& status) {
  std::map<std::pair<std::string, std::string>, Counter> counters;  // by context and name
  for (const auto& component : status.components)
    for (const auto& [name, value] : component.counters)
      for (const auto& context :
           {fmt::format("{} ({})", component.name, component.id), fmt::format("All {}'s", component.type)}) {
        auto& counter = counters[{context, name}];
        counter.context = context;
        counter.name = name;
        counter.value += value;
        counter.components.push_back(component.id);
      }
  std::vector<Counter> list;
  for (auto& [key, counter] : counters) list.push_back(std::move(counter));
  return list;
}

base::Result<Answer> list(Context& context, const Call&, const Ids&) {
  json::array shown;
  for (const auto& counter : counters_of(context.flow.status())) shown.push_back(counter.entity());
  json::object snapshot{{"generated", time_of_day(context.flow.now())}, {"counters", std::move(shown)}};
  return json_answer({{"counters", json::object{{"aggregateSnapshot", std::move(snapshot)}}}});
}

base::Result<Answer> reset(Context& context, const Call&, const Ids& ids) {
  for (auto& counter : counters_of(context.flow.status())) {
    if (counter.id() != ids[0]) continue;
    for (const auto& component : counter.components) TRY_VOID(context.flow.reset_counter(component, counter.name));
    counter.value = 0;
    return json_answer({{"counter", counter.entity()}});
  }
  return base::fail(base::ErrorKind::NotFound, fmt::format("Unable to find Counter with id '{}'.", ids[0]));
}

base::Result<Answer> reset_all(Context& context, const Call& call, const Ids& ids) {
  for (const auto& component : context.flow.status().components)
    for (const auto& [name, value] : component.counters) TRY_VOID(context.flow.reset_counter(component.id, name));
  return list(context, call, ids);
}

constexpr Route kRoutes[] = {
    {"GET", "counters", &list},
    {"PUT", "counters", &reset_all},
    {"PUT", "counters/*", &reset},
};

}  // namespace

std::span<const Route> counter_routes() { return kRoutes; }

}  // namespace server::nifi

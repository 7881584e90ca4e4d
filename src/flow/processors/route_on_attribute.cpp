#include "flow/processors/route_on_attribute.h"

#include "flow/engine/processor.h"
#include "flow/engine/session.h"

namespace flow {
namespace {

constexpr Allowed kStrategies[] = {{"Route to Property name"},
                                   {"Route to 'match' if all match", "Route to 'matched' if all match", false},
                                   {"Route to 'match' if any matches", "Route to 'matched' if any matches", false}};
constexpr Property kProperties[] = {
    {.name = "Routing Strategy", .fallback = "Route to Property name", .required = true, .allowed = kStrategies},
};
constexpr Relationship kRelationships[] = {{"unmatched"}};

class RouteOnAttribute final : public Processor {
 public:
  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    for (auto* file : session.get(100)) {
      std::vector<std::string> routes;
      for (const auto& dynamic : configuration.dynamic()) {
        TRY(const auto value, session.evaluate(dynamic.value, *file));
        if (value == "true") routes.push_back(dynamic.name);
      }
      for (std::size_t i = 1; i < routes.size(); ++i) {
        auto& copy = session.clone(*file);
        session.put_attribute(copy, "RouteOnAttribute.Route", routes[i]);
        session.transfer(copy, routes[i]);
      }
      const auto route = routes.empty() ? "unmatched" : routes.front();
      session.put_attribute(*file, "RouteOnAttribute.Route", route);
      session.transfer(*file, route);
    }
    return {};
  }
};

}  // namespace

const Description kRouteOnAttribute{
    .type = "org.apache.nifi.processors.standard.RouteOnAttribute",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Sends a copy of each flowfile to every relationship whose expression is true.",
    .properties = kProperties,
    .relationships = kRelationships,
    .dynamic = true,
    .dynamic_relationships = true,
    .make = [] { return std::unique_ptr<Processor>(new RouteOnAttribute); },
};

}  // namespace flow

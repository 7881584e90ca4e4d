#include "flow/processors/route_on_attribute.h"

#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/route_copies.h"

namespace flow {
namespace {

constexpr std::string_view kByName = "Route to Property name", kAll = "Route to 'match' if all match",
                           kAny = "Route to 'match' if any matches";

constexpr Allowed kStrategies[] = {
    {kByName}, {kAll, "Route to 'matched' if all match"}, {kAny, "Route to 'matched' if any matches"}};
constexpr Property kProperties[] = {
    {.name = "Routing Strategy",
     .help = "Each dynamic property is a relationship, or a condition for 'matched'",
     .fallback = kByName,
     .required = true,
     .allowed = kStrategies},
};
constexpr Relationship kRelationships[] = {{"unmatched"}};

class RouteOnAttribute final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    strategy_ = configuration.text_or("Routing Strategy", kByName);
    return {};
  }

  std::optional<std::vector<std::string>> relationships(const Configuration& configuration) const override {
    if (configuration.text_or("Routing Strategy", kByName) == kByName) return std::nullopt;
    return std::vector<std::string>{"matched", "unmatched"};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    for (auto* file : session.get(100)) {
      std::vector<std::string> routes;
      for (const auto& dynamic : configuration.dynamic()) {
        TRY(const auto value, session.evaluate(dynamic.value, *file));
        if (value == "true") routes.push_back(dynamic.name);
      }
      const auto conditions = configuration.dynamic().size();
      if (strategy_ == kAll)
        routes = routes.size() == conditions ? std::vector<std::string>{"matched"} : std::vector<std::string>{};
      if (strategy_ == kAny && !routes.empty()) routes = {"matched"};
      route_copies(session, *file, routes, "RouteOnAttribute.Route");
    }
    return {};
  }

 private:
  std::string strategy_;
};

}  // namespace

const Description kRouteOnAttribute{
    .type = "org.apache.nifi.processors.standard.RouteOnAttribute",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Sends a copy of each flowfile to every relationship whose expression is true.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .dynamic = true,
    .dynamic_relationships = true,
    .make = [] { return std::unique_ptr<Processor>(new RouteOnAttribute); },
};

}  // namespace flow

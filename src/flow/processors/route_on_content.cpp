#include "flow/processors/route_on_content.h"

#include "flow/content/buffered_content.h"
#include "flow/el/pattern.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/route_copies.h"

namespace flow {
namespace {

constexpr Allowed kRequirements[] = {{"content must match exactly"}, {"content must contain match"}};
constexpr Property kProperties[] = {
    {.name = "Match Requirement", .fallback = "content must match exactly", .required = true, .allowed = kRequirements},
    {.name = "Character Set", .help = "Of the content", .fallback = "UTF-8", .required = true},
    {.name = "Content Buffer Size",
     .help = "What is behind so many bytes is not looked at",
     .fallback = "1 MB",
     .required = true,
     .kind = Property::Kind::Size},
};
constexpr Relationship kRelationships[] = {{"unmatched"}};

class RouteOnContent final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY(set_, character_set(configuration));
    whole_ = configuration.text("Match Requirement") == "content must match exactly";
    bytes_max_ = configuration.size("Content Buffer Size").value_or(1 << 20);
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    TRY(const auto bytes, read_beginning(session, *file, bytes_max_));
    TRY(const auto text, set_.decode(bytes));
    std::vector<std::string> routes;
    for (const auto& dynamic : configuration.dynamic()) {
      TRY(const auto expression, session.evaluate(dynamic.value, *file, {.decorate = el::Pattern::quote}));
      TRY(const auto pattern, el::Pattern::compile(expression));
      TRY(const bool fits, whole_ ? pattern.matches(text) : pattern.find(text));
      if (fits) routes.push_back(dynamic.name);
    }
    route_copies(session, *file, routes, "RouteOnContent.Route");
    return {};
  }

 private:
  CharacterSet set_ = CharacterSet::utf8();
  bool whole_ = true;
  std::uint64_t bytes_max_ = 0;
};

}  // namespace

const Description kRouteOnContent{
    .type = "org.apache.nifi.processors.standard.RouteOnContent",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Sends a copy of each flowfile to every relationship whose pattern its content matches.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .dynamic = true,
    .dynamic_relationships = true,
    .make = [] { return std::unique_ptr<Processor>(new RouteOnContent); },
};

}  // namespace flow

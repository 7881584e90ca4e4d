#include "flow/processors/update_attribute.h"

#include "flow/el/pattern.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"

namespace flow {
namespace {

constexpr Allowed kStates[] = {{"Do not store state"}, {"Store state locally", {}, false}};
constexpr Property kProperties[] = {
    {.name = "Delete Attributes Expression", .help = "Java pattern for whole names", .scope = Scope::FlowFile},
    {.name = "Store State", .fallback = "Do not store state", .allowed = kStates},
    {.name = "Stateful Variables Initial Value", .no_effect = true},
    {.name = "Cache Value Lookup Cache Size", .old_name = "canonical-value-lookup-cache-size", .no_effect = true},
};
constexpr Relationship kRelationships[] = {{"success"}};

class UpdateAttribute final : public Processor {
 public:
  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    for (auto* file : session.get(100)) {
      // All expressions see what was there before.
      std::vector<std::pair<std::string, std::string>> values;
      for (const auto& dynamic : configuration.dynamic()) {
        TRY(auto value, session.evaluate(dynamic.value, *file));
        values.emplace_back(dynamic.name, std::move(value));
      }
      TRY(const auto deleted, configuration.evaluate("Delete Attributes Expression", session, *file));
      for (auto& [name, value] : values) session.put_attribute(*file, name, std::move(value));
      if (deleted && !deleted->empty()) TRY_VOID(remove_matching(session, *file, *deleted));
      session.transfer(*file, "success");
    }
    return {};
  }

 private:
  static base::Status remove_matching(Session& session, FlowFile& file, const std::string& text) {
    TRY(const auto pattern, el::Pattern::compile(text));
    std::vector<std::string> names;
    for (const auto& [name, value] : file.attributes) {
      TRY(const bool fits, pattern.matches(name));
      if (fits) names.push_back(name);
    }
    for (const auto& name : names) session.remove_attribute(file, name);
    return {};
  }
};

}  // namespace

const Description kUpdateAttribute{
    .type = "org.apache.nifi.processors.attributes.UpdateAttribute",
    .bundle = "org.apache.nifi:nifi-update-attribute-nar",
    .help = "Sets an attribute for each dynamic property, and removes attributes by name.",
    .properties = kProperties,
    .relationships = kRelationships,
    .dynamic = true,
    .make = [] { return std::unique_ptr<Processor>(new UpdateAttribute); },
};

}  // namespace flow

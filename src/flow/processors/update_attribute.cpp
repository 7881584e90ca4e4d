#include "flow/processors/update_attribute.h"

#include <map>
#include <mutex>
#include <set>

#include "flow/el/pattern.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/update_rules.h"

namespace flow {
namespace {

constexpr std::string_view kDelete = "Delete Attributes Expression", kMatchedRule = "UpdateAttribute.matchedRule";

constexpr std::string_view kStateful = "Store state locally";

constexpr Allowed kStates[] = {{"Do not store state"}, {kStateful}};
constexpr Property kProperties[] = {
    {.name = kDelete, .help = "Java pattern for whole names", .scope = Scope::FlowFile},
    {.name = "Store State",
     .help = "Keep the values that are set, for ${getStateValue('name')} the next time",
     .fallback = "Do not store state",
     .required = true,
     .allowed = kStates},
    {.name = "Stateful Variables Initial Value", .help = "Before the first time"},
    {.name = "Cache Value Lookup Cache Size",
     .old_name = "canonical-value-lookup-cache-size",
     .fallback = "100",
     .required = true,
     .kind = Property::Kind::Integer,
     .no_effect = true},
};
constexpr Relationship kRelationships[] = {{"success"}};

constexpr std::size_t kPolledMax = 100;

using Actions = std::map<std::string_view, const el::Expression*>;  // by attribute

class UpdateAttribute final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    TRY(rules_, parse_update_rules(configuration));
    stateful_ = configuration.text("Store State") == kStateful;
    initial_ = configuration.text_or("Stateful Variables Initial Value", "");
    return {};
  }

  std::optional<std::vector<std::string>> relationships(const Configuration& configuration) const override {
    if (configuration.text("Store State") != kStateful) return std::nullopt;
    return std::vector<std::string>{"success", "set state fail"};  // the second for flows that connect it
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    if (!stateful_) {
      for (auto* file : session.get(kPolledMax)) TRY_VOID(update(configuration, session, *file, nullptr));
      return {};
    }
    // One after the other: each sees what the one before has left, and all of it is in the record of their commit.
    const std::lock_guard lock(state_mutex_);
    const auto work = session.sibling();  // sees the state as it is now
    auto state = work->state();
    const auto files = work->get(kPolledMax);
    for (auto* file : files) {
      auto updated = update(configuration, *work, *file, &state);
      if (updated) continue;
      work->rollback(true);
      return updated;
    }
    if (state != work->state()) work->set_state(std::move(state));
    TRY_VOID(work->commit());
    if (!files.empty()) session.did_work();
    return {};
  }

 private:
  base::Status update(const Configuration& configuration, Session& session, FlowFile& file,
                      ComponentState* state) const {
    std::optional<ComponentState> before;
    if (state != nullptr) {
      for (const auto& dynamic : configuration.dynamic()) state->emplace(dynamic.name, initial_);
      for (const auto& rule : rules_.rules)
        for (const auto& action : rule.actions) state->emplace(action.attribute, initial_);
      before = *state;
    }
    const EvaluateOptions options{.state = before ? &*before : nullptr};
    TRY(const auto matched, matching_rules(session, file, options));
    std::vector<std::pair<FlowFile*, std::vector<const UpdateRules::Rule*>>> work{{&file, {}}};
    for (std::size_t i = 0; i < matched.size(); ++i) {
      if (i > 0 && !rules_.use_original)
        work.emplace_back(&session.clone(file), std::vector<const UpdateRules::Rule*>{});
      work.back().second.push_back(matched[i]);
    }
    for (auto& [target, rules] : work) {
      TRY_VOID(apply(configuration, session, *target, rules, options, state));
      session.transfer(*target, "success");
    }
    return {};
  }

  base::Result<std::vector<const UpdateRules::Rule*>> matching_rules(const Session& session, const FlowFile& file,
                                                                     const EvaluateOptions& options) const {
    std::vector<const UpdateRules::Rule*> matched;
    for (const auto& rule : rules_.rules) {
      bool holds = true;
      for (const auto& condition : rule.conditions) {
        TRY(const auto value, session.evaluate(condition, file, options));
        holds = holds && value == "true";
      }
      if (holds) matched.push_back(&rule);
    }
    return matched;
  }

  /// All expressions see what was there before; what a rule says goes before the dynamic properties.
  static base::Status apply(const Configuration& configuration, Session& session, FlowFile& file,
                            const std::vector<const UpdateRules::Rule*>& rules, const EvaluateOptions& options,
                            ComponentState* state) {
    Actions actions;
    for (const auto& dynamic : configuration.dynamic()) actions[dynamic.name] = &dynamic.value;
    for (const auto* rule : rules)
      for (const auto& action : rule->actions) actions[action.attribute] = &action.value;
    TRY(auto deleted, configuration.evaluate_or(kDelete, session, file, ""));
    if (const auto own = actions.find(kDelete); own != actions.end()) {
      TRY(deleted, session.evaluate(*own->second, file));
      actions.erase(own);
    }
    TRY(const auto gone, names_matching(file, deleted));
    std::map<std::string, std::string> values;
    for (const auto& [attribute, expression] : actions) {
      if (gone.contains(attribute) && state == nullptr) continue;
      TRY(auto value, session.evaluate(*expression, file, options));
      if (state != nullptr) (*state)[std::string(attribute)] = value;
      if (!gone.contains(attribute)) values[std::string(attribute)] = std::move(value);
    }
    if (!rules.empty()) values[std::string(kMatchedRule)] = rules.back()->name;
    for (auto& [attribute, value] : values) session.put_attribute(file, attribute, std::move(value));
    for (const auto& attribute : gone) session.remove_attribute(file, attribute);
    return {};
  }

  static base::Result<std::set<std::string, std::less<>>> names_matching(const FlowFile& file,
                                                                         const std::string& text) {
    std::set<std::string, std::less<>> names;
    if (text.empty()) return names;
    TRY(const auto pattern, el::Pattern::compile(text));
    for (const auto& [name, value] : file.attributes) {
      TRY(const bool fits, pattern.matches(name));
      if (fits) names.insert(name);
    }
    return names;
  }

  UpdateRules rules_;
  bool stateful_ = false;
  std::string initial_;
  std::mutex state_mutex_;
};

}  // namespace

const Description kUpdateAttribute{
    .type = "org.apache.nifi.processors.attributes.UpdateAttribute",
    .bundle = "org.apache.nifi:nifi-update-attribute-nar",
    .help =
        "Sets an attribute for each dynamic property, and removes attributes by name; advanced rules do so when "
        "their conditions hold.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .dynamic = true,
    .make = [] { return std::unique_ptr<Processor>(new UpdateAttribute); },
};

}  // namespace flow

#include "flow/processors/update_rules.h"

#include <fmt/format.h>

#include <pugixml.hpp>

namespace flow {
namespace {

base::Failure<base::Error> wrong(const Configuration& configuration, std::string_view rule, std::string_view what) {
  return base::fail(base::ErrorKind::InvalidValue,
                    fmt::format("{}, rule '{}': {}", configuration.error_prefix(), rule, what));
}

base::Result<UpdateRules::Rule> parse_rule(const Configuration& configuration, const pugi::xml_node& node) {
  UpdateRules::Rule rule{.name = node.child_value("name")};
  const auto compile = [&](const char* text) -> base::Result<el::Expression> {
    auto compiled = configuration.compile(text);
    if (!compiled) return wrong(configuration, rule.name, compiled.error().message);
    return compiled;
  };
  for (const auto condition : node.children("conditions")) {
    TRY(auto expression, compile(condition.child_value("expression")));
    rule.conditions.push_back(std::move(expression));
  }
  for (const auto action : node.children("actions")) {
    const std::string attribute = action.child_value("attribute");
    if (attribute.empty()) return wrong(configuration, rule.name, "an action has no attribute");
    TRY(auto value, compile(action.child_value("value")));
    rule.actions.push_back({attribute, std::move(value)});
  }
  if (rule.conditions.empty()) return wrong(configuration, rule.name, "it has no conditions");
  if (rule.actions.empty()) return wrong(configuration, rule.name, "it has no actions");
  return rule;
}

}  // namespace

base::Result<UpdateRules> parse_update_rules(const Configuration& configuration) {
  UpdateRules parsed;
  const auto& text = configuration.annotation();
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) return parsed;
  pugi::xml_document document;
  const auto outcome = document.load_buffer(text.data(), text.size());
  const auto criteria = document.child("criteria");
  if (!outcome || !criteria)
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("{}: the advanced rules cannot be read: {}", configuration.error_prefix(),
                                  outcome ? "there is no element 'criteria'" : outcome.description()));
  parsed.use_original = std::string_view(criteria.child_value("flowFilePolicy")) == "USE_ORIGINAL";
  for (const auto node : criteria.children("rules")) {
    TRY(auto rule, parse_rule(configuration, node));
    parsed.rules.push_back(std::move(rule));
  }
  return parsed;
}

}  // namespace flow

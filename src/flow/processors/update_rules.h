#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "flow/engine/processor.h"

namespace flow {

/// The advanced rules of UpdateAttribute.
struct UpdateRules {
  struct Action {
    std::string attribute;
    el::Expression value;
  };
  struct Rule {
    std::string name;
    std::vector<el::Expression> conditions;
    std::vector<Action> actions;
  };
  bool use_original = false;  // all rules that match change one flowfile; else each changes a copy
  std::vector<Rule> rules;
};

/// From the annotation data of a processor (XML, empty: no rules), while it is prepared. Errors: InvalidValue with the
/// rule.
base::Result<UpdateRules> parse_update_rules(const Configuration& configuration);

}  // namespace flow

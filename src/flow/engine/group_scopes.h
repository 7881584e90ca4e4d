#pragma once

#include <map>
#include <string>

#include "flow/engine/configuration.h"
#include "flow/model.h"

namespace flow {

/// What the components of a flow see of the groups that they are in: parameters, variables, who is above whom.
class GroupScopes {
 public:
  /// The references outlive this. `overrides`: values of parameters that count for more than the definition's.
  GroupScopes(const FlowDefinition& flow, const std::map<std::string, std::string>& overrides, std::string hostname,
              std::string time_zone)
      : flow_(flow), overrides_(overrides), hostname_(std::move(hostname)), time_zone_(std::move(time_zone)) {}

  std::map<std::string, std::string> variables_of(const std::string& group) const;  // the nearest counts
  bool is_within(const std::string& group, const std::string& outer) const;
  /// What is built while this lives keeps values, not references.
  ConfigurationBuilder builder(const std::string& group, ConfigurationBuilder::ServiceLookup services) const;

 private:
  const GroupDefinition* find(const std::string& group) const;

  const FlowDefinition& flow_;
  const std::map<std::string, std::string>& overrides_;
  const std::string hostname_;
  const std::string time_zone_;
};

}  // namespace flow

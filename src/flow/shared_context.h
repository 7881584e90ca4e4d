#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "flow/model.h"

namespace flow {

/// A parameter context that belongs to no flow: groups of any flow may have it, by its name. NiFi's are all of this
/// kind; those that a flow file brings may stay its own.
struct SharedContext {
  struct Parameter {
    std::optional<std::string> value;
    bool sensitive = false;
    std::string description;
    bool operator==(const Parameter&) const = default;
  };
  std::string id;
  std::string name;
  std::string description;
  std::map<std::string, Parameter> parameters;
  std::vector<std::string> inherited;  // names, in order of precedence
  bool operator==(const SharedContext&) const = default;
};

/// As definitions have them.
ParameterContext definition_of(const SharedContext& context);
/// What a flow file brings as a context of its own, under an id of its own.
SharedContext shared_context_of(const std::string& id, const std::string& name, const ParameterContext& context);

/// Gives a flow the shared contexts that its groups name, and those that they inherit from; its own of the same name
/// count for more.
void add_shared_contexts(FlowDefinition& flow, const std::vector<SharedContext>& contexts);

/// InvalidValue: two have one name, or one inherits what is not there or itself.
base::Status check_shared_contexts(const std::vector<SharedContext>& contexts);

std::string write_shared_contexts(const std::vector<SharedContext>& contexts);
base::Result<std::vector<SharedContext>> read_shared_contexts(std::string_view text, const std::string& file);

}  // namespace flow

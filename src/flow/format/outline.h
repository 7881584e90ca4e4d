#pragma once

#include <boost/json.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "flow/model.h"

namespace flow {

/// A component as people speak of it, for outlines and comparisons.
struct OutlineEntry {
  std::string id;                                 // the versioned one, where there is one
  std::string kind;                               // "processor", "connection", ...
  std::string path;                               // names of its groups and its own: "orders/archive/keep"
  std::string type;                               // last part of the class; empty where there is none
  std::map<std::string, std::string> settings;    // that differ from the default; sensitive values are hidden
  std::map<std::string, std::string> properties;  // the same, of a processor or service
  std::vector<std::string> leads_to;              // "success -> tag"
};

/// Groups, their components, then parameter contexts; in the order of the file.
std::vector<OutlineEntry> outline(const FlowDefinition& flow);

/// An indented tree.
std::string outline_text(const FlowDefinition& flow);
boost::json::object outline_json(const OutlineEntry& entry);

/// What is different in `after`, a line each, in words; geometry and ids do not count. Empty: nothing.
std::vector<std::string> differences(const FlowDefinition& before, const FlowDefinition& after);

}  // namespace flow

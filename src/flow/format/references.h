#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "flow/format/problems.h"
#include "flow/model.h"

namespace flow {

/// Which component an id in a file means. Files have two ids for each: that of the exporting instance, and the
/// versioned one, which several copies of a group may share.
class ComponentIds {
 public:
  void add(const std::string& id, const std::string& group, const std::string& alias);
  bool taken(const std::string& id) const { return ids_.contains(id); }
  /// The end of a connection of `group`: in it, in the group that the file names, in one below, or anywhere.
  std::optional<std::string> find_end(std::string_view alias, const std::string& group,
                                      std::string_view named_group) const;
  std::optional<std::string> find(std::string_view alias, const std::string& group) const;

 private:
  std::set<std::string> ids_;
  std::map<std::string, std::string, std::less<>> parents_;  // of each component: its group
  std::map<std::string, std::map<std::string, std::string, std::less<>>, std::less<>> aliases_;  // alias, group: id
};

/// Makes every reference to a controller service the id of one that the component sees: by id, by the name of an
/// external one, or (as MiNiFi does) by name. What is not found is a finding. `paths`: of components by id.
void link_services(FlowDefinition& flow, const ComponentIds& ids, const Places& places,
                   const std::map<std::string, std::string>& paths);

}  // namespace flow

#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "flow/description.h"
#include "flow/engine/status.h"
#include "flow/model.h"

namespace flow {

/// Components that one implementation makes for several releases count once.
std::string family_of(const Description& description);

/// What the tests of this program tried of processors and controller services, by their short types: the properties
/// (and of lists the values) that were set to something else than the default of a component that worked, and the
/// relationships that flowfiles took. coverage_test.cpp compares it with the component tables. For tests.
class Coverage {
 public:
  static Coverage& of_this_program();

  /// A flow after it ran.
  void note(const FlowDefinition& flow, const FlowStatus& status);
  /// What nothing noted tried: "PutFile, relationship 'failure'".
  std::set<std::string> missing() const;

 private:
  using ByType = std::map<std::string, std::set<std::string, std::less<>>, std::less<>>;
  void note(const Description& description, const PropertyValues& properties);
  void note(const Description& description, std::string_view relationship);

  ByType properties_;
  ByType relationships_;
};

}  // namespace flow

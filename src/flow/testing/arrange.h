#pragma once

#include <map>
#include <string>
#include <vector>

#include "flow/model.h"
#include "flow/testing/test_file.h"

namespace flow::testing {

/// A flow made ready for a test: components replaced, others held still, and queues added that keep what is expected.
struct Arranged {
  FlowDefinition flow;
  std::vector<std::vector<std::string>> given;     // of each Given: the connections that its flowfiles go into
  std::vector<std::vector<std::string>> expected;  // of each Expectation: the connections to look into
  std::vector<std::string> still;                  // ids of components that do not run
};

/// Errors: InvalidValue, with file and line: a component that is not there, or is not the only one of its name.
base::Result<Arranged> arrange(FlowDefinition flow, const TestCase& test, const std::string& file);

}  // namespace flow::testing

#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "flow/testing/check.h"
#include "flow/testing/test_file.h"
#include "flow/warehouse_links.h"

namespace flow::testing {

struct RunOptions {
  std::string directory;  // empty; for the test alone, "{directory}" in what the test sets
  bool update = false;    // files that hold what is expected are written instead of compared
  WarehouseLinks links = {};
};

/// Runs a flow as a test says, in one thread, with a clock that stands still but for `run_for`; nothing outside of the
/// directory is changed unless the flow does it. What is not as expected; none: it passed. Errors: the test cannot be
/// run.
base::Result<std::vector<Difference>> run_test(const TestFile& file, const TestCase& test, const RunOptions& options);

}  // namespace flow::testing

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "flow/engine/attributes.h"
#include "flow/testing/test_file.h"

namespace flow::testing {

/// One thing that is not as the test says.
struct Difference {
  std::size_t line = 0;  // of the test file
  std::string where;     // "into 'Put': flowfile 2: attribute 'filename'"
  std::string expected;
  std::string came;
};

/// A flowfile that came to where it was expected.
struct CameFlowFile {
  std::string content;
  Attributes attributes;
};

std::vector<Difference> check_flowfiles(const Expectation& expected, const std::vector<CameFlowFile>& came);
/// Nothing: there is no such text. Empty: it is as expected.
std::vector<Difference> check_text(const ExpectedText& expected, const std::string* came, std::string where);

/// For people: both in a line each when they are short; else the first lines that differ.
std::string describe(const Difference& difference);

}  // namespace flow::testing

#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "flow/engine/attributes.h"

/// Tests of flows: what a test file says (docs/flow.md, "Tests"). Components are named by name, by path
/// ("Group/Name") or by id.
namespace flow::testing {

struct GivenFlowFile {
  std::string content = {};
  Attributes attributes = {};
};

/// Flowfiles that come out of a component, which does not run itself, or that stand before one.
struct Given {
  std::string component = {};
  std::optional<std::string> relationship = {};  // none: before it
  std::vector<GivenFlowFile> flowfiles = {};
  std::size_t line = 0;
};

/// In place of a component: what comes to it goes on.
struct Stub {
  std::string component = {};
  std::string relationship = {};
  std::map<std::string, std::string> attributes = {};  // set; expressions
  std::optional<std::string> content = {};             // likewise
  std::size_t line = 0;
};

struct ExpectedText {
  enum class Kind { Equal, Json, Matches, Absent } kind = Kind::Equal;
  std::string text = {};
  std::string file = {};  // that the text is from; empty: none
  std::size_t line = 0;
};

struct ExpectedFlowFile {
  std::map<std::string, ExpectedText> attributes = {};
  std::optional<ExpectedText> content = {};
  std::size_t line = 0;
};

/// What has come out of a component, or stands before one, which then does not run itself.
struct Expectation {
  std::string component = {};
  std::optional<std::string> relationship = {};
  std::optional<std::size_t> count = {};
  std::vector<ExpectedFlowFile> flowfiles = {};
  bool any_order = false;
  std::size_t line = 0;
};

struct ExpectedContent {
  std::string name = {};  // of a file in the test's directory, or "bucket/key"
  ExpectedText content = {};
};

using PropertySettings = std::map<std::string, std::map<std::string, std::string>>;  // component, property, value

struct TestCase {
  std::string name = {};
  std::string flow = {};  // path
  std::size_t line = 0;
  std::vector<Given> given = {};
  std::vector<Stub> stubs = {};
  std::vector<std::string> without = {};  // components that do not run
  PropertySettings set = {};
  std::map<std::string, std::string> parameters = {};
  std::map<std::string, std::string> files = {};  // in the test's directory
  std::chrono::nanoseconds run_for{0};            // of the virtual clock
  bool allows_failures = false;
  std::vector<Expectation> expectations = {};
  std::vector<ExpectedContent> expected_files = {};
  std::vector<ExpectedContent> expected_objects = {};
};

struct TestFile {
  std::string path = {};
  std::string sensitive_key = {};  // nifi.sensitive.props.key of the flow; empty: none
  base::Instant clock = base::VirtualClock::kStart;
  std::vector<TestCase> tests = {};  // of each flow, with what the file says for all of them
};

/// Reads a test file, and the files that it names. Errors: Syntax, InvalidValue (each problem with its line), NotFound.
base::Result<TestFile> read_test_file(const std::string& path);

}  // namespace flow::testing

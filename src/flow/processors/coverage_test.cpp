// Every property and every relationship of every component is tried by some test: what a whole run of this program did
// is compared with the component tables when it ends. With FRESHET_COVERAGE set, what a part of the tests did, too.
#include <gtest/gtest.h>

#include <cstdlib>

#include "flow/processors/coverage.h"

namespace flow {
namespace {

struct Excused {
  std::string_view what, reason;
};
constexpr Excused kExcused[] = {
    {"ExtractText, property 'Enable Canonical Equivalence'", "true is refused"},
    {"HashContent, relationship 'failure'", "only a content that cannot be read fails, and that is tried again"},
    {"MergeContent, property 'Metadata Strategy'", "only Avro has metadata, and that format is refused"},
    {"MergeContent, property 'Metadata Strategy' = 'Ignore Metadata'", "the same"},
    {"MergeContent, property 'Metadata Strategy' = 'Keep Only Common Metadata'", "the same"},
    {"MergeContent, property 'Metadata Strategy' = 'Use First Metadata'", "the same"},
};

std::set<std::string> excused() {
  std::set<std::string> all;
  for (const auto& each : kExcused) all.emplace(each.what);
  return all;
}

class CoverageOfComponents final : public ::testing::Environment {
  void TearDown() override {
    const auto& program = *::testing::UnitTest::GetInstance();
    const bool whole = program.test_to_run_count() == program.total_test_count() && !program.Failed();
    if (!whole && std::getenv("FRESHET_COVERAGE") == nullptr) return;
    const auto known = excused();
    const auto missing = Coverage::of_this_program().missing();
    for (const auto& each : missing)
      if (!known.contains(each)) ADD_FAILURE() << "no test tries " << each;
    if (!whole) return;
    for (const auto& each : known)
      if (!missing.contains(each)) ADD_FAILURE() << "some test tries, take it off: " << each;
  }
};

const auto* const kCoverage = ::testing::AddGlobalTestEnvironment(new CoverageOfComponents);

}  // namespace
}  // namespace flow

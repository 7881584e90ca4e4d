#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "golden_case.h"

namespace flow::golden {
namespace {

std::string simple_name(const Case& tried) { return tried.processor.substr(tried.processor.rfind('.') + 1); }

std::vector<Difference> differences_of(const Case& tried, const Recording& recording) {
  return compare(tried, recording.outcome, run_case(tried, recording.releases.front()));
}

/// One case as one release of NiFi ran it: no difference but those that are meant to be.
class GoldenTest : public testing::Test {
 public:
  GoldenTest(const Case& tried, const Recording& recording, const std::vector<Expected>& expected)
      : case_(tried), recording_(recording), expected_(expected) {}

  void TestBody() override {
    for (const auto& difference : differences_of(case_, recording_))
      if (std::ranges::none_of(expected_,
                               [&](const Expected& e) { return e.is_of(case_, recording_) && e.explains(difference); }))
        ADD_FAILURE() << difference.at << "\n  NiFi: " << difference.nifi << "\n  ours: " << difference.ours;
  }

 private:
  const Case& case_;
  const Recording& recording_;
  const std::vector<Expected>& expected_;
};

/// A difference that is meant to be is one, in a case at least.
class ExpectedTest : public testing::Test {
 public:
  ExpectedTest(const Expected& expected, const std::vector<Case>& cases) : expected_(expected), cases_(cases) {}
  void TestBody() override {
    EXPECT_FALSE(expected_.why.empty());
    for (const auto& tried : cases_)
      for (const auto& recording : tried.recordings) {
        if (!expected_.is_of(tried, recording)) continue;
        for (const auto& difference : differences_of(tried, recording))
          if (expected_.explains(difference)) return;
      }
    ADD_FAILURE() << "no such difference (any more): " << expected_.processor << ": " << expected_.cases << ": "
                  << expected_.at << " (" << expected_.why << ")";
  }

 private:
  const Expected& expected_;
  const std::vector<Case>& cases_;
};

void register_tests(const std::vector<Case>& cases, const std::vector<Expected>& expected) {
  for (const auto& tried : cases)
    for (const auto& recording : tried.recordings)
      testing::RegisterTest(simple_name(tried).c_str(),
                            fmt::format("{} ({})", tried.name, fmt::join(recording.releases, ", ")).c_str(), nullptr,
                            nullptr, __FILE__, __LINE__,
                            [&]() -> testing::Test* { return new GoldenTest(tried, recording, expected); });
  for (std::size_t i = 0; i < expected.size(); ++i)
    testing::RegisterTest("GoldenDifferences", fmt::format("{}", i + 1).c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [&, i]() -> testing::Test* { return new ExpectedTest(expected[i], cases); });
}

}  // namespace
}  // namespace flow::golden

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  // Hundreds of small repositories, each of which syncs what it commits: in memory that costs nothing.
  if (std::filesystem::exists("/dev/shm")) setenv("TMPDIR", "/dev/shm", 0);
  const std::filesystem::path directory = FRESHET_CONFORMANCE_DIR;
  const auto cases = flow::golden::read_cases(directory / "golden");
  const auto expected = flow::golden::read_expected(directory / "golden_differences.toml");
  flow::golden::register_tests(cases, expected);
  return RUN_ALL_TESTS();
}

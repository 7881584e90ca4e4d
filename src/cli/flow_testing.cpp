#include <fmt/format.h>

#include <boost/json.hpp>

#include "bridge/record_sql.h"
#include "cli/commands.h"
#include "cli/temporary_directory.h"
#include "flow/testing/run.h"

namespace cli {
namespace {

namespace json = boost::json;
namespace testing = flow::testing;

struct Result {
  std::string file;
  std::string test;
  std::vector<testing::Difference> differences;
  std::string error;      // why it could not be run
  std::string directory;  // that was kept
  bool passed() const { return differences.empty() && error.empty(); }
};

Result run(const testing::TestFile& file, const testing::TestCase& test, const FlowTestOptions& options) {
  Result result{.file = file.path, .test = test.name, .differences = {}, .error = {}, .directory = {}};
  auto directory = TemporaryDirectory::make("freshet_flow_test");
  if (!directory) {
    result.error = directory.error().message;
    return result;
  }
  if (options.keep) {
    directory->keep();
    result.directory = directory->path();
  }
  bridge::EngineRecordSql record_sql({.temp_directory = directory->path() + "/.records"});
  auto differences = testing::run_test(
      file, test, {.directory = directory->path(), .update = options.update, .links = {.record_sql = &record_sql}});
  if (differences)
    result.differences = *std::move(differences);
  else
    result.error = differences.error().message;
  return result;
}

std::string render(const Result& result) {
  auto text = fmt::format("{}: {}: {}\n", result.file, result.test, result.passed() ? "passed" : "FAILED");
  if (!result.error.empty()) text += fmt::format("  {}\n", result.error);
  for (const auto& difference : result.differences)
    text += fmt::format("  {}:{}: {}", result.file, difference.line, testing::describe(difference));
  if (!result.directory.empty()) text += fmt::format("  directory: {}\n", result.directory);
  return text;
}

std::string render_json(const Result& result) {
  json::array differences;
  for (const auto& difference : result.differences)
    differences.push_back(json::object{{"line", difference.line},
                                       {"where", difference.where},
                                       {"expected", difference.expected},
                                       {"came", difference.came}});
  json::object line{{"file", result.file}, {"test", result.test}, {"passed", result.passed()}};
  if (!result.error.empty()) line["error"] = result.error;
  line["differences"] = std::move(differences);
  return json::serialize(line) + "\n";
}

}  // namespace

int test_flows(const FlowTestOptions& options) {
  std::size_t ran = 0, failed = 0;
  for (const auto& path : options.files) {
    const auto file = testing::read_test_file(path);
    if (!file) {
      complain(file.error());
      ++failed;
      continue;
    }
    for (const auto& test : file->tests) {
      if (test.name.find(options.only) == std::string::npos) continue;
      const auto result = run(*file, test, options);
      ++ran;
      if (!result.passed()) ++failed;
      if (const auto printed = print(options.output == OutputFormat::Json ? render_json(result) : render(result));
          !printed)
        return complain(printed.error());
    }
  }
  if (options.output != OutputFormat::Json) (void)print(fmt::format("{} tests, {} failed\n", ran, failed));
  return failed == 0 && ran > 0 ? kSuccess : kFailure;
}

}  // namespace cli

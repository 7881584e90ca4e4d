#include "cli/flow_parameters.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "cli/temporary_directory.h"

namespace cli {
namespace {

TEST(FlowParametersTest, LaterSourcesWin) {
  const auto directory = TemporaryDirectory::make("freshet_test").value();
  const auto lines = directory.path() + "/lines", document = directory.path() + "/document";
  std::ofstream(lines) << "# a comment\na=1\nb=2\r\n\nc=x=y\n";
  std::ofstream(document) << R"({"d": "4", "Target Object Size": "5 MB"})";
  const auto read = read_parameters({.values = {"b=3", "b=4"}, .secrets = {"s=t"}, .files = {lines, document}});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->values,
            (std::map<std::string, std::string>{
                {"Target Object Size", "5 MB"}, {"a", "1"}, {"b", "4"}, {"c", "x=y"}, {"d", "4"}, {"s", "t"}}));
  EXPECT_EQ(read->secrets, std::set<std::string>{"s"});
}

TEST(FlowParametersTest, ErrorsHoldNoValues) {
  const auto directory = TemporaryDirectory::make("freshet_test").value();
  const auto file = directory.path() + "/f";
  std::ofstream(file) << "a=1\nhush\n";
  EXPECT_EQ(read_parameters({.files = {file}}).error().message, file + ":2: NAME=VALUE is expected");
  EXPECT_EQ(read_parameters({.secrets = {"hush"}}).error().message, "--secret needs NAME=VALUE");
  EXPECT_EQ(read_parameters({.values = {"=hush"}}).error().message, "--param needs NAME=VALUE");
}

TEST(FlowParametersTest, TheEnvironmentFillsWhatIsMissing) {
  EXPECT_EQ(environment_name("Target Object-Size.1"), "FRESHET_PARAM_TARGET_OBJECT_SIZE_1");
  const std::string flow =
      R"({"flowContents":{"identifier":"r"},"parameterContexts":{"c":{"name":"c","parameters":[{"name":"in dir"},{"name":"bucket"},{"name":"else"}]}}})";
  setenv("FRESHET_PARAM_IN_DIR", "/data", 1);
  setenv("FRESHET_PARAM_BUCKET", "other", 1);
  FlowRunner::Parameters parameters{.values = {{"bucket", "mine"}}, .secrets = {}, .sensitive_key = {}};
  add_environment(flow, "f.json", parameters);
  unsetenv("FRESHET_PARAM_IN_DIR");
  unsetenv("FRESHET_PARAM_BUCKET");
  EXPECT_EQ(parameters.values, (std::map<std::string, std::string>{{"bucket", "mine"}, {"in dir", "/data"}}));
}

}  // namespace
}  // namespace cli

#include "flow/description_json.h"

#include <gtest/gtest.h>

#include "flow/json_path.h"
#include "flow/json_text.h"

namespace flow {
namespace {

TEST(DescriptionJsonTest, SaysWhatAFlowFileMaySay) {
  const auto* get_file = find_description("GetFile");
  ASSERT_NE(get_file, nullptr);
  const auto document = parse_json(description_json(*get_file)).value();
  struct Case {
    std::string_view path, expected;
  };
  for (const Case& c : std::to_array<Case>({
           {"$.type", "\"org.apache.nifi.processors.standard.GetFile\""},
           {"$.input", "\"INPUT_FORBIDDEN\""},
           {"$.relationships[*].name", "[\"success\"]"},
           {"$.properties[?(@.name == 'Input Directory')].required", "[true]"},
           {"$.properties[?(@.name == 'Input Directory')].scope", "[\"ENVIRONMENT\"]"},
           {"$.properties[?(@.name == 'Input Directory')].default", "[null]"},
           {"$.properties[?(@.name == 'Batch Size')].default", "[\"10\"]"},
           {"$.properties[?(@.name == 'Keep Source File')].allowed[*].value", "[\"true\",\"false\"]"},
       }))
    EXPECT_EQ(json_text(JsonPath::compile(c.path).value().read(document).value()), c.expected) << c.path;
}

}  // namespace
}  // namespace flow

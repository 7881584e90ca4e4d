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
           {"$.batches", "false"},
           {"$.when_empty", "false"},
           {"$.aliases", "[]"},
       }))
    EXPECT_EQ(json_text(JsonPath::compile(c.path).value().read(document).value()), c.expected) << c.path;
}

TEST(DescriptionJsonTest, SaysWhatAServiceIsAndWhichAPropertyNames) {
  const auto* server = find_description("MapCacheServer", service_descriptions());
  ASSERT_NE(server, nullptr);
  const auto text = description_json(*server);
  EXPECT_NE(text.find("\"aliases\":[\"org.apache.nifi.distributed.cache.server.map.MapCacheServer\"]"), text.npos);
  const auto of_pool = description_json(*find_description("PutSQL"));
  EXPECT_NE(of_pool.find("\"service\":\"org.apache.nifi.dbcp.DBCPService\""), of_pool.npos);
}

}  // namespace
}  // namespace flow

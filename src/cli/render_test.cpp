#include "cli/render.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

using catalog::LogicalType;
using engine::Value;

std::shared_ptr<const engine::ResultSet> sample() {
  return engine::make_result(
      {{"ID", LogicalType::number()}, {"NAME", LogicalType::text()}, {"V", LogicalType::variant()}},
      {{engine::Decimal{12, 0}, std::string("a\nb"), engine::Json{R"({"k":1})"}},
       {engine::Decimal{3, 0}, Value(), Value()}});
}

TEST(RenderTest, Tables) {
  EXPECT_EQ(render_result(*sample(), OutputFormat::Table, settings_of({})),
            "ID  NAME  V\n"
            "--  ----  -------\n"
            "12  a\\nb  {\"k\":1}\n"
            " 3  NULL  NULL\n");
  EXPECT_EQ(render_result(*engine::make_status("Table T successfully created."), OutputFormat::Table, settings_of({})),
            "Table T successfully created.\n");
}

TEST(RenderTest, Csv) {
  EXPECT_EQ(render_result(*sample(), OutputFormat::Csv, settings_of({})),
            "ID,NAME,V\n12,\"a\nb\",\"{\"\"k\"\":1}\"\n3,,\n");
}

TEST(RenderTest, JsonLines) {
  EXPECT_EQ(render_json_line("SELECT 1", sample().get(), nullptr, settings_of({})),
            "{\"statement\": \"SELECT 1\", \"columns\": [\"ID\", \"NAME\", \"V\"], "
            "\"rows\": [[12, \"a\\nb\", {\"k\":1}], [3, null, null]], \"error\": null}\n");
  const base::Error error{base::ErrorKind::Syntax, 1003, "42000", "no", {}};
  EXPECT_EQ(render_json_line("X", nullptr, &error, settings_of({})),
            "{\"statement\": \"X\", \"columns\": [], \"rows\": [], \"error\": {\"code\": \"001003\", \"sqlstate\": "
            "\"42000\", "
            "\"message\": \"no\"}}\n");
}

}  // namespace
}  // namespace cli

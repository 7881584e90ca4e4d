#include "server/warehouse/binds.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace server::warehouse {
namespace {

using engine::Value;

// snowflake-wire.md, section 13.2.
TEST(BindsTest, ReadsValues) {
  struct Case {
    std::string_view type, text;
    Value value;
  };
  for (const auto& c : std::vector<Case>{
           {"FIXED", "1", engine::Decimal{1, 0}},
           {"FIXED", "-1.23", engine::Decimal{-123, 2}},
           {"FIXED", "1e5", std::string("1e5")},
           {"REAL", "1e10", 1e10},
           {"TEXT", "abc", std::string("abc")},
           {"BOOLEAN", "true", true},
           {"BOOLEAN", "0", false},
           {"BINARY", "deadBEEF", engine::Binary{"\xDE\xAD\xBE\xEF"}},
           {"DATE", "1641600000000", engine::Date{19000}},
           {"DATE", "-86400000", engine::Date{-1}},
           {"DATE", "2022-01-08", std::string("2022-01-08")},
           {"TIME", "45296123456789", engine::Time{45296123456789}},
           {"TIMESTAMP_NTZ", "1700000000123456789", engine::Timestamp{1700000000, 123456789, 0}},
           {"TIMESTAMP_LTZ", "-1", engine::Timestamp{-1, 999999999, 0}},
           {"TIMESTAMP_TZ", "1700000000000000000 1560", engine::Timestamp{1700000000, 0, 120}},
           {"TIMESTAMP_NTZ", "2024-01-02 03:04:05", std::string("2024-01-02 03:04:05")},
           {"OBJECT", R"({"b": 1, "a": [2]})", engine::Json{R"({"a":[2],"b":1})"}},
       })
    EXPECT_EQ(parse_bind(c.type, c.text), c.value) << c.type << " " << c.text;
}

TEST(BindsTest, ReadsRowsOfArrayBinds) {
  const auto bindings = boost::json::parse(
      R"({"1":{"type":"FIXED","value":["1","2"]},"2":{"type":"TEXT","value":[null,"x"]},"3":{"type":"TEXT","value":"all"}})");
  const auto binds = parse_binds(bindings.get_object());
  ASSERT_TRUE(binds);
  EXPECT_TRUE(binds->array);
  const std::vector<std::vector<Value>> expected{{engine::Decimal{1, 0}, Value(), std::string("all")},
                                                 {engine::Decimal{2, 0}, std::string("x"), std::string("all")}};
  EXPECT_EQ(binds->rows, expected);
}

TEST(BindsTest, NamesAMissingBind) {
  const auto binds = parse_binds(boost::json::parse(R"({"2":{"type":"FIXED","value":"1"}})").get_object());
  ASSERT_FALSE(binds);
  EXPECT_EQ(binds.error().number, 2049);
}

}  // namespace
}  // namespace server::warehouse

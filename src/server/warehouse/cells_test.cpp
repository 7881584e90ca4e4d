#include "server/warehouse/cells.h"

#include <gtest/gtest.h>

#include <limits>

namespace server::warehouse {
namespace {

using catalog::LogicalType;
using engine::Value;

// snowflake-wire.md, sections 6 and 7.
TEST(CellsTest, EncodesValues) {
  struct Case {
    Value value;
    LogicalType type;
    std::string_view cell;
  };
  const auto number = [](std::int64_t digits, int scale) { return Value(engine::Decimal{digits, scale}); };
  for (const auto& c : std::vector<Case>{
           {Value(), LogicalType::number(), "null"},
           {Value(), LogicalType::variant(), "null"},
           {number(-1250, 2), LogicalType::number(10, 2), R"("-12.50")"},
           {number(50, 2), LogicalType::number(10, 2), R"("0.50")"},
           {number(-5, 2), LogicalType::number(10, 2), R"("-0.05")"},
           {number(7, 0), LogicalType::number(10, 2), R"("7.00")"},
           {number(9007199254740993, 0), LogicalType::number(), R"("9007199254740993")"},
           {Value(1.5), LogicalType::real(), R"("1.5")"},
           {Value(0.1), LogicalType::real(), R"("0.1")"},
           {Value(std::numeric_limits<double>::quiet_NaN()), LogicalType::real(), R"("NaN")"},
           {Value(std::numeric_limits<double>::infinity()), LogicalType::real(), R"("inf")"},
           {Value(-std::numeric_limits<double>::infinity()), LogicalType::real(), R"("-inf")"},
           {Value(true), LogicalType::boolean(), R"("1")"},
           {Value(false), LogicalType::boolean(), R"("0")"},
           {Value(engine::Date{19000}), LogicalType::date(), R"("19000")"},
           {Value(engine::Date{-1}), LogicalType::date(), R"("-1")"},
           {Value(engine::Time{45296123456789}), LogicalType::time(9), R"("45296.123456789")"},
           {Value(engine::Time{45296123456789}), LogicalType::time(0), R"("45296")"},
           {Value(engine::Timestamp{1700000000, 123456789, 0}), LogicalType::timestamp_ntz(9),
            R"("1700000000.123456789")"},
           {Value(engine::Timestamp{1700000000, 123456789, 0}), LogicalType::timestamp_ltz(3), R"("1700000000.123")"},
           {Value(engine::Timestamp{1700000000, 0, 0}), LogicalType::timestamp_ntz(0), R"("1700000000")"},
           // 1900-01-01 12:34:56.123456789
           {Value(engine::Timestamp{-2208943504, 123456789, 0}), LogicalType::timestamp_ntz(9),
            R"("-2208943503.876543211")"},
           {Value(engine::Timestamp{-1, 500000000, 0}), LogicalType::timestamp_ntz(1), R"("-0.5")"},
           {Value(engine::Timestamp{1700000000, 123456789, 120}), LogicalType::timestamp_tz(9),
            R"("1700000000.123456789 1560")"},
           {Value(engine::Timestamp{1700000000, 0, -480}), LogicalType::timestamp_tz(0), R"("1700000000 960")"},
           {Value(engine::Binary{"\xDE\xAD\xBE\xEF"}), LogicalType::binary(), R"("DEADBEEF")"},
           {Value(std::string("h\u00e9\"\n")), LogicalType::text(), "\"h\u00e9\\\"\\n\""},
           {Value(engine::Json{R"({"a":[1,{}],"b":"x:y"})"}), LogicalType::variant(),
            R"("{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": \"x:y\"\n}")"},
           {Value(engine::Json{"null"}), LogicalType::variant(), R"("null")"},
       }) {
    std::string out;
    append_cell(out, c.value, c.type);
    EXPECT_EQ(out, c.cell);
  }
}

TEST(CellsTest, DescribesColumns) {
  struct Case {
    LogicalType type;
    std::string_view described;
  };
  for (const auto& c : std::vector<Case>{
           {LogicalType::number(10, 2), R"("type":"fixed","byteLength":null,"length":null,"scale":2,"precision":10)"},
           {LogicalType::real(), R"("type":"real","byteLength":null,"length":null,"scale":null,"precision":null)"},
           {LogicalType::text(10), R"("type":"text","byteLength":40,"length":10,"scale":null,"precision":null)"},
           {LogicalType::text(),
            R"("type":"text","byteLength":16777216,"length":16777216,"scale":null,"precision":null)"},
           {LogicalType::binary(8), R"("type":"binary","byteLength":8,"length":8,"scale":null,"precision":null)"},
           {LogicalType::boolean(),
            R"("type":"boolean","byteLength":null,"length":null,"scale":null,"precision":null)"},
           {LogicalType::time(3), R"("type":"time","byteLength":null,"length":null,"scale":3,"precision":0)"},
           {LogicalType::timestamp_tz(9),
            R"("type":"timestamp_tz","byteLength":null,"length":null,"scale":9,"precision":0)"},
           {LogicalType::variant(),
            R"("type":"variant","byteLength":null,"length":null,"scale":null,"precision":null)"},
       }) {
    std::string out;
    append_row_type(out, {{"A", c.type, false}});
    EXPECT_EQ(out, R"([{"name":"A","database":"","schema":"","table":"","nullable":false,)" + std::string(c.described) +
                       R"(,"collation":null}])");
  }
}

}  // namespace
}  // namespace server::warehouse

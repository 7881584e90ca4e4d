#include "cli/remote_session.h"

#include <gtest/gtest.h>

#include "server/warehouse/cells.h"

namespace cli {
namespace {

using catalog::LogicalType;
using engine::Value;

// What the server writes, the client reads back.
TEST(RemoteSessionTest, ReadsCells) {
  struct Case {
    Value value;
    LogicalType type;
  };
  for (const auto& c : std::vector<Case>{
           {engine::Decimal{-1250, 2}, LogicalType::number(10, 2)},
           {engine::Decimal{5, 0}, LogicalType::number()},
           {1.5, LogicalType::real()},
           {true, LogicalType::boolean()},
           {engine::Date{-1}, LogicalType::date()},
           {engine::Time{45296123456789}, LogicalType::time(9)},
           {engine::Timestamp{-2208943504, 123456789, 0}, LogicalType::timestamp_ntz(9)},
           {engine::Timestamp{1700000000, 123000000, 0}, LogicalType::timestamp_ltz(3)},
           {engine::Timestamp{1700000000, 0, -480}, LogicalType::timestamp_tz(0)},
           {engine::Binary{"\xDE\xAD"}, LogicalType::binary()},
           {std::string("x y"), LogicalType::text()},
           {engine::Json{R"({"a b":[1,{}],"c":"x: \"y"})"}, LogicalType::variant()},
       }) {
    std::string cell;
    server::warehouse::append_cell(cell, c.value, c.type);
    // As a JSON reader would take it apart.
    std::string text;
    for (std::size_t i = 1; i + 1 < cell.size(); ++i) {
      if (cell[i] == '\\') {
        ++i;
        text += cell[i] == 'n' ? '\n' : cell[i];
      } else {
        text += cell[i];
      }
    }
    const auto read = parse_cell(text, c.type);
    ASSERT_TRUE(read) << cell;
    EXPECT_EQ(*read, c.value) << cell;
  }
}

}  // namespace
}  // namespace cli

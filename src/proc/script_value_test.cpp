#include "proc/script_value.h"

#include <gtest/gtest.h>

#include "sql/parser.h"

namespace proc {
namespace {

using catalog::LogicalType;
using engine::Decimal;
using engine::NamedBind;

std::optional<NamedBind> variable(std::string_view name) {
  if (name == "X") return NamedBind{Decimal{7, 0}, LogicalType::number()};
  if (name == "S") return NamedBind{std::string("a"), LogicalType::text()};
  if (name == "N") return NamedBind{engine::Value(), LogicalType::boolean()};
  if (name == "BIG") return NamedBind{Decimal{std::int64_t{1} << 62, 0}, LogicalType::number()};
  if (name == "R.ID") return NamedBind{Decimal{3, 0}, LogicalType::number()};
  return std::nullopt;
}

std::string shown(std::string_view text) {
  const auto expression = sql::parse_expression(text);
  if (!expression) return base::to_text(expression.error());
  const auto value = simple_value(*expression, variable);
  if (!value) return "not simple";
  if (engine::is_null(value->value)) return "NULL";
  if (const auto* flag = std::get_if<bool>(&value->value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<Decimal>(&value->value)) return base::to_string(number->digits);
  return std::get<std::string>(value->value);
}

TEST(ScriptValueTest, SimpleExpressions) {
  const std::pair<const char*, const char*> cases[] = {
      {"1", "1"},
      {"x + 1", "8"},
      {"x * 2 - 15", "-1"},
      {"-x", "-7"},
      {"x * 1000000000000000000", "7000000000000000000"},
      {"r.id + :x", "10"},
      {"x = 7", "true"},
      {"(x > 7)", "false"},
      {"x <> 7 OR x <= 7", "true"},
      {"NOT x = 7", "false"},
      {"s || 'b'", "ab"},
      {"s < 'b'", "true"},
      {"n AND FALSE", "false"},
      {"n OR FALSE", "NULL"},
      {"n AND TRUE", "NULL"},
      {"n OR TRUE", "true"},
      {"n IS NULL", "true"},
      {"x IS NOT NULL", "true"},
      {"NULL", "NULL"},
      // The engine knows better.
      {"1.5", "not simple"},
      {"x / 2", "not simple"},
      {"big + 1", "not simple"},
      {"x * 3000000000000000000", "not simple"},
      {"x = '7'", "not simple"},
      {"x + s", "not simple"},
      {"abs(x)", "not simple"},
      {"y", "not simple"},
      {"(SELECT 1)", "not simple"},
      {"n = 1", "not simple"},
  };
  for (const auto& [text, value] : cases) EXPECT_EQ(shown(text), value) << text;
}

TEST(ScriptValueTest, SimpleCasts) {
  const NamedBind seven{Decimal{7, 0}, LogicalType::number(1, 0)};
  EXPECT_TRUE(simple_cast(seven, LogicalType::number()));
  EXPECT_TRUE(simple_cast(seven, LogicalType::number(1, 0)));
  EXPECT_FALSE(simple_cast(seven, LogicalType::number(3, 0)));
  EXPECT_FALSE(simple_cast(seven, LogicalType::number(38, 2)));
  EXPECT_FALSE(simple_cast(seven, LogicalType::text()));
  const NamedBind text{std::string("abc"), LogicalType::text()};
  EXPECT_TRUE(simple_cast(text, LogicalType::text(3)));
  EXPECT_FALSE(simple_cast(text, LogicalType::text(2)));
  EXPECT_EQ(simple_cast(NamedBind{}, LogicalType::date())->type, LogicalType::date());
}

}  // namespace
}  // namespace proc

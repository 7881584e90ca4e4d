#include "sql/printer.h"

#include <gtest/gtest.h>

namespace sql {
namespace {

Identifier id(std::string name) { return {.name = std::move(name)}; }
Expr column(std::string name) { return {ColumnRef{{id(std::move(name))}}}; }
Expr number(std::string text) { return {NumberLiteral{std::move(text)}}; }
Expr text(std::string value) { return {StringLiteral{std::move(value)}}; }
Expr binary(BinaryOp op, Expr left, Expr right) { return {Binary{op, std::move(left), std::move(right)}}; }
Expr unary(UnaryOp op, Expr operand) { return {Unary{op, std::move(operand)}}; }
Expr call(std::string name, std::vector<Expr> arguments) {
  FunctionCall node{.name = {.parts = {id(std::move(name))}}, .arguments = {}};
  for (Expr& argument : arguments) node.arguments.push_back({std::nullopt, std::move(argument)});
  return {std::move(node)};
}
TableRef table(std::string name) {
  return {NamedTable{{.parts = {id(std::move(name))}}, std::nullopt, std::nullopt}, std::nullopt, std::nullopt};
}
Query select(Expr item, std::vector<TableRef> from = {}) {
  Select node;
  node.items.push_back({std::move(item), std::nullopt});
  node.from = std::move(from);
  return {.with = {}, .body = std::move(node), .order_by_all = {}, .order_by = {}, .limit = {}, .offset = {}};
}
Query set_operation(SetOp op, Query left, Query right) {
  return {.with = {},
          .body = SetOperation{op, false, std::move(left), std::move(right)},
          .order_by_all = {},
          .order_by = {},
          .limit = {},
          .offset = {}};
}

TEST(PrinterTest, WritesParenthesesWherePrecedenceNeedsThem) {
  const Expr a = column("A"), b = column("B"), c = column("C");
  struct Case {
    Expr tree;
    std::string_view expected;
  };
  const Case cases[] = {
      {binary(BinaryOp::Or, binary(BinaryOp::And, a, b), c), "A AND B OR C"},
      {binary(BinaryOp::And, binary(BinaryOp::Or, a, b), c), "(A OR B) AND C"},
      {binary(BinaryOp::And, a, binary(BinaryOp::And, b, c)), "A AND (B AND C)"},
      {binary(BinaryOp::Subtract, a, binary(BinaryOp::Subtract, b, c)), "A - (B - C)"},
      {binary(BinaryOp::Subtract, binary(BinaryOp::Subtract, a, b), c), "A - B - C"},
      {binary(BinaryOp::Multiply, binary(BinaryOp::Add, a, b), c), "(A + B) * C"},
      {binary(BinaryOp::Add, a, binary(BinaryOp::Multiply, b, c)), "A + B * C"},
      {binary(BinaryOp::Concat, a, binary(BinaryOp::Add, b, c)), "A || (B + C)"},
      {binary(BinaryOp::Add, binary(BinaryOp::Concat, a, b), c), "(A || B) + C"},
      {binary(BinaryOp::Concat, binary(BinaryOp::Concat, a, b), c), "A || B || C"},
      {binary(BinaryOp::Equal, binary(BinaryOp::Less, a, b), c), "(A < B) = C"},
      {unary(UnaryOp::Not, binary(BinaryOp::Equal, a, b)), "NOT A = B"},
      {binary(BinaryOp::Equal, unary(UnaryOp::Not, a), b), "(NOT A) = B"},
      {unary(UnaryOp::Minus, unary(UnaryOp::Minus, a)), "-(-A)"},
      {unary(UnaryOp::Minus, number("-1")), "-(-1)"},
      {binary(BinaryOp::Subtract, a, number("-1")), "A - -1"},
      {{Between{a, b, binary(BinaryOp::Add, c, number("1")), true}}, "A NOT BETWEEN B AND C + 1"},
      {{Between{binary(BinaryOp::And, a, b), b, c}}, "(A AND B) BETWEEN B AND C"},
      {{IsNull{Expr{Between{a, b, c}}, true}}, "(A BETWEEN B AND C) IS NOT NULL"},
      {{Like{LikeOp::Like, a, {text("x%")}, std::nullopt, Box<Expr>(text("\\"))}}, "A LIKE 'x%' ESCAPE '\\\\'"},
      {{PathAccess{Expr{Index{Expr{PathAccess{a, "k", false}}, number("0")}}, "Ab c", false}}, "A:k[0].\"Ab c\""},
      {{PathAccess{binary(BinaryOp::Add, a, b), "k", false}}, "(A + B):k"},
      {{Cast{CastKind::Cast, binary(BinaryOp::Add, a, b), {.name = "NUMBER", .params = {10, 2}, .of = {}}}},
       "CAST(A + B AS NUMBER(10, 2))"},
  };
  for (const Case& c2 : cases) EXPECT_EQ(print(c2.tree), c2.expected);
}

TEST(PrinterTest, QuotesNamesWhereNeeded) {
  struct Case {
    std::string name;
    std::string_view snowflake, duckdb;
  };
  const Case cases[] = {
      {"CUSTOMER", "CUSTOMER", "\"CUSTOMER\""},
      {"METADATA$ACTION", "METADATA$ACTION", "\"METADATA$ACTION\""},
      {"customer", "\"customer\"", "\"customer\""},
      {"ORDER", "\"ORDER\"", "\"ORDER\""},
      {"a\"b", "\"a\"\"b\"", "\"a\"\"b\""},
      {"1A", "\"1A\"", "\"1A\""},
      {"LEVEL", "LEVEL", "\"LEVEL\""},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(print(column(c.name)), c.snowflake);
    EXPECT_EQ(print(column(c.name), Dialect::DuckDb), c.duckdb);
  }
}

TEST(PrinterTest, EscapesStrings) {
  using namespace std::string_literals;
  struct Case {
    std::string value;
    std::string_view snowflake, duckdb;
  };
  const Case cases[] = {
      {"it's", "'it''s'", "'it''s'"},
      {"a\\b", "'a\\\\b'", "'a\\b'"},
      {"\n\t", "'\\n\\t'", "'\n\t'"},
      {"a\0b"s, "'a\\x00b'", "('a' || chr(0) || 'b')"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(print(text(c.value)), c.snowflake);
    EXPECT_EQ(print(text(c.value), Dialect::DuckDb), c.duckdb);
  }
}

TEST(PrinterTest, SpellsFunctionsForEitherEngine) {
  const Expr a = column("A"), b = column("B");
  FunctionCall lag{.name = {.parts = {id("lag")}}, .arguments = {{std::nullopt, a}}};
  lag.nulls = NullTreatment::Ignore;
  lag.over = WindowSpec{};
  lag.over->partition_by = {b};
  lag.over->order_by = {{a, true, NullsOrder::Default}, {b, false, NullsOrder::Default}};
  lag.over->frame = WindowFrame{
      FrameUnit::Rows, {{FrameBound::Kind::Preceding, number("1")}, {FrameBound::Kind::CurrentRow, std::nullopt}}};
  EXPECT_EQ(print({lag}),
            "lag(A) IGNORE NULLS OVER (PARTITION BY B ORDER BY A DESC, B ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)");
  EXPECT_EQ(print({lag}, Dialect::DuckDb),
            "lag(\"A\" IGNORE NULLS) OVER (PARTITION BY \"B\" ORDER BY \"A\" DESC NULLS FIRST, \"B\" NULLS LAST "
            "ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)");

  FunctionCall list{.name = {.parts = {id("string_agg")}}, .arguments = {{std::nullopt, a}, {std::nullopt, text(",")}}};
  list.distinct = true;
  list.order_by = {{a, false, NullsOrder::First}};
  list.filter = Box<Expr>(binary(BinaryOp::Greater, a, number("1")));
  EXPECT_EQ(print({list}, Dialect::DuckDb),
            "string_agg(DISTINCT \"A\", ',' ORDER BY \"A\" NULLS FIRST) FILTER (WHERE \"A\" > 1)");
  EXPECT_EQ(print(call("count", {{Star{}}}), Dialect::DuckDb), "count(*)");
  EXPECT_EQ(print({Lambda{{id("x")}, binary(BinaryOp::Add, column("x"), number("1"))}}, Dialect::DuckDb),
            "lambda \"x\": \"x\" + 1");
}

TEST(PrinterTest, WritesSetOperations) {
  const Query a = select(column("A")), b = select(column("B")), c = select(column("C"));
  Query limited = a;
  limited.limit = number("1");
  EXPECT_EQ(print(set_operation(SetOp::Union, set_operation(SetOp::UnionAll, a, b), c)),
            "SELECT A UNION ALL SELECT B UNION SELECT C");
  EXPECT_EQ(print(set_operation(SetOp::Union, a, set_operation(SetOp::UnionAll, b, c))),
            "SELECT A UNION (SELECT B UNION ALL SELECT C)");
  EXPECT_EQ(print(set_operation(SetOp::Union, a, set_operation(SetOp::Intersect, b, c))),
            "SELECT A UNION SELECT B INTERSECT SELECT C");
  EXPECT_EQ(print(set_operation(SetOp::Intersect, set_operation(SetOp::Union, a, b), c)),
            "(SELECT A UNION SELECT B) INTERSECT SELECT C");
  EXPECT_EQ(print(set_operation(SetOp::Except, limited, b)), "(SELECT A LIMIT 1) EXCEPT SELECT B");
}

TEST(PrinterTest, WritesSources) {
  const TableRef a = table("A"), b = table("B"), c = table("C");
  const auto joined = [](JoinKind kind, TableRef left, TableRef right) {
    Join node{.kind = kind,
              .left = std::move(left),
              .right = std::move(right),
              .match_condition = {},
              .on = {},
              .using_columns = {}};
    if (kind != JoinKind::Cross) node.on = column("X");
    return TableRef{std::move(node), std::nullopt, std::nullopt};
  };
  EXPECT_EQ(print(joined(JoinKind::Left, joined(JoinKind::Inner, a, b), c)), "A JOIN B ON X LEFT JOIN C ON X");
  EXPECT_EQ(print(joined(JoinKind::Left, a, joined(JoinKind::Cross, b, c))), "A LEFT JOIN (B CROSS JOIN C) ON X");
  TableRef asof = joined(JoinKind::Asof, a, b);
  std::get<Join>(asof.node).match_condition = binary(BinaryOp::GreaterEqual, column("T"), column("U"));
  EXPECT_EQ(print(asof), "A ASOF JOIN B MATCH_CONDITION (T >= U) ON X");
  EXPECT_EQ(print(asof, Dialect::DuckDb), "\"A\" ASOF LEFT JOIN \"B\" ON \"X\" AND \"T\" >= \"U\"");

  TableRef values{ValuesTable{{{number("1"), text("a")}, {number("2"), {NullLiteral{}}}}},
                  TableAlias{id("T"), {id("N"), id("S")}}, std::nullopt};
  EXPECT_EQ(print(values, Dialect::DuckDb), "(VALUES (1, 'a'), (2, NULL)) AS \"T\" (\"N\", \"S\")");
  EXPECT_EQ(print(values), "VALUES (1, 'a'), (2, NULL) AS T (N, S)");
  TableRef raw{RawTable{"read_parquet('x')"}, TableAlias{id("R"), {}}, std::nullopt};
  EXPECT_EQ(print(raw, Dialect::DuckDb), "read_parquet('x') AS \"R\"");
  TableRef sampled = a;
  sampled.sample = Sample{.blocks = false, .amount = number("10"), .rows = false, .seed = number("7")};
  EXPECT_EQ(print(sampled), "A SAMPLE (10) SEED (7)");
  EXPECT_EQ(print(sampled, Dialect::DuckDb), "\"A\" TABLESAMPLE BERNOULLI (10 PERCENT) REPEATABLE (7)");
}

}  // namespace
}  // namespace sql

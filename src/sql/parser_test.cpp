#include "sql/parser.h"

#include <gtest/gtest.h>

#include "sql/printer.h"

namespace sql {
namespace {

/// The printed form of what was parsed, or the error's message without its first line.
std::string expression(std::string_view text) {
  const auto parsed = parse_expression(text);
  if (parsed) return print(*parsed);
  const std::string& message = parsed.error().message;
  return message.substr(message.find('\n') + 1);
}

std::string error_of(std::string_view text) {
  const auto parsed = parse_script(text);
  if (parsed) return "no error";
  EXPECT_EQ(parsed.error().kind, base::ErrorKind::Syntax);
  EXPECT_EQ(parsed.error().number, 1003);
  EXPECT_EQ(parsed.error().sqlstate, "42000");
  EXPECT_TRUE(parsed.error().at.has_value());
  const std::string& message = parsed.error().message;
  EXPECT_TRUE(message.starts_with("SQL compilation error:\n")) << message;
  return message.substr(message.find('\n') + 1);
}

TEST(ParseExpressionTest, Precedence) {
  struct Case {
    std::string_view text, same_as;
  };
  for (const Case& c : std::to_array<Case>({
           {"a or b and c", "a or (b and c)"},
           {"not a = b", "not (a = b)"},
           {"not a and b", "(not a) and b"},
           {"a + b * c - d", "(a + (b * c)) - d"},
           {"a || b || c", "(a || b) || c"},
           {"-a::int", "-(a::int)"},
           {"a < b + 1 and c", "(a < (b + 1)) and c"},
           {"a between 1 and 2 and b", "(a between 1 and 2) and b"},
           {"a is not null or b", "(a is not null) or b"},
           {"a in (1, 2) = b", "(a in (1, 2)) = b"},
           {"a not like 'x' and b", "(a not like 'x') and b"},
           {"- - a", "-(-a)"},
           {"a != b", "a <> b"},
           {"v:a.b[0]:c", "v:a.b[0].c"},
           {"x::int::text", "cast(cast(x as int) as text)"},
           {"a regexp 'x'", "a rlike 'x'"},
           {"extract(day from d)", "date_part('day', d)"},
           {"position('a' in b)", "position('a', b)"},
           {"count(all x)", "count(x)"},
           {"a = some (select 1)", "a = any (select 1)"},
           {"first_value(a ignore nulls) over (order by b)", "first_value(a) ignore nulls over (order by b asc)"},
       })) {
    const auto parsed = parse_expression(c.text), same = parse_expression(c.same_as);
    ASSERT_TRUE(parsed.has_value()) << c.text << ": " << parsed.error().message;
    ASSERT_TRUE(same.has_value()) << c.same_as << ": " << same.error().message;
    EXPECT_EQ(*parsed, *same) << c.text << " is " << print(*parsed);
  }
}

TEST(ParseExpressionTest, Nodes) {
  const auto node = [](std::string_view text) { return parse_expression(text).value().node; };
  EXPECT_EQ(std::get<StringLiteral>(node(R"('it''s \'a\' \x41\u00e9\101\.')")).value, "it's 'a' A\u00e9A.");
  EXPECT_EQ(std::get<StringLiteral>(node("$$raw \\n 'x'$$")).value, "raw \\n 'x'");
  EXPECT_EQ(std::get<NumberLiteral>(node("1.5e-3")).text, "1.5e-3");
  EXPECT_EQ(std::get<NumberLiteral>(node(".5")).text, ".5");
  EXPECT_EQ(std::get<PositionalRef>(node("t.$12")).position, 12U);
  EXPECT_EQ(std::get<SessionVariable>(node("$myVar")).name, "MYVAR");
  EXPECT_EQ(std::get<BindRef>(node(":name")).label, "NAME");
  EXPECT_EQ(std::get<BindRef>(node(":1")).label, "1");
  EXPECT_EQ(std::get<BindRef>(node("?")).label, std::nullopt);
  EXPECT_EQ(std::get<ColumnRef>(node("METADATA$Action")).parts[0].name, "METADATA$ACTION");
  EXPECT_EQ(std::get<ColumnRef>(node("\"a \"\"b\"")).parts[0].name, "a \"b");
  EXPECT_TRUE(std::get<FunctionCall>(node("current_timestamp")).bare);
  EXPECT_FALSE(std::get<FunctionCall>(node("current_timestamp()")).bare);
  EXPECT_EQ(std::get<PathAccess>(node("src:Name")).key, "Name");
  EXPECT_EQ(std::get<TypedLiteral>(node("date '2024-01-01'")).type, "DATE");
  EXPECT_EQ(std::get<IntervalLiteral>(node("interval '1' day")).unit, "DAY");
  EXPECT_EQ(std::get<Lambda>(node("(x, y) -> x + y")).parameters.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<OuterMark>(std::get<Binary>(node("a = b(+)")).right->node));
  EXPECT_EQ(std::get<RowValue>(node("(a, b)")).elements.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<ScalarSubquery>(node("((select 1) union (select 2))")));
}

TEST(ParseExpressionTest, Errors) {
  EXPECT_EQ(expression("count(*).customer_id"), "syntax error line 1 at position 8 unexpected '.'.");
  EXPECT_EQ(expression("a +"), "syntax error line 1 at position 3 unexpected '<EOF>'.");
  EXPECT_EQ(expression("a not like any ('x')"), "syntax error line 1 at position 11 unexpected 'any'.");
  EXPECT_EQ(expression("SYSTEM $PIPE_STATUS('p')"), "syntax error line 1 at position 7 unexpected '$PIPE_STATUS'.");
  EXPECT_EQ(expression("METADATA $ACTION = 'INSERT'"), "syntax error line 1 at position 9 unexpected '$ACTION'.");
}

TEST(ParseScriptTest, SyntaxErrorsSayWhere) {
  struct Case {
    std::string_view text, message;
  };
  for (const Case& c : std::to_array<Case>({
           {"select 1\nselect 2", "syntax error line 2 at position 0 unexpected 'select'."},
           {"SCD_DEMO.SCD2;", "syntax error line 1 at position 0 unexpected 'SCD_DEMO'."},
           {"select 1;\n  db.schema.t;", "syntax error line 2 at position 2 unexpected 'db'."},
           {"select count(*).customer_id from t", "syntax error line 1 at position 15 unexpected '.'."},
           {"```sql\nselect 1;\n```", "syntax error line 1 at position 0 unexpected '`'."},
           {"select SYSTEM $PIPE_STATUS('p')", "syntax error line 1 at position 14 unexpected '$PIPE_STATUS'."},
           {"select * from s where METADATA $ACTION = 'I'", "syntax error line 1 at position 31 unexpected '$ACTION'."},
           {"merge into t using s on t.a = s.a when matched then delete set a = 1",
            "syntax error line 1 at position 59 unexpected 'set'."},
           {"merge into t using s on t.a = s.a;\nwhen matched then delete",
            "syntax error line 1 at position 33 unexpected ';'."},
           {"select 'abc", "syntax error line 1 at position 7 unexpected '''."},
           {"select 1 /* open", "syntax error line 1 at position 9 unexpected '/*'."},
           {"select $$abc", "syntax error line 1 at position 7 unexpected '$$'."},
           {"select '\u00e9\u00e9' '", "syntax error line 1 at position 12 unexpected '''."},
           {"select", "syntax error line 1 at position 6 unexpected '<EOF>'."},
           {"insert first into t select 1", "syntax error line 1 at position 13 unexpected 'into'."},
       }))
    EXPECT_EQ(error_of(c.text), c.message) << c.text;
}

/// Habits of public scripts that are no mistakes.
TEST(ParseScriptTest, AcceptsWhatScriptsDo) {
  for (const std::string_view text : {
           "TRUNCATE customer_raw",
           "select count(*) from t limit 10",
           "select customer_id, count(*) as cnt from t group by customer_id having cnt = 1",
           "select * from s where METADATA$action = 'INSERT' and metadata$ISUPDATE = 'TRUE'",
           "merge into t c using s on c.id = s.id when matched and c.a <> s.a or c.b <> s.b then update set c.a = s.a, "
           "b = s.b "
           "when not matched then insert (c.id, c.a) values (s.id, s.a)",
           "select 1 -- no semicolon at the end",
           "select '[a@b.c](mailto:a@b.c)'",
           "select\r\n1;\r\n",
       })
    EXPECT_EQ(error_of(text), "no error") << text;
}

TEST(ParseScriptTest, MergeTakesAnOrChainAsItsCondition) {
  const auto parsed =
      parse_statement(std::string_view("merge into t using s on t.k = s.k when matched and a or b or c then delete"));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  const auto& merge = std::get<Merge>(parsed->node);
  ASSERT_EQ(merge.clauses.size(), 1U);
  EXPECT_EQ(merge.clauses[0].condition, *parse_expression("a or b or c"));
}

TEST(ParseScriptTest, CommentsAndEmptyStatements) {
  const auto script = parse_script(
      "--x\n//y\n///z\n------\nselect 1;--c\n;;/* a ; b */ select 's3://b//c' -- \u201cquote\u201d\n; select 2");
  ASSERT_TRUE(script.has_value()) << script.error().message;
  ASSERT_EQ(script->size(), 3U);
  EXPECT_EQ((*script)[0].source.text, "select 1");
  EXPECT_EQ((*script)[1].source.text, "select 's3://b//c'");
}

TEST(ParseScriptTest, BeginIsATransactionOrABlock) {
  struct Case {
    std::string_view text;
    bool block;
  };
  for (const Case& c : std::to_array<Case>({
           {"begin", false},
           {"begin;", false},
           {"BEGIN TRANSACTION", false},
           {"begin work", false},
           {"begin name x", false},
           {"start transaction", false},
           {"begin select 1; end", true},
           {"begin\n let x := 1; if (x = 1) then begin select case when 1=1 then 2 end; end; end if; end;", true},
           {"declare x int default case when true then 1 end; begin return x; end", true},
       })) {
    const auto script = parse_script(c.text);
    ASSERT_TRUE(script.has_value()) << c.text << ": " << script.error().message;
    ASSERT_EQ(script->size(), 1U) << c.text;
    EXPECT_EQ(std::holds_alternative<ScriptBlock>((*script)[0].node), c.block) << c.text;
    EXPECT_EQ(std::holds_alternative<BeginTransaction>((*script)[0].node), !c.block) << c.text;
  }
}

TEST(SplitStatementsTest, RespectsStringsCommentsAndBlocks) {
  struct Case {
    std::string_view text;
    std::vector<std::string> parts;
  };
  for (const Case& c : std::vector<Case>{
           {"", {}},
           {" ;; ", {}},
           {"a; 'b;''c' ; -- d;\n $$e;f$$", {"a", "'b;''c'", "$$e;f$$"}},
           {"begin; x; commit", {"begin", "x", "commit"}},
           {"begin x; y; end; z", {"begin x; y; end", "z"}},
           {"create task t as begin x; if (a) then y; end if; end; z",
            {"create task t as begin x; if (a) then y; end if; end", "z"}},
           {"create procedure p() returns int as declare a int; begin return case when 1 then 2 end; end; z",
            {"create procedure p() returns int as declare a int; begin return case when 1 then 2 end; end", "z"}},
           {"create view v as select a as begin; z", {"create view v as select a as begin", "z"}},
           {"bad ( ; select 'open", {"bad (", "select 'open"}},
       }) {
    std::vector<std::string> parts;
    for (const base::SourceSpan& span : split_statements(c.text))
      parts.emplace_back(c.text.substr(span.offset, span.length));
    EXPECT_EQ(parts, c.parts) << c.text;
  }
}

TEST(ParseScriptTest, RefusesDeepNestingInsteadOfOverflowing) {
  const auto repeated = [](std::string_view part, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += part;
    return text;
  };
  for (const std::string& text : {
           "select " + repeated("(", 20000) + "1" + repeated(")", 20000),
           "select " + repeated("- ", 20000) + "1",
           "select " + repeated("not ", 20000) + "a",
           "select 1" + repeated(" + 1", 20000),
           "select a" + repeated("::int", 20000),
           "select " + repeated("case when ", 20000),
           "select " + repeated("f(", 20000),
           "select 1::" + repeated("array(", 20000),
           repeated("(", 20000) + "select 1",
           "select * from " + repeated("(", 20000) + "t",
           "select 1" + repeated(" union all select 1", 20000),
           "select * from t" + repeated(" join t", 20000),
           repeated("with a as (", 20000),
       }) {
    EXPECT_NE(error_of(text).find("nested too deeply"), std::string::npos) << text.substr(0, 30) << error_of(text);
  }
  const std::string fits = "select " + repeated("(", 90) + "1" + repeated(")", 90);
  EXPECT_EQ(error_of(fits), "no error");
}

}  // namespace
}  // namespace sql

#include "proc/js_procedure.h"

#include <gtest/gtest.h>

#include "base/overloaded.h"
#include "proc/fake_session.h"
#include "proc/js_function.h"

namespace proc {
namespace {

using catalog::LogicalType;
using engine::Value;

catalog::ProcedureBody procedure(std::string body, LogicalType returns = LogicalType::text(),
                                 std::vector<catalog::Argument> arguments = {}) {
  catalog::ProcedureBody p;
  p.language = "JAVASCRIPT";
  p.body = std::move(body);
  p.returns = returns;
  p.arguments = std::move(arguments);
  return p;
}

std::string shown(const Value& value) {
  return std::visit(
      base::Overloaded{
          [](std::monostate) { return std::string("NULL"); },
          [](bool b) { return std::string(b ? "true" : "false"); },
          [](const engine::Decimal& d) { return base::to_string(d.digits) + "e-" + std::to_string(d.scale); },
          [](double d) { return fmt::format("{}", d); },
          [](const std::string& s) { return s; },
          [](const engine::Date& d) { return "date " + std::to_string(d.days); },
          [](const engine::Time& t) { return "time " + std::to_string(t.ns); },
          [](const engine::Timestamp& t) { return fmt::format("at {}.{:09}", t.seconds, t.nanos); },
          [](const engine::Binary& b) { return "bytes " + b.bytes; },
          [](const engine::Json& j) { return "json " + j.text; },
      },
      value);
}

std::string text_of(const base::Result<Value>& result) {
  return result ? shown(*result) : base::to_text(result.error());
}

/// Two rows of every kind of column.
base::Result<engine::StatementOutcome> rows(std::string_view text, std::span<const Value>) {
  if (text.find("BAD") != std::string_view::npos)
    return base::fail({base::ErrorKind::Syntax,
                       1003,
                       "42000",
                       "SQL compilation error:\nsyntax error line 1 at position 0 unexpected 'BAD'.",
                       {}});
  engine::StatementOutcome outcome;
  outcome.query_id = "query-1";
  if (text.starts_with("MERGE")) {
    outcome.counts = {.inserted = 2, .updated = 3, .deleted = 1, .multi_joined_updated = 4};
    outcome.result = std::make_shared<FakeResult>(
        std::vector<engine::ResultColumn>{{"number of rows inserted", LogicalType::number()},
                                          {"number of rows updated", LogicalType::number()}},
        std::vector<std::vector<Value>>{{engine::Decimal{2, 0}, engine::Decimal{3, 0}}});
    return outcome;
  }
  outcome.result = std::make_shared<FakeResult>(
      std::vector<engine::ResultColumn>{{"N", LogicalType::number(10, 2)},
                                        {"S", LogicalType::text()},
                                        {"B", LogicalType::boolean()},
                                        {"D", LogicalType::date()},
                                        {"T", LogicalType::timestamp_ntz()},
                                        {"V", LogicalType::variant()},
                                        {"X", LogicalType::binary()},
                                        {"H", LogicalType::time()},
                                        {"E", LogicalType::text(), false}},
      std::vector<std::vector<Value>>{
          {engine::Decimal{1250, 2}, std::string("one"), true, engine::Date{19'723},
           engine::Timestamp{1'704'067'200, 5'000'000, 0}, engine::Json{R"({"a":[1,2]})"}, engine::Binary{"AB"},
           engine::Time{3'723'000'000'000}, Value{}},
          {engine::Decimal{-5, 2}, std::string("two"), false, engine::Date{0}, engine::Timestamp{-1, 999'999'999, 0},
           engine::Json{"null"}, engine::Binary{""}, engine::Time{0}, std::string("e")}});
  return outcome;
}

TEST(JsProcedureTest, RunsTheTwoStatementsOfThePipeline) {
  FakeSession session(rows);
  const auto answer = call_javascript(
      "PDR_SCD_DEMO",
      procedure("\n  var cmd = `MERGE INTO customer c\n using customer_raw cr;`\n"
                "  var cmd1 = \"truncate table SCD_DEMO.SCD2.customer_raw;\"\n"
                "  var sql = snowflake.createStatement({sqlText: cmd});\n  var sql1 = "
                "snowflake.createStatement({sqlText: cmd1});\n"
                "  var result = sql.execute();\n  var result1 = sql1.execute();\n  return cmd+'\\n'+cmd1;\n"),
      {}, session);
  EXPECT_EQ(text_of(answer),
            "MERGE INTO customer c\n using customer_raw cr;\ntruncate table SCD_DEMO.SCD2.customer_raw;");
  EXPECT_EQ(session.statements, (std::vector<std::string>{"MERGE INTO customer c\n using customer_raw cr;",
                                                          "truncate table SCD_DEMO.SCD2.customer_raw;"}));
}

TEST(JsProcedureTest, ReadsResults) {
  struct Case {
    std::string_view expression, expected;
  };
  for (const Case& c : std::vector<Case>{
           {"rs.getColumnValue(1)", "12.5"},
           {"rs.getColumnValue('S')", "one"},
           {"rs.S + rs.N", "one12.5"},
           {"rs.getColumnValueAsString(1)", "12.50"},
           {"rs.getColumnValueAsString('D')", "2024-01-01"},
           {"rs.B === true", "true"},
           {"rs.D instanceof Date && rs.D.toISOString()", "2024-01-01T00:00:00.000Z"},
           {"rs.T.getEpochSeconds() + ' ' + rs.T.getNanoSeconds() + ' ' + rs.T.getScale()", "1704067200 5000000 9"},
           {"rs.T.toISOString()", "2024-01-01T00:00:00.005Z"},
           {"rs.V.a[1]", "2"},
           {"rs.X instanceof Uint8Array && rs.X[0]", "65"},
           {"rs.H", "01:02:03.000000000"},
           {"rs.E === null", "true"},
           {"rs.next() && rs.N", "-0.05"},
           {"rs.next() && rs.V === null", "true"},
           {"rs.next() && rs.next()", "false"},
           {"rs.getColumnCount() + ' ' + rs.getRowCount() + ' ' + rs.getQueryId()", "9 2 query-1"},
           {"st.getColumnName(2) + st.getColumnScale(1) + st.getColumnSqlType('D') + st.getSqlText()", "S2DATEselect"},
           {"[st.isColumnNullable(1), st.isColumnNullable(9)].join()", "true,false"},
           {"[st.isColumnText(2), st.isColumnNumber(1), st.isColumnBoolean(3), st.isColumnDate(4), "
            "st.isColumnTimestamp(5), "
            "st.isColumnVariant(6), st.isColumnBinary(7), st.isColumnTime(8), st.isColumnArray(1), "
            "st.isColumnObject(1)].join()",
            "true,true,true,true,true,true,true,true,false,false"},
       }) {
    FakeSession session(rows);
    EXPECT_EQ(
        text_of(call_javascript(
            "P",
            procedure(fmt::format("var st = snowflake.createStatement({{sqlText: 'select'}}); var rs = st.execute(); "
                                  "rs.next(); return {};",
                                  c.expression)),
            {}, session)),
        c.expected)
        << c.expression;
  }
}

TEST(JsProcedureTest, CountsRows) {
  FakeSession session(rows);
  EXPECT_EQ(text_of(call_javascript(
                "P",
                procedure("var st = snowflake.createStatement({sqlText: 'MERGE'}); var rs = st.execute(); rs.next();"
                          "return [st.getNumRowsAffected(), rs.getNumRowsAffected(), st.getNumRowsInserted(), "
                          "st.getNumRowsUpdated(),"
                          "st.getNumRowsDeleted(), st.getNumDuplicateRowsUpdated(), rs.getColumnValue(1), "
                          "rs.getColumnValue(2)].join();"),
                {}, session)),
            "6,6,2,3,1,4,2,3");
}

TEST(JsProcedureTest, BindsValues) {
  FakeSession session(rows);
  ASSERT_EQ(text_of(call_javascript(
                "P",
                procedure("var rs = snowflake.execute({sqlText: 'select'}); rs.next();"
                          "snowflake.execute({sqlText: 'select ?', binds: [1, 2.5, 'x', null, rs.T]}); return 'ok';"),
                {}, session)),
            "ok");
  ASSERT_EQ(session.bound.size(), 2U);
  EXPECT_EQ(session.bound[1], (std::vector<Value>{engine::Decimal{1, 0}, 2.5, std::string("x"), Value{},
                                                  engine::Timestamp{1'704'067'200, 5'000'000, 0}}));
}

TEST(JsProcedureTest, TellsErrorsToTheScript) {
  struct Case {
    std::string_view body, expected;
  };
  for (const Case& c : std::vector<Case>{
           {"try {\n\n\n          snowflake.execute ({sqlText: 'BAD'}); } catch (err) { return err.code + '|' + "
            "err.state + '|' + err.message + '|' + err.stackTraceTxt; }",
            "1003|42000|SQL compilation error:\nsyntax error line 1 at position 0 unexpected 'BAD'.|At "
            "Snowflake.execute, line 4 position 20"},
           {"try { snowflake.execute({sqlText: 'select 1; select 2'}); } catch (err) { return err.code + '|' + "
            "err.state + '|' + err.message; }",
            "6|0A000|Multiple SQL statements in a single API call are not supported; use one API call per statement "
            "instead."},
           {"try { snowflake.createStatement({sqlText: 'select'}).getNumRowsAffected(); } catch (err) { return "
            "err.message; }",
            "Statement is not executed yet."},
           {"try { snowflake.createStatement({sqlText: ''}); } catch (err) { return 'refused'; }", "refused"},
           {"try { snowflake.createStatement({}); } catch (err) { return 'refused'; }", "refused"},
           {"try { snowflake.createStatement({sqlText: 'x', binds: [true]}); } catch (err) { return 'refused'; }",
            "refused"},
           {"try { snowflake.createStatement({sqlText: 'x', binds: {name: 1}}); } catch (err) { return 'refused'; }",
            "refused"},
           {"var rs = snowflake.execute({sqlText: 'select'}); try { rs.getColumnValue(1); } catch (err) { return "
            "err.message; }",
            "ResultSet is empty or not prepared. Call next() first"},
           {"var rs = snowflake.execute({sqlText: 'select'}); rs.next(); try { rs.getColumnValue(10); } catch (err) { "
            "return err.message; }",
            "Given column name/index does not exist: 10"},
       }) {
    FakeSession session(rows);
    EXPECT_EQ(text_of(call_javascript("P", procedure(std::string(c.body)), {}, session)), c.expected) << c.body;
  }
}

TEST(JsProcedureTest, EndsTheCallWithUncaughtErrors) {
  struct Case {
    std::string_view body, expected;
  };
  for (const Case& c : std::vector<Case>{
           {"return x * 2;",
            "100132 (P0000): JavaScript execution error: Uncaught ReferenceError: x is not defined in P at 'return x * "
            "2;' position 7\n"
            "stackstrace: \nP line: 1"},
           {"\n snowflake.execute({sqlText: 'BAD'});",
            "100183 (P0000): Execution error in store procedure P:\nSQL compilation error:\nsyntax error line 1 at "
            "position 0 unexpected 'BAD'.\nAt Snowflake.execute, line 2 position 11"},
           {"try { snowflake.execute({sqlText: 'BAD'}); } catch (err) { throw err; }",
            "100183 (P0000): Execution error in store procedure P:\nSQL compilation error:\nsyntax error line 1 at "
            "position 0 unexpected 'BAD'.\n"
            "At Snowflake.execute, line 1 position 16"},
           {"throw 'no rows';", "100183 (P0000): Execution error in store procedure P:\nno rows\nAt P"},
       }) {
    FakeSession session(rows);
    EXPECT_EQ(text_of(call_javascript("P", procedure(std::string(c.body)), {}, session)), c.expected) << c.body;
  }
}

TEST(JsProcedureTest, ReportsBrokenBodiesAtTheCall) {
  FakeSession session(rows);
  const auto answer = call_javascript("P", procedure("\n  -- comment\n  var = 1;"), {}, session);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, base::ErrorKind::Syntax);
  EXPECT_NE(answer.error().message.find("SyntaxError"), std::string::npos) << answer.error().message;
  EXPECT_TRUE(session.statements.empty());
}

TEST(JsProcedureTest, TakesArguments) {
  const auto p = procedure(
      "return [ARG1 + 1, name, B ? 'yes' : 'no', V.k[0], M === undefined, W.toISOString(), "
      "arguments.callee.name].join('|');",
      LogicalType::text(),
      {{"ARG1", LogicalType::real(), {}},
       {"name", LogicalType::text(), {}},
       {"B", LogicalType::boolean(), {}},
       {"V", LogicalType::variant(), {}},
       {"M", LogicalType::text(), {}},
       {"W", LogicalType::timestamp_ntz(), {}}});
  FakeSession session;
  const std::vector<Value> arguments{1.5,     std::string("Ann"),        true, engine::Json{R"({"k":[7]})"},
                                     Value{}, engine::Timestamp{0, 0, 0}};
  EXPECT_EQ(text_of(call_javascript("P", p, arguments, session)), "2.5|Ann|yes|7|true|1970-01-01T00:00:00.000Z|P");
}

TEST(JsProcedureTest, CastsWhatIsReturned) {
  struct Case {
    std::string_view expression;
    LogicalType type;
    std::string_view expected;
  };
  for (const Case& c : std::vector<Case>{
           {"'a'", LogicalType::text(), "a"},
           {"12", LogicalType::text(), "12"},
           {"undefined", LogicalType::text(), "NULL"},
           {"null", LogicalType::text(), "NULL"},
           {"1.5", LogicalType::real(), "1.5"},
           {"'2.5'", LogicalType::real(), "2.5"},
           {"'abc'", LogicalType::real(), "100071 (22000): Failed to cast variant value abc to FLOAT"},
           {"1", LogicalType::boolean(), "true"},
           {"'FALSE'", LogicalType::boolean(), "false"},
           {"new Date(0)", LogicalType::timestamp_ntz(), "at 0.000000000"},
           {"new Date(86400000)", LogicalType::date(), "date 1"},
           {"'2024-01-02 03:04:05'", LogicalType::timestamp_ntz(), "at 1704164645.000000000"},
           {"({b: 1, a: [1, 'x', null, {z: 1, y: 2}]})", LogicalType::variant(),
            R"(json {"a":[1,"x",null,{"y":2,"z":1}],"b":1})"},
           {"null", LogicalType::variant(), "json null"},
           {"undefined", LogicalType::variant(), "NULL"},
           {"[1, 2]", LogicalType::array(), "json [1,2]"},
           {"({a: 1})", LogicalType::object(), R"(json {"a":1})"},
           {"new Uint8Array([65, 66])", LogicalType::binary(), "bytes AB"},
           {"'\u00e9\U0001F600'", LogicalType::text(), "\u00e9\U0001F600"},
       }) {
    FakeSession session;
    EXPECT_EQ(text_of(call_javascript("P", procedure(fmt::format("return {};", c.expression), c.type), {}, session)),
              c.expected)
        << c.expression;
  }
}

TEST(JsProcedureTest, RespectsNullRules) {
  FakeSession session;
  auto p = procedure("snowflake.execute({sqlText: 'x'}); return null;", LogicalType::text(),
                     {{"A", LogicalType::text(), {}}});
  p.not_null = true;
  EXPECT_EQ(text_of(call_javascript("P", p, std::vector<Value>{std::string("a")}, session)),
            "100072 (22000): NULL result in a non-nullable column");
  EXPECT_EQ(session.statements.size(), 1U);
  p.strict = true;
  EXPECT_EQ(text_of(call_javascript("P", p, std::vector<Value>{Value{}}, session)), "NULL");
  EXPECT_EQ(session.statements.size(), 1U);
}

TEST(JsProcedureTest, SpeaksSloppyModernJavaScriptInASandbox) {
  struct Case {
    std::string_view body, expected;
  };
  for (const Case& c : std::vector<Case>{
           {"total = 0; for (const x of [1, 2, 3]) total += x\nreturn total", "6"},
           {"const f = (a, ...r) => `${a}-${r.length}`; return f(...[1, 2, 3])", "1-2"},
           {"return 'a1b2'.replace(/[0-9]/g, '') + JSON.stringify({a: 1}) + [3, 1].sort().map(x => x * 2).join()",
            "ab{\"a\":1}2,6"},
           {"console.log('x'); snowflake.log('info', 'm'); snowflake.addEvent('e', {}); "
            "snowflake.setSpanAttribute('k', 1); return 'quiet'",
            "quiet"},
           {"return [typeof require, typeof setTimeout, typeof fetch, typeof process, typeof std, typeof os].join()",
            "undefined,undefined,undefined,undefined,undefined,undefined"},
           {"try { return eval('1') } catch (e) { return e.name }", "EvalError"},
           {"try { return new Function('return 1')() } catch (e) { return e.name }", "EvalError"},
           {"try { return (() => 1).constructor('return 1')() } catch (e) { return e.name }", "EvalError"},
           {"return (() => 1) instanceof Function", "true"},
       }) {
    FakeSession session;
    EXPECT_EQ(text_of(call_javascript("P", procedure(std::string(c.body)), {}, session)), c.expected) << c.body;
  }
}

TEST(JsProcedureTest, LimitsEndTheCallOnly) {
  struct Case {
    std::string_view body;
    int number;
    std::string_view part;
  };
  for (const Case& c : std::vector<Case>{
           {"for (;;) {}", 630, "timeout"},
           {"for (;;) { try { for (;;) {} } catch (e) {} }", 630, "timeout"},
           {"var a = []; for (;;) a.push(new Array(1000).fill(1));", 100'132, "memory"},
           {"var s = 'x'; for (;;) s += s;", 100'132, ""},
           {"function f() { return f() + 1 } return f();", 100'132, "stack"},
       }) {
    FakeSession session;
    const auto answer = call_javascript("P", procedure(std::string(c.body)), {}, session,
                                        {.memory_bytes = std::size_t{16} << 20,
                                         .stack_bytes = std::size_t{256} << 10,
                                         .time = std::chrono::milliseconds{1500}});
    ASSERT_FALSE(answer) << c.body;
    EXPECT_EQ(answer.error().number, c.number) << c.body << ": " << answer.error().message;
    EXPECT_NE(answer.error().message.find(c.part), std::string::npos) << answer.error().message;
  }
}

TEST(JsProcedureTest, CancelsWithoutACatch) {
  std::atomic<bool> cancelled{true};
  FakeSession session;
  const auto answer = call_javascript("P", procedure("try { for (;;) {} } catch (e) { return 'caught' }"), {}, session,
                                      {.cancelled = &cancelled});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, base::ErrorKind::Cancelled);
  FakeSession nested([](std::string_view, std::span<const Value>) -> base::Result<engine::StatementOutcome> {
    return base::fail({base::ErrorKind::Cancelled, 604, "57014", "SQL execution canceled", {}});
  });
  const auto inner = call_javascript(
      "P", procedure("try { snowflake.execute({sqlText: 'x'}) } catch (e) { return 'caught' } return 'went on'"), {},
      nested);
  ASSERT_FALSE(inner);
  EXPECT_EQ(inner.error().number, 604);
}

TEST(JsFunctionTest, AnswersRowByRow) {
  auto f =
      procedure("if (A === undefined) return -1; return A * 2;", LogicalType::real(), {{"A", LogicalType::real(), {}}});
  auto function = JsFunction::create("F", f);
  ASSERT_TRUE(function);
  EXPECT_EQ(text_of((*function)->call(std::vector<Value>{2.0})), "4");
  EXPECT_EQ(text_of((*function)->call(std::vector<Value>{Value{}})), "-1");
  f.body = "return typeof snowflake.execute + typeof snowflake.createStatement + typeof snowflake.log;";
  f.returns = LogicalType::text();
  function = JsFunction::create("F", f);
  EXPECT_EQ(text_of((*function)->call(std::vector<Value>{1.0})), "undefinedundefinedfunction");
}

}  // namespace
}  // namespace proc

#include "flow/el/expression.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "flow/el/attributes_in.h"
#include "flow/el/value.h"

namespace flow::el {
namespace {

/// As they were set when nifi_expressions.tsv was recorded.
const Attributes kAttributes = {{"filename", "orders.csv"},
                                {"a", "x"},
                                {"ten", "10"},
                                {"my attr", "spaced"},
                                {"name", "filename"},
                                {"half", "2.5"},
                                {"list", "one,\"two, too\",three"},
                                {"empty", " "},
                                {"flag", "True"},
                                {"when", "2024/01/31 10:20:30.456"},
                                {"neg", "-7"},
                                {"json", R"({"a":{"b":[1,2,3]},"s":"text","n":null,"d":8.5})"},
                                {"hex", "0x1F"},
                                {"dec", "1.5e3"},
                                {"el", "${a}-${ten}"},
                                {"words", "b,a,,b,"},
                                {"quote", "it's"},
                                {"xml", "<a href=\"x\">&'</a>"},
                                {"uni", "äöü€"},
                                {"nul", ""}};

std::optional<std::string> parameter(std::string_view name) {
  if (name == "bucket") return "landing";
  if (name == "with space") return "spacy";
  if (name == "with expression") return "${filename}";
  return std::nullopt;
}

class ExpressionTest : public testing::Test {
 protected:
  Context context(DateDialect dates = DateDialect::SimpleDateFormat) {
    return {.find = [](std::string_view name) -> std::optional<std::string> {
              return name == "java.io.tmpdir" ? std::optional<std::string>("/tmp") : std::nullopt;
            },
            .attributes = &kAttributes,
            .state = [](std::string_view key) -> std::optional<std::string> {
              return key == "count" ? std::optional<std::string>("41") : std::nullopt;
            },
            .now = base::Instant{1'704'067'200'000'000'000},
            .hostname = "node-1",
            .time_zone = "UTC",
            .dates = dates,
            .random = &random_,
            .counter = &counter_};
  }
  std::string evaluate(std::string_view text, const Context& context) {
    const auto expression = Expression::compile(text, parameter);
    if (!expression) return "compile: " + expression.error().message;
    auto value = expression->evaluate(context);
    return value ? *value : "error: " + value.error().message;
  }
  std::string evaluate(std::string_view text) { return evaluate(text, context()); }

  base::Random random_{1};
  std::atomic<std::uint64_t> counter_ = 0;
};

struct Case {
  std::string_view expression, expected;
};

std::string with_line_ends(std::string text) {
  for (const std::string_view escape : {"\\n", "\\u000a"})
    for (auto at = text.find(escape); escape == "\\u000a" && at != std::string::npos; at = text.find(escape))
      text.replace(at, escape.size(), "\n");
  return text;
}
std::string shown(const std::string& outcome) {
  if (outcome.starts_with("compile: ") || outcome.starts_with("error: ")) return "!";
  std::string out;
  for (const char c : outcome) out += c == '\n' ? "\\n" : std::string(1, c);
  return out;
}

TEST_F(ExpressionTest, GivesWhatNiFiGives) {
  std::ifstream file(FRESHET_SOURCE_DIR "/src/flow/el/nifi_expressions.tsv");
  int rows = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    const auto first = line.find('\t'), second = line.find('\t', first + 1);
    ASSERT_NE(first, std::string::npos) << line;
    const auto old_value = line.substr(first + 1, second == std::string::npos ? second : second - first - 1);
    const auto new_value = second == std::string::npos ? old_value : line.substr(second + 1);
    const auto expression = with_line_ends(line.substr(0, first));
    EXPECT_EQ(shown(evaluate(expression, context())), old_value)
        << expression << " in 1.28.1: " << evaluate(expression, context());
    const auto dates = context(DateDialect::DateTimeFormatter);
    if (!expression.starts_with("${nextInt"))
      EXPECT_EQ(shown(evaluate(expression, dates)), new_value)
          << expression << " in 2.6.0: " << evaluate(expression, dates);
    ++rows;
  }
  EXPECT_GT(rows, 1000);
}

TEST_F(ExpressionTest, EmbeddingEscapesAndParameters) {
  for (const Case& c : std::to_array<Case>({
           {"", ""},
           {"plain", "plain"},
           {"in/${filename}", "in/orders.csv"},
           {"cost $5", "cost $5"},
           {"${abc", "${abc"},
           {"${a:append('x}", "${a:append('x}"},
           {"${'my attr'}", "spaced"},
           {"${missing}", ""},
           {"${java.io.tmpdir}/x", "/tmp/x"},
           {"#{bucket}/${filename}", "landing/orders.csv"},
           {"#{with space}", "spacy"},
           {"#{'with space'}", "spacy"},
           {"##{bucket}", "#{bucket}"},
           {"###{bucket}", "#landing"},
           {"$${#{bucket}}", "${landing}"},
           {"${filename:append(#{bucket})}", "orders.csvlanding"},
           {"#{with expression}", "orders.csv"},
           {"${#{bucket}:append('/')}", "landing/"},
           {"${#{with space}:append(\"/\"):replaceAll('^/$', '')}${filename}", "spacy/orders.csv"},
           {"${#{with expression}:length()}", "11"},
           {"${filename:append('}')}", "orders.csv}"},
           {"${a:append(now():toNumber())}", "x1704067200000"},
           {"${filename # a comment\n}", "orders.csv"},
           {"${filename # a comment}",
            "compile: a comment without a line end after it in the expression 'filename # a comment'"},
       }))
    EXPECT_EQ(evaluate(c.expression), c.expected) << c.expression;
}

TEST_F(ExpressionTest, WhatOnlyLaterReleasesHave) {
  for (const Case& c : std::to_array<Case>({
           {"${words:unique(',')}", "b,a,"},
           {"${missing:unique(',')}", ""},
           {"${words:unique('')}", "b,a,,b,"},
           {"${words:compactDelimitedList(',')}", "b,a,b"},
           {"${literal(',,a,,b,'):trimDelimitedList(',')}", "a,,b"},
           {"${literal(',,'):trimDelimitedList(',')}", ""},
           {"${filename:replaceByPattern('[a-z]+:word,orders.*:table')}", "table"},
           {"${filename:replaceByPattern('nope:x')}", "orders.csv"},
           {"${literal(1706696430456):toDate():plusDuration('1 month'):format('yyyy-MM-dd')}", "2024-02-29"},
           {"${literal(1706696430456):toDate():plusDuration('2 Weeks'):format('yyyy-MM-dd')}", "2024-02-14"},
           {"${literal(1706696430456):toDate():minusDuration('1 year'):format('yyyy-MM-dd HH:mm')}",
            "2023-01-31 10:20"},
           {"${literal(1706696430456):toDate():plusDuration('90 seconds'):format('HH:mm:ss')}", "10:22:00"},
           // Clocks are changed in this night: a day is 23 hours.
           {"${literal(1711796400000):toDate():plusDuration('1 day', 'Europe/Paris'):toNumber():minus(1711796400000)}",
            "82800000"},
           {"${literal(0):toDate():plusDuration('1 fortnight')}",
            "error: not a duration such as '2 weeks': '1 fortnight'"},
           {"${literal(0):toDate():plusDuration('1day')}", "error: not a duration such as '2 weeks': '1day'"},
           {"${literal(0):toInstant():plusInstantDuration('5 nanoseconds'):toNanos()}", "5"},
           {"${literal(0):toInstant():minusInstantDuration('1 nanosecond'):toNanos()}", "-1"},
           {"${literal('2024-02-29'):isValidDate('yyyy-MM-dd')}", "true"},
           {"${literal('2023-02-29'):isValidDate('yyyy-MM-dd')}", "false"},
           {"${literal('29 Feb'):isValidDate('d MMM')}", "true"},
           {"${literal('2024-03-31 02:30'):isValidDate('yyyy-MM-dd HH:mm', 'Europe/Paris')}", "false"},
           {"${literal('x'):isValidDate('yyyy')}", "false"},
           {"${missing:isValidDate('yyyy')}", "false"},
           {"${literal('2024-01-05T10:00:00Z'):isValidInstant()}", "true"},
           {"${literal('2024-01-05'):isValidInstant()}", "false"},
       }))
    EXPECT_EQ(evaluate(c.expression), c.expected) << c.expression;
}

TEST_F(ExpressionTest, LooksNamesUpInOrder) {
  auto narrow = context();
  narrow.first = [](std::string_view name) -> std::optional<std::string> {
    if (name == "field.value") return "v";
    if (name == "fileSize") return "3";
    return std::nullopt;
  };
  static constexpr std::string_view kNames[] = {"fileSize"};
  narrow.first_names = kNames;
  EXPECT_EQ(evaluate("${field.value:toUpper()}", narrow), "V");
  EXPECT_EQ(evaluate("${allMatchingAttributes('file(name|Size)'):join(' ')}", narrow), "3 orders.csv");
  EXPECT_EQ(evaluate("${getStateValue('count'):plus(1)}", narrow), "42");
  narrow.state = {};
  EXPECT_EQ(evaluate("${getStateValue('count'):isNull()}", narrow), "true");
  EXPECT_EQ(evaluate("${hostname()} ${hostname(false)}", narrow), "node-1 node-1");
}

TEST_F(ExpressionTest, CopiesNothingThatIsThereAlready) {
  const auto literal = Expression::compile("a literal that is longer than what fits into a string itself").value();
  const auto attribute = Expression::compile("${json}").value();
  std::string buffer;
  const auto here = context();
  const auto first = literal.view(here, buffer).value();
  EXPECT_EQ(literal.view(here, buffer).value().data(), first.data());
  EXPECT_EQ(attribute.view(here, buffer).value().data(), kAttributes.at("json").data());
  EXPECT_EQ(buffer.capacity(), std::string().capacity());
  EXPECT_TRUE(Expression::compile("${random()}").value().uses_chance());
  EXPECT_TRUE(Expression::compile("${a:append(${UUID()})}").value().uses_chance());
  EXPECT_FALSE(attribute.uses_chance());
}

TEST_F(ExpressionTest, LongTextsArePaddedStepByStep) {
  EXPECT_EQ(evaluate("${a:padRight(5000000, 'ab'):length()}"), "5000000");
  EXPECT_EQ(evaluate("${a:padLeft(6, 'äb')}"), "äbäbäx");
  // A filling without a character, which is no UTF-8.
  EXPECT_EQ(evaluate("${a:padRight(5, '\x80\x80')}"), "x\x80\x80\x80\x80");
}

TEST_F(ExpressionTest, MistakesAreNamed) {
  for (const Case& c : std::to_array<Case>({
           {"${a:nope('$.x')}", "compile: expression function 'nope' is not supported, in 'a:nope('$.x')'"},
           {"${a:append()}", "compile: expression function 'append' has a wrong number of arguments, in 'a:append()'"},
           {"${toUpper()}", "compile: expression function 'toUpper' needs something before it, in 'toUpper()'"},
           {"${a:now()}", "compile: expression function 'now' stands alone, in 'a:now()'"},
           {"${ten:toNumber():not()}",
            "compile: expression function 'not' cannot take a whole number for true or false, in "
            "'ten:toNumber():not()'"},
           {"${a:matches('(')}",
            "compile: not a regular expression: missing closing parenthesis at character 2 of '(', in "
            "'a:matches('(')'"},
           {"${a:jsonPath('$[')}",
            "compile: not a JSONPath: unexpected end at character 3 of '$[', in 'a:jsonPath('$[')'"},
           {"${now():format('o')}",
            "compile: date pattern with the letter 'o', which means nothing: o, in 'now():format('o')'"},
           {"${a:jsonPath('$.x')}", "error: not valid JSON at byte 1: syntax error"},
           {"${allAttributes('a', 'ten'):toUpper()}",
            "compile: several attributes give several values: end with a function that is true or false, join() or "
            "count(), in 'allAttributes('a', 'ten'):toUpper()'"},
           {"#{unknown}", "compile: parameter 'unknown' is not defined; set it in the parameter context of the group"},
       }))
    EXPECT_EQ(evaluate(c.expression), c.expected) << c.expression;
}

TEST(AttributesInTest, AreThoseWhoseNamesAreWrittenOut) {
  struct Names {
    std::string_view text;
    std::set<std::string> expected;
  };
  for (const auto& c : std::vector<Names>{
           {"", {}},
           {"filename", {}},
           {"${filename}", {"filename"}},
           {"$${filename}", {}},
           {"${a:append(${b}):replace('x', ${\"c d\"})}-${e}", {"a", "b", "c d", "e"}},
           {"${anyAttribute('a', 'b'):equals(${c})}", {"a", "b", "c"}},
           {"${anyMatchingAttribute('a.*'):isEmpty()}", {}},
           {"${${a}}", {"a"}},
           {"${literal('${a}'):append('b')}", {"a"}},
           {"#{p} ${a:equals(#{p})}", {"a"}},
           {"${now()}", {}},
           {"${a", {}},
           {"${a:nope()}", {}},
       })
    EXPECT_EQ(attributes_in(c.text), c.expected) << c.text;
}

}  // namespace
}  // namespace flow::el

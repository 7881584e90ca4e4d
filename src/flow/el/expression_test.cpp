#include "flow/el/expression.h"

#include <gtest/gtest.h>

#include <map>

namespace flow::el {
namespace {

std::string evaluate(std::string_view text) {
  static const std::map<std::string, std::string, std::less<>> kAttributes = {{"filename", "orders.csv"},
                                                                              {"a", "x"},
                                                                              {"ten", "10"},
                                                                              {"my attr", "spaced"},
                                                                              {"name", "filename"},
                                                                              {"half", "2.5"},
                                                                              {"list", "one,\"two, too\",three"},
                                                                              {"empty", " "},
                                                                              {"flag", "True"},
                                                                              {"when", "2024/01/31 10:20:30.456"}};
  std::atomic<std::uint64_t> counter = 0;
  const Context context{.find = [](std::string_view name) -> std::optional<std::string> {
                          const auto found = kAttributes.find(name);
                          if (found == kAttributes.end()) return std::nullopt;
                          return found->second;
                        },
                        .now = base::Instant{1'704'067'200'000'000'000},
                        .hostname = "node-1",
                        .time_zone = "UTC",
                        .counter = &counter};
  const auto parameters = [](std::string_view name) -> std::optional<std::string> {
    if (name == "bucket") return "landing";
    if (name == "with expression") return "${filename}";
    return std::nullopt;
  };
  auto expression = Expression::compile(text, parameters);
  if (!expression) return "compile: " + expression.error().message;
  auto value = expression->evaluate(context);
  return value ? *value : "error: " + value.error().message;
}

struct Case {
  std::string_view expression, expected;
};

TEST(ExpressionTest, EmbeddingAndEscapes) {
  for (const Case& c : std::to_array<Case>({
           {"plain", "plain"},
           {"in/${filename}", "in/orders.csv"},
           {"$${a}", "${a}"},
           {"$$${a}", "$x"},
           {"cost $5", "cost $5"},
           {"${abc", "${abc"},
           {"${'my attr'}", "spaced"},
           {"${${name}}", "orders.csv"},
           {"${ filename : toUpper() }", "ORDERS.CSV"},
           {"${missing}", ""},
           {"#{bucket}/${filename}", "landing/orders.csv"},
           {"##{bucket}", "#{bucket}"},
           {"###{bucket}", "#landing"},
           {"${filename:append(#{bucket})}", "orders.csvlanding"},
           {"#{with expression}", "orders.csv"},
           {"${#{bucket}:append('/')}", "landing/"},
           {"${filename:append('}')}", "orders.csv}"},
           {"${now():format(\"yyyy-MM-dd'T'HH:mm:ss\")}", "2024-01-01T00:00:00"},
           {"${a:append(now():toNumber())}", "x1704067200000"},
       }))
    EXPECT_EQ(evaluate(c.expression), c.expected) << c.expression;
}

TEST(ExpressionTest, Text) {
  for (const Case& c : std::to_array<Case>({
           {"${filename:toUpper()}", "ORDERS.CSV"},
           {"${filename:substringBefore('.')}", "orders"},
           {"${filename:substringAfterLast('.')}", "csv"},
           {"${filename:substringBefore('#')}", "orders.csv"},
           {"${filename:substring(0, 3)}", "ord"},
           {"${a:substring(5)}", ""},
           {"${missing:replaceNull('none')}", "none"},
           {"${empty:replaceEmpty('none')}", "none"},
           {"${filename:replace('.', '_')}", "orders_csv"},
           {"${filename:replaceAll('[aeiou]', '*')}", "*rd*rs.csv"},
           {"${filename:replaceAll('(\\w+)\\.(\\w+)', '$2.$1')}", "csv.orders"},
           {"${filename:replaceFirst('r', 'R')}", "oRders.csv"},
           {"${ten:padLeft(5, '0')}", "00010"},
           {"${ten:padRight(4)}", "10__"},
           {"${a:repeat(3)}", "xxx"},
           {"${filename:indexOf('d')}", "2"},
           {"${filename:lastIndexOf('z')}", "-1"},
           {"${filename:length()}", "10"},
           {"${list:getDelimitedField(2)}", "\"two, too\""},
           {"${list:getDelimitedField(9)}", ""},
           {"${hostname()}", "node-1"},
           {"${literal('a b'):urlEncode()}", "a+b"},
           {"${a:base64Encode()}", "eA=="},
           {"${a:hash('MD5')}", "9dd4e461268c8034f5c8564e155c67a6"},
           {"${literal('a\"b'):escapeJson()}", "a\\\"b"},
           {"${literal('<&'):escapeXml()}", "&lt;&amp;"},
       }))
    EXPECT_EQ(evaluate(c.expression), c.expected) << c.expression;
}

TEST(ExpressionTest, NumbersAndTruth) {
  for (const Case& c : std::to_array<Case>({
           {"${ten:plus(5)}", "15"},
           {"${ten:divide(3)}", "3"},
           {"${half:multiply(2)}", "5.0"},
           {"${ten:mod(3)}", "1"},
           {"${a:toNumber():plus(1)}", ""},
           {"${ten:divide(0)}", "error: division by zero"},
           {"${half:toNumber()}", "2"},
           {"${literal('0x1F'):toNumber()}", "31"},
           {"${ten:toRadix(2)}", "1010"},
           {"${literal('ff'):fromRadix(16)}", "255"},
           {"${half:math('ceil')}", "3.0"},
           {"${ten:math('max', 12)}", "12"},
           {"${nextInt()}${nextInt()}", "01"},
           {"${ten:gt(9)}", "true"},
           {"${a:gt(9)}", "false"},
           {"${missing:isNull()}", "true"},
           {"${missing:isEmpty()}", "true"},
           {"${empty:isEmpty()}", "true"},
           {"${'a b':isNull()}", "true"},
           {"${missing:equals('x')}", "false"},
           {"${flag:and(${a:equals('x')})}", "true"},
           {"${a:equals('y'):not()}", "true"},
           {"${a:equals('x'):ifElse('yes', 'no')}", "yes"},
           {"${a:in('y', 'x')}", "true"},
           {"${filename:matches('^(?!checkpoint\\.csv$).*')}", "true"},
           {"${filename:matches('orders')}", "false"},
           {"${filename:find('orders')}", "true"},
           {"${allAttributes('missing', 'gone'):isNull()}", "true"},
           {"${anyAttribute('missing', 'a'):equals('x')}", "true"},
           {"${allAttributes('ten', 'a'):join('-')}", "10-x"},
           {"${anyDelineatedValue('a,b', ','):equals('b')}", "true"},
       }))
    EXPECT_EQ(evaluate(c.expression), c.expected) << c.expression;
}

TEST(ExpressionTest, Dates) {
  for (const Case& c : std::to_array<Case>({
           {"${when:toDate('yyyy/MM/dd HH:mm:ss.SSS'):toNumber()}", "1706696430456"},
           {"${when:toDate():format('dd MMM yy')}", "31 Jan 24"},
           {"${when:toDate():format('HH:mm', 'GMT+2')}", "12:20"},
           {"${when:toDate():format('yyyy-MM-dd HH:mm Z', 'Europe/Paris')}", "2024-01-31 11:20 +0100"},
           {"${now():plusDuration('1 day'):format('EEE d')}", "Tue 2"},
           {"${literal(0):toDate():format('yyyy-MM-dd')}", "1970-01-01"},
           {"${now()}", "Mon Jan 01 00:00:00 UTC 2024"},
       }))
    EXPECT_EQ(evaluate(c.expression), c.expected) << c.expression;
}

TEST(ExpressionTest, MistakesAreNamed) {
  for (const Case& c : std::to_array<Case>({
           {"${a:jsonPath('$.x')}", "compile: expression function 'jsonPath' is not supported, in 'a:jsonPath('$.x')'"},
           {"${a:append()}", "compile: expression function 'append' has a wrong number of arguments, in 'a:append()'"},
           {"#{unknown}", "compile: parameter 'unknown' is not defined; set it in the parameter context of the group"},
       }))
    EXPECT_EQ(evaluate(c.expression), c.expected) << c.expression;
}

}  // namespace
}  // namespace flow::el

#include "flow/json_path.h"

#include <gtest/gtest.h>

#include <limits>

#include "flow/json_text.h"

namespace flow {
namespace {

namespace json = boost::json;

/// The document of the dialect's own documentation.
constexpr std::string_view kStore = R"({
  "store": {
    "book": [
      {"category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century", "price": 8.95},
      {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour", "price": 12.99},
      {"category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553-21311-3", "price": 8.99},
      {"category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord of the Rings", "isbn": "0-395-19395-8",
       "price": 22.99}],
    "bicycle": {"color": "red", "price": 19.95}},
  "expensive": 10})";

constexpr std::string_view kThings = R"({
  "n": [1, 2, 3, 4, 5], "empty": [], "text": "abc", "nothing": null, "truth": true, "whole": 7, "big": 1e10,
  "a b": {"c.d": 1}, "it's": 2, "nested": [[1, 2], [3]], "deep": {"x": {"x": {"y": 1}}},
  "rows": [{"k": 1, "s": ["S", "M"], "e": ""}, {"k": "1", "s": ["L"], "e": "x"}, {"k": 2, "s": [], "t": null}]})";

std::string read(std::string_view document, std::string_view text) {
  const auto path = JsonPath::compile(text);
  if (!path) return "compile: " + path.error().message;
  const auto value = parse_json(document);
  if (!value) return "document: " + value.error().message;
  const auto found = path->read(*value);
  if (found) return json_text(*found);
  return (found.error().kind == base::ErrorKind::NotFound ? "none: " : "error: ") + found.error().message;
}

struct Case {
  std::string_view path, expected;
};

TEST(JsonPathTest, TheExamplesOfTheDialect) {
  for (const Case& c : std::to_array<Case>({
           {"$.store.book[*].author", R"(["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"])"},
           {"$..author", R"(["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"])"},
           {"$.store..price", "[8.95,12.99,8.99,22.99,19.95]"},
           {"$..book[2].title", R"(["Moby Dick"])"},
           {"$..book[-2].title", R"(["Moby Dick"])"},
           {"$..book[0,1].title", R"(["Sayings of the Century","Sword of Honour"])"},
           {"$..book[:2].price", "[8.95,12.99]"},
           {"$..book[1:2].price", "[12.99]"},
           {"$..book[-2:].price", "[8.99,22.99]"},
           {"$..book[2:].price", "[8.99,22.99]"},
           {"$..book[?(@.isbn)].title", R"(["Moby Dick","The Lord of the Rings"])"},
           {"$.store.book[?(@.price < 10)].price", "[8.95,8.99]"},
           {"$..book[?(@.price <= $['expensive'])].price", "[8.95,8.99]"},
           {"$..book[?(@.author =~ /.*REES/i)].price", "[8.95]"},
           {"$..book.length()", "4"},
           {"$.store.bicycle", R"({"color":"red","price":19.95})"},
           {"$.store.book[?(@.price < 10 && @.category == 'fiction')].price", "[8.99]"},
           {"$.store.book[?(@.category == 'reference' || @.price > 20)].price", "[8.95,22.99]"},
           {"$.store.book[?(!(@.price < 10 && @.category == 'fiction'))].price", "[8.95,12.99,22.99]"},
           {"$..price.max()", "22.99"},
           {"$.store.book.length()", "4"},
           {"$.store.book[*]['author','price']",
            R"([{"author":"Nigel Rees","price":8.95},{"author":"Evelyn Waugh","price":12.99},)"
            R"({"author":"Herman Melville","price":8.99},{"author":"J. R. R. Tolkien","price":22.99}])"},
       }))
    EXPECT_EQ(read(kStore, c.path), c.expected) << c.path;
}

TEST(JsonPathTest, Steps) {
  for (const Case& c : std::to_array<Case>({
           {"$.whole", "7"},
           {"whole", "7"},
           {"$['whole']", "7"},
           {"$[\"a b\"]['c.d']", "1"},
           {"$['it\\'s']", "2"},
           {"$['t\\u0065xt']", "\"abc\""},
           {" $.whole ", "7"},
           {"$.nothing", "null"},
           {"$.big", "1.0E10"},
           {"$.n[0]", "1"},
           {"$.n[-1]", "5"},
           {"$.n[ 1 , 3 ]", "[2,4]"},
           {"$.n[1:3]", "[2,3]"},
           {"$.n[-3:-1]", "[3,4]"},
           {"$.n[:-3]", "[1,2]"},
           {"$.n[-9:]", "[1,2,3,4,5]"},
           {"$.n[3:99]", "[4,5]"},
           {"$.n[9:]", "[]"},
           {"$.nested[*][0]", "[1,3]"},
           {"$.nested[1]", "[3]"},
           {"$['text','whole','gone']", R"({"text":"abc","whole":7})"},
           {"$.deep.*.x.y", "[1]"},
           {"$.deep..x", R"([{"x":{"y":1}},{"y":1}])"},
           {"$..y", "[1]"},
           {"$..gone", "[]"},
           {"$.nested..[0]", "[[1,2],1,3]"},
           {"$.nested..*", "[[1,2],[3],1,2,3]"},
           {"$.rows[*].t", "[null]"},
           {"$.gone", "none: there is no 'gone'"},
           {"$.gone.x", "none: there is no 'gone'"},
           {"$.gone[*].x", "none: there is no 'gone'"},
           {"$.text.x", "none: 'x' of something that is no object"},
           {"$.text[0]", "none: an index into something that is no array"},
           {"$.n[7]", "none: there is nothing at the end of the path"},
           {"$.n[7].x", "none: there is nothing at the end of the path"},
           {"$.text[?(@.a)]", "error: a filter on something that is no array or object"},
       }))
    EXPECT_EQ(read(kThings, c.path), c.expected) << c.path;
}

TEST(JsonPathTest, Filters) {
  for (const Case& c : std::to_array<Case>({
           {"$.n[?(@ > 3)]", "[4,5]"},
           {"$.n[?(3 < @)]", "[4,5]"},
           {"$.n[?(@>=2&&@<=3)]", "[2,3]"},
           {"$.n[?(@ in [1, 5])]", "[1,5]"},
           {"$.n[?(@ nin [1, 5])]", "[2,3,4]"},
           {"$.rows[?(@.k == 1)].k", "[1,\"1\"]"},  // the dialect compares a text with a number
           {"$.rows[?(@.k === 1)].k", "[1]"},
           {"$.rows[?(@.k != 1)].k", "[2]"},
           {"$.rows[?('S' in @.s)].k", "[1]"},
           {"$.rows[?(@.s contains 'M')].k", "[1]"},
           {"$.rows[?(@.s subsetof ['S','M','L'])].k", "[1,\"1\",2]"},
           {"$.rows[?(@.s anyof ['L'])].k", "[\"1\"]"},
           {"$.rows[?(@.s noneof ['S'])].k", "[\"1\",2]"},
           {"$.rows[?(@.s size 2)].k", "[1]"},
           {"$.rows[?(@.s empty true)].k", "[2]"},
           {"$.rows[?(@.e empty false)].k", "[\"1\"]"},
           {"$.rows[?(@.e EMPTY true)].k", "[1]"},
           {"$.rows[?(@.t)].k", "[2]"},  // null is there
           {"$.rows[?(!@.t)].k", "[1,\"1\"]"},
           {"$.rows[?(@.t == null)].k", "[2]"},
           {"$.rows[?(@.gone == null)].k", "[]"},
           {"$.rows[?(@.gone != null)].k", "[1,\"1\",2]"},
           {"$.rows[?(@.s.length() == 1)].k", "[\"1\"]"},
           {"$.rows[?(@['k'] == $.whole)].k", "[]"},
           {"$.rows[?(@.e =~ /X/)].k", "[]"},
           {"$.rows[?(@.e =~ /X/i)].k", "[\"1\"]"},
           {"$.rows[?(@.s =~ /[A-L]/)].k", "[\"1\"]"},
           {"$.deep[?(@.y == 1)]", "[]"},
           {"$.deep..[?(@.y == 1)]", R"([{"y":1}])"},
           {"$.deep.x[?(@.x.y == 1)].x.y", "[1]"},
           {"$.n[?(@ == 1 || @ == 2 && @ == 3)]", "[1]"},
           {"$.n[?((@ == 1 || @ == 2) && @ != 1)]", "[2]"},
           {"$.n[?(@ < 'x')]", "[]"},
       }))
    EXPECT_EQ(read(kThings, c.path), c.expected) << c.path;
}

TEST(JsonPathTest, Functions) {
  for (const Case& c : std::to_array<Case>({
           {"$.n.sum()", "15.0"},
           {"$.n.avg()", "3.0"},
           {"$.n.min()", "1.0"},
           {"$.n.max()", "5.0"},
           {"$.n.stddev()", "1.4142135623730951"},
           {"$.n.length()", "5"},
           {"$.n.size()", "5"},
           {"$.deep.length()", "1"},
           {"$.text.length()", "null"},
           {"$.deep.x.keys()", "[\"x\"]"},
           {"$.n.first()", "1"},
           {"$.n.last()", "5"},
           {"$.n.index(-2)", "4"},
           {"$.n.append(6)", "[1,2,3,4,5,6]"},
           {"$.rows[0].s.concat(\"-\", $.text)", "\"SM-abc\""},
           {"$.sum($.n[0], $.whole)", "8.0"},
           {"$.rows[*].s.length()", "[2,1,0]"},
           {"$.empty.max()", "error: a function over numbers that found none"},
       }))
    EXPECT_EQ(read(kThings, c.path), c.expected) << c.path;
}

TEST(JsonPathTest, Definite) {
  struct Definite {
    std::string_view path;
    bool expected;
  };
  for (const auto& c : std::to_array<Definite>({{"$", true},
                                                {"$.a['b'][0][-1]", true},
                                                {"$['a','b']", true},
                                                {"$.a.length()", true},
                                                {"$..a.length()", true},
                                                {"$['a','b'].c", false},
                                                {"$.a[0,1]", false},
                                                {"$.a[0:1]", false},
                                                {"$.a[*]", false},
                                                {"$.*", false},
                                                {"$..a", false},
                                                {"$.a[?(@.b)]", false}})) {
    const auto path = JsonPath::compile(c.path);
    ASSERT_TRUE(path) << c.path << ": " << path.error().message;
    EXPECT_EQ(path->is_definite(), c.expected) << c.path;
  }
}

TEST(JsonPathTest, MistakesAreNamed) {
  for (const Case& c : std::to_array<Case>({
           {"", "compile: not a JSONPath: unexpected end at character 1 of ''"},
           {"$.", "compile: not a JSONPath: a path must not end with '.' at character 3 of '$.'"},
           {"$..", "compile: not a JSONPath: a path must not end with '.' at character 4 of '$..'"},
           {"$a", "compile: not a JSONPath: unexpected 'a' at character 2 of '$a'"},
           {"$.a b", "compile: not a JSONPath: unexpected 'b' at character 5 of '$.a b'"},
           {"$[a]", "compile: not a JSONPath: unexpected 'a' at character 3 of '$[a]'"},
           {"$['a]", "compile: not a JSONPath: open quote at character 3 of '$['a]'"},
           {"$[:]", "compile: not a JSONPath: unexpected ']' at character 4 of '$[:]'"},
           {"$[?]", "compile: not a JSONPath: unexpected ']' at character 4 of '$[?]'"},
           {"$[?(@.a ==)]", "compile: not a JSONPath: unexpected ')' at character 11 of '$[?(@.a ==)]'"},
           {"$[?(@.a == b)]", "compile: not a JSONPath: 'b' is no value at character 13 of '$[?(@.a == b)]'"},
           {"$.a.nope()", "compile: not a JSONPath: there is no function 'nope' at character 9 of '$.a.nope()'"},
       }))
    EXPECT_EQ(read("{}", c.path), c.expected) << c.path;
}

TEST(JsonPathTest, Changes) {
  enum class Change { Set, Add, Put, Remove };
  struct Changing {
    Change change;
    std::string_view document, path, expected;
  };
  for (const auto& c : std::to_array<Changing>({
           {Change::Set, R"({"a":1,"b":2})", "$.a", R"({"a":9,"b":2})"},
           {Change::Set, R"({"a":[1,2,3]})", "$.a[1:]", R"({"a":[1,9,9]})"},
           {Change::Set, R"({"a":{"a":1}})", "$..a", R"({"a":9})"},
           {Change::Set, R"({"a":1,"b":2,"c":3})", "$['a','c']", R"({"a":9,"b":2,"c":9})"},
           {Change::Set, R"({"a":1})", "$.b", "none"},
           {Change::Set, R"({"a":1})", "$", "error"},
           {Change::Add, R"({"a":[1]})", "$.a", R"({"a":[1,9]})"},
           {Change::Add, "[]", "$", "[9]"},
           {Change::Add, R"({"a":null})", "$.a", R"({"a":null})"},
           {Change::Add, R"({"a":1})", "$.a", "error"},
           {Change::Put, R"({"a":{"x":1}})", "$.a", R"({"a":{"x":1,"k":9}})"},
           {Change::Put, R"({"k":1})", "$", R"({"k":9})"},
           {Change::Put, R"({"a":[]})", "$.a", "error"},
           {Change::Remove, R"({"a":1,"b":2,"c":3})", "$.a", R"({"b":2,"c":3})"},
           {Change::Remove, R"({"a":[1,2,3,4]})", "$.a[0,2]", R"({"a":[2,4]})"},
           {Change::Remove, R"({"a":{"a":1},"b":{"a":1,"c":2}})", "$..a", R"({"b":{"c":2}})"},
           {Change::Remove, R"({"a":[{"k":1},{"k":2}]})", "$.a[?(@.k == 1)]", R"({"a":[{"k":2}]})"},
           {Change::Remove, R"({"a":1})", "$", "error"},
           {Change::Remove, R"({"a":1})", "$.b", "none"},
       })) {
    const auto path = JsonPath::compile(c.path);
    auto document = parse_json(c.document);
    ASSERT_TRUE(path && document) << c.path;
    const json::value nine(9);
    const auto status = c.change == Change::Set   ? path->set(*document, nine)
                        : c.change == Change::Add ? path->add(*document, nine)
                        : c.change == Change::Put ? path->put(*document, "k", nine)
                                                  : path->remove(*document);
    const auto outcome = status ? json_text(*document)
                                : std::string(status.error().kind == base::ErrorKind::NotFound ? "none" : "error");
    EXPECT_EQ(outcome, c.expected) << c.path << " in " << c.document;
  }
}

TEST(JsonTextTest, WritesWhatItReads) {
  for (const std::string_view text : {"8.95", "[0.1,1.0E-5,12345678901234567,18446744073709551615,-1]",
                                      R"({"b":1,"a":"ä\n\"/\u0001"})", "[]", "{}", "null", "1.7976931348623157E308"}) {
    const auto value = parse_json(text);
    ASSERT_TRUE(value) << text << ": " << value.error().message;
    EXPECT_EQ(json_text(*value), text);
  }
  EXPECT_EQ(json_text(json::value(std::numeric_limits<double>::infinity())), "\"Infinity\"");
  // In pieces, numbers cut through the middle.
  JsonParser parser;
  for (const std::string_view piece : {"[8.", "9", "5, 1", "2]", " \n"}) ASSERT_TRUE(parser.write(piece)) << piece;
  EXPECT_EQ(json_text(parser.finish().value()), "[8.95,12]");
  for (const std::string_view broken : {"", "[1", "{\"a\"}", "1 2", "[1]x"}) EXPECT_FALSE(parse_json(broken)) << broken;
}

}  // namespace
}  // namespace flow

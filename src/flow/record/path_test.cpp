#include "flow/record/path.h"

#include <gtest/gtest.h>

#include <array>

#include "flow/record/inference.h"
#include "flow/record/json_reader.h"
#include "flow/record/json_text.h"

namespace flow::record {
namespace {

constexpr std::string_view kPerson = R"({"name":"John Doe","age":44,"address":{"city":"Paris","zip":"75001"},
  "mail":" J@X.org ","empty":"","none":null,"day":"2024-02-03","tags":["a","b","c"],"scores":[1,2,3],
  "jobs":[{"title":"cook","pay":10},{"title":"baker","pay":20,"city":"Lyon"}]})";

/// The record that an object is by its inferred schema.
class PathTest : public ::testing::Test {
 protected:
  PathTest() {
    const auto object = parse_json(kPerson, arena_).value();
    ObjectInference inference(converter_);
    inference.add(object.entries());
    schema_ = inference.schema();
    row_ = json_row(object, *schema_, converter_, {}, arena_).value();
  }
  /// What a path selects, as JSON texts in a row; or what is wrong with it.
  std::string select(std::string_view path) {
    const auto compiled = RecordPath::compile(path);
    if (!compiled) return compiled.error().message;
    const auto found = compiled->select(row_, arena_);
    if (!found) return found.error().message;
    std::string text;
    for (const auto& each : *found) {
      if (!text.empty()) text += ' ';
      append_json(text, each.value, {});
    }
    return text;
  }
  void set(std::string_view path, std::string_view text) {
    const auto compiled = RecordPath::compile(path).value();
    const auto places = compiled.select(row_, arena_).value();
    for (const auto& each : places) ASSERT_TRUE(assign(each, Value::of(Kind::String, text), row_, arena_));
  }

  Arena arena_;
  Converter converter_{Formats{}};
  SchemaPtr schema_;
  Row row_;
};

TEST_F(PathTest, PathsSelect) {
  struct Case {
    std::string_view path, expected;
  };
  for (const Case& c : std::to_array<Case>({
           {"/name", R"("John Doe")"},
           {"/'name'", R"("John Doe")"},
           {"/address/city", R"("Paris")"},
           {"/nothing", "null"},
           {"/name/nothing", ""},
           {"/address/*", R"("Paris" "75001")"},
           {"//city", R"("Paris" null "Lyon")"},
           {"/jobs//pay", "10 20"},
           {"/jobs[*]/title", R"("cook" "baker")"},
           {"/jobs[0]/title", R"("cook")"},
           {"/tags[-1]", R"("c")"},
           {"/tags[0..1]", R"("a" "b")"},
           {"/tags[0, 2]", R"("a" "c")"},
           {"/tags[1..-1]", R"("b" "c")"},
           {"/tags[9]", ""},
           {"/address['city']", R"("Paris")"},
           {"/address['zip','city']", R"("75001" "Paris")"},
           {"/jobs[*][./pay > 15]/title", R"("baker")"},
           {"/jobs[*][./title = 'cook']/pay", "10"},
           {"/jobs[*][./title != 'cook']/pay", "20"},
           {"/jobs[*][contains(./title, 'ook')]/title", R"("cook")"},
           {"/jobs[*][not(startsWith(./title, 'c'))]/title", R"("baker")"},
           {"/jobs[*][isEmpty(./city)]/title", R"("cook")"},
           {"/jobs[*][./pay <= 10]/../name", R"("John Doe")"},
           {"/*[. = 'Paris']", ""},
           {"/name[endsWith(., 'Doe')]", R"("John Doe")"},
           {"/name[matchesRegex(., 'J.*')]", R"("John Doe")"},
           {"/name[containsRegex(., 'D.e')]", R"("John Doe")"},
           {"/empty[isBlank(.)]", R"("")"},
       }))
    EXPECT_EQ(select(c.path), c.expected) << c.path;
}

TEST_F(PathTest, FunctionsAnswer) {
  struct Case {
    std::string_view path, expected;
  };
  for (const Case& c : std::to_array<Case>({
           {"substring(/name, 0, 4)", R"("John")"},
           {"substring(/name, 5, -1)", R"("Doe")"},
           {"substringBefore(/name, ' ')", R"("John")"},
           {"substringAfter(/name, ' ')", R"("Doe")"},
           {"substringBeforeLast(/name, 'o')", R"("John D")"},
           {"substringAfterLast(/name, 'o')", R"("e")"},
           {"substringAfter(/name, 'zz')", R"("John Doe")"},
           {"replace(/name, 'o', '0')", R"("J0hn D0e")"},
           {"replaceRegex(/name, '(\\w+) (\\w+)', '$2 $1')", R"("Doe John")"},
           {"replaceNull(/none, 'x')", R"("x")"},
           {"replaceNull(/name, 'x')", R"("John Doe")"},
           {"concat(/name, '-', /age)", R"("John Doe-44")"},
           {"join('|', /tags)", R"("a|b|c")"},
           {"join(',', /name, /age)", R"("John Doe,44")"},
           {"fieldName(/address/city)", R"("city")"},
           {"trim(/mail)", R"("J@X.org")"},
           {"toUpperCase(/name)", R"("JOHN DOE")"},
           {"toLowerCase(trim(/mail))", R"("j@x.org")"},
           {"base64Encode(/name)", R"("Sm9obiBEb2U=")"},
           {"base64Decode(base64Encode(/name))", R"("John Doe")"},
           {"escapeJson(/tags)", R"("[\"a\",\"b\",\"c\"]")"},
           {"unescapeJson(escapeJson(/scores))", "[1,2,3]"},
           {"hash(/name, 'MD5')", R"("4c2a904bafba06591225113ad17b5cec")"},
           {"padLeft(/age, 5, '0')", R"("00044")"},
           {"padRight(/age, 4)", R"("44__")"},
           {"uuid5('www.example.org', '6ba7b810-9dad-11d1-80b4-00c04fd430c8')",
            R"("74738ff5-5367-5958-9aee-98fffdcd1876")"},
           {"format(toDate(/day, 'yyyy-MM-dd', 'UTC'), 'dd.MM.yyyy', 'UTC')", R"("03.02.2024")"},
           {"count(/jobs[*])", "2"},
           {"coalesce(/none, /nothing, /age)", "44"},
           {"anchored(/jobs, /title)", R"("cook" "baker")"},
           {"arrayOf(/age, 'x')", R"([44,"x"])"},
           {"mapOf('a', /age)", R"({"a":"44"})"},
           {"recordOf('a', /age)", R"({"a":44})"},
           {"toNumber('5')", "5"},
           {"add(/age, 1)", "45"},
           {"divide(/age, 3)", "14"},
           {"multiply(/age, 1.5)", "66.0"},
           {"toUpperCase(/none)", "null"},
       }))
    EXPECT_EQ(select(c.path), c.expected) << c.path;
}

TEST_F(PathTest, WhatIsWrongIsSaidWithItsPlace) {
  struct Case {
    std::string_view path, expected;
  };
  for (const Case& c : std::to_array<Case>({
           {"name",
            "RecordPath 'name', character 5: 'name' is neither a path, which begins with / or ., nor a function"},
           {"/a[", "RecordPath '/a[', character 4: a name is expected"},
           {"/a[1", "RecordPath '/a[1', character 5: ']' is expected"},
           {"nix(/a)", "RecordPath 'nix(/a)', character 5: there is no function 'nix'"},
           {"trim(/a, /b)", "RecordPath 'trim(/a, /b)', character 13: 'trim' takes 1 to 1 arguments"},
           {"/a = ", "RecordPath '/a = ', character 4: more follows the path"},
           {"/a[trim(.)]",
            "RecordPath '/a[trim(.)]', character 11: a comparison, or a function that is true or false, is expected"},
           {"/'a", "RecordPath '/'a', character 4: a quote is not closed"},
           {"substring(/name, 'x', 1)", "RecordPath: substring: 'x' is not a whole number"},
           {"divide(/age, 0)", "RecordPath: divide: by zero"},
       }))
    EXPECT_EQ(select(c.path), c.expected) << c.path;
}

TEST_F(PathTest, ValuesAreSetWhereAPathSelects) {
  set("/name", "X");
  set("/age", "45");
  set("/jobs[*]/pay", "5");
  set("/tags[0]", "z");
  set("/address/street", "new");
  set("/added", "y");
  EXPECT_EQ(select("/name"), R"("X")");
  EXPECT_EQ(select("/age"), "45");
  EXPECT_EQ(select("/jobs[*]/pay"), "5 5");
  EXPECT_EQ(select("/tags"), R"(["z","b","c"])");
  EXPECT_EQ(row_.original, nullptr);
  const auto extended = extended_schema(row_, schema_);
  EXPECT_EQ((*extended)[extended->size() - 1].name, "added");
  EXPECT_TRUE((*extended)[*extended->find("address")].type.record->find("street"));
  EXPECT_EQ(extended->size(), schema_->size() + 1);
  const auto age = RecordPath::compile("/age").value().select(row_, arena_).value();
  ASSERT_TRUE(assign(age[0], Value::of(Kind::String, std::string_view("old")), row_, arena_));
  EXPECT_EQ(select("/age"), R"("old")");
  const auto widened = extended_schema(row_, schema_);
  EXPECT_EQ((*widened)[*widened->find("age")].type.text(), "CHOICE[INT, STRING]");
}

TEST_F(PathTest, RelativePathsStartAtTheirContext) {
  const auto jobs = RecordPath::compile("/jobs[*]").value().select(row_, arena_).value();
  const auto title = RecordPath::compile("./title").value();
  EXPECT_FALSE(title.is_absolute());
  EXPECT_TRUE(RecordPath::compile("concat(/a, 'x')").value().is_absolute());
  EXPECT_FALSE(RecordPath::compile("concat(., 'x')").value().is_absolute());
  EXPECT_EQ(title.select(row_, arena_, &jobs[1]).value()[0].value.text(), "baker");
}

}  // namespace
}  // namespace flow::record

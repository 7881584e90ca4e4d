#include <gtest/gtest.h>

#include "flow/content/csv_rows.h"
#include "flow/processors/csv_checks.h"
#include "flow/processors/processor_test.h"

namespace flow {
namespace {

TEST(CsvChecksTest, Values) {
  struct Case {
    std::string schema;
    std::optional<std::string> value;
    std::string problem;  // its beginning; empty: there is none
  };
  for (const auto& c : std::to_array<Case>({
           {"Null()", std::nullopt, ""},
           {"NotNull()", std::nullopt, "null value encountered"},
           {"ParseInt()", "12", ""},
           {"parseint", "-3", ""},
           {"ParseInt()", "x", "'x' could not be parsed as an Integer"},
           {"ParseInt()", "3000000000", "'3000000000' could not be parsed as an Integer"},
           {"ParseInt()", std::nullopt, "this processor does not accept null input"},
           {"Optional(ParseInt())", std::nullopt, ""},
           {"Optional(StrMinMax(1,3))", "abcd",
            "the length (4) of value 'abcd' does not lie between the min (1) and max (3)"},
           {"ParseLong()", "3000000000", ""},
           {"ParseDouble()", "1e3", ""},
           {"ParseDouble()", "1,5", "'1,5' could not be parsed as a Double"},
           {"ParseBigDecimal()", "-1.50", ""},
           {"ParseBool()", "Y", ""},
           {"ParseBool()", "maybe", "'maybe' could not be parsed as a Boolean"},
           {"ParseChar()", "\xC3\xA4", ""},
           {"ParseChar()", "ab", "'ab' cannot be parsed as a char"},
           {"ParseDate(\"yyyy-MM-dd\")", "2024-02-29", ""},
           {"ParseDate(\"yyyy-MM-dd\")", "nope", "'nope' could not be parsed as a Date"},
           {"StrRegEx(\"[a-z]{2,3}\")", "abc", ""},
           {"StrRegEx(\"[a-z]{2,3}\")", "a", "'a' does not match the regular expression '[a-z]{2,3}'"},
           {"Strlen(2,4)", "abcd", ""},
           {"Strlen(2,4)", "abc", "the length (3) of value 'abc' not any of the required lengths"},
           {"LMinMax(1,10)", "11", "11 does not lie between the min (1) and max (10) values (inclusive)"},
           {"DMinMax(0.5,1.5)", "1.5", ""},
           {"ForbidSubStr(\"x\", \"yz\")", "ayzb", "'ayzb' contains the forbidden substring 'yz'"},
           {"RequireSubStr(\"x\",\"y\")", "ab", "'ab' does not contain any of the required substrings"},
           {"RequireHashCode(96354)", "abc", ""},
           {"IsIncludedIn(\"a\", \"b\")", "c", "'c' is not included in the allowed set of values"},
       })) {
    const auto checks = parse_csv_schema(c.schema);
    ASSERT_TRUE(checks) << c.schema;
    CsvColumnMemory memory;
    const auto problem = csv_violation(checks->at(0), c.value, memory).value();
    EXPECT_EQ(problem.value_or("").substr(0, c.problem.size()), c.problem) << c.schema;
    EXPECT_EQ(problem.has_value(), !c.problem.empty()) << c.schema << " " << problem.value_or("");
  }
}

TEST(CsvChecksTest, HashCodesAreThoseOfJava) {
  EXPECT_EQ(java_hash_code("hello"), 99162322);
  EXPECT_EQ(java_hash_code("\xC3\xA4"), 228);
  EXPECT_EQ(java_hash_code("\xF0\x9F\x98\x80"), 1772899);
  EXPECT_EQ(java_hash_code("polygenelubricants"), -2147483648);
}

TEST(CsvChecksTest, SchemasThatCannotBeRead) {
  for (const auto* schema : {"Nothing()", "ParseInt(3)", "StrMinMax(1)", "StrRegEx(\"(\")", "Strlen(a)", ""})
    EXPECT_EQ(parse_csv_schema(schema).error().kind, base::ErrorKind::InvalidValue) << schema;
}

struct Case {
  std::string_view what;
  PropertyValues properties;
  std::string content;
  std::string problem;  // empty: valid
};

TEST(ValidateCsvTest, AllOrNothing) {
  for (const auto& c : std::to_array<Case>({
           {"valid", {{"Schema", "ParseInt(),NotNull()"}}, "a,b\n1,x\n2,\"y,\"\"z\"\n", ""},
           {"row",
            {{"validate-csv-schema", "ParseInt(),NotNull()"}},
            "a,b\n1,x\nx,y\n",
            "'x' could not be parsed as an Integer at {line=3, row=3, column=1}"},
           {"all that is wrong",
            {{"Schema", "ParseInt(),NotNull()"}, {"Include Violations", "true"}},
            "a,b\nx,\n",
            "At {line=2, row=2}, 'x' could not be parsed as an Integer at {column=1}, null value encountered at "
            "{column=2}"},
           {"columns",
            {{"Schema", "ParseInt()"}},
            "a\n1,2\n",
            "The number of columns to be processed (2) must match the number of CellProcessors (1): check that the "
            "number "
            "of CellProcessors you have defined matches the expected number of columns being read/written"},
           {"no schema", {}, "a,b\n1,\n\n,2\n", ""},
           {"no schema, no header", {}, "", "No schema or CSV header could be identified."},
           {"unique",
            {{"Schema", "Unique()"}, {"Header", "false"}},
            "a\nb\na\n",
            "duplicate value 'a' encountered at {line=3, row=3, column=1}"},
           {"equals",
            {{"Schema", "Equals()"}, {"Header", "false"}},
            "a\na\nb\n",
            "value 'b' is not equal to the previous value(s) of 'a' at {line=3, row=3, column=1}"},
           {"other characters",
            {{"Schema", "ParseInt(),NotNull()"}, {"Delimiter Character", "${d}"}, {"Quote Character", "'"}},
            "a;b\n1;'x;y'\n",
            ""},
           {"lines in a row", {{"Schema", "NotNull(),ParseInt()"}}, "a,b\n\"x\ny\",1\n", ""},
           {"open quote",
            {{"Schema", "NotNull()"}},
            "a\n\"x\ny",
            "unexpected end of file while reading quoted column beginning on line 2 and ending on line 3"},
           {"too many lines",
            {{"Schema", "NotNull()"}, {"Max Lines Per Row", "2"}},
            "a\n\"x\ny\nz\"\n",
            "max number of lines to read exceeded while reading quoted column beginning on line 2 and ending on line "
            "3"},
           {"from an attribute", {{"Schema", "ParseInt()"}, {"CSV Source Attribute", "csv"}}, "a\nx\n", ""},
       })) {
    ProcessorRun run("ValidateCsv", c.properties, {.given = {{c.content, {{"d", ";"}, {"csv", "n\n1\n"}}}}});
    EXPECT_EQ(run.problems(), Texts{}) << c.what;
    run.until_idle();
    const auto came = run.only(c.problem.empty() ? "valid" : "invalid");
    EXPECT_EQ(came.content, c.content) << c.what;
    EXPECT_EQ(came.at("validation.error.message"), c.problem.empty() ? "(none)" : c.problem) << c.what;
  }
}

TEST(ValidateCsvTest, LineByLine) {
  PropertyValues properties{
      {"Schema", "ParseInt()"}, {"Validation Strategy", "Line by line validation"}, {"validate-csv-eol", "\\r\\n"}};
  ProcessorRun run("ValidateCsv", properties, {.given = {{"n\n1\nx\n2\n\ny\n", {{"filename", "f"}}}}});
  run.until_idle();
  EXPECT_EQ(run.only("valid").content, "n\r\n1\r\n2");
  EXPECT_EQ(run.only("valid").at("count.valid.lines"), "2");
  EXPECT_EQ(run.only("valid").at("count.total.lines"), "4");
  EXPECT_EQ(run.only("valid").at("filename"), "f");
  EXPECT_EQ(run.only("invalid").content, "n\r\nx\r\ny");
  EXPECT_EQ(run.only("invalid").at("count.invalid.lines"), "2");
  EXPECT_EQ(run.only("invalid").at("validation.error.message"),
            "'x' could not be parsed as an Integer at {line=3, row=3, column=1}");
  ProcessorRun all("ValidateCsv", properties, {.given = {{"n\n1"}}});
  all.until_idle();
  EXPECT_EQ(all.only("valid").content, "n\r\n1");
  EXPECT_EQ(all.out("invalid").size(), 0u);
  ProcessorRun none("ValidateCsv", properties, {.given = {{"n\nx\n"}}});
  none.until_idle();
  EXPECT_EQ(none.only("invalid").content, "n\r\nx");
  EXPECT_EQ(none.out("valid").size(), 0u);
}

TEST(ValidateCsvTest, WhatIsInvalidIsNamed) {
  EXPECT_EQ(ProcessorRun("ValidateCsv", {{"Header", "false"}}).problems(),
            (Texts{"ValidateCsv 'subject', property 'Schema': is required when 'Header' is false"}));
  EXPECT_EQ(
      ProcessorRun("ValidateCsv", {{"Schema", "Nothing()"}}).problems(),
      (Texts{"ValidateCsv 'subject', property 'Schema': Error while parsing the schema: [nothing] is not an allowed "
             "method to define a Cell Processor"}));
}

}  // namespace
}  // namespace flow

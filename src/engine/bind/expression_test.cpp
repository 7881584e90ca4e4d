// Expressions, run: what they give and of which type. From streams-tasks-sql.md 4.2 to 4.9.
#include <gtest/gtest.h>

#include "engine/bind/test_binder.h"

namespace engine {
namespace {

struct Case {
  std::string_view expression, type, value;  // an empty type is not compared
};

class ExpressionTest : public testing::Test {
 protected:
  void check(std::initializer_list<Case> cases) {
    for (const Case& c : cases) {
      const auto answer = binder_.ask("SELECT " + std::string(c.expression));
      if (!c.type.empty()) EXPECT_EQ(answer.types, c.type) << c.expression;
      EXPECT_EQ(answer.rows, c.value) << c.expression << "\n" << answer.sql;
    }
  }
  TestBinder binder_;
};

TEST_F(ExpressionTest, Literals) {
  check({{"5", "NUMBER(1,0)", "5"},
         {"-5", "NUMBER(1,0)", "-5"},
         {"1.50", "NUMBER(3,2)", "1.50"},
         {"12345678901234567890123456789012345678", "NUMBER(38,0)", "12345678901234567890123456789012345678"},
         {"1e3", "FLOAT", "1000"},
         {"'abc'", "VARCHAR(3)", "abc"},
         {"'it''s'", "", "it's"},
         {"TRUE", "BOOLEAN", "true"},
         {"NULL", "NULL", "NULL"},
         {"DATE '2024-02-29'", "DATE", "2024-02-29"},
         {"TIMESTAMP_NTZ '9999-12-31'", "TIMESTAMP_NTZ(9)", "9999-12-31 00:00:00.000"}});
}

TEST_F(ExpressionTest, ExactArithmetic) {
  check({{"2/7", "NUMBER(7,6)", "0.285714"},
         {"10.1/2.1", "", "4.8095238"},
         {"10.001/.001", "", "10001.000000000"},
         {"-2/3", "", "-0.666667"},
         {"1+1", "NUMBER(2,0)", "2"},
         {"1.5+2.25", "NUMBER(4,2)", "3.75"},
         {"1.5*2.25", "NUMBER(5,3)", "3.375"},
         {"7%3", "NUMBER(1,0)", "1"},
         {"-7%3", "", "-1"},
         {"7.5%2", "", "1.5"},
         {"1::FLOAT/4", "FLOAT", "0.25"},
         {"1/0", "", "100051 (22012): Division by zero"},
         {"1%0", "", "100051 (22012): Division by zero"},
         {"9223372036854775807 + 1", "", "9223372036854775808"},
         {"'5' + 1", "", "6"},
         {"DATE '2024-03-01' - DATE '2024-02-01'", "", "29"},
         {"DATE '2024-02-28' + 2", "DATE", "2024-03-01"},
         {"NULL + 1", "", "NULL"}});
}

TEST_F(ExpressionTest, Casts) {
  check({{"2.5::INT", "NUMBER(38,0)", "3"},
         {"-2.5::INT", "", "-3"},
         {"2.5::FLOAT::INT", "", "3"},
         {"-'1'::INT", "", "-1"},
         {"'12.345'::NUMBER(10,2)", "NUMBER(10,2)", "12.35"},
         {"' 1e2 '::NUMBER", "", "100"},
         {"'x'::NUMBER", "", "100038 (22018): Numeric value 'x' is not recognized"},
         {"TRY_CAST('x' AS NUMBER)", "NUMBER(38,0)", "NULL"},
         {"TRY_CAST('7' AS NUMBER(3,1))", "NUMBER(3,1)", "7.0"},
         {"'abc'::VARCHAR(2)", "", "100078 (22000): String 'abc' is too long and would be truncated"},
         {"'yes'::BOOLEAN", "BOOLEAN", "true"},
         {"'maybe'::BOOLEAN", "", "100037 (22018): Boolean value 'maybe' is not recognized"},
         {"2::BOOLEAN", "", "true"},
         {"TRUE::VARCHAR", "", "true"},
         {"1.0::FLOAT::VARCHAR", "VARCHAR(16777216)", "1"},
         {"0.1::FLOAT::VARCHAR", "", "0.1"},
         {"'2024-01-02'::DATE", "DATE", "2024-01-02"},
         {"'2024-13-02'::DATE", "", "100040 (22007): Date '2024-13-02' is not recognized"},
         {"'2024-01-02 03:04:05.678'::TIMESTAMP_NTZ", "TIMESTAMP_NTZ(9)", "2024-01-02 03:04:05.678"},
         {"'nope'::TIMESTAMP_NTZ", "", "100035 (22007): Timestamp 'nope' is not recognized"},
         {"'2024-01-02 03:04:05'::TIMESTAMP_NTZ::DATE", "DATE", "2024-01-02"},
         {"'2024-01-02 03:04:05'::TIMESTAMP_NTZ::VARCHAR", "", "2024-01-02 03:04:05.000"},
         {"'2024-01-02 03:04:05'::TIMESTAMP_LTZ", "TIMESTAMP_LTZ(9)", "2024-01-02 03:04:05.000 -0800"},
         {"'2024-01-02 03:04:05 +0100'::TIMESTAMP_LTZ", "", "2024-01-01 18:04:05.000 -0800"},
         {"'2024-01-02 03:04:05 +0100'::TIMESTAMP_TZ", "TIMESTAMP_TZ(9)", "2024-01-02 03:04:05.000 +0100"},
         {"'2024-01-02 03:04:05 +0100'::TIMESTAMP_NTZ", "", "2024-01-02 03:04:05.000"},
         {"'2024-01-02 03:04:05'::TIMESTAMP_LTZ::TIMESTAMP_NTZ", "", "2024-01-02 03:04:05.000"},
         {"1234::NUMBER(3,0)", "", "100039 (22003): Number out of representable range: type FIXED(3,0), value 1234"},
         {"1704067200::TIMESTAMP_NTZ", "", "2024-01-01 00:00:00.000"},
         {"'12:34:56'::TIME", "TIME(9)", "12:34:56"}});
}

TEST_F(ExpressionTest, ComparisonsAndConditions) {
  check({{"1 = '1'", "BOOLEAN", "true"},
         {"TRUE = 'TRUE'", "BOOLEAN", "true"},
         {"FALSE = 'FALSE'", "", "true"},
         {"1 = 'x'", "", "100038 (22018): Numeric value 'x' is not recognized"},
         {"DATE '2024-01-01' < '2024-01-02'", "", "true"},
         {"1 = 1.0", "", "true"},
         {"2 IN (1, '2', 3)", "", "true"},
         {"'b' BETWEEN 'a' AND 'c'", "", "true"},
         {"NULL IS NULL", "", "true"},
         {"NULL = 1", "", "NULL"},
         {"1 IS DISTINCT FROM NULL", "", "true"},
         {"CASE WHEN 1 = 2 THEN 'a' END", "", "NULL"},
         {"CASE 3 WHEN 1 THEN 'one' WHEN 3 THEN 'three' ELSE 'many' END", "", "three"},
         {"COALESCE('17', 1)", "", "17"},
         {"IFF(NULL, 1, 2)", "", "2"},
         {"DECODE(NULL, NULL, 'none', 'some')", "", "none"},
         {"NVL(NULL, 'x')", "", "x"},
         {"NVL2(1, 'a', 'b')", "", "a"},
         {"NULLIF(1, 1)", "", "NULL"},
         {"ZEROIFNULL(NULL)", "", "0"},
         {"EQUAL_NULL(NULL, NULL)", "", "true"},
         {"GREATEST(1, NULL, 3)", "", "NULL"},
         {"GREATEST(1, 2.5)", "", "2.5"},
         {"LEAST_IGNORE_NULLS(4, NULL, 3)", "", "3"},
         {"DIV0(1, 0)", "", "0.000000"},
         {"DIV0(NULL, 0)", "", "NULL"},
         {"'abc' LIKE 'a%'", "", "true"},
         {"'a_c' LIKE 'a\\\\_c' ESCAPE '\\\\'", "", "true"},
         {"'abc' LIKE ANY ('x%', '%c')", "", "true"},
         {"'abc' LIKE ALL ('a%', 'x%')", "", "false"},
         {"'ABC' ILIKE 'abc'", "", "true"},
         {"'abc' RLIKE 'b'", "", "false"},
         {"REGEXP_LIKE('abc', '.*b.*')", "", "true"}});
}

TEST_F(ExpressionTest, Numbers) {
  check({{"ROUND(2.5)", "NUMBER(2,0)", "3"},
         {"ROUND(-2.5)", "", "-3"},
         {"ROUND(1.255, 2)", "", "1.26"},
         {"ROUND(155, -1)", "", "160"},
         {"ROUND(2.5, 0, 'HALF_TO_EVEN')", "", "2"},
         {"TRUNC(1.99)", "", "1"},
         {"CEIL(1.1)", "", "2"},
         {"FLOOR(-1.1)", "", "-2"},
         {"MOD(10, 3)", "", "1"},
         {"ABS(-1.5)", "NUMBER(2,1)", "1.5"},
         {"SQRT(16)", "FLOAT", "4"},
         {"POWER(2, 10)", "FLOAT", "1024"},
         {"SIGN(-3)", "", "-1"}});
}

TEST_F(ExpressionTest, Texts) {
  check({{"UPPER('abc') || LOWER('DEF')", "", "ABCdef"},
         {"LENGTH('h\\u00e9')", "", "2"},
         {"CONCAT('a', NULL)", "", "NULL"},
         {"CONCAT('a', 'b', 'c')", "", "abc"},
         {"CONCAT_WS('-', 'a', 'b')", "", "a-b"},
         {"SUBSTR('abcdef', 0, 2)", "", "ab"},
         {"SUBSTR('abcdef', 2)", "", "bcdef"},
         {"SUBSTR('abcdef', -3, 2)", "", "de"},
         {"SUBSTR('abc', 9)", "", ""},
         {"LEFT('abc', 2)", "", "ab"},
         {"RIGHT('abc', 2)", "", "bc"},
         {"LPAD('7', 3, '0')", "", "007"},
         {"RPAD('ab', 4)", "", "ab  "},
         {"TRIM('  a ')", "", "a"},
         {"LTRIM('xxa', 'x')", "", "a"},
         {"REPLACE('abcabc', 'b')", "", "acac"},
         {"SPLIT_PART('a,b,c', ',', -1)", "", "c"},
         {"SPLIT_PART('a,b,c', ',', 0)", "", "a"},
         {"SPLIT_PART('a,b,c', ',', 9)", "", ""},
         {"STRTOK('a.b', '.', 2)", "", "b"},
         {"POSITION('b', 'abc')", "", "2"},
         {"CHARINDEX('z', 'abc')", "", "0"},
         {"INITCAP('the quick-brown')", "", "The Quick-Brown"},
         {"CONTAINS('abc', 'b')", "BOOLEAN", "true"},
         {"STARTSWITH('abc', 'a')", "", "true"},
         {"REGEXP_REPLACE('a1b22', '[0-9]+', '#')", "", "a#b#"},
         {"REGEXP_SUBSTR('a1b22', '[0-9]+', 1, 2)", "", "22"},
         {"REGEXP_COUNT('a1b22', '[0-9]+')", "", "2"},
         {"MD5('a')", "", "0cc175b9c0f1b6a831c399e269772661"},
         {"REVERSE('abc')", "", "cba"},
         {"TO_CHAR(1234.5, '9,999.99')", "", " 1,234.50"}});
}

TEST_F(ExpressionTest, DatesAndTimes) {
  check({{"DATEDIFF(year, '2023-12-31', '2024-01-01')", "", "1"},
         {"DATEDIFF('hour', '2024-01-01 00:59:00'::TIMESTAMP, '2024-01-01 01:00:00'::TIMESTAMP)", "", "1"},
         {"TIMESTAMPDIFF(second, '2024-01-01'::TIMESTAMP_NTZ, '2024-01-02'::TIMESTAMP_NTZ)", "", "86400"},
         {"DATEADD(month, 1, '2024-01-31'::DATE)", "DATE", "2024-02-29"},
         {"DATEADD(hour, 2, '2024-01-01'::DATE)", "TIMESTAMP_NTZ(9)", "2024-01-01 02:00:00.000"},
         {"DATEADD('day', -1, '2024-03-01'::TIMESTAMP_NTZ)", "", "2024-02-29 00:00:00.000"},
         {"ADD_MONTHS('2024-02-29'::DATE, 1)", "DATE", "2024-03-31"},
         {"DATE_TRUNC('month', '2024-05-17'::DATE)", "DATE", "2024-05-01"},
         {"DATE_TRUNC(hour, '2024-05-17 11:12:13'::TIMESTAMP_NTZ)", "", "2024-05-17 11:00:00.000"},
         {"DATE_TRUNC('week', '2024-05-17'::DATE)", "", "2024-05-13"},
         {"DAYOFWEEK('2024-05-19'::DATE)", "", "0"},
         {"DAYOFWEEKISO('2024-05-19'::DATE)", "", "7"},
         {"DAYNAME('2024-05-17'::DATE)", "", "Fri"},
         {"MONTHNAME('2024-05-17'::DATE)", "", "May"},
         {"LAST_DAY('2024-02-05'::DATE)", "", "2024-02-29"},
         {"NEXT_DAY('2024-05-17'::DATE, 'fr')", "", "2024-05-24"},
         {"EXTRACT(year FROM '2024-05-17'::DATE)", "", "2024"},
         {"DATE_PART('epoch_second', '2024-01-01'::TIMESTAMP_NTZ)", "", "1704067200"},
         {"DATE_FROM_PARTS(2024, 13, 0)", "", "2024-12-31"},
         {"TO_DATE('17-MAY-2024', 'DD-MON-YYYY')", "", "2024-05-17"},
         {"TO_DATE('x', 'YYYY')", "", "100096 (22007): Can't parse 'x' as date with format 'YYYY'"},
         {"TO_CHAR('2024-05-17'::DATE, 'DD/MM/YYYY')", "", "17/05/2024"},
         {"TO_TIMESTAMP_NTZ('2024-05-17 11:12:13.123', 'YYYY-MM-DD HH24:MI:SS.FF3')", "", "2024-05-17 11:12:13.123"},
         {"CONVERT_TIMEZONE('UTC', 'Europe/Berlin', '2024-01-01 00:00:00'::TIMESTAMP_NTZ)", "TIMESTAMP_NTZ(9)",
          "2024-01-01 01:00:00.000"},
         {"'2024-01-01'::TIMESTAMP_NTZ + INTERVAL '1 day, 2 hours'", "", "2024-01-02 02:00:00.000"},
         {"TIME_SLICE('2024-05-17 11:12:13'::TIMESTAMP_NTZ, 15, 'MINUTE')", "", "2024-05-17 11:00:00.000"},
         {"CURRENT_TIMESTAMP()", "TIMESTAMP_LTZ(9)", "2023-12-31 16:00:00.000 -0800"},
         {"CURRENT_TIMESTAMP()::TIMESTAMP_NTZ", "", "2023-12-31 16:00:00.000"},
         {"CURRENT_DATE", "DATE", "2023-12-31"},
         {"SYSDATE()", "TIMESTAMP_NTZ(9)", "2024-01-01 00:00:00.000"},
         {"CURRENT_ROLE()", "", "ACCOUNTADMIN"},
         {"CURRENT_SCHEMA()", "", "S"}});
}

TEST_F(ExpressionTest, SemiStructured) {
  check({{"PARSE_JSON('{\"b\":1,\"a\":[1,\"x\",null]}')::VARCHAR", "", "{\"a\":[1,\"x\",null],\"b\":1}"},
         {"PARSE_JSON('{\"a\":{\"b\":[10,20]}}'):a.b[1]::INT", "NUMBER(38,0)", "20"},
         {"PARSE_JSON('{\"a\":\"x\"}'):a::VARCHAR", "", "x"},
         {"PARSE_JSON('{\"a\":\"x\"}'):z", "VARIANT", "NULL"},
         {"PARSE_JSON('{\"a\":null}'):a IS NULL", "", "false"},
         {"PARSE_JSON('{\"a\":null}'):a::VARCHAR", "", "NULL"},
         {"PARSE_JSON('{\"a\":1,\"a\":2}')", "",
          "100069 (22P02): Error parsing JSON: duplicate object attribute \"a\", pos 8"},
         {"TRY_PARSE_JSON('{')", "", "NULL"},
         {"TYPEOF(PARSE_JSON('1.5'))", "", "DECIMAL"},
         {"TYPEOF('x'::VARIANT)", "", "VARCHAR"},
         {"OBJECT_CONSTRUCT('b', 1, 'a', NULL)::VARCHAR", "", "{\"b\":1}"},
         {"ARRAY_CONSTRUCT(1, 'a', NULL)::VARCHAR", "", "[1,\"a\",undefined]"},
         {"ARRAY_SIZE(PARSE_JSON('[1,2]'))", "", "2"},
         {"SPLIT('a-b', '-')[1]::VARCHAR", "", "b"},
         {"ARRAY_CONTAINS('x'::VARIANT, ARRAY_CONSTRUCT('x'))", "", "true"},
         {"PARSE_JSON('[1]')::INT", "", "100071 (22000): Failed to cast variant value [1] to FIXED"},
         {"PARSE_JSON('3') = 3", "", "true"}});
}

TEST_F(ExpressionTest, ErrorsNameWhatAndWhere) {
  check(
      {{"nope(1)", "", "002140 (42601): SQL compilation error:\nUnknown function NOPE"},
       {"x", "", "000904 (42000): SQL compilation error: error line 1 at position 7\ninvalid identifier 'X'"},
       {"UPPER()", "",
        "000938 (22023): SQL compilation error: error line 1 at position 7\nnot enough arguments for function [UPPER], "
        "expected 1, got 0"},
       {"UPPER('a', 'b')", "",
        "000939 (22023): SQL compilation error: error line 1 at position 7\ntoo many arguments for function [UPPER] "
        "expected 1, got 2"},
       {"$nope", "",
        "002211 (02000): SQL compilation error: error line 1 at position 7\nSession variable '$NOPE' does not exist"}});
}

}  // namespace
}  // namespace engine

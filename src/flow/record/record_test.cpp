#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "base/random.h"
#include "flow/record/avro_file.h"
#include "flow/record/avro_schema.h"
#include "flow/record/csv_reader.h"
#include "flow/record/csv_writer.h"
#include "flow/record/json_reader.h"
#include "flow/record/json_writer.h"
#include "flow/record/test_records.h"
#include "flow/record/value_text.h"

namespace flow::record {
namespace {

std::string shape(const Schema& schema) {
  std::string text;
  for (const auto& field : schema.fields())
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", field.name, field.type.text());
  return text;
}

CsvFormat custom() {
  CsvFormat format;
  format.escape = '\\';
  format.trim = true;
  format.allow_missing_names = true;
  format.record_separator = "\n";
  return format;
}

TEST(RecordCsvTest, TypesAreInferredAsNiFiDoes) {
  struct Case {
    std::string_view text, expected;
  };
  for (const Case& c : std::to_array<Case>({
           {"a\n1\n", "a:INT"},
           {"a\n1\n2147483648\n", "a:LONG"},
           {"a\n9223372036854775808\n", "a:STRING"},
           {"a\n1.5\n", "a:FLOAT"},
           {"a\n0.0\n", "a:DOUBLE"},
           {"a\n-1.5\n", "a:DOUBLE"},
           {"a\n1\n1.5\n", "a:FLOAT"},
           {"a\n1.5\n-1.5\n", "a:DOUBLE"},
           {"a\n00123\n", "a:INT"},
           {"a\ntrue\nFALSE\n", "a:BOOLEAN"},
           {"a\n1\nx\n", "a:CHOICE[INT, STRING]"},
           {"a,b\n1,\n", "a:INT b:STRING"},
           {"a\n\"1\"\n", "a:INT"},
           {"a\n+1\n", "a:STRING"},
           {"a\n1.\n", "a:STRING"},
           {"a,b\n", "a:STRING b:STRING"},
           {"\xEF\xBB\xBF"
            "a;b\r\n1;2\r\n",
            "a;b:STRING"},
           {"d\n2024-02-30\n", "d:STRING"},
       })) {
    const auto schema = infer_csv(input_of(std::string(c.text)), {.format = custom()});
    ASSERT_TRUE(schema) << schema.error().message;
    EXPECT_EQ(shape(**schema), c.expected) << c.text;
  }
}

TEST(RecordCsvTest, DatesAreInferredByTheFormats) {
  const CsvReadOptions options{.format = custom(), .formats = {"yyyy-MM-dd", "HH:mm:ss", "yyyy-MM-dd HH:mm:ss", "UTC"}};
  const auto schema = infer_csv(input_of("d,t,s,x\n2024-02-03,10:11:12,2024-02-03 10:11:12,2024-2-3\n"), options);
  EXPECT_EQ(shape(**schema), "d:DATE t:TIME s:TIMESTAMP x:STRING");
}

/// Reads CSV by the schema that is inferred, and writes it as JSON.
std::string csv_to_json(const std::string& text, CsvReadOptions options, SchemaPtr schema = nullptr) {
  if (schema == nullptr) {
    auto inferred = infer_csv(input_of(text), options);
    if (!inferred) return inferred.error().message;
    schema = *inferred;
  }
  auto reader = open_csv(input_of(text), schema, options);
  if (!reader) return reader.error().message;
  TextSink sink;
  auto writer = write_json(schema, {}, sink);
  const auto outcome = for_each_row(**reader, [&](const Row& row) { return (*writer)->write(row); });
  if (!outcome) return outcome.error().message;
  EXPECT_TRUE((*writer)->finish());
  return sink.text;
}

TEST(RecordCsvTest, RecordsAreReadAsCommonsCsvReadsThem) {
  struct Case {
    std::string_view text, expected;
  };
  for (const Case& c : std::to_array<Case>({
           {"a,b\n1,x\n2,y", R"([{"a":1,"b":"x"},{"a":2,"b":"y"}])"},
           {"a,b\r\n1,x\r2,y\r\n", R"([{"a":1,"b":"x"},{"a":2,"b":"y"}])"},
           {"a,b\n\n1, x \n\n\n", R"([{"a":1,"b":"x"}])"},
           {"a,b\n\"1\",\"x, \"\"y\"\"\nz\"\n", R"([{"a":1,"b":"x, \"y\"\nz"}])"},
           {"a,b\nx\\,y,z\\n\n", R"([{"a":"x,y","b":"z"}])"},  // trimmed
           {"a,b\nx\\qy,z\\\"\n", R"([{"a":"x\\qy","b":"z\""}])"},
           {"a,b\n1\n", R"([{"a":1,"b":null}])"},
           {"a,b\n1,2,3\n", R"([{"a":1,"b":2}])"},
           {"a,b\n ,\n", R"([{"a":null,"b":null}])"},
           {"a,b\n\"x\"y,1\n", "line 2: a character stands between the end of a quoted field and the next delimiter"},
           {"a,b\n\"x,1\n", "line 2: the text ends before a quoted field does"},
           // A name that comes twice moves the columns after its first place to the left.
           {"a,b,a\n1,2,3\n", R"([{"b":1,"a":2}])"},
       }))
    EXPECT_EQ(csv_to_json(std::string(c.text), {.format = custom(), .has_header = true}), c.expected) << c.text;
}

TEST(RecordCsvTest, RecordsThatBreakTheSchemaAreNamed) {
  const auto schema = make_schema({{"a", {Type::Int}}, {"b"}});
  EXPECT_EQ(csv_to_json("1,x\ny,z\n", {.format = custom()}, schema), "line 2: cannot convert 'y' to INT for field 'a'");
  EXPECT_EQ(csv_to_json("q,r\n1,x\n", {.format = custom(), .has_header = true, .ignore_header = true}, schema),
            R"([{"a":1,"b":"x"}])");
  auto strict = custom();
  strict.allow_duplicate_names = false;
  EXPECT_EQ(csv_to_json("a,a\n1,2\n", {.format = strict, .has_header = true}, schema), "the header says 'a' twice");
}

TEST(RecordCsvTest, FormatsWithANameAreThoseOfCommonsCsv) {
  const auto read = [](std::string_view format, const std::string& text) {
    return csv_to_json(text, {.format = *named_csv_format(format), .has_header = true});
  };
  EXPECT_EQ(read("rfc-4180", "a\n1\n\n2\n"), R"([{"a":1},{"a":null},{"a":2}])");
  EXPECT_EQ(read("tdf", "a\tb\n 1 \t2\n"), R"([{"a":1,"b":2}])");
  EXPECT_EQ(read("mysql", "a\tb\n\\N\tx\\ty\n"), R"([{"a":null,"b":"x\ty"}])");
  EXPECT_EQ(read("informix-unload", "a|b\n1|x\\|y\n"), R"([{"a":1,"b":"x|y"}])");
  EXPECT_EQ(read("excel", "a,\n\"x\"y,2\n"), R"([{"a":"xy","":2}])");
}

TEST(RecordCsvTest, LargeInputsAreReadInStretches) {
  std::string text = "id,name\n";
  for (int i = 0; i < 200'000; ++i) text += fmt::format("{},\"name\n{}\"\n", i, i);
  const auto schema = make_schema({{"id", {Type::Int}}, {"name"}});
  const auto reader = open_csv(input_of(text), schema, {.format = custom(), .has_header = true}).value();
  std::int64_t next = 0;
  ASSERT_TRUE(for_each_row(*reader, [&](const Row& row) -> base::Status {
    EXPECT_EQ(row.fields[0].whole, next);
    EXPECT_EQ(row.fields[1].text(), fmt::format("name\n{}", next));
    ++next;
    return {};
  }));
  EXPECT_EQ(next, 200'000);
}

/// Of all the characters that mean something, in fields of all lengths around those at which bytes are looked at.
TEST(RecordCsvTest, WhateverFieldsHoldComesBack) {
  base::Random random(7);
  const auto schema = make_schema({{"a"}, {"b"}, {"c"}});
  std::vector<Value> values(3);
  std::vector<std::string> texts(3);
  for (int round = 0; round < 50; ++round) {
    TextSink csv, expected;
    auto format = custom();
    format.trim = false;
    format.record_separator = round % 2 == 0 ? "\n" : "\r\n";
    const auto out = write_csv(schema, {.format = format, .header = true}, csv).value();
    const auto json = write_json(schema, {.one_per_line = true}, expected).value();
    for (int row = 0; row < 40; ++row) {
      for (std::size_t i = 0; i < texts.size(); ++i) {
        texts[i].clear();
        const auto length = 1 + random.next() % (row % 4 == 0 ? 200 : 20);
        const std::string_view letters = row % 3 == 0 ? "ab,\"\n\r\\x;" : "abcdefgh";
        while (texts[i].size() < length) texts[i] += letters[random.next() % letters.size()];
        values[i] = Value::of(Kind::String, texts[i]);
      }
      const Row record{.schema = schema.get(), .fields = values.data()};
      ASSERT_TRUE(out->write(record) && json->write(record));
    }
    ASSERT_TRUE(out->finish() && json->finish());
    const CsvReadOptions options{.format = format, .has_header = true, .trim_double_quote = false};
    const auto reader = open_csv(input_of(csv.text), schema, options);
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_EQ(read_all(**reader), expected.text);
  }
}

/// As the library reads them that is asked for what is not plain.
TEST(RecordCsvTest, NumbersAreRoundedOnce) {
  base::Random random(3);
  std::string text = "f,d,l\n";
  std::vector<std::array<std::string, 3>> rows;
  for (int i = 0; i < 2000; ++i) {
    const auto digits = std::to_string(random.next() % 100'000'000'000'000'000);
    auto real = digits.substr(0, 1 + random.next() % digits.size());
    const auto point = random.next() % real.size();
    if (point > 0) real.insert(point, ".");
    if (random.next() % 2 == 0) real.insert(0, "-");
    rows.push_back({real, real, (random.next() % 2 == 0 ? "-" : "") + digits});
    text += fmt::format("{},{},{}\n", rows.back()[0], rows.back()[1], rows.back()[2]);
  }
  const auto schema = make_schema({{"f", {Type::Float}}, {"d", {Type::Double}}, {"l", {Type::Long}}});
  const auto reader = open_csv(input_of(text), schema, {.format = custom(), .has_header = true}).value();
  std::size_t at = 0;
  ASSERT_TRUE(for_each_row(*reader, [&](const Row& row) -> base::Status {
    const auto& expected = rows[at++];
    EXPECT_EQ(static_cast<float>(row.fields[0].real), std::strtof(expected[0].c_str(), nullptr)) << expected[0];
    EXPECT_EQ(row.fields[1].real, std::strtod(expected[1].c_str(), nullptr)) << expected[1];
    EXPECT_EQ(row.fields[2].whole, std::strtoll(expected[2].c_str(), nullptr, 10)) << expected[2];
    return {};
  }));
  EXPECT_EQ(at, rows.size());
}

TEST(RecordCsvTest, ValuesAreQuotedAsCommonsCsvDoes) {
  struct Case {
    std::string_view text, minimal, all, none;
    bool first = false;
  };
  for (const Case& c : std::to_array<Case>({
           {"x", "x", "\"x\"", "x"},
           {"", "", "\"\"", ""},
           {"", "\"\"", "\"\"", "", true},
           {"a,b", "\"a,b\"", "\"a,b\"", "a\\,b"},
           {"a\nb", "\"a\nb\"", "\"a\nb\"", "a\\nb"},
           {"a\"b", "\"a\\\"b\"", "\"a\\\"b\"", "a\"b"},
           {"a\\b", "\"a\\\\b\"", "\"a\\\\b\"", "a\\\\b"},
           {"#x", "\"#x\"", "\"#x\"", "#x"},
           {"!x", "\"!x\"", "\"!x\"", "!x"},
           {"$x", "$x", "\"$x\"", "$x"},
           {"-1", "-1", "\"-1\"", "-1"},
       })) {
    auto format = custom();
    const auto print = [&](QuoteMode mode) {
      format.quote_mode = mode;
      std::string out;
      print_csv(out, c.text, false, c.first, format);
      return out;
    };
    EXPECT_EQ(print(QuoteMode::Minimal), c.minimal) << c.text;
    EXPECT_EQ(print(QuoteMode::All), c.all) << c.text;
    EXPECT_EQ(print(QuoteMode::None), c.none) << c.text;
  }
}

/// Reads JSON by the schema that is inferred, or by one that is given, and writes it.
std::string json_to_json(const std::string& text, JsonWriteOptions write = {}, JsonReadOptions read = {},
                         SchemaPtr schema = nullptr) {
  if (schema == nullptr) {
    auto inferred = infer_json(input_of(text), read);
    if (!inferred) return inferred.error().message;
    schema = *inferred;
  }
  auto reader = open_json(input_of(text), schema, read);
  if (!reader) return reader.error().message;
  TextSink sink;
  auto writer = write_json((*reader)->schema(), write, sink);
  const auto outcome = for_each_row(**reader, [&](const Row& row) { return (*writer)->write(row); });
  if (!outcome) return outcome.error().message;
  EXPECT_TRUE((*writer)->finish());
  return sink.text;
}

TEST(RecordJsonTest, TypesAreInferredAsNiFiDoes) {
  struct Case {
    std::string_view text, expected;
  };
  for (const Case& c : std::to_array<Case>({
           {R"({"a":1,"b":"x","c":true,"d":1.5,"e":null})", "a:INT b:STRING c:BOOLEAN d:DOUBLE e:STRING"},
           {R"([{"a":1},{"a":3000000000}])", "a:LONG"},
           {R"({"a":12345678901234567890})", "a:BIGINT"},
           {R"([{"a":1},{"a":1.5}])", "a:DOUBLE"},
           {R"([{"a":1},{"a":"x"}])", "a:CHOICE[INT, STRING]"},
           {R"({"a":[]})", "a:ARRAY[STRING]"},
           {R"([{"a":[]},{"a":[1]}])", "a:ARRAY[INT]"},
           {R"({"a":[1,2.5]})", "a:ARRAY[DOUBLE]"},
           {R"({"a":{"b":1}})", "a:RECORD"},
       })) {
    const auto schema = infer_json(input_of(std::string(c.text)), {});
    ASSERT_TRUE(schema) << schema.error().message;
    EXPECT_EQ(shape(**schema), c.expected) << c.text;
  }
  const auto schema = infer_json(input_of(R"([{"a":{"b":1}},{"a":{"c":"x"}}])"), {});
  EXPECT_EQ(shape(*(**schema)[0].type.record), "b:INT c:STRING");
}

TEST(RecordJsonTest, ObjectsAreReadWhereverTheyStand) {
  const std::string expected = R"([{"a":1},{"a":2}])";
  EXPECT_EQ(json_to_json(R"([{"a":1},{"a":2}])"), expected);
  EXPECT_EQ(json_to_json("{\"a\":1}\n{\"a\":2}\n"), expected);
  EXPECT_EQ(json_to_json(R"({"a":1}{"a":2})"), expected);
  EXPECT_EQ(json_to_json("[{\"a\":1}]\n[{\"a\":2}]"), expected);
  EXPECT_EQ(json_to_json("  [ ] "), "[]");
  EXPECT_EQ(json_to_json(R"({"x":"rows","rows":[{"a":1},{"a":2}],"y":{"a":9}})", {}, {.start = "rows"}), expected);
  EXPECT_EQ(json_to_json(R"({"x":{"rows":{"a":1}}})", {}, {.start = "rows"}), R"([{"a":1}])");
  EXPECT_EQ(json_to_json("/* no */ {\"a\":1} // end", {}, {.rules = {.comments = true}}), R"([{"a":1}])");
  EXPECT_EQ(json_to_json(R"([{"a":1},{"a":)"),
            "not valid JSON: the text ends too early (of what begins at byte 9 of the content)");
  EXPECT_EQ(json_to_json(R"({"a" 1})"),
            "not valid JSON at byte 5: ':' is expected (of what begins at byte 0 of the content)");
}

TEST(RecordJsonTest, UnchangedRecordsKeepTheirForm) {
  // The order stays; blanks and unknown fields go, numbers are as Java prints them.
  const auto schema = make_schema({{"a", {Type::Int}}, {"b"}});
  const std::string text = R"({ "b" : "x", "z": [1, 2.50], "a":1 })";
  EXPECT_EQ(json_to_json(text, {}, {}, schema), R"([{"b":"x","a":1}])");
  EXPECT_EQ(json_to_json(text, {.keep_original = false}, {}, schema), R"([{"a":1,"b":"x"}])");
  EXPECT_EQ(json_to_json(text, {}, {.read = {.drop_unknown = true}}, schema), R"([{"b":"x","a":1}])");
  // A null ends it, and then characters beyond the 16-bit ones are two escapes.
  EXPECT_EQ(json_to_json(R"({"b":"😀","a":1}{"b":"😀","a":null})", {}, {}, schema),
            R"([{"b":"😀","a":1},{"a":null,"b":"\uD83D\uDE00"}])");
  EXPECT_EQ(json_to_json(text, {.pretty = true}, {}, schema), "[ {\n  \"a\" : 1,\n  \"b\" : \"x\"\n} ]");
}

TEST(RecordJsonTest, NullsAndNumbersAreWrittenAsAsked) {
  const auto schema = make_schema({{"a", {Type::Int}}, {"b"}, {"c", {Type::Double}}});
  const auto write = [&](JsonWriteOptions options) {
    options.keep_original = false;
    return json_to_json(R"({"a":null,"c":1e20})", options, {}, schema);
  };
  EXPECT_EQ(write({}), R"([{"a":null,"b":null,"c":100000000000000000000}])");
  EXPECT_EQ(write({.suppress = NullSuppression::Always, .scientific = true}), R"([{"c":1.0E20}])");
  EXPECT_EQ(write({.suppress = NullSuppression::Missing, .one_per_line = true}),
            R"({"a":null,"c":100000000000000000000})");
}

TEST(RecordJsonTest, NestedValuesBecomeOfTheSchemasTypes) {
  const auto schema = parse_avro_schema(R"({"type":"record","name":"r","fields":[
      {"name":"when","type":{"type":"long","logicalType":"timestamp-millis"}},
      {"name":"of","type":["null",{"type":"record","name":"of","fields":[{"name":"n","type":"long"}]}],"default":null},
      {"name":"list","type":{"type":"array","items":"string"}},
      {"name":"map","type":{"type":"map","values":"double"}},
      {"name":"either","type":["int","string"]},
      {"name":"default","type":"string","default":"d"}]})")
                          .value();
  const JsonReadOptions read{.formats = {.timestamp = "yyyy-MM-dd HH:mm:ss", .zone = "UTC"}};
  JsonWriteOptions write{.keep_original = false};
  const std::string text = R"({"when":"2024-01-02 03:04:05","of":{"n":"7"},"list":[1,"x"],"map":{"k":1},"either":"5"})";
  EXPECT_EQ(json_to_json(text, write, read, schema),
            R"([{"when":1704164645000,"of":{"n":7},"list":["1","x"],"map":{"k":1.0},"either":5,"default":"d"}])");
  write.formats = {.timestamp = "yyyy-MM-dd'T'HH:mm:ss.SSS", .zone = "UTC"};
  EXPECT_NE(json_to_json(text, write, read, schema).find(R"("when":"2024-01-02T03:04:05.000")"), std::string::npos);
  EXPECT_EQ(json_to_json(R"({"when":"soon"})", write, read, schema),
            "record 1: cannot convert 'soon' to TIMESTAMP for field 'when'");
}

/// Writes JSON objects as Avro of a schema, reads that, and answers with JSON again.
std::string through_avro(const std::string& json, const SchemaPtr& schema, const AvroWriteOptions& options = {}) {
  TextSink avro;
  auto writer = write_avro(schema, options, avro);
  if (!writer) return writer.error().message;
  if (auto problem = write_all(json, schema, **writer); !problem.empty()) return problem;
  auto back = options.container ? open_avro(input_of(avro.text)) : open_raw_avro(input_of(avro.text), schema);
  return back ? read_all(**back) : back.error().message;
}

const SchemaPtr& every_type() {
  static const auto schema = parse_avro_schema(R"({"type":"record","name":"r","fields":[
      {"name":"b","type":"boolean"},{"name":"i","type":"int"},{"name":"l","type":"long"},
      {"name":"f","type":"float"},{"name":"d","type":"double"},{"name":"s","type":"string"},
      {"name":"n","type":["null","int"]},
      {"name":"dec","type":{"type":"bytes","logicalType":"decimal","precision":20,"scale":2}},
      {"name":"fix","type":{"type":"fixed","name":"fx","size":9,"logicalType":"decimal","precision":18,"scale":3}},
      {"name":"day","type":{"type":"int","logicalType":"date"}},
      {"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},
      {"name":"time","type":{"type":"int","logicalType":"time-millis"}},
      {"name":"e","type":{"type":"enum","name":"en","symbols":["A","B"]}},
      {"name":"u","type":{"type":"string","logicalType":"uuid"}},
      {"name":"a","type":{"type":"array","items":["null","long"]}},
      {"name":"m","type":{"type":"map","values":"string"}},
      {"name":"r","type":{"type":"record","name":"in","fields":[{"name":"x","type":"int"}]}},
      {"name":"un","type":["string","int",{"type":"record","name":"o","fields":[{"name":"y","type":"int"}]}]}]})")
                                 .value();
  return schema;
}
const std::string kEveryValue =
    R"({"b":true,"i":-2147483648,"l":9007199254740993,"f":1.5,"d":-0.1,"s":"\u00e4x","n":null,)"
    R"("dec":-123456789012345678.90,"fix":-1.125,"day":86400000,"at":1704164645123,"time":3600000,"e":"B",)"
    R"("u":"00112233-4455-6677-8899-aabbccddeeff","a":[1,null,-3],"m":{"k":"v"},"r":{"x":1},"un":5})";

TEST(RecordAvroTest, EveryTypeComesBack) {
  auto expected = kEveryValue;
  // The unescaped letter; what a double could hold of the decimal.
  expected.replace(expected.find("\\u00e4"), 6, "\xC3\xA4");
  expected.replace(expected.find("-123456789012345678.90"), 22, "-123456789012345680.00");
  for (const auto compression : {AvroCompression::None, AvroCompression::Deflate, AvroCompression::Snappy,
                                 AvroCompression::Bzip2, AvroCompression::Zstandard})
    EXPECT_EQ(through_avro(kEveryValue, every_type(), {.compression = compression}), expected);
  EXPECT_EQ(through_avro(kEveryValue + kEveryValue, every_type(), {.container = false}), expected + "\n" + expected);
}

TEST(RecordAvroTest, WhatDoesNotFitIsNamed) {
  const auto schema = [](std::string_view type) {
    return parse_avro_schema(fmt::format(R"({{"type":"record","name":"r","fields":[{{"name":"x","type":{}}}]}})", type))
        .value();
  };
  EXPECT_EQ(through_avro(R"({"x":null})", schema(R"("int")")), "field 'x' is null and must not be");
  EXPECT_EQ(through_avro("{}", schema(R"("int")")), "field 'x' is null and must not be");
  EXPECT_EQ(
      through_avro(R"({"x":1.235})", schema(R"({"type":"bytes","logicalType":"decimal","precision":4,"scale":2})")),
      R"({"x":1.24})");  // rounded as in NiFi
  EXPECT_EQ(
      through_avro(R"({"x":300})",
                   schema(R"({"type":"fixed","name":"f","size":1,"logicalType":"decimal","precision":2,"scale":0})")),
      "'300' of field 'x' does not fit DECIMAL[2, 0]");
  EXPECT_EQ(through_avro(R"({"x":"C"})", schema(R"({"type":"enum","name":"e","symbols":["A"]})")),
            "record 1: cannot convert 'C' to ENUM for field 'x'");
  EXPECT_EQ(open_avro(input_of("PAR1")).error().message, "not a valid Avro file: it does not begin with 'Obj' and 1");
}

TEST(RecordAvroTest, ManyBlocksAreRead) {
  std::string json, expected;
  for (int i = 0; i < 30'000; ++i) json += fmt::format("{{\"id\":{},\"name\":\"name {}\"}}\n", i, i);
  json.pop_back();
  EXPECT_EQ(through_avro(json, make_schema({{"id", {Type::Int}}, {"name"}}), {AvroCompression::Snappy}), json);
}

TEST(RecordAvroTest, DecimalsAreBigEndian) {
  struct Case {
    std::string_view text;
    int scale;
    std::string bytes;
  };
  for (const Case& c : std::to_array<Case>({{"0", 0, std::string(1, '\0')},
                                            {"1.27", 2, "\x7F"},
                                            {"1.28", 2, std::string("\0\x80", 2)},
                                            {"-1.28", 2, "\x80"},
                                            {"-1.29", 2, "\xFF\x7F"},
                                            {"-1", 0, "\xFF"},
                                            {"256", 0, std::string("\1\0", 2)}})) {
    EXPECT_EQ(decimal_bytes(c.text, c.scale), c.bytes) << c.text;
    EXPECT_EQ(decimal_text(c.bytes, c.scale), c.text);
  }
  EXPECT_EQ(decimal_bytes("1.50", 1), "\x0F");
  EXPECT_EQ(decimal_bytes("1.55", 1), "\x10");
  EXPECT_EQ(decimal_bytes("-9.96", 1), "\x9C");
  EXPECT_EQ(decimal_bytes("0.05", 1), "\x01");
  EXPECT_EQ(decimal_bytes("0.004", 0), std::string(1, '\0'));
  EXPECT_EQ(decimal_bytes("-1", 0, 3), "\xFF\xFF\xFF");
  EXPECT_EQ(decimal_bytes("256", 0, 1), std::nullopt);
}

TEST(RecordAvroTest, SchemasAreWrittenWithNiFisNames) {
  const auto schema = make_schema({{"id", {Type::Int}},
                                   {"a b", {Type::Timestamp}},
                                   {"of", record_of(make_schema({{"x", decimal_of(10, 2)}}))},
                                   {"c", choice_of({{Type::Int}, {Type::String}}), {}, {}, false}});
  EXPECT_EQ(avro_schema_text(*schema),
            R"({"type":"record","name":"nifiRecord","namespace":"org.apache.nifi","fields":[)"
            R"({"name":"id","type":["int","null"]},)"
            R"({"name":"a_b","type":[{"type":"long","logicalType":"timestamp-millis"},"null"],"aliases":["a b"]},)"
            R"({"name":"of","type":[{"type":"record","name":"ofType","fields":[{"name":"x","type":[{"type":"bytes",)"
            R"("logicalType":"decimal","precision":10,"scale":2},"null"]}]},"null"]},)"
            R"({"name":"c","type":["int","string"]}]})");
  EXPECT_EQ(parse_avro_schema("[]").error().message, "not an Avro schema: the outermost type must be a record");
  EXPECT_EQ(parse_avro_schema(R"({"type":"record","name":"r","fields":[{"name":"x","type":"no"}]})").error().message,
            "not an Avro schema: there is no type 'no'");
}

}  // namespace
}  // namespace flow::record

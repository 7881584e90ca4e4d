// Each property of the readers and writers, as ConvertRecord shows what they mean.
#include <gtest/gtest.h>
#include <zlib.h>

#include <array>

#include "flow/processors/record_test_services.h"

namespace flow {
namespace {

struct Converted {
  std::string content;
  PropertyValues reader = {};
  PropertyValues writer = {};
  std::string expected;
  Attributes attributes = {};
};

/// The content, or why there is none.
Came convert(const std::string& reader, const std::string& writer, const Converted& c,
             std::vector<ServiceDefinition> services = {}) {
  services.push_back(service("in", reader, c.reader));
  services.push_back(service("out", writer, c.writer));
  ProcessorRun run("ConvertRecord", records(), {.given = {{c.content, c.attributes}}, .services = std::move(services)});
  EXPECT_EQ(run.problems(), Texts{});
  run.until_idle();
  if (run.out("failure").empty()) return run.only("success");
  auto failed = run.only("failure");
  failed.content = "failed: " + failed.at("record.error.message");
  return failed;
}

void expect_all(const std::string& reader, const std::string& writer, std::span<const Converted> cases,
                const std::vector<ServiceDefinition>& services = {}) {
  for (const auto& c : cases)
    EXPECT_EQ(convert(reader, writer, c, services).content, c.expected)
        << c.content << (c.reader.empty() ? "" : c.reader.begin()->first)
        << (c.writer.empty() ? "" : c.writer.begin()->first);
}

std::string record_of(const std::string& fields, const std::string& name = "r") {
  return R"({"type":"record","name":")" + name + R"(","fields":[)" + fields + "]}";
}
const std::string kAB = record_of(R"({"name":"a","type":"int"},{"name":"b","type":["null","string"]})");
const std::string kTimes = record_of(R"({"name":"d","type":{"type":"int","logicalType":"date"}},
    {"name":"t","type":{"type":"int","logicalType":"time-millis"}},
    {"name":"s","type":{"type":"long","logicalType":"timestamp-millis"}})");
const PropertyValues kHeader{{"Schema Access Strategy", "csv-header-derived"}};

PropertyValues with(PropertyValues properties, const PropertyValues& more) {
  properties.insert(more.begin(), more.end());
  return properties;
}
/// A reader or writer that has its schema from a text.
PropertyValues by_text(const std::string& schema, const PropertyValues& more = {}) {
  return with({{"Schema Access Strategy", "schema-text-property"}, {"Schema Text", schema}}, more);
}

TEST(RecordServicesTest, CsvReader) {
  const auto header = [](const PropertyValues& more) { return with(kHeader, more); };
  expect_all(
      "CSVReader", "JsonRecordSetWriter",
      std::to_array<Converted>({
          {"a,b\n1,\n\n2,x\n",
           header({{"CSV Format", "rfc-4180"}}),
           {},
           R"([{"a":"1","b":null},{"a":null,"b":null},{"a":"2","b":"x"}])"},
          {"a,\n\"x\"y,2\n", header({{"CSV Format", "excel"}}), {}, R"([{"a":"xy","":"2"}])"},
          {"a\tb\n 1 \t x\n", header({{"CSV Format", "tdf"}}), {}, R"([{"a":"1","b":"x"}])"},
          {"a\tb\n\\N\tx\\ty\n", header({{"CSV Format", "mysql"}}), {}, R"([{"a":null,"b":"x\ty"}])"},
          {"a|b\n1|x\\|y\n", header({{"CSV Format", "informix-unload"}}), {}, R"([{"a":"1","b":"x|y"}])"},
          {"a,b\n1,\"x,\"\"y\"\n", header({{"CSV Format", "informix-unload-csv"}}), {}, R"([{"a":"1","b":"x,\"y"}])"},
          {"a,b\n1,\"x,y\"\n", header({{"CSV Parser", "jackson-csv"}}), {}, R"([{"a":"1","b":"x,y"}])"},
          {"a,b\n1,\"x,y\"\n", header({{"CSV Parser", "fast-csv"}}), {}, R"([{"a":"1","b":"x,y"}])"},
          {"a|b\n1|x,y\n",
           header({{"Value Separator", "${separator}"}}),
           {},
           R"([{"a":"1","b":"x,y"}])",
           {{"separator", "|"}}},
          {"a\tb\n1\tx\n", header({{"Value Separator", "\\t"}}), {}, R"([{"a":"1","b":"x"}])"},
          {"a\x01"
           "b\n1\x01x\n",
           header({{"Value Separator", "\\u0001"}}),
           {},
           R"([{"a":"1","b":"x"}])"},
          {"a,b\r\n1,x\n2,y\r\n",
           header({{"Record Separator", "\\r\\n"}}),
           {},
           R"([{"a":"1","b":"x"},{"a":"2","b":"y"}])"},
          {"a,b\n1,'x,y'\n", header({{"Quote Character", "'"}}), {}, R"([{"a":"1","b":"x,y"}])"},
          {"a,b\n1,x!,y\n", header({{"Escape Character", "!"}}), {}, R"([{"a":"1","b":"x,y"}])"},
          {"# no record\na,b\n1,x\n# nor this\n", header({{"Comment Marker", "#"}}), {}, R"([{"a":"1","b":"x"}])"},
          {"a,b\n1,NULL\n", header({{"Null String", "NULL"}}), {}, R"([{"a":"1","b":null}])"},
          {"a,b\n 1, x \n", header({{"Trim Fields", "false"}}), {}, R"([{"a":" 1","b":" x "}])"},
          {"a,b\n 1, x \n", header({}), {}, R"([{"a":"1","b":"x"}])"},
          {"a\n\"\"\"x\"\"\"\n", header({{"Trim Double Quote", "false"}}), {}, R"([{"a":"\"x\""}])"},
          {"a\n\"\"\"x\"\"\"\n", header({}), {}, R"([{"a":"x"}])"},
          {"n\xE4m\nJ\xFCrgen\n", header({{"Character Set", "ISO-8859-1"}}), {}, R"([{"näm":"Jürgen"}])"},
          {"1,x\n", by_text(kAB), {}, R"([{"a":1,"b":"x"}])"},
          {"b,a\nx,1\n", by_text(kAB, {{"Treat First Line as Header", "true"}}), {}, R"([{"a":1,"b":"x"}])"},
          {"b,a\n1,x\n",
           by_text(kAB, {{"Treat First Line as Header", "true"}, {"Ignore CSV Header Column Names", "true"}}),
           {},
           R"([{"a":1,"b":"x"}])"},
          {"31.01.2024,4-05,24/01/31 04\n",
           by_text(kTimes,
                   {{"Date Format", "dd.MM.yyyy"}, {"Time Format", "H-mm"}, {"Timestamp Format", "yy/MM/dd HH"}}),
           {{"Date Format", "yyyy-MM-dd"}, {"Time Format", "HH:mm:ss"}, {"Timestamp Format", "yyyy-MM-dd HH:mm:ss"}},
           R"([{"d":"2024-01-31","t":"04:05:00","s":"2024-01-31 04:00:00"}])"},
      }));
  EXPECT_TRUE(convert("CSVReader", "JsonRecordSetWriter",
                      {.content = "a,a\n1,2\n", .reader = header({{"Allow Duplicate Header Names", "false"}})})
                  .content.starts_with("failed: "));
}

TEST(RecordServicesTest, CsvWriter) {
  const std::string csv = "a,b\n1,\n2,\"x,y\"\n";
  expect_all(
      "CSVReader", "CSVRecordSetWriter",
      std::to_array<Converted>({
          {csv, {}, {{"CSV Format", "rfc-4180"}}, "a,b\r\n1,\r\n2,\"x,y\"\r\n"},
          {csv, {}, {{"CSV Format", "excel"}}, "a,b\r\n1,\r\n2,\"x,y\"\r\n"},
          {csv, {}, {{"CSV Format", "tdf"}}, "a\tb\r\n1\t\r\n2\tx,y\r\n"},
          {csv, {}, {{"CSV Format", "mysql"}}, "a\tb\n1\t\\N\n2\tx,y\n"},
          {csv, {}, {{"CSV Format", "informix-unload"}}, "a|b\n1|\n2|x,y\n"},
          {csv, {}, {{"CSV Format", "informix-unload-csv"}}, "a,b\n1,\n2,\"x,y\"\n"},
          {csv, {}, {{"CSV Writer", "fast-csv"}}, csv},
          {csv, {}, {{"Value Separator", "|"}}, "a|b\n1|\n2|x,y\n"},
          {csv, {}, {{"Record Separator", "\\r\\n"}}, "a,b\r\n1,\r\n2,\"x,y\"\r\n"},
          {csv, {}, {{"Quote Character", "'"}}, "a,b\n1,\n2,'x,y'\n"},
          {csv, {}, {{"Comment Marker", ";"}}, csv},
          {csv, {}, {{"Null String", "NULL"}}, "a,b\n1,NULL\n2,\"x,y\"\n"},
          {csv, {}, {{"Include Header Line", "false"}}, "1,\n2,\"x,y\"\n"},
          {csv, {}, {{"Include Trailing Delimiter", "true"}}, "a,b,\n1,,\n2,\"x,y\",\n"},
          {csv, {}, {{"Quote Mode", "ALL"}}, "\"a\",\"b\"\n\"1\",\n\"2\",\"x,y\"\n"},
          {csv, {}, {{"Quote Mode", "NON_NUMERIC"}}, "\"a\",\"b\"\n1,\n2,\"x,y\"\n"},
          {csv, {}, {{"Quote Mode", "NONE"}, {"Escape Character", "!"}}, "a,b\n1,\n2,x!,y\n"},
          {"b\n ä \n", {{"Trim Fields", "false"}}, {{"Trim Fields", "false"}}, "b\n\" ä \"\n"},
          {"b\n ä \n", {{"Trim Fields", "false"}}, {}, "b\nä\n"},
          {"b\nä\n", {}, {{"Character Set", "ISO-8859-1"}}, "b\n\xE4\n"},
          {csv, {}, by_text(record_of(R"({"name":"b","type":["null","string"]})")), "b\n\n\"x,y\"\n"},
          {"d,t,s\n2024-01-31,04:05:00,2024-01-31 04:00:00\n",
           {{"Date Format", "yyyy-MM-dd"}, {"Time Format", "HH:mm:ss"}, {"Timestamp Format", "yyyy-MM-dd HH:mm:ss"}},
           {{"Date Format", "dd.MM.yyyy"}, {"Time Format", "H-mm"}, {"Timestamp Format", "yy/MM/dd HH"}},
           "d,t,s\n31.01.2024,4-05,24/01/31 04\n"},
      }));
}

TEST(RecordServicesTest, JsonReaders) {
  const auto nested = [](const PropertyValues& more) {
    return with({{"Starting Field Strategy", "NESTED_FIELD"}, {"Starting Field Name", "rows"}}, more);
  };
  const std::string whole = record_of(R"({"name":"rows","type":{"type":"array","items":)" + kAB + "}}", "whole");
  // Else records that are as they were read are written as their text.
  const PropertyValues anew{{"Serialized JSON Input Handling", "DISABLED"}};
  const PropertyValues plain = with(
      anew, {{"Date Format", "yyyy-MM-dd"}, {"Time Format", "HH:mm:ss"}, {"Timestamp Format", "yyyy-MM-dd HH:mm:ss"}});
  const PropertyValues formats{
      {"Date Format", "dd.MM.yyyy"}, {"Time Format", "H-mm"}, {"Timestamp Format", "yy/MM/dd HH"}};
  expect_all(
      "JsonTreeReader", "JsonRecordSetWriter",
      std::to_array<Converted>({
          {R"(/* one */ {"a":1})", {{"Allow Comments", "true"}}, {}, R"([{"a":1}])"},
          {R"({"a":1} // two)", {{"Parsing Strategy", "LENIENT"}}, {}, R"([{"a":1}])"},
          {R"({"a":1})", {{"Parsing Strategy", "STANDARD"}}, {}, R"([{"a":1}])"},
          {R"({"more":0,"rows":[{"a":1},{"a":2}]})", nested({}), {}, R"([{"a":1},{"a":2}])"},
          {R"({"rows":[{"a":"1","c":3}]})", nested(by_text(kAB)), anew, R"([{"a":1,"b":null}])"},
          {R"({"rows":[{"a":"1","c":3}]})", nested(by_text(whole, {{"Schema Application Strategy", "WHOLE_JSON"}})),
           anew, R"([{"a":1,"b":null}])"},
          {R"({"d":"31.01.2024","t":"4-05","s":"24/01/31 04"})", by_text(kTimes, formats), plain,
           R"([{"d":"2024-01-31","t":"04:05:00","s":"2024-01-31 04:00:00"}])"},
      }));
  // What is inferred are the fields of the text, not of the paths.
  const PropertyValues path{{"x", "$.x"}};
  expect_all("JsonPathReader", "JsonRecordSetWriter",
             std::to_array<Converted>({
                 {R"(/* one */ {"x":1})", with(path, {{"Allow Comments", "true"}}), {}, R"([{"x":1}])"},
                 {R"({"x":1} // two)", with(path, {{"Parsing Strategy", "LENIENT"}}), {}, R"([{"x":1}])"},
                 {R"({"x":1})", with(path, {{"Parsing Strategy", "STANDARD"}}), {}, R"([{"x":1}])"},
                 {R"({"x":"31.01.2024","y":"4-05","z":"24/01/31 04"})",
                  with(by_text(kTimes, formats), {{"d", "$.x"}, {"t", "$.y"}, {"s", "$.z"}}), plain,
                  R"([{"d":"2024-01-31","t":"04:05:00","s":"2024-01-31 04:00:00"}])"},
             }));
  for (const auto* reader : {"JsonTreeReader", "JsonPathReader"}) {
    const auto failure = [&](const std::string& content, PropertyValues properties) {
      if (std::string_view(reader) == "JsonPathReader") properties.insert({"x", "$.x"});
      return convert(reader, "JsonRecordSetWriter", {.content = content, .reader = std::move(properties)}).content;
    };
    EXPECT_TRUE(failure(R"(/* one */ {"x":1})", {}).starts_with("failed: not valid JSON")) << reader;
    EXPECT_TRUE(failure(R"({"x":1} // two)", {{"Parsing Strategy", "STANDARD"}}).starts_with("failed: ")) << reader;
    EXPECT_TRUE(failure(R"({"x":"four"})", {{"Max String Length", "3 B"}}).starts_with("failed: ")) << reader;
    EXPECT_FALSE(failure(R"({"x":"four"})", {{"Max String Length", "4 B"}}).starts_with("failed: ")) << reader;
  }
}

TEST(RecordServicesTest, JsonWriter) {
  const PropertyValues anew{{"Serialized JSON Input Handling", "DISABLED"}};
  const PropertyValues timestamps{{"Timestamp Format", "yyyy-MM-dd HH:mm:ss"}};
  const std::string time = "s\n2024-01-31 04:00:00\n";
  expect_all("CSVReader", "JsonRecordSetWriter",
             std::to_array<Converted>({
                 {"a\n-12345678901.5\n", {}, {}, R"([{"a":-1.23456789015E10}])"},
                 {"a\n-12345678901.5\n", {}, {{"Allow Scientific Notation", "false"}}, R"([{"a":-12345678901.5}])"},
                 {"a,b\n1,x\n", {}, {{"Pretty Print JSON", "true"}}, "[ {\n  \"a\" : 1,\n  \"b\" : \"x\"\n} ]"},
                 {"a,b\n1,x\n",
                  {},
                  by_text(record_of(R"({"name":"b","type":"string"},{"name":"c","type":["null","int"]})")),
                  R"([{"b":"x","c":null}])"},
                 {time, timestamps, {}, R"([{"s":1706673600000}])"},
                 {time, timestamps, {{"Timestamp Representation", "EPOCH_MILLISECONDS"}}, R"([{"s":1706673600000}])"},
                 {time, timestamps, {{"Timestamp Representation", "EPOCH_SECONDS"}}, R"([{"s":1706673600.000}])"},
                 {time,
                  timestamps,
                  {{"Timestamp Representation", "FORMATTED_STRING"}, {"Timestamp Format", "yyyy"}},
                  R"([{"s":"2024"}])"},
                 {"d,t\n2024-01-31,04:05:00\n",
                  {{"Date Format", "yyyy-MM-dd"}, {"Time Format", "HH:mm:ss"}},
                  {{"Date Format", "dd.MM.yyyy"}, {"Time Format", "H-mm"}},
                  R"([{"d":"31.01.2024","t":"4-05"}])"},
             }));
  expect_all("JsonTreeReader", "JsonRecordSetWriter",
             std::to_array<Converted>({
                 // A record that is as it was read keeps the order and the types of its text.
                 {R"([{ "b": 1.50, "a":"1" }])", by_text(kAB), {}, R"([{"b":1.5,"a":"1"}])"},
                 {R"([{ "b": 1.50, "a":"1" }])", by_text(kAB), anew, R"([{"a":1,"b":"1.5"}])"},
                 {R"([{"a":1},{"a":2,"b":null}])", by_text(kAB),
                  with(anew, {{"Suppress Null Values", "suppress-missing"}}), R"([{"a":1},{"a":2,"b":null}])"},
                 {R"([{"a":1},{"a":2,"b":null}])", by_text(kAB),
                  with(anew, {{"Suppress Null Values", "always-suppress"}}), R"([{"a":1},{"a":2}])"},
                 {R"([{"a":1},{"a":2,"b":null}])", by_text(kAB), anew, R"([{"a":1,"b":null},{"a":2,"b":null}])"},
             }));
  struct Packed {
    std::string format, mime_type, begins;
  };
  for (const auto& [format, mime_type, begins] :
       std::to_array<Packed>({{"gzip", "application/gzip", "\x1F\x8B"},
                              {"bzip2", "application/x-bzip2", "BZh"},
                              {"xz-lzma2", "application/x-xz",
                               "\xFD"
                               "7zXZ"},
                              {"snappy", "application/x-snappy", std::string("\x82SNAPPY\0", 8)},
                              {"snappy framed", "application/x-snappy-framed", std::string("\xFF\x06\0\0sNaPpY", 10)},
                              {"zstd", "application/zstd", "\x28\xB5\x2F\xFD"}})) {
    const auto came =
        convert("JsonTreeReader", "JsonRecordSetWriter",
                {.content = R"([{"a":1}])", .writer = {{"Compression Format", format}, {"Compression Level", "9"}}});
    EXPECT_EQ(came.at("mime.type"), mime_type);
    EXPECT_EQ(came.content.substr(0, begins.size()), begins) << format;
    ProcessorRun back("ModifyCompression",
                      {{"Input Compression Strategy", format == "snappy framed" ? "snappy-framed" : format}},
                      {.given = {{came.content}}});
    back.until_idle();
    EXPECT_EQ(back.contents("success"), (Texts{R"([{"a":1}])"})) << format;
  }
}

std::string deflated(std::string text, int level) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// gzip alone has levels, those of zlib; the other formats are as they are.
TEST(RecordServicesTest, JsonWriterCompressesAsMuchAsItIsTold) {
  std::string json = "[";
  for (int i = 0; i < 500; ++i) json += R"({"a":)" + std::to_string(i * 7919 % 1000) + R"(,"b":"some text"},)";
  json.back() = ']';
  const auto packed = [&](const std::string& format, int level) {
    return convert("JsonTreeReader", "JsonRecordSetWriter",
                   {.content = json,
                    .writer = {{"Compression Format", format}, {"Compression Level", std::to_string(level)}}})
        .content;
  };
  constexpr std::size_t kHead = 10, kEnd = 8;
  for (int level = 1; level <= 9; ++level) {
    const auto content = packed("gzip", level);
    ASSERT_GT(content.size(), kHead + kEnd);
    EXPECT_TRUE(content.substr(kHead, content.size() - kHead - kEnd) == deflated(json, level)) << level;
  }
  EXPECT_NE(packed("gzip", 0).find(json), std::string::npos);  // as it is, in a file of gzip
  for (const auto* format : {"xz-lzma2", "zstd"}) EXPECT_TRUE(packed(format, 0) == packed(format, 9)) << format;
}

TEST(RecordServicesTest, AvroAndParquetComeBack) {
  const std::string csv = "a,b\n1,x\n2,y\n3,x\n";
  const auto back = [&](const std::string& writer, const std::string& reader, const PropertyValues& written,
                        const PropertyValues& read = {}) {
    const auto there =
        convert("CSVReader", writer,
                {.content = csv, .reader = by_text(kAB, {{"Treat First Line as Header", "true"}}), .writer = written});
    return convert(reader, "CSVRecordSetWriter", {.content = there.content, .reader = read}).content;
  };
  for (const auto* format : {"NONE", "BZIP2", "DEFLATE", "SNAPPY"})
    EXPECT_EQ(back("AvroRecordSetWriter", "AvroReader", {{"Compression Format", format}}), csv) << format;
  // Without its schema a record is its fields: a zigzag 1, then the second branch of a union.
  EXPECT_EQ(convert("CSVReader", "AvroRecordSetWriter",
                    {.content = "a,b\n1,x\n", .writer = by_text(kAB, {{"Schema Write Strategy", "no-schema"}})})
                .content,
            "\x02\x02\x02x");
  EXPECT_EQ(
      back("AvroRecordSetWriter", "AvroReader", by_text(kAB, {{"Schema Write Strategy", "no-schema"}}), by_text(kAB)),
      csv);
  for (const auto* format : {"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD"})
    EXPECT_EQ(back("ParquetRecordSetWriter", "ParquetReader", {{"Compression Type", format}}), csv) << format;
  for (const auto& [name, value] : PropertyValues{{"Row Group Size", "1 KB"},
                                                  {"Page Size", "1 KB"},
                                                  {"Dictionary Page Size", "8 B"},
                                                  {"Enable Dictionary Encoding", "false"},
                                                  {"Writer Version", "PARQUET_1_0"},
                                                  {"Avro Write Old List Structure", "false"},
                                                  {"Schema Access Strategy", "schema-text-property"}})
    EXPECT_EQ(back("ParquetRecordSetWriter", "ParquetReader", {{name, value}, {"Schema Text", kAB}}), csv) << name;
  EXPECT_EQ(back("ParquetRecordSetWriter", "ParquetReader", {{"Writer Version", "PARQUET_2_0"}}), csv);
  EXPECT_EQ(convert("CSVReader", "ParquetRecordSetWriter", {.content = csv, .writer = {{"Page Size", "much"}}}).content,
            "failed: ParquetRecordSetWriter 'out', property 'Page Size': 'much' is not a data size");
}

TEST(RecordServicesTest, WritersSayTheirSchema) {
  for (const auto* writer :
       {"CSVRecordSetWriter", "JsonRecordSetWriter", "AvroRecordSetWriter", "ParquetRecordSetWriter"}) {
    const auto attributes = [&](const std::string& strategy) {
      return convert("CSVReader", writer,
                     {.content = "a,b\n1,x\n",
                      .writer = {{"Schema Access Strategy", "schema-name"},
                                 {"Schema Registry", "registry"},
                                 {"Schema Name", "people"},
                                 {"Schema Write Strategy", strategy}}},
                     {service("registry", "AvroSchemaRegistry", {{"people", kAB}})});
    };
    EXPECT_EQ(attributes("schema-name").at("schema.name"), "people") << writer;
    EXPECT_EQ(attributes("full-schema-attribute").at("avro.schema"), kAB) << writer;
    EXPECT_EQ(attributes("no-schema").at("schema.name"), "(none)") << writer;
  }
}

TEST(RecordServicesTest, ReadersFindSchemasByName) {
  const auto registry = service("registry", "AvroSchemaRegistry", {{"people", kAB}});
  const PropertyValues by_name{
      {"Schema Access Strategy", "schema-name"}, {"Schema Registry", "registry"}, {"Schema Name", "${name}"}};
  const auto read = [&](const std::string& reader, const std::string& content, const PropertyValues& more = {},
                        const Attributes& attributes = {{"name", "people"}}) {
    return convert(reader, "JsonRecordSetWriter",
                   {.content = content, .reader = with(by_name, more), .attributes = attributes}, {registry})
        .content;
  };
  EXPECT_EQ(read("CSVReader", "1,x\n"), R"([{"a":1,"b":"x"}])");
  EXPECT_EQ(read("JsonTreeReader", R"({"a":1,"b":null})"), R"([{"a":1,"b":null}])");
  EXPECT_EQ(read("JsonPathReader", R"({"x":"1"})", {{"a", "$.x"}}), R"([{"a":1,"b":null}])");
  EXPECT_EQ(read("AvroReader", "\x02\x02\x02x"), R"([{"a":1,"b":"x"}])");
  EXPECT_EQ(read("CSVReader", "1,x\n", {}, {}), "failed: CSVReader 'in': 'Schema Name' is empty for this flowfile");
  EXPECT_EQ(read("CSVReader", "1,x\n", {}, {{"name", "others"}}),
            "failed: AvroSchemaRegistry 'registry' has no schema 'others'");
}

}  // namespace
}  // namespace flow

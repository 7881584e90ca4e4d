#include "flow/record/parquet.h"

#include <gtest/gtest.h>

#include "flow/record/avro_schema.h"
#include "flow/record/parquet_format.h"
#include "flow/record/parquet_pages.h"
#include "flow/record/test_records.h"

namespace flow::record {
namespace {

std::string parquet_of(const std::string& json, const SchemaPtr& schema, const ParquetWriteOptions& options = {},
                       Taken taken = Taken::RowByRow) {
  TextSink sink;
  auto writer = write_parquet(schema, options, sink);
  if (!writer) return writer.error().message;
  const auto problem = write_all(json, schema, **writer, taken);
  return problem.empty() ? sink.text : problem;
}
std::string read_parquet(const std::string& bytes) {
  if (!bytes.starts_with("PAR1")) return bytes;
  auto reader = open_parquet(input_of(bytes));
  return reader ? read_all(**reader) : reader.error().message;
}
/// Row by row, which must be what it is column by column.
std::string through_parquet(const std::string& json, const SchemaPtr& schema, const ParquetWriteOptions& options = {}) {
  auto text = read_parquet(parquet_of(json, schema, options));
  EXPECT_EQ(read_parquet(parquet_of(json, schema, options, Taken::ByBatch)), text);
  return text;
}
SchemaPtr avro(std::string_view fields) {
  return parse_avro_schema(fmt::format(R"({{"type":"record","name":"r","fields":[{}]}})", fields)).value();
}

TEST(RecordParquetTest, EveryTypeComesBack) {
  const auto schema = avro(R"({"name":"b","type":["null","boolean"]},{"name":"i","type":"int"},
      {"name":"l","type":["null","long"]},{"name":"f","type":"float"},{"name":"d","type":"double"},
      {"name":"s","type":["null","string"]},{"name":"y","type":"bytes"},
      {"name":"dec","type":{"type":"bytes","logicalType":"decimal","precision":20,"scale":2}},
      {"name":"fix","type":{"type":"fixed","name":"fx","size":9,"logicalType":"decimal","precision":18,"scale":3}},
      {"name":"day","type":{"type":"int","logicalType":"date"}},
      {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
      {"name":"us","type":{"type":"long","logicalType":"timestamp-micros"}},
      {"name":"time","type":{"type":"int","logicalType":"time-millis"}},
      {"name":"e","type":{"type":"enum","name":"en","symbols":["A","B"]}},
      {"name":"a","type":{"type":"array","items":"long"}},{"name":"m","type":{"type":"map","values":"string"}},
      {"name":"r","type":["null",{"type":"record","name":"in","fields":[{"name":"x","type":["null","int"]}]}]})");
  const std::string row =
      R"({"b":true,"i":-7,"l":null,"f":1.5,"d":-0.1,"s":"text","y":[1,-1],"dec":12.50,"fix":-1.125,)"
      R"("day":86400000,"at":1704164645123,"us":1704164645123,"time":3600000,"e":"B","a":[1,2],"m":{"k":"v","l":"w"},)"
      R"("r":{"x":null}})";
  const std::string other =
      R"({"b":null,"i":1,"l":5,"f":0.0,"d":1.0,"s":null,"y":[],"dec":0.00,"fix":0.000,"day":0,"at":0,"us":0,"time":0,)"
      R"("e":"A","a":[],"m":{},"r":null})";
  for (const auto compression :
       {ParquetCompression::None, ParquetCompression::Snappy, ParquetCompression::Gzip, ParquetCompression::Zstandard})
    for (const bool dictionary : {true, false})
      for (const bool old_lists : {true, false})
        EXPECT_EQ(through_parquet(row + other, schema,
                                  {.compression = compression, .dictionary = dictionary, .old_lists = old_lists}),
                  row + "\n" + other);
}

TEST(RecordParquetTest, NestedListsComeBack) {
  const auto schema = avro(R"({"name":"rows","type":{"type":"array","items":{"type":"record","name":"row","fields":[
      {"name":"id","type":"int"},{"name":"tags","type":["null",{"type":"array","items":"string"}]},
      {"name":"cells","type":{"type":"array","items":{"type":"array","items":"int"}}}]}}},{"name":"n","type":"int"})");
  const std::string rows =
      R"({"rows":[{"id":1,"tags":["a","b"],"cells":[[1,2],[],[3]]},{"id":2,"tags":null,"cells":[]},)"
      R"({"id":3,"tags":[],"cells":[[4]]}],"n":1})"
      "\n"
      R"({"rows":[],"n":2})"
      "\n"
      R"({"rows":[{"id":4,"tags":["c"],"cells":[[]]}],"n":3})";
  EXPECT_EQ(through_parquet(rows, schema), rows);
  EXPECT_EQ(through_parquet(rows, schema, {.old_lists = false}), rows);
}

TEST(RecordParquetTest, NullItemsNeedTheNewLists) {
  const auto schema = avro(R"({"name":"a","type":{"type":"array","items":["null","int"]}})");
  const std::string row = R"({"a":[1,null,2]})";
  EXPECT_EQ(through_parquet(row, schema, {.old_lists = false}), row);
  EXPECT_EQ(through_parquet(row, schema), "the array 'a' has a null item, which old lists have no place for");
}

TEST(RecordParquetTest, ManyPagesAndRowGroupsAreRead) {
  std::string rows;
  for (int i = 0; i < 20'000; ++i)
    rows += fmt::format("{{\"id\":{},\"kind\":\"{}\",\"text\":\"text number {}\"}}\n", i,
                        i % 7 == 0 ? "seven" : "other", i);
  rows.pop_back();
  const auto schema = make_schema({{"id", {Type::Long}}, {"kind"}, {"text"}});
  for (const auto& options :
       {ParquetWriteOptions{}, ParquetWriteOptions{.row_group_bytes = 100'000, .page_bytes = 5'000},
        ParquetWriteOptions{.page_bytes = 3'000, .dictionary_bytes = 2'000}})
    EXPECT_EQ(through_parquet(rows, schema, options), rows);
  // A dictionary pays where values repeat.
  EXPECT_LT(parquet_of(rows, schema).size(), parquet_of(rows, schema, {.dictionary = false}).size());
}

TEST(RecordParquetTest, WhatIsNoParquetIsRefused) {
  const auto open = [](std::string bytes) {
    const auto reader = open_parquet(input_of(std::move(bytes)));
    return reader ? "" : reader.error().message;
  };
  EXPECT_EQ(open("PAR1"), "not a valid Parquet file: it is too short");
  EXPECT_EQ(open("PAR1 and then some"), "not a valid Parquet file: it does not end with 'PAR1'");
  EXPECT_EQ(open(std::string("PAR1") + std::string("\xFF\xFF\0\0", 4) + "PAR1"),
            "not a valid Parquet file: its footer is longer than the file");
  auto bytes = parquet_of(R"({"a":1})", make_schema({{"a", {Type::Int}}}));
  for (std::size_t i = 4; i + 8 < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x5A);
    const auto reader = open_parquet(input_of(damaged));
    if (reader) (void)read_all(**reader);  // must end, one way or the other
  }
  EXPECT_EQ(parquet_of("{}", avro(R"({"name":"a","type":["int","string"]})")),
            "field 'a' may be of several types, which Parquet has no column for");
}

TEST(RecordParquetTest, RunsAndGroupsOfNumbersComeBack) {
  for (const int width : {1, 3, 8, 17}) {
    std::vector<std::uint32_t> numbers;
    std::uint32_t state = 12345;
    for (int i = 0; i < 5000; ++i) {
      state = state * 1664525 + 1013904223;
      const auto number = (state >> 8) & ((1U << width) - 1);
      numbers.insert(numbers.end(), state % 50 == 0 ? 40 : 1, number);
      std::string bytes;
      if (i % 500 != 3) continue;
      parquet::append_hybrid(bytes, numbers, width);
      ASSERT_EQ(parquet::read_hybrid(bytes, width, numbers.size()).value(), numbers) << width << " " << i;
    }
  }
}

TEST(RecordParquetTest, DeltasAreRead) {
  // The example of the format's page: 1 to 5 are a first value and deltas of width 0.
  const std::string bytes("\x80\x01\x04\x05\x02\x02\x00\x00\x00\x00", 10);
  std::string_view rest = bytes;
  EXPECT_EQ(parquet::read_deltas(rest).value(), (std::vector<std::int64_t>{1, 2, 3, 4, 5}));
  EXPECT_TRUE(rest.empty());
}

}  // namespace
}  // namespace flow::record

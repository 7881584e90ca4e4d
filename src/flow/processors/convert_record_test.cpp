#include <gtest/gtest.h>

#include "flow/processors/record_test_services.h"

namespace flow {
namespace {

const std::string kCsv = "id,name\n1,Anna\n2,\"B, C\"\n";
const std::string kSchema =
    R"({"type":"record","name":"person","fields":[{"name":"name","type":"string"},{"name":"id","type":["null","long"]}]})";

TEST(ConvertRecordTest, CsvBecomesJson) {
  ProcessorRun run("ConvertRecord", records(),
                   {.given = {{kCsv, {{"filename", "people.csv"}}}},
                    .services = {service("in", "CSVReader"), service("out", "JsonRecordSetWriter")}});
  run.until_idle();
  const auto came = run.only("success");
  EXPECT_EQ(came.content, R"([{"id":1,"name":"Anna"},{"id":2,"name":"B, C"}])");
  EXPECT_EQ(came.at("record.count"), "2");
  EXPECT_EQ(came.at("mime.type"), "application/json");
  EXPECT_EQ(came.at("filename"), "people.csv");
}

TEST(ConvertRecordTest, SchemasComeFromTextAndRegistry) {
  for (const auto& reader :
       {service("in", "CSVReader",
                {{"schema-access-strategy", "schema-text-property"},
                 {"schema-text", "${my.schema}"},
                 {"Skip Header Line", "true"}}),
        service(
            "in", "CSVReader",
            {{"Schema Access Strategy", "schema-name"}, {"Schema Registry", "reg"}, {"Skip Header Line", "true"}})}) {
    ProcessorRun run("ConvertRecord", records(),
                     {.given = {{kCsv, {{"my.schema", kSchema}, {"schema.name", "people"}}}},
                      .services = {reader, service("reg", "AvroSchemaRegistry", {{"people", kSchema}}),
                                   service("out", "JsonRecordSetWriter",
                                           {{"Schema Write Strategy", "full-schema-attribute"},
                                            {"output-grouping", "output-oneline"}})}});
    ASSERT_EQ(run.problems(), Texts{});
    run.until_idle();
    const auto came = run.only("success");
    EXPECT_EQ(came.content, "{\"name\":\"Anna\",\"id\":1}\n{\"name\":\"B, C\",\"id\":2}");
    EXPECT_EQ(came.at("avro.schema"), kSchema);
  }
}

TEST(ConvertRecordTest, AWriterMayHaveASchemaOfItsOwn) {
  ProcessorRun run(
      "ConvertRecord", records(),
      {.given = {{R"([{"id":7,"name":"Anna","more":{"x":1}},{"name":"Bert"}])"}},
       .services = {service("in", "JsonTreeReader"), service("out", "CSVRecordSetWriter",
                                                             {{"Schema Access Strategy", "Use 'Schema Text' Property"},
                                                              {"Schema Text", kSchema},
                                                              {"Quote Mode", "ALL"},
                                                              {"Value Separator", "\\t"}})}});
  run.until_idle();
  EXPECT_EQ(run.only("success").content, "\"name\"\t\"id\"\n\"Anna\"\t\"7\"\n\"Bert\"\t\n");
}

TEST(ConvertRecordTest, WhatCannotBeReadGoesToFailureAsItWas) {
  const auto run_with = [](const std::string& content, const ServiceDefinition& reader) {
    ProcessorRun run("ConvertRecord", records(),
                     {.given = {{content}}, .services = {reader, service("out", "JsonRecordSetWriter")}});
    run.until_idle();
    const auto came = run.only("failure");
    EXPECT_EQ(came.content, content);
    EXPECT_FALSE(came.penalised);
    return came.at("record.error.message");
  };
  EXPECT_EQ(run_with("a\n\"x\n", service("in", "CSVReader")), "line 2: the text ends before a quoted field does");
  EXPECT_EQ(run_with("[{", service("in", "JsonTreeReader")),
            "not valid JSON: the text ends too early (of what begins at byte 1 of the content)");
  EXPECT_EQ(run_with("x", service("in", "AvroReader")), "not valid Avro: the bytes of a record end too early");
  EXPECT_EQ(run_with("x\n", service("in", "CSVReader", {{"Schema Access Strategy", "schema-text-property"}})),
            "CSVReader 'in': 'Schema Text' is empty for this flowfile");
}

TEST(ConvertRecordTest, EmptyContentHasNoRecords) {
  for (const bool kept : {true, false}) {
    ProcessorRun run(
        "ConvertRecord", records({{"include-zero-record-flowfiles", kept ? "true" : "false"}}),
        {.given = {{""}}, .services = {service("in", "JsonTreeReader"), service("out", "JsonRecordSetWriter")}});
    run.until_idle();
    EXPECT_EQ(run.contents("success"), kept ? Texts{"[]"} : Texts{});
    EXPECT_EQ(run.waiting(), 0u);
  }
}

TEST(ConvertRecordTest, AvroAndPackedJsonAreWrittenAndRead) {
  ProcessorRun to_avro("ConvertRecord", records(),
                       {.given = {{kCsv}},
                        .services = {service("in", "CSVReader"),
                                     service("out", "AvroRecordSetWriter", {{"compression-format", "SNAPPY"}})}});
  to_avro.until_idle();
  const auto avro = to_avro.only("success");
  EXPECT_EQ(avro.at("mime.type"), "application/avro-binary");
  ProcessorRun back(
      "ConvertRecord", records(),
      {.given = {{avro.content}}, .services = {service("in", "AvroReader"), service("out", "CSVRecordSetWriter")}});
  back.until_idle();
  EXPECT_EQ(back.only("success").content, kCsv);
  ProcessorRun packed("ConvertRecord", records(),
                      {.given = {{kCsv}},
                       .services = {service("in", "CSVReader"),
                                    service("out", "JsonRecordSetWriter", {{"Compression Format", "gzip"}})}});
  packed.until_idle();
  EXPECT_EQ(packed.only("success").at("mime.type"), "application/gzip");
  EXPECT_EQ(packed.only("success").content.substr(0, 2), "\x1F\x8B");
}

TEST(ConvertRecordTest, ParquetIsWrittenAndRead) {
  ProcessorRun to_parquet(
      "ConvertRecord", records(),
      {.given = {{kCsv, {{"size", "1 KB"}}}},
       .services = {service("in", "CSVReader"), service("out", "ParquetRecordSetWriter",
                                                        {{"compression-type", "SNAPPY"}, {"page-size", "${size}"}})}});
  ASSERT_EQ(to_parquet.problems(), Texts{});
  to_parquet.until_idle();
  const auto parquet = to_parquet.only("success");
  EXPECT_EQ(parquet.at("mime.type"), "application/parquet");
  ProcessorRun back("ConvertRecord", records(),
                    {.given = {{parquet.content}},
                     .services = {service("in", "ParquetReader"), service("out", "CSVRecordSetWriter")}});
  back.until_idle();
  EXPECT_EQ(back.only("success").content, kCsv);
}

TEST(ConvertRecordTest, JsonIsReadByPaths) {
  const std::string schema = R"({"type":"record","name":"r","fields":[{"name":"city","type":"string"},
      {"name":"first","type":["null","int"]},{"name":"none","type":["null","string"]}]})";
  ProcessorRun run("ConvertRecord", records(),
                   {.given = {{R"([{"home":{"city":"P"},"n":[1,2]},{"home":{"city":"L"},"n":[]}])"}},
                    .services = {service("in", "JsonPathReader",
                                         {{"schema-access-strategy", "schema-text-property"},
                                          {"schema-text", schema},
                                          {"city", "$.home.city"},
                                          {"first", "$.n[0]"},
                                          {"none", "$.x"}}),
                                 service("out", "JsonRecordSetWriter")}});
  ASSERT_EQ(run.problems(), Texts{});
  run.until_idle();
  EXPECT_EQ(run.only("success").content,
            R"([{"city":"P","first":1,"none":null},{"city":"L","first":null,"none":null}])");
}

TEST(ConvertRecordTest, AMissingServiceIsNamed) {
  ProcessorRun run("ConvertRecord", records(), {.services = {service("in", "CSVReader"), service("out", "CSVReader")}});
  EXPECT_EQ(run.problems(), (Texts{"ConvertRecord 'subject', property 'Record Writer': controller service 'out' "
                                   "(CSVReader) is no RecordSetWriterFactory"}));
}

TEST(SplitRecordTest, EachPieceHasAtMostSoManyRecords) {
  ProcessorRun run("SplitRecord", records({{"Records Per Split", "${n}"}}),
                   {.given = {{"id\n1\n2\n3\n", {{"n", "2"}, {"filename", "f.csv"}}}},
                    .services = {service("in", "CSVReader"), service("out", "CSVRecordSetWriter")}});
  run.until_idle();
  EXPECT_EQ(run.contents("splits"), (Texts{"id\n1\n2\n", "id\n3\n"}));
  const auto splits = run.out("splits");
  const auto original = run.only("original");
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(splits[i].at("fragment.index"), std::to_string(i));
    EXPECT_EQ(splits[i].at("fragment.count"), "2");
    EXPECT_EQ(splits[i].at("fragment.identifier"), original.at("fragment.identifier"));
    EXPECT_EQ(splits[i].at("segment.original.filename"), "f.csv");
    EXPECT_EQ(splits[i].at("record.count"), i == 0 ? "2" : "1");
  }
}

TEST(SplitRecordTest, NothingIsSplitWhenOneRecordIsBroken) {
  ProcessorRun run("SplitRecord", records({{"Records Per Split", "1"}}),
                   {.given = {{"id\n1\n2\n\"3\n"}},
                    .services = {service("in", "CSVReader", {{"Schema Access Strategy", "csv-header-derived"}}),
                                 service("out", "CSVRecordSetWriter")}});
  run.until_idle();
  EXPECT_EQ(run.contents("splits"), Texts{});
  EXPECT_EQ(run.contents("original"), Texts{});
  EXPECT_EQ(run.contents("failure"), (Texts{"id\n1\n2\n\"3\n"}));
}

}  // namespace
}  // namespace flow

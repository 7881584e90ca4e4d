#include "flow/bounded_memory.h"

#include <fmt/format.h>

#include "flow/processors/warehouse_test.h"

namespace flow {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;

std::string repeated(std::string_view text) {
  std::string chunk;
  while (chunk.size() + text.size() <= kChunk) chunk += text;
  return chunk;
}

/// What stands before the one file of an archive.
std::string tar_header(std::uint64_t size) {
  std::string header(512, '\0');
  const auto put = [&](std::size_t at, const std::string& text) { header.replace(at, text.size(), text); };
  put(0, "long");
  put(100, "0000644");
  put(124, fmt::format("{:011o}", size));
  put(136, "00000000000");
  put(148, "        ");
  put(156, "0");
  put(257, std::string("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum));
  header[154] = '\0';
  return header;
}
std::string package_header(std::uint64_t size) {
  std::string header("NiFiFF3\0\1\0\1k\0\1v", 15);  // one attribute
  for (int shift = 56; shift >= 0; shift -= 8) header += static_cast<char>(size >> shift);
  return header;
}

/// With 100,000 messages on their way, and a cluster that keeps 5 MB.
constexpr std::uint64_t kKafkaMemoryMax = 144;

/// Rows of some 128 bytes.
constexpr const char* kManyRows =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ROWS) SELECT i, printf('%0120d', i) AS text "
    "FROM n";

std::vector<ServiceDefinition> csv_to(const std::string& writer, PropertyValues properties = {}) {
  return {service("in", "CSVReader", {{"schema-access-strategy", "csv-header-derived"}}),
          service("out", writer, std::move(properties))};
}

}  // namespace

std::string made_by(const std::string& type, PropertyValues properties, Given given, const std::string& relationship) {
  ProcessorRun run(type, std::move(properties), {.given = {std::move(given)}});
  run.until_idle();
  return run.only(relationship).content;
}

Given content_of(Kind kind, std::uint64_t megabytes) {
  const std::string csv_head = "id,name,amount,city\n", csv_rows = repeated("4711,somebody,12.50,Paris\n");
  switch (kind) {
    case Kind::Nothing: return {};
    case Kind::Lines:
      return {.content = repeated("a line of text that says nothing in particular, 0815\n"), .times = megabytes};
    case Kind::Csv: return {.content = csv_rows, .before = csv_head, .times = megabytes};
    case Kind::Json:
      return {.content = repeated(R"(,{"id":4711,"name":"somebody","of":{"city":"Paris","tags":[1,2]}})"),
              .before = R"([{"id":4711,"name":"somebody","of":{"city":"Paris","tags":[1,2]}})",
              .after = "]",
              .times = megabytes};
    case Kind::JsonLines:
      return {.content = repeated("{\"id\":4711,\"name\":\"somebody\",\"of\":{\"city\":\"Paris\",\"tags\":[1,2]}}\n"),
              .times = megabytes};
    case Kind::OneLine: return {.content = std::string(kChunk, 'x'), .times = megabytes};
    case Kind::Gzip:
      return {.content = made_by("CompressContent", {{"Mode", "compress"}, {"Compression Format", "gzip"}}, {csv_rows},
                                 "success"),
              .times = megabytes};
    case Kind::Tar:
      return {.content = std::string(kChunk, 'x'),
              .before = tar_header(megabytes * kChunk),
              .after = std::string(1024, '\0'),
              .times = megabytes};
    case Kind::FlowFileStream:
      return {.content = std::string(kChunk, 'x'), .before = package_header(megabytes * kChunk), .times = megabytes};
  }
  return {};
}

std::vector<Case> record_cases() {
  const auto json = std::vector{service("in", "JsonTreeReader"), service("out", "JsonRecordSetWriter")};
  return {
      {"ConvertRecord, CSV to JSON", "ConvertRecord", records(), Kind::Csv, csv_to("JsonRecordSetWriter")},
      {"ConvertRecord, CSV to CSV", "ConvertRecord", records(), Kind::Csv, csv_to("CSVRecordSetWriter")},
      {"ConvertRecord, CSV to Avro", "ConvertRecord", records(), Kind::Csv, csv_to("AvroRecordSetWriter")},
      {"ConvertRecord, inferred",
       "ConvertRecord",
       records(),
       Kind::Csv,
       {service("in", "CSVReader"), service("out", "CSVRecordSetWriter")}},
      // A row group is in memory until it is full.
      {"ConvertRecord, CSV to Parquet", "ConvertRecord", records(), Kind::Csv, csv_to("ParquetRecordSetWriter"), 320},
      {"ConvertRecord, JSON array", "ConvertRecord", records(), Kind::Json, json},
      {"ConvertRecord, JSON lines", "ConvertRecord", records(), Kind::JsonLines, json},
      {"UpdateRecord", "UpdateRecord", records({{"/name", "x"}}), Kind::Json, json},
      {"ValidateRecord", "ValidateRecord", records(), Kind::Json, json},
      {"PartitionRecord", "PartitionRecord", records({{"name", "/name"}}), Kind::Json, json},
      {"SplitRecord", "SplitRecord", records({{"Records Per Split", "200000"}}), Kind::Json, json},
      {"MergeRecord", "MergeRecord", records({{"max-records", "1000000000"}}), Kind::Json, json},
      {"ForkRecord", "ForkRecord", records({{"fork-mode", "extract"}, {"tags", "/of/tags"}}), Kind::Json, json},
      {"JoltTransformRecord", "JoltTransformRecord",
       records({{"Jolt Specification", R"([{"operation":"shift","spec":{"id":"n","name":"of.name"}}])"}}), Kind::Json,
       json},
      {.name = "LookupRecord",
       .type = "LookupRecord",
       .properties = records({{"Lookup Service", "l"}, {"key", "/name"}, {"Result RecordPath", "/found"}}),
       .kind = Kind::Json,
       .services = {json[0], json[1], service("l", "SimpleKeyValueLookupService", {{"somebody", "yes"}})},
       .relationships = {"success", "failure"}},
      {.name = "QueryRecord",
       .type = "QueryRecord",
       .properties = records({{"rows", "SELECT COUNT(*) FROM FLOWFILE"}}),
       .kind = Kind::Json,
       .services = json,
       .beside = Beside::Warehouse},
      {.name = "PutDatabaseRecord",
       .type = "PutDatabaseRecord",
       .properties = {{"Record Reader", "in"},
                      {"Statement Type", "INSERT"},
                      {"Table Name", "people"},
                      {"Database Connection Pooling Service", "pool"}},
       .kind = Kind::Json,
       .services = json,
       .beside = Beside::Database},
      {.name = "ExecuteSQLRecord",
       .type = "ExecuteSQLRecord",
       .properties = {{"Record Writer", "out"},
                      {"SQL Query", kManyRows},
                      {"Database Connection Pooling Service", "pool"}},
       .kind = Kind::Nothing,
       .services = json,
       .beside = Beside::Database},
      {.name = "PublishKafkaRecord",
       .type = "PublishKafkaRecord_2_6",
       .properties = records({{"Kafka Brokers", "BROKERS"}, {"Topic Name", "t"}, {"Use Transactions", "false"}}),
       .kind = Kind::JsonLines,
       .services = json,
       .memory_max = kKafkaMemoryMax,
       .beside = Beside::Kafka},
  };
}

std::vector<Case> content_cases() {
  const auto compress = [](const std::string& format) {
    return PropertyValues{{"Mode", "compress"}, {"Compression Format", format}};
  };
  std::vector<Case> cases{
      {"ValidateCsv",
       "ValidateCsv",
       {{"validate-csv-schema", "ParseInt(),NotNull(),ParseDouble(),NotNull()"}},
       Kind::Csv},
      {"ModifyCompression",
       "ModifyCompression",
       {{"Input Compression Strategy", "gzip"}, {"Output Compression Strategy", "zstd"}},
       Kind::Gzip},
      {"CryptographicHashContent", "CryptographicHashContent", {}, Kind::Lines},
      {"HashContent", "HashContent", {}, Kind::Lines},
      {"ConvertCharacterSet",
       "ConvertCharacterSet",
       {{"Input Character Set", "UTF-8"}, {"Output Character Set", "UTF-16"}},
       Kind::Lines},
      {"ReplaceText, by line",
       "ReplaceText",
       {{"Regular Expression", "line"}, {"Replacement Value", "row"}, {"Evaluation Mode", "Line-by-Line"}},
       Kind::Lines},
      {"ReplaceText, appended",
       "ReplaceText",
       {{"Replacement Strategy", "Append"},
        {"Replacement Value", "end"},
        {"Evaluation Mode", "Entire text"},
        {"Maximum Buffer Size", "10 GB"}},
       Kind::Lines},
      {"ReplaceText, replaced whole",
       "ReplaceText",
       {{"Replacement Strategy", "Always Replace"},
        {"Replacement Value", "end"},
        {"Evaluation Mode", "Entire text"},
        {"Maximum Buffer Size", "10 GB"}},
       Kind::Lines},
      {"RouteText",
       "RouteText",
       {{"Routing Strategy", "Route to 'matched' if line matches all conditions"},
        {"Matching Strategy", "Contains"},
        {"text", "0815"}},
       Kind::Lines,
       {},
       kMemoryMax,
       From::FlowFile,
       Beside::Nothing,
       {},
       {"matched", "unmatched", "original"}},
      {"SplitText", "SplitText", {{"Line Split Count", "1000000"}}, Kind::Lines},
      {"SplitText, header", "SplitText", {{"Line Split Count", "1000000"}, {"Header Line Count", "1"}}, Kind::Lines},
      {"SplitText, one long line", "SplitText", {{"Line Split Count", "1"}}, Kind::OneLine},
      {"RouteOnContent",
       "RouteOnContent",
       {{"Match Requirement", "content must contain match"}, {"hit", "0815"}},
       Kind::Lines},
      {"ExtractText", "ExtractText", {{"found", "(\\d+)"}}, Kind::Lines},
      {"MergeContent", "MergeContent", {{"Minimum Number of Entries", "1"}}, Kind::Lines},
      {"MergeContent, text around it",
       "MergeContent",
       {{"Delimiter Strategy", "Text"}, {"Header", "a"}, {"Footer", "z"}},
       Kind::Lines},
      {"MergeContent, ZIP", "MergeContent", {{"Merge Format", "ZIP"}}, Kind::Lines},
      {"MergeContent, TAR", "MergeContent", {{"Merge Format", "TAR"}}, Kind::Lines},
      {"MergeContent, FlowFile Stream", "MergeContent", {{"Merge Format", "FlowFile Stream, v3"}}, Kind::Lines},
      {"UnpackContent, tar", "UnpackContent", {{"Packaging Format", "tar"}}, Kind::Tar},
      {"UnpackContent, FlowFile Stream",
       "UnpackContent",
       {{"Packaging Format", "flowfile-stream-v3"}},
       Kind::FlowFileStream},
      {"DuplicateFlowFile", "DuplicateFlowFile", {{"Number of Copies", "3"}}, Kind::Lines},
      {"ExecuteStreamCommand", "ExecuteStreamCommand", {{"Command Path", "cat"}}, Kind::Lines},
      {"PutFile", "PutFile", {{"Directory", "FOLDER/out"}}, Kind::Lines},
  };
  for (const auto* format : {"gzip", "deflate", "bzip2", "snappy", "snappy framed", "lz4-framed", "zstd", "brotli"}) {
    const std::string name = format;
    cases.push_back({"CompressContent, " + name, "CompressContent", compress(name), Kind::Lines});
    cases.push_back({.name = "CompressContent, back from " + name,
                     .type = "CompressContent",
                     .properties = {{"Mode", "decompress"}, {"Compression Format", name}},
                     .kind = Kind::Lines,
                     .before = std::tuple("CompressContent", compress(name), "success")});
  }
  cases.push_back({.name = "CompressContent, xz",
                   .type = "CompressContent",
                   .properties = {{"Mode", "compress"}, {"Compression Format", "xz-lzma2"}, {"Compression Level", "1"}},
                   .kind = Kind::Gzip,
                   .memory_max = 160});
  cases.push_back({.name = "UnpackContent, zip",
                   .type = "UnpackContent",
                   .properties = {{"Packaging Format", "zip"}},
                   .kind = Kind::Lines,
                   .before = std::tuple("MergeContent", PropertyValues{{"Merge Format", "ZIP"}}, "merged")});
  const auto from_file = [&](const std::string& type, PropertyValues properties) {
    cases.push_back(
        {.name = type, .type = type, .properties = std::move(properties), .kind = Kind::Lines, .from = From::File});
  };
  from_file("FetchFile", {{"File to Fetch", "FOLDER/long"}});
  from_file("GetFile", {{"Input Directory", "FOLDER"}});
  from_file("TailFile", {{"File to Tail", "FOLDER/long"}});
  cases.push_back({.name = "PutSnowflakeInternalStage",
                   .type = "PutSnowflakeInternalStage",
                   .properties = {{"Snowflake Connection Provider", "pool"}, {"Internal Stage Type", "user"}},
                   .kind = Kind::Lines,
                   .services = {warehouse_pool()},
                   .beside = Beside::Warehouse});
  cases.push_back({.name = "ExecuteSQL",
                   .type = "ExecuteSQL",
                   .properties = {{"SQL Query", kManyRows}, {"Database Connection Pooling Service", "pool"}},
                   .kind = Kind::Nothing,
                   .beside = Beside::Database});
  cases.push_back({.name = "PublishKafka",
                   .type = "PublishKafka",
                   .properties = {{"Kafka Connection Service", "kafka"},
                                  {"Topic Name", "t"},
                                  {"Transactions Enabled", "false"},
                                  {"Message Demarcator", "\n"}},
                   .kind = Kind::Lines,
                   .memory_max = kKafkaMemoryMax,
                   .beside = Beside::Kafka});
  cases.push_back({.name = "PublishKafka of NiFi 1",
                   .type = "PublishKafka_2_6",
                   .properties = {{"Kafka Brokers", "BROKERS"},
                                  {"Topic Name", "t"},
                                  {"Use Transactions", "false"},
                                  {"Message Demarcator", "\n"}},
                   .kind = Kind::Lines,
                   .memory_max = kKafkaMemoryMax,
                   .beside = Beside::Kafka});
  from_file("ExecuteProcess", {{"Command", "cat"}, {"Command Arguments", "FOLDER/long"}});
  for (const auto& [beside, where] : {std::pair(Beside::LocalStore, ", local"), {Beside::RemoteStore, ", remote"}})
    cases.push_back({.name = std::string("PutS3Object") + where,
                     .type = "PutS3Object",
                     .properties = {{"Bucket", "bucket"}, {"Object Key", "long"}},
                     .kind = Kind::Lines,
                     .beside = beside});
  return cases;
}

std::vector<Unmeasured> unmeasured() {
  std::vector<Unmeasured> all;
  for (const auto* type :
       {"AttributesToJSON", "ControlRate", "DeleteS3Object", "DetectDuplicate", "GenerateTableFetch",
        "GetSnowflakeIngestStatus", "LogAttribute", "LogMessage", "MonitorActivity", "Notify", "RetryFlowFile",
        "RouteOnAttribute", "StartSnowflakeIngest", "TagS3Object", "UpdateAttribute", "Wait"})
    all.push_back({type, Unmeasured::Why::LeavesContent});
  for (const auto* type : {"EvaluateJsonPath", "JoltTransformJSON", "PutSQL", "ReplaceTextWithMapping", "SplitJson"})
    all.push_back({type, Unmeasured::Why::HoldsContent});
  all.push_back({"HandleHttpResponse", Unmeasured::Why::Elsewhere, "handle_http_test.cpp"});
  all.push_back({"InvokeHTTP", Unmeasured::Why::Elsewhere, "invoke_http_test.cpp"});
  all.push_back({"PutSFTP", Unmeasured::Why::Elsewhere, "sftp_test.cpp"});
  all.push_back({"FetchSFTP", Unmeasured::Why::Elsewhere, "sftp_test.cpp"});
  all.push_back({"FetchS3Object", Unmeasured::Why::Elsewhere, "../bounded_memory_test.cpp"});  // after PutS3Object
  return all;
}

}  // namespace flow

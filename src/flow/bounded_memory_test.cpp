// A content may be far longer than the memory: no processor holds it whole, but those that docs/flow.md names. Runs
// when FRESHET_CONTENT_MB says how long contents are.
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>

#include "flow/local_target.h"
#include "flow/memory_test.h"
#include "flow/processors/record_test_services.h"
#include "flow/remote_target.h"
#include "store/s3/test_server.h"

namespace flow {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;
constexpr std::uint64_t kMemoryMax = 96;  // MB, beside what a process has that does nothing

enum class Kind { Lines, Csv, Json, JsonLines, OneLine, Gzip, Tar, FlowFileStream };

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

/// What comes of a content when it goes through a processor.
std::string made_by(const std::string& type, PropertyValues properties, Given given, const std::string& relationship) {
  ProcessorRun run(type, std::move(properties), {.given = {std::move(given)}});
  run.until_idle();
  return run.only(relationship).content;
}

Given content_of(Kind kind, std::uint64_t megabytes) {
  const std::string csv_head = "id,name,amount,city\n", csv_rows = repeated("4711,somebody,12.50,Paris\n");
  switch (kind) {
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

/// Objects beside the flow, or behind a server.
class Stores final : public ObjectTargets {
 public:
  explicit Stores(bool remote) {
    if (!remote) {
      EXPECT_TRUE(server_.store().create_bucket("bucket"));
      target_ = std::make_shared<LocalTarget>(server_.store(), 2);
      return;
    }
    auto connected = store::s3::S3Client::connect(
        {.endpoint = server_.url(), .key = store::s3::LocalServer::key(), .sleeper = &sleeper_, .retry_seed = 1},
        clock_);
    const auto client = std::make_shared<store::s3::S3Client>(std::move(connected.value()));
    EXPECT_TRUE(client->create_bucket("bucket"));
    target_ = std::make_shared<RemoteTarget>(client, server_.url());
  }
  base::Result<std::shared_ptr<ObjectTarget>> find(const TargetRequest&) override { return target_; }

 private:
  store::s3::SetClock clock_;
  store::s3::CountingSleeper sleeper_;
  store::s3::LocalServer server_{clock_};
  std::shared_ptr<ObjectTarget> target_;
};

enum class Beside { Nothing, LocalStore, RemoteStore };
enum class From { FlowFile, File };  // FOLDER/long, which the processor reads itself

struct Case {
  std::string name;
  std::string type;
  PropertyValues properties;  // in which FOLDER is a directory
  Kind kind;
  std::vector<ServiceDefinition> services = {};
  std::uint64_t memory_max = kMemoryMax;
  From from = From::FlowFile;
  Beside beside = Beside::Nothing;
  /// It goes through this first: type, properties, relationship.
  std::optional<std::tuple<std::string, PropertyValues, std::string>> before = {};
  std::vector<std::string> relationships = {};  // empty: those of its description
};

std::vector<ServiceDefinition> csv_to(const std::string& writer, PropertyValues properties = {}) {
  return {service("in", "CSVReader", {{"schema-access-strategy", "csv-header-derived"}}),
          service("out", writer, std::move(properties))};
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
  from_file("ExecuteProcess", {{"Command", "cat"}, {"Command Arguments", "FOLDER/long"}});
  for (const auto& [beside, where] : {std::pair(Beside::LocalStore, ", local"), {Beside::RemoteStore, ", remote"}})
    cases.push_back({.name = std::string("PutS3Object") + where,
                     .type = "PutS3Object",
                     .properties = {{"Bucket", "bucket"}, {"Object Key", "long"}},
                     .kind = Kind::Lines,
                     .beside = beside});
  return cases;
}

struct Measured {
  std::uint64_t memory = 0;
  std::uint64_t files = 0;  // that came out of it
  bool lost = false;        // some went where failures go
};

/// In megabytes.
Measured measure(ProcessorRun& run, const std::string& name) {
  EXPECT_EQ(run.problems(), Texts{}) << name;
  const PeakMemory memory;
  run.until_idle();
  return {.memory = memory.grown_mb(), .files = run.status().out.files, .lost = !run.errors().empty()};
}

void write_file(const std::string& path, const Given& given) {
  std::ofstream file(path, std::ios::binary);
  file << given.before;
  for (std::uint64_t i = 0; i < given.times; ++i) file << given.content;
  file << given.after;
}

Measured measure(const Case& c, std::uint64_t megabytes) {
  const Folder folder;
  auto given = content_of(c.kind, megabytes);
  if (c.before)
    given = {made_by(std::get<0>(*c.before), std::get<1>(*c.before), std::move(given), std::get<2>(*c.before))};
  auto properties = c.properties;
  for (auto& [name, value] : properties)
    if (const auto at = value->find("FOLDER"); at != std::string::npos) value->replace(at, 6, folder.path());
  if (c.from == From::File) {
    write_file(folder.at("long"), given);
    given = {};
  }
  std::optional<Stores> stores;
  if (c.beside != Beside::Nothing) stores.emplace(c.beside == Beside::RemoteStore);
  ProcessorRun run(c.type, properties,
                   {.given = {std::move(given)},
                    .relationships = c.relationships,
                    .services = c.services,
                    .targets = stores ? &*stores : nullptr});
  auto measured = measure(run, c.name);
  if (!stores) return measured;
  ProcessorRun fetch("FetchS3Object", {{"Bucket", "bucket"}, {"Object Key", "long"}},
                     {.given = {{""}}, .targets = &*stores});
  const auto fetched = measure(fetch, c.name);
  return {.memory = std::max(measured.memory, fetched.memory),
          .files = std::min(measured.files, fetched.files),
          .lost = measured.lost || fetched.lost};
}

void expect_bounded(const std::vector<Case>& cases) {
  const auto megabytes = content_megabytes(0);
  if (megabytes == 0) GTEST_SKIP() << "set FRESHET_CONTENT_MB: this takes minutes";
  for (const auto& c : cases) {
    const auto measured = measure_apart(c.name, [&] { return measure(c, megabytes); });
    std::cout << c.name << ": " << measured.memory << " MB, " << measured.files << " flowfiles" << std::endl;
    EXPECT_LE(measured.memory, c.memory_max) << c.name;
    EXPECT_GT(measured.files, 0u) << c.name;
    EXPECT_FALSE(measured.lost) << c.name;
  }
}

TEST(BoundedMemoryTest, NoRecordProcessorHoldsAContentWhole) { expect_bounded(record_cases()); }
TEST(BoundedMemoryTest, NoOtherProcessorHoldsAContentWhole) { expect_bounded(content_cases()); }

}  // namespace
}  // namespace flow

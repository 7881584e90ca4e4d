// A content may be far longer than the memory: no record processor holds it whole. Runs
// when FRESHET_CONTENT_MB says how long contents are.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "flow/processors/record_test_services.h"

namespace flow {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;
constexpr std::uint64_t kMemoryMax = 96;  // MB, beside what a process has that does nothing

enum class Kind { Csv, Json, JsonLines };

std::string repeated(std::string_view text) {
  std::string chunk;
  while (chunk.size() + text.size() <= kChunk) chunk += text;
  return chunk;
}

Given content_of(Kind kind, std::uint64_t megabytes) {
  const std::string csv_head = "id,name,amount,city\n", csv_rows = repeated("4711,somebody,12.50,Paris\n");
  switch (kind) {
    case Kind::Csv: return {.content = csv_rows, .before = csv_head, .times = megabytes};
    case Kind::Json:
      return {.content = repeated(R"(,{"id":4711,"name":"somebody","of":{"city":"Paris","tags":[1,2]}})"),
              .before = R"([{"id":4711,"name":"somebody","of":{"city":"Paris","tags":[1,2]}})",
              .after = "]",
              .times = megabytes};
    case Kind::JsonLines:
      return {.content = repeated("{\"id\":4711,\"name\":\"somebody\",\"of\":{\"city\":\"Paris\",\"tags\":[1,2]}}\n"),
              .times = megabytes};
  }
  return {};
}

struct Case {
  std::string name;
  std::string type;
  PropertyValues properties;
  Kind kind;
  std::vector<ServiceDefinition> services = {};
  std::uint64_t memory_max = kMemoryMax;
};

std::vector<ServiceDefinition> csv_to(const std::string& writer, PropertyValues properties = {}) {
  return {service("in", "CSVReader", {{"schema-access-strategy", "csv-header-derived"}}),
          service("out", writer, std::move(properties))};
}

std::vector<Case> cases() {
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

/// In megabytes, since the process began or this was asked to begin anew.
std::uint64_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + 6, nullptr, 10) >> 10;
  return 0;
}
void forget_peak_memory() { std::ofstream("/proc/self/clear_refs") << "5"; }

struct Measured {
  std::uint64_t memory = 0;
  std::uint64_t files = 0;  // that came out of it
  bool lost = false;        // some went where failures go
};

Measured measure(const Case& c, std::uint64_t megabytes) {
  ProcessorRun run(c.type, c.properties, {.given = {content_of(c.kind, megabytes)}, .services = c.services});
  EXPECT_EQ(run.problems(), Texts{}) << c.name;
  forget_peak_memory();
  const auto before = peak_memory();
  run.until_idle();
  const auto status = run.status();
  return {.memory = peak_memory() - before, .files = status.out.files, .lost = !run.errors().empty()};
}

/// In a process of its own: memory that was used once stays with one.
Measured measure_apart(const Case& c, std::uint64_t megabytes) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  const auto child = ::fork();
  if (child == 0) {
    const auto measured = measure(c, megabytes);
    const bool told = ::write(ends[1], &measured, sizeof(measured)) == ssize_t{sizeof(measured)};
    ::_exit(told ? 0 : 1);
  }
  ::close(ends[1]);
  Measured measured;
  const auto size = ::read(ends[0], &measured, sizeof(measured));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << c.name;
  return size == ssize_t{sizeof(measured)} ? measured : Measured{};
}

TEST(BoundedMemoryTest, NoRecordProcessorHoldsAContentWhole) {
  const char* const asked = std::getenv("FRESHET_CONTENT_MB");
  if (asked == nullptr) GTEST_SKIP() << "set FRESHET_CONTENT_MB: this takes minutes";
  const auto megabytes = std::strtoull(asked, nullptr, 10);
  for (const auto& c : cases()) {
    const auto measured = measure_apart(c, megabytes);
    std::cout << c.name << ": " << measured.memory << " MB, " << measured.files << " flowfiles" << std::endl;
    EXPECT_LE(measured.memory, c.memory_max) << c.name;
    EXPECT_GT(measured.files, 0u) << c.name;
    EXPECT_FALSE(measured.lost) << c.name;
  }
}

}  // namespace
}  // namespace flow

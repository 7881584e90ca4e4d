#pragma once

// The cases of bounded_memory_test.cpp.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "flow/processors/record_test_services.h"

namespace flow {

constexpr std::uint64_t kMemoryMax = 96;  // MB, beside what a process has that does nothing

/// What a long content is made of.
enum class Kind { Nothing, Lines, Csv, Json, JsonLines, OneLine, Gzip, Tar, FlowFileStream };
Given content_of(Kind kind, std::uint64_t megabytes);

/// What comes of a content when it goes through a processor.
std::string made_by(const std::string& type, PropertyValues properties, Given given, const std::string& relationship);

enum class Beside { Nothing, LocalStore, RemoteStore, Database, Warehouse, Kafka };
enum class From { FlowFile, File };  // FOLDER/long, which the processor reads itself

struct Case {
  std::string name;
  std::string type;
  /// In which FOLDER is a directory, BROKERS where the cluster is, ROWS as many rows as fill the content.
  PropertyValues properties;
  Kind kind;
  std::vector<ServiceDefinition> services = {};
  std::uint64_t memory_max = kMemoryMax;
  From from = From::FlowFile;
  Beside beside = Beside::Nothing;
  /// It goes through this first: type, properties, relationship.
  std::optional<std::tuple<std::string, PropertyValues, std::string>> before = {};
  std::vector<std::string> relationships = {};  // empty: those of its description
};

std::vector<Case> record_cases();
std::vector<Case> content_cases();

/// Processors that take flowfiles and are not in those cases.
struct Unmeasured {
  enum class Why {
    LeavesContent,  // does not read it
    HoldsContent,   // as NiFi does; docs/flow.md says so
    Elsewhere,      // the test beside it measures it
  };
  std::string_view type;
  Why why;
  std::string_view file = {};  // of the test
};
std::vector<Unmeasured> unmeasured();

}  // namespace flow

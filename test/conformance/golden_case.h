#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "flow/model.h"
#include "flow/processors/processor_test.h"

/// Golden files: what NiFi's own processors made of fixed inputs, and the inputs. An outcome is JSON, of NiFi and of
/// ours alike: "relationships" with what came out of each, in order, "provenance" (types of events, sorted),
/// "counters", "files" of its directory, "left" in its queue; or "invalid", alone.
namespace flow::golden {

/// What releases of NiFi made of a case.
struct Recording {
  std::vector<std::string> releases;
  boost::json::object outcome;
};

/// A processor, its services and what it is given. "{directory}" stands for a directory of the case's own.
struct Case {
  std::string processor;  // Java class
  std::string name;
  PropertyValues properties;
  std::vector<std::string> order;  // of the properties
  std::string annotation_data;
  std::vector<std::string> relationships;  // of NiFi's processor with these properties
  std::vector<ServiceDefinition> services;
  bool input = false;  // flowfiles can come
  std::vector<Given> given;
  std::map<std::string, std::string> files;  // contents by path in its directory
  bool looks_at_files = false;               // those that are there at the end are part of the outcome
  bool any_order = false;                    // flowfiles of a relationship
  std::string form;  // of contents that are compared by what is in them: a compression, or "avro"
  std::vector<Recording> recordings;
};

/// Of all files in a directory.
std::vector<Case> read_cases(const std::filesystem::path& directory);

std::string to_base64(std::string_view bytes);
std::string from_base64(std::string_view text);

/// The case run by our engine, as a release would have it.
boost::json::object run_case(const Case& tried, const std::string& release);

/// Where two outcomes differ.
struct Difference {
  std::string at;  // "relationships.success[0].attributes.filename"
  std::string nifi, ours;
};
std::vector<Difference> compare(const Case& tried, const boost::json::object& nifi, const boost::json::object& ours);

/// A difference that is meant to be: golden_differences.toml. Patterns as of a shell, which match '[' as itself.
struct Expected {
  std::string processor;  // simple name
  std::string cases, release, at;
  std::string why;

  bool is_of(const Case& tried, const Recording& recording) const;
  bool explains(const Difference& difference) const;
};
std::vector<Expected> read_expected(const std::filesystem::path& file);

}  // namespace flow::golden

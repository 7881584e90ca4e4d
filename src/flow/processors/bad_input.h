#pragma once

// What bad_input_test.cpp gives to every processor that takes flowfiles, and what each must make of it.

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/description.h"
#include "flow/kafka/mock_cluster.h"
#include "flow/local_target.h"
#include "flow/processors/database_test.h"
#include "flow/processors/processor_test.h"
#include "flow/processors/sftp_test_server.h"
#include "flow/processors/warehouse_test.h"
#include "flow/web/test_server.h"
#include "store/s3/test_server.h"

namespace flow {

/// Contents that most processors cannot work with.
enum class Bad {
  Empty,
  Bytes,  // any, with NUL and with what is no UTF-8
  Json,   // that ends early
  Csv,    // whose quote is never closed
  Gzip,   // that ends early
  Line,   // of a megabyte
};
constexpr auto kBad = std::to_array<std::pair<Bad, std::string_view>>({{Bad::Empty, "nothing"},
                                                                       {Bad::Bytes, "any bytes"},
                                                                       {Bad::Json, "JSON that ends early"},
                                                                       {Bad::Csv, "CSV with an open quote"},
                                                                       {Bad::Gzip, "gzip that ends early"},
                                                                       {Bad::Line, "a long line"}});
std::string content_of(Bad bad);

/// What an attribute may hold that nobody thought of; without a value there is none.
struct Odd {
  std::string name;
  std::optional<std::string> value;
};
std::vector<Odd> odd_values();

/// What the processors of the table need around them.
class Surroundings final : public ObjectTargets {
 public:
  Surroundings();
  base::Result<std::shared_ptr<ObjectTarget>> find(const TargetRequest&) override { return target_; }

  Folder folder;
  TestDatabase database{
      {"CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO people VALUES(7, 'x')"}};
  TestWarehouse warehouse;
  kafka::MockCluster cluster;
  web::TestServer http{[](const web::TestServer::Seen&) { return http::Response{.body = "yes"}; }};
  std::optional<SshServer> ssh;  // where the program is there
  ~Surroundings() override { std::filesystem::current_path(before_); }

 private:
  const std::filesystem::path before_ = std::filesystem::current_path();  // relative paths lead into the folder now
  Folder ssh_folder_;
  store::s3::SetClock clock_;
  store::s3::LocalServer server_{clock_};
  std::shared_ptr<ObjectTarget> target_;
};

/// Where a flowfile is that is gone, or that went back to its queue.
constexpr std::string_view kGone = "(gone)", kBack = "(back)";

/// A processor that works, and where flowfiles go.
struct Subject {
  std::string type;
  PropertyValues properties;
  Given works;       // what it works on
  std::string good;  // where that goes
  std::string bad;   // where bad contents go, but those of `but`
  std::map<Bad, std::string> but = {};
  std::string bare = {};  // where `works` goes without its attributes; empty: as with them
  std::vector<ServiceDefinition> services = {};
  std::string name = {};  // beside the type, where there are several
  /// Attributes that say why, by the relationship: where NiFi sets any, each of them is there and says something.
  std::map<std::string, std::vector<std::string>> reasons = {};
  /// Those that a failure may set, too.
  std::vector<std::string> also = {};
  /// Relationships that are failures here and no news in NiFi: nothing is logged.
  std::vector<std::string> quiet = {};
  /// What goes to its failures is made by it.
  bool makes_failures = false;
  std::string dynamic = "extra";  // the name of a dynamic property with an expression
  /// Where values of properties lead that come from attributes, where that is known: by property, by name of Odd.
  std::map<std::string, std::map<std::string, std::string>> values = {};
  std::vector<std::string> relationships = {};  // empty: those of its description
};

/// Every processor that takes flowfiles is here.
std::vector<Subject> subjects(const Surroundings& around);

}  // namespace flow

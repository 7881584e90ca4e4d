// A content may be far longer than the memory: no processor holds it whole, but those that docs/flow.md names. It is
// measured when FRESHET_CONTENT_MB says how long contents are.
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <map>

#include "flow/bounded_memory.h"
#include "flow/kafka/mock_cluster.h"
#include "flow/local_target.h"
#include "flow/memory_test.h"
#include "flow/processors/bad_input.h"
#include "flow/processors/coverage.h"
#include "flow/processors/database_test.h"
#include "flow/processors/kafka_test_services.h"
#include "flow/processors/warehouse_test.h"
#include "flow/remote_target.h"
#include "store/s3/test_server.h"

namespace flow {
namespace {

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

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
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
  if (c.from == From::File) {
    write_file(folder.at("long"), given);
    given = {};
  }
  std::optional<Stores> stores;
  if (c.beside == Beside::LocalStore || c.beside == Beside::RemoteStore)
    stores.emplace(c.beside == Beside::RemoteStore);
  auto services = c.services;
  std::optional<TestDatabase> database;
  if (c.beside == Beside::Database) {
    database.emplace(std::vector<std::string>{"CREATE TABLE people(id INTEGER, name TEXT)"});
    services.push_back(database->service());
  }
  std::optional<kafka::MockCluster> cluster;
  if (c.beside == Beside::Kafka) {
    cluster.emplace().make_topic("t");
    services.push_back(kafka_services(cluster->brokers()).front());
  }
  TestWarehouse warehouse;
  const auto brokers = cluster ? cluster->brokers() : "";
  const auto rows = std::to_string(megabytes << 13);
  for (auto& [name, value] : properties)
    for (const auto& [place, text] : {std::pair<std::string_view, const std::string&>{"FOLDER", folder.path()},
                                      {"BROKERS", brokers},
                                      {"ROWS", rows}})
      if (const auto at = value->find(place); at != std::string::npos) value->replace(at, place.size(), text);
  ProcessorRun run(c.type, properties,
                   {.given = {std::move(given)},
                    .relationships = c.relationships,
                    .services = services,
                    .targets = stores ? &*stores : nullptr,
                    .links = warehouse.links()});
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

TEST(BoundedMemoryTest, EveryProcessorIsMeasuredOrSaysWhyNot) {
  std::map<std::string, int> known;
  for (const auto& cases : {record_cases(), content_cases()})
    for (const auto& c : cases) known[family_of(*find_description(c.type))] |= 1;
  for (const auto& each : unmeasured()) {
    ASSERT_NE(find_description(each.type), nullptr) << each.type;
    auto& is_known = known[family_of(*find_description(each.type))];
    EXPECT_EQ(is_known, 0) << each.type << " is there twice";
    is_known |= 2;
  }
  for (const auto* description : descriptions())
    if (description->input != Input::Forbidden)
      EXPECT_TRUE(known.contains(family_of(*description))) << "nothing measures " << description->short_type();
}

TEST(BoundedMemoryTest, WhatIsNotMeasuredHasItsReason) {
  Surroundings around;
  const auto all = subjects(around);
  const auto docs = read_file(FRESHET_SOURCE_DIR "/docs/flow.md");
  const auto held = docs.substr(docs.find("Whole in memory are"), 600);
  for (const auto& each : unmeasured()) {
    const std::string type(each.type);
    switch (each.why) {
      case Unmeasured::Why::HoldsContent: EXPECT_NE(held.find(type), std::string::npos) << type; break;
      case Unmeasured::Why::Elsewhere: {
        const auto test = read_file(FRESHET_SOURCE_DIR "/src/flow/processors/" + std::string(each.file));
        EXPECT_NE(test.find("content_megabytes("), std::string::npos) << each.file;
        EXPECT_NE(test.find('"' + type + '"'), std::string::npos) << type;
        break;
      }
      case Unmeasured::Why::LeavesContent:
        for (const auto& subject : all)
          if (subject.type == type) {
            ProcessorRun run(type, subject.properties,
                             {.given = {subject.works},
                              .services = subject.services,
                              .targets = &around,
                              .links = around.warehouse.links()});
            run.until_idle();
            EXPECT_EQ(run.status().in.files, 1u) << type;
            EXPECT_EQ(run.status().bytes_read, 0u) << type;
          }
    }
  }
}

TEST(BoundedMemoryTest, NoRecordProcessorHoldsAContentWhole) { expect_bounded(record_cases()); }
TEST(BoundedMemoryTest, NoOtherProcessorHoldsAContentWhole) { expect_bounded(content_cases()); }

}  // namespace
}  // namespace flow

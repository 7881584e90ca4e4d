// A bucket may have far more objects than memory has room for: a listing holds a page of them, and what it has listed
// goes to the disk. Runs when FRESHET_LISTED_KEYS says how many there are.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "flow/disk_test.h"
#include "flow/local_target.h"
#include "flow/memory_test.h"
#include "flow/processors/processor_test.h"
#include "flow/processors/record_test_services.h"

namespace flow {
namespace {

// MB, beside what a process has that does nothing: the store takes 35, the connection
// keeps 20,000 flowfiles, and what goes to the disk is in memory before.
constexpr std::uint64_t kMemoryMax = 192;
constexpr std::uint64_t kPutsInAMillisecond = 5;

struct Filled {
  std::uint64_t keys = 0;
};

Filled fill(const std::string& directory, std::uint64_t keys) {
  UnsyncedDisk disk;
  base::VirtualClock clock;
  auto store = store::ObjectStore::open({.directory = directory}, disk, clock);
  if (!store || !(*store)->create_bucket("bucket")) return {};
  for (std::uint64_t i = 0; i < keys; ++i) {
    if (i % kPutsInAMillisecond == 0) clock.advance(std::chrono::milliseconds{1});
    if (!(*store)->put("bucket", fmt::format("orders/{:03}/order-{:09}.json", i % 1000, i), "{}", {})) return {i};
  }
  return {keys};
}

class OneTarget final : public ObjectTargets {
 public:
  explicit OneTarget(store::ObjectStore& store) : target_(std::make_shared<LocalTarget>(store, 2)) {}
  base::Result<std::shared_ptr<ObjectTarget>> find(const TargetRequest&) override { return target_; }

 private:
  std::shared_ptr<ObjectTarget> target_;
};

struct Listed {
  std::uint64_t memory = 0;
  std::uint64_t files = 0;
  std::uint64_t state = 0;  // entries
};

Listed list(const std::string& directory, const PropertyValues& properties,
            const std::vector<ServiceDefinition>& services) {
  base::PosixDisk disk;
  base::VirtualClock clock;
  auto store = store::ObjectStore::open({.directory = directory}, disk, clock);
  if (!store) return {};
  OneTarget targets(**store);
  auto all = properties;
  all.insert({{"Bucket", "bucket"}, {"Region", "us-east-1"}});
  ProcessorRun run("ListS3", all, {.services = services, .targets = &targets, .keeps_events = true});
  run.advance(std::chrono::hours{24});
  const PeakMemory memory;
  run.until_idle();
  return {.memory = memory.grown_mb(), .files = run.status().out.files, .state = run.state().size()};
}

TEST(ListingMemoryTest, ABucketIsListedInBoundedMemory) {
  const char* const asked = std::getenv("FRESHET_LISTED_KEYS");
  if (asked == nullptr) GTEST_SKIP() << "set FRESHET_LISTED_KEYS: this takes minutes";
  const auto keys = std::strtoull(asked, nullptr, 10);
  const Folder folder;
  const auto directory = folder.at("objects");
  ASSERT_EQ(measure_apart("fill", [&] { return fill(directory, keys); }).keys, keys);
  struct Case {
    std::string name;
    PropertyValues properties;
    std::uint64_t files;
    std::vector<ServiceDefinition> services = {};
  };
  for (const auto& c : {Case{"flowfiles", {}, keys},
                        Case{"records", {{"record-writer", "out"}}, 1, {service("out", "JsonRecordSetWriter")}}}) {
    const auto listed = measure_apart(c.name, [&] { return list(directory, c.properties, c.services); });
    std::cout << c.name << ": " << listed.memory << " MB, " << listed.files << " flowfiles, " << listed.state
              << " entries of state" << std::endl;
    EXPECT_LE(listed.memory, kMemoryMax) << c.name;
    EXPECT_EQ(listed.files, c.files) << c.name;
    EXPECT_LE(listed.state, kPutsInAMillisecond + 2) << c.name;
  }
}

}  // namespace
}  // namespace flow

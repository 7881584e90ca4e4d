#include "store/space.h"

#include <fmt/format.h>

#include <map>

#include "base/disk_faulty.h"
#include "store/test_store.h"

namespace store {
namespace {

/// A disk that says how much is free, and never is full. It is `free` but for the ballast.
class MeasuredDisk final : public base::Disk {
 public:
  std::uint64_t free = 1 << 30;
  std::string ballast;

  base::Result<std::unique_ptr<base::File>> open(const std::string& path, base::OpenMode mode) override {
    return real_.open(path, mode);
  }
  base::Status rename(const std::string& from, const std::string& to) override { return real_.rename(from, to); }
  base::Status remove(const std::string& path) override { return real_.remove(path); }
  base::Status hard_link(const std::string& existing, const std::string& link) override {
    return real_.hard_link(existing, link);
  }
  base::Status make_directory(const std::string& path) override { return real_.make_directory(path); }
  base::Status sync_directory(const std::string& path) override { return real_.sync_directory(path); }
  base::Result<std::vector<std::string>> list(const std::string& path) override { return real_.list(path); }
  base::Result<bool> exists(const std::string& path) override { return real_.exists(path); }
  base::Result<std::uint64_t> free_space(const std::string&) override {
    std::error_code none;
    const auto taken = std::filesystem::file_size(ballast, none);
    return none ? free : free - std::min<std::uint64_t>(free, taken);
  }

 private:
  base::PosixDisk real_;
};

class SpaceTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kReserve = 1000, kIndexReserve = 100;
  void SetUp() override {
    disk_.ballast = folder_.path() + "/objects/ballast";
    open();
    ASSERT_TRUE(store_->create_bucket("bucket"));
    ASSERT_TRUE(store_->put("bucket", "before", "there"));
  }
  void open() {
    store_.reset();
    store_ = std::move(*ObjectStore::open({.directory = folder_.path() + "/objects",
                                           .large_object_bytes = 10'000,
                                           .part_bytes_min = 1,
                                           .space = {.body_reserve = kReserve, .index_reserve = kIndexReserve}},
                                          disk_, clock_));
  }
  static bool is_full(const base::Error& error) {
    return error.kind == base::ErrorKind::Unavailable && error.message.starts_with("the disk is full: ");
  }

  Folder folder_;
  MeasuredDisk disk_;
  base::VirtualClock clock_;
  std::unique_ptr<ObjectStore> store_;
};

TEST_F(SpaceTest, RefusesABodyThatLeavesTooLittle) {
  disk_.free = kReserve + 500;
  EXPECT_TRUE(is_full(store_->begin_put("bucket", "k", {.expected_bytes = 501}).error()));
  EXPECT_TRUE(store_->begin_put("bucket", "k", {.expected_bytes = 500}));
  const auto upload = store_->create_upload("bucket", "k", {}).value();
  EXPECT_TRUE(is_full(store_->begin_part("bucket", "k", upload, 1, {.expected_bytes = 501}).error()));
  // What others said that they will write counts until they have written it or gave up.
  auto first = store_->begin_put("bucket", "k", {.expected_bytes = 300}).value();
  EXPECT_TRUE(is_full(store_->begin_put("bucket", "l", {.expected_bytes = 300}).error()));
  first.reset();
  EXPECT_TRUE(store_->begin_put("bucket", "l", {.expected_bytes = 300}));
}

TEST_F(SpaceTest, EndsABodyOfUnknownLengthInTime) {
  const auto writer = store_->begin_put("bucket", "k").value();
  ASSERT_TRUE(writer->append(std::string(300'000, 'x')));
  disk_.free = kReserve;
  base::Status appended;
  for (int n = 0; n < 10 && appended; ++n) appended = writer->append(std::string(300'000, 'x'));
  ASSERT_FALSE(appended);
  EXPECT_TRUE(is_full(appended.error()));
  EXPECT_FALSE(store_->head("bucket", "k"));
}

TEST_F(SpaceTest, RemovalsGoOnWithinTheReserve) {
  disk_.free = kReserve - 1;
  EXPECT_TRUE(is_full(store_->put("bucket", "k", "v").error()));
  EXPECT_TRUE(is_full(store_->takes_bodies().error()));
  EXPECT_TRUE(store_->takes_changes());
  EXPECT_EQ(store_->get("bucket", "before").value(), "there");
  ASSERT_TRUE(store_->remove("bucket", "before"));
  // Others filled the rest: nothing is written, nothing breaks, and it heals by itself.
  disk_.free = kIndexReserve - 1;
  EXPECT_TRUE(is_full(store_->create_bucket("another").error()));
  disk_.free = kReserve + 1000;
  EXPECT_TRUE(store_->put("bucket", "k", "v"));
  EXPECT_TRUE(store_->takes_bodies());
}

TEST_F(SpaceTest, RemovalsGoOnWhenOthersTookTheReserve) {
  EXPECT_FALSE(std::filesystem::exists(disk_.ballast)) << "there is much room";
  disk_.free = 3 * kReserve;
  ASSERT_TRUE(store_->put("bucket", "tight", "now"));
  ASSERT_EQ(std::filesystem::file_size(disk_.ballast), 2 * kIndexReserve);
  open();                               // an earlier process may have left it
  disk_.free = 2 * kIndexReserve + 10;  // all but the ballast is others'
  EXPECT_TRUE(is_full(store_->put("bucket", "k", "v").error()));
  EXPECT_TRUE(store_->remove("bucket", "before"));
  EXPECT_FALSE(std::filesystem::exists(disk_.ballast));
  EXPECT_TRUE(store_->remove("bucket", "tight"));
  // With room again it comes back, with much room it is of no use.
  disk_.free = 3 * kReserve;
  ASSERT_TRUE(store_->put("bucket", "k", "v"));
  EXPECT_TRUE(std::filesystem::exists(disk_.ballast));
  EXPECT_EQ(store_->check().value().damage_count, 0u);
}

/// The disk is full from operation n on, for every n. What was told to be kept is there, nothing else is half there,
/// and once there is room again the store takes writes, at the latest when it is opened anew.
void fill_the_disk(bool removes, int& went_on) {
  const base::VirtualClock clock;
  int faults = 0;
  for (int n = 1;; ++n) {
    const Folder folder;
    const ObjectStore::Options options{.directory = folder.path() + "/objects",
                                       .large_object_bytes = 100,
                                       .segment_bytes = 60,
                                       .part_bytes_min = 1,
                                       .key_ring = std::string(32, 'r')};
    base::FaultyDisk disk{{.fail_at = n, .fault = base::FaultyDisk::Options::Fault::Full}};
    std::map<std::string, std::string> kept;
    const auto put = [&](ObjectStore& store, const std::string& key, const std::string& bytes) {
      const auto written = store.put("bucket", key, bytes);
      if (written)
        kept[key] = bytes;
      else
        EXPECT_EQ(written.error().kind, base::ErrorKind::Unavailable)
            << written.error().message << ": full at operation " << n;
    };
    if (auto store = ObjectStore::open(options, disk, clock); store && (*store)->ensure_bucket("bucket")) {
      for (int k = 0; k < 6; ++k) put(**store, fmt::format("small-{}", k), fmt::format("{:0>30}", k));
      put(**store, "large", std::string(300, 'L'));
      // One whose outcome was not told may be there or not.
      if (removes) (void)(*store)->remove("bucket", "small-0");
      if (removes) kept.erase("small-0");
      disk.heal();
      for (const auto& [key, bytes] : kept)
        EXPECT_EQ((*store)->get("bucket", key).value(), bytes) << "full at operation " << n;
      EXPECT_EQ((*store)->check().value().damage_count, 0u) << "full at operation " << n;
      const bool takes = (*store)->takes_changes().has_value();
      EXPECT_EQ((*store)->put("bucket", "after", "room").has_value(), takes) << "full at operation " << n;
      if (disk.fault_was_hit() && takes) ++went_on;
    }
    disk.heal();
    auto store = ObjectStore::open(options, disk, clock);
    ASSERT_TRUE(store) << store.error().message << ": full at operation " << n;
    ASSERT_TRUE((*store)->ensure_bucket("bucket"));
    for (const auto& [key, bytes] : kept)
      EXPECT_EQ((*store)->get("bucket", key).value(), bytes) << "full at operation " << n;
    EXPECT_EQ((*store)->check().value().damage_count, 0u) << "full at operation " << n;
    ASSERT_TRUE((*store)->put("bucket", "after", "room")) << "full at operation " << n;
    if (!disk.fault_was_hit()) break;
    ++faults;
  }
  EXPECT_GT(faults, 20);
}

// A removal writes to the index, whose log breaks when it cannot grow; a body that finds no room breaks nothing.
TEST(FullDiskTest, AtEveryOperation) {
  int went_on = 0;
  fill_the_disk(true, went_on);
}
TEST(FullDiskTest, BodiesAloneBreakNothing) {
  int went_on = 0;
  fill_the_disk(false, went_on);
  EXPECT_GT(went_on, 3);
}

}  // namespace
}  // namespace store

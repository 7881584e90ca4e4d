#include <fmt/format.h>

#include "base/disk_faulty.h"
#include "base/random.h"
#include "store/test_store.h"

namespace store {
namespace {

class CompactionTest : public testing::Test {
 protected:
  ObjectStore::Options options() const {
    return {.directory = folder_.path() + "/objects",
            .large_object_bytes = 100'000,
            .segment_bytes = 2000,
            .part_bytes_min = 1,
            .key_ring = std::string(32, 'r')};
  }
  void open() {
    store_.reset();
    store_ = std::move(*ObjectStore::open(options(), disk_, clock_));
    ASSERT_TRUE(store_->ensure_bucket("bucket"));
  }
  static std::string bytes_of(int n) { return fmt::format("{:0>100}", n); }

  Folder folder_;
  base::PosixDisk disk_;
  base::VirtualClock clock_;
  std::unique_ptr<ObjectStore> store_;
};

TEST_F(CompactionTest, FreesWhatIsDeadAndKeepsWhatLives) {
  open();
  for (int n = 0; n < 400; ++n) ASSERT_TRUE(store_->put("bucket", std::to_string(n), bytes_of(n)));
  for (int n = 0; n < 400; ++n)
    if (n % 10 != 0) ASSERT_TRUE(store_->remove("bucket", std::to_string(n)));
  const auto upload = store_->create_upload("bucket", "parts", {}).value();  // a part refers to a segment as well
  auto writer = store_->begin_part("bucket", "parts", upload, 1, {}).value();
  ASSERT_TRUE(writer->append("the part"));
  const auto part = writer->commit().value();
  writer.reset();
  const auto before = store_->usage().value();
  auto reader = store_->open_reader("bucket", "100").value();  // reads where the object lay when it was opened
  const auto report = store_->compact(1 << 20).value();
  EXPECT_GT(report.files, 10u);
  EXPECT_GT(report.freed_bytes, before.dead_bytes / 2);
  const auto after = store_->usage().value();
  EXPECT_EQ(after.live_bytes, before.live_bytes);
  EXPECT_LT(after.dead_bytes, before.dead_bytes / 4);
  EXPECT_EQ(reader->read_all().value(), bytes_of(100));
  reader.reset();
  open();  // what the index says of the files is true
  for (int n = 0; n < 400; n += 10) EXPECT_EQ(store_->get("bucket", std::to_string(n)).value(), bytes_of(n));
  ASSERT_TRUE(store_->complete_upload("bucket", "parts", upload, {{1, part.info.etag, {}}}));
  EXPECT_EQ(store_->get("bucket", "parts").value(), "the part");
  EXPECT_EQ(store_->compact(1 << 20).value().moved_bytes, 0u) << "nothing is left to do";
}

TEST_F(CompactionTest, MovesVersionsEncryptedObjectsAndCopies) {
  open();
  ASSERT_TRUE(store_->update_bucket("bucket", [](BucketInfo& bucket) -> base::Status {
    bucket.versioning = Versioning::Enabled;
    return {};
  }));
  std::map<std::string, std::string> versions;
  for (int n = 0; n < 100; ++n) {
    const auto kind = n % 2 == 0 ? EncryptionKind::None : EncryptionKind::Store;
    const auto info = store_->put("bucket", "k", bytes_of(n), {.encryption = {{.kind = kind}, {}}}).value().info;
    versions[version_id(info)] = bytes_of(n);
  }
  int n = 0;
  for (auto at = versions.begin(); at != versions.end();)
    if (++n % 7 != 0) {
      ASSERT_TRUE(store_->remove("bucket", "k", {.version = at->first}));
      at = versions.erase(at);
    } else {
      ++at;
    }
  const auto kept = versions.begin()->first;
  ASSERT_TRUE(store_->copy({"bucket", "k", {.version = kept}}, "bucket", "copy"));  // shares its bytes
  EXPECT_GT(store_->compact(1 << 20).value().moved_bytes, 0u);
  open();
  for (const auto& [version, bytes] : versions)
    EXPECT_EQ(store_->open_reader("bucket", "k", {.version = version}).value()->read_all().value(), bytes);
  EXPECT_EQ(store_->get("bucket", "copy").value(), versions[kept]);
}

TEST_F(CompactionTest, StopsAtItsBudget) {
  open();
  for (int n = 0; n < 400; ++n) ASSERT_TRUE(store_->put("bucket", std::to_string(n), bytes_of(n)));
  for (int n = 0; n < 400; ++n)
    if (n % 4 != 0) ASSERT_TRUE(store_->remove("bucket", std::to_string(n)));
  const auto report = store_->compact(1000).value();
  EXPECT_GT(report.moved_bytes, 0u);
  EXPECT_LE(report.moved_bytes, 1000u);
}

TEST_F(CompactionTest, PowerCutsLoseNothing) {
  for (int fail_at = 1;; ++fail_at) {
    const Folder folder;
    auto own = options();
    own.directory = folder.path() + "/objects";
    auto store = std::move(*ObjectStore::open(own, disk_, clock_));
    ASSERT_TRUE(store->ensure_bucket("bucket"));
    for (int n = 0; n < 60; ++n) ASSERT_TRUE(store->put("bucket", std::to_string(n), bytes_of(n)));
    for (int n = 0; n < 60; ++n)
      if (n % 6 != 0) ASSERT_TRUE(store->remove("bucket", std::to_string(n)));
    store.reset();
    base::FaultyDisk disk{{.fail_at = fail_at}};
    if (auto opened = ObjectStore::open(own, disk, clock_)) (void)(*opened)->compact(1 << 20);
    disk.crash();
    store = std::move(*ObjectStore::open(own, disk, clock_));
    for (int n = 0; n < 60; n += 6)
      ASSERT_EQ(store->get("bucket", std::to_string(n)).value(), bytes_of(n)) << "fault at operation " << fail_at;
    ASSERT_TRUE(store->compact(1 << 20)) << "fault at operation " << fail_at;
    for (int n = 0; n < 60; n += 6) {
      ASSERT_EQ(store->get("bucket", std::to_string(n)).value(), bytes_of(n)) << "fault at operation " << fail_at;
      ASSERT_TRUE(store->remove("bucket", std::to_string(n)));
    }
    EXPECT_EQ(store->usage().value().live_bytes, 0u) << "fault at operation " << fail_at;
    if (!disk.fault_was_hit()) {
      EXPECT_GT(fail_at, 5);
      break;
    }
  }
}

}  // namespace
}  // namespace store

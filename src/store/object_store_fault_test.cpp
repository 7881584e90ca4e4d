#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "base/disk_faulty.h"
#include "store/object_store.h"

namespace store {
namespace {

/// What a client was told, key by key; and what may be there besides, as its outcome was never told.
struct Expected {
  std::map<std::string, std::string> acknowledged;
  std::map<std::string, std::vector<std::string>> possible;  // other contents that the key may have; "-": absent
  std::vector<std::string> event_keys;                       // of acknowledged writes, in order
};

class Folder {
 public:
  Folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "freshet-fault-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }
  ObjectStore::Options options() const {
    return {.directory = path_ + "/objects",
            .large_object_bytes = 100,
            .segment_bytes = 60,
            .part_bytes_min = 1,
            .key_ring = std::string(32, 'r')};
  }

 private:
  std::string path_;
};

void put(ObjectStore& store, Expected& expected, const std::string& key, const std::string& bytes) {
  if (store.put("bucket", key, bytes)) {
    expected.acknowledged[key] = bytes;
    expected.possible.erase(key);
    expected.event_keys.push_back(key);
  } else {
    expected.possible[key].push_back(bytes);
  }
}

void remove(ObjectStore& store, Expected& expected, const std::string& key) {
  if (const auto removed = store.remove("bucket", key)) {
    expected.acknowledged.erase(key);
    if (removed->existed) expected.event_keys.push_back(key);
  } else {
    expected.possible[key].push_back("-");
  }
}

void upload(ObjectStore& store, Expected& expected, const std::string& key, const std::vector<std::string>& parts) {
  const auto id = store.create_upload("bucket", key, {});
  if (!id) return;
  std::vector<CompletedPart> list;
  std::string whole;
  for (const auto& bytes : parts) {
    const int number = static_cast<int>(list.size()) + 1;
    auto writer = store.begin_part("bucket", key, *id, number, {});
    if (!writer || !(*writer)->append(bytes)) return;
    const auto part = (*writer)->commit();
    if (!part) return;
    list.push_back({number, part->info.etag, ""});
    whole += bytes;
  }
  if (store.complete_upload("bucket", key, *id, list)) {
    expected.acknowledged[key] = whole;
    expected.event_keys.push_back(key);
  } else {
    expected.possible[key].push_back(whole);
  }
}

void work(ObjectStore& store, Expected& expected) {
  put(store, expected, "small", "one");
  put(store, expected, "large", std::string(300, 'L'));
  put(store, expected, "small", "two");                  // overwrite in the segment
  put(store, expected, "large", std::string(250, 'M'));  // overwrite, the old file goes
  put(store, expected, "fills", std::string(80, 'f'));   // rolls the segment
  put(store, expected, "parquet", "PAR1....PAR1");
  remove(store, expected, "fills");
  upload(store, expected, "joined", {std::string(200, 'p'), "tail"});
  put(store, expected, "last", "end");
}

/// Every acknowledged object is there whole; every other key holds something that was written, or nothing.
void check_objects(const ObjectStore& store, const Expected& expected, int n) {
  std::map<std::string, std::string> found;
  const auto listing = store.list("bucket", {});
  if (!listing) {
    EXPECT_TRUE(expected.acknowledged.empty()) << "fault at operation " << n;
    return;
  }
  for (const auto& object : listing->objects) {
    const auto bytes = store.get("bucket", object.key);
    ASSERT_TRUE(bytes) << bytes.error().message << ": fault at operation " << n;
    EXPECT_EQ(bytes->size(), object.size);
    found[object.key] = *bytes;
  }
  for (const auto& [key, bytes] : expected.acknowledged) {
    const auto other = expected.possible.find(key);
    const auto now = found.contains(key) ? found[key] : "-";
    const bool allowed =
        now == bytes || (other != expected.possible.end() && std::ranges::count(other->second, now) > 0);
    EXPECT_TRUE(allowed) << key << ": fault at operation " << n;
  }
  for (const auto& [key, bytes] : found) {
    if (expected.acknowledged.contains(key)) continue;
    const auto other = expected.possible.find(key);
    EXPECT_TRUE(other != expected.possible.end() && std::ranges::count(other->second, bytes) > 0)
        << key << " came from nowhere: fault at operation " << n;
  }
}

/// The events of acknowledged writes are all there, in order; at most the one unacknowledged write that became durable
/// stands behind them, and then its object is there as well.
void check_events(const ObjectStore& store, const Expected& expected, int n) {
  const auto events = store.events_after(0, 1000).value();
  std::vector<std::string> keys;
  for (const auto& event : events) keys.push_back(event.key);
  ASSERT_GE(keys.size(), expected.event_keys.size()) << "fault at operation " << n;
  ASSERT_TRUE(std::equal(expected.event_keys.begin(), expected.event_keys.end(), keys.begin()))
      << "fault at operation " << n;
  for (std::size_t i = expected.event_keys.size(); i < events.size(); ++i) {
    EXPECT_TRUE(expected.possible.contains(keys[i])) << keys[i] << ": fault at operation " << n;
    if (is_creation(events[i].kind))
      EXPECT_EQ(store.head("bucket", keys[i]).value().info.sequence, events[i].sequence);
    else
      EXPECT_FALSE(store.head("bucket", keys[i])) << keys[i] << ": fault at operation " << n;
  }
}

enum class Syncing { Log, Segment };

void run_with_faults(bool stay_failed, Syncing syncing) {
  const base::VirtualClock clock;
  int faults = 0;
  for (int n = 1;; ++n) {
    const Folder folder;
    base::FaultyDisk disk{{.fail_at = n, .stay_failed = stay_failed}};
    Expected expected;
    auto options = folder.options();
    if (syncing == Syncing::Segment) options.logged_bytes_max = 0;
    if (auto store = ObjectStore::open(options, disk, clock); store && (*store)->ensure_bucket("bucket"))
      work(**store, expected);
    disk.crash();
    auto store = ObjectStore::open(options, disk, clock);
    ASSERT_TRUE(store) << store.error().message << ": fault at operation " << n;
    check_objects(**store, expected, n);
    check_events(**store, expected, n);
    // It works on, and what it writes now survives the next crash as well.
    ASSERT_TRUE((*store)->ensure_bucket("bucket")) << "fault at operation " << n;
    ASSERT_TRUE((*store)->put("bucket", "after", "crash")) << "fault at operation " << n;
    store->reset();
    disk.crash();
    store = ObjectStore::open(options, disk, clock);
    ASSERT_TRUE(store) << store.error().message << ": fault at operation " << n;
    EXPECT_EQ((*store)->get("bucket", "after").value(), "crash");
    if (!disk.fault_was_hit()) break;
    ++faults;
  }
  EXPECT_GT(faults, 30);
}

/// What is known of the versions of one key: by their bytes, which are all different.
struct ExpectedVersions {
  std::map<std::string, bool> acknowledged;  // bytes; whether it must be there, or must be gone
  std::set<std::string> unknown;             // its write or removal was never answered
};

void put_version(ObjectStore& store, ExpectedVersions& expected, const std::string& bytes, EncryptionKind kind) {
  const auto written = store.put("bucket", "k", bytes, {.encryption = {{.kind = kind}, {}}});
  if (!written) {
    expected.unknown.insert(bytes);
    return;
  }
  expected.acknowledged[bytes] = true;
}

void remove_oldest(ObjectStore& store, ExpectedVersions& expected) {
  const auto listing = store.list_versions("bucket", {});
  if (!listing || listing->versions.empty()) return;
  const auto& oldest = listing->versions.back();
  const auto version = version_id(oldest.info);
  const auto reader = store.open_reader("bucket", "k", {.version = version});
  if (!reader) return;
  const auto bytes = (*reader)->read_all();
  if (!bytes) return;
  if (store.remove("bucket", "k", {.version = version}))
    expected.acknowledged[*bytes] = false;
  else
    expected.unknown.insert(*bytes);
}

void work_on_versions(ObjectStore& store, ExpectedVersions& expected) {
  put_version(store, expected, "before versions", EncryptionKind::None);
  (void)store.update_bucket("bucket", [](BucketInfo& bucket) -> base::Status {
    bucket.versioning = Versioning::Enabled;
    return {};
  });
  put_version(store, expected, "small", EncryptionKind::None);
  put_version(store, expected, std::string(200, 'L'), EncryptionKind::None);
  put_version(store, expected, "sealed", EncryptionKind::Store);
  (void)store.remove("bucket", "k");  // a delete marker
  put_version(store, expected, std::string(300, 'S'), EncryptionKind::Store);
  remove_oldest(store, expected);
  remove_oldest(store, expected);
  put_version(store, expected, "last", EncryptionKind::None);
}

/// Every version that the listing names is whole, and it names those that it must.
void check_versions(ObjectStore& store, const ExpectedVersions& expected, int n) {
  std::set<std::string> found;
  int latest = 0;
  const auto listing = store.list_versions("bucket", {});
  ASSERT_TRUE(listing || expected.acknowledged.empty()) << "fault at operation " << n;
  if (!listing) return;
  for (const auto& [info, is_latest, is_marker] : listing->versions) {
    latest += is_latest ? 1 : 0;
    if (is_marker) continue;
    const auto reader = store.open_reader("bucket", "k", {.version = version_id(info)});
    ASSERT_TRUE(reader) << reader.error().message << ": fault at operation " << n;
    const auto bytes = (*reader)->read_all();
    ASSERT_TRUE(bytes) << bytes.error().message << ": fault at operation " << n;
    EXPECT_EQ(bytes->size(), info.size);
    found.insert(*bytes);
  }
  EXPECT_EQ(latest, listing->versions.empty() ? 0 : 1) << "fault at operation " << n;
  for (const auto& [bytes, is_there] : expected.acknowledged) {
    const bool overwritten = bytes == "before versions";  // while the bucket kept none, the next write may replace it
    if (!expected.unknown.contains(bytes) && !overwritten)
      EXPECT_EQ(found.contains(bytes), is_there) << bytes << ": fault at operation " << n;
  }
  for (const auto& bytes : found)
    EXPECT_TRUE(expected.acknowledged.contains(bytes) || expected.unknown.contains(bytes))
        << bytes << " came from nowhere";
}

/// No reference was lost or kept: with its last version, the last data file goes.
void check_files_go(ObjectStore& store, int n) {
  const auto listing = store.list_versions("bucket", {}).value();
  for (const auto& version : listing.versions)
    ASSERT_TRUE(store.remove("bucket", "k", {.version = version_id(version.info)})) << "fault at operation " << n;
  EXPECT_EQ(store.usage().value().live_bytes, 0u) << "fault at operation " << n;
}

TEST(ObjectStoreFaultTest, PowerCutAmongVersions) {
  const base::VirtualClock clock;
  int faults = 0;
  for (int n = 1;; ++n) {
    const Folder folder;
    base::FaultyDisk disk{{.fail_at = n, .stay_failed = true}};
    ExpectedVersions expected;
    if (auto store = ObjectStore::open(folder.options(), disk, clock); store && (*store)->ensure_bucket("bucket"))
      work_on_versions(**store, expected);
    disk.crash();
    auto store = ObjectStore::open(folder.options(), disk, clock);
    ASSERT_TRUE(store) << store.error().message << ": fault at operation " << n;
    ASSERT_TRUE((*store)->ensure_bucket("bucket")) << "fault at operation " << n;
    check_versions(**store, expected, n);
    check_files_go(**store, n);
    if (!disk.fault_was_hit()) break;
    ++faults;
  }
  EXPECT_GT(faults, 20);
}

TEST(ObjectStoreFaultTest, PowerCutAtEveryOperation) { run_with_faults(true, Syncing::Log); }
TEST(ObjectStoreFaultTest, OneFailureThenPowerCut) { run_with_faults(false, Syncing::Log); }
TEST(ObjectStoreFaultTest, PowerCutAtEveryOperationWithSyncedSegments) { run_with_faults(true, Syncing::Segment); }
TEST(ObjectStoreFaultTest, OneFailureThenPowerCutWithSyncedSegments) { run_with_faults(false, Syncing::Segment); }

std::size_t tables_of(const Folder& folder) {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder.path() + "/objects/index"))
    count += file.path().extension() == ".sst" ? 1 : 0;
  return count;
}

/// Contents that a power cut took from segments come back from the index's log, and where the log went they were synced
/// before.
TEST(ObjectStoreFaultTest, LogGoesAfterTheSegment) {
  const base::VirtualClock clock;
  const Folder folder;
  base::FaultyDisk disk{{}};
  auto options = folder.options();
  options.segment_bytes = 64 << 20;
  options.index_buffer_bytes = 64 << 10;
  const auto key_of = [](int i) { return std::string(900, 'k') + std::to_string(i); };
  constexpr int kObjects = 400;
  {
    auto store = ObjectStore::open(options, disk, clock).value();
    ASSERT_TRUE(store->ensure_bucket("bucket"));
    for (int i = 0; i < kObjects; ++i) ASSERT_TRUE(store->put("bucket", key_of(i), "bytes " + std::to_string(i)));
  }
  EXPECT_GT(tables_of(folder), 0u);  // some of the log went
  disk.crash();
  const auto store = ObjectStore::open(options, disk, clock).value();
  for (int i = 0; i < kObjects; ++i) EXPECT_EQ(store->get("bucket", key_of(i)).value(), "bytes " + std::to_string(i));
}

TEST(ObjectStoreFaultTest, NothingIsAcknowledgedAfterASegmentCouldNotBeSynced) {
  const base::VirtualClock clock;
  for (int n = 1;; ++n) {
    const Folder folder;
    base::FaultyDisk disk{{.fail_at = n}};
    auto options = folder.options();
    options.segment_bytes = 64 << 20;
    std::set<std::string> acknowledged;
    if (auto store = ObjectStore::open(options, disk, clock); store && (*store)->ensure_bucket("bucket")) {
      for (int i = 0; i < 4; ++i)
        if ((*store)->put("bucket", std::to_string(i), "bytes")) acknowledged.insert(std::to_string(i));
      (void)(*store)->flush();
      for (int i = 4; i < 8; ++i)
        if ((*store)->put("bucket", std::to_string(i), "bytes")) acknowledged.insert(std::to_string(i));
    }
    disk.crash();
    const auto store = ObjectStore::open(options, disk, clock);
    ASSERT_TRUE(store) << store.error().message << ": fault at operation " << n;
    for (const auto& key : acknowledged)
      EXPECT_EQ((*store)->get("bucket", key).value_or("-"), "bytes") << key << ": fault at operation " << n;
    if (!disk.fault_was_hit()) break;
  }
}

}  // namespace
}  // namespace store

#include "store/scrub.h"

#include <fmt/format.h>

#include <fstream>
#include <latch>
#include <set>
#include <thread>

#include "base/random.h"
#include "store/index.h"
#include "store/records.h"
#include "store/scrubber.h"
#include "store/test_store.h"

namespace store {
namespace {

class ScrubTest : public testing::Test {
 protected:
  void SetUp() override { open(); }
  ObjectStore::Options options() const {
    return {.directory = folder_.path() + "/objects",
            .large_object_bytes = 100'000,
            .segment_bytes = 20'000,
            .part_bytes_min = 1,
            .key_ring = std::string(32, 'r')};
  }
  void open() {
    store_.reset();
    auto opened = ObjectStore::open(options(), disk_, clock_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    ASSERT_TRUE(store_->ensure_bucket("bucket"));
  }
  void open_to_read() {
    store_.reset();
    auto own = options();
    own.read_only = true;
    auto opened = ObjectStore::open(own, disk_, clock_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }

  ObjectInfo put(const std::string& key, const std::string& bytes, PutOptions put_options = {}) {
    auto written = store_->put("bucket", key, bytes, std::move(put_options));
    EXPECT_TRUE(written) << written.error().message;
    return written->info;
  }
  /// An upload in three parts.
  void upload(const std::string& key, UploadOptions upload_options) {
    const auto id = store_->create_upload("bucket", key, upload_options).value();
    std::vector<CompletedPart> list;
    for (int number = 1; number <= 3; ++number) {
      const auto part = add_part(key, id, number, upload_options);
      list.push_back({number, part.info.etag, {}});
    }
    const auto completed =
        store_->complete_upload("bucket", key, id, list, {.customer_key = upload_options.encryption.customer_key});
    ASSERT_TRUE(completed) << completed.error().message;
  }
  ObjectDetails add_part(const std::string& key, const std::string& id, int number, const UploadOptions& of) {
    const auto writer = store_
                            ->begin_part("bucket", key, id, number,
                                         {.checksum = of.checksum, .customer_key = of.encryption.customer_key})
                            .value();
    EXPECT_TRUE(writer->append(std::string(70'000, static_cast<char>('a' + number))));
    return writer->commit().value();
  }
  void keep_versions() {
    ASSERT_TRUE(store_->update_bucket("bucket", [](BucketInfo& bucket) -> base::Status {
      bucket.versioning = Versioning::Enabled;
      return {};
    }));
  }

  /// Everything that a store can hold.
  void fill() {
    for (int n = 0; n < 50; ++n) put(fmt::format("small-{}", n), fmt::format("{:0>1000}", n));
    put("empty", "");
    put("large", std::string(300'000, 'L'), {.checksum = ChecksumAlgorithm::Crc64Nvme});
    put("sha", std::string(2000, 's'), {.checksum = ChecksumAlgorithm::Sha256});
    put("sealed", std::string(200'000, 'S'), {.encryption = {{.kind = EncryptionKind::Store}, {}}});
    put("named", "n", {.encryption = {{.kind = EncryptionKind::Named, .key_name = "k"}, {}}});
    put("customer", std::string(1000, 'c'), {.encryption = {{.kind = EncryptionKind::Customer}, customer_key_}});
    upload("parts", {});
    upload("parts-composite", {.checksum = ChecksumAlgorithm::Sha1, .checksum_type = ChecksumType::Composite});
    upload("parts-whole", {.checksum = ChecksumAlgorithm::Crc32c, .checksum_type = ChecksumType::FullObject});
    upload("parts-sealed", {.encryption = {{.kind = EncryptionKind::Store}, {}}});
    upload("parts-customer", {.encryption = {{.kind = EncryptionKind::Customer}, customer_key_}});
    ASSERT_TRUE(store_->copy({"bucket", "large", {}}, "bucket", "copy"));
    ASSERT_TRUE(store_->copy({"bucket", "small-1", {}}, "bucket", "small-copy"));
    ASSERT_TRUE(store_->copy({"bucket", "parts-composite", {}}, "bucket", "parts-copy"));
    // Stretches of another object, one over the other, of a source that goes.
    const auto id = store_->create_upload("bucket", "stretches", {}).value();
    ASSERT_TRUE(store_->copy_part({"bucket", "large", {}}, ByteRange{10, 5000}, "bucket", "stretches", id, 1));
    ASSERT_TRUE(store_->copy_part({"bucket", "large", {}}, ByteRange{3000, 5000}, "bucket", "stretches", id, 2));
    (void)add_part("stretches", id, 3, {});
    keep_versions();
    for (int n = 0; n < 5; ++n) put("versions", fmt::format("version {}", n));
    ASSERT_TRUE(store_->remove("bucket", "versions"));
    put("versions-2", "one");
    put("versions-2", "two");
    ASSERT_TRUE(store_->remove("bucket", "small-2"));
    staged_ = store_->begin_put("bucket", "staged").value();
    ASSERT_TRUE(staged_->append("staged"));
    ASSERT_TRUE(staged_->stage());
    staged_.reset();
  }

  CheckReport check() { return store_->check().value(); }
  ScrubStep scrub_all() {
    ScrubStep all;
    ScrubOptions next{.bytes_max = 50'000};
    do {
      auto step = store_->scrub(next).value();
      all.versions += step.versions;
      all.parts += step.parts;
      all.bytes += step.bytes;
      all.unverifiable += step.unverifiable;
      std::ranges::move(step.damage, std::back_inserter(all.damage));
      next.after = step.next;
    } while (!next.after.empty());
    return all;
  }
  static std::string told(const std::vector<Damage>& damage) {
    std::string text;
    for (const auto& one : damage)
      text += fmt::format("{}/{} {} {}: {} at {} of {}\n", one.bucket, one.key, one.version, one.part, one.what,
                          one.offset, one.file);
    return text;
  }

  /// Where a version lies: what the index says, asked of the disk.
  Extent extent_of(const std::string& key) {
    store_.reset();
    const auto index = Index::open({.directory = options().directory + "/index"}, disk_).value();
    const auto record = decode_object(**index->get(index_key::object("bucket", key))).value();
    return record.contents.front().extents.front();
  }
  std::string path_of(FileId id) const {
    return fmt::format("{}/{}/{:016x}", options().directory, id.is_large() ? "large" : "segments", id.value);
  }
  void flip(const std::string& path, std::uint64_t offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const auto byte = static_cast<char>(file.get() ^ 1);
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(byte);
    ASSERT_TRUE(file.good()) << path;
  }
  /// Changes the index behind the store's back.
  void edit(const std::function<void(IndexChanges&, const Index&)>& change) {
    store_.reset();
    const auto index = Index::open({.directory = options().directory + "/index"}, disk_).value();
    IndexChanges changes;
    change(changes, *index);
    ASSERT_TRUE(index->write(changes));
  }

  const std::string customer_key_ = std::string(32, 'c');
  Folder folder_;
  base::PosixDisk disk_;
  base::VirtualClock clock_;
  std::unique_ptr<ObjectStore> store_;
  std::unique_ptr<ObjectWriter> staged_;
};

TEST_F(ScrubTest, FindsNothingInASoundStore) {
  fill();
  EXPECT_EQ(told(check().damage), "");
  const auto before = scrub_all();
  EXPECT_EQ(told(before.damage), "");
  EXPECT_GT(before.versions, 70u);
  EXPECT_EQ(before.parts, 3u);
  EXPECT_EQ(before.unverifiable, 2u);  // those of the customer's key
  // Segments of which a little lives, shared by a copy or not.
  const std::set<std::string> kept{"small-0", "small-1", "small-copy", "small-25", "small-30"};
  const auto versions = store_->list_versions("bucket", {.prefix = "small-"}).value();
  for (const auto& version : versions.versions)
    if (!kept.contains(version.info.key))
      ASSERT_TRUE(store_->remove("bucket", version.info.key, {.version = version_id(version.info)}));
  EXPECT_GT(store_->compact(1 << 20).value().moved_bytes, 0u);
  EXPECT_EQ(told(check().damage), "");
  EXPECT_EQ(told(scrub_all().damage), "");
  open_to_read();
  EXPECT_EQ(told(check().damage), "");
  EXPECT_EQ(told(scrub_all().damage), "");
  EXPECT_EQ(store_->put("bucket", "no", "no").error().kind, base::ErrorKind::Unavailable);
}

TEST_F(ScrubTest, AStoreThatIsOpenForReadingStaysAsItIs) {
  fill();
  store_.reset();
  const auto listing = [&] {
    std::map<std::string, std::pair<std::uintmax_t, std::filesystem::file_time_type>> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(options().directory))
      if (entry.is_regular_file()) files[entry.path()] = {entry.file_size(), entry.last_write_time()};
    return files;
  };
  const auto before = listing();
  open_to_read();
  EXPECT_EQ(store_->get("bucket", "small-1").value(), fmt::format("{:0>1000}", 1));
  EXPECT_EQ(told(check().damage), "");
  store_.reset();
  EXPECT_EQ(listing(), before);
}

TEST_F(ScrubTest, NamesTheVersionWhoseBytesChanged) {
  fill();
  for (const std::string key : {"small-7", "large", "sealed", "parts", "parts-composite", "parts-sealed", "sha"}) {
    auto extent = extent_of(key);
    flip(path_of(extent.file), extent.offset + extent.length / 2);
    open();
    EXPECT_EQ(told(check().damage), "") << "no byte is read";
    const auto found = scrub_all();
    ASSERT_FALSE(found.damage.empty()) << key;
    bool named = false;
    for (const auto& damage : found.damage) {
      if (damage.key != key) continue;
      named = true;
      EXPECT_EQ(damage.file, path_of(extent.file)) << key;
      EXPECT_GE(damage.offset, extent.offset) << key;
      EXPECT_LT(damage.offset, extent.offset + extent.length) << key;
    }
    EXPECT_TRUE(named) << key << ": " << told(found.damage);
    EXPECT_TRUE(store_->get("bucket", key).error().message.starts_with("the object is damaged")) << key;
    EXPECT_TRUE(store_->head("bucket", key)) << "what is known of it is still told";
    open();  // that it is damaged is kept
    EXPECT_EQ(store_->damaged().size(), found.damage.size());
    EXPECT_FALSE(store_->get("bucket", key));
    EXPECT_TRUE(store_->get("bucket", "small-8"));
    flip(path_of(extent.file), extent.offset + extent.length / 2);
    EXPECT_EQ(told(scrub_all().damage), "");
    EXPECT_TRUE(store_->get("bucket", key)) << key << " was mended";
    EXPECT_TRUE(store_->damaged().empty());
  }
}

TEST_F(ScrubTest, NoCopyIsMadeOfWhatIsDamaged) {
  put("k", std::string(1000, 'k'));
  const auto extent = extent_of("k");
  flip(path_of(extent.file), extent.offset);
  open();
  ASSERT_EQ(scrub_all().damage.size(), 1u);
  EXPECT_FALSE(store_->copy({"bucket", "k", {}}, "bucket", "copy"));
  ASSERT_TRUE(store_->put("bucket", "k", "new"));  // another one has its place
  EXPECT_EQ(store_->get("bucket", "k").value(), "new");
  EXPECT_EQ(scrub_all().damage.size(), 0u);
  EXPECT_TRUE(store_->damaged().empty());
}

TEST_F(ScrubTest, NamesWhatAFileThatIsShortOrGoneHeld) {
  fill();
  const auto large = extent_of("large"), sealed = extent_of("sealed"), small = extent_of("small-1");
  ASSERT_TRUE(std::filesystem::remove(path_of(large.file)));
  std::filesystem::resize_file(path_of(sealed.file), 1000);
  std::filesystem::resize_file(path_of(small.file), small.offset + 10);
  open_to_read();
  const auto report = check();
  const auto text = told(report.damage);
  const auto gone = path_of(large.file);
  for (const auto& expected : std::vector<std::string>{
           "bucket/large null 0: its data file is not there at 0 of " + gone,
           "bucket/copy null 0: its data file is not there at 0 of " + gone,
           "/  1: its data file is not there at 10 of " + gone,
           "/  0: a data file is not there at 0 of " + gone,
           "bucket/sealed null 0: its data file ends at 1000",
           "bucket/small-1 null 0: its data file ends at ",
           "a data file has 1000 bytes and not the ",
       })
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
  const auto found = told(scrub_all().damage);
  for (const std::string key : {"bucket/large ", "bucket/copy ", "bucket/sealed ", "bucket/small-1 "})
    EXPECT_NE(found.find(key), std::string::npos) << key << "\n" << found;
}

TEST_F(ScrubTest, FindsRecordsThatContradictEachOther) {
  struct Case {
    std::string_view what;
    std::function<void(IndexChanges&, const Index&)> change;
  };
  const auto object = [](const Index& index, const std::string& key) {
    return decode_object(**index.get(index_key::object("bucket", key))).value();
  };
  const std::vector<Case> cases{
      {"bytes of a data file are in use and not the",
       [](auto& changes, auto&) { changes[index_key::object("bucket", "small-3")] = std::nullopt; }},
      {"cannot be read", [](auto& changes, auto&) { changes[index_key::object("bucket", "small-3")] = "?"; }},
      {"its bytes overlap with those of another",
       [&](auto& changes, auto& index) {
         auto record = object(index, "small-3");
         record.contents.front().extents.front().offset += 1;
         changes[index_key::object("bucket", "small-3")] = encode(record);
       }},
      {"the record lies at a key that is not its own",
       [&](auto& changes, auto& index) {
         changes[index_key::object("bucket", "other")] = encode(object(index, "empty"));
       }},
      {"bytes lie in stretches of",
       [&](auto& changes, auto& index) {
         auto record = object(index, "small-3");
         record.contents.front().size += 1;
         record.details.info.size += 1;
         changes[index_key::object("bucket", "small-3")] = encode(record);
       }},
      {"the record says 7 bytes and refers to 1000",
       [&](auto& changes, auto& index) {
         auto record = object(index, "small-3");
         record.details.info.size = 7;
         changes[index_key::object("bucket", "small-3")] = encode(record);
       }},
      {"its data file is not in the index",
       [&](auto& changes, auto& index) {
         changes[index_key::file(object(index, "large").contents[0].extents[0].file)] = std::nullopt;
       }},
      {"the newest version is not the current one",
       [](auto& changes, auto&) { changes[index_key::object("bucket", "versions-2")] = std::nullopt; }},
      {"a part belongs to an upload that is not there",
       [](auto& changes, auto& index) {
         const auto cursor = index.cursor();
         cursor->seek("u");
         changes[std::string(cursor->key())] = std::nullopt;
       }},
      {"in a bucket that is not there",
       [](auto& changes, auto&) { changes[index_key::bucket("bucket")] = std::nullopt; }},
      {"event 3 has the number of another",
       [](auto& changes, auto&) { changes[index_key::event(3)] = encode(ObjectEvent{.sequence = 4}); }},
      {"the version is newer than the newest commit",
       [](auto& changes, auto&) { changes[std::string(index_key::kSequence)] = encode_number(1); }},
  };
  for (const auto& one : cases) {
    store_.reset();
    std::filesystem::remove_all(options().directory);
    open();
    fill();
    edit(one.change);
    open_to_read();
    const auto text = told(check().damage);
    EXPECT_NE(text.find(one.what), std::string::npos) << one.what << "\n" << text;
  }
}

TEST_F(ScrubTest, CountsFilesThatNothingRefersTo) {
  fill();
  store_.reset();
  std::ofstream(path_of({0xabcd1})) << "left over";
  open_to_read();
  EXPECT_EQ(check().unknown_files, 1u);
  EXPECT_EQ(check().damage_count, 0u);
}

TEST_F(ScrubTest, OthersWriteMeanwhile) {
  fill();
  std::atomic<bool> ends{false};
  std::vector<std::jthread> writers;
  for (int t = 0; t < 3; ++t)
    writers.emplace_back([&, t] {
      base::Random random(static_cast<std::uint64_t>(t));
      for (int n = 0; !ends; ++n) {
        const auto key = fmt::format("busy-{}-{}", t, random.below(20));
        const auto bytes =
            std::string(random.below(10) == 0 ? 150'000 : random.below(3000), static_cast<char>('a' + t));
        if (random.below(3) == 0)
          ASSERT_TRUE(store_->remove("bucket", key));
        else
          ASSERT_TRUE(store_->put("bucket", key, bytes));
        if (n % 20 == 0) {
          const auto mine = store_->list_versions("bucket", {.prefix = fmt::format("busy-{}-", t)}).value();
          for (const auto& version : mine.versions)
            ASSERT_TRUE(store_->remove("bucket", version.info.key, {.version = version_id(version.info)}));
        }
        if (t == 0 && n % 10 == 0) ASSERT_TRUE(store_->compact(1 << 20));
      }
    });
  for (int round = 0; round < 10; ++round) {
    EXPECT_EQ(told(check().damage), "");
    EXPECT_EQ(told(scrub_all().damage), "");
  }
  ends = true;
}

TEST_F(ScrubTest, GoesOnWhereItStood) {
  fill();
  const auto whole = scrub_all();
  ScrubPosition position;
  std::uint64_t versions = 0;
  int steps = 0;
  do {
    const auto step = store_->scrub({.after = position.after, .bytes_max = 100'000}).value();
    versions += step.versions;
    position.after = step.next;
    ASSERT_TRUE(store_->keep_scrub_position(position));
    open();
    position = store_->scrub_position().value();
    ++steps;
  } while (!position.after.empty());
  EXPECT_EQ(versions, whole.versions);
  EXPECT_GT(steps, 5);
  // What stops in the middle of a version begins with it again.
  int pieces = 0;
  const auto stopped = store_->scrub({.pace = [&](std::uint64_t) { return ++pieces < 3; }}).value();
  EXPECT_TRUE(stopped.stopped);
  EXPECT_EQ(stopped.versions, 2u);
}

TEST_F(ScrubTest, RunsInTheBackground) {
  fill();
  const auto extent = extent_of("small-9");
  flip(path_of(extent.file), extent.offset);
  open();
  std::latch two_rounds(2);
  {
    Scrubber scrubber(*store_, clock_,
                      {.bytes_per_second = 0, .rest = std::chrono::nanoseconds{0}, .on_round = [&, n = 0]() mutable {
                         if (++n <= 2) two_rounds.count_down();
                       }});
    two_rounds.wait();
    EXPECT_GT(scrubber.counts().versions, 140u);
    EXPECT_GE(scrubber.counts().rounds, 2u);
  }
  ASSERT_EQ(store_->damaged().size(), 1u);
  EXPECT_EQ(store_->damaged().front().key, "small-9");
}

}  // namespace
}  // namespace store

#include "store/encryption.h"

#include <fstream>
#include <iterator>

#include "base/random.h"
#include "store/checksum.h"
#include "store/test_store.h"

namespace store {
namespace {

using base::ErrorKind;

std::string bytes_of_seed(std::uint64_t seed, std::size_t size) {
  base::Random random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random.next() >> 32);
  return bytes;
}

class ObjectEncryptionTest : public ObjectStoreTest {
 protected:
  const std::string customer_key_ = std::string(32, 'c');

  EncryptionRequest request(EncryptionKind kind) const {
    switch (kind) {
      case EncryptionKind::None: return {};
      case EncryptionKind::Store: return {{kind, {}}, {}};
      case EncryptionKind::Named: return {{kind, "key one"}, {}};
      case EncryptionKind::Customer: return {{kind, {}}, customer_key_};
    }
    return {};
  }
  ReadOptions reading(EncryptionKind kind) const {
    return {.customer_key = kind == EncryptionKind::Customer ? customer_key_ : std::string{}};
  }
  std::string read(const std::string& key, const ReadOptions& options, ByteRange range) {
    const auto reader = store_->open_reader("bucket", key, options).value();
    std::string bytes(range.length, '\0');
    bytes.resize(reader->read_at(range.offset, bytes).value());
    return bytes;
  }
  bool disk_shows(std::string_view text) const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string contents{std::istreambuf_iterator<char>(file), {}};
      if (contents.find(text) != std::string::npos) return true;
    }
    return false;
  }
};

constexpr std::array kKinds{EncryptionKind::None, EncryptionKind::Store, EncryptionKind::Named,
                            EncryptionKind::Customer};

TEST_F(ObjectEncryptionTest, StretchesReadAsTheyWereWritten) {
  for (const auto kind : kKinds)
    for (const std::size_t size : {0u, 1u, 999u, 1000u, 65535u, 65536u, 65537u, 131072u, 200000u}) {
      const auto bytes = bytes_of_seed(size, size);
      const auto details = store_->put("bucket", "k", bytes, {.encryption = request(kind)}).value();
      EXPECT_EQ(details.info.etag, to_hex(md5(bytes)));
      EXPECT_EQ(details.info.size, size);
      base::Random random(size);
      for (int i = 0; i < 20; ++i) {
        const auto offset = size == 0 ? 0 : random.next() % size;
        const auto length = size == 0 ? 0 : random.next() % (size - offset + 1);
        ASSERT_EQ(read("k", reading(kind), {offset, length}), bytes.substr(offset, length))
            << size << " bytes, from " << offset;
      }
    }
}

TEST_F(ObjectEncryptionTest, NothingOfAnEncryptedObjectLiesOnTheDisk) {
  const std::string secret = "nobody may read these words", padding(5000, '.');
  ASSERT_TRUE(store_->put("bucket", "plain", "these are for everybody" + padding));
  for (const auto kind : {EncryptionKind::Store, EncryptionKind::Named, EncryptionKind::Customer}) {
    ASSERT_TRUE(store_->put("bucket", "small", secret, {.encryption = request(kind)}));
    ASSERT_TRUE(store_->put("bucket", "large", secret + padding, {.encryption = request(kind)}));
    EXPECT_TRUE(disk_shows("these are for everybody"));
    EXPECT_FALSE(disk_shows(secret));
    EXPECT_FALSE(disk_shows(customer_key_));
  }
}

TEST_F(ObjectEncryptionTest, OnlyTheRightCustomerKeyOpens) {
  ASSERT_TRUE(store_->put("bucket", "k", "secret", {.encryption = request(EncryptionKind::Customer)}));
  ASSERT_TRUE(store_->put("bucket", "plain", "text"));
  EXPECT_EQ(store_->open_reader("bucket", "k").error().kind, ErrorKind::Denied);
  EXPECT_EQ(store_->open_reader("bucket", "k", {.customer_key = std::string(32, 'x')}).error().kind, ErrorKind::Denied);
  EXPECT_EQ(store_->open_reader("bucket", "plain", {.customer_key = customer_key_}).error().kind, ErrorKind::Denied);
  EXPECT_EQ(read("k", {.customer_key = customer_key_}, {0, 6}), "secret");
}

TEST_F(ObjectEncryptionTest, CopiesChangeTheirEncryption) {
  const auto bytes = bytes_of_seed(1, 100'000);
  for (const auto from : kKinds)
    for (const auto to : kKinds) {
      ASSERT_TRUE(store_->put("bucket", "from", bytes, {.encryption = request(from)}));
      const auto copied =
          store_->copy({"bucket", "from", reading(from)}, "bucket", "to", {.encryption = request(to)}).value();
      EXPECT_EQ(copied.encryption, request(to).encryption);
      EXPECT_EQ(copied.info.etag, to_hex(md5(bytes)));
      EXPECT_EQ(read("to", reading(to), {0, bytes.size()}), bytes);
    }
}

TEST_F(ObjectEncryptionTest, PartsAreEncryptedAsTheirUpload) {
  const auto first = bytes_of_seed(1, 70'000), second = bytes_of_seed(2, 10);
  for (const auto kind : kKinds) {
    const auto wanted = request(kind);
    const auto id = store_->create_upload("bucket", "k", {.encryption = wanted}).value();
    std::vector<CompletedPart> parts;
    for (const auto* bytes : {&first, &second}) {
      const auto number = static_cast<int>(parts.size()) + 1;
      const auto writer = store_->begin_part("bucket", "k", id, number, {.customer_key = wanted.customer_key}).value();
      ASSERT_TRUE(writer->append(*bytes));
      parts.push_back({number, writer->commit().value().info.etag, {}});
    }
    const auto other = store_->begin_part("bucket", "k", id, 3, {.customer_key = std::string(32, 'x')});
    EXPECT_EQ(other ? ErrorKind::Internal : other.error().kind, ErrorKind::Denied);
    ASSERT_TRUE(store_->put("bucket", "source", second));
    const auto copied =
        store_->copy_part({"bucket", "source", {}}, ByteRange{2, 5}, "bucket", "k", id, 3, wanted.customer_key).value();
    parts.push_back({3, copied.etag, {}});
    // Three parts, the second of which is large enough for the tests' limit.
    ASSERT_TRUE(store_->complete_upload("bucket", "k", id, parts, {.customer_key = wanted.customer_key}));
    const auto whole = first + second + second.substr(2, 5);
    EXPECT_EQ(read("k", reading(kind), {0, whole.size()}), whole);
    EXPECT_EQ(read("k", reading(kind), {69'999, 8}), whole.substr(69'999, 8));
  }
}

TEST(FrameTest, ADamagedFrameIsNoticed) {
  const auto key = random_key();
  FrameEncrypter encrypter(key);
  auto sealed = encrypter.append("some words") + encrypter.finish();
  ASSERT_EQ(sealed.size(), encrypted_size(10));
  EXPECT_EQ(open_frame(key, 0, sealed).value(), "some words");
  EXPECT_FALSE(open_frame(key, 1, sealed)) << "a frame in another place";
  sealed[3] = static_cast<char>(sealed[3] ^ 1);
  EXPECT_EQ(open_frame(key, 0, sealed).error().kind, ErrorKind::Internal);
}

}  // namespace
}  // namespace store

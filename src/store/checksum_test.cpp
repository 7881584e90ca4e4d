#include "store/checksum.h"

#include <gtest/gtest.h>

#include <utility>

#include "store/records.h"

namespace store {
namespace {

std::vector<ChecksumAlgorithm> all_algorithms() {
  std::vector<ChecksumAlgorithm> all;
  for (int number = 0; number <= static_cast<int>(kLastChecksumAlgorithm); ++number)
    all.push_back(static_cast<ChecksumAlgorithm>(number));
  return all;
}

/// Bytes that look random and are the same in every run.
std::string noise(std::size_t size, std::uint64_t seed = 1) {
  std::string bytes;
  for (std::uint64_t state = seed; bytes.size() < size;) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    bytes += static_cast<char>(state >> 56);
  }
  return bytes;
}

TEST(ChecksumTest, PublishedDigests) {
  struct Case {
    std::string_view name, bytes, hex;
  };
  for (const Case& c : std::to_array<Case>({
           {"crc32", "", "00000000"},
           {"crc32", "123456789", "cbf43926"},
           {"crc32c", "", "00000000"},
           {"crc32c", "123456789", "e3069283"},
           {"crc64nvme", "", "0000000000000000"},
           {"crc64nvme", "123456789", "ae8b14860a799888"},
           {"sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
           {"sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
           {"sha512", "abc",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
           {"md5", "abc", "900150983cd24fb0d6963f7d28e17f72"},
           {"xxhash64", "", "ef46db3751d8e999"},
           {"xxhash64", "abc", "44bc2cf5ad770999"},
           {"xxhash3", "", "2d06800538d394c2"},
           {"xxhash3", "abc", "78af5f94892f3950"},
           {"xxhash128", "", "99aa06d3014798d86001c324468d497f"},
           {"xxhash128", "abc", "06b05ab6733a618578af5f94892f3950"},
       })) {
    const auto algorithm = checksum_algorithm_of(c.name);
    ASSERT_TRUE(algorithm) << c.name;
    EXPECT_EQ(to_hex(checksum(*algorithm, c.bytes)), c.hex) << c.name << " of " << c.bytes;
  }
}

TEST(ChecksumTest, ValuesAsClientsSeeThem) {
  EXPECT_EQ(to_base64(checksum(ChecksumAlgorithm::Crc32, "hello world")), "DUoRhQ==");
  EXPECT_EQ(to_base64(checksum(ChecksumAlgorithm::Crc32c, "hello world")), "yZRlqg==");
  EXPECT_EQ(to_base64(checksum(ChecksumAlgorithm::Crc64Nvme, "hello world")), "jSnVw/bqjr4=");
  EXPECT_EQ(to_base64(checksum(ChecksumAlgorithm::Crc64Nvme, "")), "AAAAAAAAAAA=");
}

// Source: RFC 4231, test cases 1, 2 and 6 (a key longer than a block).
TEST(ChecksumTest, HmacOfPublishedCases) {
  EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(ChecksumTest, NamesLeadBackToTheirAlgorithms) {
  for (const auto algorithm : all_algorithms()) {
    std::string name(name_of(algorithm));
    EXPECT_EQ(checksum_algorithm_of(name), algorithm) << name;
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    EXPECT_EQ(checksum_algorithm_of(name), algorithm) << name;
  }
  EXPECT_EQ(checksum_algorithm_of("crc16"), std::nullopt);
  EXPECT_EQ(checksum_algorithm_of(""), std::nullopt);
}

TEST(ChecksumTest, TypesOfMultipartUploads) {
  struct Case {
    std::string_view name;
    bool composite, full_object;
  };
  for (const Case& c : std::to_array<Case>({
           {"crc32", true, true},
           {"crc32c", true, true},
           {"crc64nvme", false, true},
           {"sha1", true, false},
           {"sha256", true, false},
           {"sha512", true, false},
           {"md5", true, false},
           {"xxhash64", true, false},
           {"xxhash3", true, false},
           {"xxhash128", true, false},
       })) {
    const auto algorithm = *checksum_algorithm_of(c.name);
    EXPECT_EQ(allows(algorithm, ChecksumType::Composite), c.composite) << c.name;
    EXPECT_EQ(allows(algorithm, ChecksumType::FullObject), c.full_object) << c.name;
    EXPECT_EQ(default_type(algorithm), c.composite ? ChecksumType::Composite : ChecksumType::FullObject) << c.name;
  }
}

TEST(ChecksumTest, PiecesGiveTheDigestOfTheWhole) {
  const auto bytes = noise(3000);
  for (const auto algorithm : all_algorithms()) {
    const auto whole = checksum(algorithm, bytes);
    for (const std::size_t piece : {1u, 7u, 64u, 255u, 1024u}) {
      auto digest = make_checksum(algorithm);
      for (std::size_t at = 0; at < bytes.size(); at += piece)
        digest->update(std::string_view(bytes).substr(at, piece));
      EXPECT_EQ(digest->finish(), whole) << name_of(algorithm) << " in pieces of " << piece;
    }
  }
}

TEST(ChecksumTest, CrcsOfTwoStretchesCombine) {
  const auto bytes = noise(5000);
  const std::string_view all = bytes;
  for (const auto algorithm : {ChecksumAlgorithm::Crc32, ChecksumAlgorithm::Crc32c, ChecksumAlgorithm::Crc64Nvme})
    for (std::size_t length = 0; length <= all.size(); length = length * 3 + 1)
      for (std::size_t cut = 0; cut <= length; cut += 1 + length / 17) {
        const auto first = all.substr(0, cut), second = all.substr(cut, length - cut);
        EXPECT_EQ(combine_crc(algorithm, checksum(algorithm, first), checksum(algorithm, second), second.size()),
                  checksum(algorithm, all.substr(0, length)))
            << name_of(algorithm) << " of " << cut << " and " << second.size();
      }
}

TEST(ChecksumTest, RecordsOnDiskKeepTheirNumbers) {
  static_assert(static_cast<int>(ChecksumAlgorithm::Crc32) == 0);
  static_assert(static_cast<int>(ChecksumAlgorithm::Sha256) == 4);
  static_assert(static_cast<int>(ChecksumAlgorithm::Sha512) == 5);
  static_assert(static_cast<int>(ChecksumAlgorithm::XxHash128) == 9);
  for (const auto algorithm : all_algorithms()) {
    ObjectRecord record;
    record.details.checksum = Checksum{algorithm, default_type(algorithm), to_base64(checksum(algorithm, "abc"))};
    const auto decoded = decode_object(encode(record));
    ASSERT_TRUE(decoded) << name_of(algorithm);
    EXPECT_EQ(decoded->details.checksum, record.details.checksum);
  }
}

}  // namespace
}  // namespace store

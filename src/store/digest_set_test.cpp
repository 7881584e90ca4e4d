#include "store/digest_set.h"

#include <gtest/gtest.h>

#include <random>

namespace store {
namespace {

using enum ChecksumAlgorithm;

std::string noise(std::size_t size, std::mt19937_64& random) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

TEST(DigestSetTest, GivesWhatEachDigestGivesAlone) {
  std::mt19937_64 random(3);
  const auto bytes = noise(300'000, random);
  for (const auto& algorithms : std::vector<std::vector<ChecksumAlgorithm>>{
           {}, {Md5}, {Sha256}, {Md5, Crc32}, {Md5, Sha256}, {Md5, Crc64Nvme, Sha256, Sha1}, {Md5, Md5, Sha256, Md5}}) {
    DigestSet set(algorithms);
    for (std::string_view rest = bytes; !rest.empty();) {
      const auto piece = rest.substr(0, random() % 100'000);
      set.update(piece);
      rest.remove_prefix(piece.size());
    }
    std::map<ChecksumAlgorithm, std::string> expected;
    for (const auto algorithm : algorithms) expected[algorithm] = checksum(algorithm, bytes);
    EXPECT_EQ(set.finish(), expected) << algorithms.size();
  }
}

}  // namespace
}  // namespace store

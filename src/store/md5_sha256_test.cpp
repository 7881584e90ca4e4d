#include "store/md5_sha256.h"

#include <gtest/gtest.h>

#include <random>

#include "store/checksum.h"

namespace store {
namespace {

std::string noise(std::size_t size, std::mt19937_64& random) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

class Md5Sha256Test : public testing::Test {
 protected:
  void SetUp() override {
    if (!Md5Sha256::is_supported()) GTEST_SKIP() << "no instructions for SHA-256";
  }

  static void expect_both(Md5Sha256& both, std::string_view bytes) {
    const auto raw = both.finish();
    ASSERT_EQ(to_hex(raw.md5), to_hex(md5(bytes))) << bytes.size();
    ASSERT_EQ(to_hex(raw.sha256), to_hex(sha256(bytes))) << bytes.size();
  }
};

TEST_F(Md5Sha256Test, AgreesWithEachAtEveryLength) {
  std::mt19937_64 random(5);
  const auto bytes = noise(1000, random);
  for (std::size_t length = 0; length + 1 < bytes.size(); ++length) {
    const std::string_view stretch(bytes.data() + 1, length);
    Md5Sha256 both;
    both.update(stretch);
    expect_both(both, stretch);
  }
}

TEST_F(Md5Sha256Test, TakesBytesInAnyPieces) {
  std::mt19937_64 random(6);
  for (int round = 0; round < 300; ++round) {
    const auto bytes = noise(random() % 5000, random);
    Md5Sha256 both;
    for (std::string_view rest = bytes; !rest.empty();) {
      const auto piece = rest.substr(0, random() % (round % 2 == 0 ? 70 : 700));
      both.update(piece);
      rest.remove_prefix(piece.size());
    }
    expect_both(both, bytes);
  }
}

}  // namespace
}  // namespace store

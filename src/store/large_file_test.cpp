#include "store/large_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/disk_faulty.h"
#include "base/random.h"
#include "store/test_store.h"

namespace store {
namespace {

constexpr std::size_t kMega = 1 << 20;

std::string noise(std::size_t size, std::uint64_t seed) {
  base::Random random(seed);
  std::string bytes(size, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random.next());
  return bytes;
}

std::string contents_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

struct Case {
  std::size_t size;
  std::uint64_t expected;   // as the client said
  std::size_t piece_bytes;  // at most
};

class LargeFileTest : public testing::TestWithParam<Case> {
 protected:
  Folder folder_;
  const std::string path_ = folder_.path() + "/large";
  WriteBehind behind_{2};
};

TEST_P(LargeFileTest, HoldsAndPassesOnAllBytesInTheirOrder) {
  const auto [size, expected, piece_bytes] = GetParam();
  const auto bytes = noise(size, size);
  base::PosixDisk disk;
  auto opened = disk.open(path_, base::OpenMode::CreateNew);
  ASSERT_TRUE(opened);
  std::string passed;
  LargeFile file(std::move(*opened), expected, behind_, [&](std::string_view piece) { passed += piece; });
  base::Random random(7);
  for (std::size_t done = 0; done < size;) {
    const auto count = std::min(size - done, 1 + random.below(piece_bytes));
    base::Bytes piece;
    piece.append(std::string_view(bytes).substr(done, count));
    ASSERT_TRUE(file.append(std::move(piece)));
    done += count;
  }
  ASSERT_TRUE(file.end());
  ASSERT_TRUE(file.sync());
  EXPECT_EQ(file.size(), size);
  EXPECT_TRUE(passed == bytes);
  EXPECT_TRUE(contents_of(path_) == bytes);
}

INSTANTIATE_TEST_SUITE_P(Sizes, LargeFileTest,
                         testing::Values(Case{0, 0, 1}, Case{5 * kMega + 1, 0, 300'000}, Case{kMega, kMega, kMega},
                                         // Long ones, of whole blocks and not, with more and less than was expected.
                                         Case{16 * kMega, 16 * kMega, 256 << 10},
                                         Case{17 * kMega + 5, 17 * kMega + 5, 300'000},
                                         Case{3 * kMega, 16 * kMega, 3 * kMega}, Case{1, 16 * kMega, 1},
                                         Case{0, 16 * kMega, 1}, Case{40 * kMega, 20 * kMega, 5 * kMega}));

TEST(LargeFileFaultTest, StaysBrokenAfterAWriteThatFailed) {
  const Folder folder;
  WriteBehind behind(2);
  for (const std::uint64_t expected : {std::uint64_t{0}, std::uint64_t{64 * kMega}}) {
    base::FaultyDisk disk({.fail_at = 3, .stay_failed = false});
    auto opened = disk.open(folder.path() + "/" + std::to_string(expected), base::OpenMode::CreateNew);
    ASSERT_TRUE(opened);
    LargeFile file(std::move(*opened), expected, behind, [](std::string_view) {});
    for (int i = 0; i < 8; ++i) {
      base::Bytes piece;
      piece.append(noise(kMega, 1));
      (void)file.append(std::move(piece));
    }
    const auto ended = file.end();
    ASSERT_FALSE(ended) << "the third change was to fail";
    EXPECT_TRUE(disk.fault_was_hit());
    EXPECT_FALSE(file.append({}));
  }
}

TEST(LargeFileFaultTest, EndsWithWhatItHadBegun) {
  const Folder folder;
  WriteBehind behind(2);
  base::PosixDisk disk;
  for (int i = 0; i < 50; ++i) {
    auto opened = disk.open(folder.path() + "/left", base::OpenMode::Create);
    ASSERT_TRUE(opened);
    LargeFile file(std::move(*opened), 64 * kMega, behind, [](std::string_view) {});
    for (int k = 0; k < 3; ++k) {
      base::Bytes piece;
      piece.append(std::string(kMega, 'x'));
      ASSERT_TRUE(file.append(std::move(piece)));
    }
  }
}

}  // namespace
}  // namespace store

#include "store/crc.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace store {
namespace {

struct Model {
  CrcModel model;
  std::string_view name;
  std::uint64_t polynomial;  // reflected
  std::uint64_t ones;        // a register of all ones
  std::uint64_t check;       // of "123456789"
};
constexpr std::array kModels{
    Model{CrcModel::Crc32, "CRC32", 0xEDB88320, 0xFFFFFFFF, 0xCBF43926},
    Model{CrcModel::Crc32c, "CRC32C", 0x82F63B78, 0xFFFFFFFF, 0xE3069283},
    Model{CrcModel::Crc64Nvme, "CRC64NVME", 0x9A6C9329AC4BC9B5, ~std::uint64_t{0}, 0xAE8B14860A799888},
};

/// The definition: one bit after the other.
std::uint64_t by_bits(const Model& model, std::uint64_t crc, std::string_view bytes) {
  for (const char c : bytes) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ model.polynomial : crc >> 1;
  }
  return crc;
}

std::string noise(std::size_t size, std::mt19937_64& random) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

TEST(CrcTest, CheckValues) {
  for (const auto& model : kModels)
    for (const auto extend : {scalar_crc(model.model), fastest_crc(model.model)}) {
      EXPECT_EQ(extend(model.ones, "123456789") ^ model.ones, model.check) << model.name;
      EXPECT_EQ(extend(model.ones, "") ^ model.ones, 0u) << model.name;
    }
}

TEST(CrcTest, TablesAndInstructionsAgreeAtEveryLength) {
  std::mt19937_64 random(20130524);
  const auto bytes = noise(4096 + 64, random);
  for (const auto& model : kModels) {
    const auto scalar = scalar_crc(model.model), fastest = fastest_crc(model.model);
    auto expected = model.ones;  // of the bytes before the length at hand, from a start that is not aligned
    for (std::size_t length = 0; length <= 4096; ++length) {
      const std::string_view stretch(bytes.data() + 1, length);
      ASSERT_EQ(scalar(model.ones, stretch), expected) << model.name << " of " << length;
      ASSERT_EQ(fastest(model.ones, stretch), expected) << model.name << " of " << length;
      expected = by_bits(model, expected, {stretch.data() + length, 1});
    }
  }
}

TEST(CrcTest, NeitherStartNorSplitMatters) {
  std::mt19937_64 random(7);
  const auto bytes = noise(20000, random);
  for (const auto& model : kModels)
    for (int round = 0; round < 300; ++round) {
      const std::size_t begin = random() % 64, length = random() % (bytes.size() - begin);
      const auto stretch = std::string_view(bytes).substr(begin, length);
      const auto start = random() & model.ones;
      const auto expected = scalar_crc(model.model)(start, stretch);
      ASSERT_EQ(fastest_crc(model.model)(start, stretch), expected) << model.name << " round " << round;
      for (const auto extend : {scalar_crc(model.model), fastest_crc(model.model)}) {
        auto crc = start;
        for (auto rest = stretch; !rest.empty();) {
          const std::size_t piece = random() % (round % 2 == 0 ? 100 : 9000) + 1;
          crc = extend(crc, rest.substr(0, piece));
          rest.remove_prefix(std::min(piece, rest.size()));
        }
        ASSERT_EQ(crc, expected) << model.name << " round " << round;
      }
    }
}

TEST(CrcTest, ChecksumsOfTwoStretchesCombine) {
  std::mt19937_64 random(11);
  const auto bytes = noise(10000, random);
  for (const auto& model : kModels) {
    const auto checksum = [&](std::string_view stretch) {
      return fastest_crc(model.model)(model.ones, stretch) ^ model.ones;
    };
    for (int round = 0; round < 200; ++round) {
      const auto whole = std::string_view(bytes).substr(0, random() % bytes.size());
      const auto first = whole.substr(0, round == 0 ? 0 : random() % (whole.size() + 1));
      const auto second = whole.substr(first.size());
      ASSERT_EQ(combine_crc(model.model, checksum(first), checksum(second), second.size()), checksum(whole))
          << model.name << " of " << first.size() << " and " << second.size();
    }
  }
}

}  // namespace
}  // namespace store

// checksums [MEGABYTES]: how fast the digests of the object store are on one core. Prints one JSON object: GB/s of each
// over a piece that stays in the cache, with the CRCs by tables alone and zlib's CRC32 as references; then over a body
// that does not fit into the cache, the digests of a signed PUT one after the other and together.
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/checksum.h"
#include "store/crc.h"
#include "store/digest_set.h"

namespace {

using Work = std::function<void(std::string_view)>;

struct Row {
  std::string name;
  Work work;
  double gb_per_second = 0;
};

std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint64_t state = 1;
  for (char& c : bytes) c = static_cast<char>((state = state * 6364136223846793005u + 1442695040888963407u) >> 56);
  return bytes;
}

/// The best of several rounds in which all take turns, so that a busy moment of the machine does not hit one alone.
void measure(std::vector<Row>& rows, std::string_view bytes, std::size_t bytes_per_turn) {
  const auto times = std::max<std::size_t>(1, bytes_per_turn / bytes.size());
  for (int round = 0; round < 9; ++round)
    for (auto& row : rows) {
      const auto begin = std::chrono::steady_clock::now();
      for (std::size_t i = 0; i < times; ++i) row.work(bytes);
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
      const auto total = static_cast<double>(bytes.size() * times);
      row.gb_per_second = std::max(row.gb_per_second, total / taken.count() / 1e9);
    }
}

constexpr auto kMd5 = store::ChecksumAlgorithm::Md5, kCrc32 = store::ChecksumAlgorithm::Crc32,
               kSha256 = store::ChecksumAlgorithm::Sha256;

void print(std::string_view title, const std::vector<Row>& rows, std::string_view end) {
  fmt::print("  \"{}\": {{", title);
  for (std::size_t i = 0; i < rows.size(); ++i)
    fmt::print("{}\"{}\": {:.2f}", i == 0 ? "" : ", ", rows[i].name, rows[i].gb_per_second);
  fmt::print("}}{}\n", end);
}

}  // namespace

int main(int argc, char** argv) {
  const auto megabytes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 64;
  if (megabytes == 0) {
    fmt::print(stderr, "usage: checksums [MEGABYTES]\n");
    return 2;
  }
  volatile std::uint64_t sink = 0;

  std::vector<Row> digests;
  for (int number = 0; number <= static_cast<int>(store::kLastChecksumAlgorithm); ++number) {
    const auto algorithm = static_cast<store::ChecksumAlgorithm>(number);
    digests.push_back({std::string(store::name_of(algorithm)), [algorithm, &sink](std::string_view bytes) {
                         sink = sink + static_cast<std::uint8_t>(store::checksum(algorithm, bytes)[0]);
                       }});
  }
  constexpr std::pair<const char*, store::CrcModel> kByTables[] = {{"crc32_by_tables", store::CrcModel::Crc32},
                                                                   {"crc32c_by_tables", store::CrcModel::Crc32c},
                                                                   {"crc64nvme_by_tables", store::CrcModel::Crc64Nvme}};
  for (const auto& [name, model] : kByTables)
    digests.push_back({name, [extend = store::scalar_crc(model), &sink](std::string_view bytes) {
                         sink = extend(sink & 0xFFFFFFFF, bytes);
                       }});
  digests.push_back({"crc32_of_zlib", [&sink](std::string_view bytes) {
                       sink = crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
                     }});
  measure(digests, noise(64 << 10), 32 << 20);

  std::vector<Row> put{
      {"one_after_the_other",
       [](std::string_view bytes) {
         for (const auto algorithm : {kMd5, kCrc32, kSha256}) store::make_checksum(algorithm)->update(bytes);
       }},
      {"together", [](std::string_view bytes) { store::DigestSet({kMd5, kCrc32, kSha256}).update(bytes); }},
  };
  measure(put, noise(megabytes << 20), 1);

  fmt::print("{{\n");
  print("gb_per_second", digests, ",");
  print("gb_per_second_md5_crc32_sha256_of_a_body", put, "");
  fmt::print("}}\n");
  return 0;
}

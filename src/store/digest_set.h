#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/checksum.h"
#include "store/md5_sha256.h"

namespace store {

/// The digests of one stream of bytes: those of a PUT are the MD5 of its ETag, the SHA-256 of a signed payload and the
/// client's checksum. All take a block before the next comes, and MD5 and SHA-256 are computed together where this
/// processor can.
class DigestSet {
 public:
  static constexpr std::size_t kBlockBytes = 64 << 10;  // fits into any processor's second-level cache

  /// One that is named twice is computed once.
  explicit DigestSet(const std::vector<ChecksumAlgorithm>& algorithms);

  void update(std::string_view bytes);
  /// The raw digest of each algorithm; ends them.
  std::map<ChecksumAlgorithm, std::string> finish();

 private:
  std::optional<Md5Sha256> together_;
  std::map<ChecksumAlgorithm, std::unique_ptr<Digest>> others_;
};

}  // namespace store

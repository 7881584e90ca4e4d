#include "store/digest_set.h"

#include <utility>

namespace store {

DigestSet::DigestSet(const std::vector<ChecksumAlgorithm>& algorithms) {
  for (const auto algorithm : algorithms)
    if (auto& digest = others_[algorithm]; digest == nullptr) digest = make_checksum(algorithm);
  if (!Md5Sha256::is_supported() || !others_.contains(ChecksumAlgorithm::Md5) ||
      !others_.contains(ChecksumAlgorithm::Sha256))
    return;
  together_.emplace();
  others_.erase(ChecksumAlgorithm::Md5);
  others_.erase(ChecksumAlgorithm::Sha256);
}

void DigestSet::update(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto block = bytes.substr(0, kBlockBytes);
    bytes.remove_prefix(block.size());
    // First the slow ones: to them memory is no bottleneck, and the CRCs then find the block in the cache.
    if (together_) together_->update(block);
    for (const auto& [algorithm, digest] : others_) digest->update(block);
  }
}

std::map<ChecksumAlgorithm, std::string> DigestSet::finish() {
  std::map<ChecksumAlgorithm, std::string> raw;
  for (const auto& [algorithm, digest] : others_) raw.emplace(algorithm, digest->finish());
  if (together_) {
    auto both = together_->finish();
    raw.emplace(ChecksumAlgorithm::Md5, std::move(both.md5));
    raw.emplace(ChecksumAlgorithm::Sha256, std::move(both.sha256));
  }
  return raw;
}

}  // namespace store

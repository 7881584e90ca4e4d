#include <algorithm>
#include <map>
#include <mutex>
#include <thread>

#include "store/checksum.h"
#include "store/s3/transfer.h"

namespace store::s3 {
namespace {

bool is_crc(ChecksumAlgorithm algorithm) {
  return algorithm == ChecksumAlgorithm::Crc32 || algorithm == ChecksumAlgorithm::Crc32c ||
         algorithm == ChecksumAlgorithm::Crc64Nvme;
}

/// An object, fetched range by range by several threads.
class RangedDownload {
 public:
  RangedDownload(S3Client& client, const std::string& bucket, const RemoteDetails& object, const RangeSink& sink,
                 const DownloadPlan& plan)
      : client_(client), bucket_(bucket), object_(object), sink_(sink), plan_(plan) {
    const auto& checksum = object.checksum;
    summed_ = checksum && checksum->type == ChecksumType::FullObject && is_crc(checksum->algorithm);
  }

  base::Status run() {
    {
      std::vector<std::jthread> threads;
      for (int i = 1; i < plan_.concurrency; ++i) threads.emplace_back([this] { work(); });
      work();
    }
    if (failure_) return base::fail(std::move(*failure_));
    return verify();
  }

 private:
  struct Range {
    std::uint64_t offset, length;
  };

  void work() {
    while (const auto range = take())
      if (auto got = fetch(*range); !got) {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::move(got.error());
      }
  }

  std::optional<Range> take() {
    const std::lock_guard lock(mutex_);
    if (failure_ || next_ >= object_.size) return std::nullopt;
    const Range range{next_, std::min(plan_.part_bytes, object_.size - next_)};
    next_ += range.length;
    return range;
  }

  base::Status fetch(const Range& range) {
    const auto digest = summed_ ? make_checksum(object_.checksum->algorithm) : nullptr;
    auto at = range.offset;
    const auto take_bytes = [&](std::string_view bytes) -> base::Status {
      if (digest != nullptr) digest->update(bytes);
      TRY_VOID(sink_(at, bytes));
      at += bytes.size();
      return {};
    };
    TRY_VOID(client_.get(bucket_, object_.key, take_bytes,
                         {.offset = range.offset, .length = range.length, .if_match = object_.etag}));
    if (at != range.offset + range.length)
      return base::fail(base::ErrorKind::Unavailable, "the server sent fewer bytes than it has: " + object_.key);
    const std::lock_guard lock(mutex_);
    if (digest != nullptr) sums_[range.offset] = {digest->finish(), range.length};
    return {};
  }

  base::Status verify() const {
    if (!summed_ || sums_.empty()) return {};
    auto sum = sums_.begin()->second.first;
    for (auto next = std::next(sums_.begin()); next != sums_.end(); ++next)
      sum = combine_crc(object_.checksum->algorithm, sum, next->second.first, next->second.second);
    if (to_base64(sum) == object_.checksum->value) return {};
    return base::fail(base::ErrorKind::Internal, "the object's bytes are not those of its checksum: " + object_.key);
  }

  S3Client& client_;
  const std::string& bucket_;
  const RemoteDetails& object_;
  const RangeSink& sink_;
  const DownloadPlan& plan_;
  bool summed_ = false;
  std::mutex mutex_;  // of all below
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, std::pair<std::string, std::uint64_t>> sums_;  // by offset: the CRC and the length
  std::optional<base::Error> failure_;
};

}  // namespace

base::Result<RemoteDetails> download(S3Client& client, const std::string& bucket, const std::string& key,
                                     const RangeSink& sink, const DownloadPlan& plan) {
  TRY(auto object, client.head(bucket, key));
  if (!plan.if_match.empty() && plan.if_match != object.etag)
    return base::fail(base::ErrorKind::Conflict, "the object is another one by now: " + key);
  if (object.size > 0) TRY_VOID(RangedDownload(client, bucket, object, sink, plan).run());
  return object;
}

}  // namespace store::s3

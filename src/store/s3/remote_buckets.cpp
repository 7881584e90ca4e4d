#include "store/s3/remote_buckets.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "store/checksum.h"
#include "store/encryption.h"
#include "store/s3/iso_time.h"
#include "store/s3/time_text.h"
#include "store/s3/transfer.h"

namespace store::s3 {
namespace {

constexpr std::uint64_t kBlockBytes = 8 << 20;  // read ahead
constexpr std::size_t kHeadsAtOnce = 8;

base::Error replaced(const std::string& bucket, const std::string& key) {
  return {.kind = base::ErrorKind::Conflict,
          .message = fmt::format("the object was replaced while it was read: s3://{}/{}", bucket, key)};
}

/// A refusal of If-Match means that the object is another one by now.
base::Error read_error(base::Error error, const Refusal& refusal, const std::string& bucket, const std::string& key) {
  return refusal.status == 412 ? replaced(bucket, key) : std::move(error);
}

/// An object read by ranges of one version, a block at a time.
class RemoteReader final : public ObjectReader {
 public:
  RemoteReader(std::shared_ptr<S3Client> client, ObjectInfo object) : client_(std::move(client)) {
    details_.info = std::move(object);
  }
  const ObjectDetails& details() const override { return details_; }
  std::string whole_file() const override { return {}; }

  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) const override {
    const std::lock_guard lock(block_mutex_);
    const auto& size = details_.info.size;
    std::size_t filled = 0;
    while (filled < into.size() && offset < size) {
      if (offset < block_offset_ || offset >= block_offset_ + block_.size()) TRY_VOID(fetch(offset));
      const auto from = static_cast<std::size_t>(offset - block_offset_);
      const auto count = std::min(block_.size() - from, into.size() - filled);
      std::memcpy(into.data() + filled, block_.data() + from, count);
      filled += count;
      offset += count;
    }
    return filled;
  }

 private:
  base::Status fetch(std::uint64_t offset) const {
    const std::string &bucket = details_.info.bucket, &key = details_.info.key;
    block_.clear();
    block_offset_ = offset;
    const auto length = std::min(kBlockBytes, details_.info.size - offset);
    Refusal refusal;
    const auto take = [&](std::string_view bytes) -> base::Status {
      block_.append(bytes);
      return {};
    };
    block_.reserve(static_cast<std::size_t>(length));
    auto got = client_->get(bucket, key, take,
                            {.offset = offset, .length = length, .if_match = details_.info.etag, .refusal = &refusal});
    if (got && block_.size() != length)
      got = base::fail(base::ErrorKind::Unavailable, fmt::format("the server sent fewer bytes than it has: {}", key));
    if (got) return {};
    block_.clear();
    return base::fail(read_error(got.error(), refusal, bucket, key));
  }

  const std::shared_ptr<S3Client> client_;
  ObjectDetails details_;
  mutable std::mutex block_mutex_;
  mutable std::string block_;
  mutable std::uint64_t block_offset_ = 0;
};

/// An object that was downloaded. The file goes with this.
class DownloadedReader final : public ObjectReader {
 public:
  static base::Result<std::unique_ptr<ObjectReader>> make(S3Client& client, ObjectInfo object,
                                                          const std::string& directory) {
    std::unique_ptr<DownloadedReader> reader(new DownloadedReader);
    // The directory is this process's own, and no other reader is at this address.
    reader->path_ = fmt::format("{}/download-{}", directory, static_cast<const void*>(reader.get()));
    TRY(reader->file_, reader->disk_.open(reader->path_, base::OpenMode::Create));
    std::mutex writing;  // writers of a file take turns
    const RangeSink sink = [&](std::uint64_t offset, std::string_view bytes) {
      const std::lock_guard lock(writing);
      return reader->file_->write_at(offset, bytes);
    };
    TRY_VOID(download(client, object.bucket, object.key, sink, {.if_match = object.etag}));
    reader->details_.info = std::move(object);
    return std::unique_ptr<ObjectReader>(std::move(reader));
  }
  ~DownloadedReader() override { (void)disk_.remove(path_); }
  DownloadedReader(const DownloadedReader&) = delete;
  DownloadedReader& operator=(const DownloadedReader&) = delete;

  const ObjectDetails& details() const override { return details_; }
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) const override {
    return file_->read_at(offset, into);
  }
  std::string whole_file() const override { return path_; }

 private:
  DownloadedReader() = default;

  base::PosixDisk disk_;
  std::string path_;
  std::unique_ptr<base::File> file_;
  ObjectDetails details_;
};

class ClientBucket final : public BucketFiles {
 public:
  ClientBucket(std::shared_ptr<S3Client> client, std::string bucket, std::string directory)
      : client_(std::move(client)), bucket_(std::move(bucket)), directory_(std::move(directory)) {}

  base::Result<std::vector<ObjectInfo>> list(const std::string& prefix) override {
    std::vector<ObjectInfo> found;
    TRY_VOID(client_->list(bucket_, prefix, {}, [&](std::vector<RemoteObject> objects, auto&&) -> base::Status {
      for (auto& object : objects) {
        const auto modified = parse_iso_time(object.last_modified).value_or(base::Instant{});
        found.push_back(info_of(std::move(object), modified));
      }
      return {};
    }));
    std::ranges::sort(found, {}, &ObjectInfo::key);  // directory buckets list in no order
    return found;
  }

  std::vector<base::Result<ObjectInfo>> head(std::span<const std::string> keys) override {
    std::vector<base::Result<ObjectInfo>> found(keys.size(), base::Result<ObjectInfo>(ObjectInfo{}));
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (auto i = next.fetch_add(1); i < keys.size(); i = next.fetch_add(1)) found[i] = head_one(keys[i]);
    };
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < std::min(kHeadsAtOnce, keys.size()); ++i) others.emplace_back(work);
    work();
    others.clear();
    tell_apart(keys, found);
    return found;
  }

  base::Result<std::unique_ptr<ObjectReader>> open(const ObjectInfo& object, ReadAs as) override {
    auto wanted = object;
    wanted.bucket = bucket_;
    if (as == ReadAs::File) return DownloadedReader::make(*client_, std::move(wanted), directory_);
    return std::unique_ptr<ObjectReader>(std::make_unique<RemoteReader>(client_, std::move(wanted)));
  }

  base::Result<std::vector<KeptObject>> remove(std::span<const std::string> keys) override {
    TRY(auto failures, client_->remove_all(bucket_, {keys.begin(), keys.end()}));
    std::vector<KeptObject> kept;
    for (auto& [key, code, message] : failures) kept.push_back({std::move(key), fmt::format("{}: {}", code, message)});
    return kept;
  }

  base::Status put(const std::string& key, std::string bytes) override {
    TRY_VOID(upload(*client_, bucket_, key, body_of(std::move(bytes)), {}));
    return {};
  }

 private:
  ObjectInfo info_of(RemoteObject object, base::Instant modified) const {
    return {.bucket = bucket_,
            .key = std::move(object.key),
            .size = object.size,
            .etag = std::move(object.etag),
            .last_modified = modified};
  }
  base::Result<ObjectInfo> head_one(const std::string& key) {
    TRY_VOID(check_key(key));
    auto found = client_->head(bucket_, key);
    if (!found && found.error().kind == base::ErrorKind::InvalidValue) {
      // Not of the key: what HEAD answers to an expired token, for example, has no more than a status.
      auto error = std::move(found).error();
      error.kind = base::ErrorKind::Unavailable;
      return base::fail(std::move(error));
    }
    if (!found) return base::fail(std::move(found).error());
    auto& details = *found;
    const auto modified = parse_http_time(details.last_modified).value_or(base::Instant{});
    return info_of(std::move(details), modified);
  }

  /// HEAD does not say whether a key is missing or the whole bucket, which says nothing of its keys.
  void tell_apart(std::span<const std::string> keys, std::vector<base::Result<ObjectInfo>>& found) {
    const auto is_missing = [](const auto& one) { return !one && one.error().kind == base::ErrorKind::NotFound; };
    const auto first = std::ranges::find_if(found, is_missing);
    if (first == found.end()) return;
    const auto listed = list(keys[static_cast<std::size_t>(first - found.begin())]);
    if (listed) return;
    auto error = listed.error();
    error.kind = base::ErrorKind::Unavailable;
    for (auto& one : found)
      if (is_missing(one)) one = base::fail(error);
  }

  const std::shared_ptr<S3Client> client_;
  const std::string bucket_, directory_;
};

constexpr std::string_view kPurpose = "credentials of stages";

}  // namespace

std::shared_ptr<BucketFiles> remote_bucket(std::shared_ptr<S3Client> client, std::string bucket,
                                           std::string directory) {
  return std::make_shared<ClientBucket>(std::move(client), std::move(bucket), std::move(directory));
}

const Remote* RoutedBuckets::remote_of(const BucketPlace& place) const {
  return place.bucket == options_.always_local ? nullptr : remotes_.find(place.bucket, place.endpoint);
}

base::Result<std::shared_ptr<BucketFiles>> RoutedBuckets::find(const BucketPlace& place) {
  const auto* remote = remote_of(place);
  if (remote == nullptr) return local_.find(place);
  TRY(const auto credentials, credentials_of(place));
  TRY(auto client, remotes_.client(*remote, credentials));
  return remote_bucket(std::move(client), place.bucket, options_.download_directory);
}

std::string RoutedBuckets::seal(std::string_view secret, std::string_view session_token) const {
  if (options_.key_ring.empty()) return {};
  // A secret has no line end: it could not stand in a header.
  return to_base64(store::seal(derive_key(options_.key_ring, kPurpose), fmt::format("{}\n{}", secret, session_token)));
}

base::Result<RemoteCredentials> RoutedBuckets::credentials_of(const BucketPlace& place) const {
  if (!place.secret.empty()) return RemoteCredentials{{place.key_id, place.secret}, place.session_token};
  if (place.key_id.empty() || place.sealed_credentials.empty()) return RemoteCredentials{};
  const auto sealed = from_base64(place.sealed_credentials);
  if (!sealed) return base::fail(base::ErrorKind::InvalidValue, "the credentials of the stage are damaged");
  TRY(const auto opened, unseal(derive_key(options_.key_ring, kPurpose), *sealed));
  const auto end = opened.find('\n');
  return RemoteCredentials{{place.key_id, opened.substr(0, end)}, opened.substr(end + 1)};
}

}  // namespace store::s3

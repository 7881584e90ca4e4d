#pragma once

#include <string>

#include "base/disk.h"
#include "store/buckets.h"
#include "store/s3/remote.h"

namespace store::s3 {

/// A bucket behind a client; whole files are downloaded into `directory` and go with their readers.
std::shared_ptr<BucketFiles> remote_bucket(std::shared_ptr<S3Client> client, std::string bucket, std::string directory);

/// Buckets that fit a remote are there, all others in the store of this process.
class RoutedBuckets final : public Buckets {
 public:
  struct Options {
    std::string download_directory;  // for whole files; there is one
    std::string key_ring;            // seals the credentials of stages; empty: they are not kept
    std::string always_local;        // a bucket that no remote takes away
  };
  RoutedBuckets(ObjectStore& store, Remotes& remotes, Options options)
      : local_(store), remotes_(remotes), options_(std::move(options)) {}

  ObjectStore& local() override { return local_.local(); }
  bool is_local(const BucketPlace& place) const override { return remote_of(place) == nullptr; }
  base::Result<std::shared_ptr<BucketFiles>> find(const BucketPlace& place) override;
  std::string seal(std::string_view secret, std::string_view session_token) const override;
  /// None: the bucket is local.
  const Remote* remote_of(const BucketPlace& place) const;

 private:
  base::Result<RemoteCredentials> credentials_of(const BucketPlace& place) const;

  LocalBuckets local_;
  Remotes& remotes_;
  const Options options_;
};

}  // namespace store::s3

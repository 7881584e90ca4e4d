#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/object_store.h"

namespace store {

/// A bucket as a stage names it, and what the stage says of the way there.
struct BucketPlace {
  std::string bucket;
  std::string endpoint;            // a host, or a URL; empty: none
  std::string key_id;              // empty: no credentials
  std::string sealed_credentials;  // see Buckets::seal
  std::string secret;              // instead, of a statement that names them itself
  std::string session_token;
};

enum class ReadAs { Bytes, File };

/// Keys that could not be removed, and why.
struct KeptObject {
  std::string key;
  std::string why;
};

/// The objects of one bucket, wherever it is. Thread-safe.
class BucketFiles {
 public:
  virtual ~BucketFiles() = default;
  /// All below the prefix, by key.
  virtual base::Result<std::vector<ObjectInfo>> list(const std::string& prefix) = 0;
  /// One outcome per key. Errors: NotFound.
  virtual std::vector<base::Result<ObjectInfo>> head(std::span<const std::string> keys) = 0;
  /// Reads what `object` says: key, and elsewhere size and ETag, as list() and head() told them. ReadAs::File: there
  /// will be a whole file, where that is possible. Errors: Conflict, here or while reading, when a bucket elsewhere has
  /// another object under the key by then.
  virtual base::Result<std::unique_ptr<ObjectReader>> open(const ObjectInfo& object, ReadAs as) = 0;
  /// Returns those that are still there.
  virtual base::Result<std::vector<KeptObject>> remove(std::span<const std::string> keys) = 0;
  virtual base::Status put(const std::string& key, std::string bytes) = 0;
};

/// Finds buckets: in the store of this process, or elsewhere. Thread-safe.
class Buckets {
 public:
  virtual ~Buckets() = default;
  virtual ObjectStore& local() = 0;
  virtual bool is_local(const BucketPlace& place) const = 0;
  /// A local bucket is made when it is missing. Errors: InvalidValue for what a bucket's configuration or credentials
  /// cannot mean.
  virtual base::Result<std::shared_ptr<BucketFiles>> find(const BucketPlace& place) = 0;
  /// The secrets of a stage as they may be kept: only this data directory can open them. Empty where nothing is
  /// elsewhere.
  virtual std::string seal(std::string_view secret, std::string_view session_token) const = 0;
};

/// Everything is in one store.
class LocalBuckets : public Buckets {
 public:
  explicit LocalBuckets(ObjectStore& store) : store_(store) {}
  ObjectStore& local() override { return store_; }
  bool is_local(const BucketPlace&) const override { return true; }
  base::Result<std::shared_ptr<BucketFiles>> find(const BucketPlace& place) override;
  std::string seal(std::string_view, std::string_view) const override { return {}; }

 private:
  ObjectStore& store_;
};

}  // namespace store

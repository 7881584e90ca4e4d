#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "flow/engine/repository.h"

namespace flow {

/// A refusal in the words of the service.
struct ObjectError {
  base::ErrorKind kind = base::ErrorKind::Internal;
  int status = 0;    // of HTTP; 0: the service did not answer
  std::string code;  // "NoSuchKey"; empty: the service did not answer
  std::string message;

  /// Nobody knows whether it was done, or it cannot be done for now: the same may be tried again.
  bool may_pass() const { return kind == base::ErrorKind::Unavailable || kind == base::ErrorKind::Internal; }
};
template <class T>
using ObjectResult = base::Result<T, ObjectError>;
using ObjectStatus = base::Result<void, ObjectError>;
/// Of our own side: content that cannot be read or written.
base::Failure<ObjectError> object_error(const base::Error& error);

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

/// Who may do what with an object, as PutS3Object says it; what is empty is not said.
struct ObjectAccess {
  std::string canned;                                                  // "public-read"
  std::vector<std::string> full_control, read, read_list, write_list;  // canonical ids and mail addresses
};

enum class ObjectEncryption { None, Aes256, Kms };

/// How a long object is put: in parts, of which those that are there survive the process in a file of `directory`.
struct PutInParts {
  std::uint64_t single_bytes_max = std::uint64_t{5} << 30;  // up to here in one piece
  std::uint64_t part_bytes = std::uint64_t{5} << 30;
  std::string directory;  // empty: nothing is kept
};

/// One object on its way from a flowfile into a bucket.
struct ObjectPut {
  std::string bucket;
  std::string key;
  std::string content_type;         // empty: none
  std::string content_disposition;  // empty: none
  std::string cache_control;
  std::string storage_class;  // counts where there are several
  NamedTexts metadata;
  NamedTexts tags;
  ObjectAccess access;
  ObjectEncryption encryption = ObjectEncryption::None;
  std::string encryption_key;  // of Kms; empty: the service's own
  PutInParts in_parts;
  ContentClaim content;
  SinkToken token;  // a target that keeps tokens writes each once
};

struct ObjectPutAnswer {
  std::string etag;        // without quotes
  std::string version;     // empty: the bucket has no versions
  std::string expiration;  // the header x-amz-expiration
  std::string upload_id;   // of one in parts
  bool in_parts = false;
};

/// An object or a version of one.
struct ObjectName {
  std::string bucket;
  std::string key;
  std::string version = {};     // empty: the newest
  bool requester_pays = false;  // for what is read
};

/// What a listing says of one.
struct ListedObject {
  std::string key;
  std::string etag;
  std::string version;  // empty: the listing is of objects
  std::string owner;
  std::string storage_class;
  std::uint64_t size = 0;
  std::int64_t modified_ms = 0;
  bool is_latest = true;
};

struct ObjectListing {
  std::string bucket;
  std::string prefix;
  std::string delimiter;  // keys that have it behind the prefix are left out
  bool versions = false;
  bool second_type = false;  // by the newer of two requests: not always with owners
  bool requester_pays = false;
};

/// What a service says of an object that it gives.
struct ObjectFacts {
  std::string etag;
  std::string version;
  std::string content_type;
  std::string content_disposition;
  std::string content_md5;  // base64
  std::string expiration;   // the header x-amz-expiration
  std::string encryption;   // "AES256", "aws:kms"
  NamedTexts metadata;
};

struct ObjectRange {
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;  // none: to the end, and more than there is: as well
};

/// Somewhere that objects are: the local store, or an S3 endpoint. Thread-safe. Makes a bucket on first use where
/// it owns the place.
class ObjectTarget {
 public:
  virtual ~ObjectTarget() = default;
  /// One outcome per put, in their order.
  virtual std::vector<ObjectResult<ObjectPutAnswer>> put(std::span<const ObjectPut> puts) = 0;
  /// Removes uploads in parts that were begun longer ago than that and never ended.
  virtual ObjectStatus abort_old_uploads(const std::string& bucket, std::chrono::nanoseconds age) = 0;

  using Page = std::function<base::Status(std::span<const ListedObject>)>;
  /// Calls back with some at a time, by key, versions of one the newest first; without delete markers.
  virtual ObjectStatus list(const ObjectListing& listing, const Page& page) = 0;
  virtual ObjectResult<ObjectFacts> head(const ObjectName& name) = 0;
  /// The bytes in their order; a range that begins behind the end is refused.
  virtual ObjectResult<ObjectFacts> get(const ObjectName& name, const ObjectRange& range, ByteSink& sink) = 0;
  /// What is not there is no error.
  virtual ObjectStatus remove(const ObjectName& name) = 0;
  virtual ObjectResult<NamedTexts> tags(const ObjectName& name) = 0;
  virtual ObjectStatus set_tags(const ObjectName& name, const NamedTexts& tags) = 0;

  virtual std::string url_of(const std::string& bucket, const std::string& key) const = 0;
};

/// What a processor says about the service that it means.
struct TargetRequest {
  std::string bucket;
  std::string region;
  std::string endpoint;  // "Endpoint Override URL"; empty: none
  bool path_style = false;
  std::string access_key;  // from the secrets of the flow; empty: none
  std::string secret_key;
};

/// Chooses the target. Errors: Unsupported with the endpoint when nothing serves it.
class ObjectTargets {
 public:
  virtual ~ObjectTargets() = default;
  virtual base::Result<std::shared_ptr<ObjectTarget>> find(const TargetRequest& request) = 0;
};

}  // namespace flow

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace store {

/// Records on disk hold the numbers: a new one goes to the end.
enum class ChecksumAlgorithm { Crc32, Crc32c, Crc64Nvme, Sha1, Sha256, Sha512, Md5, XxHash64, XxHash3, XxHash128 };
inline constexpr ChecksumAlgorithm kLastChecksumAlgorithm = ChecksumAlgorithm::XxHash128;
enum class ChecksumType { FullObject, Composite };

/// `value` as clients see it: base64, for a composite one followed by "-<parts>".
struct Checksum {
  ChecksumAlgorithm algorithm = ChecksumAlgorithm::Crc32;
  ChecksumType type = ChecksumType::FullObject;
  std::string value;
  bool operator==(const Checksum&) const = default;
};

using NameValues = std::vector<std::pair<std::string, std::string>>;

/// What a client says about an object; kept byte for byte, names in lower case.
struct ObjectAttributes {
  std::string content_type;  // empty: the client said none
  NameValues headers;        // cache-control, content-disposition, content-encoding, content-language, expires
  NameValues metadata;       // x-amz-meta-*, without that prefix
  bool operator==(const ObjectAttributes&) const = default;
};

/// An object as a listing shows it.
struct ObjectInfo {
  std::string bucket;
  std::string key;
  std::uint64_t size = 0;
  std::string etag;             // without quotes: hex MD5, or <hex>-<parts> after a multipart upload
  base::Instant last_modified;  // business clock
  std::uint64_t sequence = 0;   // of the commit that wrote it; strictly increasing over the store
  bool operator==(const ObjectInfo&) const = default;
};

struct ObjectDetails {
  ObjectInfo info;
  ObjectAttributes attributes;
  std::optional<Checksum> checksum;
  std::vector<std::uint64_t> part_sizes;  // of a multipart upload, in order; else empty
};

enum class EventKind { Put, Copy, CompleteMultipartUpload };

/// An object was created. `sequence` is the object's; events are read in its order.
struct ObjectEvent {
  std::uint64_t sequence = 0;
  EventKind kind = EventKind::Put;
  std::string bucket;
  std::string key;
  std::uint64_t size = 0;
  std::string etag;
  base::Instant time;  // business clock
  bool operator==(const ObjectEvent&) const = default;
};

struct BucketInfo {
  std::string name;
  base::Instant created;
};

}  // namespace store

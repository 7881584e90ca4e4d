#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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
  std::string content_type;   // empty: the client said none
  NameValues headers;         // cache-control, content-disposition, content-encoding, content-language, expires,
                              // x-amz-website-redirect-location
  NameValues metadata;        // x-amz-meta-*, without that prefix
  std::string storage_class;  // empty: STANDARD
  bool operator==(const ObjectAttributes&) const = default;
};

enum class RetentionMode { Governance, Compliance };
struct Retention {
  RetentionMode mode = RetentionMode::Governance;
  base::Instant until;  // business clock
  bool operator==(const Retention&) const = default;
};
/// What keeps a version from being deleted.
struct ObjectLock {
  std::optional<Retention> retention;
  bool legal_hold = false;
  bool operator==(const ObjectLock&) const = default;
};

/// Whose key wraps the key of an object's bytes: none (they lie there as they came), the store's, a named one of the
/// key ring, or one that the client sends with each request and nobody keeps.
enum class EncryptionKind { None, Store, Named, Customer };
struct Encryption {
  EncryptionKind kind = EncryptionKind::None;
  std::string key_name;  // of Named
  bool operator==(const Encryption&) const = default;
};
/// The same for a request. `customer_key`: 32 bytes.
struct EncryptionRequest {
  Encryption encryption;
  std::string customer_key;
};

/// An object as a listing shows it.
struct ObjectInfo {
  std::string bucket;
  std::string key;
  std::uint64_t size = 0;
  std::string etag;             // without quotes: hex MD5, or <hex>-<parts> after a multipart upload
  base::Instant last_modified;  // business clock
  std::uint64_t sequence = 0;   // of the commit that wrote it; strictly increasing over the store
  bool is_null_version = true;  // written while the bucket kept no versions
  std::string owner;            // id of the user; empty: the bucket's
  std::string storage_class;    // empty: STANDARD
  bool operator==(const ObjectInfo&) const = default;
};

/// One part of an object that came in parts.
struct ObjectPart {
  int number = 0;
  std::uint64_t size = 0;
  std::string checksum;  // base64, of the object's algorithm; empty: none
  bool operator==(const ObjectPart&) const = default;
};

struct ObjectDetails {
  ObjectInfo info;
  ObjectAttributes attributes;
  std::optional<Checksum> checksum;
  std::vector<ObjectPart> parts;  // of a multipart upload, in order; else empty
  NameValues tags;
  ObjectLock lock;
  std::string access;  // the access control list, as the protocol's layer writes it; empty: its owner's alone
  Encryption encryption;
};

/// The name of a version: "null", or 32 hexadecimal digits that sort as versions were written.
std::string version_id(const ObjectInfo& info);

/// A version as a listing shows it.
struct ObjectVersion {
  ObjectInfo info;
  bool is_latest = false;
  bool is_delete_marker = false;
};

/// Records on disk hold the numbers: a new one goes to the end.
enum class EventKind {
  Put,
  Copy,
  CompleteMultipartUpload,
  Post,
  Delete,               // an object or a named version, which may be a delete marker, is gone
  DeleteMarkerCreated,  // the current version, if there was one, is hidden
  ExpirationDelete,     // the same by a lifecycle rule
  ExpirationDeleteMarkerCreated,
  Configured,  // somebody said where the bucket's events go; of no key
};
inline constexpr EventKind kLastEventKind = EventKind::Configured;
/// Whether there is an object that was not there before.
bool is_creation(EventKind kind);

/// Who asked for a change; what is not known is empty.
struct EventOrigin {
  std::string user;     // id
  std::string address;  // of the client
  std::string request;  // id
  bool operator==(const EventOrigin&) const = default;
};

/// Something happened to an object. `sequence` is that of an object which was created; events are read in its order.
struct ObjectEvent {
  std::uint64_t sequence = 0;
  EventKind kind = EventKind::Put;
  std::string bucket;
  std::string key;
  std::uint64_t size = 0;
  std::string etag;
  base::Instant time;   // business clock
  std::string version;  // as version_id() names it; empty: the bucket keeps no versions
  EventOrigin origin;
  bool operator==(const ObjectEvent&) const = default;
};

enum class Versioning { Never, Enabled, Suspended };

struct BucketInfo {
  std::string name;
  base::Instant created;
  std::string owner;     // id of the user; empty: the store's own
  std::string location;  // as its creator wrote it
  Versioning versioning = Versioning::Never;
  bool object_lock = false;  // its versions may be locked; for ever, with versioning
  NameValues documents;      // what the protocol's layer keeps of the bucket: policy, lifecycle, ..., by name

  const std::string* document(std::string_view document_name) const;
  /// Replaces the document; an empty one is forgotten.
  void set_document(std::string_view document_name, std::string text);
};

}  // namespace store

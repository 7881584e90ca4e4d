#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/object.h"
#include "store/object_store.h"
#include "store/scrub.h"

/// What the index keeps, and how: every record is a version byte and then fields in order. Integers in keys are
/// big-endian, so that the index's byte order is theirs. No bucket name or object key holds a zero byte, which
/// therefore ends them inside longer keys. Records of format 1 (no versions, no encryption) and
/// of format 2 (events of created objects alone) are still read.
namespace store {

/// Names a data file. The lowest bit tells its kind: a segment of small objects, or one large object.
struct FileId {
  std::uint64_t value = 0;
  bool is_large() const { return (value & 1) != 0; }
  auto operator<=>(const FileId&) const = default;
};

/// A stretch of one data file; never changes once it is in the index.
struct Extent {
  FileId file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool operator==(const Extent&) const = default;
};

/// Bytes that were written at once and lie in these extents, one after the other.
struct Content {
  std::uint64_t size = 0;  // as its client sees it
  std::string key;         // of an encrypted one, wrapped; empty: the bytes lie there as they are
  std::vector<Extent> extents;
  bool operator==(const Content&) const = default;
};
std::vector<Extent> extents_of(const std::vector<Content>& contents);

struct ObjectRecord {
  ObjectDetails details;
  bool is_delete_marker = false;
  std::vector<Content> contents;
};

/// How far a data file was filled at the last commit, and how many of its bytes are still referenced (bytes that two
/// objects share count twice). It can go when that is zero and nothing more is appended.
struct FileRecord {
  std::uint64_t end = 0;
  std::uint64_t live = 0;
};

struct UploadRecord {
  base::Instant initiated;
  ObjectAttributes attributes;
  std::optional<ChecksumAlgorithm> checksum;
  ChecksumType checksum_type = ChecksumType::Composite;
  ObjectSettings settings;
  Encryption encryption;
  std::string key_check;  // tells whether a part comes with the customer's key that the upload began with
};

struct PartRecord {
  PartInfo info;
  std::vector<Content> contents;
};

/// The answer of a finished upload, for a client that asks again.
struct FinishedUpload {
  std::string parts_digest;
  ObjectRecord object;
};

std::string encode(const BucketInfo& bucket);
std::string encode(const ObjectRecord& record);
std::string encode(const FileRecord& record);
std::string encode(const UploadRecord& record);
std::string encode(const PartRecord& record);
std::string encode(const FinishedUpload& record);
std::string encode(const ObjectEvent& event);
std::string encode(const Damage& damage);
std::string encode(const ScrubPosition& position);
std::string encode(const WaitingMessage& message);  // without what its key says
std::string encode_number(std::uint64_t value);

/// What the record at `place`, in one of kReferringSpaces, refers to.
base::Result<std::vector<Content>> decode_contents(std::string_view place, std::string_view bytes);

/// Errors: Internal, for a record that this program did not write.
base::Result<BucketInfo> decode_bucket(std::string name, std::string_view bytes);
base::Result<ObjectRecord> decode_object(std::string_view bytes);
/// Only what listings show, and whether it is a delete marker; the rest of the record is not looked at.
base::Result<ObjectVersion> decode_listed(std::string_view bytes);
base::Result<FileRecord> decode_file(std::string_view bytes);
base::Result<UploadRecord> decode_upload(std::string_view bytes);
base::Result<PartRecord> decode_part(std::string_view bytes);
base::Result<FinishedUpload> decode_finished(std::string_view bytes);
base::Result<ObjectEvent> decode_event(std::string_view bytes);
base::Result<Damage> decode_damage(std::string_view bytes);
base::Result<ScrubPosition> decode_scrub_position(std::string_view bytes);
base::Result<WaitingMessage> decode_message(std::string destination, std::uint64_t number, std::string_view bytes);
std::uint64_t decode_number(std::string_view big_endian);

namespace index_key {
inline constexpr std::string_view kSequence = "msequence";
inline constexpr std::string_view kBuckets = "b";
inline constexpr std::string_view kFiles = "f";
inline constexpr std::string_view kEvents = "e";
inline constexpr std::string_view kStaged = "g";
inline constexpr std::string_view kDamaged = "x";
inline constexpr std::string_view kScrub = "mscrub";
/// Whose records hold references to extents: staged objects, objects, parts, versions; in the order of the index.
inline constexpr std::array kReferringSpaces{'g', 'o', 'p', 'v'};
inline constexpr std::string_view kEventReaders = "c";
std::string bucket(std::string_view name);
std::string objects(std::string_view bucket);  // the prefix of all of a bucket's
std::string object(std::string_view bucket, std::string_view key);
/// Versions that are not current, and delete markers: of one key the newest first.
std::string all_versions(std::string_view bucket);
std::string versions(std::string_view bucket, std::string_view key);
std::string version(std::string_view bucket, std::string_view key, std::uint64_t sequence);
/// Of the key of a version.
std::uint64_t sequence_of(std::string_view version_key);
std::string file(FileId id);
std::string event(std::uint64_t sequence);
/// The cursor of a reader of events.
std::string event_reader(std::string_view name);
std::string messages(std::string_view destination);
std::string message(std::string_view destination, std::uint64_t number);
std::string staged(StagedId id);
std::string token(std::string_view source, std::string_view id);
std::string uploads(std::string_view bucket);
std::string upload(std::string_view bucket, std::string_view key, std::string_view id);
std::string parts(std::string_view upload);
std::string part(std::string_view upload, int number);
std::string finished(std::string_view upload);
/// Of what a scrub found damaged: a version, or a part.
std::string damaged(std::string_view bucket, std::string_view key, std::uint64_t sequence);
std::string damaged_part(std::string_view upload, int number);

/// A place of the spaces o, v, u and p taken apart again.
struct Place {
  std::string bucket, key;  // of o, v and u
  std::string upload;       // of u and p
  int part = 0;             // of p
};
/// None for a place that this program did not write.
std::optional<Place> parse(std::string_view place);
}  // namespace index_key

/// The smallest string greater than all that start with `prefix`; empty when there is none.
std::string after_prefix(std::string prefix);

}  // namespace store

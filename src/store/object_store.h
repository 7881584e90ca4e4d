#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/result.h"
#include "store/object.h"

namespace store {

struct StoreState;

/// Names one write of a sender that may repeat it after a crash: the store keeps the token in the commit of the object,
/// and a second write with a known token changes nothing and answers as the first did.
struct WriteToken {
  std::string source;  // the sender, as it calls itself for ever
  std::string id;      // what it writes, unique within the source
};

struct PutOptions {
  ObjectAttributes attributes;
  std::optional<ChecksumAlgorithm> checksum;  // computed while streaming, kept with the object
};

/// What must hold when the object becomes visible; etags without quotes, "*" stands for any object.
/// Errors: Conflict "precondition failed: ..."; NotFound when if_match meets no object.
struct WriteConditions {
  std::string if_match;
  std::string if_none_match;
};

struct CommitOptions {
  WriteConditions conditions;
  std::optional<WriteToken> token;
  std::string expected_md5;       // 16 raw bytes; empty: not checked
  std::string expected_checksum;  // base64, of PutOptions::checksum; empty: not checked
};

/// An object of a statement that is written but not yet visible; see ObjectStore::publish.
using StagedId = std::uint64_t;

/// One object (or part) on its way in. Nothing of it is visible before commit() returned; dropped without commit, it
/// leaves nothing behind. Used by one thread at a time.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  virtual base::Status append(std::string_view bytes) = 0;
  virtual std::uint64_t size() const = 0;
  /// Returns when the object survives a power cut. Errors: InvalidValue "digest does not match: ...", those of
  /// WriteConditions, NotFound for a bucket or upload that is gone.
  virtual base::Result<ObjectDetails> commit(CommitOptions options = {}) = 0;
  /// Instead of commit: keeps the object invisible until publish().
  virtual base::Result<StagedId> stage() = 0;
};

/// A snapshot of one object: stays readable and unchanged while the object is replaced or deleted. Thread-safe.
class ObjectReader {
 public:
  virtual ~ObjectReader() = default;
  virtual const ObjectDetails& details() const = 0;
  /// Reads until `into` is full or the object ends; returns the bytes read.
  virtual base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) const = 0;
  /// The file that holds exactly this object from its first byte to its last, for readers of whole files (Parquet);
  /// empty when the object is packed or in several extents. Valid as long as the reader lives and nobody deletes it.
  virtual std::string whole_file() const = 0;
  base::Result<std::string> read_all() const;
};

struct ListOptions {
  std::string prefix;
  std::string delimiter;    // any string; empty: none
  std::string start_after;  // strictly greater keys only; a common prefix skips all that it stands for
  int max_keys = 1000;      // objects and common prefixes together
};

struct Listing {
  std::vector<ObjectInfo> objects;
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string next;  // start_after of the next page
};

struct RemoveOptions {
  std::string if_match;
  std::uint64_t if_sequence = 0;  // not 0: removes only the object of that sequence, else does nothing
};

struct UploadInfo {
  std::string key;
  std::string id;
  base::Instant initiated;
  std::optional<ChecksumAlgorithm> checksum;
  ChecksumType checksum_type = ChecksumType::Composite;
};

struct PartInfo {
  int number = 0;
  std::uint64_t size = 0;
  std::string etag;
  base::Instant last_modified;
  std::optional<Checksum> checksum;
};

struct CompletedPart {
  int number = 0;
  std::string etag;
  std::string checksum;  // base64; empty: not given
};

struct UploadOptions {
  ObjectAttributes attributes;
  std::optional<ChecksumAlgorithm> checksum;
  ChecksumType checksum_type = ChecksumType::Composite;
};

struct CopyOptions {
  std::optional<ObjectAttributes> replace_attributes;  // none: those of the source
  CommitOptions commit;
};

struct StoreUsage {
  std::uint64_t files = 0;
  std::uint64_t live_bytes = 0;
  std::uint64_t dead_bytes = 0;
};

/// Ends a subscription when it dies; afterwards the callback is not running and will not run.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

/// Buckets of objects on one disk. Blocking and thread-safe; every change is on the disk when its call returns, and
/// after a crash it is there whole or not at all. Bucket names and keys are never paths.
/// Errors: NotFound (bucket, key, upload), AlreadyExists, InvalidValue (names, digests, parts), Conflict (conditions,
/// a bucket that is not empty), Unavailable (disk full, a failed sync: the store then refuses writes until reopened).
class ObjectStore {
 public:
  struct Options {
    std::string directory;                       // of this store alone; made when missing
    std::uint64_t large_object_bytes = 1 << 20;  // from here on an object has a file of its own
    std::uint64_t segment_bytes = 64 << 20;
    std::uint64_t part_bytes_min = 5 << 20;  // of every part but the last; lower in tests only
  };
  /// Refuses a directory that a newer program wrote.
  static base::Result<std::unique_ptr<ObjectStore>> open(Options options, base::Disk& disk, const base::Clock& clock);
  ~ObjectStore();

  base::Status create_bucket(const std::string& bucket);  // AlreadyExists
  base::Status ensure_bucket(const std::string& bucket);
  base::Status remove_bucket(const std::string& bucket);  // Conflict when it holds objects; uploads are dropped
  base::Result<BucketInfo> find_bucket(const std::string& bucket) const;
  base::Result<std::vector<BucketInfo>> list_buckets() const;

  base::Result<std::unique_ptr<ObjectWriter>> begin_put(std::string bucket, std::string key, PutOptions options = {});
  base::Result<ObjectDetails> put(std::string bucket, std::string key, std::string_view bytes, PutOptions options = {},
                                  CommitOptions commit = {});
  base::Result<ObjectDetails> copy(const std::string& bucket, const std::string& key, std::string to_bucket,
                                   std::string to_key, CopyOptions options = {});
  base::Result<std::unique_ptr<ObjectReader>> open_reader(const std::string& bucket, const std::string& key) const;
  base::Result<std::string> get(const std::string& bucket, const std::string& key) const;
  base::Result<ObjectDetails> head(const std::string& bucket, const std::string& key) const;
  /// True when an object was there.
  base::Result<bool> remove(const std::string& bucket, const std::string& key, RemoveOptions options = {});
  base::Status remove_many(const std::string& bucket, std::span<const std::string> keys);
  base::Result<Listing> list(const std::string& bucket, const ListOptions& options) const;

  base::Result<std::string> create_upload(const std::string& bucket, const std::string& key, UploadOptions options);
  /// The writer's commit() answers with the part's size, etag and checksum.
  base::Result<std::unique_ptr<ObjectWriter>> begin_part(const std::string& bucket, const std::string& key,
                                                         const std::string& upload, int number,
                                                         std::optional<ChecksumAlgorithm> checksum);
  base::Result<ObjectDetails> complete_upload(const std::string& bucket, const std::string& key,
                                              const std::string& upload, std::vector<CompletedPart> parts,
                                              CommitOptions options = {});
  base::Status abort_upload(const std::string& bucket, const std::string& key, const std::string& upload);
  base::Result<UploadInfo> find_upload(const std::string& bucket, const std::string& key,
                                       const std::string& upload) const;
  base::Result<std::vector<PartInfo>> list_parts(const std::string& bucket, const std::string& key,
                                                 const std::string& upload) const;
  base::Result<std::vector<UploadInfo>> list_uploads(const std::string& bucket, const std::string& prefix) const;

  /// The outbox: one event per object created, in the commit of the object.
  base::Result<std::vector<ObjectEvent>> events_after(std::uint64_t sequence, std::size_t limit) const;
  /// Of the newest commit; a reader that starts here sees what comes from now on.
  std::uint64_t last_event_sequence() const;
  /// Forgets the events with a sequence of `sequence` or less.
  base::Status trim_events(std::uint64_t sequence);
  /// Calls back after each commit that made events, with the newest sequence, on the store's own thread: keep it short,
  /// and call nothing of the store that writes.
  std::unique_ptr<Subscription> subscribe(std::function<void(std::uint64_t)> callback);

  /// Statement -> store: a statement stages objects (ObjectWriter::stage), commits their ids as its intent, then
  /// publishes. Publishing twice, or after a crash again, changes nothing more.
  base::Status publish(std::span<const StagedId> ids);
  /// At start-up, when all intents were applied: drops what no statement committed.
  base::Status discard_staged();

  /// Tokens are kept until their sender says that it will not repeat those writes.
  base::Status forget_tokens(const std::string& source, std::span<const std::string> ids);

  base::Result<StoreUsage> usage() const;

 private:
  explicit ObjectStore(std::unique_ptr<StoreState> state);
  std::unique_ptr<StoreState> state_;
};

/// 3 to 63 of a-z 0-9 . - ; see the S3 rules for bucket names.
base::Status check_bucket_name(std::string_view bucket);
/// 1 to 1024 bytes of UTF-8 without NUL.
base::Status check_key(std::string_view key);

}  // namespace store

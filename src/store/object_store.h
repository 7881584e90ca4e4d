#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/result.h"
#include "store/object.h"
#include "store/scrub.h"
#include "store/space.h"

namespace store {

struct StoreState;

/// Names one write of a sender that may repeat it after a crash: the store keeps the token in the commit of the object,
/// and a second write with a known token changes nothing and answers as the first did.
struct WriteToken {
  std::string source;  // the sender, as it calls itself for ever
  std::string id;      // what it writes, unique within the source
};

/// What is kept beside an object's bytes and can change without them.
struct ObjectSettings {
  std::string owner;
  std::string access;
  NameValues tags;
  ObjectLock lock;
};

struct PutOptions {
  ObjectAttributes attributes;
  std::optional<ChecksumAlgorithm> checksum;  // computed while streaming, kept with the object
  bool computes_sha256 = false;               // for CommitOptions::expected_sha256
  ObjectSettings settings;
  EncryptionRequest encryption;
  std::uint64_t expected_bytes = 0;  // refused at once when the disk has no room for them; 0: not known
  EventKind event = EventKind::Put;  // or Post
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
  std::string expected_md5;                    // 16 raw bytes; empty: not checked
  std::string expected_checksum;               // base64, of PutOptions::checksum; empty: not checked
  std::string expected_sha256;                 // hexadecimal; empty: not checked
  std::optional<std::uint64_t> expected_size;  // of the object that is completed from parts
  std::string customer_key;                    // with which its upload began
  EventOrigin origin;
};

/// An object of a statement that is written but not yet visible; see ObjectStore::publish.
using StagedId = std::uint64_t;

/// One object (or part) on its way in. Nothing of it is visible before commit() returned; dropped without commit, it
/// leaves nothing behind. Used by one thread at a time.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  virtual base::Status append(std::string_view bytes) = 0;
  /// The same without a copy, where it can be.
  virtual base::Status append_moved(base::Bytes bytes) = 0;
  virtual std::uint64_t size() const = 0;
  /// Returns when the object survives a power cut. Errors: InvalidValue "digest does not match: ...", those of
  /// WriteConditions, NotFound for a bucket or upload that is gone.
  virtual base::Result<ObjectDetails> commit(CommitOptions options = {}) = 0;
  /// Instead of commit: keeps the object invisible until publish().
  virtual base::Result<StagedId> stage() = 0;
};

/// Bytes of an object as they lie in a file.
struct FileStretch {
  std::shared_ptr<base::File> file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
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
  /// Where the bytes of the range lie, one after the other; empty when they are not on the disk as the reader sees them
  /// (encrypted, or elsewhere), or cannot be opened: read_at then reads them, or says why not. The range lies inside
  /// the object.
  virtual std::vector<FileStretch> stretches(std::uint64_t, std::uint64_t) const { return {}; }
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

struct VersionListOptions {
  std::string prefix;
  std::string delimiter;
  std::string key_marker;      // keys greater than this; with version_marker also the older versions of this key
  std::string version_marker;  // as version_id() names it
  int max_keys = 1000;         // versions and common prefixes together
};

struct VersionListing {
  std::vector<ObjectVersion> versions;  // keys ascending, of one key the newest first
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string next_key, next_version;  // the markers of the next page
};

enum class RemovalCause { Request, LifecycleRule };

struct RemoveOptions {
  std::string
      version;  // as version_id() names it; empty: the current one, of which a bucket with versions keeps a trace
  std::string if_match;
  std::optional<base::Instant> if_last_modified;  // compared by whole seconds
  std::optional<std::uint64_t> if_size;
  std::uint64_t if_sequence = 0;  // not 0: removes only the object of that sequence, else does nothing
  bool bypass_governance = false;
  RemovalCause cause = RemovalCause::Request;
  EventOrigin origin = {};
};
struct RemoveRequest {
  std::string key;
  RemoveOptions options;
};
/// What a removal did.
struct Removed {
  bool existed = false;           // an object or version is gone, or hidden by a delete marker
  bool is_delete_marker = false;  // one was written or, with a version, removed
  std::string version;            // of the delete marker written or the version removed; empty without versions
};

/// A read of one version. `version` as version_id() names it; empty: the current one.
struct ReadOptions {
  std::string version;
  std::string customer_key;  // of an object encrypted with Encryption::Customer
};

struct UploadInfo {
  std::string key;
  std::string id;
  base::Instant initiated;
  std::optional<ChecksumAlgorithm> checksum;
  ChecksumType checksum_type = ChecksumType::Composite;
  ObjectSettings settings;
  Encryption encryption;
  std::string storage_class;
};

struct UploadListOptions {
  std::string prefix;
  std::string delimiter;
  std::string key_marker;     // keys greater than this; with upload_marker also this key's uploads behind that one
  std::string upload_marker;  // an upload's id
  int max_uploads = 1000;     // uploads and common prefixes together
};

struct UploadListing {
  std::vector<UploadInfo> uploads;  // by key, then as they began
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string next_key, next_upload;  // the markers of the next page
};

struct PartInfo {
  int number = 0;
  std::uint64_t size = 0;
  std::string etag;
  base::Instant last_modified;
  std::optional<Checksum> checksum;
};

struct PartOptions {
  std::optional<ChecksumAlgorithm> checksum;  // computed while streaming, kept with the part
  bool computes_sha256 = false;               // for CommitOptions::expected_sha256
  std::string customer_key;                   // that with which the upload began
  std::uint64_t expected_bytes = 0;           // as in PutOptions
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
  ObjectSettings settings;
  EncryptionRequest encryption;
};

struct CopySource {
  std::string bucket;
  std::string key;
  ReadOptions read;
};

struct CopyOptions {
  std::optional<ObjectAttributes> replace_attributes;  // none: those of the source
  std::optional<NameValues> replace_tags;              // none: those of the source
  ObjectSettings settings;                             // its tags do not count
  EncryptionRequest encryption;                        // of the copy
  std::optional<ChecksumAlgorithm> checksum;           // none: what the source has
  CommitOptions commit;
};

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct CompactionReport {
  std::uint64_t files = 0;  // segments that went, or go with their last reader
  std::uint64_t moved_bytes = 0;
  std::uint64_t freed_bytes = 0;
};

struct StoreUsage {
  std::uint64_t files = 0;
  std::uint64_t live_bytes = 0;
  std::uint64_t dead_bytes = 0;
};

/// A message that waits in the store until somebody far away has it. Those of one destination go in the order of their
/// numbers.
struct WaitingMessage {
  std::string destination;
  std::uint64_t number = 0;  // of the event that it tells
  base::Instant queued;      // business clock; filled in
  std::string text;
  bool operator==(const WaitingMessage&) const = default;
};

/// Ends a subscription when it dies; afterwards the callback is not running and will not run.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

/// Buckets of objects on one disk. Blocking and thread-safe; every change is on the disk when its call returns, and
/// after a crash it is there whole or not at all. Bucket names and keys are never paths.
/// Errors: NotFound (bucket, key, version, upload), AlreadyExists, InvalidValue (names, digests, parts, keys), Conflict
/// (conditions, a bucket that is not empty), Denied (a locked version), Unavailable (disk full, a failed sync: the
/// store then refuses writes until reopened).
class ObjectStore {
 public:
  struct Options {
    std::string directory;                       // of this store alone; made when missing
    std::uint64_t large_object_bytes = 2 << 20;  // from here on an object has a file of its own
    std::uint64_t segment_bytes = 64 << 20;
    std::uint64_t part_bytes_min = 5 << 20;  // of every part but the last; lower in tests only
    /// Commits that bring up to so many bytes of small objects sync the index's log alone (see segment_log.h).
    std::uint64_t logged_bytes_max = 128 << 10;
    std::uint64_t index_buffer_bytes = 16 << 20;  // less in tests only
    Space::Limits space;                          // what stays free of the disk
    bool read_only = false;                       // changes nothing on the disk; every write is refused
    std::string key_ring;                         // the key from which all others come, 32 bytes; empty: no encryption
  };
  /// Refuses a directory that a newer program wrote.
  static base::Result<std::unique_ptr<ObjectStore>> open(Options options, base::Disk& disk, const base::Clock& clock);
  ~ObjectStore();

  base::Status create_bucket(const std::string& bucket) { return create_bucket(BucketInfo{.name = bucket}); }
  base::Status create_bucket(BucketInfo bucket);  // AlreadyExists; the time is filled in
  base::Status ensure_bucket(const std::string& bucket);
  base::Status remove_bucket(const std::string& bucket);  // Conflict when it holds objects; uploads are dropped
  base::Result<BucketInfo> find_bucket(const std::string& bucket) const;
  base::Result<std::vector<BucketInfo>> list_buckets() const;
  /// Changes what is kept of the bucket, in one commit; `change` may refuse.
  base::Status update_bucket(const std::string& bucket, const std::function<base::Status(BucketInfo&)>& change);
  /// The same, with an event of EventKind::Configured in the commit.
  base::Status configure_bucket(const std::string& bucket, const EventOrigin& origin,
                                const std::function<base::Status(BucketInfo&)>& change);

  base::Result<std::unique_ptr<ObjectWriter>> begin_put(std::string bucket, std::string key, PutOptions options = {});
  base::Result<ObjectDetails> put(std::string bucket, std::string key, std::string_view bytes, PutOptions options = {},
                                  CommitOptions commit = {});
  /// The copy shares the bytes of the source, unless it is encrypted in another way or wants another checksum.
  base::Result<ObjectDetails> copy(const CopySource& source, std::string to_bucket, std::string to_key,
                                   CopyOptions options = {});
  /// Errors beside NotFound: Conflict "the version is a delete marker", Denied for a customer's key that is missing,
  /// wrong, or not asked for.
  base::Result<std::unique_ptr<ObjectReader>> open_reader(const std::string& bucket, const std::string& key,
                                                          ReadOptions options = {}) const;
  base::Result<std::string> get(const std::string& bucket, const std::string& key) const;
  base::Result<ObjectDetails> head(const std::string& bucket, const std::string& key,
                                   const std::string& version = {}) const;
  /// The newest version, which may be a delete marker; none when there is no version at all.
  base::Result<std::optional<ObjectVersion>> find_latest(const std::string& bucket, const std::string& key) const;
  /// Changes tags, access, lock or storage class of a version, in one commit; `change` may refuse.
  base::Status update_object(const std::string& bucket, const std::string& key, const std::string& version,
                             const std::function<base::Status(ObjectDetails&)>& change);
  base::Result<Removed> remove(const std::string& bucket, const std::string& key, RemoveOptions options = {});
  /// One commit for all; each request has its own outcome.
  base::Result<std::vector<base::Result<Removed>>> remove_many(const std::string& bucket,
                                                               std::span<const RemoveRequest> requests);
  base::Result<Listing> list(const std::string& bucket, const ListOptions& options) const;
  base::Result<VersionListing> list_versions(const std::string& bucket, const VersionListOptions& options) const;

  base::Result<std::string> create_upload(const std::string& bucket, const std::string& key, UploadOptions options);
  /// The writer's commit() answers with the part's size, etag and checksum.
  base::Result<std::unique_ptr<ObjectWriter>> begin_part(const std::string& bucket, const std::string& key,
                                                         const std::string& upload, int number, PartOptions options);
  /// A part out of a stretch of another object, which it shares where it can.
  base::Result<PartInfo> copy_part(const CopySource& source, std::optional<ByteRange> range, const std::string& bucket,
                                   const std::string& key, const std::string& upload, int number,
                                   std::string customer_key = {});
  base::Result<ObjectDetails> complete_upload(const std::string& bucket, const std::string& key,
                                              const std::string& upload, std::vector<CompletedPart> parts,
                                              CommitOptions options = {});
  base::Status abort_upload(const std::string& bucket, const std::string& key, const std::string& upload);
  base::Result<UploadInfo> find_upload(const std::string& bucket, const std::string& key,
                                       const std::string& upload) const;
  base::Result<std::vector<PartInfo>> list_parts(const std::string& bucket, const std::string& key,
                                                 const std::string& upload) const;
  base::Result<UploadListing> list_uploads(const std::string& bucket, const UploadListOptions& options = {}) const;

  /// The outbox: one event per object created or removed, in the commit of the change.
  base::Result<std::vector<ObjectEvent>> events_after(std::uint64_t sequence, std::size_t limit) const;
  /// Of the newest commit; a reader that starts here sees what comes from now on.
  std::uint64_t last_event_sequence() const;
  /// Readers with names, each with a cursor that outlives the process: an event stays until all of them passed it. Who
  /// never joined holds nothing. A new reader stands before the oldest event that is there. Returns the cursor.
  base::Result<std::uint64_t> join_events(const std::string& reader);
  /// The reader, which joins by this if it must, is done with the events up to `sequence`; what they became for it
  /// waits from this commit on. A cursor never goes back.
  base::Status pass_events(const std::string& reader, std::uint64_t sequence,
                           std::vector<WaitingMessage> messages = {});
  base::Status leave_events(const std::string& reader);
  /// With numbers greater than `number`.
  base::Result<std::vector<WaitingMessage>> messages_after(const std::string& destination, std::uint64_t number,
                                                           std::size_t limit) const;
  base::Result<std::uint64_t> count_messages(const std::string& destination) const;
  base::Status drop_messages(const std::string& destination, std::span<const std::uint64_t> numbers);
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
  /// Before the end: the next open has less to read.
  base::Status flush();
  /// Errors: why the store takes no bodies now ("the disk is full: ...") or no change until it is opened again.
  base::Status takes_bodies() const;
  base::Status takes_changes() const;
  /// Frees segments of which more than half is dead: what lives in them moves to the active one, some 4 MB in a commit.
  /// Chooses segments up to `bytes_max` bytes to move, but one at least; looks at the whole index once if there are
  /// any. Readers and writers go on meanwhile.
  base::Result<CompactionReport> compact(std::uint64_t bytes_max);

  /// Compares the index with itself and with the files; reads no bytes of objects. Others go on meanwhile.
  base::Result<CheckReport> check() const;
  /// Reads bytes and compares them with what is known of them, one step of a walk over all. A version that is found
  /// damaged cannot be read from then on ("the object is damaged: ..."), until a later step finds it whole.
  base::Result<ScrubStep> scrub(const ScrubOptions& options);
  base::Result<ScrubPosition> scrub_position() const;
  base::Status keep_scrub_position(const ScrubPosition& position);
  /// What scrubs found and is still there.
  std::vector<Damage> damaged() const;

 private:
  explicit ObjectStore(std::unique_ptr<StoreState> state);
  std::unique_ptr<StoreState> state_;
};

/// 3 to 63 of a-z 0-9 . - ; see the S3 rules for bucket names.
base::Status check_bucket_name(std::string_view bucket);
/// 1 to 1024 bytes of UTF-8 without NUL.
base::Status check_key(std::string_view key);

}  // namespace store

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/disk.h"
#include "store/committer.h"
#include "store/damaged_versions.h"
#include "store/files.h"
#include "store/index.h"
#include "store/object_store.h"
#include "store/records.h"
#include "store/segment_log.h"
#include "store/space.h"
#include "store/write_behind.h"

namespace store {

/// Writes wait for the disk more than they compute.
constexpr std::size_t kWriteBehindThreads = 8;

/// What the parts of an object store share. Not for other rooms.
struct StoreState {
  StoreState(ObjectStore::Options store_options, base::Disk& store_disk, const base::Clock& store_clock)
      : options(std::move(store_options)),
        disk(store_disk),
        clock(store_clock),
        files(disk, options.directory),
        space(disk, options.directory, options.space),
        ballast(disk, options.directory, options.space) {}

  base::Status run(std::function<base::Status(Transaction&)> apply) {
    Operation operation{.apply = std::move(apply)};
    return committer->run(operation);
  }

  const ObjectStore::Options options;
  base::Disk& disk;
  const base::Clock& clock;
  FileTable files;
  UnsyncedSegment unsynced;
  Space space;
  Ballast ballast;
  DamagedVersions damaged;
  WriteBehind write_behind{kWriteBehindThreads};
  std::unique_ptr<Index> index;
  /// Events up to this one are gone: looking for them would cost more the more they were. Of the committer's thread.
  std::uint64_t trimmed_events = 0;
  std::unique_ptr<Committer> committer;  // last: its thread uses all of the above
};

/// One written object or part: where it lies and what was computed on the way.
struct WrittenContent {
  std::string md5;  // raw
  std::optional<Checksum> checksum;
  Content content;
};

/// What becomes of the content in the commit, and what the caller is told.
using CommitContent =
    std::function<base::Result<ObjectDetails>(Transaction&, const WrittenContent&, const CommitOptions&)>;
using StageContent = std::function<base::Result<StagedId>(Transaction&, const WrittenContent&)>;

struct WriterOptions {
  std::optional<ChecksumAlgorithm> checksum;
  bool computes_sha256 = false;
  std::string wrapping_key;  // empty: the bytes are not encrypted
  std::uint64_t expected_bytes = 0;
  CommitContent commit;
  StageContent stage;  // none: the content cannot be staged
};
/// Errors: Unavailable while the store takes no writes, or its disk has too little room.
base::Result<std::unique_ptr<ObjectWriter>> make_writer(StoreState& state, WriterOptions options);

/// The record of a version, from what is committed. Errors: NotFound; Conflict for a delete marker.
base::Result<ObjectRecord> read_version(const StoreState& state, const std::string& bucket, const std::string& key,
                                        const std::string& version);
base::Status copy_bytes(const ObjectReader& from, ByteRange range, ObjectWriter& to);
/// Empty for Encryption::None. Errors: those of wrapping_key().
base::Result<std::string> wrapping_key_of(const StoreState& state, const EncryptionRequest& request);

/// Every data file that holds something, and how much.
base::Result<std::map<FileId, FileRecord>> usage_by_file(const StoreState& state);

/// Forgets the parts of an upload.
base::Status drop_parts(Transaction& transaction, const std::string& upload);

/// The common prefix that stands for `key` in a listing; empty when the key stands for itself.
std::string common_prefix_of(std::string_view key, std::string_view prefix, std::string_view delimiter);

base::Error no_such_key(const std::string& bucket, const std::string& key);
base::Error no_such_bucket(const std::string& bucket);

}  // namespace store

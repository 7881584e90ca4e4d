#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/disk.h"
#include "store/committer.h"
#include "store/files.h"
#include "store/index.h"
#include "store/object_store.h"

namespace store {

/// What the parts of an object store share. Not for other rooms.
struct StoreState {
  StoreState(ObjectStore::Options store_options, base::Disk& store_disk, const base::Clock& store_clock)
      : options(std::move(store_options)), disk(store_disk), clock(store_clock), files(disk, options.directory) {}

  base::Status run(std::function<base::Status(Transaction&)> apply, bool alone = false) {
    Operation operation{.alone = alone, .apply = std::move(apply)};
    return committer->run(operation);
  }

  const ObjectStore::Options options;
  base::Disk& disk;
  const base::Clock& clock;
  FileTable files;
  std::unique_ptr<Index> index;
  std::unique_ptr<Committer> committer;  // last: its thread uses all of the above
};

/// The content of one written object or part: where it lies and what was computed on the way.
struct WrittenContent {
  std::uint64_t size = 0;
  std::string md5;  // raw
  std::optional<Checksum> checksum;
  std::vector<Extent> extents;
};

/// What becomes of the content in the commit, and what the caller is told.
using CommitContent =
    std::function<base::Result<ObjectDetails>(Transaction&, const WrittenContent&, const CommitOptions&)>;
using StageContent = std::function<base::Result<StagedId>(Transaction&, const WrittenContent&)>;

std::unique_ptr<ObjectWriter> make_writer(StoreState& state, std::optional<ChecksumAlgorithm> checksum,
                                          CommitContent commit, StageContent stage);

base::Status require_bucket(const Transaction& transaction, const std::string& bucket);
base::Result<std::optional<ObjectRecord>> find_object(const Transaction& transaction, const std::string& bucket,
                                                      const std::string& key);
/// Checks the conditions, puts the object in the place of the old one, and appends its event. Fills in sequence and
/// time. With a known token nothing happens, and `record` becomes what the first write made.
base::Status make_visible(Transaction& transaction, ObjectRecord& record, EventKind kind, const CommitOptions& options);

/// True for an etag that the condition accepts; both without quotes.
bool matches(std::string_view condition, std::string_view etag);
base::Error no_such_key(const std::string& bucket, const std::string& key);
base::Error no_such_bucket(const std::string& bucket);
base::Error precondition_failed(std::string_view condition);

}  // namespace store

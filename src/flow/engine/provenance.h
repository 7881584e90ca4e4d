#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/disk.h"
#include "flow/engine/event_codec.h"
#include "flow/engine/event_file.h"

namespace flow {

/// What happened to all flowfiles, in append-only files beside the log. A record of the log says how far its events
/// go: after a crash the events are those of the records, no more and no fewer; after a power cut the newest may be
/// missing. Bounded by size and age. Thread-safe; one thread at a time appends.
class Provenance {
 public:
  struct Options {
    std::string directory;
    std::uint64_t bytes_max = 1 << 30;
    std::chrono::hours age_max{30 * 24};
    std::uint64_t file_bytes = 32 << 20;
  };
  /// How far the events of a record of the log go.
  struct Position {
    std::uint64_t file = 0;  // its first id
    std::uint64_t offset = 0;
    std::uint64_t next_id = 1;
  };
  /// `end`: of the newest record; what lies beyond is dropped.
  static base::Result<std::unique_ptr<Provenance>> open(Options options, base::Disk& disk,
                                                        const std::optional<Position>& end);

  /// The number of an origin in events, the same for the same origin.
  std::uint64_t number_of(const EventOrigin& origin);
  /// The bytes are written, not synced.
  base::Status append(std::span<const EventBatch> batches);
  base::Status sync();
  Position end() const;
  std::uint64_t bytes() const;

  base::Result<EventPage> find(const EventQuery& query) const;
  base::Result<Lineage> lineage(const std::string& uuid) const;

 private:
  using Files = std::map<std::uint64_t, std::shared_ptr<EventFile>>;  // by first id
  Provenance(Options options, base::Disk& disk) : options_(std::move(options)), disk_(disk) {}
  base::Status read_origins();
  base::Status write_origins();
  base::Status start_file(std::uint64_t first_id);
  base::Status drop_old(base::Instant now);
  EventOrigin origin_of(std::uint64_t number) const;

  const Options options_;
  base::Disk& disk_;
  mutable std::mutex files_mutex_;  // also of what a file says of itself
  Files files_;
  std::unique_ptr<base::File> origins_file_;
  mutable std::mutex origins_mutex_;
  std::vector<EventOrigin> origins_;  // number 1 is the first
  std::size_t origins_written_ = 0;
};

}  // namespace flow

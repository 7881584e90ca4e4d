#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/snapshot.h"
#include "engine/work.h"

namespace engine {

/// A table of the program itself (load history, task runs ...): `meta.<name>`, made when missing, written by
/// Work::execute.
struct MetaTable {
  std::string name;
  std::string columns;  // "pipe BIGINT, path VARCHAR, ..."
};

/// The one file with all Snowflake databases: versioned tables, the catalog, commits, meta tables. Thread-safe.
class Database {
 public:
  struct Options {
    std::string file;
    std::string spill_directory;  // for what does not fit into memory
    int threads = 2;
    std::string memory_limit;  // "1GB"; empty: the engine's default
    std::uint64_t row_group_rows = 16'384;
    std::vector<MetaTable> meta_tables;
  };
  /// What a commit changed, told after it, in version order, on the committing thread: keep it short.
  struct Commit {
    catalog::Version version;
    base::Instant at;
    std::vector<catalog::ObjectId> tables;  // whose rows changed
    bool catalog_changed = false;
  };

  static base::Result<std::unique_ptr<Database>> open(Options options, const base::Clock& clock);
  virtual ~Database() = default;

  virtual std::unique_ptr<EngineSession> open_session() = 0;
  virtual std::shared_ptr<const catalog::Snapshot> catalog() const = 0;  // newest committed
  virtual catalog::Version version() const = 0;
  virtual LockManager& locks() = 0;
  virtual const base::Clock& clock() const = 0;
  /// Called in the order of versions, under the lock that commits and beginning works take: a listener must not wait
  /// for what holds a lock of its own while it reads. Kept until the database closes.
  virtual void on_commit(std::function<void(const Commit&)> listener) = 0;
  /// Drops past rows and segments that no retention, stream or open transaction needs, and writes a checkpoint when one
  /// is due. Safe at any moment.
  virtual base::Status sweep() = 0;
  virtual base::Status checkpoint() = 0;
  struct Statistics {
    std::uint64_t live_rows = 0, past_rows = 0, bytes = 0;
  };
  virtual base::Result<Statistics> statistics(const catalog::Record& table) = 0;
};

}  // namespace engine

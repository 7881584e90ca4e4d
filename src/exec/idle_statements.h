#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/database.h"
#include "engine/statement_runner.h"

namespace exec {

class Running;

/// DML statements that changed nothing because what they read was empty, as tasks find it most of the time: as long as
/// it stays empty and no definition changes, the same text in the same session answers the same without being run. So
/// does a task's CALL of a procedure that runs nothing but such statements. Thread-safe.
class IdleStatements {
 public:
  explicit IdleStatements(engine::Database& database);

  /// The answer to a statement that would change nothing again. Offsets of streams that it consumes are moved when they
  /// are due: the rest of its work.
  std::optional<engine::StatementOutcome> find(Running& running);

  /// What a run that changed nothing rests on.
  struct Proof {
    std::shared_ptr<const catalog::Snapshot> catalog;  // before the run
    catalog::Version version;                          // that it read
    std::set<catalog::ObjectId> tables;                // without rows, or without changes for a stream
    std::vector<catalog::ObjectId> streams;            // that it consumes
  };
  void remember(const Running& running, Proof proof, const engine::StatementOutcome& outcome);

  /// What the statements of one run of a procedure rest on together.
  struct Sum {
    bool idle = true;  // no statement did anything
    std::optional<Proof> proof;
  };
  /// Adds a statement that has just ended well.
  void add(const Running& ended, Sum& sum) const;

 private:
  /// All that decides what a statement means; without it a statement is not remembered.
  struct Key {
    std::string text, role;
    std::optional<catalog::ObjectId> database, schema;
    std::map<std::string, std::string, std::less<>> parameters;
    auto operator<=>(const Key&) const = default;
  };
  struct Idle {
    Proof proof;
    engine::StatementOutcome outcome;
  };
  std::optional<Idle> lookup(const Running& running) const;
  bool holds(const Proof& proof, const catalog::Snapshot& catalog) const;
  bool move_offsets(Running& running, const Proof& proof) const;
  static std::optional<Key> key_of(const Running& running);

  mutable std::mutex idle_mutex_;                          // guards what follows
  std::map<Key, Idle> idle_;                               // all of one catalog
  std::map<catalog::ObjectId, catalog::Version> changed_;  // tables, since this was made
};

}  // namespace exec

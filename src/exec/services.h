#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/database.h"
#include "engine/relation_source.h"
#include "engine/statement_runner.h"
#include "exec/system_functions.h"

namespace exec {

class IdleStatements;
class Running;
struct Loading;
struct Tasks;
struct TableFunctions;

/// What all sessions share. Built once by cli/; outlives every session.
struct Services {
  engine::Database& database;
  const base::Clock& clock;
  /// Asked in order for what stands in FROM and is no table (streams, stages).
  std::vector<engine::RelationSource*> sources;
  /// Waits of SYSTEM$WAIT: moves the virtual clock and runs what falls due, or sleeps. Empty: refused by name.
  std::function<base::Status(std::chrono::nanoseconds, engine::CancelToken*)> wait;
  /// Runs what the last commit made due (pipes, triggered tasks) before the next statement starts; virtual clock only.
  std::function<void()> settle;
  /// What the rooms above the engine add to SQL; filled by cli/ before the first session.
  TableFunctions* table_functions = nullptr;
  const std::map<std::string, SystemFunction, std::less<>>* system_functions = nullptr;
  Loading* loading = nullptr;
  IdleStatements* idle = nullptr;  // none: every statement runs
  Tasks* tasks = nullptr;
  /// Roles may do what they own or were granted; otherwise grants are kept and shown, and everyone may do everything.
  bool enforces_privileges = false;
};

}  // namespace exec

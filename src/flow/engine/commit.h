#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flow/engine/engine.h"
#include "flow/engine/session.h"

namespace flow {

/// What a commit changes, made ready without the engine's lock: nothing that it reads changes while the component
/// runs.
struct Engine::Prepared {
  struct Arrival {
    Queue* queue;
    std::shared_ptr<FlowFile> file;
  };
  Prepared(Component& its_component, Repository& its_repository, base::Instant its_time)
      : component(its_component), repository(its_repository), now(its_time) {}

  /// Of those whose transfers were checked.
  void add(Session& session, Session::Working& entry);
  /// Once all are added: what happened to them, by NiFi's rules.
  EventBatch events(const Session& session);

  Component& component;
  Repository& repository;
  const base::Instant now;
  Changes changes;
  std::vector<Arrival> arrivals;
  std::vector<const FlowFile*> retried;
  std::optional<base::Instant> yield_ends;
  Amount in, out;
  std::map<std::string, Amount> terminated;

 private:
  using Working = Session::Working;
  const FlowFile& arrive(FlowFile file, Queue& queue, FlowFilePtr before);
  void leave(const Working& entry) {
    if (entry.original != nullptr) changes.left.push_back(entry.original);
  }
  bool retry(Working& entry);
  void terminate(Working& entry);
  bool is_back_where_it_was(const Working& entry, const std::string& relationship) const;

  std::vector<std::pair<const Working*, std::string>> clones_;  // for further connections: uuids
};

}  // namespace flow

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "flow/flow.h"

namespace server::nifi {

/// Flows that run until nothing is left to do, each on a thread of its own, for clients that ask now and then how far
/// it is. Thread-safe.
class IdleRequests {
 public:
  struct State {
    std::string id;
    std::string flow;
    std::optional<base::Result<flow::IdleReport>> outcome;  // none: it still runs
  };
  explicit IdleRequests(flow::Flow& flow) : flow_(flow) {}
  /// Ends what runs; its flows go on at the next start of the program.
  ~IdleRequests() { stop(); }
  void stop();

  State begin(const std::string& flow);
  std::optional<State> find(const std::string& id) const;
  /// Stops its flow, should it run, and forgets the request.
  base::Result<State> remove(const std::string& id);

 private:
  struct Request {
    State state;
    std::jthread thread;  // requests to stop it are for the end of the program
  };
  flow::Flow& flow_;
  mutable std::mutex requests_mutex_;
  std::map<std::string, std::shared_ptr<Request>> requests_;
};

}  // namespace server::nifi

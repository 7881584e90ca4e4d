#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "flow/flow.h"

namespace cli {

/// What `flow run` needs of the place where a flow runs: this process, or a server.
class FlowRunner {
 public:
  struct Parameters {
    std::map<std::string, std::string> values;
    std::set<std::string> secrets;  // names of those that are never shown
    std::string sensitive_key;      // of the NiFi that saved the flow; empty: none is given
  };
  /// Processors first, then ports, in the order of the definition.
  struct Status {
    std::vector<flow::ComponentStatus> components;
    std::optional<std::string> failure;
  };
  virtual ~FlowRunner() = default;
  virtual base::Result<flow::ImportReport> import(const std::string& text, const std::string& file,
                                                  const Parameters& parameters) = 0;
  virtual base::Status start(const std::string& id) = 0;
  virtual base::Status stop(const std::string& id) = 0;
  /// What is not as it should be at the end.
  struct Rest {
    std::uint64_t queued = 0;          // flowfiles that still wait
    std::vector<std::string> failing;  // names of sources whose last try ended with an error
  };
  /// Starts the flow, and stops it when nothing is left to do or `interrupt` is requested.
  virtual base::Result<Rest> run_until_idle(const std::string& id, std::stop_token interrupt) = 0;
  virtual base::Result<Status> status(const std::string& id) = 0;
};

/// Over NiFi's REST interface. Errors: Unavailable, Denied.
base::Result<std::unique_ptr<FlowRunner>> connect_flow_runner(const std::string& url, const std::string& password);

}  // namespace cli

#pragma once

#include <boost/json.hpp>
#include <set>
#include <span>
#include <string>

#include "flow/flow.h"

namespace server::nifi {

/// Provenance events as NiFi's ProvenanceEventDTO. `Summary`: what a list shows of each.
class EventEntities {
 public:
  enum class Detail { Summary, Full };
  explicit EventEntities(const flow::Flow& flow);

  boost::json::object event(const flow::Event& event, Detail detail = Detail::Full) const;
  boost::json::array list(std::span<const flow::Event> events, Detail detail = Detail::Full) const;

 private:
  const flow::Flow& flow_;
  std::set<std::string> connections_;  // that there are
};

/// The nodes and links of events (oldest first) and of the flowfiles `uuids`, made by NiFi's rules: what creates or
/// receives a flowfile leads to it, each event to the next of the same flowfile, and a fork, join, clone or replay from
/// the parents to the children.
boost::json::object lineage_graph(std::span<const flow::Event> events, const std::set<std::string>& uuids);

}  // namespace server::nifi

#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "flow/flow.h"
#include "server/nifi/idle_requests.h"
#include "server/nifi/scope.h"

/// NiFi's entities as JSON: `{revision, id, uri, permissions, component, status, bulletins}`. Values of sensitive
/// properties and parameters read "********". Source: flow.md, section 8.
namespace server::nifi {

boost::json::object about_entity();
boost::json::object user_entity();
boost::json::object group_entity(const Scope& scope, const flow::FlowStatus& status, std::int64_t version);
/// The canvas of one group: its processors, ports, funnels, connections and groups, not those below.
boost::json::object group_flow_entity(const Scope& scope, const std::vector<flow::FlowView>& flows,
                                      const flow::FlowStatus& status, std::int64_t version);
boost::json::object processor_entity(const flow::ProcessorDefinition& processor, const flow::ComponentStatus& status,
                                     std::int64_t version);
boost::json::object group_status_entity(const Scope& scope, const flow::FlowStatus& status);
boost::json::object bulletin_board_entity(const flow::FlowStatus& status);
boost::json::object parameter_context_entity(const flow::FlowView& flow, const std::string& name, std::int64_t version);
boost::json::object idle_request_entity(const IdleRequests::State& state);

std::string context_id(const flow::FlowView& flow, const std::string& name);

}  // namespace server::nifi

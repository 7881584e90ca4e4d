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

boost::json::object permissions();
/// `{revision, id, uri, permissions}`
boost::json::object bare_entity(std::string_view kind, const std::string& id, std::int64_t version);
std::string time_of_day(base::Instant at);  // "15:04:05 UTC"

boost::json::object about_entity();
boost::json::object user_entity();
boost::json::object group_entity(const Scope& scope, const flow::FlowStatus& status, std::int64_t version);
boost::json::object component_snapshot(const flow::ComponentStatus& component);
boost::json::object connection_snapshot(const flow::ConnectionStatus& connection);
/// `component`: null when it is of none.
boost::json::object bulletin_entity(const flow::Bulletin& bulletin, const flow::ComponentStatus* component);
boost::json::array bulletins_of(const flow::ComponentStatus& component);
boost::json::object group_status_entity(const Scope& scope, const flow::FlowStatus& status);
boost::json::object idle_request_entity(const IdleRequests::State& state);

}  // namespace server::nifi

#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "server/nifi/api.h"
#include "server/nifi/idle_requests.h"
#include "server/nifi/requests.h"
#include "server/nifi/revisions.h"
#include "server/nifi/status_history.h"

namespace server::nifi {

/// Components of one group that a client chose, to move, copy or remove them together.
struct Snippet {
  std::string id;
  std::string parent;
  std::map<std::string, std::set<std::string>> members;  // ids by the list that they are in: "inputPorts"
};

/// What all calls share.
struct Context {
  explicit Context(flow::Flow& flows) : flow(flows), idle(flows) {}
  flow::Flow& flow;
  IdleRequests idle;
  Revisions revisions;
  Requests requests;
  std::mutex changes_mutex;       // one change after the other
  std::deque<Snippet> snippets;   // with the mutex held; the newest are kept
  mutable StatusHistory history;  // who looks notes, too
  std::optional<StatusWatch> watch;
};

using Ids = std::vector<std::string>;
using Handler = base::Result<Answer> (*)(Context& context, const Call& call, const Ids& ids);
struct Route {
  std::string_view method, pattern;  // '*' is an id
  Handler handler;
};

std::span<const Route> bulletin_routes();
std::span<const Route> connection_routes();
std::span<const Route> context_routes();
std::span<const Route> controller_routes();
std::span<const Route> counter_routes();
std::span<const Route> group_routes();
std::span<const Route> history_routes();
std::span<const Route> import_routes();
std::span<const Route> metrics_routes();
std::span<const Route> paste_routes();
std::span<const Route> place_routes();
std::span<const Route> processor_routes();
std::span<const Route> provenance_routes();
std::span<const Route> queue_routes();
std::span<const Route> schedule_routes();
std::span<const Route> service_routes();
std::span<const Route> snippet_routes();
std::span<const Route> template_routes();
std::span<const Route> type_routes();
std::span<const Route> verification_routes();

}  // namespace server::nifi

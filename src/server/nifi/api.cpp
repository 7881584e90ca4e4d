#include "server/nifi/api.h"

#include <fmt/format.h>

#include <mutex>

#include "http/message.h"
#include "server/nifi/body.h"
#include "server/nifi/context.h"

namespace server::nifi {
namespace {

/// The ids in `path` where `pattern` has '*'; nothing when it is another path.
std::optional<Ids> match(std::string_view pattern, std::string_view path) {
  Ids ids;
  for (;;) {
    const auto wanted = pattern.substr(0, pattern.find('/')), given = path.substr(0, path.find('/'));
    if (wanted == "*" && !given.empty())
      ids.push_back(http::percent_decode(given));
    else if (wanted != given)
      return std::nullopt;
    const bool pattern_ends = wanted.size() == pattern.size(), path_ends = given.size() == path.size();
    if (pattern_ends || path_ends) return pattern_ends && path_ends ? std::optional(std::move(ids)) : std::nullopt;
    pattern.remove_prefix(wanted.size() + 1);
    path.remove_prefix(given.size() + 1);
  }
}

struct Found {
  Handler handler;
  Ids ids;
};

std::optional<Found> find(const Call& call) {
  for (const auto& routes :
       {controller_routes(), counter_routes(),    bulletin_routes(),     metrics_routes(),  type_routes(),
        schedule_routes(),   group_routes(),      import_routes(),       template_routes(), processor_routes(),
        service_routes(),    connection_routes(), history_routes(),      queue_routes(),    provenance_routes(),
        snippet_routes(),    paste_routes(),      verification_routes(), place_routes(),    context_routes()})
    for (const auto& route : routes) {
      if (route.method != call.method) continue;
      if (auto ids = match(route.pattern, call.path)) return Found{route.handler, *std::move(ids)};
    }
  return std::nullopt;
}

/// Calls that read, and those that wait for work to end, need not wait for others.
bool is_change(const Call& call) {
  const bool reads = call.method == "GET" || call.path == "provenance" || call.path.starts_with("provenance/lineage");
  return !reads && call.path.find("/idle-requests") == std::string::npos;
}

}  // namespace

Api::Api(flow::Flow& flow) : context_(std::make_unique<Context>(flow)) {}
Api::~Api() = default;

void Api::keep_history() { context_->watch.emplace(context_->flow, context_->history); }

void Api::stop() {
  context_->watch.reset();
  context_->idle.stop();
}

Answer Api::answer(const Call& call) {
  const auto found = find(call);
  if (!found)
    return text_answer(
        404, fmt::format("{} /nifi-api/{} is not supported here; docs/flow.md lists what is", call.method, call.path));
  // A change sees what it was decided on: revisions are compared and raised in one step.
  std::unique_lock lock(context_->changes_mutex, std::defer_lock);
  if (is_change(call)) lock.lock();
  auto answer = found->handler(*context_, call, found->ids);
  return answer ? *std::move(answer) : text_answer(status_of(answer.error().kind), answer.error().message);
}

}  // namespace server::nifi

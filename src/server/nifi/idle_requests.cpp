#include "server/nifi/idle_requests.h"

#include <algorithm>

#include "server/nifi/text.h"

namespace server::nifi {
namespace {

constexpr std::size_t kRequestsMax = 64;

}  // namespace

IdleRequests::State IdleRequests::begin(const std::string& flow) {
  const std::lock_guard lock(requests_mutex_);
  // Clients that went away left theirs behind.
  for (auto old = requests_.begin(); requests_.size() >= kRequestsMax && old != requests_.end();)
    old = old->second->state.outcome ? requests_.erase(old) : std::next(old);
  auto request = std::make_shared<Request>();
  request->state = {.id = new_uuid(), .flow = flow, .outcome = {}};
  requests_[request->state.id] = request;
  request->thread = std::jthread([this, id = request->state.id, flow](const std::stop_token& stop) {
    auto outcome = flow_.run_until_idle(flow, stop);
    const std::lock_guard finished(requests_mutex_);
    if (const auto found = requests_.find(id); found != requests_.end())
      found->second->state.outcome = std::move(outcome);
  });
  return request->state;
}

std::optional<IdleRequests::State> IdleRequests::find(const std::string& id) const {
  const std::lock_guard lock(requests_mutex_);
  const auto found = requests_.find(id);
  return found == requests_.end() ? std::nullopt : std::optional(found->second->state);
}

base::Result<IdleRequests::State> IdleRequests::remove(const std::string& id) {
  std::shared_ptr<Request> request;
  State state;
  {
    const std::lock_guard lock(requests_mutex_);
    const auto found = requests_.find(id);
    if (found == requests_.end()) return base::fail(base::ErrorKind::NotFound, "no idle request with the id " + id);
    request = found->second;
    state = request->state;
  }
  if (!state.outcome) {
    request->thread.request_stop();
    request->thread.join();
    TRY_VOID(flow_.stop(state.flow));
    state = find(id).value_or(state);
  }
  const std::lock_guard lock(requests_mutex_);
  requests_.erase(id);
  return state;
}

void IdleRequests::stop() {
  std::map<std::string, std::shared_ptr<Request>> requests;
  {
    const std::lock_guard lock(requests_mutex_);
    requests.swap(requests_);
  }
  for (auto& [id, request] : requests) request->thread.request_stop();
}

}  // namespace server::nifi

#include "flow/web/parked_request.h"

#include <utility>

namespace flow::web {

http::Awaitable<std::optional<ParkedRequest::Reply>> ParkedRequest::wait() {
  std::function<void(std::function<void()>)> start = [this](std::function<void()> resume) {
    const std::lock_guard lock(state_mutex_);
    resume_ = std::move(resume);
    if (reply_ || given_up_) wake();
  };
  co_await http::suspend(std::move(start));
  const std::lock_guard lock(state_mutex_);
  co_return reply_ ? std::optional(std::move(*reply_)) : std::nullopt;
}

void ParkedRequest::wake() {
  if (resume_) http::post(thread_, std::exchange(resume_, nullptr));
}

void ParkedRequest::delivered(base::Status outcome) {
  const std::lock_guard lock(state_mutex_);
  outcome_ = std::move(outcome);
  ended_.notify_all();
}

base::Status ParkedRequest::answer(Reply reply) {
  std::unique_lock lock(state_mutex_);
  if (given_up_ || reply_ || outcome_)
    return base::fail(base::ErrorKind::Unavailable, "the request was answered already, or its time was over");
  reply_ = std::move(reply);
  wake();
  ended_.wait(lock, [this] { return outcome_.has_value(); });
  return std::move(*outcome_);
}

void ParkedRequest::give_up() {
  const std::lock_guard lock(state_mutex_);
  if (reply_) return;
  given_up_ = true;
  wake();
}

}  // namespace flow::web

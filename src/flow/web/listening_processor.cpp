#include "flow/web/listening_processor.h"

#include <fmt/format.h>

#include <algorithm>

namespace flow::web {
namespace {

constexpr std::chrono::seconds kDrain{10};
constexpr std::size_t kThreadsMax = 16;

}  // namespace

base::Status ListeningProcessor::trigger(const Configuration& configuration, const Services&, Session& session) {
  session.yield();
  const auto started = listen(session);
  if (!started) session.log_error(fmt::format("{}: {}", configuration.error_prefix(), started.error().message));
  return {};
}

base::Status ListeningProcessor::listen(const Session& session) {
  const std::lock_guard lock(listener_mutex_);
  if (listener_ != nullptr || stopping_) return {};
  TRY(listener_, Listener::start(session, "success", threads_, ports_));
  return {};
}

std::vector<std::uint16_t> ListeningProcessor::ports() const {
  const std::lock_guard lock(listener_mutex_);
  return listener_ == nullptr ? std::vector<std::uint16_t>{} : listener_->ports();
}

void ListeningProcessor::stopping() {
  const std::lock_guard lock(listener_mutex_);
  stopping_ = true;
}

void ListeningProcessor::stopped() {
  std::unique_ptr<Listener> listener;
  {
    const std::lock_guard lock(listener_mutex_);
    listener = std::move(listener_);
  }
  if (listener != nullptr) {
    listener->refuse();
    let_go();
    listener->drain(kDrain);
    listener.reset();
  }
  const std::lock_guard lock(listener_mutex_);
  stopping_ = false;
}

std::size_t worker_threads(const Configuration& configuration, std::string_view name) {
  return std::clamp<std::size_t>(configuration.integer_or(name, 200), 1, kThreadsMax);
}

}  // namespace flow::web

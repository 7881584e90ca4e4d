#include "store/s3/credentials.h"

#include "base/log.h"

namespace store::s3 {
namespace {

constexpr std::chrono::minutes kEarly{5};
constexpr std::chrono::seconds kPauseAfterFailure{30};

}  // namespace

CredentialProvider::CredentialProvider(Fetch fetch, const base::WallClock& wall_clock)
    : fetch_(std::move(fetch)), wall_clock_(wall_clock) {}

bool CredentialProvider::is_valid(base::Instant now) const {
  return current_ && (!current_->expires || now < *current_->expires);
}

bool CredentialProvider::is_fresh(base::Instant now) const {
  if (!is_valid(now)) return false;
  return !current_->expires || now < *current_->expires - kEarly || (not_before_ && now < *not_before_);
}

base::Status CredentialProvider::refresh(std::unique_lock<std::mutex>& lock) {
  refreshing_ = true;
  lock.unlock();
  auto fetched = fetch_();
  lock.lock();
  refreshing_ = false;
  refreshed_.notify_all();
  if (fetched) {
    current_ = std::move(*fetched);
    not_before_.reset();
    return {};
  }
  not_before_ = wall_clock_.now() + kPauseAfterFailure;
  LOG_WARN("s3.credentials_not_refreshed error=\"{}\"", fetched.error().message);
  return std::move(fetched).failure();
}

base::Result<Credentials> CredentialProvider::get() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto now = wall_clock_.now();
    if (is_fresh(now) || (refreshing_ && is_valid(now))) return *current_;
    if (refreshing_) {
      refreshed_.wait(lock);
      continue;
    }
    auto done = refresh(lock);
    if (!done && !is_valid(wall_clock_.now())) return std::move(done).failure();
    return *current_;
  }
}

void CredentialProvider::reject(const Credentials& refused) {
  const std::lock_guard lock(mutex_);
  if (current_ && current_->key.id == refused.key.id && current_->session_token == refused.session_token)
    current_.reset();
}

}  // namespace store::s3

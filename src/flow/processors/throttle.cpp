#include "flow/processors/throttle.h"

namespace flow {
namespace {

constexpr int kSteps = 60;  // a time is remembered so precisely

}  // namespace

bool Throttle::let_pass(std::uint64_t amount, base::Instant now) {
  if (now < closed_until_) return false;
  while (!passed_.empty() && now - passed_.front().at >= time_) {
    sum_ -= passed_.front().amount;
    passed_.pop_front();
  }
  if (sum_ >= limit_) return false;
  if (excess_.count() > 0) {
    closed_until_ = now + excess_;
    excess_ = {};
    return false;
  }
  if (!passed_.empty() && now - passed_.back().at < time_ / kSteps)
    passed_.back().amount += amount;
  else
    passed_.push_back({now, amount});
  sum_ += amount;
  if (sum_ > limit_)
    excess_ = std::chrono::nanoseconds{static_cast<std::int64_t>(
        static_cast<double>(time_.count()) * static_cast<double>(sum_ - limit_) / static_cast<double>(limit_))};
  return true;
}

}  // namespace flow

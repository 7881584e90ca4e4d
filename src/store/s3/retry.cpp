#include "store/s3/retry.h"

#include <algorithm>
#include <array>
#include <condition_variable>

namespace store::s3 {

void SystemSleeper::sleep(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait_for(lock, stop, time, [] { return false; });
}

Trouble trouble_of(int status, std::string_view code) {
  constexpr std::array<std::string_view, 10> kThrottled{"SlowDown",
                                                        "Throttling",
                                                        "ThrottlingException",
                                                        "ThrottledException",
                                                        "RequestThrottled",
                                                        "RequestLimitExceeded",
                                                        "BandwidthLimitExceeded",
                                                        "TooManyRequestsException",
                                                        "RequestThrottledException",
                                                        "KmsThrottled"};
  constexpr std::array<std::string_view, 5> kTransient{"RequestTimeout", "RequestTimeoutException", "InternalError",
                                                       "InternalFailure", "ServiceUnavailable"};
  if (std::ranges::find(kThrottled, code) != kThrottled.end() || status == 429) return Trouble::Throttled;
  if (std::ranges::find(kTransient, code) != kTransient.end()) return Trouble::Transient;
  switch (status) {
    case 0:
    case 408:
    case 500:
    case 502:
    case 503:
    case 504: return Trouble::Transient;
    default: return Trouble::None;
  }
}

int RetryPolicy::cost_of(Trouble trouble) const {
  switch (trouble) {
    case Trouble::None: return 0;
    case Trouble::Transient: return options_.transient_cost;
    case Trouble::Throttled: return options_.throttled_cost;
  }
  return 0;
}

std::optional<std::chrono::milliseconds> RetryPolicy::before_next(int attempt, Trouble trouble,
                                                                  std::optional<std::chrono::milliseconds> asked) {
  if (trouble == Trouble::None || attempt >= options_.attempts_max) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const int cost = cost_of(trouble);
  if (tokens_ < cost) return std::nullopt;
  tokens_ -= cost;
  const auto base = trouble == Trouble::Throttled ? options_.throttled_base : options_.transient_base;
  const auto most = std::min(options_.delay_max, base * (std::int64_t{1} << std::min(attempt - 1, 20)));
  const std::chrono::milliseconds delay(static_cast<std::int64_t>(random_.unit() * static_cast<double>(most.count())));
  return asked ? std::clamp(*asked, delay, options_.delay_max) : delay;
}

void RetryPolicy::succeeded(Trouble retried) {
  const std::lock_guard lock(mutex_);
  tokens_ = std::min(options_.tokens_max, tokens_ + std::max(1, cost_of(retried)));
}

int RetryPolicy::tokens() const {
  const std::lock_guard lock(mutex_);
  return tokens_;
}

}  // namespace store::s3

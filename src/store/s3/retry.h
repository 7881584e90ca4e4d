#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>

#include "base/random.h"

namespace store::s3 {

/// Waits in place of a thread: handed in, so that tests do not.
class Sleeper {
 public:
  virtual ~Sleeper() = default;
  /// A stop ends the sleep.
  virtual void sleep(std::chrono::milliseconds time, const std::stop_token& stop) = 0;
};

class SystemSleeper final : public Sleeper {
 public:
  void sleep(std::chrono::milliseconds time, const std::stop_token& stop) override;
};

/// Why a request may be worth another attempt.
enum class Trouble { None, Transient, Throttled };

/// What an answer says: by its status, and its code where it has one. Status 0: there was no answer.
Trouble trouble_of(int status, std::string_view code);

/// When to ask again, for all requests of one client: so many attempts each, and so many tokens for all of them, that a
/// server in trouble is not asked ever more often. Of any thread.
/// Source: AWS SDKs and Tools Reference Guide, "Retry behavior", standard mode.
class RetryPolicy {
 public:
  struct Options {
    int attempts_max = 3;
    std::chrono::milliseconds transient_base{50};
    std::chrono::milliseconds throttled_base{1'000};
    std::chrono::milliseconds delay_max{20'000};
    int tokens_max = 500;
    int transient_cost = 14;
    int throttled_cost = 5;
  };
  RetryPolicy(Options options, std::uint64_t seed) : options_(options), tokens_(options.tokens_max), random_(seed) {}

  /// The pause before attempt number `attempt + 1` (from 1): uniform below the greatest one, which doubles each time.
  /// None when it shall not be made. `asked` is what the server asked for.
  std::optional<std::chrono::milliseconds> before_next(int attempt, Trouble trouble,
                                                       std::optional<std::chrono::milliseconds> asked = std::nullopt);
  /// A request succeeded, after `retried` paid for its last retry.
  void succeeded(Trouble retried);
  int tokens() const;

 private:
  int cost_of(Trouble trouble) const;

  const Options options_;
  mutable std::mutex mutex_;
  int tokens_;
  base::Random random_;
};

}  // namespace store::s3

#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "store/keys.h"

namespace store::s3 {

/// With what requests are signed. Without a key they go unsigned.
struct Credentials {
  AccessKey key;
  std::string session_token;
  std::optional<base::Instant> expires;  // none: never

  bool is_anonymous() const { return key.id.empty(); }
};

/// Keeps credentials and fetches new ones before they expire: five minutes early, one thread at a time, while the
/// others go on with the old ones until those are really over. Of any thread.
class CredentialProvider {
 public:
  using Fetch = std::function<base::Result<Credentials>()>;
  CredentialProvider(Fetch fetch, const base::WallClock& wall_clock);

  /// Errors: those of the fetch, when there is nothing valid left to serve.
  base::Result<Credentials> get();
  /// A server called them expired or invalid: the next call of get() fetches, unless somebody did meanwhile.
  void reject(const Credentials& refused);

 private:
  bool is_fresh(base::Instant now) const;
  bool is_valid(base::Instant now) const;
  /// Called and returns with the lock held, and lets it go while it fetches.
  base::Status refresh(std::unique_lock<std::mutex>& lock);

  const Fetch fetch_;
  const base::WallClock& wall_clock_;
  std::mutex mutex_;
  std::condition_variable refreshed_;
  std::optional<Credentials> current_;
  std::optional<base::Instant> not_before_;  // after a failed refresh, with valid ones left
  bool refreshing_ = false;
};

}  // namespace store::s3

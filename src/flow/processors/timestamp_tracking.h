#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "flow/engine/session.h"
#include "flow/processors/file_listing.h"

namespace flow {

constexpr Allowed kTimePrecisions[] = {
    {"auto-detect", "Auto Detect"}, {"millis", "Milliseconds"}, {"seconds", "Seconds"}, {"minutes", "Minutes"}};

/// Tells the files of a listing that are newer than those before, by their times. The newest ones wait until no other
/// file can get their time any more. As NiFi keeps it in the state of the component. Used by one thread at a time.
class TimestampTracking {
 public:
  /// `precision`: of 'Target System Timestamp Precision'. `scope`: what is listed; the state of another means nothing.
  TimestampTracking(std::string precision, std::string scope)
      : precision_(std::move(precision)), scope_(std::move(scope)) {}

  /// Begins a listing.
  void begin(const ComponentState& state, base::Instant now);
  /// By its time it may be new.
  bool may_be_new(const FoundFile& file) const;
  /// Calls back for what is new among those that may be, keeps what was listed in the session's state, and says when to
  /// look again.
  void take(Session& session, const std::vector<FoundFile>& files, const std::function<void(const FoundFile&)>& emit);

 private:
  /// Times in ms, and the files emitted at the newest of them, which may get company later.
  struct Listed {
    std::optional<std::int64_t> seen;
    std::optional<std::int64_t> processed;
    std::set<std::string> identifiers;
    static Listed from(const ComponentState& state);
    ComponentState to_state(const std::string& scope) const;
  };
  using Groups = std::map<std::int64_t, std::vector<const FoundFile*>>;
  std::int64_t unit_ms(const std::vector<FoundFile>& files) const;
  bool hold_back(Session& session, Groups& groups, std::int64_t newest, std::int64_t unit);
  void emit_groups(Session& session, const Groups& groups, std::int64_t newest,
                   const std::function<void(const FoundFile&)>& emit);

  const std::string precision_;
  const std::string scope_;
  Listed listed_;
  base::Instant now_;
  std::optional<base::Instant> last_run_;  // that saw something newer
};

}  // namespace flow

#include "flow/processors/timestamp_tracking.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace flow {

TimestampTracking::Listed TimestampTracking::Listed::from(const ComponentState& state) {
  Listed listed;
  const auto number = [&](const char* key) -> std::optional<std::int64_t> {
    const auto found = state.find(key);
    if (found == state.end() || found->second.empty()) return std::nullopt;
    return std::strtoll(found->second.c_str(), nullptr, 10);
  };
  listed.seen = number("listing.timestamp");
  listed.processed = number("processed.timestamp");
  for (const auto& [key, value] : state)
    if (key.starts_with("id.")) listed.identifiers.insert(value);
  return listed;
}

ComponentState TimestampTracking::Listed::to_state(const std::string& scope) const {
  ComponentState state;
  if (seen) state["listing.timestamp"] = std::to_string(*seen);
  if (processed) state["processed.timestamp"] = std::to_string(*processed);
  std::size_t n = 0;
  for (const auto& identifier : identifiers) state[fmt::format("id.{}", n++)] = identifier;
  state["freshet.scope"] = scope;
  return state;
}

void TimestampTracking::begin(const ComponentState& state, base::Instant now) {
  const auto scope = state.find("freshet.scope");
  listed_ = scope == state.end() || scope->second == scope_ ? Listed::from(state) : Listed{};
  now_ = now;
}

bool TimestampTracking::may_be_new(const FoundFile& file) const {
  return !listed_.seen ||
         (file.modified_ms >= *listed_.seen && file.modified_ms >= listed_.processed.value_or(*listed_.seen));
}

void TimestampTracking::take(Session& session, const std::vector<FoundFile>& files,
                             const std::function<void(const FoundFile&)>& emit) {
  Groups groups;
  for (const auto& file : files) groups[file.modified_ms].push_back(&file);
  if (groups.empty()) {
    session.yield();
    return;
  }
  const auto newest = groups.rbegin()->first;
  if (hold_back(session, groups, newest, unit_ms(files))) return;
  emit_groups(session, groups, newest, emit);
}

/// How long the newest files may still get company with the same time: as coarse as the times look.
std::int64_t TimestampTracking::unit_ms(const std::vector<FoundFile>& files) const {
  if (precision_ == "millis") return 1;
  if (precision_ == "seconds") return 1000;
  if (precision_ == "minutes") return 60'000;
  if (std::ranges::any_of(files, [](const FoundFile& file) { return file.modified_ms % 1000 > 0; })) return 1;
  return std::ranges::any_of(files, [](const FoundFile& file) { return file.modified_ms % 60'000 > 0; }) ? 1000
                                                                                                         : 60'000;
}

/// True when there is nothing to emit in this cycle; may take the newest group away.
bool TimestampTracking::hold_back(Session& session, Groups& groups, std::int64_t newest, std::int64_t unit) {
  const auto lag = unit == 1 ? 100 : unit;
  if (listed_.seen == newest) {
    // Another cycle without anything newer: the group that was held back may go, once the lag has passed.
    const auto since = last_run_ ? now_ - *last_run_ : std::chrono::milliseconds{lag};
    const bool all_done = listed_.processed == newest && std::ranges::all_of(groups[newest], [&](const auto* file) {
                            return listed_.identifiers.contains(file->path());
                          });
    if (all_done) {
      session.yield();
      return true;
    }
    if (since < std::chrono::milliseconds{lag}) {
      session.yield();
      session.ask_again_after(std::chrono::milliseconds{lag} - since);
      return true;
    }
    return false;
  }
  const auto reliable = (now_.ns / 1'000'000 - lag) / unit * unit;
  if (reliable < newest) {
    groups.erase(newest);
    // Held back: a file that is written at this very instant must not be missed.
    session.ask_again_after(std::chrono::milliseconds{lag});
  }
  return false;
}

void TimestampTracking::emit_groups(Session& session, const Groups& groups, std::int64_t newest,
                                    const std::function<void(const FoundFile&)>& emit) {
  std::size_t emitted = 0;
  for (const auto& [time, files] : groups) {
    for (const auto* file : files) {
      if (listed_.processed == time && listed_.identifiers.contains(file->path())) continue;
      emit(*file);
      ++emitted;
    }
  }
  if (emitted > 0) {
    const auto last = groups.rbegin()->first;
    if (listed_.processed != last) listed_.identifiers.clear();
    for (const auto* file : groups.rbegin()->second) listed_.identifiers.insert(file->path());
    listed_.processed = last;
  }
  if (listed_.seen != newest || emitted > 0) {
    listed_.seen = newest;
    session.set_state(listed_.to_state(scope_));
  }
  last_run_ = now_;
}

}  // namespace flow

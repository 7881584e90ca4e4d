#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "flow/flow.h"

namespace server::nifi {

/// What a component did, or a connection has, by Field.
enum class Field : std::uint8_t {
  FilesIn,
  BytesIn,
  FilesOut,
  BytesOut,
  BytesRead,
  BytesWritten,
  Tasks,
  FilesQueued,
  BytesQueued
};
constexpr std::size_t kFields = 9;
using Counts = std::array<std::uint64_t, kFields>;
inline std::uint64_t& at(Counts& counts, Field field) { return counts[static_cast<std::size_t>(field)]; }
inline std::uint64_t at(const Counts& counts, Field field) { return counts[static_cast<std::size_t>(field)]; }

/// Counts over time, which the engine has since its start only: those of the last five minutes, give or take a tick,
/// and of the last day those of the five minutes before each minute. Kept in memory. Thread-safe.
class StatusHistory {
 public:
  static constexpr std::chrono::seconds kTick{10}, kPoint{60};
  static constexpr std::chrono::minutes kRecent{5};
  static constexpr std::size_t kPointsMax = 24 * 60;

  struct Point {
    base::Instant at;
    Counts counts{};
  };

  /// At least once a tick; more often does nothing. `now`: business clock.
  void note(const flow::FlowStatus& status, base::Instant now);
  /// What components did in the last five minutes, in the place of what they did since the start.
  void make_recent(flow::FlowStatus& status, base::Instant now) const;
  /// Of all these ids together, oldest first.
  std::vector<Point> points(std::span<const std::string> ids) const;

 private:
  struct Total {
    base::Instant at;
    Counts counts{};
  };
  /// Points that are alike, by number: what stands still takes no room.
  struct Run {
    std::uint64_t first = 0, count = 0;
    Counts counts{};
  };
  struct Component {
    std::deque<Total> totals;  // one that is five minutes old, or the first, and those since
    std::deque<Run> runs;
    bool seen = false;
  };
  static Counts recent(const Component& component, const Counts& total, base::Instant now);
  void add(const std::string& id, const Counts& total, base::Instant now);
  void add_point(base::Instant now);

  mutable std::mutex components_mutex_;
  std::map<std::string, Component> components_;  // and connections
  std::deque<base::Instant> points_;             // when
  std::uint64_t first_point_ = 0;                // number of the first of them
  base::Instant noted_{};
};

/// Notes the status of flows as time goes by, on a thread of its own.
class StatusWatch {
 public:
  StatusWatch(flow::Flow& flow, StatusHistory& history);

 private:
  std::mutex wait_mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;  // the last: it ends before the others go
};

}  // namespace server::nifi

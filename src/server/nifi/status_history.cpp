#include "server/nifi/status_history.h"

#include <algorithm>

namespace server::nifi {
namespace {

Counts counts_of(const flow::ComponentStatus& component) {
  return {component.in.files,   component.in.bytes,      component.out.files, component.out.bytes,
          component.bytes_read, component.bytes_written, component.tasks};
}

Counts counts_of(const flow::ConnectionStatus& connection) {
  Counts counts{};
  at(counts, Field::FilesQueued) = connection.files;
  at(counts, Field::BytesQueued) = connection.bytes;
  return counts;
}

constexpr bool is_level(std::size_t field) { return field >= static_cast<std::size_t>(Field::FilesQueued); }

}  // namespace

/// What a queue has is as it is; the others are what came since then. A count that fell began anew.
Counts StatusHistory::recent(const Component& component, const Counts& total, base::Instant now) {
  Counts counts = total;
  const auto& totals = component.totals;
  const auto young = std::ranges::find_if(totals, [&](const Total& earlier) { return now - earlier.at < kRecent; });
  if (young == totals.begin()) return counts;
  const auto& base = std::prev(young)->counts;
  for (std::size_t i = 0; i < kFields; ++i)
    if (!is_level(i) && base[i] <= total[i]) counts[i] -= base[i];
  return counts;
}

void StatusHistory::add(const std::string& id, const Counts& total, base::Instant now) {
  auto& component = components_[id];
  component.seen = true;
  auto& totals = component.totals;
  totals.push_back({now, total});
  while (totals.size() > 1 && now - totals[1].at >= kRecent) totals.pop_front();
}

void StatusHistory::add_point(base::Instant now) {
  const auto number = first_point_ + points_.size();
  points_.push_back(now);
  if (points_.size() > kPointsMax) {
    points_.pop_front();
    ++first_point_;
  }
  for (auto& [id, component] : components_) {
    auto& runs = component.runs;
    const auto counts = recent(component, component.totals.back().counts, now);
    if (!runs.empty() && runs.back().first + runs.back().count == number && runs.back().counts == counts)
      ++runs.back().count;
    else
      runs.push_back({number, 1, counts});
    while (runs.front().first + runs.front().count <= first_point_) runs.pop_front();
  }
}

void StatusHistory::note(const flow::FlowStatus& status, base::Instant now) {
  const std::lock_guard lock(components_mutex_);
  if (noted_ != base::Instant{} && now - noted_ < kTick) return;
  noted_ = now;
  for (auto& [id, component] : components_) component.seen = false;
  for (const auto& component : status.components) add(component.id, counts_of(component), now);
  for (const auto& connection : status.connections) add(connection.id, counts_of(connection), now);
  std::erase_if(components_, [](const auto& entry) { return !entry.second.seen; });
  if (points_.empty() || now - points_.back() >= kPoint) add_point(now);
}

void StatusHistory::make_recent(flow::FlowStatus& status, base::Instant now) const {
  const std::lock_guard lock(components_mutex_);
  for (auto& component : status.components) {
    const auto found = components_.find(component.id);
    if (found == components_.end()) continue;
    const auto counts = recent(found->second, counts_of(component), now);
    component.in = {.files = at(counts, Field::FilesIn), .bytes = at(counts, Field::BytesIn)};
    component.out = {.files = at(counts, Field::FilesOut), .bytes = at(counts, Field::BytesOut)};
    component.bytes_read = at(counts, Field::BytesRead);
    component.bytes_written = at(counts, Field::BytesWritten);
    component.tasks = at(counts, Field::Tasks);
  }
}

std::vector<StatusHistory::Point> StatusHistory::points(std::span<const std::string> ids) const {
  const std::lock_guard lock(components_mutex_);
  std::vector<Point> points;
  for (const auto at : points_) points.push_back({.at = at});
  std::size_t begin = points.size();  // nothing is known before the first of them was there
  for (const auto& id : ids) {
    const auto found = components_.find(id);
    if (found == components_.end()) continue;
    for (const auto& run : found->second.runs)
      for (auto number = std::max(run.first, first_point_); number < run.first + run.count; ++number) {
        const auto place = static_cast<std::size_t>(number - first_point_);
        begin = std::min(begin, place);
        for (std::size_t i = 0; i < kFields; ++i) points[place].counts[i] += run.counts[i];
      }
  }
  points.erase(points.begin(), points.begin() + static_cast<std::ptrdiff_t>(begin));
  return points;
}

StatusWatch::StatusWatch(flow::Flow& flow, StatusHistory& history)
    : thread_([this, &flow, &history](const std::stop_token& stop) {
        std::unique_lock lock(wait_mutex_);
        while (!stop.stop_requested()) {
          history.note(flow.status(), flow.now());
          stopped_.wait_for(lock, stop, StatusHistory::kTick, [] { return false; });
        }
      }) {}

}  // namespace server::nifi

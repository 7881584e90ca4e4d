#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "flow/engine/flow_file.h"
#include "flow/engine/repository.h"
#include "flow/model.h"

namespace flow {

enum class Prioritizer { FirstInFirstOut, NewestFirst, OldestFirst, PriorityAttribute };

/// The flowfiles of one connection. What was polled counts until it is acknowledged or given back, so that work in
/// flight holds back pressure. Not thread-safe: the engine's lock guards it.
class Queue {
 public:
  /// Errors: InvalidValue for thresholds and prioritizers that cannot be read.
  static base::Result<Queue> make(const ConnectionDefinition& definition);

  const ConnectionId& id() const { return id_; }
  void push(FlowFilePtr file, base::Instant now);
  /// The next flowfile, or null; what expired on the way goes to `expired` (10,000 at most).
  FlowFilePtr poll(base::Instant now, std::vector<FlowFilePtr>& expired);
  void give_back(FlowFilePtr file, base::Instant now);
  void acknowledge(const FlowFile& file);
  /// Takes out all that is not polled; it counts until it is acknowledged.
  std::vector<FlowFilePtr> take_all();

  bool has_ready(base::Instant now);
  /// When the next penalised flowfile may be polled.
  std::optional<base::Instant> next_ready() const;
  bool full() const {
    return (objects_max_ > 0 && files() >= objects_max_) || (bytes_max_ > 0 && bytes_ >= bytes_max_);
  }
  bool empty() const { return files_ == 0; }
  std::uint64_t objects_max() const { return objects_max_; }
  std::uint64_t bytes_max() const { return bytes_max_; }
  std::uint64_t files() const { return files_; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t penalised() const { return waiting_.size(); }

 private:
  struct Before {
    std::vector<Prioritizer> order;  // empty: as they came
    bool operator()(const FlowFilePtr& a, const FlowFilePtr& b) const;
  };
  explicit Queue(Before before) : by_arrival_(before.order.empty()), ready_(std::move(before)) {}
  void insert(FlowFilePtr file, base::Instant now);
  void make_ready(FlowFilePtr file);
  FlowFilePtr take_first();
  bool nothing_ready() const { return line_.empty() && ready_.empty(); }
  void wake(base::Instant now);

  ConnectionId id_;
  std::uint64_t objects_max_ = 0;
  std::uint64_t bytes_max_ = 0;
  std::int64_t expiration_ns_ = 0;
  std::uint64_t files_ = 0;
  std::uint64_t bytes_ = 0;
  bool by_arrival_ = true;  // then those that may be polled stand in line_, else in ready_
  std::deque<FlowFilePtr> line_;
  std::set<FlowFilePtr, Before> ready_;
  std::multimap<base::Instant, FlowFilePtr> waiting_;  // penalised, by the end of it
};

}  // namespace flow

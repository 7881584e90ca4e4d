#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "flow/engine/flow_file.h"
#include "flow/engine/repository.h"
#include "flow/engine/swap.h"
#include "flow/model.h"

namespace flow {

enum class Prioritizer { FirstInFirstOut, NewestFirst, OldestFirst, PriorityAttribute };

/// Bytes that one queue has of what all queues take, about. What is left is given back at the end.
class MemoryShare {
 public:
  MemoryShare() = default;
  MemoryShare(MemoryShare&& other) noexcept
      : all_(std::exchange(other.all_, nullptr)), own_(std::exchange(other.own_, 0)) {}
  ~MemoryShare();
  void share(std::uint64_t& all) { all_ = &all; }
  void add(std::uint64_t bytes) {  // or takes away: they wrap around
    own_ += bytes;
    if (all_ != nullptr) *all_ += bytes;
  }

 private:
  std::uint64_t* all_ = nullptr;
  std::uint64_t own_ = 0;
};

/// The flowfiles of one connection. What was polled counts until it is acknowledged or given back, so that work in
/// flight holds back pressure. Not thread-safe: the engine's lock guards it.
class Queue {
 public:
  /// Errors: InvalidValue for thresholds and prioritizers that cannot be read.
  static base::Result<Queue> make(const ConnectionDefinition& definition);

  /// From that many flowfiles in memory on, those that come wait to be swapped out, half as many at a time; 0: never.
  /// `memory` is added to.
  void limit_memory(std::uint64_t swap_at, std::uint64_t& memory);

  const ConnectionId& id() const { return id_; }
  void push(FlowFilePtr file, base::Instant now);
  /// The next flowfile, or null; what expired on the way goes to `expired` (10,000 at most).
  FlowFilePtr poll(base::Instant now, std::vector<FlowFilePtr>& expired);
  void give_back(FlowFilePtr file, base::Instant now);
  void acknowledge(const FlowFile& file);
  /// Flowfiles that should go to the disk, which go on counting; none: there is no need.
  std::vector<FlowFilePtr> take_to_swap(base::Instant now);
  void add_swapped(SwapFilePtr file);             // of those that were taken
  void add_swapped_before(SwapFilePtr file);      // at recovery: its flowfiles count from now on
  void put_back(std::vector<FlowFilePtr> files);  // that could not be swapped
  /// The swap file whose flowfiles are needed next; null while there is no need of one.
  SwapFilePtr take_swapped(base::Instant now);
  void add_from_swap(std::vector<FlowFilePtr> files, base::Instant now);
  /// Takes out all that is in memory and not polled; it counts until it is acknowledged.
  std::vector<FlowFilePtr> take_all();
  /// Of what is not polled, the first ones, in their order; penalised ones last.
  std::vector<FlowFilePtr> list(std::size_t most) const;
  FlowFilePtr find(std::string_view uuid) const;  // the same holds; null when it is not there

  bool has_ready(base::Instant now);
  /// When the next penalised flowfile may be polled.
  std::optional<base::Instant> next_ready() const;
  bool full() const {
    return (objects_max_ > 0 && files() >= objects_max_) || (bytes_max_ > 0 && bytes_ >= bytes_max_);
  }
  bool empty() const { return files_ == 0; }
  /// Of the provenance events of its flowfiles.
  std::uint64_t origin() const { return origin_; }
  bool drops_empty() const { return drops_empty_; }  // a flowfile without content ends here
  void set_origin(std::uint64_t origin) { origin_ = origin; }
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
  template <class Use>
  void each(Use&& use) const;  // until it answers false
  explicit Queue(Before before) : by_arrival_(before.order.empty()), ready_(std::move(before)) {}
  void insert(FlowFilePtr file, base::Instant now);
  void make_ready(FlowFilePtr file);
  FlowFilePtr take_first();
  bool nothing_ready() const { return line_.empty() && ready_.empty(); }
  std::uint64_t in_memory() const { return line_.size() + ready_.size() + waiting_.size(); }
  bool may_have_more() const { return in_memory() < swap_at_ && !(later_.empty() && swapped_.empty()); }
  void count_memory(const FlowFile& file, int sign);
  void wake(base::Instant now);

  ConnectionId id_;
  std::uint64_t objects_max_ = 0;
  std::uint64_t bytes_max_ = 0;
  std::int64_t expiration_ns_ = 0;
  bool drops_empty_ = false;
  std::uint64_t origin_ = 0;
  std::uint64_t files_ = 0;
  std::uint64_t bytes_ = 0;
  bool by_arrival_ = true;  // then those that may be polled stand in line_, else in ready_
  std::deque<FlowFilePtr> line_;
  std::set<FlowFilePtr, Before> ready_;
  std::multimap<base::Instant, FlowFilePtr> waiting_;  // penalised, by the end of it
  // What came when there were too many: first those on the disk, then those that may get there.
  std::uint64_t swap_at_ = 0;
  std::deque<SwapFilePtr> swapped_;
  std::deque<FlowFilePtr> later_;
  MemoryShare memory_;
};

}  // namespace flow

// A queue that is too long for memory.
#include <algorithm>
#include <utility>

#include "flow/engine/queue.h"

namespace flow {
namespace {

/// What a flowfile takes in memory, about.
std::uint64_t memory_of(const FlowFile& file) {
  constexpr std::uint64_t kFlowFile = 400, kAttribute = 2 * sizeof(std::string);
  std::uint64_t bytes = kFlowFile;
  for (const auto& [name, value] : file.attributes) bytes += kAttribute + name.size() + value.size();
  return bytes;
}

}  // namespace

MemoryShare::~MemoryShare() {
  if (all_ != nullptr) *all_ -= own_;
}

void Queue::limit_memory(std::uint64_t swap_at, std::uint64_t& memory) {
  swap_at_ = swap_at;
  memory_.share(memory);
}

void Queue::count_memory(const FlowFile& file, int sign) {
  const auto bytes = memory_of(file);
  memory_.add(sign > 0 ? bytes : -bytes);
}

std::vector<FlowFilePtr> Queue::take_to_swap(base::Instant now) {
  std::vector<FlowFilePtr> files;
  const auto together = std::max<std::uint64_t>(swap_at_ / 2, 1);
  const auto waiting = by_arrival_ ? later_.size() : later_.size() + in_memory() - std::min(in_memory(), swap_at_);
  if (swap_at_ == 0 || waiting < together) return files;
  if (by_arrival_) {
    const auto end = later_.begin() + static_cast<std::ptrdiff_t>(together);
    files.assign(std::make_move_iterator(later_.begin()), std::make_move_iterator(end));
    later_.erase(later_.begin(), end);
  } else {
    // Those that came may go before those that are here.
    for (auto& file : later_) insert(std::move(file), now);
    later_.clear();
    while (files.size() < together && !ready_.empty())
      files.push_back(std::move(ready_.extract(std::prev(ready_.end())).value()));
  }
  for (const auto& file : files) count_memory(*file, -1);
  return files;
}

void Queue::add_swapped(SwapFilePtr file) { swapped_.push_back(std::move(file)); }

void Queue::add_swapped_before(SwapFilePtr file) {
  files_ += file->files;
  bytes_ += file->bytes;
  add_swapped(std::move(file));
}

void Queue::put_back(std::vector<FlowFilePtr> files) {
  for (const auto& file : files) count_memory(*file, 1);
  later_.insert(later_.begin(), std::make_move_iterator(files.begin()), std::make_move_iterator(files.end()));
}

SwapFilePtr Queue::take_swapped(base::Instant now) {
  wake(now);
  if (!nothing_ready() || swapped_.empty() || !may_have_more()) return nullptr;
  auto file = std::move(swapped_.front());
  swapped_.pop_front();
  return file;
}

void Queue::add_from_swap(std::vector<FlowFilePtr> files, base::Instant now) {
  for (auto& file : files) {
    count_memory(*file, 1);
    insert(std::move(file), now);
  }
}

}  // namespace flow

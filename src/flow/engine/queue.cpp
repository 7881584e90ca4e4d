#include "flow/engine/queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "flow/engine/quantity.h"

namespace flow {
namespace {

/// Present beats absent, a whole number beats other texts, then the lower one.
int compare_priority(const FlowFile& a, const FlowFile& b) {
  const auto left = a.attributes.find("priority"), right = b.attributes.find("priority");
  const bool has_left = left != a.attributes.end(), has_right = right != b.attributes.end();
  if (has_left != has_right) return has_left ? -1 : 1;
  if (!has_left) return 0;
  const auto whole = [](const std::string& text) -> std::optional<std::int64_t> {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
  };
  const auto left_number = whole(left->second), right_number = whole(right->second);
  if (left_number.has_value() != right_number.has_value()) return left_number ? -1 : 1;
  if (left_number) return *left_number < *right_number ? -1 : *left_number > *right_number ? 1 : 0;
  return left->second.compare(right->second);
}

}  // namespace

bool Queue::Before::operator()(const FlowFilePtr& a, const FlowFilePtr& b) const {
  for (const auto prioritizer : order) {
    switch (prioritizer) {
      case Prioritizer::FirstInFirstOut: break;  // the last word anyway
      case Prioritizer::NewestFirst:
        if (a->lineage_start != b->lineage_start) return a->lineage_start > b->lineage_start;
        if (a->lineage_index != b->lineage_index) return a->lineage_index > b->lineage_index;
        break;
      case Prioritizer::OldestFirst:
        if (a->lineage_start != b->lineage_start) return a->lineage_start < b->lineage_start;
        if (a->lineage_index != b->lineage_index) return a->lineage_index < b->lineage_index;
        break;
      case Prioritizer::PriorityAttribute:
        if (const int order_of = compare_priority(*a, *b); order_of != 0) return order_of < 0;
        break;
    }
    if (prioritizer == Prioritizer::FirstInFirstOut) break;
  }
  return a->queue_index < b->queue_index;
}

base::Result<Queue> Queue::make(const ConnectionDefinition& definition) {
  Before before;
  const auto wrong = [&](std::string_view what, std::string_view value) {
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("connection from '{}' to '{}': {} '{}' is not valid", definition.source_name,
                                  definition.destination_name, what, value));
  };
  for (const auto& type : definition.prioritizers) {
    const auto name = type.substr(type.rfind('.') + 1);
    if (name == "FirstInFirstOutPrioritizer")
      before.order.push_back(Prioritizer::FirstInFirstOut);
    else if (name == "NewestFlowFileFirstPrioritizer")
      before.order.push_back(Prioritizer::NewestFirst);
    else if (name == "OldestFlowFileFirstPrioritizer")
      before.order.push_back(Prioritizer::OldestFirst);
    else if (name == "PriorityAttributePrioritizer")
      before.order.push_back(Prioritizer::PriorityAttribute);
    else
      return wrong("prioritizer", type);
  }
  Queue queue(std::move(before));
  queue.id_ = std::make_shared<const std::string>(definition.id);
  queue.objects_max_ = definition.objects_max;
  queue.drops_empty_ = definition.drops_empty;
  const auto bytes = parse_data_size(definition.bytes_max);
  if (!bytes) return wrong("size threshold", definition.bytes_max);
  queue.bytes_max_ = *bytes;
  const auto expiration = parse_duration(definition.expiration);
  if (!expiration) return wrong("expiration", definition.expiration);
  queue.expiration_ns_ = expiration->count();
  return queue;
}

void Queue::insert(FlowFilePtr file, base::Instant now) {
  if (file->penalty_ends > now) {
    waiting_.emplace(file->penalty_ends, std::move(file));
  } else {
    make_ready(std::move(file));
  }
}

void Queue::make_ready(FlowFilePtr file) {
  if (!by_arrival_) {
    ready_.insert(std::move(file));
    return;
  }
  // Most come last; who was given back was among the first.
  const auto comes_before = [](const FlowFilePtr& a, const FlowFilePtr& b) { return a->queue_index < b->queue_index; };
  const bool last = line_.empty() || comes_before(line_.back(), file);
  const auto place = last ? line_.end() : std::ranges::upper_bound(line_, file, comes_before);
  line_.insert(place, std::move(file));
}

FlowFilePtr Queue::take_first() {
  if (!by_arrival_) return std::move(ready_.extract(ready_.begin()).value());
  auto first = std::move(line_.front());
  line_.pop_front();
  return first;
}

void Queue::push(FlowFilePtr file, base::Instant now) {
  ++files_;
  bytes_ += file->size();
  count_memory(*file, 1);
  if (swap_at_ > 0 && (in_memory() >= swap_at_ || !later_.empty() || !swapped_.empty()))
    later_.push_back(std::move(file));
  else
    insert(std::move(file), now);
}

void Queue::give_back(FlowFilePtr file, base::Instant now) { insert(std::move(file), now); }

void Queue::acknowledge(const FlowFile& file) {
  --files_;
  bytes_ -= file.size();
  count_memory(file, -1);
}

std::vector<FlowFilePtr> Queue::take_all() {
  std::vector<FlowFilePtr> files(ready_.begin(), ready_.end());
  files.insert(files.end(), line_.begin(), line_.end());
  for (auto& [ends, file] : waiting_) files.push_back(std::move(file));
  files.insert(files.end(), later_.begin(), later_.end());
  ready_.clear();
  line_.clear();
  waiting_.clear();
  later_.clear();
  return files;
}

template <class Use>
void Queue::each(Use&& use) const {
  if (!std::ranges::all_of(ready_, use) || !std::ranges::all_of(line_, use)) return;
  (void)std::ranges::all_of(waiting_, [&](const auto& waits) { return use(waits.second); });
}

std::vector<FlowFilePtr> Queue::list(std::size_t most) const {
  std::vector<FlowFilePtr> files;
  each([&](const FlowFilePtr& file) {
    if (files.size() < most) files.push_back(file);
    return files.size() < most;
  });
  return files;
}

FlowFilePtr Queue::find(std::string_view uuid) const {
  FlowFilePtr found;
  each([&](const FlowFilePtr& file) {
    if (file->attribute("uuid") == uuid) found = file;
    return found == nullptr;
  });
  return found;
}

void Queue::wake(base::Instant now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    make_ready(std::move(waiting_.begin()->second));
    waiting_.erase(waiting_.begin());
  }
}

FlowFilePtr Queue::poll(base::Instant now, std::vector<FlowFilePtr>& expired) {
  wake(now);
  if (nothing_ready() && swapped_.empty())
    for (; !later_.empty() && in_memory() < swap_at_; later_.pop_front()) insert(std::move(later_.front()), now);
  while (!nothing_ready()) {
    auto file = take_first();
    if (expiration_ns_ == 0 || now.ns < file->entered.ns + expiration_ns_) return file;
    expired.push_back(std::move(file));
    if (expired.size() >= 10'000) break;
  }
  return nullptr;
}

bool Queue::has_ready(base::Instant now) {
  wake(now);
  return !nothing_ready() || may_have_more();
}

std::optional<base::Instant> Queue::next_ready() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

}  // namespace flow

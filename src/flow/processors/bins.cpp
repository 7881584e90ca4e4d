#include "flow/processors/bins.h"

#include <algorithm>
#include <charconv>

namespace flow {
namespace {

constexpr std::size_t kPolledMax = 1000;
constexpr int kRefusedMax = 5;

std::optional<std::uint64_t> whole_number(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::size_t Bins::count() const {
  std::size_t count = 0;
  for (const auto& [group, bins] : bins_) count += bins.size();
  return count;
}

Bin Bins::make(Session& session, base::Instant now) const {
  Bin bin{.session = session.sibling(), .made = now};
  bin.entries_min = options_.defragments ? std::numeric_limits<std::uint64_t>::max() : options_.entries_min;
  bin.entries_max = options_.defragments ? std::numeric_limits<std::uint64_t>::max() : options_.entries_max;
  return bin;
}

bool Bins::offer(Bin& bin, Session& session, FlowFile& file) const {
  const auto refuse = [&] {
    ++bin.refused;
    return false;
  };
  const auto bytes = bin.bytes + (options_.weigh ? 0 : file.size());
  if (bin.terminated || bytes > options_.bytes_max || bin.entries >= bin.entries_max) return refuse();
  if (options_.defragments) {
    const auto& index = file.attribute("fragment.index");
    if (index.empty() || !bin.fragments.insert(index).second) return refuse();
    if (const auto fragments = whole_number(file.attribute("fragment.count")))
      bin.entries_min = bin.entries_max = *fragments;
  }
  bin.bytes += file.size();
  bin.entries += options_.weigh && !options_.defragments ? options_.weigh(file) : 1;
  bin.files.push_back(&session.move_to(*bin.session, file));
  bin.refused = 0;
  return true;
}

bool Bins::is_enough(const Bin& bin) const {
  return is_full(bin) || (bin.bytes >= options_.bytes_min && bin.entries >= bin.entries_min);
}

bool Bins::is_full(const Bin& bin) const {
  return bin.terminated || bin.bytes >= options_.bytes_max || bin.entries >= bin.entries_max ||
         (bin.bytes >= options_.bytes_min && bin.entries >= bin.entries_min && bin.refused > kRefusedMax);
}

std::string Bins::reason_of(const Bin& bin) const {
  if (bin.terminated) return "BIN_TERMINATION_SIGNAL";
  if (bin.bytes >= options_.bytes_max) return "MAX_BYTES_THRESHOLD_REACHED";
  if (bin.entries >= bin.entries_max) return "MAX_ENTRIES_THRESHOLD_REACHED";
  return "MIN_THRESHOLDS_REACHED";
}

/// True when it needed a bin of its own, which is ready then.
base::Result<bool> Bins::place(Session& session, base::Instant now, const std::string& group, FlowFile& file, bool ends,
                               std::vector<Bin>& ready) {
  const auto alone = [&] {
    Bin bin = make(session, now);
    bin.bytes = file.size();
    bin.reason = "UNSET";  // as NiFi
    bin.files.push_back(&session.move_to(*bin.session, file));
    ready.push_back(std::move(bin));
    return true;
  };
  if (file.size() > options_.bytes_max && !options_.weigh) return alone();
  auto& bins = bins_[group];
  if (ends && options_.insertion != Insertion::LastInBin) {
    const auto open = std::ranges::find(bins, false, &Bin::terminated);
    if (open != bins.end()) open->terminated = true;
  } else {
    for (auto& bin : bins) {
      if (!offer(bin, session, file)) continue;
      bin.terminated = ends;
      return false;
    }
  }
  bins.push_back(make(session, now));
  if (!offer(bins.back(), session, file)) {
    bins.pop_back();
    return alone();
  }
  bins.back().terminated = ends && options_.insertion != Insertion::FirstInNewBin;
  return false;
}

base::Result<std::vector<Bin>> Bins::pack(Session& session, base::Instant now, const Group& group,
                                          const EndsBin& ends_bin) {
  const std::lock_guard lock(bins_mutex_);
  std::vector<Bin> ready;
  bool binned = false;
  bool needed_more = false;
  while (count() <= options_.bins_max) {
    const auto files = session.get(kPolledMax);
    if (files.empty()) break;
    for (auto* file : files) {
      TRY(const auto name, group(*file));
      TRY(const bool ends, ends_bin(*file));
      TRY(const bool alone, place(session, now, name, *file, ends, ready));
      needed_more = needed_more || alone;
    }
    binned = true;
  }
  std::size_t moved = 0;
  for (auto& [name, bins] : bins_) {
    for (auto& bin : bins) {
      if (binned ? is_full(bin) : is_enough(bin))
        bin.reason = reason_of(bin);
      else if (options_.age_max && now - bin.made > *options_.age_max)
        bin.reason = "TIMEOUT";
      else
        continue;
      ready.push_back(std::move(bin));
      ++moved;
    }
    std::erase_if(bins, [](const Bin& bin) { return bin.session == nullptr; });
  }
  std::erase_if(bins_, [](const auto& entry) { return entry.second.empty(); });
  // Nothing fits any more: the oldest makes room.
  if (moved == 0 && (count() > options_.bins_max || (count() == options_.bins_max && needed_more))) {
    std::vector<Bin>* oldest = nullptr;
    for (auto& [name, bins] : bins_)
      if (oldest == nullptr || bins.front().made < oldest->front().made) oldest = &bins;
    if (oldest != nullptr) {
      oldest->front().reason = "BIN_MANAGER_FULL";
      ready.push_back(std::move(oldest->front()));
      oldest->erase(oldest->begin());
      std::erase_if(bins_, [](const auto& entry) { return entry.second.empty(); });
    }
  }
  std::optional<base::Instant> next;
  for (const auto& [name, bins] : bins_)
    for (const auto& bin : bins) next = std::min(next.value_or(bin.made), bin.made);
  if (next && options_.age_max) session.ask_again_at(*next + *options_.age_max + std::chrono::nanoseconds{1});
  return ready;
}

void Bins::clear() {
  const std::lock_guard lock(bins_mutex_);
  bins_.clear();  // their sessions roll back
}

}  // namespace flow

#include "flow/engine/provenance.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "flow/engine/log.h"

namespace flow {
namespace {

constexpr std::size_t kLineageMax = 10'000;  // flowfiles that are followed, and events of one generation

bool fits(const EventQuery& query, const EventBlock& block, std::span<const std::uint64_t> any_key) {
  const auto end = block.first_id + block.count;
  if (query.id && (*query.id < block.first_id || *query.id >= end)) return false;
  if (query.below && *query.below <= block.first_id) return false;
  if (query.from && block.last < *query.from) return false;
  if (query.to && block.first > *query.to) return false;
  if (!query.types.empty() &&
      std::ranges::none_of(query.types, [&](EventType type) { return (block.types & type_bit(type)) != 0; }))
    return false;
  if (query.filename && !block.may_have(event_key(*query.filename))) return false;
  if (query.uri && !block.may_have(event_key(*query.uri))) return false;
  return any_key.empty() || std::ranges::any_of(any_key, [&](std::uint64_t key) { return block.may_have(key); });
}

bool fits(const EventQuery& query, const Event& event, const std::set<std::string_view>& uuids) {
  if (query.id && event.id != *query.id) return false;
  if (query.below && event.id >= *query.below) return false;
  if (query.from && event.at < *query.from) return false;
  if (query.to && event.at > *query.to) return false;
  if (query.component && event.component.id != *query.component) return false;
  if (!query.types.empty() && std::ranges::count(query.types, event.type) == 0) return false;
  if (query.filename && event.filename() != *query.filename) return false;
  if (query.uri && event.uri != *query.uri) return false;
  if (query.bytes_min && event.size() < *query.bytes_min) return false;
  if (query.bytes_max && event.size() > *query.bytes_max) return false;
  if (uuids.empty() || uuids.contains(event.flow_file)) return true;
  const auto named = [&](const std::string& uuid) { return uuids.contains(uuid); };
  return std::ranges::any_of(event.parents, named) || std::ranges::any_of(event.children, named);
}

}  // namespace

base::Result<std::unique_ptr<Provenance>> Provenance::open(Options options, base::Disk& disk,
                                                           const std::optional<Position>& end) {
  TRY_VOID(disk.make_directory(options.directory));
  std::unique_ptr<Provenance> provenance(new Provenance(std::move(options), disk));
  const auto& directory = provenance->options_.directory;
  TRY_VOID(provenance->read_origins());
  TRY(const auto names, disk.list(directory));
  const auto last = end.value_or(Position{});
  for (const auto& name : names) {
    std::uint64_t first_id = 0;
    const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), first_id);
    if (error != std::errc{} || std::string_view(rest, name.data() + name.size()) != ".events") continue;
    auto file = std::make_shared<EventFile>(disk, directory, first_id);
    if (first_id > last.file)
      TRY_VOID(file->remove());
    else
      provenance->files_.emplace(first_id, std::move(file));
  }
  auto& files = provenance->files_;
  if (!files.empty()) {
    auto& newest = *files.rbegin()->second;
    TRY_VOID(newest.recover(newest.first_id() == last.file ? std::optional(last.offset) : std::nullopt));
    for (auto& [first_id, file] : files)
      if (file.get() != &newest) TRY_VOID(file->load_blocks());
    if (newest.next_id() == last.next_id) return provenance;
    TRY_VOID(newest.close());  // a power cut took its newest events; their ids are not used again
  }
  TRY_VOID(provenance->start_file(last.next_id));
  return provenance;
}

base::Status Provenance::read_origins() {
  const auto path = options_.directory + "/origins";
  TRY(const bool exists, disk_.exists(path));
  TRY(origins_file_, disk_.open(path, exists ? base::OpenMode::Write : base::OpenMode::Create));
  if (!exists) return disk_.sync_directory(options_.directory);
  TRY(const auto bytes, disk_.read_all(path));
  std::string_view rest(bytes);
  while (const auto record = Log::take_frame(rest)) {
    BinaryReader reader(*record);
    auto& origin = origins_.emplace_back();
    for (auto* text : {&origin.id, &origin.name, &origin.type, &origin.group, &origin.flow}) *text = reader.text();
  }
  origins_written_ = origins_.size();
  return rest.empty() ? base::Status{} : origins_file_->truncate(bytes.size() - rest.size());
}

std::uint64_t Provenance::number_of(const EventOrigin& origin) {
  const std::lock_guard lock(origins_mutex_);
  const auto found = std::ranges::find(origins_, origin);
  if (found != origins_.end()) return static_cast<std::uint64_t>(found - origins_.begin()) + 1;
  origins_.push_back(origin);
  return origins_.size();
}

EventOrigin Provenance::origin_of(std::uint64_t number) const {
  const std::lock_guard lock(origins_mutex_);
  return number == 0 || number > origins_.size() ? EventOrigin{} : origins_[number - 1];
}

base::Status Provenance::start_file(std::uint64_t first_id) {
  auto file = std::make_shared<EventFile>(disk_, options_.directory, first_id);
  TRY_VOID(file->create());
  const std::lock_guard lock(files_mutex_);
  files_.emplace(first_id, std::move(file));
  return {};
}

/// Those that came since the last time.
base::Status Provenance::write_origins() {
  std::string frames;
  std::size_t end = 0;
  {
    const std::lock_guard lock(origins_mutex_);
    for (end = origins_written_; end < origins_.size(); ++end) {
      BinaryWriter writer;
      const auto& origin = origins_[end];
      for (const auto* text : {&origin.id, &origin.name, &origin.type, &origin.group, &origin.flow}) writer.text(*text);
      Log::frame(writer.take(), frames);
    }
  }
  if (frames.empty()) return {};
  TRY(const auto size, origins_file_->size());
  if (auto appended = origins_file_->append(frames); !appended) {
    TRY_VOID(as_internal(origins_file_->truncate(size)));
    return appended;
  }
  TRY_VOID(as_internal(origins_file_->sync()));
  origins_written_ = end;
  return {};
}

base::Status Provenance::append(std::span<const EventBatch> batches) {
  if (batches.empty()) return {};
  TRY_VOID(write_origins());
  std::uint64_t next_id = 0;
  {
    const std::lock_guard lock(files_mutex_);
    auto& file = *files_.rbegin()->second;
    if (file.grows() && file.size() < options_.file_bytes) return file.append(batches);
    if (file.grows()) TRY_VOID(file.close());
    next_id = file.next_id();
  }
  TRY_VOID(drop_old(batches.back().last));
  TRY_VOID(start_file(next_id));
  const std::lock_guard lock(files_mutex_);
  return files_.rbegin()->second->append(batches);
}

base::Status Provenance::drop_old(base::Instant now) {
  const std::lock_guard lock(files_mutex_);
  std::uint64_t bytes = options_.file_bytes;  // of the next one
  for (const auto& [first_id, file] : files_) bytes += file->size();
  while (files_.size() > 1) {
    auto& oldest = *files_.begin()->second;
    if (bytes <= options_.bytes_max && now - oldest.last() <= options_.age_max) break;
    bytes -= oldest.size();
    TRY_VOID(oldest.remove());
    files_.erase(files_.begin());
  }
  return {};
}

base::Status Provenance::sync() {
  const std::lock_guard lock(files_mutex_);
  return files_.rbegin()->second->sync();
}

Provenance::Position Provenance::end() const {
  const std::lock_guard lock(files_mutex_);
  const auto& file = *files_.rbegin()->second;
  return {file.first_id(), file.size(), file.next_id()};
}

std::uint64_t Provenance::bytes() const {
  const std::lock_guard lock(files_mutex_);
  std::uint64_t bytes = 0;
  for (const auto& [first_id, file] : files_) bytes += file->size();
  return bytes;
}

base::Result<EventPage> Provenance::find(const EventQuery& query) const {
  std::vector<std::pair<std::shared_ptr<EventFile>, EventBlock>> blocks;
  std::vector<std::uint64_t> keys;
  for (const auto& uuid : query.flow_files) keys.push_back(event_key(uuid));
  {
    const std::lock_guard lock(files_mutex_);
    for (auto file = files_.rbegin(); file != files_.rend(); ++file) {
      const auto& all = file->second->blocks();
      for (auto block = all.rbegin(); block != all.rend(); ++block) {
        if (fits(query, *block, keys)) blocks.emplace_back(file->second, *block);
      }
    }
  }
  const std::set<std::string_view> uuids(query.flow_files.begin(), query.flow_files.end());
  EventPage page;
  const auto origin = [this](std::uint64_t number) { return origin_of(number); };
  for (const auto& [file, block] : blocks) {
    if (page.events.size() > query.most) break;
    std::vector<Event> found;
    const auto keep = [&](Event event) {
      if (fits(query, event, uuids)) found.push_back(std::move(event));
    };
    const auto outcome = file->read(block, [&](std::uint64_t first_id, std::string_view batch) {
      return decode_events(batch, first_id, origin, keep);
    });
    if (!outcome && outcome.error().kind == base::ErrorKind::NotFound) break;  // too old by now
    if (!outcome) return base::fail(outcome.error());
    std::ranges::move(found.rbegin(), found.rend(), std::back_inserter(page.events));
  }
  page.more = page.events.size() > query.most;
  if (page.more) page.events.resize(query.most);
  return page;
}

/// Up to what it was made of, and down to what was made of it; not down again from what is above, or all that one file
/// was ever split into would come.
base::Result<Lineage> Provenance::lineage(const std::string& uuid) const {
  std::map<std::uint64_t, Event> events;
  Lineage lineage;
  for (const bool up : {true, false}) {
    std::set<std::string> known{uuid};
    std::vector<std::string> next{uuid};
    while (!next.empty() && !lineage.cut) {
      TRY(auto page, find({.flow_files = std::exchange(next, {}), .most = kLineageMax}));
      lineage.cut = page.more;
      for (auto& event : page.events) {
        const auto is_known = [&](const std::string& relative) { return known.contains(relative); };
        if (std::ranges::any_of(up ? event.children : event.parents, is_known))
          for (const auto& relative : up ? event.parents : event.children)
            if (known.insert(relative).second) next.push_back(relative);
        events.emplace(event.id, std::move(event));
      }
      lineage.cut = lineage.cut || known.size() > kLineageMax;
    }
  }
  for (auto& [id, event] : events) lineage.events.push_back(std::move(event));
  return lineage;
}

}  // namespace flow

#include "flow/engine/event_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/log.h"
#include "flow/engine/log.h"

namespace flow {
namespace {

constexpr std::string_view kMagic = "FRESHET EVENTS 1\n", kIndexMagic = "FRESHET EVENT INDEX 2\n";
constexpr std::uint64_t kBlockBytes = 256 << 10;
constexpr std::size_t kSummaryMax = 72;  // bytes, with the frame's
constexpr int kHashes = 4;
constexpr std::size_t kBitsOfKey = 10;  // with four hashes: one block in eighty is read in vain

void write_summary(BinaryWriter& writer, const EventBlock& block) {
  writer.number(block.first_id);
  writer.number(block.count);
  writer.number(block.components);
  writer.number(block.types);
  writer.instant(block.first);
  writer.instant(block.last);
}

EventBlock read_summary(BinaryReader& reader) {
  EventBlock block;
  block.first_id = reader.number();
  block.count = reader.number();
  block.components = reader.number();
  block.types = static_cast<std::uint32_t>(reader.number());
  block.first = reader.instant();
  block.last = reader.instant();
  return block;
}

void write_frame(const EventBatch& batch, std::uint64_t first_id, std::string& into) {
  EventBlock summary{.first_id = first_id};
  summary.add(batch);
  BinaryWriter writer(kSummaryMax);
  write_summary(writer, summary);
  const auto frame = Log::begin_frame(into);
  into += writer.written();
  into += batch.bytes;
  Log::end_frame(frame, into);
}

/// As EventWriter made them.
std::vector<std::uint64_t> keys_of(const Event& event) {
  std::vector<std::uint64_t> keys{event_key(event.flow_file), event_key(event.filename())};
  if (!event.uri.empty()) keys.push_back(event_key(event.uri));
  for (const auto* relatives : {&event.parents, &event.children})
    for (const auto& uuid : *relatives) keys.push_back(event_key(uuid));
  return keys;
}

}  // namespace

void EventBlock::add(const EventBatch& batch) {
  first = count == 0 ? batch.first : std::min(first, batch.first);
  last = std::max(last, batch.last);
  count += batch.count;
  components |= batch.components;
  types |= batch.types;
}

void EventBlock::make_filter(std::span<const std::uint64_t> keys) {
  std::vector<std::uint64_t> bits(std::bit_ceil(std::max<std::size_t>(64, keys.size() * kBitsOfKey)) / 64, 0);
  const auto mask = bits.size() * 64 - 1;
  for (const auto key : keys)
    for (int i = 0; i < kHashes; ++i) {
      const auto bit = std::rotl(key, 16 * i) & mask;
      bits[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
  filter = std::make_shared<const std::vector<std::uint64_t>>(std::move(bits));
}

bool EventBlock::may_have(std::uint64_t key) const {
  if (filter == nullptr) return true;
  const auto mask = filter->size() * 64 - 1;
  for (int i = 0; i < kHashes; ++i) {
    const auto bit = std::rotl(key, 16 * i) & mask;
    if (((*filter)[bit / 64] >> (bit % 64) & 1) == 0) return false;
  }
  return true;
}

EventFile::EventFile(base::Disk& disk, const std::string& directory, std::uint64_t first_id)
    : disk_(disk), path_(path_of(directory, first_id)), first_id_(first_id), next_id_(first_id) {}

std::string EventFile::path_of(const std::string& directory, std::uint64_t first_id) {
  return fmt::format("{}/{:020}.events", directory, first_id);
}

std::string EventFile::index_path() const { return path_ + ".index"; }

base::Status EventFile::create() {
  TRY(file_, disk_.open(path_, base::OpenMode::CreateNew));
  auto outcome = file_->append(kMagic);
  if (outcome) outcome = disk_.sync_directory(base::parent_of(path_));
  if (!outcome) (void)disk_.remove(path_);
  size_ = kMagic.size();
  blocks_known_ = true;
  return outcome;
}

void EventFile::add_to_blocks(const EventBatch& batch, std::uint64_t offset, std::uint64_t length) {
  if (blocks_.empty() || blocks_.back().length >= kBlockBytes) {
    open_keys_.clear();
    blocks_.push_back({.offset = offset, .first_id = next_id_});
  }
  auto& block = blocks_.back();
  block.add(batch);
  block.length += length;
  next_id_ += batch.count;
  open_keys_.insert(open_keys_.end(), batch.keys.begin(), batch.keys.end());
  if (block.length >= kBlockBytes) block.make_filter(open_keys_);
}

base::Status EventFile::append(std::span<const EventBatch> batches) {
  std::string frames;
  std::size_t bytes = 0;
  for (const auto& batch : batches) bytes += batch.bytes.size() + kSummaryMax;
  frames.reserve(bytes);
  std::vector<std::uint64_t> lengths;
  auto id = next_id_;
  for (const auto& batch : batches) {
    const auto before = frames.size();
    write_frame(batch, id, frames);
    lengths.push_back(frames.size() - before);
    id += batch.count;
  }
  if (auto appended = file_->append(frames); !appended) {
    TRY_VOID(as_internal(file_->truncate(size_)));
    return appended;
  }
  file_->start_sync(size_, frames.size());
  for (std::size_t i = 0; i < batches.size(); ++i) {
    add_to_blocks(batches[i], size_, lengths[i]);
    size_ += lengths[i];
  }
  return {};
}

base::Status EventFile::scan(std::optional<std::uint64_t> end) {
  TRY(const auto bytes, disk_.read_all(path_));
  std::string_view rest(bytes);
  if (end) rest = rest.substr(0, *end);
  if (!rest.starts_with(kMagic)) {
    size_ = 0;
    return {};
  }
  rest.remove_prefix(kMagic.size());
  size_ = kMagic.size();
  blocks_.clear();
  while (const auto record = Log::take_frame(rest)) {
    BinaryReader reader(*record);
    const auto summary = read_summary(reader);
    if (reader.bad() || summary.first_id != next_id_) break;
    EventBatch batch{.bytes = {},
                     .keys = {},
                     .components = summary.components,
                     .types = summary.types,
                     .count = summary.count,
                     .first = summary.first,
                     .last = summary.last};
    const auto keep = [&](const Event& event) {
      const auto keys = keys_of(event);
      batch.keys.insert(batch.keys.end(), keys.begin(), keys.end());
    };
    if (!decode_events(reader.rest(), summary.first_id, [](std::uint64_t) { return EventOrigin{}; }, keep)) break;
    const auto length = Log::framed_size(*record);
    add_to_blocks(batch, size_, length);
    size_ += length;
  }
  blocks_known_ = true;
  return {};
}

base::Status EventFile::recover(std::optional<std::uint64_t> end) {
  TRY_VOID(scan(end));
  TRY(file_, disk_.open(path_, base::OpenMode::Write));
  TRY(const auto size, file_->size());
  if (size_ == 0) {  // its beginning is torn
    TRY_VOID(file_->truncate(0));
    TRY_VOID(file_->append(kMagic));
    size_ = kMagic.size();
  } else if (size > size_) {
    LOG_INFO("flow.events_dropped bytes={}", size - size_);
    TRY_VOID(file_->truncate(size_));
  }
  return file_->sync();
}

base::Status EventFile::close() {
  TRY_VOID(as_internal(file_->sync()));
  file_.reset();
  write_index();
  return {};
}

/// Without it the summaries are made again, from all events.
void EventFile::write_index() {
  if (!blocks_.empty() && blocks_.back().filter == nullptr) blocks_.back().make_filter(open_keys_);
  open_keys_ = {};
  BinaryWriter writer;
  writer.number(blocks_.size());
  for (const auto& block : blocks_) {
    write_summary(writer, block);
    writer.number(block.offset);
    writer.number(block.length);
    writer.number(block.filter->size());
    writer.bytes({reinterpret_cast<const char*>(block.filter->data()), block.filter->size() * sizeof(std::uint64_t)});
  }
  std::string index(kIndexMagic);
  Log::frame(writer.take(), index);
  (void)disk_.replace_all(index_path(), index);
}

base::Status EventFile::load_blocks() {
  if (blocks_known_) return {};
  if (const auto index = disk_.read_all(index_path()); index && index->starts_with(kIndexMagic)) {
    auto rest = std::string_view(*index).substr(kIndexMagic.size());
    if (const auto record = Log::take_frame(rest)) {
      BinaryReader reader(*record);
      for (auto n = reader.number(); n > 0 && !reader.bad(); --n) {
        auto block = read_summary(reader);
        block.offset = reader.number();
        block.length = reader.number();
        const auto words = reader.number();
        const auto bytes = reader.bytes(words * sizeof(std::uint64_t));
        std::vector<std::uint64_t> filter(bytes.size() / sizeof(std::uint64_t));
        std::ranges::copy(bytes, reinterpret_cast<char*>(filter.data()));
        block.filter = std::make_shared<const std::vector<std::uint64_t>>(std::move(filter));
        next_id_ = block.first_id + block.count;
        size_ = block.offset + block.length;
        blocks_.push_back(std::move(block));
      }
      blocks_known_ = !reader.bad();
    }
  }
  if (blocks_known_) return {};
  next_id_ = first_id_;
  TRY_VOID(scan(std::nullopt));
  write_index();
  return {};
}

base::Status EventFile::remove() {
  (void)disk_.remove(index_path());
  return disk_.remove(path_);
}

base::Status EventFile::read(
    const EventBlock& block,
    const std::function<base::Status(std::uint64_t first_id, std::string_view batch)>& use) const {
  TRY(const auto file, disk_.open(path_, base::OpenMode::Read));
  std::string bytes(block.length, '\0');
  TRY(const auto size, file->read_at(block.offset, bytes));
  if (size != block.length) return base::fail(base::ErrorKind::Internal, fmt::format("{} is too short", path_));
  std::string_view rest(bytes);
  while (const auto record = Log::take_frame(rest)) {
    BinaryReader reader(*record);
    const auto summary = read_summary(reader);
    TRY_VOID(use(summary.first_id, reader.rest()));
  }
  if (!rest.empty()) return base::fail(base::ErrorKind::Internal, fmt::format("{} is damaged", path_));
  return {};
}

}  // namespace flow

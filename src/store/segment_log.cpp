#include "store/segment_log.h"

namespace store {

std::string encode(const SegmentNote& note) {
  std::string text = encode_number(note.file.value);
  text += encode_number(note.offset);
  text += note.bytes;
  return text;
}

base::Result<SegmentNote> decode_note(std::string_view text) {
  constexpr std::size_t kNumber = sizeof(std::uint64_t);
  if (text.size() < 2 * kNumber) return base::fail(base::ErrorKind::Internal, "a note in the index's log is too short");
  return SegmentNote{
      {decode_number(text.substr(0, kNumber))}, decode_number(text.substr(kNumber, kNumber)), text.substr(2 * kNumber)};
}

void UnsyncedSegment::set(std::shared_ptr<base::File> file) {
  const std::lock_guard lock(file_mutex_);
  file_ = std::move(file);
}

base::Status UnsyncedSegment::sync() {
  const std::lock_guard syncing(syncing_mutex_);
  std::shared_ptr<base::File> file;
  {
    const std::lock_guard lock(file_mutex_);
    if (failure_) return base::fail(*failure_);
    file = std::exchange(file_, nullptr);
  }
  if (file == nullptr) return {};
  auto synced = file->sync();
  if (!synced) {
    const std::lock_guard lock(file_mutex_);
    failure_ = synced.error();
  }
  return synced;
}

std::optional<base::Error> UnsyncedSegment::failure() const {
  const std::lock_guard lock(file_mutex_);
  return failure_;
}

namespace {

base::Result<bool> holds(base::File& file, const SegmentNote& note) {
  std::string there(note.bytes.size(), '\0');
  TRY(const auto read, file.read_at(note.offset, there));
  return read == there.size() && there == note.bytes;
}

}  // namespace

base::Result<SegmentRepair::Segment*> SegmentRepair::open(FileId id, base::OpenMode mode) {
  if (!segments_.contains(id)) {
    auto opened = disk_.open(files_.path_of(id), mode);
    if (!opened && opened.error().kind != base::ErrorKind::NotFound) return base::fail(opened.error());
    segments_[id].file = opened ? std::move(*opened) : nullptr;
  }
  return &segments_[id];
}

base::Status SegmentRepair::take(std::string_view text) {
  TRY(const auto note, decode_note(text));
  TRY(auto* const segment, open(note.file, base::OpenMode::Write));
  if (segment->file == nullptr) return {};
  TRY(const bool whole, holds(*segment->file, note));
  if (whole) return {};
  segment->written = true;
  return segment->file->write_at(note.offset, note.bytes);
}

base::Status SegmentRepair::check(std::string_view text) {
  TRY(const auto note, decode_note(text));
  TRY(auto* const segment, open(note.file, base::OpenMode::Read));
  if (segment->file == nullptr) return {};
  TRY(const bool whole, holds(*segment->file, note));
  if (whole) return {};
  return base::fail(base::ErrorKind::Unavailable,
                    "a power cut took bytes that the index's log still has; open the store once for writing: " +
                        files_.path_of(note.file));
}

base::Status SegmentRepair::sync() {
  for (auto& [id, segment] : segments_)
    if (segment.written) TRY_VOID(segment.file->sync());
  return {};
}

}  // namespace store

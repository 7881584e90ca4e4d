#include "store/files.h"

#include <fmt/format.h>

#include <charconv>

#include "base/log.h"

namespace store {

FilePin::FilePin(FileTable& table, std::vector<FileId> ids) : table_(table), ids_(std::move(ids)) {
  for (const auto id : ids_) table_.pin(id);
}

FilePin::~FilePin() {
  for (const auto id : ids_) table_.unpin(id);
}

FileTable::FileTable(base::Disk& disk, const std::string& directory)
    : disk_(disk), segments_(directory + "/segments"), large_(directory + "/large") {}

base::Status FileTable::make_directories() {
  TRY_VOID(disk_.make_directory(segments_));
  return disk_.make_directory(large_);
}

std::string FileTable::path_of(FileId id) const {
  return fmt::format("{}/{:016x}", directory_of(id.is_large()), id.value);
}

base::Result<std::unique_ptr<base::File>> FileTable::create(FileId id) {
  return disk_.open(path_of(id), base::OpenMode::CreateNew);
}

base::Result<std::unique_ptr<base::File>> FileTable::reopen(FileId id) {
  return disk_.open(path_of(id), base::OpenMode::Write);
}

base::Result<std::shared_ptr<base::File>> FileTable::reading(FileId id) {
  {
    const std::lock_guard lock(entries_mutex_);
    if (const auto& idle = idle_[id.value % idle_.size()]; idle.id == id && idle.file != nullptr) return idle.file;
    if (const auto found = entries_.find(id); found != entries_.end())
      if (auto open = found->second.open.lock()) return open;
  }
  TRY(auto file, disk_.open(path_of(id), base::OpenMode::Read));
  std::shared_ptr<base::File> shared = std::move(file);
  const std::lock_guard lock(entries_mutex_);
  if (const auto found = entries_.find(id); found != entries_.end()) {
    found->second.open = shared;
    // Not of a file that is to go: an open handle would keep its bytes on the disk.
    if (!found->second.doomed) idle_[id.value % idle_.size()] = {id, shared};
  }
  return shared;
}

void FileTable::pin(FileId id) {
  const std::lock_guard lock(entries_mutex_);
  ++entries_[id].pins;
}

void FileTable::unpin(FileId id) {
  bool last_of_doomed = false;
  {
    const std::lock_guard lock(entries_mutex_);
    const auto found = entries_.find(id);
    if (--found->second.pins > 0) return;
    last_of_doomed = found->second.doomed;
    entries_.erase(found);
  }
  if (last_of_doomed) erase(id);
}

void FileTable::remove(FileId id) {
  {
    const std::lock_guard lock(entries_mutex_);
    ++removals_;
    if (auto& idle = idle_[id.value % idle_.size()]; idle.id == id) idle = {};
    if (const auto found = entries_.find(id); found != entries_.end()) {
      found->second.doomed = true;
      return;
    }
  }
  erase(id);
}

void FileTable::erase(FileId id) {
  if (auto removed = disk_.remove(path_of(id)); !removed)
    LOG_WARN("store.file_not_removed file={:016x} error=\"{}\"", id.value, removed.error().message);
}

base::Result<std::vector<FileId>> FileTable::list(bool large) const {
  TRY(const auto names, disk_.list(directory_of(large)));
  std::vector<FileId> ids;
  for (const auto& name : names) {
    FileId id;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id.value, 16);
    if (error == std::errc{} && end == name.data() + name.size()) ids.push_back(id);
  }
  return ids;
}

base::Status FileTable::remove_unknown(const std::map<FileId, FileRecord>& known) {
  std::uint64_t greatest = known.empty() ? 0 : known.rbegin()->first.value;
  for (const bool large : {false, true}) {
    TRY(const auto ids, list(large));
    for (const auto id : ids) {
      greatest = std::max(greatest, id.value);
      if (!known.contains(id)) TRY_VOID(disk_.remove(path_of(id)));
    }
  }
  next_ = (greatest >> 1) + 1;
  return {};
}

}  // namespace store

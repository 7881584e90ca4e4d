#include "base/disk_faulty.h"

#include <fmt/format.h>

#include <algorithm>

namespace base {
namespace {

constexpr std::string_view kBuried = ".buried-";  // a removed file waits under this name for the sync of its directory

}  // namespace

struct FaultyDisk::Contents {
  struct Overwrite {
    std::uint64_t offset;
    std::string old_bytes;
  };
  std::uint64_t durable_size = 0;
  std::vector<Overwrite> overwrites;  // below durable_size, oldest first
};

struct FaultyDisk::EntryUndo {
  enum class Kind { Created, Removed, Renamed };
  Kind kind;
  std::string directory;
  std::string path;
  std::string other;  // Removed: where it is buried; Renamed: the old name
};

class FaultyFile final : public File {
 public:
  FaultyFile(FaultyDisk& disk, std::unique_ptr<File> real, std::shared_ptr<FaultyDisk::Contents> contents,
             std::string path)
      : disk_(disk), real_(std::move(real)), contents_(std::move(contents)), path_(std::move(path)) {}

  Status append(std::string_view bytes) override {
    TRY(const auto end, real_->size());
    return write_at(end, bytes);
  }

  Status write_at(std::uint64_t offset, std::string_view bytes) override {
    if (auto counted = disk_.count("write", path_); !counted) {
      // A failing write may have written a part of it.
      (void)remember_and_write(offset, bytes.substr(0, bytes.size() / 2));
      return counted;
    }
    return remember_and_write(offset, bytes);
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    return real_->read_at(offset, into);
  }

  Status truncate(std::uint64_t size) override {
    TRY_VOID(disk_.count("truncate", path_));
    TRY(const auto end, real_->size());
    if (size < end) TRY_VOID(remember(size, end - size));
    return real_->truncate(size);
  }

  Status sync() override {
    TRY_VOID(disk_.count("sync", path_));
    TRY_VOID(real_->sync());
    TRY(const auto size, real_->size());
    const std::lock_guard lock(disk_.state_mutex_);
    contents_->durable_size = size;
    contents_->overwrites.clear();
    return {};
  }

  Result<std::uint64_t> size() override { return real_->size(); }

 private:
  Status remember(std::uint64_t offset, std::uint64_t length) {
    const std::lock_guard lock(disk_.state_mutex_);
    if (offset >= contents_->durable_size) return {};
    std::string old(std::min(length, contents_->durable_size - offset), '\0');
    TRY(const auto read, real_->read_at(offset, old));
    old.resize(read);
    contents_->overwrites.push_back({offset, std::move(old)});
    return {};
  }

  Status remember_and_write(std::uint64_t offset, std::string_view bytes) {
    TRY_VOID(remember(offset, bytes.size()));
    return real_->write_at(offset, bytes);
  }

  FaultyDisk& disk_;
  std::unique_ptr<File> real_;
  std::shared_ptr<FaultyDisk::Contents> contents_;
  std::string path_;
};

FaultyDisk::FaultyDisk(Options options) : options_(options) {}
FaultyDisk::~FaultyDisk() = default;

bool FaultyDisk::fault_was_hit() const {
  const std::lock_guard lock(state_mutex_);
  return hit_;
}

int FaultyDisk::operations() const {
  const std::lock_guard lock(state_mutex_);
  return operations_;
}

Status FaultyDisk::count(std::string_view operation, const std::string& path) {
  const std::lock_guard lock(state_mutex_);
  ++operations_;
  const bool now = options_.fail_at > 0 && operations_ == options_.fail_at;
  const bool since = options_.fail_at > 0 && options_.stay_failed && operations_ > options_.fail_at;
  if (!now && !since) return {};
  hit_ = true;
  if (options_.fault == Options::Fault::Full)
    return fail(ErrorKind::Unavailable,
                fmt::format("cannot {}: No space left on device; free some space on its disk: {}", operation, path));
  return fail(ErrorKind::Internal, fmt::format("injected fault: cannot {}: {}", operation, path));
}

std::string FaultyDisk::graveyard_name(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto cut = slash == std::string::npos ? 0 : slash + 1;
  return fmt::format("{}{}{}-{}", path.substr(0, cut), kBuried, ++buried_, path.substr(cut));
}

Result<std::unique_ptr<File>> FaultyDisk::open(const std::string& path, OpenMode mode) {
  if (mode == OpenMode::Read) return real_.open(path, mode);
  TRY(const bool existed, real_.exists(path));
  if (!existed && mode != OpenMode::Write) TRY_VOID(count("create", path));
  // An existing file that is emptied is a removal and a creation, so that a crash can bring the old one back.
  if (existed && mode == OpenMode::Create) TRY_VOID(remove(path));
  TRY(auto real, real_.open(path, mode));
  TRY(const auto size, real->size());
  const std::lock_guard lock(state_mutex_);
  auto& contents = contents_[path];
  if (contents == nullptr || size == 0) {
    contents = std::make_shared<Contents>();
    contents->durable_size = size;
  }
  if (mode != OpenMode::Write) entries_.push_back({EntryUndo::Kind::Created, parent_of(path), path, {}});
  return std::make_unique<FaultyFile>(*this, std::move(real), contents, path);
}

Status FaultyDisk::rename(const std::string& from, const std::string& to) {
  TRY_VOID(count("rename", from));
  TRY(const bool replaced, real_.exists(to));
  const std::lock_guard lock(state_mutex_);
  if (replaced) {
    const auto buried = graveyard_name(to);
    TRY_VOID(real_.hard_link(to, buried));
    entries_.push_back({EntryUndo::Kind::Removed, parent_of(to), to, buried});
    if (auto node = contents_.extract(to)) contents_[buried] = node.mapped();
  }
  TRY_VOID(real_.rename(from, to));
  entries_.push_back({EntryUndo::Kind::Renamed, parent_of(to), to, from});
  if (auto node = contents_.extract(from)) contents_[to] = node.mapped();
  return {};
}

Status FaultyDisk::remove(const std::string& path) {
  TRY_VOID(count("remove", path));
  const std::lock_guard lock(state_mutex_);
  const auto buried = graveyard_name(path);
  TRY_VOID(real_.rename(path, buried));
  entries_.push_back({EntryUndo::Kind::Removed, parent_of(path), path, buried});
  if (auto node = contents_.extract(path)) contents_[buried] = node.mapped();
  return {};
}

Status FaultyDisk::hard_link(const std::string& existing, const std::string& link) {
  TRY_VOID(count("link", link));
  TRY_VOID(real_.hard_link(existing, link));
  const std::lock_guard lock(state_mutex_);
  entries_.push_back({EntryUndo::Kind::Created, parent_of(link), link, {}});
  if (const auto found = contents_.find(existing); found != contents_.end()) contents_[link] = found->second;
  return {};
}

// Directories themselves are made once at start; their loss is not simulated.
Status FaultyDisk::make_directory(const std::string& path) {
  TRY_VOID(count("make the directory", path));
  return real_.make_directory(path);
}

Status FaultyDisk::sync_directory(const std::string& path) {
  TRY_VOID(count("sync the directory", path));
  const std::lock_guard lock(state_mutex_);
  for (const auto& entry : entries_) {
    if (entry.directory != path || entry.kind != EntryUndo::Kind::Removed) continue;
    (void)real_.remove(entry.other);
    contents_.erase(entry.other);
  }
  std::erase_if(entries_, [&](const EntryUndo& entry) { return entry.directory == path; });
  return {};
}

Result<std::vector<std::string>> FaultyDisk::list(const std::string& path) {
  TRY(auto names, real_.list(path));
  std::erase_if(names, [](const std::string& name) { return name.starts_with(kBuried); });
  return names;
}

Result<bool> FaultyDisk::exists(const std::string& path) { return real_.exists(path); }
Result<std::uint64_t> FaultyDisk::free_space(const std::string& path) { return real_.free_space(path); }

void FaultyDisk::undo_entries() {
  const auto move_contents = [this](const std::string& from, const std::string& to) {
    if (auto node = contents_.extract(from)) contents_[to] = node.mapped();
  };
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    switch (entry->kind) {
      case EntryUndo::Kind::Created:
        (void)real_.remove(entry->path);
        contents_.erase(entry->path);
        break;
      case EntryUndo::Kind::Removed:
        (void)real_.rename(entry->other, entry->path);
        move_contents(entry->other, entry->path);
        break;
      case EntryUndo::Kind::Renamed:
        (void)real_.rename(entry->path, entry->other);
        move_contents(entry->path, entry->other);
        break;
    }
  }
  entries_.clear();
}

void FaultyDisk::undo_contents() {
  for (const auto& [path, contents] : contents_) {
    auto file = real_.open(path, OpenMode::Write);
    if (!file) continue;
    for (auto undo = contents->overwrites.rbegin(); undo != contents->overwrites.rend(); ++undo)
      (void)(*file)->write_at(undo->offset, undo->old_bytes);
    (void)(*file)->truncate(contents->durable_size);
  }
  contents_.clear();
}

void FaultyDisk::heal() {
  const std::lock_guard lock(state_mutex_);
  options_.fail_at = 0;
}

void FaultyDisk::crash() {
  const std::lock_guard lock(state_mutex_);
  undo_entries();
  undo_contents();
  options_.fail_at = 0;
}

}  // namespace base

#include "base/disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace base {
namespace {

ErrorKind kind_of(int number) {
  switch (number) {
    case ENOENT: return ErrorKind::NotFound;
    case EEXIST: return ErrorKind::AlreadyExists;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EROFS:
    case EMFILE:
    case ENFILE: return ErrorKind::Unavailable;
    case EACCES:
    case EPERM: return ErrorKind::Denied;
    default: return ErrorKind::Internal;
  }
}

Failure<Error> system_failure(std::string_view operation, const std::string& path, int number = errno) {
  const bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;
  const auto* hint = full ? "; free some space on its disk" : number == EROFS ? "; its disk is read-only" : "";
  return fail(kind_of(number),
              fmt::format("cannot {}: {}{}: {}", operation, std::generic_category().message(number), hint, path));
}

class PosixFile final : public File {
 public:
  PosixFile(int descriptor, std::uint64_t end, std::string path)
      : descriptor_(descriptor), end_(end), path_(std::move(path)) {}
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;
  ~PosixFile() override { ::close(descriptor_); }

  Status append(std::string_view bytes) override {
    TRY_VOID(write_at(end_.load(), bytes));
    return {};
  }

  Status write_at(std::uint64_t offset, std::string_view bytes) override {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const auto n = ::pwrite(descriptor_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return system_failure("write", path_);
      done += static_cast<std::size_t>(n);
    }
    end_.store(std::max(end_.load(), offset + bytes.size()));
    return {};
  }

  int descriptor() const override { return descriptor_; }

  void start_sync(std::uint64_t offset, std::uint64_t length) override {
    (void)::sync_file_range(descriptor_, static_cast<off64_t>(offset), static_cast<off64_t>(length),
                            SYNC_FILE_RANGE_WRITE);
  }

  bool pass_by_cache(bool on) override {
    const int flags = ::fcntl(descriptor_, F_GETFL);
    return flags >= 0 && ::fcntl(descriptor_, F_SETFL, on ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    std::size_t done = 0;
    while (done < into.size()) {
      const auto n = ::pread(descriptor_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return system_failure("read", path_);
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  Status truncate(std::uint64_t size) override {
    if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) return system_failure("truncate", path_);
    end_.store(size);
    return {};
  }

  Status sync() override {
    if (::fdatasync(descriptor_) != 0) return system_failure("sync", path_);
    return {};
  }

  Result<std::uint64_t> size() override { return end_.load(); }

 private:
  const int descriptor_;
  std::atomic<std::uint64_t> end_;
  const std::string path_;
};

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::Read: return O_RDONLY;
    case OpenMode::Write: return O_RDWR;
    case OpenMode::Create: return O_RDWR | O_CREAT | O_TRUNC;
    case OpenMode::CreateNew: return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

}  // namespace

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<std::string> Disk::read_all(const std::string& path) {
  TRY(auto file, open(path, OpenMode::Read));
  TRY(const auto size, file->size());
  std::string contents(size, '\0');
  TRY(const auto read, file->read_at(0, contents));
  contents.resize(read);
  return contents;
}

Status Disk::replace_all(const std::string& path, std::string_view contents) {
  const auto fresh = path + ".new";
  {
    TRY(auto file, open(fresh, OpenMode::Create));
    TRY_VOID(file->append(contents));
    TRY_VOID(file->sync());
  }
  TRY_VOID(rename(fresh, path));
  return sync_directory(parent_of(path));
}

Result<std::unique_ptr<File>> PosixDisk::open(const std::string& path, OpenMode mode) {
  // Owner only: data directories hold customers' data and keys.
  const int descriptor = ::open(path.c_str(), flags_of(mode) | O_CLOEXEC, 0600);
  if (descriptor < 0) return system_failure("open", path);
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) {
    const int number = errno;
    ::close(descriptor);
    return system_failure("stat", path, number);
  }
  return std::make_unique<PosixFile>(descriptor, static_cast<std::uint64_t>(status.st_size), path);
}

Status PosixDisk::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return system_failure("rename", from);
  return {};
}

Status PosixDisk::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return system_failure("remove", path);
  return {};
}

Status PosixDisk::hard_link(const std::string& existing, const std::string& link) {
  if (::link(existing.c_str(), link.c_str()) != 0) return system_failure("link", link);
  return {};
}

Status PosixDisk::make_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return system_failure("make the directory", path, error.value());
  return {};
}

Status PosixDisk::sync_directory(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return system_failure("open the directory", path);
  const int failed = ::fsync(descriptor);
  const int number = errno;
  ::close(descriptor);
  if (failed != 0) return system_failure("sync the directory", path, number);
  return {};
}

Result<std::vector<std::string>> PosixDisk::list(const std::string& path) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error))
    names.push_back(entry->path().filename().string());
  if (error) return system_failure("list", path, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

Result<bool> PosixDisk::exists(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return system_failure("stat", path);
}

Result<std::uint64_t> PosixDisk::free_space(const std::string& path) {
  struct statvfs status{};
  if (::statvfs(path.c_str(), &status) != 0) return system_failure("measure", path);
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

}  // namespace base

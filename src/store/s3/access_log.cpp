#include "store/s3/access_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <system_error>
#include <utility>

#include "base/log.h"

namespace store::s3 {
namespace {

/// For the owner only, as keys of objects are customers' data.
int open_to_append(const std::string& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

std::string reason(int number) { return std::generic_category().message(number); }

}  // namespace

base::Result<std::unique_ptr<AccessLog>> AccessLog::open(Options options, OwnerOf owner_of) {
  const int descriptor = open_to_append(options.path);
  if (descriptor < 0)
    return base::fail(base::ErrorKind::Unavailable,
                      fmt::format("cannot open the access log: {}: {}", reason(errno), options.path));
  return std::unique_ptr<AccessLog>(new AccessLog(std::move(options), std::move(owner_of), descriptor));
}

AccessLog::AccessLog(Options options, OwnerOf owner_of, int descriptor)
    : options_(std::move(options)),
      owner_of_(std::move(owner_of)),
      descriptor_(descriptor),
      thread_([this] { work(); }) {}

AccessLog::~AccessLog() {
  {
    const std::lock_guard lock(waiting_mutex_);
    ended_ = true;
  }
  waiting_changed_.notify_all();
  thread_.join();
  if (descriptor_ >= 0) ::close(descriptor_);
}

void AccessLog::add(AccessRecord record) {
  {
    const std::lock_guard lock(waiting_mutex_);
    if (waiting_.size() >= options_.records_max) {
      ++lost_;
      return;
    }
    waiting_.push_back(std::move(record));
  }
  waiting_changed_.notify_one();
}

std::uint64_t AccessLog::lost() const {
  const std::lock_guard lock(waiting_mutex_);
  return lost_;
}

void AccessLog::work() {
  for (;;) {
    std::vector<AccessRecord> records;
    {
      std::unique_lock lock(waiting_mutex_);
      waiting_changed_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      records = std::exchange(waiting_, {});
    }
    write(records);
  }
}

void AccessLog::write(const std::vector<AccessRecord>& records) {
  std::string lines;
  std::map<std::string, std::string> owners;
  for (const auto& record : records) {
    const auto [owner, is_new] = owners.try_emplace(record.bucket);
    if (is_new && !record.bucket.empty()) owner->second = owner_of_(record.bucket);
    lines += access_log_line(record, owner->second) + "\n";
  }
  bool is_written = reopen_if_moved();
  for (std::string_view rest = lines; is_written && !rest.empty();) {
    const auto count = ::write(descriptor_, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    is_written = count > 0;
    if (is_written) rest.remove_prefix(static_cast<std::size_t>(count));
  }
  if (is_written) return;
  LOG_WARN("s3.access_log_not_written lines={} error=\"{}\"", records.size(), reason(errno));
  const std::lock_guard lock(waiting_mutex_);
  lost_ += records.size();
}

bool AccessLog::reopen_if_moved() {
  struct stat there{}, held{};
  const bool is_same = descriptor_ >= 0 && ::stat(options_.path.c_str(), &there) == 0 &&
                       ::fstat(descriptor_, &held) == 0 && there.st_dev == held.st_dev && there.st_ino == held.st_ino;
  if (is_same) return true;
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = open_to_append(options_.path);
  return descriptor_ >= 0;
}

}  // namespace store::s3

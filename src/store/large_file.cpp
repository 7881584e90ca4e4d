#include "store/large_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace store {

namespace {

constexpr std::uint64_t kLongBytes = 16 << 20;
/// A disk is quick in the mean, and slow now and then.
constexpr std::size_t kWaitingBytesMax = 512 << 10;
constexpr std::size_t kWaitingBytesMaxOfLong = 2 << 20;
constexpr std::uint64_t kStartSyncBytes = 4 << 20;

}  // namespace

LargeFile::LargeFile(std::unique_ptr<base::File> file, std::uint64_t expected_bytes, WriteBehind& behind, Pass pass)
    : file_(std::move(file)), behind_(behind), pass_(std::move(pass)) {
  if (expected_bytes >= kLongBytes && file_->pass_by_cache(true)) block_ = std::make_unique_for_overwrite<Block>();
}

LargeFile::~LargeFile() {
  std::unique_lock lock(mutex_);
  waiting_.clear();
  changed_.wait(lock, [this] { return !writing_; });
}

base::Status LargeFile::append(base::Bytes bytes) {
  until_waiting_at_most(block_ == nullptr ? kWaitingBytesMax : kWaitingBytesMaxOfLong);
  TRY_VOID(outcome());
  size_ += bytes.size();
  const std::lock_guard lock(mutex_);
  waiting_bytes_ += bytes.size();
  waiting_.push_back(std::move(bytes));
  if (!std::exchange(writing_, true)) start();
  return {};
}

base::Status LargeFile::end() {
  until_waiting_at_most(0);
  TRY_VOID(outcome());
  if (block_ == nullptr) return {};
  // What is no whole block takes the usual way.
  if (!file_->pass_by_cache(false))
    return base::fail(base::ErrorKind::Internal, "the end of a large object cannot be written");
  return file_->append({block_->bytes, in_block_});
}

base::Status LargeFile::write_next() {
  std::unique_lock lock(mutex_);
  if (!waiting_.empty()) {
    const auto bytes = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    auto written = write(bytes.view());
    lock.lock();
    waiting_bytes_ -= bytes.size();
    if (!written) broken_ = std::move(written.error());
  }
  writing_ = !broken_ && !waiting_.empty();
  // One at a time, so that all files have their turn.
  if (writing_) start();
  changed_.notify_all();
  return {};
}

void LargeFile::start() {
  (void)behind_.start(WriteBehind::Write([this] { return write_next(); }));
}

base::Status LargeFile::write(std::string_view bytes) {
  pass_(bytes);
  if (block_ != nullptr) return write_blocks(bytes);
  TRY_VOID(file_->append(bytes));
  written_ += bytes.size();
  if (written_ - syncing_ >= kStartSyncBytes) {
    file_->start_sync(syncing_, written_ - syncing_);
    syncing_ = written_;
  }
  return {};
}

base::Status LargeFile::write_blocks(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = std::min(bytes.size(), kBlockBytes - in_block_);
    std::memcpy(block_->bytes + in_block_, bytes.data(), count);
    bytes.remove_prefix(count);
    in_block_ += count;
    if (in_block_ < kBlockBytes) break;
    TRY_VOID(file_->append({block_->bytes, kBlockBytes}));
    in_block_ = 0;
  }
  return {};
}

void LargeFile::until_waiting_at_most(std::size_t bytes) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return broken_ || (bytes == 0 ? !writing_ : waiting_bytes_ <= bytes); });
}

base::Status LargeFile::outcome() const {
  const std::lock_guard lock(mutex_);
  if (broken_) return base::fail(*broken_);
  return {};
}

}  // namespace store

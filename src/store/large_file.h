#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/disk.h"
#include "base/result.h"
#include "store/write_behind.h"

namespace store {

/// A file that is written from its beginning to its end, on another thread: who makes the bytes goes on meanwhile.
/// What will be long passes by the page cache, in blocks. A copy into pages that are fresh, and their way to the disk,
/// cost more than the disk takes, and push out what others read. Used by one thread.
class LargeFile {
 public:
  /// Called with all bytes in their order before they are written, on the other thread; end() is behind the last call.
  using Pass = std::function<void(std::string_view)>;

  /// `expected_bytes`: 0 when nobody knows. `behind` and `pass` outlive this.
  LargeFile(std::unique_ptr<base::File> file, std::uint64_t expected_bytes, WriteBehind& behind, Pass pass);
  LargeFile(const LargeFile&) = delete;
  LargeFile& operator=(const LargeFile&) = delete;
  ~LargeFile();

  /// Returns when few bytes wait before it. Errors: those of a write before; the file then stays broken.
  base::Status append(base::Bytes bytes);
  /// Returns when all that was appended is in the file. Nothing may be appended any more.
  base::Status end();
  /// Behind end(). Returns when the contents survive a power cut.
  base::Status sync() { return file_->sync(); }
  std::uint64_t size() const { return size_; }

 private:
  static constexpr std::size_t kBlockBytes = 1 << 20;
  struct Block {
    alignas(4096) char bytes[kBlockBytes];
  };

  void start();
  base::Status write_next();
  base::Status write(std::string_view bytes);
  base::Status write_blocks(std::string_view bytes);
  void until_waiting_at_most(std::size_t bytes);
  base::Status outcome() const;

  const std::unique_ptr<base::File> file_;
  WriteBehind& behind_;
  const Pass pass_;
  std::uint64_t size_ = 0;

  // Of write_next():
  std::unique_ptr<Block> block_;  // null: the page cache has all
  std::size_t in_block_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t syncing_ = 0;  // of them, on their way to the disk

  mutable std::mutex mutex_;  // of all below
  std::condition_variable changed_;
  std::deque<base::Bytes> waiting_;
  std::size_t waiting_bytes_ = 0;  // and those being written
  bool writing_ = false;
  std::optional<base::Error> broken_;
};

}  // namespace store

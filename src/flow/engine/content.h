#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"
#include "flow/engine/flow_file.h"

namespace flow {

struct ContentGarbage;

/// Bytes that are read from their beginning, some at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// The next bytes, good until the next call; empty at the end.
  virtual base::Result<std::string_view> next() = 0;
};

/// Where bytes go, some at a time.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual base::Status append(std::string_view bytes) = 0;
};

base::Status copy_bytes(ByteSource& from, ByteSink& into);

/// One append-only file of content. When nothing refers to it any more, its store removes it with a later sync.
class ContentFile {
 public:
  ContentFile(std::uint64_t number, std::unique_ptr<base::File> file, std::shared_ptr<ContentGarbage> garbage);
  ContentFile(const ContentFile&) = delete;
  ContentFile& operator=(const ContentFile&) = delete;
  ~ContentFile();
  std::uint64_t number() const { return number_; }
  base::File& file() const { return *file_; }

 private:
  const std::uint64_t number_;
  const std::unique_ptr<base::File> file_;
  const std::shared_ptr<ContentGarbage> garbage_;
};

/// Reads until `into` is full or the claim ends. Errors: Internal when the file is shorter than the claim.
base::Result<std::size_t> read_content(const ContentClaim& claim, std::uint64_t offset, std::span<char> into);
base::Result<std::string> read_all(const ContentClaim& claim);

class ContentReader final : public ByteSource {
 public:
  explicit ContentReader(ContentClaim claim) : claim_(std::move(claim)) {}
  base::Result<std::string_view> next() override;

 private:
  ContentClaim claim_;
  std::uint64_t offset_ = 0;
  std::string buffer_;
};

class ContentStore;

/// Content on its way into a claim; dropped without finish() it leaves dead bytes only. Used by one thread at a time.
class ContentWriter final : public ByteSink {
 public:
  ContentWriter(ContentStore& store, std::shared_ptr<ContentFile> file, std::uint64_t start);
  ContentWriter(ContentWriter&&) noexcept = default;
  ~ContentWriter() override;
  base::Status append(std::string_view bytes) override;
  std::uint64_t length() const { return length_; }
  ContentClaim finish();

 private:
  ContentStore* store_;
  std::shared_ptr<ContentFile> file_;
  std::uint64_t start_;
  std::uint64_t length_ = 0;
  bool failed_ = false;
};

/// The contents of flowfiles, in files that many share. Thread-safe. Bytes survive a power cut after sync().
class ContentStore {
 public:
  struct Options {
    std::string directory;
    std::uint64_t file_bytes = 64 << 20;
    std::uint64_t archive_bytes = 0;  // of files that nobody refers to, the newest; they are found all the same
  };
  static base::Result<std::unique_ptr<ContentStore>> open(Options options, base::Disk& disk);
  base::Result<ContentWriter> begin_write();
  /// The file of a claim, from the archive too. NotFound when it is gone.
  base::Result<std::shared_ptr<ContentFile>> find(std::uint64_t number);
  /// At recovery, after the last find(): the files that nobody asked for are archived or removed.
  base::Status remove_unknown();
  /// Numbers of files that were used before, whether or not there still are such files.
  void use_from(std::uint64_t number);
  std::uint64_t next_number() const;
  std::uint64_t archived_bytes() const;
  void drop_archive();  // makes room

  base::Status sync();
  /// Files that became garbage before this call; they may go once the log has been synced after it.
  std::vector<std::uint64_t> take_garbage();
  void let_go(const std::vector<std::uint64_t>& numbers);  // into the archive

 private:
  friend class ContentWriter;
  struct Archived {
    std::uint64_t number;
    std::uint64_t bytes;
  };
  ContentStore(Options options, base::Disk& disk);
  void archive(std::uint64_t number);
  void shrink_archive(std::uint64_t bytes_max);
  std::string path_of(std::uint64_t number) const;
  void give_back(std::shared_ptr<ContentFile> file, bool reusable, bool dirty);

  const Options options_;
  base::Disk& disk_;
  const std::shared_ptr<ContentGarbage> garbage_;
  mutable std::mutex files_mutex_;
  std::uint64_t next_ = 1;
  bool directory_changed_ = false;
  std::vector<std::shared_ptr<ContentFile>> open_;  // with room, nobody writes to them
  std::set<std::shared_ptr<ContentFile>> dirty_;
  std::map<std::uint64_t, std::weak_ptr<ContentFile>> known_;  // that somebody refers to, or did until just now
  std::deque<Archived> archive_;                               // oldest first
  std::uint64_t archived_bytes_ = 0;
};

}  // namespace flow

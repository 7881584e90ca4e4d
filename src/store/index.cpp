// The only file that knows RocksDB. Debian builds it without RTTI, so this file, which derives from its classes, is
// compiled without as well.
#include "store/index.h"

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <rocksdb/wal_filter.h>
#include <rocksdb/write_batch.h>

#include <mutex>

#include "base/log.h"

namespace store {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

IOStatus io_status(const base::Status& status) {
  if (status) return IOStatus::OK();
  if (status.error().kind == base::ErrorKind::NotFound) return IOStatus::PathNotFound(status.error().message);
  if (status.error().kind == base::ErrorKind::Unavailable) return IOStatus::NoSpace(status.error().message);
  return IOStatus::IOError(status.error().message);
}

class DiskWritableFile final : public rocksdb::FSWritableFile {
 public:
  explicit DiskWritableFile(std::unique_ptr<base::File> file) : file_(std::move(file)) {}
  using FSWritableFile::Append;
  IOStatus Append(const rocksdb::Slice& data, const IOOptions&, IODebugContext*) override {
    return io_status(file_->append({data.data(), data.size()}));
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions&, IODebugContext*) override {
    return io_status(file_->truncate(size));
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return io_status(file_->sync()); }
  bool IsSyncThreadSafe() const override { return true; }
  std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override {
    const auto size = file_->size();
    return size ? *size : 0;
  }

 private:
  std::unique_ptr<base::File> file_;
};

class DiskDirectory final : public rocksdb::FSDirectory {
 public:
  DiskDirectory(base::Disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return io_status(disk_.sync_directory(path_)); }

 private:
  base::Disk& disk_;
  std::string path_;
};

/// Sends all that changes the disk through ours; reads go to the system.
class DiskFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit DiskFileSystem(base::Disk& disk) : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}
  const char* Name() const override { return "freshet"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions&, std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext*) override {
    return open(path, base::OpenMode::Create, file);
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions&,
                              std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext*) override {
    const auto there = disk_.exists(path);
    return open(path, there && *there ? base::OpenMode::Write : base::OpenMode::Create, file);
  }
  IOStatus ReuseWritableFile(const std::string& path, const std::string& old_path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext*) override {
    if (auto renamed = disk_.rename(old_path, path); !renamed) return io_status(renamed);
    return open(path, base::OpenMode::Write, file);
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions&, std::unique_ptr<rocksdb::FSDirectory>* directory,
                        IODebugContext*) override {
    *directory = std::make_unique<DiskDirectory>(disk_, path);
    return IOStatus::OK();
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) override {
    return io_status(disk_.remove(path));
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&, IODebugContext*) override {
    return io_status(disk_.rename(from, to));
  }
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions&, IODebugContext*) override {
    return io_status(disk_.hard_link(from, to));
  }

 private:
  IOStatus open(const std::string& path, base::OpenMode mode, std::unique_ptr<rocksdb::FSWritableFile>* file) {
    auto opened = disk_.open(path, mode);
    if (!opened) return io_status(base::fail(opened.error()));
    *file = std::make_unique<DiskWritableFile>(std::move(*opened));
    return IOStatus::OK();
  }

  base::Disk& disk_;
};

base::Status to_status(const rocksdb::Status& status) {
  if (status.ok()) return {};
  const auto kind = status.IsNoSpace() ? base::ErrorKind::Unavailable : base::ErrorKind::Internal;
  return base::fail(kind, fmt::format("the object index failed: {}", status.ToString()));
}

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FRESHET_THREAD_SANITIZER
#endif
#endif

/// What a cursor points at. RocksDB hands the bytes from thread to thread by means that the thread sanitizer does not
/// see, as it is compiled without: under the sanitizer, others look at a copy.
class SeenSlice {
 public:
#ifdef FRESHET_THREAD_SANITIZER
  __attribute__((no_sanitize("thread"), noinline)) std::string_view of(const rocksdb::Slice& bytes) const {
    copy_.resize(bytes.size());
    const volatile char* from = bytes.data();
    for (std::size_t i = 0; i < bytes.size(); ++i) copy_[i] = from[i];
    return copy_;
  }

 private:
  mutable std::string copy_;
#else
  static std::string_view of(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }
#endif
};

class RocksCursor final : public IndexCursor {
 public:
  explicit RocksCursor(rocksdb::Iterator* iterator) : iterator_(iterator) {}
  void seek(std::string_view key) override { iterator_->Seek(slice(key)); }
  void next() override { iterator_->Next(); }
  bool valid() const override { return iterator_->Valid(); }
  std::string_view key() const override { return key_.of(iterator_->key()); }
  std::string_view value() const override { return value_.of(iterator_->value()); }
  base::Status status() const override { return to_status(iterator_->status()); }

 private:
  std::unique_ptr<rocksdb::Iterator> iterator_;
  [[no_unique_address]] SeenSlice key_, value_;
};

/// Hands the notes of a log over as it is read.
class NoteReader final : public rocksdb::WalFilter {
 public:
  explicit NoteReader(const std::function<base::Status(std::string_view)>& replay) : handler_(replay) {}
  const char* Name() const override { return "notes"; }
  WalProcessingOption LogRecordFound(unsigned long long, const std::string&, const rocksdb::WriteBatch& batch,
                                     rocksdb::WriteBatch*, bool*) override {
    (void)batch.Iterate(&handler_);
    return WalProcessingOption::kContinueProcessing;
  }
  const base::Status& status() const { return handler_.status; }

 private:
  struct Handler final : rocksdb::WriteBatch::Handler {
    explicit Handler(const std::function<base::Status(std::string_view)>& to) : replay(to) {}
    rocksdb::Status PutCF(std::uint32_t, const rocksdb::Slice&, const rocksdb::Slice&) override { return {}; }
    rocksdb::Status DeleteCF(std::uint32_t, const rocksdb::Slice&) override { return {}; }
    void LogData(const rocksdb::Slice& note) override {
      if (status) status = replay({note.data(), note.size()});
    }
    const std::function<base::Status(std::string_view)>& replay;
    base::Status status;
  };
  Handler handler_;
};

/// A flush makes a table of changes, and then their log goes.
class FlushListener final : public rocksdb::EventListener {
 public:
  explicit FlushListener(std::function<base::Status()> before_drop) : before_drop_(std::move(before_drop)) {}
  const char* Name() const override { return "notes"; }
  void OnFlushBegin(rocksdb::DB* db, const rocksdb::FlushJobInfo&) override {
    const auto done = before_drop_();
    if (done) return;
    LOG_ERROR("store.notes_kept error=\"{}\"", done.error().message);
    (void)db->DisableFileDeletions();
  }

 private:
  const std::function<base::Status()> before_drop_;
};

class RocksIndex final : public Index {
 public:
  RocksIndex(std::unique_ptr<rocksdb::Env> env, std::unique_ptr<rocksdb::DB> db)
      : env_(std::move(env)), db_(std::move(db)) {}

  base::Result<std::optional<std::string>> get(std::string_view key) const override {
    std::string value;
    const auto status = db_->Get(rocksdb::ReadOptions{}, slice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return base::fail(to_status(status).error());
    return std::optional<std::string>(std::move(value));
  }

  std::unique_ptr<IndexCursor> cursor() const override {
    return std::make_unique<RocksCursor>(db_->NewIterator(rocksdb::ReadOptions{}));
  }

  base::Status write(const IndexChanges& changes, std::string_view note) override {
    rocksdb::WriteBatch batch;
    if (!note.empty()) (void)batch.PutLogData(slice(note));
    for (const auto& [key, value] : changes)
      (void)(value ? batch.Put(slice(key), slice(*value)) : batch.Delete(slice(key)));
    rocksdb::WriteOptions options;
    options.sync = true;
    return to_status(db_->Write(options, &batch));
  }

  base::Status flush() override { return to_status(db_->Flush(rocksdb::FlushOptions{})); }

 private:
  std::unique_ptr<rocksdb::Env> env_;  // must outlive the database
  std::unique_ptr<rocksdb::DB> db_;
};

rocksdb::Options rocks_options(const Index::Options& options, rocksdb::Env& env) {
  rocksdb::Options rocks;
  rocks.env = &env;
  rocks.create_if_missing = true;
  rocks.max_background_jobs = 2;
  rocks.write_buffer_size = options.buffer_bytes;
  // With notes the log is longer than the changes: it must not grow for as long as those fit the buffer.
  rocks.max_total_wal_size = 8 * options.buffer_bytes;
  rocks.keep_log_file_num = 2;
  rocks.info_log_level = rocksdb::WARN_LEVEL;
  rocks.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(32 << 20);
  // Looking for what is not there, and for what is in one of several tables, reads no blocks of the others.
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocks.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return rocks;
}

/// Reads the log without changing anything: were the index open for writing, the log could be gone when a note fails.
base::Status replay_notes(const Index::Options& options, rocksdb::Options rocks, base::Disk& disk) {
  TRY(const auto there, disk.exists(options.directory + "/CURRENT"));
  if (!there) return {};
  NoteReader reader(options.notes.replay);
  rocks.wal_filter = &reader;
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::OpenForReadOnly(rocks, options.directory, &db);
  if (!status.ok()) return to_status(status);
  delete db;
  TRY_VOID(reader.status());
  return options.notes.replayed();
}

/// Takes no log of its own into the directory.
class NoLog final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

}  // namespace

base::Result<std::unique_ptr<Index>> Index::open_read_only(
    const std::string& directory, base::Disk& disk, const std::function<base::Status(std::string_view)>& check_note) {
  TRY(const bool there, disk.exists(directory + "/CURRENT"));
  if (!there) return base::fail(base::ErrorKind::NotFound, "there is no object index: " + directory);
  auto env = rocksdb::NewCompositeEnv(std::make_shared<DiskFileSystem>(disk));
  auto options = rocks_options({.directory = directory}, *env);
  options.create_if_missing = false;
  options.info_log = std::make_shared<NoLog>();
  NoteReader notes(check_note);
  if (check_note) options.wal_filter = &notes;
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::OpenForReadOnly(options, directory, &db);
  if (!status.ok()) return base::fail(to_status(status).error());
  auto index = std::make_unique<RocksIndex>(std::move(env), std::unique_ptr<rocksdb::DB>(db));
  TRY_VOID(notes.status());
  return index;
}

base::Result<std::unique_ptr<Index>> Index::open(Options options, base::Disk& disk) {
  auto env = rocksdb::NewCompositeEnv(std::make_shared<DiskFileSystem>(disk));
  auto rocks = rocks_options(options, *env);
  if (options.notes.replay) TRY_VOID(replay_notes(options, rocks, disk));
  if (options.notes.before_drop)
    rocks.listeners.push_back(std::make_shared<FlushListener>(std::move(options.notes.before_drop)));
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::Open(rocks, options.directory, &db);
  if (!status.ok()) return base::fail(to_status(status).error());
  return std::make_unique<RocksIndex>(std::move(env), std::unique_ptr<rocksdb::DB>(db));
}

}  // namespace store

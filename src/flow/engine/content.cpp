#include "flow/engine/content.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace flow {
namespace {

constexpr std::size_t kReadBytes = 256 << 10;

}  // namespace

struct ContentGarbage {
  std::mutex numbers_mutex;
  std::vector<std::uint64_t> numbers;
};

ContentFile::ContentFile(std::uint64_t number, std::unique_ptr<base::File> file,
                         std::shared_ptr<ContentGarbage> garbage)
    : number_(number), file_(std::move(file)), garbage_(std::move(garbage)) {}

ContentFile::~ContentFile() {
  const std::lock_guard lock(garbage_->numbers_mutex);
  garbage_->numbers.push_back(number_);
}

base::Result<std::size_t> read_content(const ContentClaim& claim, std::uint64_t offset, std::span<char> into) {
  if (offset >= claim.length || into.empty()) return 0;
  const auto wanted = std::min<std::uint64_t>(into.size(), claim.length - offset);
  TRY(const auto read, claim.file->file().read_at(claim.offset + offset, into.first(wanted)));
  if (read != wanted) return base::fail(base::ErrorKind::Internal, "a content file is shorter than a flowfile says");
  return read;
}

base::Result<std::string> read_all(const ContentClaim& claim) {
  std::string bytes(claim.length, '\0');
  TRY_VOID(read_content(claim, 0, bytes));
  return bytes;
}

base::Status copy_bytes(ByteSource& from, ByteSink& into) {
  for (;;) {
    TRY(const auto bytes, from.next());
    if (bytes.empty()) return {};
    TRY_VOID(into.append(bytes));
  }
}

base::Result<std::string_view> ContentReader::next() {
  buffer_.resize(std::min<std::uint64_t>(kReadBytes, claim_.length - offset_));
  TRY(const auto read, read_content(claim_, offset_, buffer_));
  offset_ += read;
  return std::string_view(buffer_).substr(0, read);
}

ContentWriter::ContentWriter(ContentStore& store, std::shared_ptr<ContentFile> file, std::uint64_t start)
    : store_(&store), file_(std::move(file)), start_(start) {}

ContentWriter::~ContentWriter() {
  // Without finish: what was appended is dead, and after a failed write the end of the file is not known for sure.
  if (file_ != nullptr) store_->give_back(std::move(file_), !failed_, false);
}

base::Status ContentWriter::append(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (auto written = file_->file().append(bytes); !written) {
    failed_ = true;
    if (written.error().kind == base::ErrorKind::Unavailable) store_->drop_archive();  // for the next one
    return written;
  }
  length_ += bytes.size();
  return {};
}

ContentClaim ContentWriter::finish() {
  if (length_ == 0) return {};
  ContentClaim claim{file_, start_, length_};
  store_->give_back(std::move(file_), !failed_, true);
  file_ = nullptr;
  return claim;
}

ContentStore::ContentStore(Options options, base::Disk& disk)
    : options_(std::move(options)), disk_(disk), garbage_(std::make_shared<ContentGarbage>()) {}

base::Result<std::unique_ptr<ContentStore>> ContentStore::open(Options options, base::Disk& disk) {
  TRY_VOID(disk.make_directory(options.directory));
  return std::unique_ptr<ContentStore>(new ContentStore(std::move(options), disk));
}

std::string ContentStore::path_of(std::uint64_t number) const {
  return fmt::format("{}/{:012}", options_.directory, number);
}

base::Result<ContentWriter> ContentStore::begin_write() {
  const std::lock_guard lock(files_mutex_);
  std::shared_ptr<ContentFile> file;
  if (!open_.empty()) {
    file = std::move(open_.back());
    open_.pop_back();
  } else {
    const auto number = next_++;
    TRY(auto created, disk_.open(path_of(number), base::OpenMode::CreateNew));
    file = std::make_shared<ContentFile>(number, std::move(created), garbage_);
    known_[number] = file;
    directory_changed_ = true;
  }
  TRY(const auto end, file->file().size());
  return ContentWriter(*this, std::move(file), end);
}

void ContentStore::give_back(std::shared_ptr<ContentFile> file, bool reusable, bool dirty) {
  const auto size = file->file().size();
  const std::lock_guard lock(files_mutex_);
  if (dirty) dirty_.insert(file);
  if (reusable && size && *size < options_.file_bytes) open_.push_back(std::move(file));
}

base::Result<std::shared_ptr<ContentFile>> ContentStore::find(std::uint64_t number) {
  const std::lock_guard lock(files_mutex_);
  if (auto known = known_[number].lock()) return known;
  known_.erase(number);
  TRY(auto opened, disk_.open(path_of(number), base::OpenMode::Read));
  auto file = std::make_shared<ContentFile>(number, std::move(opened), garbage_);
  known_[number] = file;
  if (const auto archived = std::ranges::find(archive_, number, &Archived::number); archived != archive_.end()) {
    archived_bytes_ -= archived->bytes;
    archive_.erase(archived);
  }
  return file;
}

base::Status ContentStore::remove_unknown() {
  const std::lock_guard lock(files_mutex_);
  TRY(const auto names, disk_.list(options_.directory));
  for (const auto& name : names) {  // by number: the oldest first
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc{} || end != name.data() + name.size()) continue;
    next_ = std::max(next_, number + 1);
    const auto known = known_.find(number);
    if (known != known_.end() && !known->second.expired()) continue;
    if (options_.archive_bytes == 0)
      TRY_VOID(disk_.remove(options_.directory + "/" + name));
    else
      archive(number);
  }
  shrink_archive(options_.archive_bytes);
  const std::lock_guard garbage_lock(garbage_->numbers_mutex);
  garbage_->numbers.clear();
  return {};
}

void ContentStore::use_from(std::uint64_t number) {
  const std::lock_guard lock(files_mutex_);
  next_ = std::max(next_, number);
}

std::uint64_t ContentStore::next_number() const {
  const std::lock_guard lock(files_mutex_);
  return next_;
}

std::uint64_t ContentStore::archived_bytes() const {
  const std::lock_guard lock(files_mutex_);
  return archived_bytes_;
}

void ContentStore::drop_archive() {
  const std::lock_guard lock(files_mutex_);
  shrink_archive(0);
}

base::Status ContentStore::sync() {
  std::set<std::shared_ptr<ContentFile>> dirty;
  bool directory_changed = false;
  {
    const std::lock_guard lock(files_mutex_);
    dirty.swap(dirty_);
    std::swap(directory_changed, directory_changed_);
  }
  for (const auto& file : dirty) TRY_VOID(file->file().sync());
  if (directory_changed) TRY_VOID(disk_.sync_directory(options_.directory));
  return {};
}

std::vector<std::uint64_t> ContentStore::take_garbage() {
  const std::lock_guard lock(garbage_->numbers_mutex);
  return std::exchange(garbage_->numbers, {});
}

void ContentStore::let_go(const std::vector<std::uint64_t>& numbers) {
  const std::lock_guard lock(files_mutex_);
  for (const auto number : numbers) {
    const auto known = known_.find(number);
    if (known != known_.end() && !known->second.expired()) continue;  // found again meanwhile
    known_.erase(number);
    archive(number);
  }
  shrink_archive(options_.archive_bytes);
}

void ContentStore::archive(std::uint64_t number) {
  const auto file = disk_.open(path_of(number), base::OpenMode::Read);
  if (!file) return;
  const auto bytes = (*file)->size().value_or(0);
  archive_.push_back({number, bytes});
  archived_bytes_ += bytes;
}

void ContentStore::shrink_archive(std::uint64_t bytes_max) {
  while (!archive_.empty() && (archived_bytes_ > bytes_max || bytes_max == 0)) {
    // A file that stays after a failure is unknown to the next recovery.
    (void)disk_.remove(path_of(archive_.front().number));
    archived_bytes_ -= archive_.front().bytes;
    archive_.pop_front();
  }
}

}  // namespace flow

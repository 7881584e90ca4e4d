#include "flow/engine/log.h"

#include <fmt/format.h>

#include <charconv>

#include "base/log.h"
#include "store/checksum.h"

namespace flow {
namespace {

constexpr std::string_view kMagic = "FRESHET FLOW 1\n";
constexpr std::size_t kHeader = 8;  // length and checksum, four bytes each

std::string checksum_of(std::string_view record) { return store::checksum(store::ChecksumAlgorithm::Crc32c, record); }

std::uint32_t length_at(std::string_view bytes) {
  std::uint32_t length = 0;
  for (int i = 3; i >= 0; --i) length = (length << 8) | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  return length;
}

}  // namespace

base::Status as_internal(base::Status outcome) {
  if (outcome) return outcome;
  return base::fail(base::ErrorKind::Internal, outcome.error().message);
}

void Log::frame(std::string_view record, std::string& into) {
  const auto frame = begin_frame(into);
  into += record;
  end_frame(frame, into);
}

std::size_t Log::begin_frame(std::string& into) {
  into.append(kHeader, '\0');
  return into.size() - kHeader;
}

void Log::end_frame(std::size_t frame, std::string& into) {
  const auto record = std::string_view(into).substr(frame + kHeader);
  auto length = static_cast<std::uint32_t>(record.size());
  for (std::size_t i = 0; i < 4; ++i, length >>= 8) into[frame + i] = static_cast<char>(length & 0xFF);
  into.replace(frame + 4, 4, checksum_of(record));
}

std::optional<std::string_view> Log::take_frame(std::string_view& rest) {
  if (rest.size() < kHeader) return std::nullopt;
  const auto length = length_at(rest);
  if (length > rest.size() - kHeader) return std::nullopt;
  const auto record = rest.substr(kHeader, length);
  if (checksum_of(record) != rest.substr(4, 4)) return std::nullopt;
  rest.remove_prefix(kHeader + length);
  return record;
}

std::uint64_t Log::framed_size(std::string_view record) { return kHeader + record.size(); }

std::string Log::path_of(std::uint64_t number) const { return fmt::format("{}/{:012}.log", directory_, number); }

base::Result<std::unique_ptr<Log>> Log::open(base::Disk& disk, std::string directory,
                                             const std::function<base::Status(std::string_view)>& replay) {
  TRY_VOID(disk.make_directory(directory));
  std::unique_ptr<Log> log(new Log(disk, directory));
  TRY(const auto names, disk.list(directory));
  std::uint64_t newest = 0;
  for (const auto& name : names) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc{} && std::string_view(end) == ".log") newest = std::max(newest, number);
  }
  // Of a first log that was never finished there may be a beginning, which is in the way of the next one.
  if (newest == 0) {
    for (const auto& name : names) TRY_VOID(disk.remove(directory + "/" + name));
    TRY_VOID(log->restart({}));
    return log;
  }
  TRY_VOID(log->recover(newest, replay));
  for (const auto& name : names)
    if (directory + "/" + name != log->path_of(log->number_)) TRY_VOID(disk.remove(directory + "/" + name));
  return log;
}

base::Status Log::recover(std::uint64_t number, const std::function<base::Status(std::string_view)>& replay) {
  number_ = number;
  TRY(const auto bytes, disk_.read_all(path_of(number)));
  std::string_view rest = bytes;
  if (!rest.starts_with(kMagic))
    return base::fail(
        base::ErrorKind::Unavailable,
        fmt::format("not a flow log of this version: {}; use the program that wrote it", path_of(number)));
  rest.remove_prefix(kMagic.size());
  while (const auto record = take_frame(rest)) TRY_VOID(replay(*record));
  size_ = bytes.size() - rest.size();
  TRY(file_, disk_.open(path_of(number), base::OpenMode::Write));
  if (!rest.empty()) {
    LOG_WARN("flow.log_tail_dropped bytes={}", rest.size());
    TRY_VOID(file_->truncate(size_));
    TRY_VOID(file_->sync());
  }
  return {};
}

base::Status Log::append(std::string_view frames) {
  TRY_VOID(write(frames));
  return as_internal(file_->sync());
}

base::Status Log::write(std::string_view frames) {
  if (auto appended = file_->append(frames); !appended) {
    TRY_VOID(as_internal(file_->truncate(size_)));
    return appended;
  }
  size_ += frames.size();
  return {};
}

base::Status Log::restart(std::string_view frames) {
  const auto fresh = path_of(number_ + 1) + ".new";
  TRY(auto file, disk_.open(fresh, base::OpenMode::Create));
  TRY_VOID(file->append(kMagic));
  TRY_VOID(file->append(frames));
  TRY_VOID(file->sync());
  TRY_VOID(disk_.rename(fresh, path_of(number_ + 1)));
  TRY_VOID(disk_.sync_directory(directory_));
  if (number_ > 0) (void)disk_.remove(path_of(number_));  // else the next open does it
  ++number_;
  file_ = std::move(file);
  size_ = kMagic.size() + frames.size();
  return {};
}

}  // namespace flow

#include "flow/processors/source_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "flow/processors/os_file.h"

namespace flow {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;
constexpr std::size_t kSmallBytesMax = 1 << 20;

bool same(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_ino == b.st_ino;
}

}  // namespace

base::Result<ContentClaim> read_source_file(Session& session, const std::string& path) {
  if (path.find('\0') != std::string::npos)  // the system would take what stands before it
    return base::fail(base::ErrorKind::NotFound, fmt::format("no file can have that name: {}", path));
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return file_error("open", path, errno);
  struct stat before{}, after{}, named{};
  if (::fstat(file.get(), &before) != 0) return file_error("stat", path, errno);
  if (!S_ISREG(before.st_mode))
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("not a regular file: {}", path));
  TRY(auto writer, session.begin_write());
  std::string buffer(std::min<std::size_t>(kBufferBytes, static_cast<std::size_t>(before.st_size) + 1), '\0');
  std::uint64_t total = 0;
  for (;;) {
    const auto read = ::read(file.get(), buffer.data(), buffer.size());
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return file_error("read", path, errno);
    if (read == 0) break;
    total += static_cast<std::uint64_t>(read);
    TRY_VOID(writer.append(std::string_view(buffer).substr(0, static_cast<std::size_t>(read))));
  }
  if (::fstat(file.get(), &after) != 0) return file_error("stat", path, errno);
  // A writer that replaced the file by rename leaves what was read whole, but it is not the file of that name any more.
  const bool still_there = ::stat(path.c_str(), &named) == 0;
  if (total != static_cast<std::uint64_t>(before.st_size) || !same(before, after) ||
      (still_there && !same(before, named)))
    return base::fail(base::ErrorKind::Conflict,
                      fmt::format("the file changed while it was read; it will be read again: {}", path));
  session.count_bytes_in(total);
  return writer.finish();
}

base::Result<std::string> read_small_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return file_error("open", path, errno);
  std::string content;
  std::string buffer(kSmallBytesMax, '\0');
  for (;;) {
    const auto read = ::read(file.get(), buffer.data(), buffer.size());
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return file_error("read", path, errno);
    if (read == 0) return content;
    content.append(buffer, 0, static_cast<std::size_t>(read));
    if (content.size() > kSmallBytesMax)
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("the file is larger than 1 MB: {}", path));
  }
}

}  // namespace flow

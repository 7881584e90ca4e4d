#include "flow/processors/os_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace flow {
namespace {

constexpr std::uint64_t kReadBytes = 256 << 10;

}  // namespace

void Descriptor::reset() {
  if (number_ >= 0) ::close(number_);
  number_ = -1;
}

base::Failure<base::Error> file_error(std::string_view what, const std::string& path, int number) {
  const auto kind = number == ENOENT || number == ENOTDIR ? base::ErrorKind::NotFound
                    : number == EACCES || number == EPERM ? base::ErrorKind::Denied
                                                          : base::ErrorKind::InvalidValue;
  return base::fail(kind, fmt::format("cannot {} the file {}: {}", what, path, std::strerror(number)));
}

std::string file_uri(const std::string& path) {
  constexpr std::string_view kPlain = "/-_.!~*'():@&=+$,";
  std::string uri = "file:";
  std::error_code error;
  for (const char c : std::filesystem::absolute(path, error).string()) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '/' && uri.back() == '/') continue;
    // Java keeps letters beyond ASCII as they are.
    if (std::isalnum(byte) != 0 || byte >= 0x80 || kPlain.find(c) != std::string_view::npos)
      uri += c;
    else
      uri += fmt::format("%{:02X}", byte);
  }
  return uri;
}

base::Status write_all(const Descriptor& file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const auto written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return file_error("write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

base::Result<std::string_view> FileSource::next() {
  buffer_.resize(std::min<std::uint64_t>(kReadBytes, to_ - at_));
  for (;;) {
    const auto read = ::pread(file_.get(), buffer_.data(), buffer_.size(), static_cast<off_t>(at_));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return file_error("read", path_, errno);
    at_ += static_cast<std::uint64_t>(read);
    return std::string_view(buffer_).substr(0, static_cast<std::size_t>(read));
  }
}

}  // namespace flow

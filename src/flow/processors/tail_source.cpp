#include "flow/processors/tail_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <zlib.h>

#include <cerrno>
#include <filesystem>

namespace flow {

std::int64_t ms_of(const struct stat& status) {
  return static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1000 + status.st_mtim.tv_nsec / 1'000'000;
}

std::string name_of(const std::string& path) { return std::filesystem::path(path).filename().string(); }

std::string stretch_name(const std::string& path, std::uint64_t from, std::uint64_t to) {
  const auto name = name_of(path);
  const auto dot = name.rfind('.');
  const auto stretch = fmt::format("{}.{}-{}", name.substr(0, dot), from, to);
  return dot == std::string::npos ? stretch : stretch + name.substr(dot);
}

base::Result<std::uint32_t> checksum_of(ByteSource& source, std::uint32_t before, ByteSink* sink) {
  auto crc = before;
  for (;;) {
    TRY(const auto bytes, source.next());
    if (bytes.empty()) return crc;
    crc = static_cast<std::uint32_t>(
        ::crc32(crc, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
    if (sink != nullptr) TRY_VOID(sink->append(bytes));
  }
}

base::Result<OpenFile> open_file(const std::string& path) {
  OpenFile open{.file = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC))};
  if (!open.file || ::fstat(open.file.get(), &open.status) != 0) return file_error("open", path, errno);
  return open;
}

}  // namespace flow

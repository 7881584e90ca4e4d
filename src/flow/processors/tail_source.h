#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "flow/processors/os_file.h"

namespace flow {

/// A file that TailFile reads, open, with what the system says about it.
struct OpenFile {
  Descriptor file;
  struct stat status{};
  std::uint64_t size() const { return static_cast<std::uint64_t>(status.st_size); }
};
base::Result<OpenFile> open_file(const std::string& path);

std::int64_t ms_of(const struct stat& status);  // of its last change, since 1970
std::string name_of(const std::string& path);
/// "app.10-20.log"
std::string stretch_name(const std::string& path, std::uint64_t from, std::uint64_t to);

/// CRC32 of the bytes of a source, or of those behind others whose CRC32 is given. They go on into the sink.
base::Result<std::uint32_t> checksum_of(ByteSource& source, std::uint32_t before = 0, ByteSink* sink = nullptr);

}  // namespace flow

#pragma once

#include <cstdint>
#include <string>

#include "flow/engine/content.h"

namespace flow {

struct TarEntry {
  std::string name;
  std::uint64_t size = 0;
  unsigned mode = 0644;
  std::int64_t modified_s = 0;  // since 1970
};

/// A tar archive in the ustar format, long names as GNU writes them, sizes from 8 GiB on in base 256.
class TarWriter {
 public:
  explicit TarWriter(ByteSink& sink) : sink_(sink) {}
  /// Errors: Internal when the source does not have as many bytes as the entry says.
  base::Status add(const TarEntry& entry, ByteSource& content);
  base::Status finish();

 private:
  base::Status header(const TarEntry& entry, char type);
  base::Status pad(std::uint64_t bytes);
  ByteSink& sink_;
};

}  // namespace flow

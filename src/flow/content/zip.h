#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "flow/engine/content.h"

namespace flow {

/// A zip archive that is written without going back: sizes follow the contents, in zip64 where they need it.
class ZipWriter {
 public:
  ZipWriter(ByteSink& sink, int level, std::int64_t now_s) : sink_(sink), level_(level), now_s_(now_s) {}
  /// Errors: AlreadyExists when there is an entry of that name.
  base::Status add(const std::string& name, std::uint64_t size, ByteSource& content);
  base::Status finish();

 private:
  struct Entry {
    std::string name;
    std::uint64_t offset = 0, packed = 0, size = 0;
    std::uint32_t crc = 0;
  };
  base::Status write(std::string_view bytes);
  base::Status deflate(ByteSource& content, Entry& entry);

  ByteSink& sink_;
  const int level_;
  const std::int64_t now_s_;
  std::uint64_t offset_ = 0;
  std::vector<Entry> entries_;
  std::set<std::string> names_;
};

}  // namespace flow

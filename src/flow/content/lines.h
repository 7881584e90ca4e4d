#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/engine/content.h"

namespace flow {

/// "\n", "\r\n" or a "\r" of its own at the end of a line, or nothing.
std::string_view line_ending(std::string_view line);
/// All line ends at the end of a text.
std::string_view line_endings(std::string_view text);

/// Cuts bytes into lines that end in "\n", "\r\n" or a lone "\r"; the last one may have no end.
class LineReader {
 public:
  LineReader(ByteSource& source, std::uint64_t line_bytes_max) : source_(source), max_(line_bytes_max) {}
  /// The next line with its end, good until the next call; nothing at the end. Errors: InvalidValue when a line is
  /// longer than allowed.
  base::Result<std::optional<std::string_view>> next();

 private:
  ByteSource& source_;
  const std::uint64_t max_;
  std::string buffer_;
  std::size_t begin_ = 0;    // of the next line
  std::size_t scanned_ = 0;  // no line ends before this place
  bool ended_ = false;
};

/// Where the lines of a source are, however long they are.
class LineScanner {
 public:
  struct Line {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;  // with its end
    std::uint64_t ending = 0;  // bytes of its end
    std::string prefix;        // the first bytes, as many as were wanted
  };
  LineScanner(ByteSource& source, std::size_t prefix_bytes) : source_(source), prefix_bytes_(prefix_bytes) {}
  base::Result<std::optional<Line>> next();

 private:
  base::Result<bool> fill();

  ByteSource& source_;
  const std::size_t prefix_bytes_;
  std::string_view chunk_;
  std::uint64_t offset_ = 0;  // of the chunk's first byte that is left
};

}  // namespace flow

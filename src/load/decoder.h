#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "load/file_format.h"
#include "store/object_store.h"

namespace load {

/// Bytes in order, read once.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Fills a part of `into` (at least one byte); 0 at the end.
  virtual base::Result<std::size_t> read(std::span<char> into) = 0;
};

/// Reads a stored object. Keeps the reader.
std::unique_ptr<ByteSource> object_source(std::shared_ptr<const store::ObjectReader> reader);
/// Reads bytes that outlive it, at most `step` at a time.
std::unique_ptr<ByteSource> text_source(std::string_view bytes, std::size_t step = SIZE_MAX);

/// What AUTO means for a file: by its first bytes, then by its name. Brotli is never detected.
Compression detect_compression(std::string_view name, std::string_view first_bytes);

/// The text of a staged file: decompressed, as UTF-8, without its byte order mark when the format skips it.
/// Errors name the file: Unsupported 391801 (0A000) for encodings and compressions that are not built in, at once;
/// InvalidValue 100330 (22000) for a damaged or cut compressed stream, with the offset in the stored file, while
/// reading.
base::Result<std::unique_ptr<ByteSource>> open_text(std::unique_ptr<ByteSource> stored, std::string_view name,
                                                    const FileFormat& format);
/// Unsupported, naming it, when the encoding or compression of a format cannot be read: a check before any file is.
base::Status check_readable(const FileFormat& format);

}  // namespace load

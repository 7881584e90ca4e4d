#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/engine/content.h"

namespace flow {

enum class Compression {
  None,
  Gzip,
  Deflate,     // in zlib's wrapping
  RawDeflate,  // without any, as in zip archives
  Bzip2,
  Xz,
  Lzma,
  Snappy,  // blocks as snappy-java writes them
  SnappyHadoop,
  SnappyFramed,
  Lz4Framed,
  Zstd,
  Brotli
};

/// Bytes on their way through a compression. Used by one thread.
class Codec {
 public:
  virtual ~Codec() = default;
  /// Errors: InvalidValue for bytes that are not of the format.
  virtual base::Status feed(std::string_view bytes, ByteSink& out) = 0;
  /// Errors: InvalidValue when the bytes end too early.
  virtual base::Status finish(ByteSink& out) = 0;
};

/// `level` from 0 to 9, for formats that have levels. InvalidValue: the library refuses.
base::Result<std::unique_ptr<Codec>> make_compressor(Compression compression, int level);
/// Members that follow one another are read as one. Unsupported: SnappyHadoop, as in NiFi.
base::Result<std::unique_ptr<Codec>> make_decompressor(Compression compression);

base::Status run_codec(Codec& codec, ByteSource& source, ByteSink& sink);

}  // namespace flow

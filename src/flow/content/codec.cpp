#include "flow/content/codec.h"

#include <fmt/format.h>

#include "flow/content/codec_step.h"

namespace flow {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;

class PassOn final : public Codec {
 public:
  base::Status feed(std::string_view bytes, ByteSink& out) override { return out.append(bytes); }
  base::Status finish(ByteSink&) override { return {}; }
};

}  // namespace

base::Status StepCodec::run(std::string_view bytes, bool last, ByteSink& out) {
  buffer_.resize(kBufferBytes);
  for (bool again = last; again || !bytes.empty();) {
    std::span<char> room(buffer_);
    TRY(again, step(bytes, room, last));
    TRY_VOID(out.append(std::string_view(buffer_).substr(0, buffer_.size() - room.size())));
  }
  return {};
}

base::Failure<base::Error> StepCodec::damaged(std::string_view format) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("the content is not of the format {}", format));
}

base::Failure<base::Error> StepCodec::ends_early(std::string_view format) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("the content ends within its {} data", format));
}

base::Result<std::unique_ptr<Codec>> make_compressor(Compression compression, int level) {
  switch (compression) {
    case Compression::None: return CodecPtr(new PassOn);
    case Compression::Gzip:
    case Compression::Deflate:
    case Compression::RawDeflate: return make_zlib_compressor(compression, level);
    case Compression::Bzip2: return make_bzip2_compressor();
    case Compression::Xz:
    case Compression::Lzma: return make_xz_compressor(compression, level);
    case Compression::Snappy:
    case Compression::SnappyHadoop:
    case Compression::SnappyFramed: return make_snappy_compressor(compression);
    case Compression::Lz4Framed: return make_lz4_compressor();
    case Compression::Zstd: return make_zstd_compressor(level);
    case Compression::Brotli: return make_brotli_compressor(level);
  }
  return CodecPtr{};
}

base::Result<std::unique_ptr<Codec>> make_decompressor(Compression compression) {
  switch (compression) {
    case Compression::None: return CodecPtr(new PassOn);
    case Compression::Gzip:
    case Compression::Deflate:
    case Compression::RawDeflate: return make_zlib_decompressor(compression);
    case Compression::Bzip2: return make_bzip2_decompressor();
    case Compression::Xz:
    case Compression::Lzma: return make_xz_decompressor(compression);
    case Compression::Snappy:
    case Compression::SnappyHadoop:
    case Compression::SnappyFramed: return make_snappy_decompressor(compression);
    case Compression::Lz4Framed: return make_lz4_decompressor();
    case Compression::Zstd: return make_zstd_decompressor();
    case Compression::Brotli: return make_brotli_decompressor();
  }
  return CodecPtr{};
}

base::Status run_codec(Codec& codec, ByteSource& source, ByteSink& sink) {
  for (;;) {
    TRY(const auto bytes, source.next());
    if (bytes.empty()) return codec.finish(sink);
    TRY_VOID(codec.feed(bytes, sink));
  }
}

}  // namespace flow

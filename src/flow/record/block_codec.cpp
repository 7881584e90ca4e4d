#include "flow/record/block_codec.h"

#include <bzlib.h>
#include <fmt/format.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

namespace flow::record {
namespace {

base::Failure<base::Error> wrong(std::string_view what) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("a packed block is damaged: {}", what));
}

/// Window bits of zlib: raw deflate, or with gzip's frame.
int window_of(BlockCodec codec) { return codec == BlockCodec::Gzip ? 15 + 16 : -15; }

base::Result<std::string> deflate_block(std::string_view bytes, BlockCodec codec) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_of(codec), 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return base::fail(base::ErrorKind::Internal, "zlib cannot start");
  std::string out(deflateBound(&stream, bytes.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int outcome = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (outcome != Z_STREAM_END) return base::fail(base::ErrorKind::Internal, "zlib did not finish a block");
  return out;
}

base::Result<std::string> inflate_block(std::string_view bytes, BlockCodec codec, std::size_t size, std::size_t most) {
  z_stream stream{};
  if (inflateInit2(&stream, window_of(codec)) != Z_OK)
    return base::fail(base::ErrorKind::Internal, "zlib cannot start");
  std::string out(size > 0 ? size : std::min(most, bytes.size() * 4 + 1024), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  int outcome = Z_OK;
  while (outcome == Z_OK) {
    if (stream.total_out == out.size()) {
      if (out.size() >= most) break;
      out.resize(std::min(most, out.size() * 2));
    }
    stream.next_out = reinterpret_cast<Bytef*>(out.data()) + stream.total_out;
    stream.avail_out = static_cast<uInt>(out.size() - stream.total_out);
    const auto before = stream.total_out;
    outcome = inflate(&stream, Z_NO_FLUSH);
    if (outcome == Z_BUF_ERROR && stream.total_out == out.size() && stream.total_out > before) outcome = Z_OK;
  }
  out.resize(stream.total_out);
  inflateEnd(&stream);
  if (outcome != Z_STREAM_END) return wrong("it is no whole deflate stream");
  return out;
}

}  // namespace

base::Result<std::string> pack_block(std::string_view bytes, BlockCodec codec) {
  switch (codec) {
    case BlockCodec::None: return std::string(bytes);
    case BlockCodec::Deflate:
    case BlockCodec::Gzip: return deflate_block(bytes, codec);
    case BlockCodec::Snappy: {
      std::string out;
      snappy::Compress(bytes.data(), bytes.size(), &out);
      return out;
    }
    case BlockCodec::Bzip2: {
      std::string out(bytes.size() + bytes.size() / 100 + 600, '\0');
      auto size = static_cast<unsigned>(out.size());
      if (BZ2_bzBuffToBuffCompress(out.data(), &size, const_cast<char*>(bytes.data()),
                                   static_cast<unsigned>(bytes.size()), 9, 0, 0) != BZ_OK)
        return base::fail(base::ErrorKind::Internal, "bzip2 did not finish a block");
      out.resize(size);
      return out;
    }
    case BlockCodec::Zstandard: {
      std::string out(ZSTD_compressBound(bytes.size()), '\0');
      const auto size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3);
      if (ZSTD_isError(size) != 0) return base::fail(base::ErrorKind::Internal, ZSTD_getErrorName(size));
      out.resize(size);
      return out;
    }
  }
  return std::string(bytes);
}

base::Result<std::string> unpack_block(std::string_view bytes, BlockCodec codec, std::size_t size, std::size_t most) {
  if (size > most) return wrong(fmt::format("it would make {} bytes", size));
  switch (codec) {
    case BlockCodec::None: return std::string(bytes);
    case BlockCodec::Deflate:
    case BlockCodec::Gzip: return inflate_block(bytes, codec, size, most);
    case BlockCodec::Snappy: {
      std::size_t length = 0;
      if (!snappy::GetUncompressedLength(bytes.data(), bytes.size(), &length) || length > most)
        return wrong("it is no Snappy block");
      std::string out(length, '\0');
      if (!snappy::RawUncompress(bytes.data(), bytes.size(), out.data())) return wrong("it is no Snappy block");
      return out;
    }
    case BlockCodec::Bzip2: {
      for (std::size_t room = std::max<std::size_t>(size, bytes.size() * 8 + 1024); room <= most * 2; room *= 2) {
        std::string out(std::min(room, most), '\0');
        auto length = static_cast<unsigned>(out.size());
        const int outcome = BZ2_bzBuffToBuffDecompress(out.data(), &length, const_cast<char*>(bytes.data()),
                                                       static_cast<unsigned>(bytes.size()), 0, 0);
        out.resize(length);
        if (outcome == BZ_OK) return out;
        if (outcome != BZ_OUTBUFF_FULL) break;
      }
      return wrong("it is no bzip2 block");
    }
    case BlockCodec::Zstandard: {
      const auto known = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
      std::string out;
      if (known != ZSTD_CONTENTSIZE_UNKNOWN && known != ZSTD_CONTENTSIZE_ERROR) {
        if (known > most) return wrong(fmt::format("it would make {} bytes", known));
        out.resize(static_cast<std::size_t>(known));
        const auto length = ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size());
        if (ZSTD_isError(length) != 0) return wrong(ZSTD_getErrorName(length));
        return out;
      }
      struct Free {
        void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
      };
      const std::unique_ptr<ZSTD_DStream, Free> stream(ZSTD_createDStream());
      ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
      std::size_t rest = 1;
      while (rest != 0 && out.size() < most) {
        const auto before = out.size();
        out.resize(before + std::max<std::size_t>(bytes.size() * 2, 65536));
        ZSTD_outBuffer into{out.data() + before, out.size() - before, 0};
        rest = ZSTD_decompressStream(stream.get(), &into, &in);
        out.resize(before + into.pos);
        if (ZSTD_isError(rest) != 0) return wrong(ZSTD_getErrorName(rest));
        if (into.pos == 0 && in.pos == in.size && rest != 0) return wrong("it ends too early");
      }
      return out;
    }
  }
  return std::string(bytes);
}

}  // namespace flow::record

#include <zlib.h>

#include "flow/content/codec_step.h"

namespace flow {
namespace {

constexpr int kGzipBits = MAX_WBITS + 16, kZlibBits = MAX_WBITS;

int bits_of(Compression compression) {
  if (compression == Compression::RawDeflate) return -MAX_WBITS;
  return compression == Compression::Gzip ? kGzipBits : kZlibBits;
}
std::string_view name_of(Compression compression) { return compression == Compression::Gzip ? "gzip" : "deflate"; }

void point(z_stream& stream, std::string_view in, std::span<char> room) {
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(room.data());
  stream.avail_out = static_cast<uInt>(room.size());
}

void take(const z_stream& stream, std::string_view& in, std::span<char>& room) {
  in.remove_prefix(in.size() - stream.avail_in);
  room = room.subspan(room.size() - stream.avail_out);
}

class Compressor final : public StepCodec {
 public:
  ~Compressor() override { ::deflateEnd(&stream_); }
  base::Status begin(Compression compression, int level) {
    if (::deflateInit2(&stream_, level, Z_DEFLATED, bits_of(compression), 8, Z_DEFAULT_STRATEGY) != Z_OK)
      return base::fail(base::ErrorKind::InvalidValue, "deflate refuses its parameters");
    return {};
  }

 protected:
  base::Result<bool> step(std::string_view& in, std::span<char>& room, bool last) override {
    point(stream_, in, room);
    const int outcome = ::deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
    take(stream_, in, room);
    return last ? outcome != Z_STREAM_END : room.empty();
  }

 private:
  z_stream stream_{};
};

class Decompressor final : public StepCodec {
 public:
  explicit Decompressor(Compression compression) : compression_(compression) {}
  ~Decompressor() override { ::inflateEnd(&stream_); }
  base::Status begin() {
    if (::inflateInit2(&stream_, bits_of(compression_)) != Z_OK)
      return base::fail(base::ErrorKind::Internal, "inflate cannot be started");
    return {};
  }

 protected:
  base::Result<bool> step(std::string_view& in, std::span<char>& room, bool last) override {
    if (ended_ && in.empty()) return false;
    if (ended_) {
      // Another member; what follows zlib's data is left out, as Java does.
      if (compression_ != Compression::Gzip) {
        in = {};
        return false;
      }
      ended_ = false;
      ::inflateReset(&stream_);
    }
    point(stream_, in, room);
    const int outcome = ::inflate(&stream_, Z_NO_FLUSH);
    take(stream_, in, room);
    if (outcome == Z_STREAM_END) {
      ended_ = true;
      return false;
    }
    if (outcome != Z_OK && outcome != Z_BUF_ERROR) return damaged(name_of(compression_));
    if (last && !room.empty()) return ends_early(name_of(compression_));
    return room.empty();
  }

 private:
  const Compression compression_;
  z_stream stream_{};
  bool ended_ = false;
};

}  // namespace

base::Result<CodecPtr> make_zlib_compressor(Compression compression, int level) {
  auto codec = std::make_unique<Compressor>();
  TRY_VOID(codec->begin(compression, level));
  return CodecPtr(std::move(codec));
}

base::Result<CodecPtr> make_zlib_decompressor(Compression compression) {
  auto codec = std::make_unique<Decompressor>(compression);
  TRY_VOID(codec->begin());
  return CodecPtr(std::move(codec));
}

}  // namespace flow

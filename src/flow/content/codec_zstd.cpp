#include <zstd.h>

#include "flow/content/codec_step.h"

namespace flow {
namespace {

class Compressor final : public StepCodec {
 public:
  explicit Compressor(int level) {
    ::ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, 2 * level);  // up to 18, as NiFi
    ::ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 0);
  }

 protected:
  base::Result<bool> step(std::string_view& in, std::span<char>& room, bool last) override {
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer into{room.data(), room.size(), 0};
    const auto left = ::ZSTD_compressStream2(context_.get(), &into, &from, last ? ZSTD_e_end : ZSTD_e_continue);
    if (::ZSTD_isError(left) != 0) return base::fail(base::ErrorKind::Internal, ::ZSTD_getErrorName(left));
    in.remove_prefix(from.pos);
    room = room.subspan(into.pos);
    return last && left > 0;
  }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ::ZSTD_freeCCtx(context); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> context_{::ZSTD_createCCtx()};
};

class Decompressor final : public StepCodec {
 protected:
  base::Result<bool> step(std::string_view& in, std::span<char>& room, bool last) override {
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer into{room.data(), room.size(), 0};
    if (!in.empty() || wanted_ > 0) {
      wanted_ = ::ZSTD_decompressStream(context_.get(), &into, &from);
      if (::ZSTD_isError(wanted_) != 0) return damaged("zstd");
    }
    in.remove_prefix(from.pos);
    room = room.subspan(into.pos);
    if (last && wanted_ > 0 && !room.empty()) return ends_early("zstd");
    return room.empty();
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ::ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context_{::ZSTD_createDCtx()};
  std::size_t wanted_ = 1;  // bytes that the frame still needs; 0: it is complete
};

}  // namespace

base::Result<CodecPtr> make_zstd_compressor(int level) { return CodecPtr(new Compressor(level)); }
base::Result<CodecPtr> make_zstd_decompressor() { return CodecPtr(new Decompressor); }

}  // namespace flow

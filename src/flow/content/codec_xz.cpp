#include <lzma.h>

#include "flow/content/codec_step.h"

namespace flow {
namespace {

constexpr std::uint64_t kMemoryMax = std::uint64_t{1} << 30;
constexpr std::uint32_t kLzmaLevel = 6;

std::string_view name_of(Compression compression) { return compression == Compression::Xz ? "xz" : "lzma"; }

class XzCodec final : public StepCodec {
 public:
  explicit XzCodec(Compression compression) : compression_(compression) {}
  ~XzCodec() override { ::lzma_end(&stream_); }

  base::Status begin_compress(int level) {
    lzma_ret outcome = LZMA_OK;
    if (compression_ == Compression::Xz) {
      outcome = ::lzma_easy_encoder(&stream_, static_cast<std::uint32_t>(level), LZMA_CHECK_CRC64);
    } else {
      lzma_options_lzma options{};
      ::lzma_lzma_preset(&options, kLzmaLevel);
      outcome = ::lzma_alone_encoder(&stream_, &options);
    }
    return begun(outcome);
  }
  base::Status begin_decompress() {
    return begun(compression_ == Compression::Xz ? ::lzma_stream_decoder(&stream_, kMemoryMax, LZMA_CONCATENATED)
                                                 : ::lzma_alone_decoder(&stream_, kMemoryMax));
  }

 protected:
  base::Result<bool> step(std::string_view& in, std::span<char>& room, bool last) override {
    if (ended_) {
      in = {};
      return false;
    }
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(in.data());
    stream_.avail_in = in.size();
    stream_.next_out = reinterpret_cast<std::uint8_t*>(room.data());
    stream_.avail_out = room.size();
    const auto outcome = ::lzma_code(&stream_, last ? LZMA_FINISH : LZMA_RUN);
    in.remove_prefix(in.size() - stream_.avail_in);
    room = room.subspan(room.size() - stream_.avail_out);
    ended_ = outcome == LZMA_STREAM_END;
    if (ended_) return false;
    if (outcome == LZMA_BUF_ERROR && last) return ends_early(name_of(compression_));
    if (outcome == LZMA_MEMLIMIT_ERROR)
      return base::fail(base::ErrorKind::InvalidValue, "the content needs more than 1 GB of memory to decompress");
    if (outcome != LZMA_OK && outcome != LZMA_BUF_ERROR) return damaged(name_of(compression_));
    return last || room.empty();
  }

 private:
  static base::Status begun(lzma_ret outcome) {
    if (outcome != LZMA_OK) return base::fail(base::ErrorKind::InvalidValue, "xz refuses its parameters");
    return {};
  }

  const Compression compression_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ended_ = false;
};

}  // namespace

base::Result<CodecPtr> make_xz_compressor(Compression compression, int level) {
  auto codec = std::make_unique<XzCodec>(compression);
  TRY_VOID(codec->begin_compress(level));
  return CodecPtr(std::move(codec));
}

base::Result<CodecPtr> make_xz_decompressor(Compression compression) {
  auto codec = std::make_unique<XzCodec>(compression);
  TRY_VOID(codec->begin_decompress());
  return CodecPtr(std::move(codec));
}

}  // namespace flow

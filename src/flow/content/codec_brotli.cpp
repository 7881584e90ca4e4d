#include <brotli/decode.h>
#include <brotli/encode.h>

#include "flow/content/codec_step.h"

namespace flow {
namespace {

class Compressor final : public StepCodec {
 public:
  explicit Compressor(int level) {
    ::BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_QUALITY, static_cast<std::uint32_t>(level));
  }

 protected:
  base::Result<bool> step(std::string_view& in, std::span<char>& room, bool last) override {
    auto left = in.size();
    const auto* from = reinterpret_cast<const std::uint8_t*>(in.data());
    auto space = room.size();
    auto* into = reinterpret_cast<std::uint8_t*>(room.data());
    if (::BrotliEncoderCompressStream(state_.get(), last ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_PROCESS, &left,
                                      &from, &space, &into, nullptr) == BROTLI_FALSE)
      return base::fail(base::ErrorKind::Internal, "brotli fails");
    in.remove_prefix(in.size() - left);
    room = room.subspan(room.size() - space);
    return ::BrotliEncoderHasMoreOutput(state_.get()) == BROTLI_TRUE ||
           (last && ::BrotliEncoderIsFinished(state_.get()) == BROTLI_FALSE);
  }

 private:
  struct Free {
    void operator()(BrotliEncoderState* state) const { ::BrotliEncoderDestroyInstance(state); }
  };
  std::unique_ptr<BrotliEncoderState, Free> state_{::BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)};
};

class Decompressor final : public StepCodec {
 protected:
  base::Result<bool> step(std::string_view& in, std::span<char>& room, bool last) override {
    if (ended_ && !in.empty()) return damaged("brotli");
    if (ended_) return false;
    auto left = in.size();
    const auto* from = reinterpret_cast<const std::uint8_t*>(in.data());
    auto space = room.size();
    auto* into = reinterpret_cast<std::uint8_t*>(room.data());
    const auto outcome = ::BrotliDecoderDecompressStream(state_.get(), &left, &from, &space, &into, nullptr);
    in.remove_prefix(in.size() - left);
    room = room.subspan(room.size() - space);
    ended_ = outcome == BROTLI_DECODER_RESULT_SUCCESS;
    if (outcome == BROTLI_DECODER_RESULT_ERROR) return damaged("brotli");
    if (last && outcome == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT) return ends_early("brotli");
    return outcome == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
  }

 private:
  struct Free {
    void operator()(BrotliDecoderState* state) const { ::BrotliDecoderDestroyInstance(state); }
  };
  std::unique_ptr<BrotliDecoderState, Free> state_{::BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)};
  bool ended_ = false;
};

}  // namespace

base::Result<CodecPtr> make_brotli_compressor(int level) { return CodecPtr(new Compressor(level)); }
base::Result<CodecPtr> make_brotli_decompressor() { return CodecPtr(new Decompressor); }

}  // namespace flow

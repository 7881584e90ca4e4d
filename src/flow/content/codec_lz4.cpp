#include <lz4frame.h>

#include <algorithm>

#include "flow/content/codec_step.h"

namespace flow {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;

class Compressor final : public Codec {
 public:
  Compressor() { ::LZ4F_createCompressionContext(&context_, LZ4F_VERSION); }
  ~Compressor() override { ::LZ4F_freeCompressionContext(context_); }

  base::Status feed(std::string_view bytes, ByteSink& out) override {
    TRY_VOID(begin(out));
    while (!bytes.empty()) {
      const auto piece = bytes.substr(0, kPieceBytes);
      bytes.remove_prefix(piece.size());
      TRY_VOID(put(::LZ4F_compressUpdate(context_, buffer_.data(), buffer_.size(), piece.data(), piece.size(), nullptr),
                   out));
    }
    return {};
  }
  base::Status finish(ByteSink& out) override {
    TRY_VOID(begin(out));
    return put(::LZ4F_compressEnd(context_, buffer_.data(), buffer_.size(), nullptr), out);
  }

 private:
  base::Status begin(ByteSink& out) {
    if (!buffer_.empty()) return {};
    preferences_.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
    buffer_.resize(::LZ4F_compressBound(kPieceBytes, &preferences_) + LZ4F_HEADER_SIZE_MAX);
    return put(::LZ4F_compressBegin(context_, buffer_.data(), buffer_.size(), &preferences_), out);
  }
  base::Status put(std::size_t bytes, ByteSink& out) const {
    if (::LZ4F_isError(bytes) != 0) return base::fail(base::ErrorKind::Internal, ::LZ4F_getErrorName(bytes));
    return out.append(std::string_view(buffer_).substr(0, bytes));
  }

  LZ4F_cctx* context_ = nullptr;
  LZ4F_preferences_t preferences_{};
  std::string buffer_;
};

class Decompressor final : public StepCodec {
 public:
  Decompressor() { ::LZ4F_createDecompressionContext(&context_, LZ4F_VERSION); }
  ~Decompressor() override { ::LZ4F_freeDecompressionContext(context_); }

 protected:
  base::Result<bool> step(std::string_view& in, std::span<char>& room, bool last) override {
    std::size_t taken = in.size(), given = room.size();
    if (!in.empty() || wanted_ > 0) {
      wanted_ = ::LZ4F_decompress(context_, room.data(), &given, in.data(), &taken, nullptr);
      if (::LZ4F_isError(wanted_) != 0) return damaged("lz4");
    } else {
      taken = given = 0;
    }
    in.remove_prefix(taken);
    room = room.subspan(given);
    if (last && wanted_ > 0 && !room.empty()) return ends_early("lz4");
    return room.empty();
  }

 private:
  LZ4F_dctx* context_ = nullptr;
  std::size_t wanted_ = 1;  // bytes that the frame still needs; 0: it is complete
};

}  // namespace

base::Result<CodecPtr> make_lz4_compressor() { return CodecPtr(new Compressor); }
base::Result<CodecPtr> make_lz4_decompressor() { return CodecPtr(new Decompressor); }

}  // namespace flow

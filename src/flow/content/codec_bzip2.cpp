#include <bzlib.h>

#include "flow/content/codec_step.h"

namespace flow {
namespace {

constexpr int kBlock = 9;  // times 100 kB: what Java's library uses

void point(bz_stream& stream, std::string_view in, std::span<char> room) {
  stream.next_in = const_cast<char*>(in.data());
  stream.avail_in = static_cast<unsigned>(in.size());
  stream.next_out = room.data();
  stream.avail_out = static_cast<unsigned>(room.size());
}

void take(const bz_stream& stream, std::string_view& in, std::span<char>& room) {
  in.remove_prefix(in.size() - stream.avail_in);
  room = room.subspan(room.size() - stream.avail_out);
}

class Compressor final : public StepCodec {
 public:
  Compressor() { ::BZ2_bzCompressInit(&stream_, kBlock, 0, 0); }
  ~Compressor() override { ::BZ2_bzCompressEnd(&stream_); }

 protected:
  base::Result<bool> step(std::string_view& in, std::span<char>& room, bool last) override {
    point(stream_, in, room);
    const int outcome = ::BZ2_bzCompress(&stream_, last ? BZ_FINISH : BZ_RUN);
    take(stream_, in, room);
    return last && outcome != BZ_STREAM_END;
  }

 private:
  bz_stream stream_{};
};

class Decompressor final : public StepCodec {
 public:
  Decompressor() { ::BZ2_bzDecompressInit(&stream_, 0, 0); }
  ~Decompressor() override { ::BZ2_bzDecompressEnd(&stream_); }

 protected:
  base::Result<bool> step(std::string_view& in, std::span<char>& room, bool last) override {
    if (ended_ && in.empty()) return false;
    if (ended_) {  // another member
      ended_ = false;
      ::BZ2_bzDecompressEnd(&stream_);
      stream_ = {};
      ::BZ2_bzDecompressInit(&stream_, 0, 0);
    }
    point(stream_, in, room);
    const int outcome = ::BZ2_bzDecompress(&stream_);
    take(stream_, in, room);
    if (outcome == BZ_STREAM_END) {
      ended_ = true;
      return false;
    }
    if (outcome != BZ_OK) return damaged("bzip2");
    if (last && !room.empty()) return ends_early("bzip2");
    return room.empty();
  }

 private:
  bz_stream stream_{};
  bool ended_ = false;
};

}  // namespace

base::Result<CodecPtr> make_bzip2_compressor() { return CodecPtr(new Compressor); }
base::Result<CodecPtr> make_bzip2_decompressor() { return CodecPtr(new Decompressor); }

}  // namespace flow

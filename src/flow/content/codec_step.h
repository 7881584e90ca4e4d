#pragma once

#include <span>
#include <string>

#include "flow/content/codec.h"

namespace flow {

/// What the libraries of compression have in common: they take some bytes and give some.
class StepCodec : public Codec {
 public:
  base::Status feed(std::string_view bytes, ByteSink& out) final { return run(bytes, false, out); }
  base::Status finish(ByteSink& out) final { return run({}, true, out); }

 protected:
  /// Removes from the front of `in` what it took and from `room` what it filled. `last`: nothing comes behind `in`.
  /// Answers whether it should be called again when `in` is empty.
  virtual base::Result<bool> step(std::string_view& in, std::span<char>& room, bool last) = 0;

  static base::Failure<base::Error> damaged(std::string_view format);
  static base::Failure<base::Error> ends_early(std::string_view format);

 private:
  base::Status run(std::string_view bytes, bool last, ByteSink& out);
  std::string buffer_;
};

using CodecPtr = std::unique_ptr<Codec>;

base::Result<CodecPtr> make_zlib_compressor(Compression compression, int level);
base::Result<CodecPtr> make_zlib_decompressor(Compression compression);
base::Result<CodecPtr> make_bzip2_compressor();
base::Result<CodecPtr> make_bzip2_decompressor();
base::Result<CodecPtr> make_xz_compressor(Compression compression, int level);
base::Result<CodecPtr> make_xz_decompressor(Compression compression);
base::Result<CodecPtr> make_zstd_compressor(int level);
base::Result<CodecPtr> make_zstd_decompressor();
base::Result<CodecPtr> make_lz4_compressor();
base::Result<CodecPtr> make_lz4_decompressor();
base::Result<CodecPtr> make_brotli_compressor(int level);
base::Result<CodecPtr> make_brotli_decompressor();
base::Result<CodecPtr> make_snappy_compressor(Compression compression);
base::Result<CodecPtr> make_snappy_decompressor(Compression compression);

}  // namespace flow

#include <snappy.h>

#include <algorithm>

#include "flow/content/codec_step.h"
#include "store/crc.h"

namespace flow {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kBlockMagic = "\x82SNAPPY\0\0\0\0\1\0\0\0\1"sv;  // with two versions
constexpr std::string_view kStreamIdentifier = "\xff\x06\0\0sNaPpY"sv;
constexpr std::size_t kBlockBytes = 32 << 10;  // of snappy-java
constexpr std::size_t kHadoopBytes = 64 << 10;
constexpr std::size_t kFrameBytes = 64 << 10;
constexpr std::size_t kChunkMax = 64 << 20;

std::string big_endian(std::size_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFF);
  return bytes;
}
std::size_t read_big_endian(std::string_view bytes) {
  std::size_t number = 0;
  for (const char c : bytes.substr(0, 4)) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}
std::size_t read_little_endian(std::string_view bytes) {
  std::size_t number = 0;
  for (auto c = bytes.rbegin(); c != bytes.rend(); ++c) number = number << 8 | static_cast<unsigned char>(*c);
  return number;
}
std::string little_endian(std::size_t number, int count) {
  std::string bytes;
  for (; count > 0; --count, number >>= 8) bytes += static_cast<char>(number & 0xFF);
  return bytes;
}

/// As the framing format masks it.
std::uint32_t masked_crc(std::string_view bytes) {
  const auto crc = static_cast<std::uint32_t>(~store::fastest_crc(store::CrcModel::Crc32c)(0xFFFFFFFF, bytes));
  return (crc >> 15 | crc << 17) + 0xa282ead8U;
}

std::string packed(std::string_view bytes) {
  std::string out;
  snappy::Compress(bytes.data(), bytes.size(), &out);
  return out;
}

class Compressor final : public Codec {
 public:
  explicit Compressor(Compression compression)
      : compression_(compression),
        piece_(compression == Compression::Snappy         ? kBlockBytes
               : compression == Compression::SnappyHadoop ? kHadoopBytes
                                                          : kFrameBytes) {
    if (compression == Compression::Snappy) out_ = kBlockMagic;
    if (compression == Compression::SnappyFramed) out_ = kStreamIdentifier;
  }
  base::Status feed(std::string_view bytes, ByteSink& out) override {
    while (!bytes.empty()) {
      const auto taken = bytes.substr(0, piece_ - waiting_.size());
      waiting_ += taken;
      bytes.remove_prefix(taken.size());
      if (waiting_.size() == piece_) TRY_VOID(put(out));
    }
    return {};
  }
  base::Status finish(ByteSink& out) override { return put(out); }

 private:
  base::Status put(ByteSink& out) {
    if (!waiting_.empty()) {
      const auto block = packed(waiting_);
      if (compression_ == Compression::SnappyFramed) {
        const bool smaller = block.size() < waiting_.size() - waiting_.size() / 8;
        const auto& body = smaller ? block : waiting_;
        out_ += smaller ? '\0' : '\1';
        out_ += little_endian(body.size() + 4, 3) + little_endian(masked_crc(waiting_), 4) + body;
      } else {
        if (compression_ == Compression::SnappyHadoop) out_ += big_endian(waiting_.size());
        out_ += big_endian(block.size()) + block;
      }
      waiting_.clear();
    }
    TRY_VOID(out.append(out_));
    out_.clear();
    return {};
  }

  const Compression compression_;
  const std::size_t piece_;
  std::string waiting_, out_;
};

/// Chunks that say their length first.
class Decompressor : public Codec {
 public:
  base::Status feed(std::string_view bytes, ByteSink& out) final {
    waiting_ += bytes;
    std::string_view rest = waiting_;
    for (;;) {
      TRY(const auto used, chunk(rest, out));
      if (used == 0) break;
      rest.remove_prefix(used);
    }
    waiting_.erase(0, waiting_.size() - rest.size());
    return {};
  }

 protected:
  /// Bytes of the chunk at the front that is dealt with; 0: it is not complete.
  virtual base::Result<std::size_t> chunk(std::string_view bytes, ByteSink& out) = 0;

  static base::Failure<base::Error> damaged() {
    return base::fail(base::ErrorKind::InvalidValue, "the content is not of the format snappy");
  }
  static base::Status unpack(std::string_view block, ByteSink& out, std::string& text) {
    std::size_t size = 0;
    if (!snappy::GetUncompressedLength(block.data(), block.size(), &size) || size > kChunkMax) return damaged();
    if (!snappy::Uncompress(block.data(), block.size(), &text)) return damaged();
    return out.append(text);
  }
  bool is_begun() const { return begun_; }
  void begin() { begun_ = true; }
  const std::string& waiting() const { return waiting_; }

 private:
  std::string waiting_;
  bool begun_ = false;
};

class BlockDecompressor final : public Decompressor {
 public:
  base::Status finish(ByteSink& out) override {
    std::string text;
    // What has no head is one block.
    if (!is_begun()) return waiting().empty() ? damaged() : unpack(waiting(), out, text);
    return waiting().empty() ? base::Status{} : damaged();
  }

 protected:
  base::Result<std::size_t> chunk(std::string_view bytes, ByteSink& out) override {
    if (!is_begun()) {
      const auto head = bytes.substr(0, kBlockMagic.size());
      if (head.size() < kBlockMagic.size()) return 0;
      if (!head.starts_with(kBlockMagic.substr(0, 8))) {
        if (bytes.size() > kChunkMax) return damaged();
        return 0;
      }
      begin();
      return kBlockMagic.size();
    }
    if (bytes.size() < 4) return 0;
    if (bytes.starts_with(kBlockMagic.substr(0, 8)))  // another stream behind the first
      return bytes.size() < kBlockMagic.size() ? 0 : kBlockMagic.size();
    const auto length = read_big_endian(bytes);
    if (length > kChunkMax) return damaged();
    if (bytes.size() < 4 + length) return 0;
    std::string text;
    TRY_VOID(unpack(bytes.substr(4, length), out, text));
    return 4 + length;
  }
};

class FrameDecompressor final : public Decompressor {
 public:
  base::Status finish(ByteSink&) override { return is_begun() && waiting().empty() ? base::Status{} : damaged(); }

 protected:
  base::Result<std::size_t> chunk(std::string_view bytes, ByteSink& out) override {
    if (bytes.size() < 4) return 0;
    const auto type = static_cast<unsigned char>(bytes[0]);
    const auto length = read_little_endian(bytes.substr(1, 3));
    if (!is_begun() && type != 0xFF) return damaged();
    if (bytes.size() < 4 + length) return 0;
    const auto body = bytes.substr(4, length);
    if (type == 0xFF) {
      if (body != kStreamIdentifier.substr(4)) return damaged();
      begin();
    } else if (type <= 1) {
      if (body.size() < 4) return damaged();
      std::string text(body.substr(4));
      if (type == 0)
        TRY_VOID(unpack(body.substr(4), out, text));
      else
        TRY_VOID(out.append(text));
      if (masked_crc(text) != read_little_endian(body.substr(0, 4))) return damaged();
    } else if (type < 0x80) {
      return damaged();
    }
    return 4 + length;
  }
};

}  // namespace

base::Result<CodecPtr> make_snappy_compressor(Compression compression) { return CodecPtr(new Compressor(compression)); }

base::Result<CodecPtr> make_snappy_decompressor(Compression compression) {
  if (compression == Compression::Snappy) return CodecPtr(new BlockDecompressor);
  if (compression == Compression::SnappyFramed) return CodecPtr(new FrameDecompressor);
  return base::fail(base::ErrorKind::Unsupported, "snappy-hadoop cannot be decompressed");
}

}  // namespace flow

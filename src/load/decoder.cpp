#include "load/decoder.h"

#include <bzlib.h>
#include <zlib.h>
#include <zstd.h>

#include <cstring>

#include "load/stage.h"

namespace load {
namespace {

constexpr std::size_t kInputBytes = 1 << 18;

class ObjectSource final : public ByteSource {
 public:
  explicit ObjectSource(std::shared_ptr<const store::ObjectReader> reader) : reader_(std::move(reader)) {}
  base::Result<std::size_t> read(std::span<char> into) override {
    const auto count = reader_->read_at(offset_, into);
    if (!count) return base::fail(stage_error(count.error()));
    offset_ += *count;
    return *count;
  }

 private:
  std::shared_ptr<const store::ObjectReader> reader_;
  std::uint64_t offset_ = 0;
};

class TextSource final : public ByteSource {
 public:
  TextSource(std::string_view bytes, std::size_t step) : left_(bytes), step_(step) {}
  base::Result<std::size_t> read(std::span<char> into) override {
    const std::size_t count = std::min({left_.size(), into.size(), step_});
    if (count != 0) std::memcpy(into.data(), left_.data(), count);
    left_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view left_;
  std::size_t step_;
};

/// Gives the bytes that were looked at before, then the rest.
class PrefixedSource final : public ByteSource {
 public:
  PrefixedSource(std::string prefix, std::unique_ptr<ByteSource> rest)
      : prefix_(std::move(prefix)), rest_(std::move(rest)) {}
  base::Result<std::size_t> read(std::span<char> into) override {
    if (given_ == prefix_.size()) return rest_->read(into);
    const std::size_t count = std::min(prefix_.size() - given_, into.size());
    std::memcpy(into.data(), prefix_.data() + given_, count);
    given_ += count;
    return count;
  }

 private:
  std::string prefix_;
  std::size_t given_ = 0;
  std::unique_ptr<ByteSource> rest_;
};

/// What all decompressors share: the input buffer and the count of stored bytes for messages.
class InflatingSource : public ByteSource {
 public:
  InflatingSource(std::unique_ptr<ByteSource> stored, std::string_view name, std::string_view method)
      : stored_(std::move(stored)), name_(name), method_(method), input_(kInputBytes) {}

 protected:
  /// False at the end of the stored bytes.
  base::Result<bool> refill() {
    TRY(const std::size_t count, stored_->read(input_));
    before_ += filled_;
    filled_ = count;
    return count != 0;
  }
  base::Failure<base::Error> damaged(std::size_t used, std::string_view why) const {
    return base::fail({base::ErrorKind::InvalidValue,
                       100330,
                       "22000",
                       fmt::format("Invalid data from source: {} stream of file '{}' {} at byte {}", method_, name_,
                                   why, before_ + used),
                       {}});
  }

  std::unique_ptr<ByteSource> stored_;
  std::string name_;
  std::string_view method_;
  std::vector<char> input_;
  std::size_t filled_ = 0;
  std::uint64_t before_ = 0;
};

class ZlibSource final : public InflatingSource {
 public:
  ZlibSource(std::unique_ptr<ByteSource> stored, std::string_view name, std::string_view method, int window_bits)
      : InflatingSource(std::move(stored), name, method) {
    open_ = inflateInit2(&stream_, window_bits) == Z_OK;
  }
  ~ZlibSource() override {
    if (open_) inflateEnd(&stream_);
  }
  ZlibSource(const ZlibSource&) = delete;
  ZlibSource& operator=(const ZlibSource&) = delete;

  base::Result<std::size_t> read(std::span<char> into) override {
    stream_.next_out = reinterpret_cast<Bytef*>(into.data());
    stream_.avail_out = static_cast<uInt>(into.size());
    while (stream_.avail_out == into.size()) {
      if (stream_.avail_in == 0) {
        TRY(const bool more, refill());
        if (!more) {
          if (!ended_ && (started_ || before_ != 0)) return damaged(filled_, "is truncated");
          return std::size_t{0};
        }
        stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
        stream_.avail_in = static_cast<uInt>(filled_);
      }
      if (ended_) {  // another member follows
        inflateReset(&stream_);
        ended_ = false;
      }
      started_ = true;
      const int state = inflate(&stream_, Z_NO_FLUSH);
      if (state == Z_STREAM_END)
        ended_ = true;
      else if (state != Z_OK && state != Z_BUF_ERROR)
        return damaged(filled_ - stream_.avail_in, "is damaged");
    }
    return into.size() - stream_.avail_out;
  }

 private:
  z_stream stream_{};
  bool open_ = false, ended_ = false, started_ = false;
};

class ZstdSource final : public InflatingSource {
 public:
  ZstdSource(std::unique_ptr<ByteSource> stored, std::string_view name)
      : InflatingSource(std::move(stored), name, "zstd"), context_(ZSTD_createDCtx(), &ZSTD_freeDCtx) {}
  base::Result<std::size_t> read(std::span<char> into) override {
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    while (out.pos == 0) {
      if (in_.pos == in_.size) {
        TRY(const bool more, refill());
        if (!more) {
          if (left_ != 0) return damaged(filled_, "is truncated");
          return std::size_t{0};
        }
        in_ = {input_.data(), filled_, 0};
      }
      left_ = ZSTD_decompressStream(context_.get(), &out, &in_);
      if (ZSTD_isError(left_)) return damaged(in_.pos, "is damaged");
    }
    return out.pos;
  }

 private:
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  std::size_t left_ = 0;
};

class Bz2Source final : public InflatingSource {
 public:
  Bz2Source(std::unique_ptr<ByteSource> stored, std::string_view name)
      : InflatingSource(std::move(stored), name, "bzip2") {
    BZ2_bzDecompressInit(&stream_, 0, 0);
  }
  ~Bz2Source() override { BZ2_bzDecompressEnd(&stream_); }
  Bz2Source(const Bz2Source&) = delete;
  Bz2Source& operator=(const Bz2Source&) = delete;

  base::Result<std::size_t> read(std::span<char> into) override {
    stream_.next_out = into.data();
    stream_.avail_out = static_cast<unsigned>(into.size());
    while (stream_.avail_out == into.size()) {
      if (stream_.avail_in == 0) {
        TRY(const bool more, refill());
        if (!more) {
          if (!ended_ && before_ != 0) return damaged(filled_, "is truncated");
          return std::size_t{0};
        }
        stream_.next_in = input_.data();
        stream_.avail_in = static_cast<unsigned>(filled_);
      }
      if (ended_) {
        char* next_in = stream_.next_in;
        const unsigned avail_in = stream_.avail_in;
        BZ2_bzDecompressEnd(&stream_);
        stream_ = {};
        BZ2_bzDecompressInit(&stream_, 0, 0);
        stream_.next_in = next_in;
        stream_.avail_in = avail_in;
        stream_.next_out = into.data();
        stream_.avail_out = static_cast<unsigned>(into.size());
        ended_ = false;
      }
      const int state = BZ2_bzDecompress(&stream_);
      if (state == BZ_STREAM_END)
        ended_ = true;
      else if (state != BZ_OK)
        return damaged(filled_ - stream_.avail_in, "is damaged");
    }
    return into.size() - stream_.avail_out;
  }

 private:
  bz_stream stream_{};
  bool ended_ = false;
};

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

enum class Charset { Latin1, Latin9, Windows1252, Utf16Auto, Utf16Le, Utf16Be };

std::optional<Charset> charset_of(std::string_view encoding) {
  if (encoding == "ISO88591") return Charset::Latin1;
  if (encoding == "ISO885915") return Charset::Latin9;
  if (encoding == "WINDOWS1252") return Charset::Windows1252;
  if (encoding == "UTF16") return Charset::Utf16Auto;
  if (encoding == "UTF16LE") return Charset::Utf16Le;
  if (encoding == "UTF16BE") return Charset::Utf16Be;
  return std::nullopt;
}

std::uint32_t latin9(unsigned char byte) {
  switch (byte) {
    case 0xA4: return 0x20AC;
    case 0xA6: return 0x160;
    case 0xA8: return 0x161;
    case 0xB4: return 0x17D;
    case 0xB8: return 0x17E;
    case 0xBC: return 0x152;
    case 0xBD: return 0x153;
    case 0xBE: return 0x178;
    default: return byte;
  }
}

std::uint32_t windows1252(unsigned char byte) {
  static constexpr std::uint16_t kUpper[32] = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
                                               0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
                                               0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                               0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};
  return byte >= 0x80 && byte < 0xA0 ? kUpper[byte - 0x80] : byte;
}

class TranscodingSource final : public ByteSource {
 public:
  TranscodingSource(std::unique_ptr<ByteSource> source, Charset charset)
      : source_(std::move(source)), charset_(charset), input_(kInputBytes) {}
  base::Result<std::size_t> read(std::span<char> into) override {
    while (given_ == output_.size()) {
      output_.clear();
      given_ = 0;
      TRY(const std::size_t count, source_->read(input_));
      if (count == 0) {
        if (pending_ || high_ != 0) append_utf8(output_, 0xFFFD);  // half a code unit at the end
        pending_.reset();
        high_ = 0;
        if (output_.empty()) return std::size_t{0};
        break;
      }
      for (std::size_t i = 0; i < count; ++i) take(static_cast<unsigned char>(input_[i]));
    }
    const std::size_t count = std::min(output_.size() - given_, into.size());
    std::memcpy(into.data(), output_.data() + given_, count);
    given_ += count;
    return count;
  }

 private:
  void take(unsigned char byte) {
    switch (charset_) {
      case Charset::Latin1: append_utf8(output_, byte); return;
      case Charset::Latin9: append_utf8(output_, latin9(byte)); return;
      case Charset::Windows1252: append_utf8(output_, windows1252(byte)); return;
      case Charset::Utf16Auto:
      case Charset::Utf16Le:
      case Charset::Utf16Be: break;
    }
    if (!pending_) {
      pending_ = byte;
      return;
    }
    const unsigned first = *pending_;
    pending_.reset();
    if (charset_ == Charset::Utf16Auto) {  // the mark decides, big endian without one
      charset_ = first == 0xFF && byte == 0xFE ? Charset::Utf16Le : Charset::Utf16Be;
    }
    const std::uint32_t low = byte;
    unit(charset_ == Charset::Utf16Le ? low << 8 | first : first << 8 | low);
  }
  void unit(std::uint32_t code) {
    if (high_ != 0) {
      const std::uint32_t high = std::exchange(high_, 0);
      if (code >= 0xDC00 && code < 0xE000)
        return append_utf8(output_, 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00));
      append_utf8(output_, 0xFFFD);
    }
    if (code >= 0xD800 && code < 0xDC00)
      high_ = code;
    else
      append_utf8(output_, code >= 0xDC00 && code < 0xE000 ? 0xFFFD : code);
  }

  std::unique_ptr<ByteSource> source_;
  Charset charset_;
  std::vector<char> input_;
  std::string output_;
  std::size_t given_ = 0;
  std::optional<unsigned char> pending_;
  std::uint32_t high_ = 0;
};

base::Result<std::string> take_prefix(ByteSource& source, std::size_t wanted) {
  std::string prefix(wanted, '\0');
  std::size_t have = 0;
  while (have < wanted) {
    TRY(const std::size_t count, source.read(std::span(prefix).subspan(have)));
    if (count == 0) break;
    have += count;
  }
  prefix.resize(have);
  return prefix;
}

base::Failure<base::Error> unsupported(std::string text) {
  return base::fail({base::ErrorKind::Unsupported, 391801, "0A000", "Unsupported feature '" + text + "'.", {}});
}

base::Result<std::unique_ptr<ByteSource>> decompress(std::unique_ptr<ByteSource> stored, std::string_view name,
                                                     Compression compression) {
  using Source = std::unique_ptr<ByteSource>;
  switch (compression) {
    case Compression::Auto:
    case Compression::None: return stored;
    case Compression::Gzip: return Source(std::make_unique<ZlibSource>(std::move(stored), name, "gzip", 15 + 16));
    case Compression::Deflate: return Source(std::make_unique<ZlibSource>(std::move(stored), name, "deflate", 15));
    case Compression::RawDeflate:
      return Source(std::make_unique<ZlibSource>(std::move(stored), name, "raw deflate", -15));
    case Compression::Zstd: return Source(std::make_unique<ZstdSource>(std::move(stored), name));
    case Compression::Bz2: return Source(std::make_unique<Bz2Source>(std::move(stored), name));
    case Compression::Brotli:
    case Compression::Lzo:
    case Compression::Snappy: break;
  }
  return unsupported(fmt::format("compression {}", name_of(compression)));
}

}  // namespace

std::unique_ptr<ByteSource> object_source(std::shared_ptr<const store::ObjectReader> reader) {
  return std::make_unique<ObjectSource>(std::move(reader));
}
std::unique_ptr<ByteSource> text_source(std::string_view bytes, std::size_t step) {
  return std::make_unique<TextSource>(bytes, step);
}

Compression detect_compression(std::string_view name, std::string_view first_bytes) {
  if (first_bytes.starts_with("\x1f\x8b")) return Compression::Gzip;
  if (first_bytes.starts_with("\x28\xb5\x2f\xfd")) return Compression::Zstd;
  if (first_bytes.starts_with("BZh")) return Compression::Bz2;
  if (name.ends_with(".raw_deflate")) return Compression::RawDeflate;
  if (name.ends_with(".deflate")) return Compression::Deflate;
  // A name that promises a compression which the bytes do not show: empty files are plain, others are damaged.
  if (first_bytes.empty()) return Compression::None;
  if (name.ends_with(".gz")) return Compression::Gzip;
  if (name.ends_with(".zst")) return Compression::Zstd;
  if (name.ends_with(".bz2")) return Compression::Bz2;
  return Compression::None;
}

base::Status check_readable(const FileFormat& format) {
  if (format.encoding != "UTF8" && !charset_of(format.encoding)) return unsupported("encoding " + format.encoding);
  switch (format.compression) {
    case Compression::Brotli:
    case Compression::Lzo:
    case Compression::Snappy:
      if (format.type != FileType::Parquet)
        return unsupported(fmt::format("compression {}", name_of(format.compression)));
      return {};
    case Compression::Auto:
    case Compression::Gzip:
    case Compression::Bz2:
    case Compression::Zstd:
    case Compression::Deflate:
    case Compression::RawDeflate:
    case Compression::None: return {};
  }
  return {};
}

base::Result<std::unique_ptr<ByteSource>> open_text(std::unique_ptr<ByteSource> stored, std::string_view name,
                                                    const FileFormat& format) {
  TRY_VOID(check_readable(format));
  TRY(std::string first, take_prefix(*stored, 4));
  const Compression compression =
      format.compression == Compression::Auto ? detect_compression(name, first) : format.compression;
  std::unique_ptr<ByteSource> source = std::make_unique<PrefixedSource>(std::move(first), std::move(stored));
  TRY(source, decompress(std::move(source), name, compression));
  if (const auto charset = charset_of(format.encoding))
    source = std::make_unique<TranscodingSource>(std::move(source), *charset);
  if (!format.skip_byte_order_mark) return source;
  TRY(std::string mark, take_prefix(*source, 3));
  if (mark == "\xEF\xBB\xBF") return source;
  return std::unique_ptr<ByteSource>(std::make_unique<PrefixedSource>(std::move(mark), std::move(source)));
}

}  // namespace load

#include "flow/record/avro_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

#include "flow/record/block_codec.h"

namespace flow::record {
namespace {

constexpr std::string_view kMagic = "Obj\1";
constexpr std::size_t kSync = 16, kBlockBytes = 64'000, kRows = 1000;
constexpr std::size_t kBlockMax = std::size_t{1} << 30;

base::Failure<base::Error> wrong(std::string_view what) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("not a valid Avro file: {}", what));
}

struct CodecName {
  std::string_view name;
  AvroCompression compression;
  BlockCodec codec;
};
constexpr CodecName kCodecs[] = {{"null", AvroCompression::None, BlockCodec::None},
                                 {"deflate", AvroCompression::Deflate, BlockCodec::Deflate},
                                 {"snappy", AvroCompression::Snappy, BlockCodec::Snappy},
                                 {"bzip2", AvroCompression::Bzip2, BlockCodec::Bzip2},
                                 {"zstandard", AvroCompression::Zstandard, BlockCodec::Zstandard}};

std::string big_endian(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  return out;
}

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

/// Bytes of an input in the order of their places, with a window that grows as needed.
class Window {
 public:
  explicit Window(std::shared_ptr<const Input> input) : input_(std::move(input)) {}
  std::string_view bytes() const { return std::string_view(buffer_).substr(at_); }
  bool complete() const { return offset_ == input_->size(); }
  void consume(std::size_t count) { at_ += count; }
  /// At least that many bytes, unless the input ends before.
  base::Status want(std::size_t count) {
    if (bytes().size() >= count || complete()) return {};
    buffer_.erase(0, at_);
    at_ = 0;
    const auto have = buffer_.size();
    const auto more = std::min<std::uint64_t>(std::max<std::size_t>(count - have, 65536), input_->size() - offset_);
    buffer_.resize(have + static_cast<std::size_t>(more));
    TRY(const auto got, input_->read(offset_, std::span(buffer_).subspan(have)));
    buffer_.resize(have + got);
    offset_ += got;
    return {};
  }

 private:
  const std::shared_ptr<const Input> input_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::uint64_t offset_ = 0;
};

class FileReader final : public Reader {
 public:
  explicit FileReader(std::shared_ptr<const Input> input) : window_(std::move(input)) {}

  base::Status begin() {
    // The header has no length: with more of the file it can be read.
    for (std::size_t size = 65536;; size *= 4) {
      TRY_VOID(window_.want(size));
      auto bytes = window_.bytes();
      const auto before = bytes.size();
      const auto outcome = header(bytes);
      if (outcome) {
        window_.consume(before - bytes.size());
        break;
      }
      if (window_.complete() || size > kBlockMax) return outcome;
    }
    TRY(const auto avro, AvroSchema::parse(schema_text_));
    TRY(schema_, schema_of(*avro));
    decoder_ = std::make_unique<AvroDecoder>(avro, schema_);
    return {};
  }
  const SchemaPtr& schema() const override { return schema_; }

  base::Status read(Batch& batch) override {
    batch.clear();
    while (left_ == 0) {
      TRY(const bool found, next_block());
      if (!found) return {};
    }
    for (; left_ > 0 && batch.rows.size() < kRows; --left_) {
      TRY(const auto row, decoder_->decode(rest_, batch.arena));
      batch.rows.push_back(row);
    }
    return {};
  }

 private:
  base::Status header(std::string_view& bytes) {
    TRY(const auto magic, take_avro_bytes(bytes, kMagic.size()));
    if (magic != kMagic) return wrong("it does not begin with 'Obj' and 1");
    std::string_view codec = "null";
    for (;;) {
      TRY(auto count, take_avro_long(bytes));
      if (count == 0) break;
      if (count < 0) {
        TRY(const auto size, take_avro_long(bytes));
        (void)size;
        count = -count;
      }
      for (std::int64_t i = 0; i < count; ++i) {
        TRY(const auto name_size, take_avro_long(bytes));
        TRY(const auto name, take_avro_bytes(bytes, static_cast<std::size_t>(name_size)));
        TRY(const auto value_size, take_avro_long(bytes));
        TRY(const auto value, take_avro_bytes(bytes, static_cast<std::size_t>(value_size)));
        if (name == "avro.schema") schema_text_ = value;
        if (name == "avro.codec") codec = value;
      }
    }
    TRY(const auto sync, take_avro_bytes(bytes, kSync));
    sync_ = sync;
    const auto* known = std::ranges::find(kCodecs, codec, &CodecName::name);
    if (known == std::end(kCodecs))
      return base::fail(base::ErrorKind::Unsupported, fmt::format("the Avro codec '{}' is not supported", codec));
    codec_ = known->codec;
    return {};
  }

  base::Result<bool> next_block() {
    TRY_VOID(window_.want(20));
    auto bytes = window_.bytes();
    if (bytes.empty()) return false;
    const auto before = bytes.size();
    TRY(const auto count, take_avro_long(bytes));
    TRY(const auto size, take_avro_long(bytes));
    if (count < 0 || size < 0 || static_cast<std::size_t>(size) > kBlockMax)
      return wrong("a block has an impossible size");
    window_.consume(before - bytes.size());
    const auto length = static_cast<std::size_t>(size);
    TRY_VOID(window_.want(length + kSync));
    bytes = window_.bytes();
    if (bytes.size() < length + kSync) return wrong("it ends in the middle of a block");
    if (bytes.substr(length, kSync) != sync_) return wrong("a block does not end with the marker of the file");
    auto packed = bytes.substr(0, length);
    if (codec_ == BlockCodec::Snappy) {
      if (packed.size() < 4) return wrong("a block has no checksum");
      const auto sum = packed.substr(packed.size() - 4);
      packed.remove_suffix(4);
      TRY(block_, unpack_block(packed, codec_, 0));
      if (big_endian(checksum(block_)) != sum) return wrong("a block has another checksum");
    } else {
      TRY(block_, unpack_block(packed, codec_, 0));
    }
    window_.consume(length + kSync);
    rest_ = block_;
    left_ = static_cast<std::uint64_t>(count);
    return true;
  }

  Window window_;
  std::string schema_text_;
  std::string sync_;
  BlockCodec codec_ = BlockCodec::None;
  SchemaPtr schema_;
  std::unique_ptr<AvroDecoder> decoder_;
  std::string block_;
  std::string_view rest_;
  std::uint64_t left_ = 0;
};

class RawReader final : public Reader {
 public:
  RawReader(std::shared_ptr<const Input> input, SchemaPtr schema, std::shared_ptr<const AvroSchema> avro)
      : window_(std::move(input)), schema_(std::move(schema)), decoder_(std::move(avro), schema_) {}
  const SchemaPtr& schema() const override { return schema_; }

  base::Status read(Batch& batch) override {
    batch.clear();
    TRY_VOID(window_.want(kBlockBytes));
    while (batch.rows.size() < kRows) {
      auto bytes = window_.bytes();
      if (bytes.empty()) return {};
      const auto before = bytes.size();
      auto row = decoder_.decode(bytes, batch.arena);
      if (row) {
        window_.consume(before - bytes.size());
        batch.rows.push_back(*row);
        continue;
      }
      if (!batch.rows.empty()) return {};  // the rest of the window, again after reading on
      if (window_.complete()) return std::move(row).failure();
      TRY_VOID(window_.want(before * 2));
    }
    return {};
  }

 private:
  Window window_;
  const SchemaPtr schema_;
  const AvroDecoder decoder_;
};

class AvroWriter final : public Writer {
 public:
  AvroWriter(std::shared_ptr<const AvroSchema> avro, const SchemaPtr& schema, const AvroWriteOptions& options,
             ByteSink& sink)
      : avro_(std::move(avro)), options_(options), encoder_(avro_, schema), output_(sink) {}

  base::Status begin() {
    if (!options_.container) return {};
    codec_ = *std::ranges::find(kCodecs, options_.compression, &CodecName::compression);
    // Any sixteen bytes that are the same throughout; of the schema, so that the same records make the same file.
    std::uint64_t hash = 14695981039346656037ULL;
    for (int half = 0; half < 2; ++half) {
      for (const char c : avro_->text()) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
      for (int i = 0; i < 8; ++i) sync_ += static_cast<char>(hash >> (i * 8));
    }
    auto& out = output_.text();
    out += kMagic;
    append_avro_long(out, 2);
    for (const auto& [name, value] :
         {std::pair<std::string_view, std::string_view>{"avro.schema", avro_->text()}, {"avro.codec", codec_.name}}) {
      append_avro_long(out, static_cast<std::int64_t>(name.size()));
      out += name;
      append_avro_long(out, static_cast<std::int64_t>(value.size()));
      out += value;
    }
    append_avro_long(out, 0);
    out += sync_;
    return {};
  }
  base::Status finish() override {
    if (options_.container) TRY_VOID(end_block());
    return output_.flush();
  }
  std::string_view mime_type() const override { return "application/avro-binary"; }

 protected:
  base::Status put(const Row& row) override {
    if (!options_.container) {
      TRY_VOID(encoder_.encode(row, output_.text()));
      return output_.pass();
    }
    TRY_VOID(encoder_.encode(row, block_));
    ++block_rows_;
    return block_.size() < kBlockBytes ? base::Status{} : end_block();
  }

 private:
  base::Status end_block() {
    if (block_rows_ == 0) return {};
    TRY(auto packed, pack_block(block_, codec_.codec));
    if (codec_.codec == BlockCodec::Snappy) packed += big_endian(checksum(block_));
    auto& out = output_.text();
    append_avro_long(out, static_cast<std::int64_t>(block_rows_));
    append_avro_long(out, static_cast<std::int64_t>(packed.size()));
    out += packed;
    out += sync_;
    block_.clear();
    block_rows_ = 0;
    return output_.pass();
  }

  const std::shared_ptr<const AvroSchema> avro_;
  const AvroWriteOptions options_;
  CodecName codec_ = kCodecs[0];
  AvroEncoder encoder_;
  Output output_;
  std::string sync_;
  std::string block_;
  std::uint64_t block_rows_ = 0;
};

}  // namespace

base::Result<std::unique_ptr<Reader>> open_avro(std::shared_ptr<const Input> input) {
  auto reader = std::make_unique<FileReader>(std::move(input));
  TRY_VOID(reader->begin());
  return std::unique_ptr<Reader>(std::move(reader));
}

base::Result<std::unique_ptr<Reader>> open_raw_avro(std::shared_ptr<const Input> input, const SchemaPtr& schema) {
  TRY(auto avro, AvroSchema::parse(avro_schema_text(*schema)));
  TRY(auto own, schema_of(*avro));
  return std::unique_ptr<Reader>(new RawReader(std::move(input), std::move(own), std::move(avro)));
}

base::Result<std::unique_ptr<Writer>> write_avro(const SchemaPtr& schema, const AvroWriteOptions& options,
                                                 ByteSink& sink) {
  TRY(auto avro, AvroSchema::parse(avro_schema_text(*schema)));
  // By the names of the Avro schema, whose aliases are the names of the records.
  TRY(const auto own, schema_of(*avro));
  auto writer = std::make_unique<AvroWriter>(std::move(avro), own, options, sink);
  TRY_VOID(writer->begin());
  return std::unique_ptr<Writer>(std::move(writer));
}

}  // namespace flow::record

#include "flow/record/parquet_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "flow/record/avro_codec.h"

namespace flow::record::parquet {
namespace {

constexpr std::size_t kPageMax = std::size_t{256} << 20, kValuesMax = std::size_t{1} << 25;

base::Failure<base::Error> wrong(std::string_view what) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("not a valid Parquet file: {}", what));
}

template <class T>
T raw(std::string_view bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

base::Result<std::string_view> take_bytes(std::string_view& bytes, std::size_t size) {
  if (size > bytes.size()) return wrong("a page ends too early");
  const auto taken = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return taken;
}

std::size_t width_of_type(const SchemaElement& element) {
  switch (element.type) {
    case Physical::Int32:
    case Physical::Float: return 4;
    case Physical::Int96: return 12;
    case Physical::FixedByteArray: return static_cast<std::size_t>(element.length);
    default: return 8;
  }
}

std::int64_t scaled(const SchemaElement& element, std::int64_t number) {
  switch (element.converted) {
    case Converted::TimeMillis:
    case Converted::TimestampMillis: return number * 1000;
    default: return element.unit == SchemaElement::Unit::Nanos ? number / 1000 : number;
  }
}

}  // namespace

base::Result<std::vector<std::int64_t>> read_deltas(std::string_view& bytes) {
  const auto number = [&]() -> base::Result<std::uint64_t> {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      TRY(const auto byte, take_bytes(bytes, 1));
      value |= static_cast<std::uint64_t>(byte[0] & 0x7F) << shift;
      if ((byte[0] & 0x80) == 0) return value;
    }
    return wrong("a number has too many bytes");
  };
  const auto zigzag = [&]() -> base::Result<std::uint64_t> {
    TRY(const auto bits, number());
    return (bits >> 1) ^ (~(bits & 1) + 1);
  };
  TRY(const auto block, number());
  TRY(const auto parts, number());
  TRY(const auto count, number());
  TRY(auto value, zigzag());
  std::vector<std::int64_t> values;
  if (count == 0) return values;
  if (parts == 0 || block == 0 || block % parts != 0 || count > kValuesMax)
    return wrong("deltas of an impossible form");
  values.reserve(static_cast<std::size_t>(count));
  values.push_back(static_cast<std::int64_t>(value));
  const auto part = block / parts;
  while (values.size() < count) {
    TRY(const auto least, zigzag());
    TRY(const auto widths, take_bytes(bytes, static_cast<std::size_t>(parts)));
    for (std::uint64_t i = 0; i < parts && values.size() < count; ++i) {
      const auto width = static_cast<unsigned>(static_cast<unsigned char>(widths[static_cast<std::size_t>(i)]));
      if (width > 64) return wrong("deltas of an impossible width");
      TRY(const auto packed, take_bytes(bytes, static_cast<std::size_t>(part * width / 8)));
      std::size_t bit = 0;
      for (std::uint64_t k = 0; k < part && values.size() < count; ++k, bit += width) {
        std::uint64_t delta = 0;
        for (unsigned b = 0; b < width; ++b) {
          const auto at = bit + b;
          delta |= static_cast<std::uint64_t>((static_cast<unsigned char>(packed[at / 8]) >> (at % 8)) & 1) << b;
        }
        value += least + delta;
        values.push_back(static_cast<std::int64_t>(value));
      }
    }
  }
  return values;
}

ColumnReader::ColumnReader(std::shared_ptr<const Input> input, const ColumnChunk& chunk, const SchemaElement& element,
                           int definition_max, int repetition_max)
    : input_(std::move(input)),
      chunk_(chunk),
      element_(element),
      definition_max_(definition_max),
      repetition_max_(repetition_max) {}

base::Result<std::unique_ptr<ColumnReader>> ColumnReader::open(std::shared_ptr<const Input> input,
                                                               const ColumnChunk& chunk, const SchemaElement& element,
                                                               int definition_max, int repetition_max) {
  std::unique_ptr<ColumnReader> reader(
      new ColumnReader(std::move(input), chunk, element, definition_max, repetition_max));
  TRY(reader->codec_, codec_of(chunk.codec));
  const auto start = chunk.dictionary_offset > 0 && chunk.dictionary_offset < chunk.data_offset
                         ? chunk.dictionary_offset
                         : chunk.data_offset;
  reader->at_ = static_cast<std::uint64_t>(start);
  reader->end_ = reader->at_ + static_cast<std::uint64_t>(std::max<std::int64_t>(chunk.packed_size, 0));
  if (start < 4 || reader->end_ > reader->input_->size()) return wrong("a column lies outside of the file");
  reader->left_ = chunk.values;
  return reader;
}

base::Result<bool> ColumnReader::have() {
  while (next_ == page_values_) {
    if (left_ <= 0) return false;
    TRY_VOID(load_page());
  }
  return true;
}

base::Result<std::string> ColumnReader::page_body(const PageHeader& header, std::string_view bytes) const {
  if (static_cast<std::size_t>(header.size) > kPageMax) return wrong("a page is larger than 256 MB");
  if (codec_ == BlockCodec::None || !header.is_packed) return std::string(bytes);
  return unpack_block(bytes, codec_, static_cast<std::size_t>(header.size));
}

base::Status ColumnReader::load_page() {
  for (;;) {
    if (at_ >= end_) return wrong("a column has fewer values than it says");
    PageHeader header;
    std::size_t taken = 0;
    for (std::size_t size = 256;; size *= 16) {
      std::string bytes(std::min<std::uint64_t>(size, end_ - at_), '\0');
      TRY(const auto got, input_->read(at_, bytes));
      bytes.resize(got);
      auto read = read_page_header(bytes, taken);
      if (read) {
        header = *read;
        break;
      }
      if (read.error().kind != base::ErrorKind::Unavailable) return std::move(read).failure();
      if (got < size || size > (1 << 24)) return wrong("a page header is damaged");
    }
    at_ += taken;
    if (static_cast<std::uint64_t>(header.packed_size) > end_ - at_) return wrong("a page lies outside of its column");
    std::string bytes(static_cast<std::size_t>(header.packed_size), '\0');
    TRY(const auto got, input_->read(at_, bytes));
    if (got != bytes.size()) return wrong("a page is cut off");
    at_ += got;
    if (header.kind == PageHeader::Kind::Index) continue;
    if (header.kind == PageHeader::Kind::Dictionary) {
      TRY(auto body, page_body(header, bytes));
      dictionary_page_ = std::make_shared<std::string>(std::move(body));
      std::string_view rest = *dictionary_page_;
      dictionary_.clear();
      for (std::int64_t i = 0; i < header.values; ++i) {
        TRY(const auto value, plain(rest));
        dictionary_.push_back(value);
      }
      continue;
    }
    if (page_ != nullptr) old_pages_.push_back(std::move(page_));
    const auto count = static_cast<std::size_t>(header.values);
    if (count > kValuesMax) return wrong("a page has too many values");
    std::string_view body;
    const auto take_levels = [&](std::vector<std::uint32_t>& into, int most, std::string_view levels) -> base::Status {
      TRY(into, read_hybrid(levels, width_of(static_cast<std::uint32_t>(most)), count));
      if (std::ranges::any_of(into, [&](std::uint32_t level) { return level > static_cast<std::uint32_t>(most); }))
        return wrong("a level is higher than there is any");
      return {};
    };
    if (header.kind == PageHeader::Kind::DataV2) {
      std::string_view rest = bytes;
      TRY(const auto repetitions, take_bytes(rest, static_cast<std::size_t>(header.repetition_bytes)));
      TRY(const auto definitions, take_bytes(rest, static_cast<std::size_t>(header.definition_bytes)));
      if (repetition_max_ > 0) TRY_VOID(take_levels(repetitions_, repetition_max_, repetitions));
      if (definition_max_ > 0) TRY_VOID(take_levels(definitions_, definition_max_, definitions));
      header.size -= header.repetition_bytes + header.definition_bytes;
      TRY(auto unpacked, page_body(header, rest));
      page_ = std::make_shared<std::string>(std::move(unpacked));
      body = *page_;
    } else {
      TRY(auto unpacked, page_body(header, bytes));
      page_ = std::make_shared<std::string>(std::move(unpacked));
      body = *page_;
      const auto counted = [&](std::vector<std::uint32_t>& into, int most) -> base::Status {
        if (most == 0) return {};
        TRY(const auto size, take_bytes(body, 4));
        TRY(const auto levels, take_bytes(body, raw<std::uint32_t>(size)));
        return take_levels(into, most, levels);
      };
      TRY_VOID(counted(repetitions_, repetition_max_));
      TRY_VOID(counted(definitions_, definition_max_));
    }
    page_values_ = count;
    next_ = next_value_ = 0;
    left_ -= header.values;
    const auto there =
        definition_max_ == 0
            ? count
            : static_cast<std::size_t>(std::ranges::count(definitions_, static_cast<std::uint32_t>(definition_max_)));
    return load_values(header.encoding, body, there);
  }
}

base::Status ColumnReader::load_values(Encoding encoding, std::string_view bytes, std::size_t count) {
  encoding_ = encoding;
  switch (encoding) {
    case Encoding::Plain: rest_ = bytes; return {};
    case Encoding::PlainDictionary:
    case Encoding::RleDictionary: {
      encoding_ = Encoding::RleDictionary;
      if (count == 0) return {};
      TRY(const auto width, take_bytes(bytes, 1));
      TRY(indexes_, read_hybrid(bytes, static_cast<unsigned char>(width[0]), count));
      for (const auto index : indexes_)
        if (index >= dictionary_.size()) return wrong("a value is not in the dictionary");
      return {};
    }
    case Encoding::Rle: {
      if (element_.type != Physical::Boolean) break;
      TRY(const auto size, take_bytes(bytes, 4));
      TRY(const auto runs, take_bytes(bytes, raw<std::uint32_t>(size)));
      TRY(indexes_, read_hybrid(runs, 1, count));
      return {};
    }
    case Encoding::DeltaBinaryPacked: {
      TRY(numbers_, read_deltas(bytes));
      if (numbers_.size() < count) return wrong("a page has fewer values than it says");
      return {};
    }
    case Encoding::DeltaLengthByteArray:
    case Encoding::DeltaByteArray: {
      std::vector<std::int64_t> prefixes;
      if (encoding == Encoding::DeltaByteArray) {
        TRY(prefixes, read_deltas(bytes));
      }
      TRY(const auto lengths, read_deltas(bytes));
      if (lengths.size() < count || (!prefixes.empty() && prefixes.size() < count))
        return wrong("a page has fewer values than it says");
      texts_.clear();
      for (std::size_t i = 0; i < count; ++i) {
        if (lengths[i] < 0) return wrong("a text of an impossible length");
        TRY(const auto suffix, take_bytes(bytes, static_cast<std::size_t>(lengths[i])));
        std::string text;
        if (!prefixes.empty() && prefixes[i] > 0) {
          if (i == 0 || static_cast<std::size_t>(prefixes[i]) > texts_[i - 1].size())
            return wrong("a text shares more than the one before has");
          text = texts_[i - 1].substr(0, static_cast<std::size_t>(prefixes[i]));
        }
        text += suffix;
        texts_.push_back(std::move(text));
      }
      return {};
    }
  }
  return base::fail(base::ErrorKind::Unsupported, fmt::format("Parquet's encoding {} is not supported for column '{}'",
                                                              static_cast<int>(encoding), fmt::join(chunk_.path, ".")));
}

base::Result<std::string_view> ColumnReader::plain(std::string_view& bytes) const {
  if (element_.type != Physical::ByteArray) return take_bytes(bytes, width_of_type(element_));
  TRY(const auto size, take_bytes(bytes, 4));
  return take_bytes(bytes, raw<std::uint32_t>(size));
}

base::Result<int> ColumnReader::definition() {
  TRY(const bool there, have());
  if (!there) return -1;
  return definition_max_ == 0 ? 0 : static_cast<int>(definitions_[next_]);
}
base::Result<int> ColumnReader::repetition() {
  TRY(const bool there, have());
  if (!there || repetition_max_ == 0) return 0;
  return static_cast<int>(repetitions_[next_]);
}

base::Status ColumnReader::skip() {
  TRY(const bool there, have());
  if (!there) return wrong("a column has fewer values than there are rows");
  ++next_;
  return {};
}

base::Result<Value> ColumnReader::take(Arena& arena) {
  TRY_VOID(skip());
  const auto index = next_value_++;
  switch (encoding_) {
    case Encoding::RleDictionary: return value_of(dictionary_[indexes_[index]], arena);
    case Encoding::Rle: return Value::of(Kind::Boolean, static_cast<std::int64_t>(indexes_[index]));
    case Encoding::DeltaBinaryPacked: {
      const auto number = numbers_[index];
      const auto narrow = static_cast<std::int32_t>(number);
      if (element_.type == Physical::Int32) return value_of({reinterpret_cast<const char*>(&narrow), 4}, arena);
      return value_of({reinterpret_cast<const char*>(&number), 8}, arena);
    }
    case Encoding::DeltaLengthByteArray:
    case Encoding::DeltaByteArray: return value_of(arena.text(texts_[index]), arena);
    default: break;
  }
  if (element_.type == Physical::Boolean) {
    if (index / 8 >= rest_.size()) return wrong("a page ends too early");
    return Value::of(Kind::Boolean,
                     static_cast<std::int64_t>((static_cast<unsigned char>(rest_[index / 8]) >> (index % 8)) & 1));
  }
  TRY(const auto bytes, plain(rest_));
  return value_of(bytes, arena);
}

base::Result<Value> ColumnReader::value_of(std::string_view bytes, Arena& arena) const {
  const auto decimal = [&](std::int64_t number) {
    std::string big_endian;
    for (int shift = 56; shift >= 0; shift -= 8) big_endian += static_cast<char>(number >> shift);
    return Value::of(Kind::Decimal, arena.text(decimal_text(big_endian, element_.scale)));
  };
  switch (element_.type) {
    case Physical::Int32: {
      const std::int64_t number = raw<std::int32_t>(bytes);
      if (element_.converted == Converted::Decimal) return decimal(number);
      if (element_.converted == Converted::Date) return Value::of(Kind::Date, number);
      if (element_.converted == Converted::TimeMillis) return Value::of(Kind::Time, number * 1000);
      return Value::of(Kind::Int, number);
    }
    case Physical::Int64: {
      const auto number = raw<std::int64_t>(bytes);
      if (element_.converted == Converted::Decimal) return decimal(number);
      if (element_.converted == Converted::TimeMicros) return Value::of(Kind::Time, scaled(element_, number));
      if (element_.converted == Converted::TimestampMillis || element_.converted == Converted::TimestampMicros)
        return Value::of(Kind::Timestamp, scaled(element_, number));
      return Value::of(Kind::Long, number);
    }
    case Physical::Int96: {
      // Nanoseconds of the day, and its Julian number.
      const auto of_day = raw<std::int64_t>(bytes);
      const std::int64_t day = raw<std::int32_t>(bytes.substr(8));
      return Value::of(Kind::Timestamp, (day - 2'440'588) * 86'400'000'000 + of_day / 1000);
    }
    case Physical::Float: return Value::of(Kind::Float, static_cast<double>(raw<float>(bytes)));
    case Physical::Double: return Value::of(Kind::Double, raw<double>(bytes));
    case Physical::Boolean: return Value::of(Kind::Boolean, static_cast<std::int64_t>(bytes[0] != 0));
    case Physical::ByteArray:
    case Physical::FixedByteArray:
      if (element_.converted == Converted::Decimal)
        return Value::of(Kind::Decimal, arena.text(decimal_text(bytes, element_.scale)));
      if (element_.is_uuid && bytes.size() == 16) {
        std::string text;
        for (std::size_t i = 0; i < 16; ++i)
          text += fmt::format("{}{:02x}", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
                              static_cast<unsigned char>(bytes[i]));
        return Value::of(Kind::Uuid, arena.text(text));
      }
      return Value::of(element_.converted == Converted::None ? Kind::Bytes : Kind::String, bytes);
  }
  return Value{};
}

}  // namespace flow::record::parquet

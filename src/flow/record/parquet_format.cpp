#include "flow/record/parquet_format.h"

#include <fmt/format.h>

#include <bit>

#include "flow/record/thrift.h"

namespace flow::record::parquet {
namespace {

base::Failure<base::Error> wrong(std::string_view what) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("not a valid Parquet file: {}", what));
}

SchemaElement::Unit read_unit(ThriftReader& in) {
  auto unit = SchemaElement::Unit::Micros;
  in.structure([&](int id, int) {
    unit = id == 1 ? SchemaElement::Unit::Millis : id == 2 ? SchemaElement::Unit::Micros : SchemaElement::Unit::Nanos;
    return false;
  });
  return unit;
}

/// The newer description of what a leaf is; older readers go by the converted type, which says the same mostly.
void read_logical(ThriftReader& in, SchemaElement& element) {
  const auto set = [&](Converted converted) {
    if (element.converted == Converted::None) element.converted = converted;
  };
  in.structure([&](int id, int) {
    switch (id) {
      case 1: set(Converted::Utf8); return false;
      case 2: set(Converted::Map); return false;
      case 3: set(Converted::List); return false;
      case 4: set(Converted::Enum); return false;
      case 5:
        set(Converted::Decimal);
        in.structure([&](int field, int) {
          if (field == 1) element.scale = static_cast<int>(in.whole());
          if (field == 2) element.precision = static_cast<int>(in.whole());
          return field == 1 || field == 2;
        });
        return true;
      case 6: set(Converted::Date); return false;
      case 7:
      case 8:
        in.structure([&](int field, int) {
          if (field != 2) return false;
          element.unit = read_unit(in);
          return true;
        });
        if (id == 7)
          set(element.unit == SchemaElement::Unit::Millis ? Converted::TimeMillis : Converted::TimeMicros);
        else
          set(element.unit == SchemaElement::Unit::Millis ? Converted::TimestampMillis : Converted::TimestampMicros);
        return true;
      case 12: set(Converted::Json); return false;
      case 14: element.is_uuid = true; return false;
      default: return false;
    }
  });
}

SchemaElement read_element(ThriftReader& in) {
  SchemaElement element;
  in.structure([&](int id, int) {
    switch (id) {
      case 1: element.type = static_cast<Physical>(in.whole()); return true;
      case 2: element.length = static_cast<int>(in.whole()); return true;
      case 3: element.repetition = static_cast<Repetition>(in.whole()); return true;
      case 4: element.name = in.text(); return true;
      case 5: element.children = static_cast<int>(in.whole()); return true;
      case 6: element.converted = static_cast<Converted>(in.whole()); return true;
      case 7: element.scale = static_cast<int>(in.whole()); return true;
      case 8: element.precision = static_cast<int>(in.whole()); return true;
      case 10: read_logical(in, element); return true;
      default: return false;
    }
  });
  return element;
}

ColumnChunk read_column(ThriftReader& in) {
  ColumnChunk column;
  in.structure([&](int id, int) {
    if (id != 3) return false;
    in.structure([&](int field, int) {
      switch (field) {
        case 1: column.type = static_cast<Physical>(in.whole()); return true;
        case 3: in.list([&](int) { column.path.emplace_back(in.text()); }); return true;
        case 4: column.codec = static_cast<int>(in.whole()); return true;
        case 5: column.values = in.whole(); return true;
        case 6: column.size = in.whole(); return true;
        case 7: column.packed_size = in.whole(); return true;
        case 9: column.data_offset = in.whole(); return true;
        case 11: column.dictionary_offset = in.whole(); return true;
        default: return false;
      }
    });
    return true;
  });
  return column;
}

RowGroup read_group(ThriftReader& in) {
  RowGroup group;
  in.structure([&](int id, int) {
    switch (id) {
      case 1: in.list([&](int) { group.columns.push_back(read_column(in)); }); return true;
      case 2: group.bytes = in.whole(); return true;
      case 3: group.rows = in.whole(); return true;
      default: return false;
    }
  });
  return group;
}

void write_element(ThriftWriter& out, const SchemaElement& element, bool root) {
  out.begin();
  if (element.children == 0 && !root) {
    out.whole(1, static_cast<int>(element.type));
    if (element.type == Physical::FixedByteArray) out.whole(2, element.length);
  }
  if (!root) out.whole(3, static_cast<int>(element.repetition));
  out.text(4, element.name);
  if (element.children > 0 || root) out.whole(5, element.children);
  if (element.converted != Converted::None) out.whole(6, static_cast<int>(element.converted));
  if (element.converted == Converted::Decimal) {
    out.whole(7, element.scale);
    out.whole(8, element.precision);
  }
  out.end();
}

void write_column(ThriftWriter& out, const ColumnChunk& column) {
  out.begin();
  out.long_whole(2, column.dictionary_offset >= 0 ? column.dictionary_offset : column.data_offset);
  out.structure(3);
  out.whole(1, static_cast<int>(column.type));
  std::vector<Encoding> encodings{Encoding::Plain, Encoding::Rle};
  if (column.dictionary) encodings.push_back(Encoding::PlainDictionary);
  out.list(2, encodings.size(), 5);
  for (const auto encoding : encodings) out.element(static_cast<int>(encoding));
  out.list(3, column.path.size(), 8);
  for (const auto& name : column.path) out.bytes(name);
  out.whole(4, column.codec);
  out.long_whole(5, column.values);
  out.long_whole(6, column.size);
  out.long_whole(7, column.packed_size);
  out.long_whole(9, column.data_offset);
  if (column.dictionary_offset >= 0) out.long_whole(11, column.dictionary_offset);
  out.end();
  out.end();
}

}  // namespace

std::string write_footer(const FileMetaData& file) {
  std::string bytes;
  ThriftWriter out(bytes);
  out.begin();
  out.whole(1, 1);
  out.list(2, file.schema.size(), 12);
  for (std::size_t i = 0; i < file.schema.size(); ++i) write_element(out, file.schema[i], i == 0);
  out.long_whole(3, file.rows);
  out.list(4, file.groups.size(), 12);
  for (const auto& group : file.groups) {
    out.begin();
    out.list(1, group.columns.size(), 12);
    for (const auto& column : group.columns) write_column(out, column);
    out.long_whole(2, group.bytes);
    out.long_whole(3, group.rows);
    out.end();
  }
  out.list(5, file.values.size(), 12);
  for (const auto& [key, value] : file.values) {
    out.begin();
    out.text(1, key);
    out.text(2, value);
    out.end();
  }
  out.text(6, "freshet");
  out.end();
  return bytes;
}

base::Result<FileMetaData> read_footer(std::string_view bytes) {
  FileMetaData file;
  ThriftReader in(bytes);
  in.structure([&](int id, int) {
    switch (id) {
      case 2: in.list([&](int) { file.schema.push_back(read_element(in)); }); return true;
      case 3: file.rows = in.whole(); return true;
      case 4: in.list([&](int) { file.groups.push_back(read_group(in)); }); return true;
      case 5:
        in.list([&](int) {
          auto& [key, value] = file.values.emplace_back();
          in.structure([&](int field, int) {
            if (field == 1) key = in.text();
            if (field == 2) value = in.text();
            return field == 1 || field == 2;
          });
        });
        return true;
      default: return false;
    }
  });
  if (!in.ok() || file.schema.empty()) return wrong("its footer is damaged");
  return file;
}

std::string write_page_header(const PageHeader& header) {
  std::string bytes;
  ThriftWriter out(bytes);
  out.begin();
  out.whole(1, static_cast<int>(header.kind));
  out.whole(2, header.size);
  out.whole(3, header.packed_size);
  if (header.kind == PageHeader::Kind::Dictionary) {
    out.structure(7);
    out.whole(1, header.values);
    out.whole(2, static_cast<int>(header.encoding));
    out.end();
  } else {
    out.structure(5);
    out.whole(1, header.values);
    out.whole(2, static_cast<int>(header.encoding));
    out.whole(3, static_cast<int>(Encoding::Rle));
    out.whole(4, static_cast<int>(Encoding::Rle));
    out.end();
  }
  out.end();
  return bytes;
}

base::Result<PageHeader> read_page_header(std::string_view bytes, std::size_t& taken) {
  PageHeader header;
  ThriftReader in(bytes);
  const auto page = [&](int version) {
    in.structure([&](int id, int) {
      switch (id) {
        case 1: header.values = in.whole(); return true;
        case 2:
          if (version == 1) header.encoding = static_cast<Encoding>(in.whole());
          return version == 1;
        case 4:
          if (version == 2) header.encoding = static_cast<Encoding>(in.whole());
          return version == 2;
        case 5:
          if (version == 2) header.definition_bytes = in.whole();
          return version == 2;
        case 6:
          if (version == 2) header.repetition_bytes = in.whole();
          return version == 2;
        case 7:
          if (version == 2) header.is_packed = in.truth();
          return version == 2;
        default: return false;
      }
    });
  };
  in.structure([&](int id, int) {
    switch (id) {
      case 1: header.kind = static_cast<PageHeader::Kind>(in.whole()); return true;
      case 2: header.size = in.whole(); return true;
      case 3: header.packed_size = in.whole(); return true;
      case 5:
      case 7: page(1); return true;
      case 8: page(2); return true;
      default: return false;
    }
  });
  if (!in.ok()) return base::fail(base::ErrorKind::Unavailable, "a page header is incomplete");
  taken = in.taken();
  if (header.size < 0 || header.packed_size < 0 || header.values < 0) return wrong("a page has an impossible size");
  return header;
}

base::Result<BlockCodec> codec_of(int number) {
  switch (number) {
    case 0: return BlockCodec::None;
    case 1: return BlockCodec::Snappy;
    case 2: return BlockCodec::Gzip;
    case 6: return BlockCodec::Zstandard;
    default: {
      constexpr std::string_view kNames[] = {"", "", "", "LZO", "BROTLI", "LZ4", "", "LZ4_RAW"};
      return base::fail(base::ErrorKind::Unsupported,
                        fmt::format("Parquet compressed with {} is not supported",
                                    number >= 0 && number < 8 ? kNames[number] : "an unknown codec"));
    }
  }
}

int width_of(std::uint32_t most) { return static_cast<int>(std::bit_width(most)); }

namespace {

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

}  // namespace

void append_run(std::string& out, std::uint32_t number, std::size_t times, int width) {
  append_varint(out, std::uint64_t{times} << 1);
  for (int i = 0; i < (width + 7) / 8; ++i) out += static_cast<char>(number >> (8 * i));
}

void append_hybrid(std::string& out, const std::vector<std::uint32_t>& numbers, int width) {
  const auto run_at = [&](std::size_t at) {
    std::size_t end = at + 1;
    while (end < numbers.size() && numbers[end] == numbers[at]) ++end;
    return end - at;
  };
  for (std::size_t at = 0; at < numbers.size();) {
    const auto run = run_at(at);
    if (run >= 8) {
      append_run(out, numbers[at], run, width);
      at += run;
      continue;
    }
    // Groups of eight up to the next long run; the last group is filled with zeros.
    auto end = at;
    while (end < numbers.size()) {
      const auto next = run_at(end);
      if (next >= 16 && (end - at) % 8 == 0) break;
      end += next >= 16 ? std::min<std::size_t>(next, 8 - (end - at) % 8) : next;
      if (next < 16 && end - at > 4096) break;
    }
    const auto count = end - at;
    // Only at the end of all may a group be incomplete.
    const auto whole = end == numbers.size() ? (count + 7) / 8 * 8 : count / 8 * 8;
    if (whole == 0) {
      append_run(out, numbers[at], run, width);
      at += run;
      continue;
    }
    append_varint(out, (whole / 8) << 1 | 1);
    const auto begin = out.size();
    out.resize(begin + whole / 8 * static_cast<std::size_t>(width));
    char* into = out.data() + begin;
    std::uint64_t bits = 0;
    int filled = 0;
    for (std::size_t i = 0; i < whole; ++i) {
      const std::uint64_t number = at + i < numbers.size() ? numbers[at + i] : 0;
      bits |= number << filled;
      filled += width;
      for (; filled >= 8; filled -= 8, bits >>= 8) *into++ = static_cast<char>(bits);
    }
    at += whole;
  }
}

base::Result<std::vector<std::uint32_t>> read_hybrid(std::string_view bytes, int width, std::size_t count) {
  std::vector<std::uint32_t> numbers;
  numbers.reserve(count);
  if (width < 0 || width > 32) return wrong("numbers of an impossible width");
  std::size_t at = 0;
  while (numbers.size() < count) {
    std::uint64_t head = 0;
    for (int shift = 0;; shift += 7) {
      if (at >= bytes.size() || shift > 63) return wrong("a run ends too early");
      const auto byte = static_cast<unsigned char>(bytes[at++]);
      head |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) break;
    }
    const auto wanted = count - numbers.size();
    if ((head & 1) == 0) {
      std::uint32_t number = 0;
      for (int i = 0; i < (width + 7) / 8; ++i) {
        if (at >= bytes.size()) return wrong("a run ends too early");
        number |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at++])) << (8 * i);
      }
      numbers.insert(numbers.end(), std::min<std::uint64_t>(head >> 1, wanted), number);
      if ((head >> 1) == 0) return wrong("an empty run");
      continue;
    }
    std::uint64_t bits = 0;
    int filled = 0;
    const auto group = (head >> 1) * 8;
    const auto mask = width == 32 ? ~std::uint64_t{0} >> 32 : (std::uint64_t{1} << width) - 1;
    for (std::uint64_t i = 0; i < group; ++i) {
      while (filled < width) {
        if (at >= bytes.size()) {
          if (numbers.size() >= count) break;
          return wrong("packed numbers end too early");
        }
        bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at++])) << filled;
        filled += 8;
      }
      if (numbers.size() < count) numbers.push_back(static_cast<std::uint32_t>(bits & mask));
      bits >>= width;
      filled -= width;
      if (filled < 0) break;
    }
    if (group == 0) return wrong("an empty run");
  }
  return numbers;
}

}  // namespace flow::record::parquet

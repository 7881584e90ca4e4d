#include "flow/record/thrift.h"

namespace flow::record {

void ThriftWriter::number(std::uint64_t value) {
  while (value >= 0x80) {
    out_ += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out_ += static_cast<char>(value);
}

void ThriftWriter::field_header(int field, int type) {
  const int delta = field - last_.back();
  last_.back() = field;
  if (delta > 0 && delta < 16) {
    out_ += static_cast<char>(delta << 4 | type);
    return;
  }
  out_ += static_cast<char>(type);
  element(field);
}

void ThriftWriter::list(int field, std::size_t count, int type) {
  field_header(field, 9);
  if (count < 15) {
    out_ += static_cast<char>(count << 4 | static_cast<unsigned>(type));
    return;
  }
  out_ += static_cast<char>(0xF0 | type);
  number(count);
}

std::uint64_t ThriftReader::number() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    const int part = byte();
    if (shift < 64) value |= static_cast<std::uint64_t>(part & 0x7F) << shift;
    if ((part & 0x80) == 0) return ok_ ? value : 0;
  }
  ok_ = false;
  return 0;
}

std::string_view ThriftReader::text() {
  const auto size = number();
  if (size > bytes_.size() - at_) {
    ok_ = false;
    return {};
  }
  const auto text = bytes_.substr(at_, static_cast<std::size_t>(size));
  at_ += static_cast<std::size_t>(size);
  return text;
}

void ThriftReader::skip(int type) {
  switch (type) {
    case 1:
    case 2: break;
    case 3: byte(); break;
    case 4:
    case 5:
    case 6: whole(); break;
    case 7:
      for (int i = 0; i < 8; ++i) byte();
      break;
    case 8: text(); break;
    case 9:
    case 10:
      list([&](int element) {
        if (element == 1 || element == 2)
          byte();
        else
          skip(element);
      });
      break;
    case 11: {
      const auto count = number();
      if (count == 0) break;
      const int types = byte();
      for (std::uint64_t i = 0; i < count && ok_; ++i) {
        skip(types >> 4);
        skip(types & 15);
      }
      break;
    }
    case 12: structure([](int, int) { return false; }); break;
    default: ok_ = false;
  }
}

}  // namespace flow::record

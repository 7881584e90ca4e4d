#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace flow {

/// Letters, numbers (seven bits a byte, low first) and texts (length, bytes), one after the other.
class BinaryWriter {
 public:
  void letter(char c) { out_ += c; }
  void number(std::uint64_t value) {
    std::array<char, 10> digits;
    std::size_t count = 0;
    for (; value >= 0x80; value >>= 7) digits[count++] = static_cast<char>(0x80 | (value & 0x7F));
    digits[count++] = static_cast<char>(value);
    out_.append(digits.data(), count);
  }
  /// Small when it is near zero, on either side.
  void difference(std::int64_t value) {
    number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void instant(base::Instant at) { number(static_cast<std::uint64_t>(at.ns)); }
  void bytes(std::string_view value) { out_ += value; }
  void text(std::string_view value) {
    number(value.size());
    out_ += value;
  }
  template <class Map>
  void pairs(const Map& map) {
    number(map.size());
    for (const auto& [name, value] : map) {
      text(name);
      text(value);
    }
  }
  std::size_t size() const { return out_.size(); }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// Reads them back; what is not there reads as empty, and bad() says so.
class BinaryReader {
 public:
  explicit BinaryReader(std::string_view in) : in_(in) {}
  bool done() const { return in_.empty() || bad_; }
  bool bad() const { return bad_; }
  char letter() {
    if (in_.empty()) return spoil(), '\0';
    const char c = in_.front();
    in_.remove_prefix(1);
    return c;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(letter());
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    spoil();
    return 0;
  }
  std::int64_t difference() {
    const auto value = number();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  base::Instant instant() { return {static_cast<std::int64_t>(number())}; }
  std::string_view bytes(std::size_t length) {
    if (length > in_.size()) return spoil(), std::string_view{};
    const auto value = in_.substr(0, length);
    in_.remove_prefix(length);
    return value;
  }
  std::string_view rest() const { return in_; }
  std::string text() { return std::string(bytes(number())); }
  template <class Map>
  Map pairs() {
    Map map;
    for (auto n = number(); n > 0 && !bad_; --n) {
      auto name = text();
      map[std::move(name)] = text();
    }
    return map;
  }

 private:
  void spoil() {
    bad_ = true;
    in_ = {};
  }
  std::string_view in_;
  bool bad_ = false;
};

}  // namespace flow

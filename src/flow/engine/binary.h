#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace flow {

/// Letters, numbers (seven bits a byte, low first) and texts (length, bytes), one after the other. It is on the way of
/// each flowfile: room is made for a whole value, which then is written without looking.
class BinaryWriter {
 public:
  explicit BinaryWriter(std::size_t room = 0) : out_(room, '\0') {}

  void letter(char c) {
    make_room(1);
    out_[size_++] = c;
  }
  void number(std::uint64_t value) {
    make_room(kNumberMax);
    put(value);
  }
  /// Small when it is near zero, on either side.
  void difference(std::int64_t value) {
    number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  /// Room for a number of up to 28 bits that is not known yet; where it is.
  std::size_t later_number() {
    bytes(std::string_view("\x80\x80\x80\0", 4));
    return size_ - 4;
  }
  void set_later_number(std::size_t at, std::uint64_t value) {
    for (int i = 0; i < 4; ++i, value >>= 7) out_[at++] = static_cast<char>((i < 3 ? 0x80 : 0) | (value & 0x7F));
  }
  void instant(base::Instant at) { number(static_cast<std::uint64_t>(at.ns)); }
  void bytes(std::string_view value) {
    make_room(value.size());
    put(value);
  }
  void text(std::string_view value) {
    make_room(kNumberMax + value.size());
    put(value.size());
    put(value);
  }
  template <class Map>
  void pairs(const Map& map) {
    number(map.size());
    for (const auto& [name, value] : map) {
      text(name);
      text(value);
    }
  }
  std::string_view written() const { return std::string_view(out_).substr(0, size_); }
  std::string take() {
    out_.resize(size_);
    return std::move(out_);
  }

 private:
  static constexpr std::size_t kNumberMax = 10;  // bytes

  void make_room(std::size_t bytes) {
    if (bytes > out_.size() - size_) [[unlikely]]
      out_.resize(std::max(2 * out_.size(), size_ + bytes + 32));
  }
  void put(std::uint64_t value) {
    char* at = out_.data() + size_;
    for (; value >= 0x80; value >>= 7) *at++ = static_cast<char>(0x80 | (value & 0x7F));
    *at++ = static_cast<char>(value);
    size_ = static_cast<std::size_t>(at - out_.data());
  }
  void put(std::string_view value) {
    if (value.empty()) return;
    std::memcpy(out_.data() + size_, value.data(), value.size());
    size_ += value.size();
  }

  std::string out_;  // longer than what is written
  std::size_t size_ = 0;
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

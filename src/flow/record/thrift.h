#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace flow::record {

/// Thrift's compact protocol, as far as Parquet's metadata need it.
class ThriftWriter {
 public:
  explicit ThriftWriter(std::string& out) : out_(out) {}
  void begin() { last_.push_back(0); }  // a struct
  void end() {
    out_ += '\0';
    last_.pop_back();
  }
  void whole(int field, std::int64_t value) { header(field, value, 5); }
  void long_whole(int field, std::int64_t value) { header(field, value, 6); }
  void truth(int field, bool value) { field_header(field, value ? 1 : 2); }
  void text(int field, std::string_view value) {
    field_header(field, 8);
    bytes(value);
  }
  void structure(int field) {
    field_header(field, 12);
    begin();
  }
  /// Of `count` elements: 5 i32, 8 binary, 12 struct; each follows by element() or bytes() or begin().
  void list(int field, std::size_t count, int type);
  void element(std::int64_t value) {
    number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void bytes(std::string_view value) {
    number(value.size());
    out_ += value;
  }

 private:
  void header(int field, std::int64_t value, int type) {
    field_header(field, type);
    element(value);
  }
  void field_header(int field, int type);
  void number(std::uint64_t value);

  std::string& out_;
  std::vector<int> last_;
};

/// Reads structs field by field. After an error every number is 0 and every text empty; ok() says so at the end.
class ThriftReader {
 public:
  explicit ThriftReader(std::string_view bytes) : bytes_(bytes) {}
  /// Calls `field(id, type)` for each field of the struct that begins here; it returns false to have it skipped.
  template <class F>
  void structure(F&& field) {
    if (++depth_ > 60) ok_ = false;
    int id = 0;
    while (ok_) {
      const int head = byte();
      if (head == 0) break;
      const int type = head & 15;
      const int delta = head >> 4;
      id = delta != 0 ? id + delta : static_cast<int>(whole());
      truth_ = type == 1;
      if (!field(id, type)) skip(type);
    }
    --depth_;
  }
  /// Calls `element(type)` for each.
  template <class F>
  void list(F&& element) {
    const int head = byte();
    const auto count = (head >> 4) == 15 ? number() : static_cast<std::uint64_t>(head >> 4);
    for (std::uint64_t i = 0; i < count && ok_; ++i) element(head & 15);
  }
  std::int64_t whole() {
    const auto bits = number();
    return static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
  }
  std::string_view text();
  bool truth() const { return truth_; }  // of the field whose header was read
  void skip(int type);
  bool ok() const { return ok_; }
  std::size_t taken() const { return at_; }

 private:
  int byte() {
    if (at_ >= bytes_.size()) {
      ok_ = false;
      return 0;
    }
    return static_cast<unsigned char>(bytes_[at_++]);
  }
  std::uint64_t number();

  const std::string_view bytes_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool ok_ = true;
  bool truth_ = false;
};

}  // namespace flow::record

#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "flow/record/schema.h"

namespace flow::record {

enum class Kind : std::uint8_t {
  Missing,  // the record has no such field; else as Null
  Null,
  Boolean,
  Byte,
  Short,
  Int,
  Long,
  BigInt,  // digits
  Float,
  Double,
  Decimal,    // digits
  Timestamp,  // microseconds since 1970-01-01T00:00:00Z
  Date,       // days since 1970-01-01
  Time,       // microseconds since midnight
  Uuid,
  Char,
  Enum,
  String,
  Bytes,
  Record,
  Array,
  Map
};

struct Entry;
struct Row;

/// One value: small, copied freely. What it points at lives in its batch.
struct Value {
  Kind kind = Kind::Null;
  std::uint32_t size = 0;  // of text in bytes, of arrays and maps in elements
  union {
    std::int64_t whole = 0;  // also booleans
    double real;
    const char* characters;
    const Value* elements;
    const Entry* pairs;
    const Row* row;
  };

  bool is_null() const { return kind <= Kind::Null; }
  bool is_number() const { return kind >= Kind::Byte && kind <= Kind::Decimal; }
  bool is_text() const { return kind >= Kind::Uuid && kind <= Kind::String; }
  std::string_view text() const { return {characters, size}; }
  std::span<const Value> items() const { return {elements, size}; }
  std::span<const Entry> entries() const;

  static Value of(Kind kind, std::int64_t whole) {
    Value value;
    value.kind = kind;
    value.whole = whole;
    return value;
  }
  static Value of(Kind kind, double real) {
    Value value;
    value.kind = kind;
    value.real = real;
    return value;
  }
  /// The text stays where it is.
  static Value of(Kind kind, std::string_view text) {
    Value value;
    value.kind = kind;
    value.size = static_cast<std::uint32_t>(text.size());
    value.characters = text.data();
    return value;
  }
  static Value of(std::span<const Value> items) {
    Value value;
    value.kind = Kind::Array;
    value.size = static_cast<std::uint32_t>(items.size());
    value.elements = items.data();
    return value;
  }
  static Value of(std::span<const Entry> entries);
  static Value of(const Row* row) {
    Value value;
    value.kind = Kind::Record;
    value.row = row;
    return value;
  }
};
static_assert(sizeof(Value) == 16);

struct Entry {
  std::string_view name;
  Value value;
};

inline std::span<const Entry> Value::entries() const { return {pairs, size}; }
inline Value Value::of(std::span<const Entry> entries) {
  Value value;
  value.kind = Kind::Map;
  value.size = static_cast<std::uint32_t>(entries.size());
  value.pairs = entries.data();
  return value;
}

/// One record: a value for each field of its schema, and what it has beside those.
struct Row {
  const Schema* schema = nullptr;
  const Value* fields = nullptr;
  std::span<const Entry> extra = {};
  /// A JSON object that the record was read from and still equals (a map, in the order of the text); null: there is
  /// none.
  const Value* original = nullptr;

  std::span<const Value> values() const { return {fields, schema->size()}; }
};

/// Memory that is freed all at once.
class Arena {
 public:
  static constexpr std::size_t kBlock = std::size_t{64} << 10;
  /// It takes blocks of so many bytes, or of more for what is larger.
  explicit Arena(std::size_t block) : block_size_(block) {}
  Arena() : Arena(kBlock) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  template <class T>
  std::span<T> array(std::size_t count) {
    if (count == 0) return {};
    auto* memory = static_cast<T*>(allocate(count * sizeof(T)));
    std::uninitialized_value_construct_n(memory, count);
    return {memory, count};
  }
  template <class T>
  T* make(const T& value) {
    return std::construct_at(static_cast<T*>(allocate(sizeof(T))), value);
  }
  std::string_view text(std::string_view text) {
    if (text.empty()) return {};
    auto* memory = static_cast<char*>(allocate(text.size()));
    std::memcpy(memory, text.data(), text.size());
    return {memory, text.size()};
  }
  template <class T>
  std::span<T> copy(std::span<T const> values) {
    auto made = array<T>(values.size());
    std::copy(values.begin(), values.end(), made.begin());
    return made;
  }
  /// What values in it point at lives as long as they do: the schema of a record, say.
  void keep(std::shared_ptr<const void> owner) {
    if (kept_.empty() || kept_.back() != owner) kept_.push_back(std::move(owner));
  }
  /// Keeps its memory for the next use.
  void clear();
  std::size_t used() const { return used_; }

 private:
  struct Block {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size = 0;
  };
  void* allocate(std::size_t size) {
    size = (size + 7) & ~std::size_t{7};
    if (size > room_) more(size);
    void* at = next_;
    next_ += size;
    room_ -= size;
    used_ += size;
    return at;
  }
  void more(std::size_t size);

  std::size_t block_size_;
  std::vector<Block> blocks_;
  std::vector<std::shared_ptr<const void>> kept_;
  std::size_t block_ = 0;  // the next to use
  std::byte* next_ = nullptr;
  std::size_t room_ = 0;
  std::size_t used_ = 0;
};

/// Some records of one schema, and the memory of their values. Texts may also point into the buffer of the reader that
/// filled it: a batch is good until it is filled again or its reader dies.
struct Batch {
  Arena arena;
  std::vector<Row> rows;

  void clear() {
    arena.clear();
    rows.clear();
  }
};

/// Copies what a value points at, so that it stays when its batch goes.
Value deep_copy(const Value& value, Arena& arena);
Row deep_copy(const Row& row, Arena& arena);

/// Where the fields of one schema are found in records of another, by name and alias, each way.
class Projection {
 public:
  Projection(const Schema& from, const Schema& to);
  const Schema* from() const { return from_; }
  /// Nothing: perhaps among the extra fields.
  std::optional<std::size_t> place(std::size_t index) const {
    return places_[index] < 0 ? std::nullopt : std::optional(static_cast<std::size_t>(places_[index]));
  }
  /// The value of the field `index` of `to`; Missing when the record has none.
  Value value(const Row& row, std::size_t index) const;

 private:
  const Schema* from_;
  const Schema* to_;
  std::vector<int> places_;  // -1: look among the extra fields
};

}  // namespace flow::record

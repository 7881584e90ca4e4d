#include "flow/record/avro_codec.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>

namespace flow::record {
namespace {

using Base = AvroType::Base;

constexpr int kDepthMax = 200;

template <class T>
void append_raw(std::string& out, T value) {
  static_assert(std::endian::native == std::endian::little);
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

base::Failure<base::Error> short_bytes() {
  return base::fail(base::ErrorKind::InvalidValue, "not valid Avro: the bytes of a record end too early");
}

/// How many of a unit are in a logical type's: values here count microseconds.
std::int64_t unit_of(const std::string& logical) {
  if (logical.ends_with("-millis")) return 1000;
  return 1;
}

std::int64_t floor_div(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

}  // namespace

void append_avro_long(std::string& out, std::int64_t value) {
  auto bits = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  while (bits >= 0x80) {
    out += static_cast<char>(bits | 0x80);
    bits >>= 7;
  }
  out += static_cast<char>(bits);
}

base::Result<std::int64_t> take_avro_long(std::string_view& bytes) {
  std::uint64_t bits = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (bytes.empty()) return short_bytes();
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (shift < 64) bits |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
  }
  return base::fail(base::ErrorKind::InvalidValue, "not valid Avro: a number has too many bytes");
}

base::Result<std::string_view> take_avro_bytes(std::string_view& bytes, std::size_t size) {
  if (size > bytes.size()) return short_bytes();
  const auto taken = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return taken;
}

AvroEncoder::AvroEncoder(std::shared_ptr<const AvroSchema> avro, SchemaPtr schema)
    : avro_(std::move(avro)), schema_(std::move(schema)) {}

base::Status AvroEncoder::encode(const Row& row, std::string& out) {
  arena_.clear();
  return record(row, avro_->root(), *schema_, out);
}

base::Status AvroEncoder::record(const Row& row, const AvroType& type, const Schema& schema, std::string& out) {
  auto& finder = finders_[&schema];
  if (!finder) finder = std::make_unique<FieldFinder>(SchemaPtr(SchemaPtr(), &schema));
  for (std::size_t i = 0; i < schema.size(); ++i) {
    TRY_VOID(value(finder->value(row, i), *type.fields[i].type, schema[i].type, schema[i].name, out));
  }
  return {};
}

base::Status AvroEncoder::choice(const Value& given, const AvroType& type, std::string_view field, std::string& out) {
  std::size_t chosen = type.options.size();
  if (given.is_null()) {
    for (std::size_t i = 0; i < type.options.size(); ++i)
      if (type.options[i]->base == Base::Null) chosen = i;
  } else {
    // One beside null, mostly; else the one that the value is, or fits.
    std::vector<std::size_t> places;
    DataType options{.type = Type::Choice};
    for (std::size_t i = 0; i < type.options.size(); ++i) {
      if (type.options[i]->base == Base::Null) continue;
      places.push_back(i);
    }
    if (places.size() == 1) {
      chosen = places[0];
    } else {
      auto& known = options_[&type];
      if (known.options.empty()) {
        for (const auto place : places) {
          auto& made = options_[type.options[place]];
          made = data_type_of(*type.options[place]);
          known.options.push_back(made);
        }
      }
      const auto* option = converter_.choose(given, known);
      if (option != nullptr) chosen = places[static_cast<std::size_t>(option - known.options.data())];
    }
  }
  if (chosen == type.options.size())
    return base::fail(base::ErrorKind::InvalidValue, given.is_null()
                                                         ? fmt::format("field '{}' is null and must not be", field)
                                                         : fmt::format("field '{}' fits no type of its union", field));
  append_avro_long(out, static_cast<std::int64_t>(chosen));
  const auto& option = *type.options[chosen];
  if (option.base == Base::Null) return {};
  auto& data = options_[&option];
  if (data.type == Type::String && option.base != Base::String) data = data_type_of(option);
  return value(given, option, data, field, out);
}

base::Status AvroEncoder::value(const Value& given, const AvroType& type, const DataType& data, std::string_view field,
                                std::string& out) {
  if (type.base == Base::Union) return choice(given, type, field, out);
  if (type.base == Base::Null) return {};
  if (given.is_null())
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("field '{}' is null and must not be", field));
  TRY(const auto made, converter_.convert(given, data, field, arena_));
  if (made.is_null())
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("field '{}' is null and must not be", field));
  switch (type.base) {
    case Base::Boolean: out += made.whole != 0 ? '\1' : '\0'; return {};
    case Base::Int:
    case Base::Long:
      if (made.kind == Kind::Timestamp || made.kind == Kind::Time)
        append_avro_long(out, floor_div(made.whole, unit_of(type.logical)));
      else
        append_avro_long(out, made.whole);
      return {};
    case Base::Float: append_raw(out, static_cast<float>(made.real)); return {};
    case Base::Double: append_raw(out, made.real); return {};
    case Base::String:
      append_avro_long(out, made.size);
      out += made.text();
      return {};
    case Base::Bytes:
    case Base::Fixed: {
      const bool fixed = type.base == Base::Fixed;
      std::string bytes;
      if (made.kind == Kind::Decimal) {
        auto digits = decimal_bytes(made.text(), type.scale, fixed ? type.size : 0);
        if (!digits)
          return base::fail(base::ErrorKind::InvalidValue,
                            fmt::format("'{}' of field '{}' does not fit DECIMAL[{}, {}]", made.text(), field,
                                        type.precision, type.scale));
        bytes = std::move(*digits);
      } else if (made.kind == Kind::Array) {
        for (const auto& item : made.items()) bytes += static_cast<char>(whole_of(item));
      } else {
        bytes = made.text();
      }
      if (fixed && bytes.size() != type.size)
        return base::fail(base::ErrorKind::InvalidValue,
                          fmt::format("field '{}' has {} bytes instead of {}", field, bytes.size(), type.size));
      if (!fixed) append_avro_long(out, static_cast<std::int64_t>(bytes.size()));
      out += bytes;
      return {};
    }
    case Base::Enum: {
      const auto at = std::ranges::find(type.symbols, made.text());
      append_avro_long(out, at - type.symbols.begin());
      return {};
    }
    case Base::Array:
      if (made.size > 0) {
        append_avro_long(out, made.size);
        for (const auto& item : made.items()) TRY_VOID(value(item, *type.element, *data.element, field, out));
      }
      append_avro_long(out, 0);
      return {};
    case Base::Map:
      if (made.size > 0) {
        append_avro_long(out, made.size);
        for (const auto& entry : made.entries()) {
          append_avro_long(out, static_cast<std::int64_t>(entry.name.size()));
          out += entry.name;
          TRY_VOID(value(entry.value, *type.element, *data.element, entry.name, out));
        }
      }
      append_avro_long(out, 0);
      return {};
    case Base::Record:
      if (data.record == nullptr)
        return base::fail(base::ErrorKind::Unsupported,
                          fmt::format("field '{}' is a record within itself, which is not supported", field));
      return record(*made.row, type, *data.record, out);
    default: return {};
  }
}

base::Result<Row> AvroDecoder::decode(std::string_view& bytes, Arena& arena) const {
  return record(bytes, avro_->root(), *schema_, arena, 0);
}

base::Result<Row> AvroDecoder::record(std::string_view& bytes, const AvroType& type, const Schema& schema, Arena& arena,
                                      int depth) const {
  auto values = arena.array<Value>(schema.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    TRY(values[i], value(bytes, *type.fields[i].type, schema[i].type, arena, depth + 1));
  }
  return Row{.schema = &schema, .fields = values.data()};
}

base::Result<Value> AvroDecoder::value(std::string_view& bytes, const AvroType& type, const DataType& data,
                                       Arena& arena, int depth) const {
  if (depth > kDepthMax) return base::fail(base::ErrorKind::InvalidValue, "not valid Avro: nested too deeply");
  const auto number = [&] { return take_avro_long(bytes); };
  const auto counted = [&]() -> base::Result<std::string_view> {
    TRY(const auto size, number());
    if (size < 0) return short_bytes();
    return take_avro_bytes(bytes, static_cast<std::size_t>(size));
  };
  const auto raw = [&](auto& into) -> base::Status {
    TRY(const auto taken, take_avro_bytes(bytes, sizeof(into)));
    std::memcpy(&into, taken.data(), sizeof(into));
    return {};
  };
  /// Blocks of items, each with its count; a negative one is followed by the size in bytes.
  const auto blocks = [&](auto&& item) -> base::Status {
    for (;;) {
      TRY(auto count, number());
      if (count == 0) return {};
      if (count < 0) {
        TRY(const auto size, number());
        (void)size;
        count = -count;
      }
      if (static_cast<std::uint64_t>(count) > bytes.size() + 1'000'000) return short_bytes();
      for (std::int64_t i = 0; i < count; ++i) TRY_VOID(item());
    }
  };
  switch (type.base) {
    case Base::Null: return Value{};
    case Base::Boolean: {
      TRY(const auto taken, take_avro_bytes(bytes, 1));
      return Value::of(Kind::Boolean, static_cast<std::int64_t>(taken[0] != 0));
    }
    case Base::Int:
    case Base::Long: {
      TRY(const auto whole, number());
      if (data.type == Type::Date) return Value::of(Kind::Date, whole);
      if (data.type == Type::Time) return Value::of(Kind::Time, whole * unit_of(type.logical));
      if (data.type == Type::Timestamp) return Value::of(Kind::Timestamp, whole * unit_of(type.logical));
      return Value::of(type.base == Base::Int ? Kind::Int : Kind::Long, whole);
    }
    case Base::Float: {
      float real = 0;
      TRY_VOID(raw(real));
      return Value::of(Kind::Float, static_cast<double>(real));
    }
    case Base::Double: {
      double real = 0;
      TRY_VOID(raw(real));
      return Value::of(Kind::Double, real);
    }
    case Base::String: {
      TRY(const auto text, counted());
      return Value::of(data.type == Type::Uuid ? Kind::Uuid : Kind::String, text);
    }
    case Base::Bytes:
    case Base::Fixed: {
      TRY(const auto content, type.base == Base::Fixed ? take_avro_bytes(bytes, type.size) : counted());
      if (data.type == Type::Decimal) return Value::of(Kind::Decimal, arena.text(decimal_text(content, type.scale)));
      return Value::of(Kind::Bytes, content);
    }
    case Base::Enum: {
      TRY(const auto index, number());
      if (index < 0 || static_cast<std::size_t>(index) >= type.symbols.size())
        return base::fail(base::ErrorKind::InvalidValue, "not valid Avro: an enum has no such symbol");
      return Value::of(Kind::Enum, std::string_view(type.symbols[static_cast<std::size_t>(index)]));
    }
    case Base::Array: {
      std::vector<Value> items;
      TRY_VOID(blocks([&]() -> base::Status {
        TRY(const auto item, value(bytes, *type.element, *data.element, arena, depth + 1));
        items.push_back(item);
        return {};
      }));
      return Value::of(std::span<const Value>(arena.copy(std::span<const Value>(items))));
    }
    case Base::Map: {
      std::vector<Entry> entries;
      TRY_VOID(blocks([&]() -> base::Status {
        TRY(const auto name, counted());
        TRY(const auto inner, value(bytes, *type.element, *data.element, arena, depth + 1));
        entries.push_back({name, inner});
        return {};
      }));
      return Value::of(std::span<const Entry>(arena.copy(std::span<const Entry>(entries))));
    }
    case Base::Record: {
      if (data.record == nullptr)
        return base::fail(base::ErrorKind::Unsupported, "a record within itself is not supported");
      TRY(const auto row, record(bytes, type, *data.record, arena, depth));
      return Value::of(arena.make(row));
    }
    case Base::Union: {
      TRY(const auto index, number());
      if (index < 0 || static_cast<std::size_t>(index) >= type.options.size())
        return base::fail(base::ErrorKind::InvalidValue, "not valid Avro: a union has no such type");
      const auto& option = *type.options[static_cast<std::size_t>(index)];
      if (option.base == Base::Null) return Value{};
      if (data.type != Type::Choice) return value(bytes, option, data, arena, depth + 1);
      std::size_t place = 0;
      for (std::int64_t i = 0; i < index; ++i)
        if (type.options[static_cast<std::size_t>(i)]->base != Base::Null) ++place;
      return value(bytes, option, data.options[place], arena, depth + 1);
    }
  }
  return Value{};
}

}  // namespace flow::record

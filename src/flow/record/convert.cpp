#include "flow/record/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "flow/record/convert_rules.h"
#include "flow/record/number_text.h"
#include "flow/record/value_text.h"

namespace flow::record {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

base::Failure<base::Error> cannot(const Value& value, const DataType& type, std::string_view field) {
  auto shown = plain_text(value);
  if (shown.size() > 100) shown = shown.substr(0, 100) + "...";
  return base::fail(base::ErrorKind::InvalidValue,
                    fmt::format("cannot convert '{}' to {} for field '{}'", shown, type.text(), field));
}

bool is_blank(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}

Kind kind_of_whole(Type type) {
  switch (type) {
    case Type::Byte: return Kind::Byte;
    case Type::Short: return Kind::Short;
    case Type::Int: return Kind::Int;
    default: return Kind::Long;
  }
}

/// As java.util.Date counts.
std::int64_t milliseconds_of(const Value& time) {
  if (time.kind == Kind::Date) return time.whole * 86'400'000;
  return time.whole / 1000 - (time.whole % 1000 < 0 ? 1 : 0);
}

std::optional<Value> to_whole(const Value& value, Type type) {
  const auto [least, most] = range_of(type);
  const auto kind = kind_of_whole(type);
  if (value.is_number()) {
    const auto whole = whole_of(value);
    if (type == Type::Byte) return Value::of(kind, static_cast<std::int64_t>(static_cast<std::int8_t>(whole)));
    if (type == Type::Short) return Value::of(kind, static_cast<std::int64_t>(static_cast<std::int16_t>(whole)));
    if (whole < least || whole > most) return std::nullopt;
    return Value::of(kind, whole);
  }
  if (value.is_text()) {
    if (is_blank(value.text())) return type == Type::Byte ? std::nullopt : std::optional(Value{});
    const auto whole = parse_whole(value.text());
    if (!whole || *whole < least || *whole > most) return std::nullopt;
    return Value::of(kind, *whole);
  }
  if (type == Type::Long && is_time(value.kind)) return Value::of(kind, milliseconds_of(value));
  return std::nullopt;
}

std::optional<Value> to_real(const Value& value, Type type) {
  const auto made = [&](double real) {
    if (type == Type::Float) return Value::of(Kind::Float, static_cast<double>(static_cast<float>(real)));
    return Value::of(Kind::Double, real);
  };
  if (value.is_number()) return made(real_of(value));
  if (!value.is_text()) return std::nullopt;
  if (is_blank(value.text())) return Value{};
  if (type == Type::Float) {
    const auto real = parse_float(value.text());
    return real ? std::optional(made(static_cast<double>(*real))) : std::nullopt;
  }
  const auto real = parse_double(value.text());
  return real ? std::optional(made(*real)) : std::nullopt;
}

std::optional<Value> to_digits(const Value& value, Type type, Arena& arena) {
  const auto kind = type == Type::BigInt ? Kind::BigInt : Kind::Decimal;
  if (value.kind == kind) return value;
  std::optional<std::string> digits;
  if (value.is_number()) {
    if (type == Type::BigInt &&
        (value.kind == Kind::Float || value.kind == Kind::Double || value.kind == Kind::Decimal))
      digits = fmt::format("{}", whole_of(value));
    else
      digits = plain_decimal(plain_text(value));
  } else if (value.is_text() || value.kind == Kind::Bytes) {
    if (is_blank(value.text())) return Value{};
    if (type == Type::BigInt && !is_whole_text(value.text())) return std::nullopt;
    digits = plain_decimal(value.text());
  }
  if (!digits) return std::nullopt;
  return Value::of(kind, arena.text(*digits));
}

std::string uuid_text(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", static_cast<unsigned char>(bytes[i]));
  }
  return text;
}

std::size_t first_character(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) ++size;
  return size;
}

}  // namespace

double real_of(const Value& number) {
  switch (number.kind) {
    case Kind::Float:
    case Kind::Double: return number.real;
    case Kind::BigInt:
    case Kind::Decimal: return parse_double(number.text()).value_or(0);
    default: return static_cast<double>(number.whole);
  }
}

std::int64_t whole_of(const Value& number) {
  switch (number.kind) {
    case Kind::Float:
    case Kind::Double:
      if (std::isnan(number.real)) return 0;
      if (number.real >= 9223372036854775807.0) return std::numeric_limits<std::int64_t>::max();
      if (number.real <= -9223372036854775808.0) return std::numeric_limits<std::int64_t>::min();
      return static_cast<std::int64_t>(number.real);
    case Kind::BigInt:
    case Kind::Decimal: return parse_whole(number.text().substr(0, number.text().find('.'))).value_or(0);
    default: return number.whole;
  }
}

DataType type_of(const Value& value) {
  switch (value.kind) {
    case Kind::Missing:
    case Kind::Null: return {};
    case Kind::Boolean: return {Type::Boolean};
    case Kind::Byte: return {Type::Byte};
    case Kind::Short: return {Type::Short};
    case Kind::Int: return {Type::Int};
    case Kind::Long: return {Type::Long};
    case Kind::BigInt: return {Type::BigInt};
    case Kind::Float: return {Type::Float};
    case Kind::Double: return {Type::Double};
    case Kind::Decimal: {
      const auto digits = digits_of(value.text());
      return decimal_of(static_cast<int>(digits.digits.size()), digits.scale);
    }
    case Kind::Timestamp: return {Type::Timestamp};
    case Kind::Date: return {Type::Date};
    case Kind::Time: return {Type::Time};
    case Kind::Uuid: return {Type::Uuid};
    case Kind::Char: return {Type::Char};
    case Kind::Enum:
    case Kind::String: return {};
    case Kind::Bytes: return array_of({Type::Byte});
    case Kind::Record: {
      auto fields = value.row->schema->fields();
      for (const auto& entry : value.row->extra) fields.push_back({std::string(entry.name), type_of(entry.value)});
      return record_of(make_schema(std::move(fields)));
    }
    case Kind::Array: {
      std::optional<DataType> element;
      for (const auto& item : value.items()) element = element ? merged(*element, type_of(item)) : type_of(item);
      return array_of(element.value_or(DataType{}));
    }
    case Kind::Map: {
      std::vector<Field> fields;
      for (const auto& entry : value.entries()) fields.push_back({std::string(entry.name), type_of(entry.value)});
      return record_of(make_schema(std::move(fields)));
    }
  }
  return {};
}

Converter::Converter(const Formats& formats) {
  if (!formats.date.empty()) date_.emplace(formats.date, formats.zone);
  if (!formats.time.empty()) time_.emplace(formats.time, formats.zone);
  if (!formats.timestamp.empty()) timestamp_.emplace(formats.timestamp, formats.zone);
}

base::Status Converter::check() const {
  for (const auto* format : {&date_, &time_, &timestamp_})
    if (*format) TRY_VOID((*format)->check());
  return {};
}

const std::optional<DateFormat>& Converter::format_of(Type type) const {
  return type == Type::Date ? date_ : type == Type::Time ? time_ : timestamp_;
}

std::optional<Type> Converter::time_type(std::string_view text) const {
  for (const auto type : {Type::Timestamp, Type::Date, Type::Time})
    if (const auto& format = format_of(type); format && format->parse(text)) return type;
  return std::nullopt;
}

std::optional<std::int64_t> Converter::time_of(std::string_view text, Type type) const {
  if (const auto& format = format_of(type)) {
    if (const auto parsed = format->parse(text)) return *parsed;
  }
  // A number: milliseconds, or seconds with a fraction; what lies beyond the year 10,000 has the next finer unit.
  if (text.find('.') != std::string_view::npos) {
    const auto real = parse_double(text);
    if (!real) return std::nullopt;
    const double unit = *real > 253'402'300'800.0 ? 1'000 : 1'000'000;
    return static_cast<std::int64_t>(std::llround(*real * unit));
  }
  const auto whole = parse_whole(text);
  if (!whole) return std::nullopt;
  return *whole > 253'402'300'800'000 ? *whole : *whole * 1000;
}

base::Result<Value> Converter::convert_time(const Value& value, Type type, std::string_view field) const {
  std::int64_t at = 0;
  if (value.kind == Kind::Timestamp || value.kind == Kind::Time) {
    at = value.whole;
  } else if (value.kind == Kind::Date) {
    at = value.whole * kDayUs;
  } else if (value.is_text()) {
    auto text = value.text();
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    if (text.empty()) return Value{};
    const auto parsed = time_of(text, type);
    if (!parsed) return cannot(value, {type}, field);
    at = *parsed;
  } else if (value.kind == Kind::Float || value.kind == Kind::Double) {
    const double unit = value.real > 253'402'300'800.0 ? 1'000 : 1'000'000;
    at = static_cast<std::int64_t>(std::llround(value.real * unit));
  } else if (value.is_number()) {
    const auto whole = whole_of(value);
    at = whole > 253'402'300'800'000 ? whole : whole * 1000;
  } else {
    return cannot(value, {type}, field);
  }
  const auto days = at / kDayUs - (at % kDayUs < 0 ? 1 : 0);
  if (type == Type::Date) return Value::of(Kind::Date, days);
  if (type == Type::Time) return Value::of(Kind::Time, at - days * kDayUs);
  return Value::of(Kind::Timestamp, at);
}

base::Result<Value> Converter::convert(const Value& value, const DataType& type, std::string_view field,
                                       Arena& arena) const {
  if (value.is_null()) return Value{};
  const auto made = [&](std::optional<Value> converted) -> base::Result<Value> {
    if (!converted) return cannot(value, type, field);
    return *converted;
  };
  switch (type.type) {
    case Type::Boolean: return value.kind == Kind::Boolean ? value : made(to_boolean(value));
    case Type::Byte:
    case Type::Short:
    case Type::Int:
    case Type::Long: return made(to_whole(value, type.type));
    case Type::BigInt:
    case Type::Decimal: return made(to_digits(value, type.type, arena));
    case Type::Float:
    case Type::Double: return made(to_real(value, type.type));
    case Type::Timestamp:
    case Type::Date:
    case Type::Time: return convert_time(value, type.type, field);
    case Type::String:
      if (value.kind == Kind::String) return value;
      // A time is a number in a text: the formats are for fields of that type.
      return Value::of(Kind::String, arena.text(plain_text(value)));
    case Type::Uuid:
      if (value.kind == Kind::Bytes && value.size == 16)
        return Value::of(Kind::Uuid, arena.text(uuid_text(value.text())));
      if (value.is_text() && is_uuid(value.text())) return Value::of(Kind::Uuid, value.text());
      return cannot(value, type, field);
    case Type::Char:
      if (!value.is_text()) return cannot(value, type, field);
      if (value.size == 0) return Value{};
      return Value::of(Kind::Char, value.text().substr(0, first_character(value.text())));
    case Type::Enum:
      if (value.is_text() && std::ranges::count(type.symbols, value.text()) > 0)
        return Value::of(Kind::Enum, value.text());
      return cannot(value, type, field);
    case Type::Array: {
      const bool of_bytes = type.element != nullptr && type.element->type == Type::Byte;
      if (value.kind == Kind::Bytes) return value;
      if (value.is_text() && of_bytes) return Value::of(Kind::Bytes, value.text());
      if (value.kind != Kind::Array) return cannot(value, type, field);
      if (type.element == nullptr) return value;
      auto items = arena.array<Value>(value.size);
      for (std::size_t i = 0; i < items.size(); ++i) {
        TRY(items[i], convert(value.elements[i], *type.element, field, arena));
      }
      return Value::of(std::span<const Value>(items));
    }
    case Type::Map:
      if (value.kind == Kind::Map) return value;
      if (value.kind == Kind::Record) return Value::of(std::span<const Entry>(entries_of(*value.row, arena)));
      return cannot(value, type, field);
    case Type::Record:
      if (value.kind == Kind::Record) return value;
      if (value.kind == Kind::Map && type.record != nullptr) {
        Row row{.schema = type.record.get()};
        auto fields = arena.array<Value>(type.record->size());
        for (auto& missing : fields) missing.kind = Kind::Missing;
        for (const auto& entry : value.entries()) {
          const auto index = type.record->find(entry.name);
          if (!index) continue;
          TRY(fields[*index], convert(entry.value, (*type.record)[*index].type, field, arena));
        }
        row.fields = fields.data();
        return Value::of(arena.make(row));
      }
      return cannot(value, type, field);
    case Type::Choice:
      if (const auto* chosen = choose(value, type)) return convert(value, *chosen, field, arena);
      return cannot(value, type, field);
  }
  return value;
}

base::Result<std::string> Converter::text(const Value& value) const {
  switch (value.kind) {
    case Kind::Timestamp:
      if (timestamp_) return timestamp_->format(value.whole);
      break;
    case Kind::Date:
      if (date_) return date_->format(value.whole * kDayUs);
      break;
    case Kind::Time:
      if (time_) return time_->format(value.whole);
      break;
    default: break;
  }
  return plain_text(value);
}

}  // namespace flow::record

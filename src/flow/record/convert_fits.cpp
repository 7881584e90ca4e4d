// Which values are of a type, or could be.
#include <algorithm>
#include <cctype>
#include <limits>

#include "flow/record/convert.h"
#include "flow/record/convert_rules.h"
#include "flow/record/number_text.h"

namespace flow::record {

std::pair<std::int64_t, std::int64_t> range_of(Type type) {
  switch (type) {
    case Type::Byte: return {-128, 127};
    case Type::Short: return {-32768, 32767};
    case Type::Int: return {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()};
    default: return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  }
}

bool is_time(Kind kind) { return kind == Kind::Timestamp || kind == Kind::Date || kind == Kind::Time; }

std::optional<Value> to_boolean(const Value& value) {
  if (!value.is_text()) return std::nullopt;
  const auto is = [&](std::string_view word) {
    return std::ranges::equal(value.text(), word, [](char a, char b) { return (a | 0x20) == b; });
  };
  if (is("true")) return Value::of(Kind::Boolean, std::int64_t{1});
  if (is("false")) return Value::of(Kind::Boolean, std::int64_t{0});
  return std::nullopt;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  }
  return true;
}

bool Converter::fits(const Value& value, const DataType& type, bool strict) const {
  if (value.is_null()) return false;
  const auto whole_fits = [&] {
    const auto [least, most] = range_of(type.type);
    if (value.is_number()) return type.type != Type::Int || (whole_of(value) >= least && whole_of(value) <= most);
    if (type.type == Type::Long && is_time(value.kind)) return true;
    if (!value.is_text() || !is_whole_text(value.text())) return false;
    const auto whole = parse_whole(value.text());
    return whole && *whole >= least && *whole <= most;
  };
  switch (type.type) {
    case Type::Boolean: return value.kind == Kind::Boolean || to_boolean(value).has_value();
    case Type::Byte:
    case Type::Short:
    case Type::Int:
    case Type::Long: return whole_fits();
    case Type::BigInt: return value.is_number() || (value.is_text() && is_whole_text(value.text()));
    case Type::Float:
    case Type::Double: return value.is_number() || (value.is_text() && is_real_text(value.text()));
    case Type::Decimal: return value.is_number() || (value.is_text() && is_decimal_text(value.text()));
    case Type::Timestamp:
    case Type::Date:
    case Type::Time:
      if (is_time(value.kind) || value.is_number()) return true;
      if (!value.is_text()) return false;
      if (const auto& format = format_of(type.type)) return format->parse(value.text()).has_value();
      return value.size > 0 && is_whole_text(value.text()) && value.text()[0] != '-' && value.text()[0] != '+';
    case Type::String: return true;
    case Type::Uuid:
      return value.kind == Kind::Uuid || (value.kind == Kind::Bytes && value.size == 16) ||
             (value.is_text() && is_uuid(value.text()));
    case Type::Char: return value.is_text() && value.size > 0;
    case Type::Enum: return value.is_text() && std::ranges::count(type.symbols, value.text()) > 0;
    case Type::Array: {
      const bool of_bytes = type.element != nullptr && type.element->type == Type::Byte;
      if (value.kind == Kind::Bytes || (value.is_text() && of_bytes)) return of_bytes;
      if (value.kind != Kind::Array) return false;
      return type.element == nullptr || std::ranges::all_of(value.items(), [&](const Value& item) {
               return item.is_null() || fits(item, *type.element, strict);
             });
    }
    case Type::Map: return value.kind == Kind::Map || value.kind == Kind::Record;
    case Type::Record: {
      if (value.kind == Kind::Map) return true;
      if (value.kind != Kind::Record || type.record == nullptr) return value.kind == Kind::Record;
      const Projection projection(*value.row->schema, *type.record);
      for (std::size_t i = 0; i < type.record->size(); ++i) {
        const auto& field = (*type.record)[i];
        const auto own = projection.value(*value.row, i);
        if (own.is_null() ? strict && !field.nullable && !field.fallback : !fits(own, field.type, strict)) return false;
      }
      if (!strict) return true;
      const auto known = [&](std::string_view name) { return type.record->find(name).has_value(); };
      return std::ranges::all_of(value.row->schema->fields(), [&](const Field& field) { return known(field.name); }) &&
             std::ranges::all_of(value.row->extra, [&](const Entry& entry) { return known(entry.name); });
    }
    case Type::Choice: return choose(value, type) != nullptr;
  }
  return false;
}

const DataType* Converter::choose(const Value& value, const DataType& choice) const {
  std::vector<const DataType*> options;
  const auto collect = [&](const auto& self, const DataType& type) -> void {
    for (const auto& option : type.options) {
      if (option.type == Type::Choice)
        self(self, option);
      else if (fits(value, option))
        options.push_back(&option);
    }
  };
  collect(collect, choice);
  if (options.size() < 2) return options.empty() ? nullptr : options[0];
  if (value.is_text()) {
    // Of the types that a text fits, the simplest.
    return *std::ranges::min_element(options, {}, [](const DataType* type) { return type->type; });
  }
  const auto own = type_of(value);
  if (own.type == Type::String) return options[0];
  for (const auto* option : options)
    if (*option == own) return option;
  for (const auto* option : options)
    if (wider(*option, own)) return option;
  return options[0];
}

}  // namespace flow::record

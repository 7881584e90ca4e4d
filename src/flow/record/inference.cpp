#include "flow/record/inference.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "flow/record/number_text.h"

namespace flow::record {
namespace {

constexpr std::size_t kFewDigits = 18;

/// Commons Lang's isParsable: a minus, digits, one point that is not the last.
bool is_parsable(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || text.back() == '.') return false;
  bool point = false;
  for (const char c : text) {
    if (c == '.') {
      if (point) return false;
      point = true;
    } else if (c < '0' || c > '9') {
      return false;
    }
  }
  return true;
}

/// Of a text that is not empty. DECIMAL: what a double cannot hold.
Type text_type(std::string_view text, const Converter& converter) {
  const char first = text[0];
  const bool digit = first >= '0' && first <= '9';
  if (digit && text.size() < 10 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
    return Type::Int;
  if ((digit || first == '-' || first == '.') && is_parsable(text)) {
    const auto point = text.find('.');
    if (point == std::string_view::npos) {
      const auto whole = parse_whole(text);
      if (!whole) return Type::String;
      const bool small =
          *whole >= std::numeric_limits<std::int32_t>::min() && *whole <= std::numeric_limits<std::int32_t>::max();
      return small ? Type::Int : Type::Long;
    }
    // So few digits are far from what a float can hold: what counts is whether they are more than zero.
    if (text.size() <= kFewDigits)
      return first != '-' && text.find_first_of("123456789") != std::string_view::npos ? Type::Float : Type::Double;
    const auto real = parse_double(text);
    if (!real) return Type::String;
    if (std::isinf(*real)) return Type::Decimal;
    // Java's Float.MIN_VALUE is the least above zero.
    const auto least = static_cast<double>(std::numeric_limits<float>::denorm_min());
    const auto most = static_cast<double>(std::numeric_limits<float>::max());
    return *real > most || *real < least ? Type::Double : Type::Float;
  }
  const auto is = [&](std::string_view word) {
    return std::ranges::equal(text, word, [](char a, char b) { return (a | 0x20) == b; });
  };
  if (is("true") || is("false")) return Type::Boolean;
  return converter.time_type(text).value_or(Type::String);
}

DataType with_known_elements(const DataType& type);

SchemaPtr with_known_elements(const Schema& schema) {
  auto fields = schema.fields();
  for (auto& field : fields) field.type = with_known_elements(field.type);
  return make_schema(std::move(fields));
}

DataType with_known_elements(const DataType& type) {
  if (type.type == Type::Array)
    return array_of(type.element == nullptr ? DataType{} : with_known_elements(*type.element));
  if (type.type == Type::Record && type.record != nullptr) return record_of(with_known_elements(*type.record));
  if (type.type != Type::Choice) return type;
  std::vector<DataType> options;
  for (const auto& option : type.options) {
    auto known = with_known_elements(option);
    if (std::ranges::count(options, known) == 0) options.push_back(std::move(known));
  }
  return options.size() == 1 ? options[0] : choice_of(std::move(options));
}

}  // namespace

void TypeInference::add(Type type) {
  // Most fields are of one type throughout.
  if (!single_ || !possible_.empty() || single_->type != type) add(DataType{type});
}

void TypeInference::add_text(std::string_view text, const Converter& converter) {
  if (text.empty()) return;
  if (const auto type = text_type(text, converter); type != Type::Decimal)
    add(type);
  else
    add(*infer_text(text, converter));
}

void TypeInference::add(const DataType& type) {
  if (!single_) {
    single_ = type;
    return;
  }
  if (*single_ == type || std::ranges::count(possible_, type) > 0) return;
  if (single_->type == Type::Record && type.type == Type::Record && single_->record && type.record) {
    std::erase(possible_, *single_);
    single_ = record_of(merged(*single_->record, *type.record));
    possible_.push_back(*single_);
    return;
  }
  if (possible_.empty()) possible_.push_back(*single_);
  for (const auto& possible : possible_)
    if (is_wider(possible.type, type.type)) return;
  std::erase_if(possible_, [&](const DataType& possible) { return is_wider(type.type, possible.type); });
  possible_.push_back(type);
}

DataType TypeInference::type() const {
  if (possible_.empty()) return single_.value_or(DataType{});
  auto type = possible_[0];
  for (std::size_t i = 1; i < possible_.size(); ++i) type = merged(type, possible_[i]);
  return type;
}

std::optional<DataType> infer_text(std::string_view text, const Converter& converter) {
  if (text.empty()) return std::nullopt;
  const auto type = text_type(text, converter);
  if (type != Type::Decimal) return DataType{type};
  const auto size = static_cast<int>(text.size());
  return decimal_of(size - 1, size - 1 - static_cast<int>(text.find('.')));
}

void ObjectInference::add(std::span<const Entry> object) {
  for (const auto& entry : object) {
    auto found = index_.find(entry.name);
    if (found == index_.end()) {
      found = index_.emplace(entry.name, fields_.size()).first;
      fields_.emplace_back(std::string(entry.name), TypeInference{});
    }
    add(fields_[found->second].second, entry.value);
  }
}

void ObjectInference::add(TypeInference& inference, const Value& value) {
  switch (value.kind) {
    case Kind::Missing:
    case Kind::Null: return;
    case Kind::Map: {
      ObjectInference inner(converter_);
      inner.add(value.entries());
      inference.add(record_of(inner.raw_schema()));
      return;
    }
    case Kind::Array: {
      if (value.size == 0) {
        inference.add({.type = Type::Array});
        return;
      }
      TypeInference elements;
      for (const auto& item : value.items()) add(elements, item);
      inference.add(array_of(elements.type()));
      return;
    }
    case Kind::String: inference.add(converter_.time_type(value.text()).value_or(Type::String)); return;
    default: inference.add(type_of(value));
  }
}

SchemaPtr ObjectInference::raw_schema() const {
  std::vector<Field> fields;
  for (const auto& [name, inference] : fields_) fields.push_back({name, inference.type()});
  return make_schema(std::move(fields));
}

SchemaPtr ObjectInference::schema() const { return with_known_elements(*raw_schema()); }

}  // namespace flow::record

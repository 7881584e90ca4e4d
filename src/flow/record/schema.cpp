#include "flow/record/schema.h"

#include <fmt/format.h>

#include <algorithm>

namespace flow::record {
namespace {

bool same(const SchemaPtr& left, const SchemaPtr& right) {
  return left == right || (left != nullptr && right != nullptr && *left == *right);
}
bool same(const std::shared_ptr<const DataType>& left, const std::shared_ptr<const DataType>& right) {
  return left == right || (left != nullptr && right != nullptr && *left == *right);
}

/// The place among the whole numbers; nothing: it is none.
std::optional<int> whole_rank(Type type) {
  if (type < Type::Byte || type > Type::BigInt) return std::nullopt;
  return static_cast<int>(type);
}
bool is_real(Type type) { return type == Type::Float || type == Type::Double || type == Type::Decimal; }
bool is_small_whole(Type type) { return type >= Type::Byte && type <= Type::Long; }

/// One holds all fields of the other, each as wide.
std::optional<DataType> wider_record(const DataType& left, const DataType& right) {
  const auto holds = [](const Schema& wide, const Schema& narrow) {
    return std::ranges::all_of(narrow.fields(), [&](const Field& field) {
      const auto found = wide.find(field.name);
      if (!found) return false;
      const auto type = wider(wide[*found].type, field.type);
      return wide[*found].type == field.type || (type && *type == wide[*found].type);
    });
  };
  if (left.record == nullptr || right.record == nullptr) return std::nullopt;
  if (left.record->size() >= right.record->size()) {
    if (holds(*left.record, *right.record)) return left;
  } else if (holds(*right.record, *left.record)) {
    return right;
  }
  return std::nullopt;
}

void add_option(std::vector<DataType>& options, const DataType& type) {
  if (type.type == Type::Choice) {
    for (const auto& option : type.options) add_option(options, option);
    return;
  }
  for (auto& option : options) {
    if (option == type) return;
    if (auto wide = wider(option, type)) {
      option = std::move(*wide);
      return;
    }
  }
  options.push_back(type);
}

}  // namespace

std::string_view name_of(Type type) {
  switch (type) {
    case Type::Boolean: return "BOOLEAN";
    case Type::Byte: return "BYTE";
    case Type::Short: return "SHORT";
    case Type::Int: return "INT";
    case Type::Long: return "LONG";
    case Type::BigInt: return "BIGINT";
    case Type::Float: return "FLOAT";
    case Type::Double: return "DOUBLE";
    case Type::Decimal: return "DECIMAL";
    case Type::Timestamp: return "TIMESTAMP";
    case Type::Date: return "DATE";
    case Type::Time: return "TIME";
    case Type::Uuid: return "UUID";
    case Type::Char: return "CHAR";
    case Type::Enum: return "ENUM";
    case Type::String: return "STRING";
    case Type::Record: return "RECORD";
    case Type::Choice: return "CHOICE";
    case Type::Array: return "ARRAY";
    case Type::Map: return "MAP";
  }
  return "";
}

bool DataType::operator==(const DataType& other) const {
  return type == other.type && precision == other.precision && scale == other.scale && same(record, other.record) &&
         same(element, other.element) && options == other.options && symbols == other.symbols;
}

std::string DataType::text() const {
  switch (type) {
    case Type::Decimal: return fmt::format("DECIMAL[{}, {}]", precision, scale);
    case Type::Array: return fmt::format("ARRAY[{}]", element == nullptr ? "" : element->text());
    case Type::Map: return fmt::format("MAP[{}]", element == nullptr ? "" : element->text());
    case Type::Choice: {
      std::vector<std::string> texts;
      for (const auto& option : options) texts.push_back(option.text());
      return fmt::format("CHOICE[{}]", fmt::join(texts, ", "));
    }
    default: return std::string(name_of(type));
  }
}

DataType array_of(DataType element) {
  return {.type = Type::Array, .element = std::make_shared<const DataType>(std::move(element))};
}
DataType map_of(DataType value) {
  return {.type = Type::Map, .element = std::make_shared<const DataType>(std::move(value))};
}
DataType record_of(SchemaPtr schema) { return {.type = Type::Record, .record = std::move(schema)}; }
DataType choice_of(std::vector<DataType> options) { return {.type = Type::Choice, .options = std::move(options)}; }
DataType decimal_of(int precision, int scale) {
  return {.type = Type::Decimal, .precision = precision, .scale = scale};
}

Schema::Schema(std::vector<Field> fields, std::string name, std::string avro, SchemaIdentity identity)
    : fields_(std::move(fields)), name_(std::move(name)), avro_(std::move(avro)), identity_(identity) {
  for (std::size_t i = 0; i < fields_.size(); ++i) index_.emplace(fields_[i].name, i);
  for (std::size_t i = 0; i < fields_.size(); ++i)
    for (const auto& alias : fields_[i].aliases) index_.emplace(alias, i);
}

std::optional<std::size_t> Schema::find(std::string_view name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

SchemaPtr make_schema(std::vector<Field> fields) { return std::make_shared<const Schema>(std::move(fields)); }

std::optional<DataType> wider(const DataType& left, const DataType& right) {
  if (left.type == Type::Array && right.type == Type::Array) {
    if (left.element == nullptr && right.element == nullptr) return std::nullopt;
    if (left.element == nullptr) return right;
    if (right.element == nullptr) return left;
    auto element = wider(*left.element, *right.element);
    return element ? std::optional(array_of(std::move(*element))) : std::nullopt;
  }
  const auto left_rank = whole_rank(left.type), right_rank = whole_rank(right.type);
  if (left_rank && right_rank) return *left_rank > *right_rank ? left : right;
  if (left.type == Type::Decimal && right.type == Type::Decimal)
    return decimal_of(std::max(left.precision, right.precision), std::max(left.scale, right.scale));
  const auto holds = [](const DataType& wide, const DataType& narrow) {
    switch (wide.type) {
      case Type::Float: return is_small_whole(narrow.type);
      case Type::Double: return is_small_whole(narrow.type) || narrow.type == Type::Float;
      case Type::Decimal:
        return whole_rank(narrow.type).has_value() || narrow.type == Type::Float || narrow.type == Type::Double;
      case Type::String: return narrow.type == Type::Char || narrow.type == Type::Uuid;
      default: return false;
    }
  };
  if (holds(left, right)) return left;
  if (holds(right, left)) return right;
  if (left.type == Type::Record && right.type == Type::Record) return wider_record(left, right);
  return std::nullopt;
}

DataType merged(const DataType& left, const DataType& right) {
  if (left == right) return left;
  if (auto wide = wider(left, right)) return std::move(*wide);
  if (left.type == Type::Record && right.type == Type::Record && left.record != nullptr && right.record != nullptr)
    return record_of(merged(*left.record, *right.record));
  if (left.type == Type::Array && right.type == Type::Array && left.element != nullptr && right.element != nullptr &&
      left.element->type == Type::Record && right.element->type == Type::Record)
    return array_of(merged(*left.element, *right.element));
  std::vector<DataType> options;
  add_option(options, left);
  add_option(options, right);
  if (options.size() == 1) return options[0];
  std::vector<DataType> sorted;
  for (auto& option : options) {
    const auto after = std::ranges::upper_bound(sorted, option.type, {}, &DataType::type);
    sorted.insert(after, std::move(option));
  }
  return choice_of(std::move(sorted));
}

SchemaPtr merged(const Schema& left, const Schema& right) {
  auto fields = left.fields();
  for (const auto& field : right.fields()) {
    const auto found = std::ranges::find(fields, field.name, &Field::name);
    if (found == fields.end()) {
      fields.push_back(field);
      continue;
    }
    found->type = merged(found->type, field.type);
    found->nullable = found->nullable || field.nullable;
    for (const auto& alias : field.aliases)
      if (std::ranges::count(found->aliases, alias) == 0) found->aliases.push_back(alias);
    if (!found->fallback) found->fallback = field.fallback;
  }
  return std::make_shared<const Schema>(std::move(fields), left.name());
}

bool is_wider(Type wide, Type narrow) {
  if (is_real(wide)) return is_real(narrow) && narrow < wide;
  const auto rank = whole_rank(wide), narrow_rank = whole_rank(narrow);
  return rank && narrow_rank && *narrow_rank < *rank;
}

}  // namespace flow::record

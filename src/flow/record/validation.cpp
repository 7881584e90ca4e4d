#include "flow/record/validation.h"

#include <fmt/format.h>

#include <algorithm>

namespace flow::record {
namespace {

const Converter& plain_converter() {
  static const Converter converter{Formats{}};
  return converter;
}

bool is_exactly(const Value& value, const DataType& type) {
  const auto is = [&](Kind kind) { return value.kind == kind; };
  switch (type.type) {
    case Type::Boolean: return is(Kind::Boolean);
    case Type::Byte:
    case Type::Short:
    case Type::Int:
    case Type::Long:
    case Type::BigInt:
    case Type::Float:
    case Type::Double:
    case Type::Decimal: {
      if (!value.is_number()) return false;
      const auto own = type_of(value).type;
      return own == type.type || is_wider(type.type, own);
    }
    case Type::Timestamp: return is(Kind::Timestamp);
    case Type::Date: return is(Kind::Date);
    case Type::Time: return is(Kind::Time);
    case Type::Uuid: return is(Kind::Uuid);
    case Type::Char: return is(Kind::Char);
    case Type::Enum: return value.is_text() && std::ranges::count(type.symbols, value.text()) > 0;
    case Type::String: return is(Kind::String) || is(Kind::Enum) || is(Kind::Char);
    case Type::Record: return is(Kind::Record) || is(Kind::Map);
    case Type::Map:
      return is(Kind::Map) && std::ranges::all_of(value.entries(), [&](const Entry& entry) {
               return entry.value.is_null() || is_exactly(entry.value, *type.element);
             });
    case Type::Array:
      if (is(Kind::Bytes)) return type.element != nullptr && type.element->type == Type::Byte;
      return is(Kind::Array) && std::ranges::all_of(value.items(), [&](const Value& item) {
               return item.is_null() || type.element == nullptr || is_exactly(item, *type.element);
             });
    case Type::Choice:
      return std::ranges::any_of(type.options, [&](const DataType& option) { return is_exactly(value, option); });
  }
  return false;
}

void check(const Row& row, const Schema& schema, const ValidationRules& rules, const std::string& prefix,
           Violations& violations) {
  const Projection projection(*row.schema, schema);
  for (std::size_t i = 0; i < schema.size(); ++i) {
    const auto& field = schema[i];
    const auto value = projection.value(row, i);
    const auto path = prefix + "/" + field.name;
    if (value.is_null()) {
      if (!field.nullable && !field.fallback) violations.missing.insert(path);
      continue;
    }
    if (!(rules.strict ? is_exactly(value, field.type) : plain_converter().fits(value, field.type))) {
      violations.invalid.insert(path);
      continue;
    }
    if (value.kind == Kind::Record && field.type.type == Type::Record && field.type.record != nullptr)
      check(*value.row, *field.type.record, rules, path, violations);
    if (value.kind != Kind::Array || field.type.element == nullptr || field.type.element->record == nullptr) continue;
    for (std::size_t item = 0; item < value.size; ++item)
      if (value.elements[item].kind == Kind::Record)
        check(*value.elements[item].row, *field.type.element->record, rules, fmt::format("{}[{}]", path, item),
              violations);
  }
  if (rules.allow_extra) return;
  for (std::size_t i = 0; i < row.schema->size(); ++i)
    if (row.fields[i].kind != Kind::Missing && !schema.find((*row.schema)[i].name))
      violations.extra.insert(prefix + "/" + (*row.schema)[i].name);
  for (const auto& entry : row.extra)
    if (!schema.find(entry.name)) violations.extra.insert(fmt::format("{}/{}", prefix, entry.name));
}

}  // namespace

Violations validate(const Row& row, const Schema& schema, const ValidationRules& rules) {
  Violations violations;
  check(row, schema, rules, "", violations);
  return violations;
}

void Violations::add(const Violations& more) {
  missing.insert(more.missing.begin(), more.missing.end());
  extra.insert(more.extra.begin(), more.extra.end());
  invalid.insert(more.invalid.begin(), more.invalid.end());
}

std::string Violations::text() const {
  std::vector<std::string> parts;
  const auto add = [&](std::string_view what, const std::set<std::string>& fields) {
    if (!fields.empty()) parts.push_back(fmt::format("{}: [{}]", what, fmt::join(fields, ", ")));
  };
  add("required fields that are missing", missing);
  add("fields that the schema does not have", extra);
  add("fields of another type than in the schema", invalid);
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace flow::record

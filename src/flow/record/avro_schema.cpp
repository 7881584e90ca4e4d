#include "flow/record/avro_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "flow/record/json_text.h"
#include "flow/record/value_text.h"

namespace flow::record {
namespace {

using Base = AvroType::Base;

constexpr std::pair<std::string_view, Base> kPrimitives[] = {
    {"null", Base::Null},   {"boolean", Base::Boolean}, {"int", Base::Int},     {"long", Base::Long},
    {"float", Base::Float}, {"double", Base::Double},   {"bytes", Base::Bytes}, {"string", Base::String}};

base::Failure<base::Error> wrong(std::string what) {
  return base::fail(base::ErrorKind::InvalidValue, "not an Avro schema: " + std::move(what));
}

const Value* member(const Value& object, std::string_view name) {
  for (const auto& entry : object.entries())
    if (entry.name == name) return &entry.value;
  return nullptr;
}
std::string text_member(const Value& object, std::string_view name) {
  const auto* value = member(object, name);
  return value != nullptr && value->kind == Kind::String ? std::string(value->text()) : std::string{};
}
std::vector<std::string> texts_member(const Value& object, std::string_view name) {
  std::vector<std::string> texts;
  if (const auto* list = member(object, name); list != nullptr && list->kind == Kind::Array)
    for (const auto& item : list->items())
      if (item.kind == Kind::String) texts.emplace_back(item.text());
  return texts;
}
int number_member(const Value& object, std::string_view name) {
  const auto* value = member(object, name);
  return value != nullptr && value->kind == Kind::Int ? static_cast<int>(value->whole) : 0;
}

}  // namespace

class AvroSchemaReader {
 public:
  explicit AvroSchemaReader(AvroSchema& schema) : schema_(schema) {}

  base::Result<const AvroType*> read(const Value& value, const std::string& name_space) {
    switch (value.kind) {
      case Kind::String: return reference(std::string(value.text()), name_space);
      case Kind::Array: {
        auto& type = schema_.types_.emplace_back(AvroType{.base = Base::Union});
        for (const auto& option : value.items()) {
          TRY(const auto* read_option, read(option, name_space));
          type.options.push_back(read_option);
        }
        return &type;
      }
      case Kind::Map: return object(value, name_space);
      default: return wrong("a type is a text, an object or a list");
    }
  }

 private:
  base::Result<const AvroType*> reference(const std::string& name, const std::string& name_space) {
    for (const auto& [primitive, base] : kPrimitives)
      if (name == primitive) return &schema_.types_.emplace_back(AvroType{.base = base});
    for (const auto& full : {name_space.empty() ? name : name_space + "." + name, name})
      if (const auto found = named_.find(full); found != named_.end()) return found->second;
    return wrong(fmt::format("there is no type '{}'", name));
  }

  base::Result<const AvroType*> object(const Value& value, const std::string& outer) {
    const auto* kind = member(value, "type");
    if (kind == nullptr) return wrong("an object without 'type'");
    if (kind->kind != Kind::String) return read(*kind, outer);
    const std::string type_name(kind->text());
    static const std::map<std::string, Base> kComplex{{"record", Base::Record}, {"error", Base::Record},
                                                      {"enum", Base::Enum},     {"fixed", Base::Fixed},
                                                      {"array", Base::Array},   {"map", Base::Map}};
    const auto complex = kComplex.find(type_name);
    if (complex == kComplex.end()) {
      TRY(const auto* base, reference(type_name, outer));
      if (!base->name.empty()) return base;
      auto& type = schema_.types_.emplace_back(*base);
      logical(value, type);
      return &type;
    }
    auto& type = schema_.types_.emplace_back(AvroType{.base = complex->second});
    auto name_space = outer;
    if (type.base == Base::Record || type.base == Base::Enum || type.base == Base::Fixed) {
      const auto name = text_member(value, "name");
      if (name.empty()) return wrong(fmt::format("a {} without 'name'", type_name));
      if (const auto* own = member(value, "namespace"); own != nullptr && own->kind == Kind::String)
        name_space = own->text();
      if (const auto dot = name.rfind('.'); dot != std::string::npos) {
        type.name = name;
        name_space = name.substr(0, dot);
      } else {
        type.name = name_space.empty() ? name : name_space + "." + name;
      }
      if (!named_.emplace(type.name, &type).second)
        return wrong(fmt::format("the type '{}' is there twice", type.name));
    }
    switch (type.base) {
      case Base::Record: TRY_VOID(fields(value, name_space, type)); break;
      case Base::Enum: type.symbols = texts_member(value, "symbols"); break;
      case Base::Fixed:
        type.size = static_cast<std::size_t>(std::max(0, number_member(value, "size")));
        logical(value, type);
        break;
      default: {
        const auto* element = member(value, type.base == Base::Array ? "items" : "values");
        if (element == nullptr) return wrong(fmt::format("an {} without its type of items", type_name));
        TRY(type.element, read(*element, name_space));
      }
    }
    return &type;
  }

  static void logical(const Value& value, AvroType& type) {
    type.logical = text_member(value, "logicalType");
    type.precision = number_member(value, "precision");
    type.scale = number_member(value, "scale");
  }

  base::Status fields(const Value& value, const std::string& name_space, AvroType& type) {
    const auto* list = member(value, "fields");
    if (list == nullptr || list->kind != Kind::Array) return wrong(fmt::format("'{}' has no fields", type.name));
    for (const auto& item : list->items()) {
      if (item.kind != Kind::Map) return wrong(fmt::format("a field of '{}' is no object", type.name));
      AvroField field{.name = text_member(item, "name"), .aliases = texts_member(item, "aliases")};
      const auto* field_type = member(item, "type");
      if (field.name.empty() || field_type == nullptr)
        return wrong(fmt::format("a field of '{}' has no 'name' or no 'type'", type.name));
      TRY(field.type, read(*field_type, name_space));
      if (const auto* fallback = member(item, "default"); fallback != nullptr) {
        field.fallback.emplace();
        append_json(*field.fallback, *fallback, {});
      }
      type.fields.push_back(std::move(field));
    }
    return {};
  }

  AvroSchema& schema_;
  std::map<std::string, const AvroType*> named_;
};

namespace {

/// The record types that one is being made of, so that one within itself ends.
using Open = std::set<const AvroType*>;

SchemaPtr record_schema(const AvroType& type, Open& open, std::string text = {});

DataType data_type(const AvroType& type, Open& open) {
  switch (type.base) {
    case Base::Null:
    case Base::String: return {type.logical == "uuid" ? Type::Uuid : Type::String};
    case Base::Boolean: return {Type::Boolean};
    case Base::Int:
      return {type.logical == "date" ? Type::Date : type.logical == "time-millis" ? Type::Time : Type::Int};
    case Base::Long:
      if (type.logical == "time-micros") return {Type::Time};
      return {type.logical.find("timestamp-") != std::string::npos ? Type::Timestamp : Type::Long};
    case Base::Float: return {Type::Float};
    case Base::Double: return {Type::Double};
    case Base::Bytes:
    case Base::Fixed:
      if (type.logical == "decimal") return decimal_of(type.precision, type.scale);
      return array_of({Type::Byte});
    case Base::Enum: return {.type = Type::Enum, .symbols = type.symbols};
    case Base::Array: return array_of(data_type(*type.element, open));
    case Base::Map: return map_of(data_type(*type.element, open));
    case Base::Record: return record_of(open.contains(&type) ? nullptr : record_schema(type, open));
    case Base::Union: {
      std::vector<DataType> options;
      for (const auto* option : type.options)
        if (option->base != Base::Null) options.push_back(data_type(*option, open));
      if (options.size() == 1) return options[0];
      return options.empty() ? DataType{} : choice_of(std::move(options));
    }
  }
  return {};
}

bool is_nullable(const AvroType& type) {
  if (type.base == Base::Null) return true;
  return std::ranges::any_of(type.options, [](const AvroType* option) { return option->base == Base::Null; });
}

SchemaPtr record_schema(const AvroType& type, Open& open, std::string text) {
  open.insert(&type);
  std::vector<Field> fields;
  for (const auto& field : type.fields) {
    Field made{.name = field.name,
               .type = data_type(*field.type, open),
               .fallback = field.fallback == "null" ? std::nullopt : field.fallback,
               .aliases = field.aliases,
               .nullable = is_nullable(*field.type)};
    fields.push_back(std::move(made));
  }
  open.erase(&type);
  return std::make_shared<const Schema>(std::move(fields), type.name.substr(type.name.rfind('.') + 1), std::move(text));
}

// ---- writing ----

std::string avro_name(std::string_view name) {
  if (name.empty()) return "UNNAMED_FIELD";
  std::string valid;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<signed char>(c) < 0;
    valid += letter || (c >= '0' && c <= '9' && !valid.empty()) ? c : '_';
  }
  return valid;
}

std::string quoted(std::string_view text) {
  std::string out;
  append_json_text(out, text);
  return out;
}

std::string fields_text(const Schema& schema, const std::string& prefix);

/// `base` collects what kind of type it is, for a union may not have two of one kind.
std::string type_text(const DataType& type, const std::string& field, const std::string& prefix, std::string& base) {
  const auto plain = [&](std::string_view name) {
    base = name;
    return quoted(name);
  };
  const auto logical = [&](std::string_view name, std::string_view what) {
    base = name;
    return fmt::format(R"({{"type":"{}","logicalType":"{}"}})", name, what);
  };
  std::string inner;
  switch (type.type) {
    case Type::Boolean: return plain("boolean");
    case Type::Byte:
    case Type::Short:
    case Type::Int: return plain("int");
    case Type::Long: return plain("long");
    case Type::Float: return plain("float");
    case Type::Double: return plain("double");
    case Type::Decimal:
      base = "bytes";
      return fmt::format(R"({{"type":"bytes","logicalType":"decimal","precision":{},"scale":{}}})", type.precision,
                         type.scale);
    case Type::Timestamp: return logical("long", "timestamp-millis");
    case Type::Date: return logical("int", "date");
    case Type::Time: return logical("int", "time-millis");
    case Type::Uuid: return logical("string", "uuid");
    case Type::BigInt:
    case Type::Char:
    case Type::String: return plain("string");
    case Type::Enum: {
      base = "enum";
      std::vector<std::string> symbols;
      for (const auto& symbol : type.symbols) symbols.push_back(quoted(symbol));
      return fmt::format(R"({{"type":"enum","name":{},"doc":"","symbols":[{}]}})", quoted(avro_name(field)),
                         fmt::join(symbols, ","));
    }
    case Type::Array:
      if (type.element != nullptr && type.element->type == Type::Byte) return plain("bytes");
      base = "array";
      return fmt::format(R"({{"type":"array","items":{}}})",
                         type.element == nullptr ? quoted("string") : type_text(*type.element, field, prefix, inner));
    case Type::Map:
      base = "map";
      return fmt::format(R"({{"type":"map","values":{}}})", type_text(*type.element, field, prefix, inner));
    case Type::Record:
      base = "record";
      return fmt::format(R"({{"type":"record","name":{},"fields":[{}]}})", quoted(avro_name(prefix + field + "Type")),
                         type.record == nullptr ? "" : fields_text(*type.record, prefix + field + "_"));
    case Type::Choice: {
      base = "union";
      std::vector<std::string> options, bases;
      int number = 1;
      for (const auto& option : type.options) {
        auto text = type_text(option, field, prefix, inner);
        if (std::ranges::count(bases, inner) > 0) {
          if (inner != "record") continue;
          text = type_text(option, fmt::format("{}{}", field, ++number), prefix, inner);
        }
        bases.push_back(inner);
        options.push_back(std::move(text));
      }
      return fmt::format("[{}]", fmt::join(options, ","));
    }
  }
  return plain("string");
}

std::string fields_text(const Schema& schema, const std::string& prefix) {
  std::vector<std::string> fields;
  for (const auto& field : schema.fields()) {
    std::string base;
    auto type = type_text(field.type, field.name, prefix, base);
    if (field.nullable && base == "union")
      type.replace(type.size() - 1, 1, R"(,"null"])");
    else if (field.nullable)
      type = fmt::format(R"([{},"null"])", type);
    const auto name = avro_name(field.name);
    std::vector<std::string> aliases;
    if (name != field.name) aliases.push_back(quoted(field.name));
    for (const auto& alias : field.aliases) aliases.push_back(quoted(alias));
    fields.push_back(fmt::format(R"({{"name":{},"type":{}{}{}}})", quoted(name), type,
                                 field.fallback ? ",\"default\":" + *field.fallback : "",
                                 aliases.empty() ? "" : fmt::format(",\"aliases\":[{}]", fmt::join(aliases, ","))));
  }
  return fmt::format("{}", fmt::join(fields, ","));
}

}  // namespace

base::Result<std::shared_ptr<const AvroSchema>> AvroSchema::parse(std::string_view text) {
  Arena arena;
  auto json = parse_json(text, arena);
  if (!json) return wrong(json.error().message);
  auto schema = std::make_shared<AvroSchema>();
  TRY(schema->root_, AvroSchemaReader(*schema).read(*json, ""));
  append_json(schema->text_, *json, {});  // as Avro prints it
  return std::shared_ptr<const AvroSchema>(std::move(schema));
}

DataType data_type_of(const AvroType& type) {
  Open open;
  return data_type(type, open);
}

base::Result<SchemaPtr> schema_of(const AvroSchema& avro) {
  if (avro.root().base != Base::Record) return wrong("the outermost type must be a record");
  Open open;
  return record_schema(avro.root(), open, avro.text());
}

base::Result<SchemaPtr> parse_avro_schema(std::string_view text) {
  TRY(const auto avro, AvroSchema::parse(text));
  return schema_of(*avro);
}

std::string avro_schema_text(const Schema& schema) {
  if (!schema.avro().empty()) return schema.avro();
  return fmt::format(R"({{"type":"record","name":"nifiRecord","namespace":"org.apache.nifi","fields":[{}]}})",
                     fields_text(schema, ""));
}

}  // namespace flow::record

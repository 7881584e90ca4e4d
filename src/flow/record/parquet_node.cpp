#include "flow/record/parquet_node.h"

#include <fmt/format.h>

namespace flow::record::parquet {
namespace {

using Base = AvroType::Base;

const AvroType kText{.base = Base::String};

}  // namespace

base::Result<std::unique_ptr<Node>> NodeMaker::make(const std::string& name, const AvroType& declared,
                                                    const DataType& data) {
  return make(name, declared, data, 0, 0, {}, Repetition::Required);
}

base::Result<std::unique_ptr<Node>> NodeMaker::make(const std::string& name, const AvroType& declared,
                                                    const DataType& data, int definition, int repetition,
                                                    std::vector<std::string> path, Repetition kind) {
  auto node = std::make_unique<Node>();
  node->name = name;
  node->data = data;
  node->type = &declared;
  if (declared.base == Base::Union) {
    const AvroType* only = nullptr;
    for (const auto* option : declared.options) {
      if (option->base == Base::Null)
        node->optional = true;
      else if (only == nullptr)
        only = option;
      else
        return base::fail(base::ErrorKind::Unsupported,
                          fmt::format("field '{}' may be of several types, which Parquet has no column for", name));
    }
    if (only == nullptr) return base::fail(base::ErrorKind::Unsupported, fmt::format("field '{}' has no type", name));
    node->type = only;
  }
  if (node->optional) kind = Repetition::Optional;
  path.push_back(name);
  node->definition = definition + (kind == Repetition::Required ? 0 : 1);
  node->repetition = repetition;
  TRY_VOID(describe(*node, path, kind));
  return node;
}

base::Status NodeMaker::describe(Node& node, const std::vector<std::string>& path, Repetition kind) {
  SchemaElement element{.name = node.name, .repetition = kind};
  const auto leaf = [&](Physical type, Converted converted = Converted::None) {
    element.type = type;
    element.converted = converted;
    schema_.push_back(element);
    node.column = std::make_unique<ColumnWriter>(type, path, node.definition, node.repetition, options_);
    columns_.push_back(node.column.get());
  };
  const auto& type = *node.type;
  switch (type.base) {
    case Base::Boolean: leaf(Physical::Boolean); return {};
    case Base::Int:
      leaf(Physical::Int32, node.data.type == Type::Date   ? Converted::Date
                            : node.data.type == Type::Time ? Converted::TimeMillis
                                                           : Converted::None);
      return {};
    case Base::Long: {
      const bool micros = type.logical.ends_with("-micros");
      leaf(Physical::Int64, node.data.type == Type::Time        ? Converted::TimeMicros
                            : node.data.type != Type::Timestamp ? Converted::None
                            : micros                            ? Converted::TimestampMicros
                                                                : Converted::TimestampMillis);
      return {};
    }
    case Base::Float: leaf(Physical::Float); return {};
    case Base::Double: leaf(Physical::Double); return {};
    case Base::String: leaf(Physical::ByteArray, Converted::Utf8); return {};
    case Base::Enum: leaf(Physical::ByteArray, Converted::Enum); return {};
    case Base::Bytes:
    case Base::Fixed: {
      const bool decimal = node.data.type == Type::Decimal;
      element.precision = type.precision;
      element.scale = type.scale;
      element.length = static_cast<int>(type.size);
      leaf(type.base == Base::Fixed ? Physical::FixedByteArray : Physical::ByteArray,
           decimal ? Converted::Decimal : Converted::None);
      return {};
    }
    case Base::Record: {
      if (node.data.record == nullptr)
        return base::fail(base::ErrorKind::Unsupported,
                          fmt::format("field '{}' is a record within itself, which is not supported", node.name));
      element.children = static_cast<int>(type.fields.size());
      schema_.push_back(element);
      for (std::size_t i = 0; i < type.fields.size(); ++i) {
        TRY(auto child, make(type.fields[i].name, *type.fields[i].type, (*node.data.record)[i].type, node.definition,
                             node.repetition, path, Repetition::Required));
        node.children.push_back(std::move(child));
      }
      return {};
    }
    case Base::Array: return describe_list(node, element, path);
    case Base::Map: {
      element.children = 1;
      element.converted = Converted::Map;
      schema_.push_back(element);
      schema_.push_back({.name = "key_value", .repetition = Repetition::Repeated, .children = 2});
      auto inner = path;
      inner.emplace_back("key_value");
      TRY(auto key, make("key", kText, {}, node.definition + 1, node.repetition + 1, inner, Repetition::Required));
      TRY(auto value, make("value", *type.element, *node.data.element, node.definition + 1, node.repetition + 1, inner,
                           Repetition::Required));
      node.children.push_back(std::move(key));
      node.children.push_back(std::move(value));
      return {};
    }
    default:
      return base::fail(base::ErrorKind::Unsupported, fmt::format("field '{}' has no column in Parquet", node.name));
  }
}

base::Status NodeMaker::describe_list(Node& node, SchemaElement element, std::vector<std::string> path) {
  element.children = 1;
  element.converted = Converted::List;
  schema_.push_back(element);
  const auto& type = *node.type->element;
  if (options_.old_lists) {
    // The item itself is repeated; it cannot be null.
    TRY(auto item,
        make("array", type, *node.data.element, node.definition, node.repetition + 1, path, Repetition::Repeated));
    if (item->optional) repeat("array");
    node.children.push_back(std::move(item));
    return {};
  }
  schema_.push_back({.name = "list", .repetition = Repetition::Repeated, .children = 1});
  path.emplace_back("list");
  TRY(auto item,
      make("element", type, *node.data.element, node.definition + 1, node.repetition + 1, path, Repetition::Required));
  node.children.push_back(std::move(item));
  return {};
}
/// An item that may be null in Avro is repeated all the same: the levels are as many.
void NodeMaker::repeat(std::string_view name) {
  for (auto at = schema_.rbegin(); at != schema_.rend(); ++at) {
    if (at->name != name || at->repetition != Repetition::Optional) continue;
    at->repetition = Repetition::Repeated;
    return;
  }
}

}  // namespace flow::record::parquet

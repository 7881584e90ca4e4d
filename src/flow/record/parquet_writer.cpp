#include <fmt/format.h>

#include <map>

#include "flow/record/avro_codec.h"
#include "flow/record/parquet.h"
#include "flow/record/parquet_column.h"

namespace flow::record {
namespace {

using parquet::ColumnWriter;
using parquet::Converted;
using parquet::Physical;
using parquet::Repetition;
using parquet::SchemaElement;
using Base = AvroType::Base;

/// A field of the file's schema: a leaf with a column, or a group.
struct Node {
  const AvroType* type = nullptr;  // without the null of a union
  DataType data;
  std::string name;
  bool optional = false;
  int definition = 0;  // when it is there
  int repetition = 0;  // of what is repeated in it, or around it
  std::unique_ptr<ColumnWriter> column;
  std::vector<std::unique_ptr<Node>> children;  // fields; of a map key and value; of an array its item
};

std::int64_t floor_div(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

class ParquetWriter final : public Writer {
 public:
  ParquetWriter(std::shared_ptr<const AvroSchema> avro, SchemaPtr schema, const ParquetWriteOptions& options,
                ByteSink& sink)
      : avro_(std::move(avro)), schema_(std::move(schema)), options_(options), output_(sink) {}

  base::Status begin() {
    file_.schema.push_back({.name = avro_->root().name, .children = static_cast<int>(schema_->size())});
    file_.values.emplace_back("parquet.avro.schema", avro_->text());
    file_.values.emplace_back("writer.model.name", "avro");
    for (std::size_t i = 0; i < schema_->size(); ++i) {
      const auto& field = avro_->root().fields[i];
      TRY(auto node, make(field.name, *field.type, (*schema_)[i].type, 0, 0, {}, Repetition::Required));
      nodes_.push_back(std::move(node));
    }
    finder_ = std::make_unique<FieldFinder>(schema_);
    output_.text() += parquet::kMagic;
    return {};
  }

  base::Status finish() override {
    TRY_VOID(end_group());
    file_.rows = static_cast<std::int64_t>(count());
    const auto footer = write_footer(file_);
    const auto size = static_cast<std::uint32_t>(footer.size());
    auto& out = output_.text();
    out += footer;
    out.append(reinterpret_cast<const char*>(&size), sizeof(size));
    out += parquet::kMagic;
    return output_.flush();
  }
  std::string_view mime_type() const override { return "application/parquet"; }

 protected:
  base::Status put(const Row& row) override {
    arena_.clear();
    for (std::size_t i = 0; i < nodes_.size(); ++i) TRY_VOID(write(*nodes_[i], finder_->value(row, i), 0, 0));
    ++rows_;
    // Sizes are looked at now and then: a record is small beside a page.
    if (rows_ % 64 != 0 && arena_.used() < 65536) return {};
    std::size_t bytes = 0;
    for (auto* column : columns_) {
      TRY_VOID(column->end_record());
      bytes += column->bytes();
    }
    return bytes < options_.row_group_bytes ? base::Status{} : end_group();
  }

 private:
  /// `repetition`: how often what it is in is repeated.
  base::Result<std::unique_ptr<Node>> make(const std::string& name, const AvroType& declared, const DataType& data,
                                           int definition, int repetition, std::vector<std::string> path,
                                           Repetition kind) {
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

  base::Status describe(Node& node, const std::vector<std::string>& path, Repetition kind) {
    SchemaElement element{.name = node.name, .repetition = kind};
    const auto leaf = [&](Physical type, Converted converted = Converted::None) {
      element.type = type;
      element.converted = converted;
      file_.schema.push_back(element);
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
        file_.schema.push_back(element);
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
        file_.schema.push_back(element);
        file_.schema.push_back({.name = "key_value", .repetition = Repetition::Repeated, .children = 2});
        auto inner = path;
        inner.emplace_back("key_value");
        TRY(auto key, make("key", kText, {}, node.definition + 1, node.repetition + 1, inner, Repetition::Required));
        TRY(auto value, make("value", *type.element, *node.data.element, node.definition + 1, node.repetition + 1,
                             inner, Repetition::Required));
        node.children.push_back(std::move(key));
        node.children.push_back(std::move(value));
        return {};
      }
      default:
        return base::fail(base::ErrorKind::Unsupported, fmt::format("field '{}' has no column in Parquet", node.name));
    }
  }

  base::Status describe_list(Node& node, SchemaElement element, std::vector<std::string> path) {
    element.children = 1;
    element.converted = Converted::List;
    file_.schema.push_back(element);
    const auto& type = *node.type->element;
    if (options_.old_lists) {
      // The item itself is repeated; it cannot be null.
      TRY(auto item,
          make("array", type, *node.data.element, node.definition, node.repetition + 1, path, Repetition::Repeated));
      if (item->optional) file_repetition("array", item->definition);
      node.children.push_back(std::move(item));
      return {};
    }
    file_.schema.push_back({.name = "list", .repetition = Repetition::Repeated, .children = 1});
    path.emplace_back("list");
    TRY(auto item, make("element", type, *node.data.element, node.definition + 1, node.repetition + 1, path,
                        Repetition::Required));
    node.children.push_back(std::move(item));
    return {};
  }
  /// An item that may be null in Avro is repeated all the same: the levels are as many.
  void file_repetition(std::string_view name, int) {
    for (auto at = file_.schema.rbegin(); at != file_.schema.rend(); ++at) {
      if (at->name != name || at->repetition != Repetition::Optional) continue;
      at->repetition = Repetition::Repeated;
      return;
    }
  }

  /// Nothing is there from `definition` on: each column below learns it.
  static void write_null(Node& node, int definition, int repetition) {
    if (node.column != nullptr) node.column->add_null(definition, repetition);
    for (auto& child : node.children) write_null(*child, definition, repetition);
  }

  /// `definition`: of what is around it; `repetition`: of this value.
  base::Status write(Node& node, const Value& given, int definition, int repetition) {
    if (given.is_null()) {
      if (!node.optional)
        return base::fail(base::ErrorKind::InvalidValue, fmt::format("field '{}' is null and must not be", node.name));
      write_null(node, definition, repetition);
      return {};
    }
    if (node.column == nullptr) return write_group(node, given, repetition);
    auto& column = *node.column;
    // What is of the type already, mostly.
    switch (given.kind) {
      case Kind::String:
        if (node.type->base != Base::String || node.data.type != Type::String) break;
        column.add(given.text(), repetition);
        return {};
      case Kind::Int:
        if (node.data.type != Type::Int) break;
        column.add_fixed(static_cast<std::int32_t>(given.whole), repetition);
        return {};
      case Kind::Long:
        if (node.data.type != Type::Long) break;
        column.add_fixed(given.whole, repetition);
        return {};
      case Kind::Double:
        if (node.data.type != Type::Double) break;
        column.add_fixed(given.real, repetition);
        return {};
      case Kind::Float:
        if (node.data.type != Type::Float) break;
        column.add_fixed(static_cast<float>(given.real), repetition);
        return {};
      case Kind::Boolean:
        if (node.data.type != Type::Boolean) break;
        column.add_truth(given.whole != 0, repetition);
        return {};
      default: break;
    }
    TRY(const auto value, converter_.convert(given, node.data, node.name, arena_));
    if (value.is_null()) return write(node, value, definition, repetition);
    switch (node.type->base) {
      case Base::Boolean: column.add_truth(value.whole != 0, repetition); return {};
      case Base::Int:
        column.add_fixed(
            static_cast<std::int32_t>(value.kind == Kind::Time ? floor_div(value.whole, 1000) : value.whole),
            repetition);
        return {};
      case Base::Long: {
        const bool is_time = value.kind == Kind::Time || value.kind == Kind::Timestamp;
        const bool millis = is_time && node.type->logical.ends_with("-millis");
        column.add_fixed(millis ? floor_div(value.whole, 1000) : value.whole, repetition);
        return {};
      }
      case Base::Float: column.add_fixed(static_cast<float>(value.real), repetition); return {};
      case Base::Double: column.add_fixed(value.real, repetition); return {};
      case Base::Bytes:
      case Base::Fixed:
        if (value.kind == Kind::Decimal) {
          const auto bytes = decimal_bytes(value.text(), node.type->scale, node.type->size);
          if (!bytes)
            return base::fail(base::ErrorKind::InvalidValue,
                              fmt::format("'{}' of field '{}' does not fit DECIMAL[{}, {}]", value.text(), node.name,
                                          node.type->precision, node.type->scale));
          column.add(*bytes, repetition);
          return {};
        }
        if (value.kind == Kind::Array) {
          std::string bytes;
          for (const auto& item : value.items()) bytes += static_cast<char>(whole_of(item));
          column.add(bytes, repetition);
          return {};
        }
        column.add(value.text(), repetition);
        return {};
      default: column.add(value.text(), repetition); return {};
    }
  }

  base::Status write_group(Node& node, const Value& given, int repetition) {
    TRY(const auto value, converter_.convert(given, node.data, node.name, arena_));
    switch (node.type->base) {
      case Base::Record: {
        auto& finder = finders_[&node];
        if (!finder) finder = std::make_unique<FieldFinder>(node.data.record);
        for (std::size_t i = 0; i < node.children.size(); ++i)
          TRY_VOID(write(*node.children[i], finder->value(*value.row, i), node.definition, repetition));
        return {};
      }
      case Base::Map: {
        if (value.size == 0) {
          for (auto& child : node.children) write_null(*child, node.definition, repetition);
          return {};
        }
        auto level = repetition;
        for (const auto& entry : value.entries()) {
          TRY_VOID(write(*node.children[0], Value::of(Kind::String, entry.name), node.definition + 1, level));
          TRY_VOID(write(*node.children[1], entry.value, node.definition + 1, level));
          level = node.repetition + 1;
        }
        return {};
      }
      default: {
        auto& item_node = *node.children[0];
        if (value.size == 0) {
          write_null(item_node, node.definition, repetition);
          return {};
        }
        auto level = repetition;
        const int around = options_.old_lists ? node.definition : node.definition + 1;
        for (const auto& item : value.items()) {
          if (options_.old_lists && item.is_null())
            return base::fail(
                base::ErrorKind::InvalidValue,
                fmt::format("the array '{}' has a null item, which old lists have no place for", node.name));
          TRY_VOID(write(item_node, item, around, level));
          level = node.repetition + 1;
        }
        return {};
      }
    }
  }

  base::Status end_group() {
    if (rows_ == 0) return {};
    parquet::RowGroup group{.rows = static_cast<std::int64_t>(rows_)};
    for (auto* column : columns_) {
      TRY(auto chunk, column->finish(output_.text(), output_.written() - output_.text().size()));
      group.bytes += chunk.size;
      group.columns.push_back(std::move(chunk));
      TRY_VOID(output_.pass());
    }
    file_.groups.push_back(std::move(group));
    rows_ = 0;
    return {};
  }

  static inline const AvroType kText{.base = Base::String};

  const std::shared_ptr<const AvroSchema> avro_;
  const SchemaPtr schema_;
  const ParquetWriteOptions options_;
  const Converter converter_{Formats{}};
  Output output_;
  parquet::FileMetaData file_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<ColumnWriter*> columns_;
  std::unique_ptr<FieldFinder> finder_;
  std::map<const Node*, std::unique_ptr<FieldFinder>> finders_;
  Arena arena_;
  std::uint64_t rows_ = 0;
};

}  // namespace

base::Result<std::unique_ptr<Writer>> write_parquet(const SchemaPtr& schema, const ParquetWriteOptions& options,
                                                    ByteSink& sink) {
  TRY(auto avro, AvroSchema::parse(avro_schema_text(*schema)));
  TRY(auto own, schema_of(*avro));
  auto writer = std::make_unique<ParquetWriter>(std::move(avro), std::move(own), options, sink);
  TRY_VOID(writer->begin());
  return std::unique_ptr<Writer>(std::move(writer));
}

}  // namespace flow::record

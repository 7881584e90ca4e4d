#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "flow/record/avro_codec.h"
#include "flow/record/parquet.h"
#include "flow/record/parquet_format.h"
#include "flow/record/parquet_pages.h"

namespace flow::record {
namespace {

using parquet::ColumnReader;
using parquet::Converted;
using parquet::Physical;
using parquet::Repetition;
using parquet::SchemaElement;

constexpr std::size_t kRows = 1000;

base::Failure<base::Error> wrong(std::string_view what) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("not a valid Parquet file: {}", what));
}

/// A field of the file's schema.
struct Node {
  const SchemaElement* element = nullptr;
  DataType data;
  enum class Shape { Leaf, Record, List, Map } shape = Shape::Leaf;
  int definition = 0;                           // when it is there
  int repetition = 0;                           // of its items, in a list or map
  int items = 0;                                // definition of an item that is there
  std::size_t column = 0;                       // of a leaf; else of the first below
  std::vector<std::unique_ptr<Node>> children;  // of a list its item; of a map key and value
};

/// Makes nodes of the elements, which stand depth first.
class Tree {
 public:
  explicit Tree(const std::vector<SchemaElement>& elements) : elements_(elements) {}

  base::Result<std::vector<std::unique_ptr<Node>>> build(SchemaPtr& schema) {
    std::vector<std::unique_ptr<Node>> nodes;
    std::vector<Field> fields;
    const auto count = elements_[0].children;
    for (int i = 0; i < count; ++i) {
      TRY(auto node, field(0, 0, 0));
      fields.push_back({.name = node->element->name,
                        .type = node->data,
                        .nullable = node->element->repetition == Repetition::Optional});
      nodes.push_back(std::move(node));
    }
    const auto& name = elements_[0].name;
    schema = std::make_shared<const Schema>(std::move(fields), name.substr(name.rfind('.') + 1));
    return nodes;
  }
  std::size_t columns() const { return columns_; }
  const std::vector<std::pair<int, int>>& levels() const { return levels_; }  // of columns: definition, repetition
  const std::vector<const SchemaElement*>& leaves() const { return leaves_; }

 private:
  base::Result<const SchemaElement*> next() {
    if (++at_ >= elements_.size()) return wrong("its schema ends too early");
    return &elements_[at_];
  }

  base::Result<std::unique_ptr<Node>> field(int definition, int repetition, int depth) {
    TRY(const auto* element, next());
    return node(*element, definition, repetition, depth);
  }

  /// `definition`, `repetition`: of what is around it.
  base::Result<std::unique_ptr<Node>> node(const SchemaElement& element, int definition, int repetition, int depth) {
    if (depth > 100) return wrong("its schema is nested too deeply");
    auto made = std::make_unique<Node>();
    made->element = &element;
    made->column = columns_;
    made->definition = definition + (element.repetition == Repetition::Required ? 0 : 1);
    if (element.repetition == Repetition::Repeated) {
      // A repeated field by itself is a list of items that are there.
      auto item = std::make_unique<Node>();
      item->element = &element;
      item->column = columns_;
      item->definition = made->definition;
      TRY_VOID(fill(*item, repetition + 1, depth));
      made->shape = Node::Shape::List;
      made->definition = definition;
      made->items = definition + 1;
      made->repetition = repetition + 1;
      made->data = array_of(item->data);
      made->children.push_back(std::move(item));
      return made;
    }
    TRY_VOID(fill(*made, repetition, depth));
    return made;
  }

  base::Status fill(Node& made, int repetition, int depth) {
    const auto& element = *made.element;
    const bool no_length = element.type == Physical::FixedByteArray && element.length <= 0 && element.children == 0;
    if (element.children < 0 || no_length) return wrong("a field of its schema has an impossible size");
    if (element.children == 0) {
      made.data = leaf_type(element);
      levels_.emplace_back(made.definition, repetition);
      leaves_.push_back(&element);
      ++columns_;
      return {};
    }
    const bool is_map = element.converted == Converted::Map || element.converted == Converted::MapKeyValue;
    if (is_map && element.children == 1) return fill_map(made, repetition, depth);
    if (element.converted == Converted::List && element.children == 1) return fill_list(made, repetition, depth);
    made.shape = Node::Shape::Record;
    std::vector<Field> fields;
    for (int i = 0; i < element.children; ++i) {
      TRY(auto child, field(made.definition, repetition, depth + 1));
      fields.push_back({.name = child->element->name,
                        .type = child->data,
                        .nullable = child->element->repetition == Repetition::Optional});
      made.children.push_back(std::move(child));
    }
    made.data = record_of(make_schema(std::move(fields)));
    return {};
  }

  base::Status fill_list(Node& made, int repetition, int depth) {
    TRY(const auto* inner, next());
    if (inner->repetition != Repetition::Repeated) return wrong("a list has no repeated field");
    made.shape = Node::Shape::List;
    made.repetition = repetition + 1;
    made.items = made.definition + 1;
    // The item is the repeated field itself where it is no group of one, or named as old writers did.
    const bool two_levels =
        inner->children != 1 || inner->name == "array" || inner->name == made.element->name + "_tuple";
    std::unique_ptr<Node> item;
    if (two_levels) {
      item = std::make_unique<Node>();
      item->element = inner;
      item->column = columns_;
      item->definition = made.items;
      TRY_VOID(fill(*item, repetition + 1, depth + 1));
    } else {
      TRY(item, field(made.items, repetition + 1, depth + 1));
    }
    made.data = array_of(item->data);
    made.children.push_back(std::move(item));
    return {};
  }

  base::Status fill_map(Node& made, int repetition, int depth) {
    TRY(const auto* inner, next());
    if (inner->repetition != Repetition::Repeated || inner->children != 2) return wrong("a map has no keys and values");
    made.shape = Node::Shape::Map;
    made.repetition = repetition + 1;
    made.items = made.definition + 1;
    for (int i = 0; i < 2; ++i) {
      TRY(auto child, field(made.items, repetition + 1, depth + 1));
      made.children.push_back(std::move(child));
    }
    made.data = map_of(made.children[1]->data);
    return {};
  }

  static DataType leaf_type(const SchemaElement& element) {
    if (element.converted == Converted::Decimal) return decimal_of(element.precision, element.scale);
    switch (element.type) {
      case Physical::Boolean: return {Type::Boolean};
      case Physical::Int32:
        if (element.converted == Converted::Date) return {Type::Date};
        return {element.converted == Converted::TimeMillis ? Type::Time : Type::Int};
      case Physical::Int64:
        if (element.converted == Converted::TimeMicros) return {Type::Time};
        return {element.converted == Converted::TimestampMillis || element.converted == Converted::TimestampMicros
                    ? Type::Timestamp
                    : Type::Long};
      case Physical::Int96: return {Type::Timestamp};
      case Physical::Float: return {Type::Float};
      case Physical::Double: return {Type::Double};
      case Physical::ByteArray:
        if (element.converted == Converted::None) return array_of({Type::Byte});
        return {Type::String};
      case Physical::FixedByteArray: return element.is_uuid ? DataType{Type::Uuid} : array_of({Type::Byte});
    }
    return {};
  }

  const std::vector<SchemaElement>& elements_;
  std::size_t at_ = 0;
  std::size_t columns_ = 0;
  std::vector<std::pair<int, int>> levels_;
  std::vector<const SchemaElement*> leaves_;
};

class ParquetReader final : public Reader {
 public:
  explicit ParquetReader(std::shared_ptr<const Input> input) : input_(std::move(input)) {}

  base::Status begin() {
    const auto size = input_->size();
    char tail[8];
    if (size < 12) return wrong("it is too short");
    TRY(const auto got, input_->read(size - 8, tail));
    if (got != 8 || std::string_view(tail + 4, 4) != parquet::kMagic) return wrong("it does not end with 'PAR1'");
    std::uint32_t length = 0;
    std::memcpy(&length, tail, 4);
    if (length > size - 12) return wrong("its footer is longer than the file");
    std::string footer(length, '\0');
    TRY(const auto read, input_->read(size - 8 - length, footer));
    if (read != length) return wrong("its footer is cut off");
    TRY(file_, parquet::read_footer(footer));
    Tree tree(file_.schema);
    TRY(nodes_, tree.build(schema_));
    levels_ = tree.levels();
    leaves_ = tree.leaves();
    return nodes_.empty() ? wrong("it has no columns") : base::Status{};
  }
  const SchemaPtr& schema() const override { return schema_; }

  base::Status read(Batch& batch) override {
    batch.clear();
    while (left_ == 0) {
      if (group_ == file_.groups.size()) return {};
      TRY_VOID(open_group(file_.groups[group_++]));
    }
    // Texts point into pages: those of the batch are kept until the next.
    for (auto& column : columns_) column->forget();
    for (; left_ > 0 && batch.rows.size() < kRows; --left_) {
      auto values = batch.arena.array<Value>(nodes_.size());
      for (std::size_t i = 0; i < nodes_.size(); ++i) {
        TRY(values[i], value(*nodes_[i], batch.arena));
      }
      batch.rows.push_back({.schema = schema_.get(), .fields = values.data()});
    }
    return {};
  }

 private:
  base::Status open_group(const parquet::RowGroup& group) {
    if (group.columns.size() != levels_.size())
      return wrong("a row group has another number of columns than the schema");
    columns_.clear();
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      TRY(auto column, ColumnReader::open(input_, group.columns[i], *leaves_[i], levels_[i].first, levels_[i].second));
      columns_.push_back(std::move(column));
    }
    left_ = static_cast<std::uint64_t>(group.rows);
    return {};
  }

  /// Takes what the columns below have for something that is not there.
  base::Status skip(const Node& node) {
    if (node.children.empty()) return columns_[node.column]->skip();
    for (const auto& child : node.children) TRY_VOID(skip(*child));
    return {};
  }

  base::Result<Value> value(const Node& node, Arena& arena) {
    auto& first = *columns_[node.column];
    TRY(const int definition, first.definition());
    if (node.shape == Node::Shape::Leaf) {
      if (definition < node.definition) {
        TRY_VOID(first.skip());
        return Value{};
      }
      return first.take(arena);
    }
    if (definition < node.definition) {
      TRY_VOID(skip(node));
      return Value{};
    }
    switch (node.shape) {
      case Node::Shape::Record: {
        auto values = arena.array<Value>(node.children.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
          TRY(values[i], value(*node.children[i], arena));
        }
        return Value::of(arena.make(Row{.schema = node.data.record.get(), .fields = values.data()}));
      }
      case Node::Shape::List: {
        std::vector<Value> items;
        TRY_VOID(each_item(node, definition, [&]() -> base::Status {
          TRY(const auto item, value(*node.children[0], arena));
          items.push_back(item);
          return {};
        }));
        return Value::of(std::span<const Value>(arena.copy(std::span<const Value>(items))));
      }
      default: {
        std::vector<Entry> entries;
        TRY_VOID(each_item(node, definition, [&]() -> base::Status {
          TRY(const auto key, value(*node.children[0], arena));
          TRY(const auto item, value(*node.children[1], arena));
          entries.push_back({key.is_text() ? key.text() : std::string_view{}, item});
          return {};
        }));
        return Value::of(std::span<const Entry>(arena.copy(std::span<const Entry>(entries))));
      }
    }
  }

  template <class F>
  base::Status each_item(const Node& node, int definition, F&& item) {
    if (definition < node.items) return skip(node);
    for (;;) {
      TRY_VOID(item());
      TRY(const int repetition, columns_[node.column]->repetition());
      if (repetition < node.repetition) return {};
    }
  }

  const std::shared_ptr<const Input> input_;
  parquet::FileMetaData file_;
  SchemaPtr schema_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::pair<int, int>> levels_;
  std::vector<const SchemaElement*> leaves_;
  std::vector<std::unique_ptr<ColumnReader>> columns_;
  std::size_t group_ = 0;
  std::uint64_t left_ = 0;
};

}  // namespace

base::Result<std::unique_ptr<Reader>> open_parquet(std::shared_ptr<const Input> input) {
  auto reader = std::make_unique<ParquetReader>(std::move(input));
  TRY_VOID(reader->begin());
  return std::unique_ptr<Reader>(std::move(reader));
}

}  // namespace flow::record

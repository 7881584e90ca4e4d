#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>

#include "flow/record/avro_codec.h"
#include "flow/record/parquet.h"
#include "flow/record/parquet_node.h"

namespace flow::record {
namespace {

using parquet::ColumnWriter;
using parquet::Node;
using Base = AvroType::Base;

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
    parquet::NodeMaker maker(options_, file_.schema, columns_);
    for (std::size_t i = 0; i < schema_->size(); ++i) {
      const auto& field = avro_->root().fields[i];
      TRY(auto node, maker.make(field.name, *field.type, (*schema_)[i].type));
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
    if (rows_ % kLooked != 0 && arena_.used() < 65536) return {};
    for (auto* column : columns_) TRY_VOID(column->end_record());
    return end_full_group();
  }

  /// Column by column: what one needs stays in the caches, and what its values are is decided once.
  base::Status put_all(const Batch& batch) override {
    const std::span<const Row> rows(batch.rows);
    if (rows.empty()) return {};
    const auto* const schema = rows.front().schema;
    if (std::ranges::any_of(rows, [&](const Row& row) { return row.schema != schema; })) return Writer::put_all(batch);
    for (std::size_t i = 0; i < nodes_.size(); ++i) TRY_VOID(put_column(i, rows, *schema));
    rows_ += rows.size();
    add_count(rows.size());
    return end_full_group();
  }

 private:
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

  base::Status put_column(std::size_t index, std::span<const Row> rows, const Schema& schema) {
    auto& node = *nodes_[index];
    const auto place = finder_->place(schema, index);
    for (std::size_t begin = 0; begin < rows.size(); begin += kLooked) {
      const auto some = rows.subspan(begin, std::min<std::size_t>(kLooked, rows.size() - begin));
      arena_.clear();
      if (!place) {
        for (const auto& row : some) TRY_VOID(write(node, finder_->value(row, index), 0, 0));
      } else if (node.column != nullptr) {
        TRY_VOID(put_leaf(node, some, *place));
      } else {
        for (const auto& row : some) TRY_VOID(write(node, row.fields[*place], 0, 0));
      }
      TRY_VOID(end_records(node));
    }
    return {};
  }

  base::Status put_leaf(Node& node, std::span<const Row> rows, std::size_t place) {
    auto& column = *node.column;
    const auto each = [&](Kind kind, auto&& add) -> base::Status {
      for (const auto& row : rows) {
        const auto& value = row.fields[place];
        if (value.kind == kind) [[likely]] {
          add(value);
        } else if (value.is_null() && node.optional) {
          column.add_null(0, 0);
        } else {
          TRY_VOID(write(node, value, 0, 0));
        }
      }
      return {};
    };
    switch (node.data.type) {
      case Type::String:
        if (node.type->base != Base::String) break;
        return each(Kind::String, [&](const Value& value) { column.add(value.text(), 0); });
      case Type::Int:
        return each(Kind::Int,
                    [&](const Value& value) { column.add_fixed(static_cast<std::int32_t>(value.whole), 0); });
      case Type::Long: return each(Kind::Long, [&](const Value& value) { column.add_fixed(value.whole, 0); });
      case Type::Double: return each(Kind::Double, [&](const Value& value) { column.add_fixed(value.real, 0); });
      case Type::Float:
        return each(Kind::Float, [&](const Value& value) { column.add_fixed(static_cast<float>(value.real), 0); });
      case Type::Boolean:
        return each(Kind::Boolean, [&](const Value& value) { column.add_truth(value.whole != 0, 0); });
      default: break;
    }
    for (const auto& row : rows) TRY_VOID(write(node, row.fields[place], 0, 0));
    return {};
  }

  static base::Status end_records(Node& node) {
    if (node.column != nullptr) return node.column->end_record();
    for (auto& child : node.children) TRY_VOID(end_records(*child));
    return {};
  }

  base::Status end_full_group() {
    std::size_t bytes = 0;
    for (const auto* column : columns_) bytes += column->bytes();
    return bytes < options_.row_group_bytes ? base::Status{} : end_group();
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
      TRY(auto chunk, column->finish(output_));
      group.bytes += chunk.size;
      group.columns.push_back(std::move(chunk));
    }
    file_.groups.push_back(std::move(group));
    rows_ = 0;
    return {};
  }

  static constexpr std::size_t kLooked = 64;  // records, after which a page may be full

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

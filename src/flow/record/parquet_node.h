#pragma once

#include <memory>
#include <string>
#include <vector>

#include "flow/record/avro_schema.h"
#include "flow/record/parquet_column.h"

namespace flow::record::parquet {

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

/// Makes the nodes of a file from the types of its schema.
class NodeMaker {
 public:
  /// Appends to what the file says of its schema, and the columns in its order. The references outlive this, the
  /// options the columns.
  NodeMaker(const ParquetWriteOptions& options, std::vector<SchemaElement>& schema, std::vector<ColumnWriter*>& columns)
      : options_(options), schema_(schema), columns_(columns) {}
  /// Of a field of the record itself. Errors: Unsupported names the field.
  base::Result<std::unique_ptr<Node>> make(const std::string& name, const AvroType& declared, const DataType& data);

 private:
  /// `repetition`: how often what it is in is repeated.
  base::Result<std::unique_ptr<Node>> make(const std::string& name, const AvroType& declared, const DataType& data,
                                           int definition, int repetition, std::vector<std::string> path,
                                           Repetition kind);
  base::Status describe(Node& node, const std::vector<std::string>& path, Repetition kind);
  base::Status describe_list(Node& node, SchemaElement element, std::vector<std::string> path);
  void repeat(std::string_view name);

  const ParquetWriteOptions& options_;
  std::vector<SchemaElement>& schema_;
  std::vector<ColumnWriter*>& columns_;
};

}  // namespace flow::record::parquet

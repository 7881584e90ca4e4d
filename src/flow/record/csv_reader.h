#pragma once

#include "flow/record/convert.h"
#include "flow/record/csv_format.h"
#include "flow/record/reader.h"

namespace flow::record {

struct CsvReadOptions {
  CsvFormat format;
  Formats formats;
  std::string charset = "UTF-8";
  bool has_header = false;
  bool ignore_header = false;     // its names; those of the schema count
  bool trim_double_quote = true;  // what still stands around a value
  bool plain_texts = false;       // as they are, empty ones too; the columns are STRING
  ReadOptions read = {};
};

base::Result<std::unique_ptr<Reader>> open_csv(std::shared_ptr<const Input> input, SchemaPtr schema,
                                               const CsvReadOptions& options);
/// Reads all of it. The first line says the names.
base::Result<SchemaPtr> infer_csv(std::shared_ptr<const Input> input, const CsvReadOptions& options);
/// The names of the first line, each STRING.
base::Result<SchemaPtr> csv_header_schema(std::shared_ptr<const Input> input, const CsvReadOptions& options);

}  // namespace flow::record

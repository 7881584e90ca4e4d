#pragma once

#include <string>

#include "flow/record/convert.h"
#include "flow/record/json_text.h"
#include "flow/record/reader.h"

namespace flow::record {

struct JsonReadOptions {
  Formats formats;
  JsonRules rules;
  std::string start = {};     // name of the field to begin at; empty: the root
  bool whole_schema = false;  // the schema is that of the whole text, not of what stands at `start`
  ReadOptions read = {};
};

/// The JSON objects of a text, one after the other, whether they stand in an array, in lines or in nothing.
class JsonObjects {
 public:
  JsonObjects(std::unique_ptr<TextSource> source, JsonRules rules, std::string start);
  /// The next object, a map in `arena` and in the buffer; nothing: there is no more. `wait` instead of reading on when
  /// that would take away what is there: then `waited` is set.
  base::Result<std::optional<Value>> next(Arena& arena, bool may_refill, bool& waited);

 private:
  base::Result<bool> more(bool may_refill, bool& waited);

  TextBuffer buffer_;
  const JsonRules rules_;
  const std::string start_;
  bool at_start_ = false;  // within what stands at `start`
  std::uint64_t consumed_ = 0;
};

base::Result<std::unique_ptr<Reader>> open_json(std::shared_ptr<const Input> input, SchemaPtr schema,
                                                const JsonReadOptions& options);
/// Reads all of it.
base::Result<SchemaPtr> infer_json(std::shared_ptr<const Input> input, const JsonReadOptions& options);

/// A JSON object as a record of a schema.
base::Result<Row> json_row(const Value& object, const Schema& schema, const Converter& converter,
                           const ReadOptions& options, Arena& arena);

}  // namespace flow::record

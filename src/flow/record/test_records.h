#pragma once

#include <string>

#include "flow/record/json_reader.h"
#include "flow/record/json_writer.h"

namespace flow::record {

class TextSink final : public ByteSink {
 public:
  base::Status append(std::string_view bytes) override {
    text += bytes;
    return {};
  }
  std::string text;
};

/// Writes JSON objects by a writer, and says what went wrong where something did.
enum class Taken { RowByRow, ByBatch };
inline std::string write_all(const std::string& json, const SchemaPtr& schema, Writer& writer,
                             Taken taken = Taken::RowByRow) {
  auto reader = open_json(input_of(json), schema, {});
  if (!reader) return reader.error().message;
  const auto outcome = taken == Taken::ByBatch
                           ? for_each_batch(**reader, [&](const Batch& batch) { return writer.write(batch); })
                           : for_each_row(**reader, [&](const Row& row) { return writer.write(row); });
  if (!outcome) return outcome.error().message;
  const auto finished = writer.finish();
  return finished ? "" : finished.error().message;
}

/// What a reader gives, as JSON lines; or what went wrong.
inline std::string read_all(Reader& reader) {
  TextSink sink;
  auto out = write_json(reader.schema(), {.one_per_line = true}, sink);
  if (!out) return out.error().message;
  const auto outcome = for_each_row(reader, [&](const Row& row) { return (*out)->write(row); });
  if (!outcome) return outcome.error().message;
  const auto finished = (*out)->finish();
  return finished ? sink.text : finished.error().message;
}

}  // namespace flow::record

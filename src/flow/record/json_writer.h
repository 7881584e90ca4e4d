#pragma once

#include "flow/record/writer.h"

namespace flow::record {

enum class NullSuppression { Never, Always, Missing };
enum class TimestampForm { Auto, Text, Milliseconds, Seconds };

struct JsonWriteOptions {
  Formats formats;
  bool pretty = false;
  NullSuppression suppress = NullSuppression::Never;
  bool one_per_line = false;  // instead of an array
  bool scientific = false;
  /// Records of a JSON reader that are unchanged and of the writer's schema are written as they were read.
  bool keep_original = true;
  TimestampForm timestamps = TimestampForm::Auto;
};

base::Result<std::unique_ptr<Writer>> write_json(SchemaPtr schema, const JsonWriteOptions& options, ByteSink& sink);

}  // namespace flow::record

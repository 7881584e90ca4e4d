#pragma once

#include <memory>

#include "base/result.h"
#include "flow/record/input.h"
#include "flow/record/schema.h"
#include "flow/record/value.h"

namespace flow {
class Session;
struct FlowFile;
}  // namespace flow

namespace flow::record {

/// Records of one content, some at a time.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual const SchemaPtr& schema() const = 0;
  /// Fills the batch with the next records: none at the end. Its rows point at this reader's schema and perhaps into
  /// its buffers: they are good until the next call. Errors: InvalidValue for what is malformed, or does not fit the
  /// schema.
  virtual base::Status read(Batch& batch) = 0;
};

struct ReadOptions {
  bool coerce = true;         // values become of the types of the schema
  bool drop_unknown = false;  // fields that the schema has not
};

/// What content to read, for which flowfile: its attributes may say the schema.
struct ReadRequest {
  std::shared_ptr<const Input> input;
  const Session& session;
  const FlowFile& file;
  ReadOptions options = {};
};

/// A controller service that reads records.
class ReaderFactory {
 public:
  static constexpr std::string_view kApi = "org.apache.nifi.serialization.RecordReaderFactory";
  virtual ~ReaderFactory() = default;
  virtual base::Result<std::unique_ptr<Reader>> open(const ReadRequest& request) const = 0;
  /// The content of a flowfile.
  base::Result<std::unique_ptr<Reader>> open(const Session& session, const FlowFile& file,
                                             ReadOptions options = {}) const;
};

/// Calls `use` with each batch, or with each row, until it fails.
template <class F>
base::Status for_each_batch(Reader& reader, F&& use) {
  Batch batch;
  for (;;) {
    TRY_VOID(reader.read(batch));
    if (batch.rows.empty()) return {};
    TRY_VOID(use(batch));
  }
}
template <class F>
base::Status for_each_row(Reader& reader, F&& use) {
  return for_each_batch(reader, [&](Batch& batch) -> base::Status {
    for (const auto& row : batch.rows) TRY_VOID(use(row));
    return {};
  });
}

}  // namespace flow::record

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "flow/engine/content.h"
#include "flow/engine/flow_file.h"
#include "flow/record/convert.h"
#include "flow/record/schema.h"
#include "flow/record/value.h"

namespace flow {
class Session;
}

namespace flow::record {

/// Writes records of one schema; those that come may have another, whose fields are found by name.
class Writer {
 public:
  virtual ~Writer() = default;
  base::Status write(const Row& row) {
    ++count_;
    return put(row);
  }
  /// The same for all records of a batch, column by column where the format is one of columns.
  base::Status write(const Batch& batch) { return put_all(batch); }
  /// With all fields that the record has, where the format allows it.
  base::Status write_raw(const Row& row) {
    ++count_;
    return put_raw(row);
  }
  /// Writes what is left. Nothing may be written after it.
  virtual base::Status finish() = 0;
  virtual std::string_view mime_type() const = 0;
  std::uint64_t count() const { return count_; }

 protected:
  virtual base::Status put(const Row& row) = 0;
  virtual base::Status put_all(const Batch& batch) {
    for (const auto& row : batch.rows) TRY_VOID(write(row));
    return {};
  }
  /// By who writes them himself.
  void add_count(std::uint64_t records) { count_ += records; }
  virtual base::Status put_raw(const Row& row) { return put(row); }

 private:
  std::uint64_t count_ = 0;
};

/// Collects what a writer makes, so that the sink is called with long texts only.
class Output {
 public:
  explicit Output(ByteSink& sink) : sink_(sink) {}
  std::string& text() { return text_; }
  /// After each record.
  base::Status pass() { return text_.size() < kLimit ? base::Status{} : flush(); }
  base::Status flush() {
    if (text_.empty()) return {};
    TRY_VOID(sink_.append(text_));
    written_ += text_.size();
    text_.clear();
    return {};
  }
  /// Bytes that are long already, after what is collected.
  base::Status append(std::string_view bytes) {
    TRY_VOID(flush());
    written_ += bytes.size();
    return sink_.append(bytes);
  }
  std::uint64_t written() const { return written_ + text_.size(); }

 private:
  static constexpr std::size_t kLimit = std::size_t{256} << 10;
  ByteSink& sink_;
  std::string text_;
  std::uint64_t written_ = 0;
};

/// The fields of a writer's schema in the records that come, whatever their schema.
class FieldFinder {
 public:
  explicit FieldFinder(SchemaPtr schema) : schema_(std::move(schema)) {}
  const Schema& schema() const { return *schema_; }
  /// Where the field is in records of that schema; nothing: each record must be asked, for its other fields or for
  /// what stands in place of null.
  std::optional<std::size_t> place(const Schema& from, std::size_t index);
  /// Missing when the record has no such field; a default of the schema counts.
  Value value(const Row& row, std::size_t index);

 private:
  const Projection& projection(const Schema& from);
  void read_defaults();

  const SchemaPtr schema_;
  std::vector<Projection> projections_;  // of the schemas seen
  std::size_t last_ = 0;
  std::vector<std::optional<Value>> defaults_;
  bool defaults_read_ = false;
  Arena arena_;
};

/// A controller service that writes records.
class WriterFactory {
 public:
  static constexpr std::string_view kApi = "org.apache.nifi.serialization.RecordSetWriterFactory";
  virtual ~WriterFactory() = default;
  /// The schema to write for records of the schema `read`.
  virtual base::Result<SchemaPtr> schema(const Session& session, const FlowFile& file, const SchemaPtr& read) const = 0;
  /// The sink outlives the writer.
  virtual base::Result<std::unique_ptr<Writer>> open(const Session& session, const FlowFile& file,
                                                     const SchemaPtr& schema, ByteSink& sink) const = 0;
  /// For one record by itself: without what stands around several (the brackets of a JSON array).
  virtual base::Result<std::unique_ptr<Writer>> open_alone(const Session& session, const FlowFile& file,
                                                           const SchemaPtr& schema, ByteSink& sink) const {
    return open(session, file, schema, sink);
  }
  /// Those that say the schema; "record.count" and "mime.type" are not among them.
  virtual Attributes attributes(const Schema& schema) const = 0;
};

}  // namespace flow::record

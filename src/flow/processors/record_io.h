#pragma once

#include <memory>
#include <string>

#include "flow/description.h"
#include "flow/engine/content.h"
#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/processors/held_content.h"
#include "flow/record/reader.h"
#include "flow/record/writer.h"

namespace flow {

constexpr Property kRecordReader{
    .name = "Record Reader", .old_name = "record-reader", .required = true, .service = record::ReaderFactory::kApi};
constexpr Property kRecordWriter{
    .name = "Record Writer", .old_name = "record-writer", .required = true, .service = record::WriterFactory::kApi};
constexpr Property kIncludeZeroRecords{.name = "Include Zero Record FlowFiles",
                                       .old_name = "include-zero-record-flowfiles",
                                       .help = "Whether a flowfile without records comes out",
                                       .fallback = "true",
                                       .required = true,
                                       .kind = Property::Kind::Boolean};

/// The services that those properties refer to.
struct RecordServices {
  std::shared_ptr<record::ReaderFactory> reader;
  std::shared_ptr<record::WriterFactory> writer;
  static RecordServices of(const Configuration& configuration) {
    return {configuration.service<record::ReaderFactory>(kRecordReader.name),
            configuration.service<record::WriterFactory>(kRecordWriter.name)};
  }
};

/// New content of records, for a flowfile. Dropped without finish() it leaves nothing.
class RecordOutput {
 public:
  /// Whether what a format puts around records (the brackets of a JSON array) is wanted.
  enum class Set { Several, Alone };
  /// `file`: whose attributes the writer may ask for.
  static base::Result<RecordOutput> open(Session& session, const FlowFile& file, const record::WriterFactory& factory,
                                         record::SchemaPtr schema, Set set = Set::Several);
  base::Status write(const record::Row& row) { return writer_->write(row); }
  base::Status write(const record::Batch& batch) { return writer_->write(batch); }
  base::Status write_raw(const record::Row& row) { return writer_->write_raw(row); }
  std::uint64_t count() const { return writer_->count(); }
  /// Gives the content to `into`, with "record.count", "mime.type" and what the writer says about the schema.
  base::Status finish(Session& session, FlowFile& into);

 private:
  RecordOutput() = default;
  const record::WriterFactory* factory_ = nullptr;
  record::SchemaPtr schema_;
  std::unique_ptr<HeldContent> sink_;
  std::unique_ptr<record::Writer> writer_;
};

/// A counter of records, which shows also when it is 0.
inline void count_records(Session& session, std::string_view name, std::uint64_t records) {
  session.adjust_counter(name, static_cast<std::int64_t>(records));
}

/// Of the content or the configuration of a service, not of the disk: the flowfile goes to failure.
bool is_record_error(const base::Error& error);
/// Sends the flowfile as it was to "failure".
void fail_records(const Configuration& configuration, Session& session, FlowFile& file, const base::Error& error);

/// Likewise, with "record.error.message": of the processors that change each record of a flowfile.
void fail_records_with_message(const Configuration& configuration, Session& session, FlowFile& file,
                               const base::Error& error);

}  // namespace flow

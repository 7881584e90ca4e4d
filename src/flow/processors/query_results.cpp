#include "flow/processors/query_results.h"

#include <fmt/format.h>

#include "flow/engine/quantity.h"
#include "flow/processors/record_io.h"
#include "flow/record/avro_file.h"
#include "flow/record/number_text.h"

namespace flow {
namespace {

/// Avro with the schema of the result.
class AvroResults final : public record::WriterFactory {
 public:
  explicit AvroResults(record::AvroWriteOptions options) : options_(options) {}
  base::Result<record::SchemaPtr> schema(const Session&, const FlowFile&,
                                         const record::SchemaPtr& read) const override {
    return read;
  }
  base::Result<std::unique_ptr<record::Writer>> open(const Session&, const FlowFile&, const record::SchemaPtr& schema,
                                                     ByteSink& sink) const override {
    return record::write_avro(schema, options_, sink);
  }
  Attributes attributes(const record::Schema&) const override { return {}; }

 private:
  record::AvroWriteOptions options_;
};

record::AvroCompression compression_of(std::string_view name) {
  return name == "BZIP2"     ? record::AvroCompression::Bzip2
         : name == "DEFLATE" ? record::AvroCompression::Deflate
         : name == "SNAPPY"  ? record::AvroCompression::Snappy
                             : record::AvroCompression::None;
}

base::Failure<base::Error> is_no(const Configuration& configuration, std::string_view property, std::string_view text,
                                 std::string_view what) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}, property '{}': '{}' is no {}",
                                                               configuration.error_prefix(), property, text, what));
}

}  // namespace

bool normalizes_names(const Configuration& configuration) {
  return configuration.flag(kNormalizeNames) || configuration.flag(kNormalizeNamesOfRecords);
}

base::Result<std::uint64_t> parse_count(const Configuration& configuration, std::string_view property,
                                        std::string_view text) {
  const auto value = record::parse_whole(text);
  if (!value || *value < 0) return is_no(configuration, property, text, "whole number from 0 on");
  return static_cast<std::uint64_t>(*value);
}

base::Result<int> parse_wait_seconds(const Configuration& configuration, std::string_view property,
                                     std::string_view text) {
  const auto value = parse_duration(text);
  if (!value) return is_no(configuration, property, text, "time");
  return static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(*value).count());
}

QueryResults::QueryResults(std::shared_ptr<record::WriterFactory> writer, std::string_view compression)
    : writer_(std::move(writer)), is_avro_(writer_ == nullptr) {
  if (is_avro_)
    writer_ = std::make_shared<AvroResults>(record::AvroWriteOptions{.compression = compression_of(compression)});
}

base::Result<std::uint64_t> QueryResults::write(Session& session, const FlowFile& file, FlowFile& into,
                                                database::Rows& rows, const database::ResultOptions& options,
                                                std::uint64_t most, const OnRow& on_row) const {
  const auto& columns = rows.columns();
  TRY(const auto schema, database::result_schema(columns, options));
  TRY(auto written, writer_->schema(session, file, schema));
  TRY(auto output, RecordOutput::open(session, file, *writer_, std::move(written)));
  std::vector<record::Value> row(columns.size()), fields(columns.size());
  record::Arena arena;
  while (most == 0 || output.count() < most) {
    TRY(const bool more, rows.next(row));
    if (!more) break;
    arena.clear();
    TRY_VOID(database::convert_row(columns, *schema, row, fields, arena));
    TRY_VOID(output.write({.schema = schema.get(), .fields = fields.data()}));
    if (on_row) on_row(row);
  }
  const auto count = output.count();
  TRY_VOID(output.finish(session, into));
  if (is_avro_) session.remove_attribute(into, "record.count");
  return count;
}

base::Status QueryResults::write_nothing(Session& session, FlowFile& into) const {
  TRY(auto schema, database::result_schema({}, {}));
  TRY(auto written, writer_->schema(session, into, schema));
  TRY(auto output, RecordOutput::open(session, into, *writer_, std::move(written)));
  TRY_VOID(output.finish(session, into));
  if (is_avro_) session.remove_attribute(into, "record.count");
  return {};
}

}  // namespace flow

#include "flow/processors/record_io.h"

#include <fmt/format.h>

namespace flow {
namespace {

constexpr std::size_t kKeptMax = std::size_t{1} << 20;

}  // namespace

base::Result<RecordOutput> RecordOutput::open(Session& session, const FlowFile& file,
                                              const record::WriterFactory& factory, record::SchemaPtr schema) {
  RecordOutput output;
  output.factory_ = &factory;
  output.schema_ = std::move(schema);
  output.sink_ = std::make_unique<Sink>(session);
  TRY(output.writer_, factory.open(session, file, output.schema_, *output.sink_));
  return output;
}

base::Status RecordOutput::finish(Session& session, FlowFile& into) {
  TRY_VOID(writer_->finish());
  TRY(auto content, sink_->finish());
  session.set_content(into, std::move(content));
  session.put_attribute(into, "record.count", fmt::format("{}", writer_->count()));
  session.put_attribute(into, "mime.type", std::string(writer_->mime_type()));
  for (auto& [name, value] : factory_->attributes(*schema_)) session.put_attribute(into, name, value);
  return {};
}

base::Status RecordOutput::Sink::append(std::string_view bytes) {
  if (!content_) {
    if (kept_.size() + bytes.size() <= kKeptMax) {
      kept_ += bytes;
      return {};
    }
    TRY(auto content, session_.begin_write());
    content_.emplace(std::move(content));
    TRY_VOID(content_->append(kept_));
    kept_ = {};
  }
  return content_->append(bytes);
}

base::Result<ContentClaim> RecordOutput::Sink::finish() {
  if (!content_) {
    TRY(auto content, session_.begin_write());
    TRY_VOID(content.append(kept_));
    return content.finish();
  }
  return content_->finish();
}

bool is_record_error(const base::Error& error) {
  return error.kind != base::ErrorKind::Internal && error.kind != base::ErrorKind::Unavailable;
}

void fail_records(const Configuration& configuration, Session& session, FlowFile& file, const base::Error& error) {
  session.log_error(fmt::format("{}: {}", configuration.error_prefix(), error.message));
  session.put_attribute(file, "record.error.message", error.message);
  session.transfer(file, "failure", error.message);
}

}  // namespace flow

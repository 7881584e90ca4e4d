#include "flow/processors/record_io.h"

#include <fmt/format.h>

namespace flow {

base::Result<RecordOutput> RecordOutput::open(Session& session, const FlowFile& file,
                                              const record::WriterFactory& factory, record::SchemaPtr schema) {
  RecordOutput output;
  output.factory_ = &factory;
  output.schema_ = std::move(schema);
  TRY(auto content, session.begin_write());
  output.content_ = std::make_unique<ContentWriter>(std::move(content));
  TRY(output.writer_, factory.open(session, file, output.schema_, *output.content_));
  return output;
}

base::Status RecordOutput::finish(Session& session, FlowFile& into) {
  TRY_VOID(writer_->finish());
  session.set_content(into, content_->finish());
  session.put_attribute(into, "record.count", fmt::format("{}", writer_->count()));
  session.put_attribute(into, "mime.type", std::string(writer_->mime_type()));
  for (auto& [name, value] : factory_->attributes(*schema_)) session.put_attribute(into, name, value);
  return {};
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

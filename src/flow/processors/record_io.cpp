#include "flow/processors/record_io.h"

#include <fmt/format.h>

namespace flow {
base::Result<RecordOutput> RecordOutput::open(Session& session, const FlowFile& file,
                                              const record::WriterFactory& factory, record::SchemaPtr schema, Set set) {
  RecordOutput output;
  output.factory_ = &factory;
  output.schema_ = std::move(schema);
  output.sink_ = std::make_unique<HeldContent>(session);
  TRY(output.writer_, set == Set::Alone ? factory.open_alone(session, file, output.schema_, *output.sink_)
                                        : factory.open(session, file, output.schema_, *output.sink_));
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

bool is_record_error(const base::Error& error) {
  return error.kind != base::ErrorKind::Internal && error.kind != base::ErrorKind::Unavailable;
}

void fail_records(const Configuration& configuration, Session& session, FlowFile& file, const base::Error& error) {
  session.log_error(fmt::format("{}: {}", configuration.error_prefix(), error.message));
  session.transfer(file, "failure", error.message);
}

void fail_records_with_message(const Configuration& configuration, Session& session, FlowFile& file,
                               const base::Error& error) {
  session.put_attribute(file, "record.error.message", error.message);
  fail_records(configuration, session, file, error);
}

}  // namespace flow

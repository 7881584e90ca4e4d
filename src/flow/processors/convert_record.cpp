#include "flow/processors/convert_record.h"

#include "flow/processors/record_io.h"

namespace flow {
namespace {

constexpr Property kProperties[] = {kRecordReader, kRecordWriter, kIncludeZeroRecords};
constexpr Relationship kRelationships[] = {{"success"}, {"failure", true}};

class ConvertRecord final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    services_ = RecordServices::of(configuration);
    keeps_empty_ = configuration.flag(kIncludeZeroRecords.name);
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    const auto outcome = convert(session, *file);
    if (!outcome) {
      if (!is_record_error(outcome.error())) return base::fail(outcome.error());
      fail_records_with_message(configuration, session, *file, outcome.error());
    } else if (*outcome == 0 && !keeps_empty_) {
      session.remove(*file);
    } else {
      session.transfer(*file, "success");
    }
    return {};
  }

 private:
  base::Result<std::uint64_t> convert(Session& session, FlowFile& file) const {
    TRY(const auto reader, services_.reader->open(session, file));
    TRY(auto schema, services_.writer->schema(session, file, reader->schema()));
    TRY(auto output, RecordOutput::open(session, file, *services_.writer, std::move(schema)));
    TRY_VOID(for_each_batch(*reader, [&](const record::Batch& batch) { return output.write(batch); }));
    TRY_VOID(output.finish(session, file));
    count_records(session, "Records Processed", output.count());
    return output.count();
  }

  RecordServices services_;
  bool keeps_empty_ = true;
};

}  // namespace

const Description kConvertRecord{
    .type = "org.apache.nifi.processors.standard.ConvertRecord",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Reads records in one format and writes them in another.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new ConvertRecord); },
};

}  // namespace flow

#include "flow/processors/split_record.h"

#include <fmt/format.h>

#include "flow/processors/fragments.h"
#include "flow/processors/record_io.h"
#include "flow/record/number_text.h"

namespace flow {
namespace {

constexpr Property kProperties[] = {
    kRecordReader, kRecordWriter, {.name = "Records Per Split", .required = true, .scope = Scope::FlowFile}};
constexpr Relationship kRelationships[] = {{"splits"}, {"original"}, {"failure", true}};

class SplitRecord final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    services_ = RecordServices::of(configuration);
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    std::vector<FlowFile*> pieces;
    std::uint64_t records = 0;
    Fragments fragments(session, *file, 0);
    const auto outcome = split(configuration, session, *file, pieces, records);
    if (!outcome) {
      for (auto* piece : pieces) session.remove(*piece);
      if (!is_record_error(outcome.error())) return outcome;
      fail_records(configuration, session, *file, outcome.error());
      return {};
    }
    for (auto* piece : pieces) fragments.add(*piece);
    fragments.transfer("splits", "original");
    if (records > 0) count_records(session, "Records Split", records);
    return {};
  }

 private:
  base::Status split(const Configuration& configuration, Session& session, const FlowFile& file,
                     std::vector<FlowFile*>& pieces, std::uint64_t& records) const {
    TRY(const auto text, configuration.evaluate("Records Per Split", session, file));
    const auto most = record::parse_whole(text.value_or(""));
    if (!most)
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("'Records Per Split' is '{}', not a whole number", text.value_or("")));
    TRY(const auto reader, services_.reader->open(session, file));
    TRY(const auto schema, services_.writer->schema(session, file, reader->schema()));
    // As in NiFi, a record that is to be alone is without what a format puts around several.
    const auto set = *most > 1 ? RecordOutput::Set::Several : RecordOutput::Set::Alone;
    std::optional<RecordOutput> output;
    const auto finish = [&]() -> base::Status {
      TRY_VOID(output->finish(session, *pieces.back()));
      output.reset();
      return {};
    };
    TRY_VOID(for_each_row(*reader, [&](const record::Row& row) -> base::Status {
      if (!output) {
        pieces.push_back(&session.create(file));
        TRY(auto opened, RecordOutput::open(session, *pieces.back(), *services_.writer, schema, set));
        output = std::move(opened);
      }
      TRY_VOID(output->write(row));
      ++records;
      return static_cast<std::int64_t>(output->count()) < *most ? base::Status{} : finish();
    }));
    return output ? finish() : base::Status{};
  }

  RecordServices services_;
};

}  // namespace

const Description kSplitRecord{
    .type = "org.apache.nifi.processors.standard.SplitRecord",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Makes flowfiles of at most so many records.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new SplitRecord); },
};

}  // namespace flow

#include "flow/processors/partition_record.h"

#include <fmt/format.h>

#include <deque>
#include <unordered_map>

#include "flow/processors/fragments.h"
#include "flow/processors/record_io.h"
#include "flow/processors/record_paths.h"
#include "flow/record/value_text.h"

namespace flow {
namespace {

constexpr Property kProperties[] = {kRecordReader, kRecordWriter};
constexpr Relationship kRelationships[] = {{"success"}, {"original"}, {"failure", true}};

/// The records that are alike in what the paths select.
struct Group {
  FlowFile* file = nullptr;
  std::optional<RecordOutput> output;
};

class PartitionRecord final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    services_ = RecordServices::of(configuration);
    if (configuration.dynamic().empty())
      return base::fail(base::ErrorKind::InvalidValue,
                        configuration.error_prefix() + ": needs a property whose value is a path");
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    Fragments fragments(session, *file, 0);
    std::deque<Group> groups;
    auto outcome = partition(configuration, session, *file, groups);
    for (auto& group : groups)
      if (outcome) outcome = group.output->finish(session, *group.file);
    if (!outcome) {
      for (auto& group : groups) session.remove(*group.file);
      if (!is_record_error(outcome.error())) return outcome;
      fail_records(configuration, session, *file, outcome.error());
      return {};
    }
    for (auto& group : groups) fragments.add(*group.file);
    std::uint64_t records = 0;
    for (auto& group : groups) {
      records += group.output->count();
      session.put_attribute(*group.file, "fragment.count", std::to_string(groups.size()));
      session.transfer(*group.file, "success");
    }
    if (records > 0) count_records(session, "Record Processed", records);
    session.transfer(*file, "original");
    return {};
  }

 private:
  base::Status partition(const Configuration& configuration, Session& session, const FlowFile& file,
                         std::deque<Group>& groups) const {
    TRY(const auto paths, record_paths(configuration, session, file, BlankPath::Refused));
    TRY(const auto reader, services_.reader->open(session, file));
    TRY(const auto schema, services_.writer->schema(session, file, reader->schema()));
    std::unordered_map<std::string, Group*> by_key;
    return record::for_each_batch(*reader, [&](record::Batch& batch) -> base::Status {
      for (auto& row : batch.rows) {
        std::string key;
        std::vector<std::pair<std::string_view, std::string>> attributes;
        for (const auto& [name, path] : paths) {
          TRY(const auto found, path.select(row, batch.arena));
          key += fmt::format("{} ", found.size());
          for (const auto& each : found) {
            const auto text = record::plain_text(each.value);
            key += fmt::format("{} {} {}", each.value.is_null() ? 0 : static_cast<int>(each.value.kind), text.size(),
                               text);
          }
          const bool scalar =
              found.size() == 1 && !found[0].value.is_null() && found[0].value.kind < record::Kind::Bytes;
          if (scalar) attributes.emplace_back(name, record::plain_text(found[0].value));
        }
        auto& group = by_key[key];
        if (group == nullptr) {
          group = &groups.emplace_back();
          group->file = &session.create(file);
          for (auto& [name, value] : attributes) session.put_attribute(*group->file, name, std::move(value));
          TRY(group->output, RecordOutput::open(session, *group->file, *services_.writer, schema));
        }
        TRY_VOID(group->output->write(row));
      }
      return {};
    });
  }

  RecordServices services_;
};

}  // namespace

const Description kPartitionRecord{
    .type = "org.apache.nifi.processors.standard.PartitionRecord",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Makes a flowfile of the records that are alike: each dynamic property is a path to what must be.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .dynamic = true,
    .make = [] { return std::unique_ptr<Processor>(new PartitionRecord); },
};

}  // namespace flow

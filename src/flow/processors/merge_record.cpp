#include "flow/processors/merge_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "flow/processors/bins.h"
#include "flow/processors/checked_property.h"
#include "flow/processors/record_io.h"
#include "flow/record/avro_schema.h"

namespace flow {
namespace {

constexpr Allowed kStrategies[] = {{"Bin-Packing Algorithm"}, {"Defragment"}};
constexpr Allowed kAttributeStrategies[] = {{"Keep Only Common Attributes"}, {"Keep All Unique Attributes"}};
constexpr Property kProperties[] = {
    kRecordReader,
    kRecordWriter,
    {.name = "Merge Strategy",
     .old_name = "merge-strategy",
     .help = "Fill bins, or put together what was split, by its fragment.* attributes",
     .fallback = "Bin-Packing Algorithm",
     .required = true,
     .allowed = kStrategies},
    {.name = "Correlation Attribute Name",
     .old_name = "correlation-attribute-name",
     .help = "FlowFiles with one value of this attribute go together"},
    {.name = "Attribute Strategy",
     .fallback = "Keep Only Common Attributes",
     .required = true,
     .allowed = kAttributeStrategies},
    {.name = "Minimum Number of Records",
     .old_name = "min-records",
     .fallback = "1",
     .required = true,
     .scope = Scope::Environment,
     .kind = Property::Kind::Integer},
    {.name = "Maximum Number of Records",
     .old_name = "max-records",
     .help = "A bin is complete with the flowfile that reaches it",
     .fallback = "1000",
     .scope = Scope::Environment,
     .kind = Property::Kind::Integer},
    {.name = "Minimum Bin Size",
     .old_name = "min-bin-size",
     .help = "Of the contents that are merged",
     .fallback = "0 B",
     .required = true,
     .kind = Property::Kind::Size},
    {.name = "Maximum Bin Size", .old_name = "max-bin-size", .kind = Property::Kind::Size},
    {.name = "Max Bin Age", .old_name = "max-bin-age", .kind = Property::Kind::Duration},
    {.name = "Maximum Number of Bins",
     .old_name = "max.bin.count",
     .fallback = "10",
     .required = true,
     .kind = Property::Kind::Integer},
};
constexpr Relationship kRelationships[] = {{"merged"}, {"original"}, {"failure", true}};

/// Those that only some have, where nobody says otherwise.
void add_unique_attributes(Session& session, FlowFile& merged, const std::vector<FlowFile*>& files) {
  Attributes all;
  std::set<std::string, std::less<>> conflicts{"uuid", "filename"};
  for (const auto* file : files)
    for (const auto& [name, value] : file->attributes)
      if (const auto [at, added] = all.emplace(name, value); !added && at->second != value) conflicts.insert(name);
  for (const auto& [name, value] : all)
    if (!conflicts.contains(name)) session.put_attribute(merged, name, value);
}

class MergeRecord final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    services_ = RecordServices::of(configuration);
    all_unique_ = configuration.text("Attribute Strategy") == "Keep All Unique Attributes";
    defragments_ = configuration.text("Merge Strategy") == "Defragment";
    Bins::Options options{.entries_min = configuration.integer_or("Minimum Number of Records", 1),
                          .entries_max = configuration.integer_or("Maximum Number of Records", 1000),
                          .bytes_min = configuration.size("Minimum Bin Size").value_or(0),
                          .age_max = configuration.duration("Max Bin Age"),
                          .bins_max = configuration.integer_or("Maximum Number of Bins", 10),
                          .defragments = defragments_,
                          .weigh = [this](const FlowFile& file) { return records_of(file); }};
    if (const auto most = configuration.size("Maximum Bin Size")) options.bytes_max = *most;
    if (options.entries_min > options.entries_max)
      return in_property(configuration, "Minimum Number of Records", "is more than 'Maximum Number of Records'");
    if (options.bytes_min > options.bytes_max)
      return in_property(configuration, "Minimum Bin Size", "is more than 'Maximum Bin Size'");
    entries_max_ = options.entries_max;
    bins_.configure(std::move(options));
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) override {
    const auto group = [&](const FlowFile& file) { return group_of(configuration, session, file); };
    TRY(auto ready,
        bins_.pack(session, services.clock.now(), group, [](const FlowFile&) -> base::Result<bool> { return false; }));
    base::Status outcome;
    for (auto& bin : ready) {
      auto merged = merge(configuration, services, bin);
      if (!merged) {
        session.log_error(merged.error().message);
        bin.session->rollback(true);
        if (merged.error().kind == base::ErrorKind::Unavailable) outcome = std::move(merged);
        continue;
      }
      session.did_work();
    }
    if (ready.empty() && !session.did_something()) session.yield();
    return outcome;
  }

  void stopped() override { bins_.clear(); }

 private:
  /// FlowFiles go together that have one schema. What cannot be read is alone, and fails when it is merged.
  base::Result<std::string> group_of(const Configuration& configuration, const Session& session, const FlowFile& file) {
    auto counted = count(session, file);
    if (!counted && !is_record_error(counted.error())) return std::move(counted).failure();
    {
      const std::lock_guard lock(counts_mutex_);
      counts_[file.id] = counted ? counted->first : entries_max_;
    }
    if (defragments_) return file.attribute("fragment.identifier");
    if (!counted) return "unreadable " + file.attribute("uuid");
    TRY(const auto name, configuration.evaluate_or("Correlation Attribute Name", session, file, ""));
    return fmt::format("{} {}", name.empty() ? "" : file.attribute(name), counted->second);
  }

  base::Result<std::pair<std::uint64_t, std::string>> count(const Session& session, const FlowFile& file) const {
    TRY(const auto reader, services_.reader->open(session, file));
    std::uint64_t records = 0;
    TRY_VOID(record::for_each_batch(*reader, [&](const record::Batch& batch) -> base::Status {
      records += batch.rows.size();
      return {};
    }));
    return std::pair(records, record::avro_schema_text(*reader->schema()));
  }

  std::uint64_t records_of(const FlowFile& file) {
    const std::lock_guard lock(counts_mutex_);
    const auto found = counts_.find(file.id);
    if (found == counts_.end()) return 1;
    const auto records = found->second;
    counts_.erase(found);
    return records;
  }

  base::Status merge(const Configuration& configuration, const Services& services, Bin& bin) const {
    auto& session = *bin.session;
    if (defragments_)
      std::ranges::sort(bin.files, {}, [](const FlowFile* file) {
        return std::strtoull(file->attribute("fragment.index").c_str(), nullptr, 10);
      });
    const std::vector<const FlowFile*> parents(bin.files.begin(), bin.files.end());
    auto& merged = session.create(parents);
    std::uint64_t records = 0;
    const auto outcome = defragments_ && bin.reason != "MAX_ENTRIES_THRESHOLD_REACHED"
                             ? base::fail(base::ErrorKind::InvalidValue, "fragments are missing")
                             : write(session, bin, merged, records);
    if (!outcome) {
      if (!is_record_error(outcome.error())) return outcome;
      session.log_error(fmt::format("{}: {}", configuration.error_prefix(), outcome.error().message));
      session.remove(merged);
      for (auto* file : bin.files) session.transfer(*file, "failure", outcome.error().message);
      return session.commit();
    }
    if (all_unique_) add_unique_attributes(session, merged, bin.files);
    session.put_attribute(merged, "merge.count", std::to_string(bin.files.size()));
    session.put_attribute(merged, "merge.bin.age",
                          std::to_string((services.clock.now() - bin.made).count() / 1'000'000));
    session.put_attribute(merged, "merge.completion.reason", bin.reason);
    count_records(session, "Records Merged", records);
    session.transfer(merged, "merged");
    for (auto* file : bin.files) session.put_attribute(*file, "merge.uuid", merged.attribute("uuid"));
    session.transfer_all(bin.files, "original");
    return session.commit();
  }

  base::Status write(Session& session, const Bin& bin, FlowFile& merged, std::uint64_t& records) const {
    std::optional<RecordOutput> output;
    for (const auto* file : bin.files) {
      TRY(const auto reader, services_.reader->open(session, *file));
      if (!output) {
        TRY(auto schema, services_.writer->schema(session, *file, reader->schema()));
        TRY(output, RecordOutput::open(session, *file, *services_.writer, std::move(schema)));
      }
      TRY_VOID(record::for_each_batch(*reader, [&](const record::Batch& batch) { return output->write(batch); }));
    }
    records = output->count();
    return output->finish(session, merged);
  }

  RecordServices services_;
  bool defragments_ = false;
  bool all_unique_ = false;
  std::uint64_t entries_max_ = 0;
  Bins bins_;
  std::mutex counts_mutex_;
  std::map<std::uint64_t, std::uint64_t> counts_;  // records by flowfile, until it is in a bin
};

}  // namespace

const Description kMergeRecord{
    .type = "org.apache.nifi.processors.standard.MergeRecord",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Puts the records of several flowfiles of one schema into one.",
    .properties = kProperties,
    .relationships = kRelationships,
    .when_empty = true,  // bins get older
    .make = [] { return std::unique_ptr<Processor>(new MergeRecord); },
};

}  // namespace flow

#include "flow/processors/fork_record.h"

#include <algorithm>

#include "flow/processors/record_io.h"
#include "flow/processors/record_paths.h"

namespace flow {
namespace {

using record::Kind;
using record::Selected;
using record::Value;

constexpr Allowed kModes[] = {{"split", "Split"}, {"extract", "Extract"}};
constexpr Property kProperties[] = {
    kRecordReader,
    kRecordWriter,
    {.name = "Mode",
     .old_name = "fork-mode",
     .help = "Split: the record once for each item of the array, which is then all of it. Extract: the items",
     .fallback = "split",
     .required = true,
     .allowed = kModes},
    {.name = "Include Parent Fields",
     .old_name = "include-parent-fields",
     .help = "Extracted records also get the fields of the records around them",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean}};
constexpr Relationship kRelationships[] = {{"fork"}, {"original"}, {"failure", true}};

class ForkRecord final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    services_ = RecordServices::of(configuration);
    splits_ = configuration.text("Mode") == "split";
    with_parents_ = configuration.flag("Include Parent Fields");
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    auto& forked = session.create(*file);
    const auto outcome = fork(configuration, session, *file, forked);
    if (outcome) {
      session.transfer(forked, "fork");
      session.transfer(*file, "original");
      return {};
    }
    session.remove(forked);
    if (!is_record_error(outcome.error())) return outcome;
    fail_records(configuration, session, *file, outcome.error());
    return {};
  }

 private:
  base::Status fork(const Configuration& configuration, Session& session, const FlowFile& file,
                    FlowFile& forked) const {
    TRY(const auto paths, record_paths(configuration, session, file, BlankPath::LeftOut));
    TRY(const auto reader, services_.reader->open(session, file));
    // Extracted records too, as in NiFi: a writer of their own fields has a schema that says them.
    TRY(auto schema, services_.writer->schema(session, file, reader->schema()));
    TRY(auto output, RecordOutput::open(session, forked, *services_.writer, std::move(schema)));
    std::uint64_t read = 0;
    TRY_VOID(record::for_each_batch(*reader, [&](record::Batch& batch) -> base::Status {
      for (auto& row : batch.rows) {
        ++read;
        for (const auto& [name, path] : paths) {
          TRY(const auto arrays, path.select(row, batch.arena));
          for (const auto& array : arrays) {
            if (array.value.kind != Kind::Array) continue;
            TRY_VOID(splits_ ? split(array, row, batch.arena, output) : extract(array, batch.arena, output));
          }
        }
      }
      return {};
    }));
    count_records(session, "Records Processed", read);
    count_records(session, "Records Generated", output.count());
    return output.finish(session, forked);
  }

  static base::Status split(const Selected& array, record::Row& row, record::Arena& arena, RecordOutput& output) {
    if (array.place == nullptr) return {};
    row.original = nullptr;
    for (const auto* at = &array; at != nullptr; at = at->above.empty() ? nullptr : at->above.data())
      if (at->owner != nullptr) at->owner->original = nullptr;
    const auto all = *array.place;
    for (const auto& item : all.items()) {
      *array.place = Value::of(std::span<const Value>(arena.make(item), 1));
      TRY_VOID(output.write(row));
    }
    *array.place = all;
    return {};
  }

  base::Status extract(const Selected& array, record::Arena& arena, RecordOutput& output) const {
    for (const auto& item : array.value.items()) {
      if (item.kind != Kind::Record) continue;
      auto row = *item.row;
      row.original = nullptr;
      if (with_parents_) {
        std::vector<record::Entry> extra(row.extra.begin(), row.extra.end());
        const auto add = [&](std::string_view name, const Value& value) {
          if (row.schema->find(name)) return;
          if (std::ranges::count(extra, name, &record::Entry::name) == 0) extra.push_back({name, value});
        };
        for (const auto* at = array.above.data(); at != nullptr; at = at->above.empty() ? nullptr : at->above.data()) {
          if (at->value.kind != Kind::Record) continue;
          const auto& around = *at->value.row;
          for (std::size_t i = 0; i < around.schema->size(); ++i) add((*around.schema)[i].name, around.fields[i]);
          for (const auto& entry : around.extra) add(entry.name, entry.value);
        }
        row.extra = arena.copy(std::span<const record::Entry>(extra));
      }
      TRY_VOID(output.write(row));
    }
    return {};
  }

  RecordServices services_;
  bool splits_ = true;
  bool with_parents_ = false;
};

}  // namespace

const Description kForkRecord{
    .type = "org.apache.nifi.processors.standard.ForkRecord",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Makes records of the items of arrays: each dynamic property is a path to one.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .dynamic = true,
    .make = [] { return std::unique_ptr<Processor>(new ForkRecord); },
};

}  // namespace flow

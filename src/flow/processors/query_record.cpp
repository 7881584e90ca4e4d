#include "flow/processors/query_record.h"

#include <fmt/format.h>

#include "flow/processors/record_io.h"
#include "flow/record_sql.h"

namespace flow {
namespace {

constexpr Property kProperties[] = {
    kRecordReader,
    kRecordWriter,
    kIncludeZeroRecords,
    {.name = "Cache Schema",
     .old_name = "cache-schema",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean,
     .no_effect = true},
    {.name = "Default Decimal Precision",
     .old_name = "dbf-default-precision",
     .help = "The engine always says the precision of its decimals",
     .fallback = "10",
     .required = true,
     .scope = Scope::FlowFile,
     .no_effect = true},
    {.name = "Default Decimal Scale",
     .old_name = "dbf-default-scale",
     .fallback = "0",
     .required = true,
     .scope = Scope::FlowFile,
     .no_effect = true},
};
constexpr Relationship kRelationships[] = {{"failure", true}, {"original"}};
constexpr std::string_view kRoute = "QueryRecord.Route";

class QueryRecord final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services& services) override {
    records_ = RecordServices::of(configuration);
    keeps_empty_ = configuration.flag(kIncludeZeroRecords.name);
    sql_ = services.links.record_sql;
    if (sql_ == nullptr)
      return base::fail(base::ErrorKind::Unsupported,
                        fmt::format("{}: there is no engine for queries here", configuration.error_prefix()));
    if (configuration.dynamic().empty())
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("{}: needs a property whose value is a query", configuration.error_prefix()));
    return {};
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    std::vector<Made> made;
    std::uint64_t read = 0;
    const auto outcome = query(configuration, session, *file, made, read);
    if (outcome) {
      std::uint64_t written = 0;
      for (auto& [answer, relationship, count] : made) {
        session.put_attribute(*answer, kRoute, relationship);
        session.transfer(*answer, relationship);
        session.report(EventType::Route, *answer, {.relationship = relationship});
        written += count;
      }
      count_records(session, "Records Read", read);
      if (!made.empty()) count_records(session, "Records Written", written);
      session.put_attribute(*file, kRoute, "original");
      session.transfer(*file, "original");
      return {};
    }
    for (auto& each : made) session.remove(*each.file);
    if (!is_record_error(outcome.error())) return outcome;
    session.put_attribute(*file, kRoute, "failure");
    fail_records(configuration, session, *file, outcome.error());
    return {};
  }

 private:
  struct Made {
    FlowFile* file;
    std::string relationship;
    std::uint64_t records = 0;
  };

  base::Status query(const Configuration& configuration, Session& session, const FlowFile& file,
                     std::vector<Made>& made, std::uint64_t& read) const {
    TRY(const auto reader, records_.reader->open(session, file));
    TRY(const auto table, sql_->open(reader->schema()));
    TRY_VOID(record::for_each_row(*reader, [&](const record::Row& row) {
      ++read;
      return table->append(row);
    }));
    for (const auto& dynamic : configuration.dynamic()) {
      TRY(const auto sql, session.evaluate(dynamic.value, file));
      auto answer = table->query(sql);
      if (!answer)
        return base::fail(answer.error().kind, fmt::format("'{}': {}", dynamic.name, answer.error().message));
      auto& child = session.create(file);
      made.push_back({&child, dynamic.name});
      TRY(auto schema, records_.writer->schema(session, file, (*answer)->schema()));
      TRY(auto output, RecordOutput::open(session, file, *records_.writer, std::move(schema)));
      TRY_VOID(record::for_each_row(**answer, [&](const record::Row& row) { return output.write(row); }));
      if (output.count() == 0 && !keeps_empty_) {
        made.pop_back();
        session.remove(child);
        continue;
      }
      TRY_VOID(output.finish(session, child));
      made.back().records = output.count();
    }
    return {};
  }

  RecordServices records_;
  bool keeps_empty_ = true;
  RecordSql* sql_ = nullptr;
};

}  // namespace

const Description kQueryRecord{
    .type = "org.apache.nifi.processors.standard.QueryRecord",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Asks the records with SQL, as the table FLOWFILE: each dynamic property is a query and a relationship.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .dynamic = true,
    .dynamic_relationships = true,
    .make = [] { return std::unique_ptr<Processor>(new QueryRecord); },
};

}  // namespace flow

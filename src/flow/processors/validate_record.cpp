#include "flow/processors/validate_record.h"

#include <fmt/format.h>

#include "flow/processors/record_io.h"
#include "flow/record/validation.h"
#include "flow/services/properties.h"
#include "flow/services/schema_access.h"

namespace flow {
namespace {

constexpr Allowed kSchemas[] = {{"reader-schema", "Use Reader's Schema"}, kSchemaByName, kSchemaByText};
constexpr std::array<Property, 3> kServices{{kRecordReader,
                                             kRecordWriter,
                                             {.name = "Record Writer for Invalid Records",
                                              .old_name = "invalid-record-writer",
                                              .help = "Without it they are written as the others",
                                              .service = record::WriterFactory::kApi}}};
constexpr std::array<Property, 5> kRules{{
    {.name = "Allow Extra Fields",
     .old_name = "allow-extra-fields",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Strict Type Checking",
     .old_name = "strict-type-checking",
     .help = "Whether a text that could be converted is of another type",
     .fallback = "true",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Force Types From Reader Schema",
     .old_name = "coerce-types",
     .help = "Values are converted when they are read",
     .fallback = "false",
     .required = true,
     .kind = Property::Kind::Boolean},
    {.name = "Validation Details Attribute Name",
     .old_name = "validation-details-attribute-name",
     .help = "Of invalid records: the attribute that says what is wrong with them",
     .scope = Scope::FlowFile},
    {.name = "Maximum Validation Details Length",
     .old_name = "maximum-validation-details-length",
     .fallback = "1024",
     .scope = Scope::FlowFile},
}};
/// All but the last, which is for a strategy that is not among these.
constexpr auto kSchema = [] {
  std::array<Property, schema_properties(kSchemas).size() - 1> properties{};
  for (std::size_t i = 0; i < properties.size(); ++i) properties[i] = schema_properties(kSchemas)[i];
  return properties;
}();
constexpr auto kProperties = joined(kServices, kSchema, kRules);
constexpr Relationship kRelationships[] = {{"valid"}, {"invalid"}, {"failure", true}};

class ValidateRecord final : public Processor {
 public:
  base::Status prepare(const Configuration& configuration, const Services&) override {
    services_ = RecordServices::of(configuration);
    invalid_writer_ = configuration.service<record::WriterFactory>("Record Writer for Invalid Records");
    if (invalid_writer_ == nullptr) invalid_writer_ = services_.writer;
    rules_ = {.allow_extra = configuration.flag("Allow Extra Fields"),
              .strict = configuration.flag("Strict Type Checking")};
    coerces_ = configuration.flag("Force Types From Reader Schema");
    return access_.configure(configuration);
  }

  base::Status trigger(const Configuration& configuration, const Services&, Session& session) override {
    auto* file = session.get();
    if (file == nullptr) return {};
    Part valid{.factory = *services_.writer}, invalid{.factory = *invalid_writer_};
    record::Violations violations;
    auto outcome = sort(session, *file, valid, invalid, violations);
    for (auto* part : {&valid, &invalid})
      if (outcome && part->output) outcome = part->output->finish(session, *part->file);
    if (outcome && invalid.output) outcome = describe(configuration, session, *invalid.file, violations);
    if (!outcome) {
      for (auto* part : {&valid, &invalid})
        if (part->file != nullptr) session.remove(*part->file);
      if (!is_record_error(outcome.error())) return outcome;
      fail_records(configuration, session, *file, outcome.error());
      return {};
    }
    const auto send = [&](const Part& part, std::string relationship) {
      if (part.file == nullptr) return;
      session.transfer(*part.file, relationship);
      session.report(EventType::Route, *part.file, {.relationship = std::move(relationship)});
    };
    send(valid, "valid");
    send(invalid, "invalid");
    count_records(session, "Records Validated", valid.count() + invalid.count());
    count_records(session, "Records Found Valid", valid.count());
    count_records(session, "Records Found Invalid", invalid.count());
    session.remove(*file);
    return {};
  }

 private:
  struct Part {
    const record::WriterFactory& factory;
    FlowFile* file = nullptr;
    std::optional<RecordOutput> output = {};

    std::uint64_t count() const { return output ? output->count() : 0; }
    base::Status write(Session& session, const FlowFile& whole, const record::SchemaPtr& schema,
                       const record::Row& row) {
      if (!output) {
        file = &session.create(whole);
        TRY(output, RecordOutput::open(session, *file, factory, schema));
      }
      return output->write_raw(row);
    }
  };

  base::Status sort(Session& session, const FlowFile& file, Part& valid, Part& invalid,
                    record::Violations& violations) const {
    TRY(const auto reader, services_.reader->open(session, file, {.coerce = coerces_}));
    TRY(const auto schema,
        access_.is("reader-schema") ? base::Result<record::SchemaPtr>(reader->schema()) : access_.find(session, file));
    return record::for_each_row(*reader, [&](const record::Row& row) -> base::Status {
      const auto found = record::validate(row, *schema, rules_);
      if (found.empty()) return valid.write(session, file, schema, row);
      violations.add(found);
      return invalid.write(session, file, reader->schema(), row);
    });
  }

  static base::Status describe(const Configuration& configuration, Session& session, FlowFile& file,
                               const record::Violations& violations) {
    TRY(const auto name, configuration.evaluate("Validation Details Attribute Name", session, file));
    if (name.value_or("").empty()) return {};
    TRY(const auto most, configuration.evaluate("Maximum Validation Details Length", session, file));
    auto text = violations.text();
    const auto limit = static_cast<std::size_t>(std::strtoul(most.value_or("1024").c_str(), nullptr, 10));
    if (text.size() > limit) text.resize(limit);
    session.put_attribute(file, *name, std::move(text));
    return {};
  }

  RecordServices services_;
  std::shared_ptr<record::WriterFactory> invalid_writer_;
  SchemaAccess access_;
  record::ValidationRules rules_;
  bool coerces_ = false;
};

}  // namespace

const Description kValidateRecord{
    .type = "org.apache.nifi.processors.standard.ValidateRecord",
    .bundle = "org.apache.nifi:nifi-standard-nar",
    .help = "Sends records that are as a schema says, and others, to relationships of their own.",
    .properties = kProperties,
    .relationships = kRelationships,
    .batches = true,
    .make = [] { return std::unique_ptr<Processor>(new ValidateRecord); },
};

}  // namespace flow

#include "flow/processors/s3_listing.h"

#include <array>

namespace flow {
namespace {

using record::Kind;
using record::Value;

const record::SchemaPtr& listing_schema() {
  using record::Type;
  const auto field = [](std::string name, record::DataType type, bool nullable = false) {
    return record::Field{.name = std::move(name), .type = std::move(type), .nullable = nullable};
  };
  static const auto schema = record::make_schema(
      {field("key", {.type = Type::String}), field("bucket", {.type = Type::String}),
       field("owner", {.type = Type::String}, true), field("etag", {.type = Type::String}),
       field("lastModified", {.type = Type::Timestamp}), field("size", {.type = Type::Long}),
       field("storageClass", {.type = Type::String}), field("latest", {.type = Type::Boolean}),
       field("versionId", {.type = Type::String}, true), field("tags", record::map_of({.type = Type::String}), true),
       field("userMetadata", record::map_of({.type = Type::String}), true)});
  return schema;
}

Value text_or_null(std::string_view text) { return text.empty() ? Value{} : Value::of(Kind::String, text); }

Value map_or_null(const std::optional<NamedTexts>& texts, record::Arena& arena) {
  if (!texts) return {};
  auto entries = arena.array<record::Entry>(texts->size());
  for (std::size_t i = 0; i < texts->size(); ++i)
    entries[i] = {(*texts)[i].first, Value::of(Kind::String, (*texts)[i].second)};
  return Value::of(std::span<const record::Entry>(entries));
}

base::Failure<base::Error> plain_error(const ObjectError& error) {
  return base::fail(error.kind, error.code.empty() ? error.message : error.code + ": " + error.message);
}

}  // namespace

base::Result<S3ListingOutput> S3ListingOutput::open(Session& session, ObjectTarget& target, Options options,
                                                    const record::WriterFactory* writer) {
  S3ListingOutput output(session, target, std::move(options));
  if (writer == nullptr) return output;
  output.records_file_ = &session.create();
  TRY(auto schema, writer->schema(session, *output.records_file_, listing_schema()));
  TRY(output.records_, RecordOutput::open(session, *output.records_file_, *writer, std::move(schema)));
  return output;
}

base::Status S3ListingOutput::add(const ListedObject& object) {
  TRY(const auto more, more_of(object));
  ++count_;
  if (records_) return write_record(object, more);
  auto& file = session_.create();
  put_attributes(file, object, more);
  session_.transfer(file, "success");
  if (++uncommitted_ < options_.batch) return {};
  uncommitted_ = 0;
  return session_.commit();
}

base::Status S3ListingOutput::finish() {
  if (!records_) return {};
  if (count_ == 0) {
    session_.remove(*records_file_);
    return {};
  }
  TRY_VOID(records_->finish(session_, *records_file_));
  session_.put_attribute(*records_file_, "s3.region", options_.region);
  session_.transfer(*records_file_, "success");
  return {};
}

base::Result<S3ListingOutput::More> S3ListingOutput::more_of(const ListedObject& object) {
  More more;
  const ObjectName name{.bucket = options_.listing.bucket,
                        .key = object.key,
                        .version = object.version,
                        .requester_pays = options_.listing.requester_pays};
  // What is gone meanwhile has no more to say.
  if (options_.details.tags) {
    auto tags = target_.tags(name);
    if (!tags && tags.error().kind != base::ErrorKind::NotFound) return plain_error(tags.error());
    more.tags = tags ? std::move(*tags) : NamedTexts{};
  }
  if (options_.details.metadata) {
    auto facts = target_.head(name);
    if (!facts && facts.error().kind != base::ErrorKind::NotFound) return plain_error(facts.error());
    more.metadata = facts ? std::move(facts->metadata) : NamedTexts{};
  }
  return more;
}

void S3ListingOutput::put_attributes(FlowFile& file, const ListedObject& object, const More& more) {
  auto& attributes = file.attributes;
  attributes["filename"] = object.key;
  attributes["s3.bucket"] = options_.listing.bucket;
  attributes["s3.region"] = options_.region;
  if (!object.owner.empty()) attributes["s3.owner"] = object.owner;
  attributes["s3.etag"] = object.etag;
  attributes["s3.lastModified"] = std::to_string(object.modified_ms);
  attributes["s3.length"] = std::to_string(object.size);
  attributes["s3.storeClass"] = object.storage_class;
  attributes["s3.isLatest"] = object.is_latest ? "true" : "false";
  if (!object.version.empty()) attributes["s3.version"] = object.version;
  if (more.tags)
    for (const auto& [name, value] : *more.tags) attributes["s3.tag." + name] = value;
  if (more.metadata)
    for (const auto& [name, value] : *more.metadata) attributes["s3.user.metadata." + name] = value;
}

base::Status S3ListingOutput::write_record(const ListedObject& object, const More& more) {
  record::Arena arena;
  const std::array<Value, 11> values{
      Value::of(Kind::String, std::string_view(object.key)),
      Value::of(Kind::String, std::string_view(options_.listing.bucket)),
      text_or_null(object.owner),
      Value::of(Kind::String, std::string_view(object.etag)),
      Value::of(Kind::Timestamp, object.modified_ms * 1000),
      Value::of(Kind::Long, static_cast<std::int64_t>(object.size)),
      Value::of(Kind::String, std::string_view(object.storage_class)),
      Value::of(Kind::Boolean, std::int64_t{object.is_latest}),
      text_or_null(object.version == "null" ? std::string_view{} : std::string_view(object.version)),
      map_or_null(more.tags, arena),
      map_or_null(more.metadata, arena)};
  return records_->write({.schema = listing_schema().get(), .fields = values.data()});
}

}  // namespace flow

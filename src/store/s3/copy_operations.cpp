#include <fmt/format.h>

#include <algorithm>

#include "store/checksum.h"
#include "store/s3/access.h"
#include "store/s3/conditions.h"
#include "store/s3/operations.h"
#include "store/s3/time_text.h"
#include "store/s3/write_request.h"
#include "store/s3/xml.h"

namespace store::s3 {
namespace {

struct Source {
  CopySource source;
  ObjectDetails details;
};

/// The source as the header names it: [/]bucket/key[?versionId=...], encoded once, or not at all.
S3Result<CopySource> parse_copy_source(std::string_view header) {
  CopySource source;
  constexpr std::string_view kVersion = "?versionId=";
  if (const auto at = header.rfind(kVersion); at != std::string_view::npos) {
    source.read.version = header.substr(at + kVersion.size());
    header = header.substr(0, at);
  }
  auto path = http::percent_decode(header);
  if (path.starts_with('/')) path.erase(0, 1);
  const auto slash = path.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == path.size())
    return refuse(400, "InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  source.bucket = path.substr(0, slash);
  source.key = path.substr(slash + 1);
  return source;
}

/// The source, which the caller may read and which meets its conditions.
S3Result<Source> open_source(ServiceContext& context, const Call& call) {
  auto parsed = parse_copy_source(call.header("x-amz-copy-source").value_or(""));
  if (!parsed) return S3Failure(parsed.error());
  auto key = customer_key(context, call, "x-amz-copy-source-");
  if (!key) return S3Failure(key.error());
  parsed->read.customer_key = std::move(*key);
  const auto bucket = context.store.find_bucket(parsed->bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  const auto* action = parsed->read.version.empty() ? "s3:GetObject" : "s3:GetObjectVersion";
  if (!may_on_key(context, call, *bucket, action, parsed->key, parsed->read.version))
    return refuse(403, "AccessDenied", "Access Denied");
  const auto reader = context.store.open_reader(parsed->bucket, parsed->key, parsed->read);
  if (!reader) {
    if (reader.error().kind == base::ErrorKind::Conflict)
      return refuse(400, "InvalidRequest",
                    "The source of a copy request may not specifically refer to a delete marker.");
    return S3Failure(to_s3(reader.error()));
  }
  if (check_conditions(call, (*reader)->details().info, context.clock.now(), kSourceConditions) != Outcome::Go)
    return refuse(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
  return Source{std::move(*parsed), (*reader)->details()};
}

}  // namespace

ReplyResult copy_object(ServiceContext& context, const Call& call) {
  const auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  auto source = open_source(context, call);
  if (!source) return S3Failure(source.error());
  auto write = read_write_request(context, call, *bucket);
  if (!write) return S3Failure(write.error());
  const auto directive = call.header("x-amz-metadata-directive").value_or("COPY");
  const auto tagging = call.header("x-amz-tagging-directive").value_or("COPY");
  for (const auto& value : {directive, tagging})
    if (value != "COPY" && value != "REPLACE")
      return refuse(400, "InvalidArgument", "Unknown metadata or tagging directive: " + value);
  CopyOptions options{.settings = write->settings, .encryption = std::move(write->encryption), .commit = write->commit};
  options.commit.expected_md5.clear();
  if (directive == "REPLACE") options.replace_attributes = write->attributes;
  if (tagging == "REPLACE") options.replace_tags = write->settings.tags;
  const bool same =
      source->source.bucket == call.bucket && source->source.key == call.key && source->source.read.version.empty();
  const bool changes = directive == "REPLACE" || tagging == "REPLACE" || call.header("x-amz-storage-class") ||
                       call.header("x-amz-website-redirect-location") ||
                       options.encryption.encryption != source->details.encryption;
  if (same && !changes)
    return refuse(400, "InvalidRequest",
                  "This copy request is illegal because it is trying to copy an object to itself without changing the "
                  "object's metadata, storage class, website redirect location or encryption attributes.");
  if (!options.replace_attributes && !write->attributes.storage_class.empty()) {
    options.replace_attributes = source->details.attributes;
    options.replace_attributes->storage_class = write->attributes.storage_class;
  }
  if (const auto name = call.header("x-amz-checksum-algorithm")) {
    options.checksum = checksum_algorithm_of(*name);
    if (!options.checksum) return refuse(400, "InvalidRequest", "The checksum algorithm is not supported: " + *name);
  }
  const auto copied = context.store.copy(source->source, call.bucket, call.key, std::move(options));
  if (!copied) return S3Failure(to_s3(copied.error()));
  XmlWriter xml("CopyObjectResult");
  xml.text("LastModified", iso_time(copied->info.last_modified)).text("ETag", quoted(copied->info.etag));
  if (copied->checksum) {
    xml.text("Checksum" + upper_name_of(copied->checksum->algorithm), copied->checksum->value);
    xml.text("ChecksumType", name_of(copied->checksum->type));
  }
  auto reply = xml_reply(xml.take());
  const auto from = context.store.find_bucket(source->source.bucket);
  if (from && from->versioning != Versioning::Never)
    reply.headers.add("x-amz-copy-source-version-id", version_id(source->details.info));
  if (bucket->versioning != Versioning::Never) reply.headers.add("x-amz-version-id", version_id(copied->info));
  add_encryption(reply.headers, copied->encryption, call);
  return reply;
}

namespace {

/// "bytes=a-b", both bounds needed and inside of the source.
S3Result<std::optional<ByteRange>> read_source_range(const Call& call, std::uint64_t size) {
  const auto header = call.header("x-amz-copy-source-range");
  if (!header) return std::nullopt;
  constexpr std::string_view kUnit = "bytes=";
  const auto text = std::string_view(*header).substr(std::min(kUnit.size(), header->size()));
  const auto dash = text.find('-');
  const auto first = number_of(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? std::nullopt : number_of(text.substr(dash + 1));
  if (!header->starts_with(kUnit) || !first || !last || *last < *first)
    return refuse(400, "InvalidArgument",
                  "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
                  "zero-based offsets of the first and last bytes to copy");
  if (*last >= size)
    return refuse(416, "InvalidRange", fmt::format("Range specified is not valid for source object of size: {}", size));
  return std::optional(ByteRange{*first, *last - *first + 1});
}

}  // namespace

ReplyResult copy_part(ServiceContext& context, const Call& call) {
  const auto number = integer_parameter(call, "partNumber", 0);
  if (!number) return S3Failure(number.error());
  const auto id = call.parameter("uploadId").value_or("");
  const auto upload = context.store.find_upload(call.bucket, call.key, id);
  if (!upload) return S3Failure(to_s3(upload.error()));
  const auto source = open_source(context, call);
  if (!source) return S3Failure(source.error());
  const auto range = read_source_range(call, source->details.info.size);
  if (!range) return S3Failure(range.error());
  auto key = customer_key(context, call);
  if (!key) return S3Failure(key.error());
  const auto part =
      context.store.copy_part(source->source, *range, call.bucket, call.key, id, *number, std::move(*key));
  if (!part) return S3Failure(to_s3(part.error()));
  XmlWriter xml("CopyPartResult");
  xml.text("LastModified", iso_time(part->last_modified)).text("ETag", quoted(part->etag));
  if (part->checksum) xml.text("Checksum" + upper_name_of(part->checksum->algorithm), part->checksum->value);
  auto reply = xml_reply(xml.take());
  add_encryption(reply.headers, upload->encryption, call);
  const auto from = context.store.find_bucket(source->source.bucket);
  if (from && from->versioning != Versioning::Never)
    reply.headers.add("x-amz-copy-source-version-id", version_id(source->details.info));
  return reply;
}

}  // namespace store::s3

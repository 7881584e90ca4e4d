#include <fmt/format.h>

#include <algorithm>

#include "store/checksum.h"
#include "store/s3/access.h"
#include "store/s3/conditions.h"
#include "store/s3/documents/xml_reader.h"
#include "store/s3/listing_text.h"
#include "store/s3/operations.h"
#include "store/s3/time_text.h"
#include "store/s3/write_request.h"
#include "store/s3/xml.h"

namespace store::s3 {
namespace {

/// Algorithm and type of the checksum that the parts and the object will have.
S3Result<bool> read_upload_checksum(const Call& call, UploadOptions& options) {
  const auto name = call.header("x-amz-checksum-algorithm");
  const auto type = call.header("x-amz-checksum-type");
  if (!name) {
    if (!type) return true;
    return refuse(400, "InvalidRequest",
                  "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
  }
  options.checksum = checksum_algorithm_of(*name);
  if (!options.checksum) return refuse(400, "InvalidRequest", "The checksum algorithm is not supported: " + *name);
  options.checksum_type = default_type(*options.checksum);
  if (type) options.checksum_type = *type == "FULL_OBJECT" ? ChecksumType::FullObject : ChecksumType::Composite;
  if ((type && *type != name_of(options.checksum_type)) || !allows(*options.checksum, options.checksum_type))
    return refuse(400, "InvalidRequest",
                  fmt::format("The {} checksum type cannot be used with the {} checksum algorithm.", *type, *name));
  return true;
}

/// The parts that the client lists.
S3Result<std::vector<CompletedPart>> read_completed_parts(const Call& call) {
  const auto document = XmlDocument::parse(call.body, "CompleteMultipartUpload");
  if (!document) return S3Failure(document.error());
  std::vector<CompletedPart> parts;
  for (const auto& element : document->root().children("Part")) {
    const auto number = element.integer_of("PartNumber");
    if (!number) return S3Failure(number.error());
    CompletedPart part{.number = static_cast<int>(number->value_or(0)),
                       .etag = unquoted(element.text_of("ETag").value_or(""))};
    for (const auto& child : element.children())
      if (child.name().starts_with("Checksum") && child.name() != "ChecksumType") part.checksum = child.text();
    if (part.number < 1 || part.etag.empty()) return malformed_xml("A part needs its number and its ETag.");
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return malformed_xml("There are no parts.");
  return parts;
}

/// What the request says of the object as a whole: its checksum and its size.
S3Result<CommitOptions> read_complete_options(const ServiceContext& context, const Call& call) {
  CommitOptions options;
  WriteRequest digests;
  if (auto read = read_digests(call, digests); !read) return S3Failure(read.error());
  options.expected_checksum = digests.commit.expected_checksum;
  options.origin = origin_of(call);
  options.conditions.if_match = unquoted(call.header("if-match").value_or(""));
  options.conditions.if_none_match = unquoted(call.header("if-none-match").value_or(""));
  auto key = customer_key(context, call);
  if (!key) return S3Failure(key.error());
  options.customer_key = std::move(*key);
  if (const auto size = call.header("x-amz-mp-object-size")) {
    options.expected_size = number_of(*size);
    if (!options.expected_size)
      return refuse(400, "InvalidRequest", "The x-amz-mp-object-size header is not a number: " + *size);
  }
  return options;
}

void write_owners(XmlWriter& xml, const ServiceContext& context, const BucketInfo& bucket, const std::string& owner) {
  const auto shown = owner_of(context, owner, bucket);
  for (const auto* element : {"Initiator", "Owner"}) write_owner(xml, element, shown);
}

}  // namespace

ReplyResult create_upload(ServiceContext& context, const Call& call) {
  const auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  auto write = read_write_request(context, call, *bucket);
  if (!write) return S3Failure(write.error());
  UploadOptions options{.attributes = std::move(write->attributes),
                        .settings = std::move(write->settings),
                        .encryption = std::move(write->encryption)};
  if (auto read = read_upload_checksum(call, options); !read) return S3Failure(read.error());
  Reply reply;
  if (options.checksum) {
    reply.headers.add("x-amz-checksum-algorithm", upper_name_of(*options.checksum));
    reply.headers.add("x-amz-checksum-type", std::string(name_of(options.checksum_type)));
  }
  add_encryption(reply.headers, options.encryption.encryption, call);
  const auto id = context.store.create_upload(call.bucket, call.key, std::move(options));
  if (!id) return S3Failure(to_s3(id.error()));
  // One client reads the third element, whatever its name.
  reply.body = XmlWriter("InitiateMultipartUploadResult")
                   .text("Bucket", call.bucket)
                   .text("Key", call.key)
                   .text("UploadId", *id)
                   .take();
  reply.headers.add("Content-Type", "application/xml");
  return reply;
}

ReplyResult complete_upload(ServiceContext& context, const Call& call) {
  auto parts = read_completed_parts(call);
  if (!parts) return S3Failure(parts.error());
  auto options = read_complete_options(context, call);
  if (!options) return S3Failure(options.error());
  const auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  const auto done = context.store.complete_upload(call.bucket, call.key, call.parameter("uploadId").value_or(""),
                                                  std::move(*parts), std::move(*options));
  if (!done) return S3Failure(to_s3(done.error()));
  XmlWriter xml("CompleteMultipartUploadResult");
  const auto host = std::string(call.request->headers.get("host"));
  xml.text("Location", fmt::format("{}://{}{}", call.is_encrypted ? "https" : "http", host, call.request->path()));
  xml.text("Bucket", call.bucket).text("Key", call.key).text("ETag", quoted(done->info.etag));
  if (done->checksum) {
    xml.text("Checksum" + upper_name_of(done->checksum->algorithm), done->checksum->value);
    xml.text("ChecksumType", name_of(done->checksum->type));
  }
  auto reply = xml_reply(xml.take());
  add_encryption(reply.headers, done->encryption, call);
  auto headers = written_headers(*bucket, *done);
  headers.remove("ETag");
  for (const auto& [name, value] : headers.lines()) reply.headers.add(name, value);
  return reply;
}

ReplyResult abort_upload(ServiceContext& context, const Call& call) {
  return done(context.store.abort_upload(call.bucket, call.key, call.parameter("uploadId").value_or("")), 204);
}

ReplyResult list_parts(ServiceContext& context, const Call& call) {
  const auto id = call.parameter("uploadId").value_or("");
  const auto marker = integer_parameter(call, "part-number-marker", 0),
             max_parts = integer_parameter(call, "max-parts", 1000);
  if (!marker) return S3Failure(marker.error());
  if (!max_parts) return S3Failure(max_parts.error());
  const auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  const auto upload = context.store.find_upload(call.bucket, call.key, id);
  if (!upload) return S3Failure(to_s3(upload.error()));
  auto parts = context.store.list_parts(call.bucket, call.key, id);
  if (!parts) return S3Failure(to_s3(parts.error()));
  std::erase_if(*parts, [&](const PartInfo& part) { return part.number <= *marker; });
  const auto limit = static_cast<std::size_t>(std::min(*max_parts, 1000));
  const bool truncated = parts->size() > limit;
  if (truncated) parts->resize(limit);
  XmlWriter xml("ListPartsResult");
  xml.text("Bucket", call.bucket).text("Key", call.key).text("UploadId", id);
  write_owners(xml, context, *bucket, upload->settings.owner);
  xml.text("StorageClass", shown_class(upload->storage_class));
  xml.number("PartNumberMarker", static_cast<std::uint64_t>(*marker));
  xml.number("NextPartNumberMarker", static_cast<std::uint64_t>(parts->empty() ? 0 : parts->back().number));
  xml.number("MaxParts", limit).flag("IsTruncated", truncated);
  if (upload->checksum)
    xml.text("ChecksumAlgorithm", upper_name_of(*upload->checksum))
        .text("ChecksumType", name_of(upload->checksum_type));
  for (const auto& part : *parts) {
    xml.open("Part").number("PartNumber", static_cast<std::uint64_t>(part.number));
    xml.text("LastModified", iso_time(part.last_modified)).text("ETag", quoted(part.etag)).number("Size", part.size);
    if (part.checksum) xml.text("Checksum" + upper_name_of(part.checksum->algorithm), part.checksum->value);
    xml.close();
  }
  return xml_reply(xml.take());
}

ReplyResult list_uploads(ServiceContext& context, const Call& call) {
  const auto list = read_list_request(call, "max-uploads");
  if (!list) return S3Failure(list.error());
  UploadListOptions options{.prefix = list->prefix,
                            .delimiter = list->delimiter,
                            .key_marker = call.parameter("key-marker").value_or(""),
                            .upload_marker = call.parameter("upload-id-marker").value_or(""),
                            .max_uploads = list->max_keys};
  const auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  const auto listing = context.store.list_uploads(call.bucket, options);
  if (!listing) return S3Failure(to_s3(listing.error()));
  XmlWriter xml("ListMultipartUploadsResult");
  xml.text("Bucket", call.bucket).text("KeyMarker", list->shown(options.key_marker));
  xml.text("UploadIdMarker", options.upload_marker);
  if (listing->truncated)
    xml.text("NextKeyMarker", list->shown(listing->next_key)).text("NextUploadIdMarker", listing->next_upload);
  xml.text("Prefix", list->shown(options.prefix));
  if (!options.delimiter.empty()) xml.text("Delimiter", list->shown(options.delimiter));
  if (list->encoded) xml.text("EncodingType", "url");
  xml.number("MaxUploads", static_cast<std::uint64_t>(options.max_uploads)).flag("IsTruncated", listing->truncated);
  for (const auto& upload : listing->uploads) {
    xml.open("Upload").text("Key", list->shown(upload.key)).text("UploadId", upload.id);
    write_owners(xml, context, *bucket, upload.settings.owner);
    xml.text("StorageClass", shown_class(upload.storage_class));
    xml.text("Initiated", iso_time(upload.initiated));
    if (upload.checksum)
      xml.text("ChecksumAlgorithm", upper_name_of(*upload.checksum))
          .text("ChecksumType", name_of(upload.checksum_type));
    xml.close();
  }
  write_common_prefixes(xml, listing->common_prefixes, *list);
  return xml_reply(xml.take());
}

}  // namespace store::s3

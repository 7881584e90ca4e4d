#include <fmt/format.h>

#include <algorithm>

#include "store/s3/access.h"
#include "store/s3/documents/acl.h"
#include "store/s3/documents/location.h"
#include "store/s3/documents/object_lock.h"
#include "store/s3/documents/ownership_controls.h"
#include "store/s3/documents/tagging.h"
#include "store/s3/grants.h"
#include "store/s3/listing_text.h"
#include "store/s3/operations.h"
#include "store/s3/time_text.h"

namespace store::s3 {

std::string_view shown_class(std::string_view storage_class) {
  return storage_class.empty() ? "STANDARD" : storage_class;
}

std::string ListRequest::shown(std::string_view text) const {
  // What encoding-type=url leaves as it is, beside letters, digits and - . _ ~.
  return encoded ? http::percent_encode(text, "*/") : std::string(text);
}

S3Result<ListRequest> read_list_request(const Call& call, std::string_view max_name) {
  ListRequest list{.prefix = call.parameter("prefix").value_or(""),
                   .delimiter = call.parameter("delimiter").value_or("")};
  const auto encoding = call.parameter("encoding-type");
  if (encoding && !encoding->empty() && *encoding != "url")
    return refuse(400, "InvalidArgument", "Invalid Encoding Method specified in Request");
  list.encoded = encoding == "url";
  const auto max_keys = integer_parameter(call, max_name, 1000);
  if (!max_keys) return S3Failure(max_keys.error());
  list.max_keys = std::min(*max_keys, 1000);
  return list;
}

void write_owner(XmlWriter& xml, std::string_view element, const OwnerName& owner) {
  xml.open(element).text("ID", owner.id).text("DisplayName", owner.name).close();
}

void write_common_prefixes(XmlWriter& xml, const std::vector<std::string>& prefixes, const ListRequest& list) {
  for (const auto& prefix : prefixes) xml.open("CommonPrefixes").text("Prefix", list.shown(prefix)).close();
}

ReplyResult list_buckets(ServiceContext& context, const Call& call) {
  const auto limit = integer_parameter(call, "max-buckets", 10'000);
  if (!limit) return S3Failure(limit.error());
  if (*limit == 0 || *limit > 10'000)
    return refuse(400, "InvalidArgument", "Argument max-buckets must be an integer between 1 and 10000");
  const auto prefix = call.parameter("prefix").value_or("");
  const auto after = http::percent_decode(call.parameter("continuation-token").value_or(""));
  auto buckets = context.store.list_buckets();
  if (!buckets) return S3Failure(to_s3(buckets.error()));
  std::erase_if(*buckets, [&](const BucketInfo& bucket) {
    const auto owner = owner_of(context, {}, bucket).id;
    const bool shown = call.caller() && (owner == call.caller_id() || call.caller()->is_administrator);
    return !shown || !bucket.name.starts_with(prefix) || bucket.name <= after;
  });
  const bool truncated = buckets->size() > static_cast<std::size_t>(*limit);
  if (truncated) buckets->resize(static_cast<std::size_t>(*limit));
  XmlWriter xml("ListAllMyBucketsResult");
  write_owner(xml, "Owner", owner_of(context, call.caller_id(), {}));
  xml.open("Buckets");
  for (const auto& bucket : *buckets) {
    xml.open("Bucket").text("Name", bucket.name).text("CreationDate", iso_time(bucket.created));
    xml.text("BucketRegion", bucket.location.empty() ? context.options.region : bucket.location).close();
  }
  xml.close();
  if (truncated) xml.text("ContinuationToken", http::percent_encode(buckets->back().name));
  if (!prefix.empty()) xml.text("Prefix", prefix);
  return xml_reply(xml.take());
}

namespace {

/// What CreateBucket says of the bucket, in its headers and its document.
S3Result<BucketInfo> read_new_bucket(ServiceContext& context, const Call& call) {
  const auto configuration = parse_create_bucket(call.body);
  if (!configuration) return S3Failure(configuration.error());
  BucketInfo bucket{.name = call.bucket, .owner = call.caller_id(), .location = configuration->location_constraint};
  if (bucket.owner == kAdministrator) bucket.owner.clear();
  if (!configuration->tags.empty()) bucket.set_document("tagging", print_tagging(configuration->tags));
  if (const auto ownership = call.header("x-amz-object-ownership")) {
    const auto parsed = parse_ownership_header(*ownership);
    if (!parsed) return S3Failure(parsed.error());
    bucket.set_document("ownershipControls", print_ownership_controls(*parsed));
  }
  if (http::equal_without_case(call.header("x-amz-bucket-object-lock-enabled").value_or(""), "true")) {
    bucket.object_lock = true;
    bucket.versioning = Versioning::Enabled;
    bucket.set_document("object-lock", print_object_lock({}));
  }
  auto access = read_access_headers(context, call, bucket, bucket.owner);
  if (!access) return S3Failure(access.error());
  bucket.set_document("acl", std::move(*access));
  return bucket;
}

}  // namespace

ReplyResult create_bucket(ServiceContext& context, const Call& call) {
  if (!call.caller()) return refuse(403, "AccessDenied", "Access Denied");
  if (!may_create_buckets(context, call)) return refuse(403, "AccessDenied", "Access Denied");
  auto bucket = read_new_bucket(context, call);
  if (!bucket) return S3Failure(bucket.error());
  const auto owner = owner_of(context, {}, *bucket).id;
  const auto* wanted_list = bucket->document("acl");
  const std::string access = wanted_list == nullptr ? std::string{} : *wanted_list;
  auto created = context.store.create_bucket(std::move(*bucket));
  if (!created && created.error().kind == base::ErrorKind::AlreadyExists) {
    const auto there = context.store.find_bucket(call.bucket);
    const auto* list = there ? there->document("acl") : nullptr;
    const bool same =
        there && owner_of(context, {}, *there).id == owner && (list == nullptr ? std::string{} : *list) == access;
    if (!same)
      return refuse(409, "BucketAlreadyExists",
                    "The requested bucket name is not available. The bucket namespace is shared by all users of the "
                    "system. Please select a different name and try again.");
    // As us-east-1 always did: who creates an own bucket again has it, with its contents.
    created = {};
  }
  if (!created) return S3Failure(to_s3(created.error()));
  Reply reply;
  reply.headers.add("Location", "/" + call.bucket);
  return reply;
}

ReplyResult head_bucket(ServiceContext& context, const Call& call) {
  const auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  return Reply{
      .headers = {{"x-amz-bucket-region", bucket->location.empty() ? context.options.region : bucket->location},
                  {"x-amz-access-point-alias", "false"}}};
}

ReplyResult delete_bucket(ServiceContext& context, const Call& call) {
  return done(context.store.remove_bucket(call.bucket), 204);
}

ReplyResult get_bucket_location(ServiceContext& context, const Call& call) {
  const auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  return xml_reply(print_location(bucket->location.empty() ? context.options.region : bucket->location));
}

namespace {

void write_objects(XmlWriter& xml, const ServiceContext& context, const BucketInfo& bucket, const Listing& listing,
                   const ListRequest& list, bool with_owner) {
  std::optional<OwnerName> owner;  // most often the same for all
  std::string owner_id;
  for (const auto& object : listing.objects) {
    xml.open("Contents").text("Key", list.shown(object.key)).text("LastModified", iso_time(object.last_modified));
    xml.text("ETag", quoted(object.etag)).number("Size", object.size);
    xml.text("StorageClass", shown_class(object.storage_class));
    if (with_owner) {
      if (!owner || owner_id != object.owner) owner = owner_of(context, owner_id = object.owner, bucket);
      write_owner(xml, "Owner", *owner);
    }
    xml.close();
  }
}

std::string token_of(const std::string& next) { return http::percent_encode(next); }

}  // namespace

ReplyResult list_objects(ServiceContext& context, const Call& call) {
  const auto list = read_list_request(call, "max-keys");
  if (!list) return S3Failure(list.error());
  const bool version_two = call.parameter("list-type") == "2";
  const auto marker = call.parameter(version_two ? "start-after" : "marker").value_or("");
  const auto token = version_two ? call.parameter("continuation-token") : std::nullopt;
  ListOptions options{.prefix = list->prefix, .delimiter = list->delimiter, .max_keys = list->max_keys};
  options.start_after = token && !token->empty() ? http::percent_decode(*token) : marker;
  const auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  const auto listing = context.store.list(call.bucket, options);
  if (!listing) return S3Failure(to_s3(listing.error()));
  XmlWriter xml("ListBucketResult");
  // Of the first version's answer clients decode all but the prefix.
  xml.text("Name", call.bucket).text("Prefix", version_two ? list->shown(list->prefix) : list->prefix);
  if (!list->delimiter.empty()) xml.text("Delimiter", list->shown(list->delimiter));
  xml.number("MaxKeys", static_cast<std::uint64_t>(list->max_keys));
  if (list->encoded) xml.text("EncodingType", "url");
  xml.flag("IsTruncated", listing->truncated);
  if (version_two) {
    xml.number("KeyCount", listing->objects.size() + listing->common_prefixes.size());
    if (token) xml.text("ContinuationToken", *token);
    if (!marker.empty()) xml.text("StartAfter", list->shown(marker));
    if (listing->truncated) xml.text("NextContinuationToken", token_of(listing->next));
  } else {
    xml.text("Marker", list->shown(marker));
    if (listing->truncated) xml.text("NextMarker", list->shown(listing->next));
  }
  const bool with_owner = !version_two || call.parameter("fetch-owner") == "true";
  write_objects(xml, context, *bucket, *listing, *list, with_owner);
  write_common_prefixes(xml, listing->common_prefixes, *list);
  return xml_reply(xml.take());
}

ReplyResult list_object_versions(ServiceContext& context, const Call& call) {
  const auto list = read_list_request(call, "max-keys");
  if (!list) return S3Failure(list.error());
  VersionListOptions options{.prefix = list->prefix,
                             .delimiter = list->delimiter,
                             .key_marker = call.parameter("key-marker").value_or(""),
                             .version_marker = call.parameter("version-id-marker").value_or(""),
                             .max_keys = list->max_keys};
  if (!options.version_marker.empty() && options.key_marker.empty())
    return refuse(400, "InvalidArgument", "A version-id marker cannot be specified without a key marker.");
  const auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  const auto listing = context.store.list_versions(call.bucket, options);
  if (!listing) return S3Failure(to_s3(listing.error()));
  XmlWriter xml("ListVersionsResult");
  xml.text("Name", call.bucket).text("Prefix", list->shown(list->prefix));
  xml.text("KeyMarker", list->shown(options.key_marker)).text("VersionIdMarker", options.version_marker);
  if (listing->truncated)
    xml.text("NextKeyMarker", list->shown(listing->next_key)).text("NextVersionIdMarker", listing->next_version);
  if (!list->delimiter.empty()) xml.text("Delimiter", list->shown(list->delimiter));
  xml.number("MaxKeys", static_cast<std::uint64_t>(list->max_keys));
  if (list->encoded) xml.text("EncodingType", "url");
  xml.flag("IsTruncated", listing->truncated);
  for (const auto& [info, is_latest, is_delete_marker] : listing->versions) {
    xml.open(is_delete_marker ? "DeleteMarker" : "Version").text("Key", list->shown(info.key));
    xml.text("VersionId", version_id(info)).flag("IsLatest", is_latest);
    xml.text("LastModified", iso_time(info.last_modified));
    if (!is_delete_marker)
      xml.text("ETag", quoted(info.etag))
          .number("Size", info.size)
          .text("StorageClass", shown_class(info.storage_class));
    write_owner(xml, "Owner", owner_of(context, info.owner, *bucket));
    xml.close();
  }
  write_common_prefixes(xml, listing->common_prefixes, *list);
  return xml_reply(xml.take());
}

}  // namespace store::s3

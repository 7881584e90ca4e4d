#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <pugixml.hpp>

#include "store/s3/call.h"
#include "store/s3/time_text.h"
#include "store/s3/xml.h"

namespace store::s3 {
namespace {

constexpr std::string_view kOwner = "freshet";
// What encoding-type=url leaves as it is, beside letters, digits and - . _ ~.
constexpr std::string_view kListedAsIs = "*/";

void write_owner(XmlWriter& xml, std::string_view element = "Owner") {
  xml.open(element).text("ID", kOwner).text("DisplayName", kOwner).close();
}

struct ListRequest {
  ListOptions options;
  bool version_two = false;
  bool encoded = false;
  bool with_owner = false;

  std::string shown(std::string_view text) const {
    return encoded ? http::percent_encode(text, kListedAsIs) : std::string(text);
  }
};

std::string token_of(const std::string& next) { return http::percent_encode(next); }

S3Result<ListRequest> read_list_request(const Call& call) {
  ListRequest list;
  list.version_two = call.parameter("list-type") == "2";
  list.options.prefix = call.parameter("prefix").value_or("");
  list.options.delimiter = call.parameter("delimiter").value_or("");
  const auto encoding = call.parameter("encoding-type");
  if (encoding && !encoding->empty() && *encoding != "url")
    return refuse(400, "InvalidArgument", "Invalid Encoding Method specified in Request");
  list.encoded = encoding == "url";
  list.with_owner = !list.version_two || call.parameter("fetch-owner") == "true";
  const auto max_keys = integer_parameter(call, "max-keys", 1000);
  if (!max_keys) return S3Failure(max_keys.error());
  list.options.max_keys = std::min(*max_keys, 1000);
  list.options.start_after = call.parameter(list.version_two ? "start-after" : "marker").value_or("");
  if (const auto token = call.parameter("continuation-token"); list.version_two && token && !token->empty())
    list.options.start_after = http::percent_decode(*token);
  return list;
}

void write_objects(XmlWriter& xml, const Listing& listing, const ListRequest& list) {
  for (const auto& object : listing.objects) {
    xml.open("Contents").text("Key", list.shown(object.key)).text("LastModified", iso_time(object.last_modified));
    xml.text("ETag", quoted(object.etag)).number("Size", object.size).text("StorageClass", "STANDARD");
    if (list.with_owner) write_owner(xml);
    xml.close();
  }
  for (const auto& prefix : listing.common_prefixes)
    xml.open("CommonPrefixes").text("Prefix", list.shown(prefix)).close();
}

}  // namespace

ReplyResult list_buckets(ServiceContext& context) {
  const auto buckets = context.store.list_buckets();
  if (!buckets) return S3Failure(to_s3(buckets.error()));
  XmlWriter xml("ListAllMyBucketsResult");
  write_owner(xml);
  xml.open("Buckets");
  for (const auto& bucket : *buckets) {
    xml.open("Bucket").text("Name", bucket.name).text("CreationDate", iso_time(bucket.created));
    xml.text("BucketRegion", context.region).close();
  }
  return xml_reply(xml.take());
}

ReplyResult create_bucket(ServiceContext& context, const Call& call) {
  if (call.header("x-amz-bucket-object-lock-enabled") == "true")
    return refuse(501, "NotImplemented", "Object lock is not implemented.");
  if (!call.body.empty() && !pugi::xml_document().load_buffer(call.body.data(), call.body.size()))
    return refuse(400, "MalformedXML", "The XML you provided was not well-formed.");
  const auto created = context.store.create_bucket(call.bucket);
  // As us-east-1 always did: who creates an own bucket again has it, with its contents.
  if (!created && created.error().kind != base::ErrorKind::AlreadyExists) return S3Failure(to_s3(created.error()));
  Reply reply;
  reply.headers.add("Location", "/" + call.bucket);
  return reply;
}

ReplyResult get_bucket_setting(ServiceContext& context, const Call& call, const std::string& name) {
  if (const auto found = context.store.find_bucket(call.bucket); !found) return S3Failure(to_s3(found.error()));
  struct Missing {
    std::string_view name, code;
  };
  static constexpr std::array kMissing{
      Missing{"cors", "NoSuchCORSConfiguration"},
      Missing{"lifecycle", "NoSuchLifecycleConfiguration"},
      Missing{"policy", "NoSuchBucketPolicy"},
      Missing{"tagging", "NoSuchTagSet"},
      Missing{"website", "NoSuchWebsiteConfiguration"},
      Missing{"encryption", "ServerSideEncryptionConfigurationNotFoundError"},
      Missing{"replication", "ReplicationConfigurationNotFoundError"},
      Missing{"object-lock", "ObjectLockConfigurationNotFoundError"},
      Missing{"publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"},
      Missing{"ownershipControls", "OwnershipControlsNotFoundError"},
  };
  for (const auto& missing : kMissing)
    if (missing.name == name)
      return refuse(404, std::string(missing.code), "The configuration does not exist: " + name);
  if (name == "location") {
    auto xml = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"{}\">{}</LocationConstraint>",
        kNamespace, context.region == "us-east-1" ? "" : context.region);
    return xml_reply(std::move(xml));
  }
  if (name == "versioning") return xml_reply(XmlWriter("VersioningConfiguration").take());
  if (name == "notification") return xml_reply(XmlWriter("NotificationConfiguration").take());
  if (name == "accelerate") return xml_reply(XmlWriter("AccelerateConfiguration").take());
  if (name == "logging") return xml_reply(XmlWriter("BucketLoggingStatus").take());
  if (name == "requestPayment")
    return xml_reply(XmlWriter("RequestPaymentConfiguration").text("Payer", "BucketOwner").take());
  return refuse(501, "NotImplemented", "The sub-resource is not implemented: " + name);
}

ReplyResult list_objects(ServiceContext& context, const Call& call) {
  const auto list = read_list_request(call);
  if (!list) return S3Failure(list.error());
  const auto listing = context.store.list(call.bucket, list->options);
  if (!listing) return S3Failure(to_s3(listing.error()));
  XmlWriter xml("ListBucketResult");
  xml.text("Name", call.bucket).text("Prefix", list->shown(list->options.prefix));
  if (!list->options.delimiter.empty()) xml.text("Delimiter", list->shown(list->options.delimiter));
  xml.number("MaxKeys", static_cast<std::uint64_t>(list->options.max_keys));
  if (list->encoded) xml.text("EncodingType", "url");
  xml.flag("IsTruncated", listing->truncated);
  if (list->version_two) {
    xml.number("KeyCount", listing->objects.size() + listing->common_prefixes.size());
    if (const auto token = call.parameter("continuation-token")) xml.text("ContinuationToken", *token);
    if (const auto after = call.parameter("start-after"); after && !after->empty())
      xml.text("StartAfter", list->shown(*after));
    if (listing->truncated) xml.text("NextContinuationToken", token_of(listing->next));
  } else {
    xml.text("Marker", list->shown(list->options.start_after));
    if (listing->truncated) xml.text("NextMarker", list->shown(listing->next));
  }
  write_objects(xml, *listing, *list);
  return xml_reply(xml.take());
}

ReplyResult list_uploads(ServiceContext& context, const Call& call) {
  const auto prefix = call.parameter("prefix").value_or("");
  for (const char* name : {"delimiter", "key-marker", "upload-id-marker"})
    if (const auto value = call.parameter(name); value && !value->empty())
      return refuse(501, "NotImplemented",
                    std::string("ListMultipartUploads does not implement the parameter ") + name);
  const auto uploads = context.store.list_uploads(call.bucket, prefix);
  if (!uploads) return S3Failure(to_s3(uploads.error()));
  XmlWriter xml("ListMultipartUploadsResult");
  xml.text("Bucket", call.bucket).text("KeyMarker", "").text("UploadIdMarker", "").text("Prefix", prefix);
  xml.number("MaxUploads", 1000).flag("IsTruncated", false);
  for (const auto& upload : *uploads) {
    xml.open("Upload").text("Key", upload.key).text("UploadId", upload.id);
    write_owner(xml, "Initiator");
    write_owner(xml);
    xml.text("StorageClass", "STANDARD").text("Initiated", iso_time(upload.initiated)).close();
  }
  return xml_reply(xml.take());
}

ReplyResult delete_objects(ServiceContext& context, const Call& call) {
  pugi::xml_document document;
  const auto malformed = [] {
    return refuse(400, "MalformedXML", "The XML you provided was not well-formed or did not validate.");
  };
  // A key is what stands between its tags, blanks included.
  if (!document.load_buffer(call.body.data(), call.body.size(), pugi::parse_default | pugi::parse_ws_pcdata_single))
    return malformed();
  const auto root = document.document_element();
  std::vector<std::string> keys;
  for (const auto& object : root.children("Object")) {
    for (const char* name : {"VersionId", "ETag", "LastModifiedTime", "Size"}) {
      const std::string_view value = object.child_value(name);
      if (!value.empty() && value != "null")
        return refuse(501, "NotImplemented", std::string("DeleteObjects does not implement ") + name);
    }
    keys.emplace_back(object.child_value("Key"));
  }
  if (std::string_view(root.name()) != "Delete" || keys.empty() || keys.size() > 1000) return malformed();
  if (const auto removed = context.store.remove_many(call.bucket, keys); !removed)
    return S3Failure(to_s3(removed.error()));
  XmlWriter xml("DeleteResult");
  if (std::string_view(root.child_value("Quiet")) != "true")
    for (const auto& key : keys) xml.open("Deleted").text("Key", key).close();
  return xml_reply(xml.take());
}

}  // namespace store::s3

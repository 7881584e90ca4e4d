#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "store/s3/access.h"
#include "store/s3/conditions.h"
#include "store/s3/expiration.h"
#include "store/s3/operations.h"
#include "store/s3/time_text.h"
#include "store/s3/write_request.h"
#include "store/s3/xml.h"

namespace store::s3 {
namespace {

using namespace std::string_view_literals;

constexpr std::array kOverridable{"content-type",  "content-language",    "expires",
                                  "cache-control", "content-disposition", "content-encoding"};

void add_lock(http::Headers& headers, const ObjectLock& lock) {
  if (lock.retention) {
    headers.add("x-amz-object-lock-mode",
                lock.retention->mode == RetentionMode::Governance ? "GOVERNANCE" : "COMPLIANCE");
    headers.add("x-amz-object-lock-retain-until-date", iso_time(lock.retention->until));
  }
  if (lock.legal_hold) headers.add("x-amz-object-lock-legal-hold", "ON");
}

/// Most clients send text beyond ASCII as UTF-8 but read the bytes of headers as Latin-1: they get it back so where it
/// fits. What is no UTF-8 came as Latin-1, and stays as it came.
std::string as_latin(const std::string& value) {
  std::string latin;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto lead = static_cast<unsigned char>(value[i]);
    if (lead < 0x80) {
      latin += value[i];
      continue;
    }
    // U+0080 to U+00FF: two bytes, the first of which is C2 or C3.
    const unsigned next = i + 1 < value.size() ? static_cast<unsigned char>(value[i + 1]) : 0u;
    if ((lead != 0xC2 && lead != 0xC3) || (next & 0xC0u) != 0x80) return value;
    latin += static_cast<char>(((lead & 0x03u) << 6u) | (next & 0x3Fu));
    ++i;
  }
  return latin;
}

http::Headers object_headers(const Call& call, const BucketInfo& bucket, const ObjectDetails& details) {
  http::Headers headers{{"ETag", quoted(details.info.etag)},
                        {"Last-Modified", http_time(details.info.last_modified)},
                        {"Accept-Ranges", "bytes"}};
  const auto& attributes = details.attributes;
  headers.add("Content-Type", attributes.content_type.empty() ? "binary/octet-stream" : attributes.content_type);
  for (const auto& [name, value] : attributes.headers) headers.add(name, value);
  for (const auto& [name, value] : attributes.metadata) headers.add("x-amz-meta-" + name, as_latin(value));
  if (!attributes.storage_class.empty()) headers.add("x-amz-storage-class", attributes.storage_class);
  if (bucket.versioning != Versioning::Never) headers.add("x-amz-version-id", version_id(details.info));
  if (!details.tags.empty()) headers.add("x-amz-tagging-count", std::to_string(details.tags.size()));
  add_lock(headers, details.lock);
  add_encryption(headers, details.encryption, call);
  for (const char* name : kOverridable)
    if (const auto value = call.parameter(std::string("response-") + name)) headers.set(name, *value);
  return headers;
}

S3Result<ByteRange> part_range(const ObjectDetails& details, int number) {
  const auto& parts = details.parts;
  if (parts.empty() && number == 1) return ByteRange{0, details.info.size};
  if (number < 1 || static_cast<std::size_t>(number) > parts.size())
    return refuse(400, "InvalidPart", "The requested part does not exist.");
  ByteRange range;
  for (int i = 1; i < number; ++i) range.offset += parts[static_cast<std::size_t>(i) - 1].size;
  range.length = parts[static_cast<std::size_t>(number) - 1].size;
  return range;
}

/// The stretch that the request asks for; none: the whole object.
S3Result<std::optional<ByteRange>> wanted_range(const Call& call, const ObjectDetails& details) {
  const auto header = call.request->headers.find("range");
  if (call.has("partNumber")) {
    if (header) return refuse(400, "InvalidRequest", "Cannot specify both Range header and partNumber query parameter");
    const auto number = integer_parameter(call, "partNumber", 0);
    if (!number) return S3Failure(number.error());
    const auto found = part_range(details, *number);
    if (!found) return S3Failure(found.error());
    return std::optional(*found);
  }
  if (!header) return std::nullopt;
  const auto if_range = call.request->headers.find("if-range");
  if (if_range && unquoted(*if_range) != details.info.etag && *if_range != http_time(details.info.last_modified))
    return std::nullopt;
  return parse_range(*header, details.info.size);
}

void add_part_checksum(http::Headers& headers, const Call& call, const ObjectDetails& details) {
  const auto number = integer_parameter(call, "partNumber", 0).value_or(0);
  if (!details.checksum || number < 1 || static_cast<std::size_t>(number) > details.parts.size()) return;
  const auto& part = details.parts[static_cast<std::size_t>(number) - 1];
  if (!part.checksum.empty())
    add_checksum(headers, Checksum{details.checksum->algorithm, details.checksum->type, part.checksum});
}

/// What a read must not ask for. A part that is not there is said before a key is asked for.
S3Result<bool> check_read(ServiceContext& context, const Call& call) {
  if (!call.caller())
    for (const char* name : kOverridable)
      if (call.has(std::string("response-") + name))
        return refuse(400, "InvalidRequest",
                      "Request specific response headers cannot be used for anonymous GET requests.");
  for (const char* name : {"x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"})
    if (call.header(name))
      return refuse(400, "InvalidArgument", std::string("A read does not say how an object is encrypted: ") + name);
  if (!call.has("partNumber")) return true;
  const auto details = context.store.head(call.bucket, call.key, call.version());
  const auto number = integer_parameter(call, "partNumber", 0);
  if (!number) return S3Failure(number.error());
  if (!details) return true;
  const auto range = part_range(*details, *number);
  if (!range) return S3Failure(range.error());
  return true;
}

/// What a missing object answers: who may not list must not learn that it is missing, and a delete marker shows itself.
S3Failure explain_missing(ServiceContext& context, const Call& call, const BucketInfo& bucket, base::Error error) {
  auto refusal = to_s3(error);
  const bool is_marker = error.kind == base::ErrorKind::Conflict;
  if (refusal.code != "NoSuchKey" && !is_marker) return refusal;
  if (!may_list_key(context, call, bucket)) return refuse(403, "AccessDenied", "Access Denied");
  if (is_marker) {
    auto refused = refuse(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
    refused.error().headers = {{"Allow", "DELETE"}, {"x-amz-delete-marker", "true"}};
    refused.error().headers.emplace_back("x-amz-version-id", call.version());
    return refused;
  }
  const auto latest = context.store.find_latest(call.bucket, call.key);
  const bool is_hidden = latest && *latest && (*latest)->is_delete_marker;
  refusal.headers = {{"x-amz-delete-marker", is_hidden ? "true" : "false"}};
  if (is_hidden) refusal.headers.emplace_back("x-amz-version-id", version_id((*latest)->info));
  return refusal;
}

}  // namespace

ReplyResult get_object(ServiceContext& context, const Call& call) {
  const auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  if (const auto checked = check_read(context, call); !checked) return S3Failure(checked.error());
  auto key = customer_key(context, call);
  if (!key) return S3Failure(key.error());
  auto reader = context.store.open_reader(call.bucket, call.key, {call.version(), std::move(*key)});
  if (!reader) return explain_missing(context, call, *bucket, reader.error());
  const auto& details = (*reader)->details();
  const auto size = details.info.size;
  Reply reply{.headers = object_headers(call, *bucket, details), .length = size};
  if (const auto expiration = expiration_of(*bucket, details)) reply.headers.add("x-amz-expiration", *expiration);
  switch (check_conditions(call, details.info, context.clock.now(), kReadConditions)) {
    case Outcome::Failed:
      return refuse(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
    case Outcome::NotModified: reply.status = 304; return reply;
    case Outcome::Go: break;
  }
  const auto range = wanted_range(call, details);
  if (!range) return S3Failure(range.error());
  if (*range) {
    reply.status = 206;
    reply.offset = (*range)->offset;
    reply.length = (*range)->length;
    if (reply.length > 0)
      reply.headers.add("Content-Range",
                        fmt::format("bytes {}-{}/{}", reply.offset, reply.offset + reply.length - 1, size));
  }
  const bool shows_checksum = http::equal_without_case(call.header("x-amz-checksum-mode").value_or(""), "ENABLED");
  if (call.has("partNumber") && !details.parts.empty()) {
    reply.headers.add("x-amz-mp-parts-count", std::to_string(details.parts.size()));
    if (shows_checksum) add_part_checksum(reply.headers, call, details);
  } else if (reply.length == size && shows_checksum) {
    add_checksum(reply.headers, details.checksum);
  }
  reply.reader = std::move(*reader);
  return reply;
}

namespace {

constexpr std::array kAttributeNames{"ETag"sv, "Checksum"sv, "ObjectParts"sv, "StorageClass"sv, "ObjectSize"sv};

/// The attributes that the header lists.
S3Result<std::set<std::string>> wanted_attributes(const std::string& header) {
  std::set<std::string> wanted;
  for (std::string_view rest = header; !rest.empty();) {
    const auto comma = rest.find(',');
    auto name = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (std::ranges::find(kAttributeNames, name) == kAttributeNames.end())
      return refuse(400, "InvalidArgument", "Invalid attribute name specified.");
    wanted.emplace(name);
  }
  if (wanted.empty())
    return refuse(400, "InvalidArgument", "The x-amz-object-attributes header specifying the attributes is required");
  return wanted;
}

/// The values of all header lines of that name.
std::string all_lines_of(const Call& call, std::string_view name) {
  std::string values;
  for (const auto& [known, value] : call.request->headers.lines())
    if (http::equal_without_case(known, name)) values.append(values.empty() ? "" : ",").append(value);
  return values;
}

S3Result<int> integer_header(const Call& call, std::string_view name, int missing) {
  const auto text = call.header(name);
  if (!text || text->empty()) return missing;
  const auto value = number_of(*text);
  if (value && *value <= 10000) return static_cast<int>(*value);
  return refuse(400, "InvalidArgument", fmt::format("Provided {} not an integer or within integer range", name));
}

S3Result<bool> write_parts(XmlWriter& xml, const Call& call, const ObjectDetails& details) {
  const auto marker = integer_header(call, "x-amz-part-number-marker", 0),
             max_parts = integer_header(call, "x-amz-max-parts", 1000);
  if (!marker) return S3Failure(marker.error());
  if (!max_parts) return S3Failure(max_parts.error());
  std::vector<ObjectPart> shown;
  bool truncated = false;
  for (const auto& part : details.parts) {
    if (part.number <= *marker) continue;
    truncated = shown.size() == static_cast<std::size_t>(*max_parts);
    if (truncated) break;
    shown.push_back(part);
  }
  xml.open("ObjectParts").number("PartsCount", details.parts.size());
  xml.number("PartNumberMarker", static_cast<std::uint64_t>(*marker));
  xml.number("NextPartNumberMarker", static_cast<std::uint64_t>(shown.empty() ? *marker : shown.back().number));
  xml.number("MaxParts", static_cast<std::uint64_t>(*max_parts)).flag("IsTruncated", truncated);
  for (const auto& part : shown) {
    xml.open("Part").number("PartNumber", static_cast<std::uint64_t>(part.number)).number("Size", part.size);
    if (!part.checksum.empty() && details.checksum)
      xml.text("Checksum" + upper_name_of(details.checksum->algorithm), part.checksum);
    xml.close();
  }
  xml.close();
  return true;
}

}  // namespace

ReplyResult get_object_attributes(ServiceContext& context, const Call& call) {
  const auto wanted = wanted_attributes(all_lines_of(call, "x-amz-object-attributes"));
  if (!wanted) return S3Failure(wanted.error());
  const auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  auto key = customer_key(context, call);
  if (!key) return S3Failure(key.error());
  const auto reader = context.store.open_reader(call.bucket, call.key, {call.version(), std::move(*key)});
  if (!reader) return explain_missing(context, call, *bucket, reader.error());
  const auto& details = (*reader)->details();
  const auto asks_for = [&](const char* name) { return wanted->contains(name); };
  XmlWriter xml("GetObjectAttributesResponse");
  if (asks_for("ETag")) xml.text("ETag", details.info.etag);
  if (asks_for("Checksum") && details.checksum) {
    xml.open("Checksum").text("Checksum" + upper_name_of(details.checksum->algorithm), details.checksum->value);
    xml.text("ChecksumType", name_of(details.checksum->type)).close();
  }
  if (asks_for("ObjectParts") && !details.parts.empty())
    if (auto written = write_parts(xml, call, details); !written) return S3Failure(written.error());
  if (asks_for("StorageClass"))
    xml.text("StorageClass", details.attributes.storage_class.empty() ? "STANDARD" : details.attributes.storage_class);
  if (asks_for("ObjectSize")) xml.number("ObjectSize", details.info.size);
  auto reply = xml_reply(xml.take());
  reply.headers.add("Last-Modified", http_time(details.info.last_modified));
  if (bucket->versioning != Versioning::Never) reply.headers.add("x-amz-version-id", version_id(details.info));
  return reply;
}

ReplyResult get_object_torrent(ServiceContext& context, const Call& call) {
  if (const auto bucket = context.store.find_bucket(call.bucket); !bucket) return S3Failure(to_s3(bucket.error()));
  // As where torrents are not configured: there is none of any object.
  return refuse(404, "NoSuchKey", "There are no torrents of objects.");
}

}  // namespace store::s3

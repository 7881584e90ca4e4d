#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <pugixml.hpp>

#include "store/checksum.h"
#include "store/s3/call.h"
#include "store/s3/time_text.h"
#include "store/s3/xml.h"

namespace store::s3 {
namespace {

struct Range {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// One range of bytes; none when the header means the whole object (also when it is not understood).
/// Errors: 416 when no byte of the object is in the range.
S3Result<std::optional<Range>> parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit) || header.find(',') != std::string_view::npos) return std::nullopt;
  const auto text = header.substr(kUnit.size());
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = number_of(text.substr(0, dash)), last = number_of(text.substr(dash + 1));
  const bool suffix = dash == 0;
  if (suffix ? !last : !first || (dash + 1 < text.size() && (!last || *last < *first))) return std::nullopt;
  const auto start = suffix ? size - std::min(size, *last) : *first;
  if (start >= size || (suffix && *last == 0)) {
    auto refused = refuse(416, "InvalidRange", "The requested range is not satisfiable");
    refused.error().details = {{"ActualObjectSize", std::to_string(size)}, {"RangeRequested", std::string(header)}};
    return refused;
  }
  const auto end = suffix || !last ? size : std::min(size, *last + 1);
  return Range{start, end - start};
}

std::int64_t whole_seconds(base::Instant instant) { return instant.ns / 1'000'000'000; }

enum class Outcome { Go, NotModified, Failed };

/// RFC 7232: the etag conditions win over those of time.
Outcome check_conditions(const Call& call, const ObjectInfo& info) {
  const auto modified = whole_seconds(info.last_modified);
  if (const auto match = call.request->headers.find("if-match")) {
    if (*match != "*" && unquoted(*match) != info.etag) return Outcome::Failed;
  } else if (const auto since = parse_http_time(call.request->headers.get("if-unmodified-since"))) {
    if (modified > whole_seconds(*since)) return Outcome::Failed;
  }
  if (const auto none = call.request->headers.find("if-none-match")) {
    if (*none == "*" || unquoted(*none) == info.etag) return Outcome::NotModified;
  } else if (const auto since = parse_http_time(call.request->headers.get("if-modified-since"))) {
    if (modified <= whole_seconds(*since)) return Outcome::NotModified;
  }
  return Outcome::Go;
}

http::Headers object_headers(const Call& call, const ObjectDetails& details) {
  http::Headers headers{{"ETag", quoted(details.info.etag)},
                        {"Last-Modified", http_time(details.info.last_modified)},
                        {"Accept-Ranges", "bytes"}};
  const auto& attributes = details.attributes;
  headers.add("Content-Type", attributes.content_type.empty() ? "binary/octet-stream" : attributes.content_type);
  for (const auto& [name, value] : attributes.headers) headers.add(name, value);
  for (const auto& [name, value] : attributes.metadata) headers.add("x-amz-meta-" + name, value);
  for (const char* name :
       {"content-type", "content-language", "expires", "cache-control", "content-disposition", "content-encoding"})
    if (const auto value = call.parameter(std::string("response-") + name)) headers.set(name, *value);
  return headers;
}

S3Result<Range> part_range(const ObjectDetails& details, int number) {
  const auto& sizes = details.part_sizes;
  if (sizes.empty() && number == 1) return Range{0, details.info.size};
  if (number < 1 || static_cast<std::size_t>(number) > sizes.size())
    return refuse(400, "InvalidPart", "The requested part does not exist.");
  Range range;
  for (int i = 1; i < number; ++i) range.first += sizes[static_cast<std::size_t>(i) - 1];
  range.length = sizes[static_cast<std::size_t>(number) - 1];
  return range;
}

}  // namespace

ReplyResult get_object(ServiceContext& context, const Call& call) {
  auto reader = context.store.open_reader(call.bucket, call.key);
  if (!reader) return S3Failure(to_s3(reader.error()));
  const auto& details = (*reader)->details();
  const auto size = details.info.size;
  Reply reply{.headers = object_headers(call, details), .length = size};
  switch (check_conditions(call, details.info)) {
    case Outcome::Failed:
      return refuse(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
    case Outcome::NotModified: reply.status = 304; return reply;
    case Outcome::Go: break;
  }
  const auto range_header = call.request->headers.find("range");
  const auto part = integer_parameter(call, "partNumber", 0);
  if (!part) return S3Failure(part.error());
  std::optional<Range> range;
  if (call.has("partNumber")) {
    if (range_header)
      return refuse(400, "InvalidRequest", "Cannot specify both Range header and partNumber query parameter");
    const auto found = part_range(details, *part);
    if (!found) return S3Failure(found.error());
    range = *found;
    if (!details.part_sizes.empty())
      reply.headers.add("x-amz-mp-parts-count", std::to_string(details.part_sizes.size()));
  } else if (range_header) {
    const auto if_range = call.request->headers.find("if-range");
    const bool same =
        !if_range || unquoted(*if_range) == details.info.etag || *if_range == http_time(details.info.last_modified);
    const auto parsed = same ? parse_range(*range_header, size) : S3Result<std::optional<Range>>(std::nullopt);
    if (!parsed) return S3Failure(parsed.error());
    range = *parsed;
  }
  if (range) {
    reply.status = 206;
    reply.offset = range->first;
    reply.length = range->length;
    if (range->length > 0)
      reply.headers.add("Content-Range",
                        fmt::format("bytes {}-{}/{}", range->first, range->first + range->length - 1, size));
  }
  if (details.checksum && reply.length == size &&
      http::equal_without_case(call.header("x-amz-checksum-mode").value_or(""), "ENABLED")) {
    reply.headers.add(fmt::format("x-amz-checksum-{}", name_of(details.checksum->algorithm)), details.checksum->value);
    reply.headers.add("x-amz-checksum-type",
                      details.checksum->type == ChecksumType::Composite ? "COMPOSITE" : "FULL_OBJECT");
  }
  reply.reader = std::move(*reader);
  return reply;
}

ReplyResult delete_object(ServiceContext& context, const Call& call) {
  const auto version = call.parameter("versionId");
  if (version && *version != "null") return refuse(501, "NotImplemented", "Versions of objects are not implemented.");
  const auto removed =
      context.store.remove(call.bucket, call.key, {.if_match = unquoted(call.header("if-match").value_or(""))});
  if (!removed) return S3Failure(to_s3(removed.error()));
  return Reply{.status = 204};
}

ReplyResult copy_object(ServiceContext& context, const Call& call) {
  auto source = http::percent_decode(call.header("x-amz-copy-source").value_or(""));
  if (source.starts_with('/')) source.erase(0, 1);
  if (source.find("?versionId=") != std::string::npos)
    return refuse(501, "NotImplemented", "Versions of objects are not implemented.");
  const auto slash = source.find('/');
  if (slash == std::string::npos || slash + 1 == source.size())
    return refuse(400, "InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  const auto from_bucket = source.substr(0, slash), from_key = source.substr(slash + 1);
  for (const char* name : {"x-amz-copy-source-if-match", "x-amz-copy-source-if-none-match",
                           "x-amz-copy-source-if-modified-since", "x-amz-copy-source-if-unmodified-since"})
    if (call.header(name))
      return refuse(501, "NotImplemented", std::string("A header you provided is not implemented: ") + name);
  auto write = read_write_request(call);
  if (!write) return S3Failure(write.error());
  const bool replace = call.header("x-amz-metadata-directive") == "REPLACE";
  if (!replace && from_bucket == call.bucket && from_key == call.key)
    return refuse(400, "InvalidRequest",
                  "This copy request is illegal because it is trying to copy an object to itself without "
                  "changing the object's metadata.");
  CopyOptions options{.commit = write->commit};
  if (replace) options.replace_attributes = std::move(write->attributes);
  const auto copied = context.store.copy(from_bucket, from_key, call.bucket, call.key, std::move(options));
  if (!copied) return S3Failure(to_s3(copied.error()));
  XmlWriter xml("CopyObjectResult");
  xml.text("LastModified", iso_time(copied->info.last_modified)).text("ETag", quoted(copied->info.etag));
  return xml_reply(xml.take());
}

ReplyResult create_upload(ServiceContext& context, const Call& call) {
  auto write = read_write_request(call);
  if (!write) return S3Failure(write.error());
  UploadOptions options{.attributes = std::move(write->attributes)};
  Reply reply;
  if (const auto name = call.header("x-amz-checksum-algorithm")) {
    options.checksum = checksum_algorithm_of(*name);
    if (!options.checksum) return refuse(400, "InvalidRequest", "The checksum algorithm is not supported: " + *name);
    const bool only_full = options.checksum == ChecksumAlgorithm::Crc64Nvme;
    const auto type = call.header("x-amz-checksum-type").value_or(only_full ? "FULL_OBJECT" : "COMPOSITE");
    const bool is_crc = *options.checksum != ChecksumAlgorithm::Sha1 && *options.checksum != ChecksumAlgorithm::Sha256;
    if ((type != "FULL_OBJECT" && type != "COMPOSITE") || (type == "FULL_OBJECT" ? !is_crc : only_full))
      return refuse(400, "InvalidRequest",
                    fmt::format("The {} checksum type cannot be used with the {} checksum algorithm.", type, *name));
    options.checksum_type = type == "FULL_OBJECT" ? ChecksumType::FullObject : ChecksumType::Composite;
    reply.headers.add("x-amz-checksum-algorithm", *name);
    reply.headers.add("x-amz-checksum-type", type);
  }
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
  pugi::xml_document document;
  const auto malformed = [] {
    return refuse(400, "MalformedXML", "The XML you provided was not well-formed or did not validate.");
  };
  if (!document.load_buffer(call.body.data(), call.body.size())) return malformed();
  std::vector<CompletedPart> parts;
  for (const auto& node : document.document_element().children("Part")) {
    CompletedPart part{.number = node.child("PartNumber").text().as_int(), .etag = unquoted(node.child_value("ETag"))};
    for (const char* name : {"ChecksumCRC32", "ChecksumCRC32C", "ChecksumCRC64NVME", "ChecksumSHA1", "ChecksumSHA256"})
      if (const std::string_view value = node.child_value(name); !value.empty()) part.checksum = value;
    if (part.number < 1 || part.etag.empty()) return malformed();
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return malformed();
  auto write = read_write_request(call);
  if (!write) return S3Failure(write.error());
  // The digests in the headers of this request, if any, are those of its document or of the object as a whole.
  write->commit.expected_md5.clear();
  const auto done = context.store.complete_upload(call.bucket, call.key, call.parameter("uploadId").value_or(""),
                                                  std::move(parts), write->commit);
  if (!done) return S3Failure(to_s3(done.error()));
  XmlWriter xml("CompleteMultipartUploadResult");
  xml.text("Location", "/" + call.bucket + "/" + call.key).text("Bucket", call.bucket).text("Key", call.key);
  xml.text("ETag", quoted(done->info.etag));
  if (done->checksum) {
    std::string name(name_of(done->checksum->algorithm));
    for (char& c : name)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    xml.text("Checksum" + name, done->checksum->value);
    xml.text("ChecksumType", done->checksum->type == ChecksumType::Composite ? "COMPOSITE" : "FULL_OBJECT");
  }
  return xml_reply(xml.take());
}

ReplyResult list_parts(ServiceContext& context, const Call& call) {
  const auto id = call.parameter("uploadId").value_or("");
  const auto marker = integer_parameter(call, "part-number-marker", 0),
             max_parts = integer_parameter(call, "max-parts", 1000);
  if (!marker) return S3Failure(marker.error());
  if (!max_parts) return S3Failure(max_parts.error());
  auto parts = context.store.list_parts(call.bucket, call.key, id);
  if (!parts) return S3Failure(to_s3(parts.error()));
  std::erase_if(*parts, [&](const PartInfo& part) { return part.number <= *marker; });
  const auto limit = static_cast<std::size_t>(std::min(*max_parts, 1000));
  const bool truncated = parts->size() > limit;
  if (truncated) parts->resize(limit);
  XmlWriter xml("ListPartsResult");
  xml.text("Bucket", call.bucket).text("Key", call.key).text("UploadId", id).text("StorageClass", "STANDARD");
  xml.number("PartNumberMarker", static_cast<std::uint64_t>(*marker));
  xml.number("NextPartNumberMarker", static_cast<std::uint64_t>(parts->empty() ? 0 : parts->back().number));
  xml.number("MaxParts", limit).flag("IsTruncated", truncated);
  for (const auto& part : *parts) {
    xml.open("Part")
        .number("PartNumber", static_cast<std::uint64_t>(part.number))
        .text("LastModified", iso_time(part.last_modified));
    xml.text("ETag", quoted(part.etag)).number("Size", part.size).close();
  }
  return xml_reply(xml.take());
}

}  // namespace store::s3

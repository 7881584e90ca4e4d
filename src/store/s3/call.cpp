#include "store/s3/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "store/checksum.h"

namespace store::s3 {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

/// aws-chunked is of the transfer, not of the object.
std::string without_aws_chunked(std::string_view encoding) {
  std::string kept;
  while (!encoding.empty()) {
    const auto comma = encoding.find(',');
    auto item = encoding.substr(0, comma);
    encoding = comma == std::string_view::npos ? std::string_view{} : encoding.substr(comma + 1);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (item.empty() || item == "aws-chunked") continue;
    kept += (kept.empty() ? "" : ",") + std::string(item);
  }
  return kept;
}

ObjectAttributes read_attributes(const Call& call) {
  ObjectAttributes attributes;
  attributes.content_type = call.header("content-type").value_or("");
  for (const char* name : {"cache-control", "content-disposition", "content-language", "expires"})
    if (auto value = call.header(name)) attributes.headers.emplace_back(name, *value);
  if (const auto encoding = call.header("content-encoding"))
    if (auto kept = without_aws_chunked(*encoding); !kept.empty())
      attributes.headers.emplace_back("content-encoding", kept);
  constexpr std::string_view kMeta = "x-amz-meta-";
  const auto take = [&](std::string_view name, const std::string& value) {
    if (auto small = lower(name); small.starts_with(kMeta))
      attributes.metadata.emplace_back(small.substr(kMeta.size()), value);
  };
  for (const auto& [name, value] : call.request->headers.lines()) take(name, value);
  if (call.authentication.presigned)
    for (const auto& [name, value] : call.query) take(name, value);
  return attributes;
}

/// The checksum that the client sends, in a header or announced for the trailer; at most one.
S3Result<bool> read_checksum(const Call& call, WriteRequest& write) {
  constexpr std::string_view kPrefix = "x-amz-checksum-";
  int count = 0;
  const auto take = [&](std::string_view header, const std::string& value, bool in_query) -> S3Result<bool> {
    const auto name = lower(header);
    if (!name.starts_with(kPrefix) || name == "x-amz-checksum-algorithm" || name == "x-amz-checksum-type" ||
        name == "x-amz-checksum-mode")
      return true;
    const auto algorithm = checksum_algorithm_of(std::string_view(name).substr(kPrefix.size()));
    if (!algorithm) return refuse(400, "InvalidRequest", "The checksum algorithm is not supported: " + name);
    // One SDK signs the checksum of an empty body into the URL of a body that it does not know yet.
    if (in_query && value == to_base64(checksum(*algorithm, ""))) return true;
    ++count;
    write.checksum = algorithm;
    write.commit.expected_checksum = value;
    return true;
  };
  for (const auto& [name, value] : call.request->headers.lines())
    if (auto taken = take(name, value, false); !taken) return taken;
  if (call.authentication.presigned)
    for (const auto& [name, value] : call.query)
      if (auto taken = take(name, value, true); !taken) return taken;
  if (const auto announced = call.header("x-amz-trailer"); announced && count == 0)
    if (auto taken = take(*announced, "", false); !taken) return taken;
  if (count > 1) return refuse(400, "InvalidRequest", "Expecting a single x-amz-checksum- header");
  return true;
}

}  // namespace

std::optional<std::string> Call::parameter(std::string_view name) const {
  for (const auto& [known, value] : query)
    if (known == name) return value;
  return std::nullopt;
}

std::optional<std::string> Call::header(std::string_view name) const {
  if (const auto value = request->headers.find(name)) return std::string(*value);
  if (!authentication.presigned || !name.starts_with("x-amz-")) return std::nullopt;
  for (const auto& [known, value] : query)
    if (http::equal_without_case(known, name)) return value;
  return std::nullopt;
}

Reply xml_reply(std::string xml, int status) {
  return {.status = status, .headers = {{"Content-Type", "application/xml"}}, .body = std::move(xml)};
}

std::string quoted(std::string_view etag) { return "\"" + std::string(etag) + "\""; }

std::string unquoted(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.starts_with('"')) etag.remove_prefix(1);
  if (etag.ends_with('"')) etag.remove_suffix(1);
  return std::string(etag);
}

S3Result<WriteRequest> read_write_request(const Call& call) {
  for (const char* name : {"x-amz-write-offset-bytes", "x-amz-server-side-encryption", "x-amz-tagging",
                           "x-amz-server-side-encryption-customer-algorithm", "x-amz-object-lock-mode"})
    if (call.header(name))
      return refuse(501, "NotImplemented", std::string("A header you provided is not implemented: ") + name);
  WriteRequest write{.attributes = read_attributes(call)};
  std::size_t metadata_bytes = 0;
  for (const auto& [name, value] : write.attributes.metadata) metadata_bytes += name.size() + value.size();
  if (metadata_bytes > 2048)
    return refuse(400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size.");
  if (auto read = read_checksum(call, write); !read) return S3Failure(read.error());
  if (const auto digest = call.header("content-md5")) {
    const auto raw = from_base64(*digest);
    if (!raw || raw->size() != 16) return refuse(400, "InvalidDigest", "The Content-MD5 you specified was invalid.");
    write.commit.expected_md5 = *raw;
  }
  write.commit.conditions.if_match = unquoted(call.header("if-match").value_or(""));
  write.commit.conditions.if_none_match = unquoted(call.header("if-none-match").value_or(""));
  return write;
}

http::Headers written_headers(const ObjectDetails& details) {
  http::Headers headers{{"ETag", quoted(details.info.etag)}};
  if (details.checksum) {
    headers.add(fmt::format("x-amz-checksum-{}", name_of(details.checksum->algorithm)), details.checksum->value);
    headers.add("x-amz-checksum-type", details.checksum->type == ChecksumType::Composite ? "COMPOSITE" : "FULL_OBJECT");
  }
  return headers;
}

S3Result<int> integer_parameter(const Call& call, std::string_view name, int missing) {
  const auto text = call.parameter(name);
  if (!text || text->empty()) return missing;
  int value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size() || value < 0)
    return refuse(400, "InvalidArgument", fmt::format("Provided {} not an integer or within integer range", name));
  return value;
}

}  // namespace store::s3

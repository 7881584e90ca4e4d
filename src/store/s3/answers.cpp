#include "store/s3/answers.h"

#include <charconv>

#include "store/checksum.h"

namespace store::s3 {

std::string strip_quotes(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return std::string(etag);
}

base::Result<pugi::xml_document> parse_xml(const http::Response& response) {
  pugi::xml_document document;
  if (!document.load_buffer(response.body.data(), response.body.size()))
    return base::fail(base::ErrorKind::InvalidValue, "the server's answer is no XML");
  return document;
}

RemoteDetails read_details(std::string key, const http::Headers& headers) {
  constexpr std::string_view kMetadata = "x-amz-meta-";
  RemoteDetails details;
  details.key = std::move(key);
  details.etag = strip_quotes(headers.get("etag"));
  details.last_modified = headers.get("last-modified");
  details.content_type = headers.get("content-type");
  details.version_id = headers.get("x-amz-version-id");
  const auto range = headers.get("content-range");  // bytes 0-9/100
  const auto slash = range.find('/');
  const auto length = slash == std::string_view::npos ? headers.get("content-length") : range.substr(slash + 1);
  std::from_chars(length.data(), length.data() + length.size(), details.size);
  for (const auto& [name, value] : headers.lines())
    if (name.size() > kMetadata.size() && http::equal_without_case(name.substr(0, kMetadata.size()), kMetadata))
      details.metadata.emplace_back(name.substr(kMetadata.size()), value);
  for (const auto algorithm : {ChecksumAlgorithm::Crc32, ChecksumAlgorithm::Crc32c, ChecksumAlgorithm::Crc64Nvme,
                               ChecksumAlgorithm::Sha1, ChecksumAlgorithm::Sha256}) {
    const auto value = headers.get("x-amz-checksum-" + std::string(name_of(algorithm)));
    if (value.empty()) continue;
    const bool composite =
        headers.get("x-amz-checksum-type") == "COMPOSITE" || value.find('-') != std::string_view::npos;
    details.checksum =
        Checksum{algorithm, composite ? ChecksumType::Composite : ChecksumType::FullObject, std::string(value)};
  }
  details.headers = headers;
  return details;
}

std::string target_text(const Operation& operation) {
  if (operation.bucket.empty()) return "/";
  return "/" + operation.bucket + (operation.key.empty() ? "" : "/" + operation.key);
}

std::string decoded_text(const pugi::xml_node& root, const pugi::xml_node& node, const char* name) {
  const std::string_view text = node.child_value(name);
  if (!http::equal_without_case(root.child_value("EncodingType"), "url")) return std::string(text);
  // A plus sign in a key arrives as %2B; a bare one is a blank.
  return http::percent_decode(text, http::PlusMeans::Space);
}

}  // namespace store::s3

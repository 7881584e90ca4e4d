// The requests of uploads in parts.

#include <fmt/format.h>

#include "store/checksum.h"
#include "store/s3/answers.h"
#include "store/s3/caller.h"
#include "store/s3/client.h"
#include "store/s3/xml.h"

namespace store::s3 {
namespace {

RemoteFailure unreadable(const base::Error& error) { return RemoteFailure(no_answer(error)); }

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return result;
}

std::string completion_document(const std::vector<RemotePart>& parts, std::optional<ChecksumAlgorithm> checksum) {
  XmlWriter xml("CompleteMultipartUpload");
  for (const auto& part : parts) {
    xml.open("Part").number("PartNumber", static_cast<std::uint64_t>(part.number));
    xml.text("ETag", "\"" + part.etag + "\"");
    if (checksum && !part.checksum.empty()) xml.text("Checksum" + upper(name_of(*checksum)), part.checksum);
    xml.close();
  }
  return xml.take();
}

std::optional<std::string> from_hex(std::string_view text) {
  std::string raw;
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    if (digit(text[i]) < 0 || digit(text[i + 1]) < 0) return std::nullopt;
    raw += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
  }
  return raw;
}

/// The ETag that the parts' ETags lead to; empty when those are no digests.
std::string etag_of(const std::vector<RemotePart>& parts) {
  std::string digests;
  for (const auto& part : parts) {
    const auto raw = from_hex(part.etag);
    if (part.etag.size() != 32 || !raw) return {};
    digests += *raw;
  }
  return fmt::format("{}-{}", to_hex(md5(digests)), parts.size());
}

}  // namespace

RemoteResult<std::string> S3Client::create_upload(const std::string& bucket, const std::string& key,
                                                  const PutOptions& options) {
  auto headers = headers_of(options);
  headers.remove("If-None-Match");  // conditions are those of the completion
  headers.remove("If-Match");
  if (checksum_) headers.set("x-amz-checksum-algorithm", upper(name_of(*checksum_)));
  TRY(const auto answer,
      caller_->call(
          {.method = "POST", .bucket = bucket, .key = key, .query = "uploads", .headers = std::move(headers)}));
  auto document = parse_xml(answer.response);
  if (!document) return unreadable(document.error());
  std::string id = document->child("InitiateMultipartUploadResult").child_value("UploadId");
  if (id.empty()) return unreadable({base::ErrorKind::InvalidValue, 0, {}, "the server named no UploadId", {}});
  return id;
}

RemoteResult<RemotePart> S3Client::put_part(const std::string& bucket, const std::string& key,
                                            const std::string& upload_id, int number, const Body& body) {
  auto query = fmt::format("partNumber={}&uploadId={}", number, http::percent_encode(upload_id));
  TRY(const auto answer, caller_->call({.method = "PUT",
                                        .bucket = bucket,
                                        .key = key,
                                        .query = std::move(query),
                                        .body = &body,
                                        .checksum = checksum_}));
  RemotePart part{number, strip_quotes(answer.response.headers.get("etag")), body.length, {}};
  // Told again at the completion only where the server showed that it knows it.
  if (checksum_) part.checksum = answer.response.headers.get("x-amz-checksum-" + std::string(name_of(*checksum_)));
  return part;
}

RemoteResult<RemotePart> S3Client::copy_part(const CopySource& source, const std::string& bucket,
                                             const std::string& key, const std::string& upload_id, int number) {
  http::Headers headers{{"x-amz-copy-source", "/" + source.bucket + "/" + http::percent_encode(source.key, "/")}};
  headers.add("x-amz-copy-source-range", fmt::format("bytes={}-{}", source.offset, source.offset + source.length - 1));
  headers.add("x-amz-copy-source-if-match", "\"" + source.etag + "\"");
  TRY(const auto answer,
      caller_->call({.method = "PUT",
                     .bucket = bucket,
                     .key = key,
                     .query = fmt::format("partNumber={}&uploadId={}", number, http::percent_encode(upload_id)),
                     .headers = std::move(headers),
                     .error_in_success = true}));
  const auto document = parse_xml(answer.response);
  if (!document) return unreadable(document.error());
  const auto root = document->child("CopyPartResult");
  RemotePart part{number, strip_quotes(root.child_value("ETag")), source.length, {}};
  if (checksum_) part.checksum = root.child_value(("Checksum" + upper(name_of(*checksum_))).c_str());
  return part;
}

RemoteResult<RemoteDetails> S3Client::complete_upload(const std::string& bucket, const std::string& key,
                                                      const std::string& upload_id,
                                                      const std::vector<RemotePart>& parts, const PutOptions& options) {
  const auto body = body_of(completion_document(parts, checksum_));
  http::Headers headers{{"Content-Type", "application/xml"}};
  if (options.overwrite == Overwrite::No) headers.set("If-None-Match", "*");
  if (!options.if_match.empty()) headers.set("If-Match", "\"" + options.if_match + "\"");
  auto answer = caller_->call({.method = "POST",
                               .bucket = bucket,
                               .key = key,
                               .query = "uploadId=" + http::percent_encode(upload_id),
                               .headers = std::move(headers),
                               .body = &body,
                               .error_in_success = true});
  std::uint64_t size = 0;
  for (const auto& part : parts) size += part.size;
  if (!answer) {
    // An attempt whose answer was lost may have done it.
    const bool maybe_done =
        answer.error().code == "NoSuchUpload" || (answer.error().status == 412 && answer.error().attempts > 1);
    if (maybe_done)
      if (auto there = head(bucket, key); there && there->size == size && there->etag == etag_of(parts))
        return std::move(*there);
    return std::move(answer).failure();
  }
  auto document = parse_xml(answer->response);
  if (!document) return unreadable(document.error());
  auto details = read_details(key, answer->response.headers);
  details.etag = strip_quotes(document->child("CompleteMultipartUploadResult").child_value("ETag"));
  details.size = size;
  return details;
}

base::Status S3Client::abort_upload(const std::string& bucket, const std::string& key, const std::string& upload_id) {
  TRY_VOID(
      ask({.method = "DELETE", .bucket = bucket, .key = key, .query = "uploadId=" + http::percent_encode(upload_id)}));
  return {};
}

base::Result<std::vector<RemoteUpload>> S3Client::list_uploads(const std::string& bucket, const std::string& prefix) {
  std::vector<RemoteUpload> uploads;
  std::string key_marker, id_marker;
  for (;;) {
    auto query = "encoding-type=url&uploads&prefix=" + http::percent_encode(prefix);
    if (!key_marker.empty())
      query +=
          "&key-marker=" + http::percent_encode(key_marker) + "&upload-id-marker=" + http::percent_encode(id_marker);
    TRY(const auto answer, ask({.method = "GET", .bucket = bucket, .query = std::move(query)}));
    TRY(const auto document, parse_xml(answer.response));
    const auto root = document.child("ListMultipartUploadsResult");
    for (const auto& entry : root.children("Upload"))
      uploads.push_back(
          {decoded_text(root, entry, "Key"), entry.child_value("UploadId"), entry.child_value("Initiated")});
    key_marker = decoded_text(root, root, "NextKeyMarker");
    id_marker = root.child_value("NextUploadIdMarker");
    if (!root.child("IsTruncated").text().as_bool() || key_marker.empty()) return uploads;
  }
}

base::Result<std::vector<RemotePart>> S3Client::list_parts(const std::string& bucket, const std::string& key,
                                                           const std::string& upload_id) {
  std::vector<RemotePart> parts;
  std::string marker;
  for (;;) {
    auto query = "uploadId=" + http::percent_encode(upload_id);
    if (!marker.empty()) query += "&part-number-marker=" + marker;
    TRY(const auto answer, ask({.method = "GET", .bucket = bucket, .key = key, .query = std::move(query)}));
    TRY(const auto document, parse_xml(answer.response));
    const auto root = document.child("ListPartsResult");
    for (const auto& entry : root.children("Part"))
      parts.push_back({entry.child("PartNumber").text().as_int(), strip_quotes(entry.child_value("ETag")),
                       entry.child("Size").text().as_ullong(),
                       checksum_ ? entry.child_value(("Checksum" + upper(name_of(*checksum_))).c_str()) : ""});
    marker = root.child_value("NextPartNumberMarker");
    if (!root.child("IsTruncated").text().as_bool() || marker.empty()) return parts;
  }
}

}  // namespace store::s3

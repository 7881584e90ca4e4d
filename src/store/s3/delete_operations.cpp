#include "store/s3/access.h"
#include "store/s3/conditions.h"
#include "store/s3/documents/xml_reader.h"
#include "store/s3/iso_time.h"
#include "store/s3/operations.h"
#include "store/s3/time_text.h"
#include "store/s3/xml.h"

namespace store::s3 {
namespace {

/// A time in a header or a document; none for what is none.
std::optional<base::Instant> parse_time(std::string_view text) {
  const auto time = parse_http_time(text);
  return time ? time : parse_iso_time(text);
}

/// The conditions of a deletion; times are those of headers, RFC 1123 or ISO 8601.
S3Result<RemoveOptions> read_remove_options(const Call& call) {
  RemoveOptions options{
      .version = call.version(), .if_match = unquoted(call.header("if-match").value_or("")), .origin = origin_of(call)};
  if (const auto time = call.header("x-amz-if-match-last-modified-time")) {
    options.if_last_modified = parse_time(*time);
    if (!options.if_last_modified)
      return refuse(400, "InvalidArgument", "x-amz-if-match-last-modified-time is not a time: " + *time);
  }
  if (const auto size = call.header("x-amz-if-match-size")) {
    options.if_size = number_of(*size);
    if (!options.if_size) return refuse(400, "InvalidArgument", "x-amz-if-match-size is not a number: " + *size);
  }
  options.bypass_governance =
      http::equal_without_case(call.header("x-amz-bypass-governance-retention").value_or(""), "true");
  return options;
}

S3Error removal_error(const base::Error& error) {
  if (error.kind == base::ErrorKind::Denied)
    return {403, "AccessDenied", "Access Denied because object protected by object lock.", {}, {}};
  return to_s3(error);
}

}  // namespace

ReplyResult delete_object(ServiceContext& context, const Call& call) {
  const auto options = read_remove_options(call);
  if (!options) return S3Failure(options.error());
  const auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  if (options->bypass_governance && !may(context, call, *bucket, "s3:BypassGovernanceRetention"))
    return refuse(403, "AccessDenied", "Access Denied");
  const auto removed = context.store.remove(call.bucket, call.key, *options);
  if (!removed) return S3Failure(removal_error(removed.error()));
  Reply reply{.status = 204};
  if (removed->is_delete_marker) reply.headers.add("x-amz-delete-marker", "true");
  if (!removed->version.empty()) reply.headers.add("x-amz-version-id", removed->version);
  return reply;
}

namespace {

struct DeleteDocument {
  std::vector<RemoveRequest> requests;
  bool quiet = false;
};

S3Result<RemoveRequest> read_remove_request(const XmlElement& object, bool bypass_governance) {
  RemoveRequest request{.key = object.text_of("Key").value_or("")};
  auto& options = request.options;
  options.version = object.text_of("VersionId").value_or("");
  options.if_match = unquoted(object.text_of("ETag").value_or(""));
  options.bypass_governance = bypass_governance;
  if (const auto time = object.text_of("LastModifiedTime")) {
    options.if_last_modified = parse_time(*time);
    if (!options.if_last_modified) return malformed_xml("LastModifiedTime is not a time.");
  }
  const auto size = object.integer_of("Size");
  if (!size) return S3Failure(size.error());
  if (*size) options.if_size = static_cast<std::uint64_t>(**size);
  if (request.key.empty()) return malformed_xml("An object needs its key.");
  return request;
}

S3Result<DeleteDocument> read_delete_document(const Call& call, bool bypass_governance) {
  const auto document = XmlDocument::parse(call.body, "Delete");
  if (!document) return S3Failure(document.error());
  const auto quiet = document->root().flag_of("Quiet");
  if (!quiet) return S3Failure(quiet.error());
  DeleteDocument wanted{.quiet = quiet->value_or(false)};
  for (const auto& object : document->root().children("Object")) {
    auto request = read_remove_request(object, bypass_governance);
    if (!request) return S3Failure(request.error());
    wanted.requests.push_back(std::move(*request));
  }
  if (wanted.requests.empty() || wanted.requests.size() > 1000)
    return malformed_xml("One request deletes 1 to 1000 objects.");
  return wanted;
}

void write_removal(XmlWriter& xml, const RemoveRequest& request, const base::Result<Removed>& outcome, bool quiet) {
  if (!outcome) {
    const auto error = removal_error(outcome.error());
    xml.open("Error").text("Key", request.key);
    if (!request.options.version.empty()) xml.text("VersionId", request.options.version);
    xml.text("Code", error.code).text("Message", error.message).close();
    return;
  }
  if (quiet) return;
  xml.open("Deleted").text("Key", request.key);
  if (!request.options.version.empty()) xml.text("VersionId", request.options.version);
  if (outcome->is_delete_marker) xml.flag("DeleteMarker", true).text("DeleteMarkerVersionId", outcome->version);
  xml.close();
}

}  // namespace

ReplyResult delete_objects(ServiceContext& context, const Call& call) {
  const auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  const bool bypass = http::equal_without_case(call.header("x-amz-bypass-governance-retention").value_or(""), "true") &&
                      may(context, call, *bucket, "s3:BypassGovernanceRetention");
  const auto wanted = read_delete_document(call, bypass);
  if (!wanted) return S3Failure(wanted.error());
  // Each key has a right of its own; what is refused does not keep the others from going.
  std::vector<RemoveRequest> allowed;
  std::vector<std::optional<std::size_t>> places;
  for (const auto& request : wanted->requests) {
    const auto* action = request.options.version.empty() ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
    const bool may_go = may_on_key(context, call, *bucket, action, request.key);
    places.push_back(may_go ? std::optional(allowed.size()) : std::nullopt);
    if (!may_go) continue;
    allowed.push_back(request);
    allowed.back().options.origin = origin_of(call);
  }
  const auto outcomes = context.store.remove_many(call.bucket, allowed);
  if (!outcomes) return S3Failure(to_s3(outcomes.error()));
  const base::Result<Removed> denied = base::fail(base::ErrorKind::Denied, "Access Denied");
  XmlWriter xml("DeleteResult");
  for (std::size_t i = 0; i < wanted->requests.size(); ++i)
    write_removal(xml, wanted->requests[i], places[i] ? (*outcomes)[*places[i]] : denied, wanted->quiet);
  return xml_reply(xml.take());
}

}  // namespace store::s3

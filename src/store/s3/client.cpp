#include "store/s3/client.h"

#include <fmt/format.h>

#include "store/checksum.h"
#include "store/s3/answers.h"
#include "store/s3/caller.h"
#include "store/s3/connecting.h"
#include "store/s3/transfer.h"
#include "store/s3/xml.h"

namespace store::s3 {
namespace {

std::optional<ChecksumAlgorithm> checksum_of(const S3Client::Options& options, const Environment& environment) {
  const auto when = environment.variable("AWS_REQUEST_CHECKSUM_CALCULATION").value_or("");
  return http::equal_without_case(when, "when_required") ? std::nullopt : options.checksum;
}

}  // namespace

S3Client::S3Client(std::optional<ChecksumAlgorithm> checksum, std::unique_ptr<Sleeper> sleeper,
                   std::unique_ptr<Caller> caller)
    : checksum_(checksum), sleeper_(std::move(sleeper)), caller_(std::move(caller)) {}
S3Client::~S3Client() = default;
S3Client::S3Client(S3Client&&) noexcept = default;

base::Result<S3Client> S3Client::connect(Options options, const base::WallClock& wall_clock) {
  const Environment& environment = environment_of(options.environment);
  Caller::Options made{.retry = options.retry,
                       .body_hash = options.hash_plain_bodies ? BodyHash::OverPlainHttp : BodyHash::Never};
  TRY(made.endpoint, resolve_endpoint({options.endpoint, options.region, options.addressing}, environment,
                                      Profiles::load(environment)));
  made.pool.connect_timeout = options.connect_timeout;
  made.pool.timeout = options.timeout;
  TRY(auto connected, connect_caller(std::move(made),
                                     {.key = options.key,
                                      .session_token = options.session_token,
                                      .anonymous = options.anonymous,
                                      .environment = options.environment,
                                      .sleeper = options.sleeper,
                                      .retry_seed = options.retry_seed,
                                      .verify_certificates = options.verify_certificates,
                                      .ca_bundle = options.ca_bundle},
                                     wall_clock));
  return S3Client(checksum_of(options, environment), std::move(connected.sleeper), std::move(connected.caller));
}

base::Result<Answer> S3Client::ask(const Operation& operation, Refusal* refusal) {
  auto answer = caller_->call(operation);
  if (answer) return std::move(*answer);
  auto error = to_error(answer.error(), operation.method, target_text(operation));
  if (refusal != nullptr) *refusal = std::move(answer.error());
  return base::fail(std::move(error));
}

base::Result<std::vector<RemoteBucket>> S3Client::list_buckets() {
  TRY(const auto answer, ask({.method = "GET"}));
  TRY(const auto document, parse_xml(answer.response));
  std::vector<RemoteBucket> buckets;
  for (const auto& bucket : document.child("ListAllMyBucketsResult").child("Buckets").children("Bucket"))
    buckets.push_back({bucket.child_value("Name"), bucket.child_value("CreationDate")});
  return buckets;
}

base::Status S3Client::create_bucket(const std::string& bucket) {
  const auto& region = caller_->region();
  const auto body = body_of(XmlWriter("CreateBucketConfiguration").text("LocationConstraint", region).take());
  const bool elsewhere = region != "us-east-1";  // which cannot be named
  TRY_VOID(ask({.method = "PUT", .bucket = bucket, .body = elsewhere ? &body : nullptr}));
  return {};
}

base::Status S3Client::remove_bucket(const std::string& bucket) {
  TRY_VOID(ask({.method = "DELETE", .bucket = bucket}));
  return {};
}

base::Status S3Client::list(
    const std::string& bucket, const std::string& prefix, std::string_view delimiter,
    const std::function<base::Status(std::vector<RemoteObject>, std::vector<std::string>)>& page) {
  std::string token;
  for (;;) {
    auto query = "encoding-type=url&list-type=2&prefix=" + http::percent_encode(prefix);
    if (!delimiter.empty()) query += "&delimiter=" + http::percent_encode(delimiter);
    if (!token.empty()) query += "&continuation-token=" + http::percent_encode(token);
    TRY(const auto answer, ask({.method = "GET", .bucket = bucket, .query = std::move(query)}));
    TRY(const auto document, parse_xml(answer.response));
    const auto root = document.child("ListBucketResult");
    std::vector<RemoteObject> objects;
    for (const auto& entry : root.children("Contents"))
      objects.push_back({decoded_text(root, entry, "Key"), entry.child("Size").text().as_ullong(),
                         strip_quotes(entry.child_value("ETag")), entry.child_value("LastModified")});
    std::vector<std::string> prefixes;
    for (const auto& entry : root.children("CommonPrefixes")) prefixes.push_back(decoded_text(root, entry, "Prefix"));
    TRY_VOID(page(std::move(objects), std::move(prefixes)));
    token = root.child_value("NextContinuationToken");
    if (token.empty()) return {};
  }
}

base::Result<RemoteDetails> S3Client::head(const std::string& bucket, const std::string& key, Refusal* refusal) {
  const http::Headers headers{{"x-amz-checksum-mode", "ENABLED"}};
  TRY(const auto answer, ask({.method = "HEAD", .bucket = bucket, .key = key, .headers = headers}, refusal));
  return read_details(key, answer.response.headers);
}

http::Headers S3Client::headers_of(const PutOptions& options) {
  auto headers = options.headers;
  if (!options.content_type.empty()) headers.set("Content-Type", options.content_type);
  if (options.overwrite == Overwrite::No) headers.set("If-None-Match", "*");
  if (!options.if_match.empty()) headers.set("If-Match", "\"" + options.if_match + "\"");
  return headers;
}

/// Whether the object that stands in the way of a PUT is what an attempt of that PUT wrote, whose answer was lost.
bool S3Client::is_our_own(const Operation& operation, const Body& body, const std::string& checksum) {
  const auto there = head(operation.bucket, operation.key);
  if (!there || there->size != body.length) return false;
  if (there->checksum && there->checksum->algorithm == operation.checksum) return there->checksum->value == checksum;
  const auto digest = make_md5();
  auto source = source_of(body);
  for (;;) {
    const auto piece = source.next();
    if (!piece) return false;
    if (piece->empty()) return to_hex(digest->finish()) == there->etag;
    digest->update(*piece);
  }
}

base::Result<RemoteDetails> S3Client::put(const std::string& bucket, const std::string& key, Body body,
                                          const PutOptions& options) {
  const Operation operation{.method = "PUT",
                            .bucket = bucket,
                            .key = key,
                            .headers = headers_of(options),
                            .body = &body,
                            .checksum = checksum_,
                            .repeats_conflicts = true};
  auto answer = caller_->call(operation);
  if (!answer && answer.error().status == 412 && options.overwrite == Overwrite::No && answer.error().attempts > 1) {
    TRY(const auto digests, digests_of(body, false, checksum_));
    if (is_our_own(operation, body, digests.checksum)) return head(bucket, key, options.refusal);
  }
  if (!answer) {
    auto error = to_error(answer.error(), operation.method, target_text(operation));
    if (options.refusal != nullptr) *options.refusal = std::move(answer.error());
    return base::fail(std::move(error));
  }
  auto details = read_details(key, answer->response.headers);
  details.size = body.length;
  return details;
}

base::Status S3Client::put(const std::string& bucket, const std::string& key, http::BodySource body) {
  TRY_VOID(upload_stream(*this, bucket, key, std::move(body.next), {}));
  return {};
}

base::Result<RemoteDetails> S3Client::copy(const std::string& from_bucket, const std::string& from_key,
                                           const std::string& bucket, const std::string& key,
                                           const PutOptions& options) {
  auto headers = headers_of(options);
  headers.set("x-amz-copy-source", "/" + from_bucket + "/" + http::percent_encode(from_key, "/"));
  TRY(const auto answer,
      ask({.method = "PUT", .bucket = bucket, .key = key, .headers = std::move(headers), .error_in_success = true},
          options.refusal));
  TRY(const auto document, parse_xml(answer.response));
  auto details = read_details(key, answer.response.headers);
  const auto root = document.child("CopyObjectResult");
  details.etag = strip_quotes(root.child_value("ETag"));
  details.last_modified = root.child_value("LastModified");
  return details;
}

base::Status S3Client::remove(const std::string& bucket, const std::string& key) {
  TRY_VOID(ask({.method = "DELETE", .bucket = bucket, .key = key}));
  return {};
}

base::Result<std::string> S3Client::presigned_url(const std::string& method, const std::string& bucket,
                                                  const std::string& key, std::chrono::seconds expires) {
  return caller_->presigned_url(method, bucket, key, expires);
}

}  // namespace store::s3

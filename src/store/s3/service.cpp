#include "store/s3/service.h"

#include <fmt/format.h>

#include <array>

#include "base/log.h"
#include "store/checksum.h"
#include "store/s3/aws_chunked.h"
#include "store/s3/call.h"
#include "store/s3/time_text.h"
#include "store/s3/xml.h"

namespace store::s3 {
namespace {

constexpr std::size_t kPieceBytes = 512 << 10;
constexpr std::size_t kDocumentBytesMax = 4 << 20;
constexpr std::uint64_t kPutBytesMax = std::uint64_t{5} << 30;

/// Sub-resources: a request that names one must never be taken for the plain operation.
constexpr std::array kSubResources{
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "tagging",
    "torrent",
    "versioning",
    "versions",
    "website",
    "location",
    "append",
    "session",
    "renameObject",
};

/// Takes framing and hashes off a body, as the request's payload token says.
class Payload {
 public:
  Payload(const Authentication& authentication, std::uint64_t expected_length, bool length_known)
      : token_(authentication.payload), expected_length_(expected_length), length_known_(length_known) {
    const bool chunks_signed = token_ == kSignedChunks || token_ == kSignedChunksTrailer;
    const bool trailer = token_ == kSignedChunksTrailer || token_ == kUnsignedChunksTrailer;
    if (chunks_signed || trailer) decoder_.emplace(AwsChunkedDecoder::Options{authentication, chunks_signed, trailer});
    if (token_.size() == 64) digest_ = make_sha256();
  }

  S3Result<std::string> feed(std::string bytes) {
    std::string payload;
    if (decoder_) {
      if (auto fed = decoder_->feed(bytes, payload); !fed) return S3Failure(fed.error());
    } else {
      payload = std::move(bytes);
    }
    if (digest_ != nullptr) digest_->update(payload);
    length_ += payload.size();
    return payload;
  }

  S3Result<bool> finish() {
    if (decoder_)
      if (auto finished = decoder_->finish(); !finished) return finished;
    if (length_known_ && length_ != expected_length_)
      return refuse(400, "IncompleteBody",
                    "You did not provide the number of bytes specified by the Content-Length HTTP header");
    if (digest_ == nullptr) return true;
    const auto computed = to_hex(digest_->finish());
    if (computed == token_) return true;
    auto refused = refuse(400, "XAmzContentSHA256Mismatch",
                          "The provided 'x-amz-content-sha256' header does not match what was computed.");
    refused.error().details = {{"ClientComputedContentSHA256", token_}, {"S3ComputedContentSHA256", computed}};
    return refused;
  }

  std::optional<std::string> trailer(std::string_view name) const {
    if (decoder_)
      for (const auto& [known, value] : decoder_->trailers())
        if (known == name) return value;
    return std::nullopt;
  }

 private:
  std::string token_;
  std::uint64_t expected_length_;
  bool length_known_;
  std::uint64_t length_ = 0;
  std::optional<AwsChunkedDecoder> decoder_;
  std::unique_ptr<Digest> digest_;
};

bool is_streaming(const Authentication& authentication) { return authentication.payload.starts_with("STREAMING-"); }

/// The bytes of the object itself, however they travel. Errors: 411 when a length is needed and missing.
S3Result<std::optional<std::uint64_t>> payload_length(const Call& call, const http::Exchange& exchange) {
  if (!is_streaming(call.authentication)) return exchange.content_length();
  const auto text = call.header("x-amz-decoded-content-length");
  std::uint64_t length = 0;
  if (!text || text->empty() || text->size() > 18 || text->find_first_not_of("0123456789") != std::string::npos)
    return refuse(411, "MissingContentLength", "You must provide the x-amz-decoded-content-length HTTP header.");
  for (const char c : *text) length = length * 10 + static_cast<std::uint64_t>(c - '0');
  return length;
}

Payload make_payload(const Call& call, const std::optional<std::uint64_t>& length) {
  return Payload(call.authentication, length.value_or(0), length.has_value());
}

http::Awaitable<S3Result<std::string>> read_document(http::Exchange& exchange, const Call& call) {
  const auto length = payload_length(call, exchange);
  if (!length) co_return S3Failure(length.error());
  const auto body = co_await http::read_body(exchange, kDocumentBytesMax);
  if (!body) co_return S3Failure(to_s3(body.error()));
  auto payload = make_payload(call, *length);
  auto document = payload.feed(*body);
  if (!document) co_return document;
  if (const auto finished = payload.finish(); !finished) co_return S3Failure(finished.error());
  co_return document;
}

using WriterResult = S3Result<std::unique_ptr<ObjectWriter>>;

S3Result<Reply> commit_write(ObjectWriter& writer, Payload& payload, WriteRequest& write, bool is_part) {
  if (auto finished = payload.finish(); !finished) return S3Failure(finished.error());
  if (write.checksum && write.commit.expected_checksum.empty()) {
    const auto name = fmt::format("x-amz-checksum-{}", name_of(*write.checksum));
    const auto trailer = payload.trailer(name);
    if (!trailer) return refuse(400, "MalformedTrailerError", "The request lacks the announced trailer: " + name);
    write.commit.expected_checksum = *trailer;
  }
  auto committed = writer.commit(write.commit);
  if (!committed) return S3Failure(to_s3(committed.error()));
  Reply reply{.headers = written_headers(*committed)};
  if (is_part) reply.headers.remove("x-amz-checksum-type");
  return reply;
}

WriterResult begin_write(ServiceContext& context, const Call& call, WriteRequest& write, bool is_part) {
  const PutOptions options{write.attributes, write.checksum};
  if (!is_part) {
    auto writer = context.store.begin_put(call.bucket, call.key, options);
    if (!writer) return S3Failure(to_s3(writer.error()));
    return std::move(*writer);
  }
  const auto number = integer_parameter(call, "partNumber", 0);
  if (!number) return S3Failure(number.error());
  const auto id = call.parameter("uploadId").value_or("");
  const auto upload = context.store.find_upload(call.bucket, call.key, id);
  if (!upload) return S3Failure(to_s3(upload.error()));
  if (write.checksum && upload->checksum && write.checksum != upload->checksum)
    return refuse(
        400, "InvalidRequest",
        "Checksum Type mismatch occurred, expected checksum Type: " + std::string(name_of(*upload->checksum)));
  // Parts always get the upload's checksum, so that the object's can be made of theirs.
  auto writer =
      context.store.begin_part(call.bucket, call.key, id, *number, write.checksum ? write.checksum : upload->checksum);
  if (!writer) return S3Failure(to_s3(writer.error()));
  return std::move(*writer);
}

http::Awaitable<ReplyResult> write_object(ServiceContext& context, http::Workers& workers, http::Exchange& exchange,
                                          const Call& call) {
  const bool is_part = call.has("uploadId");
  auto write = read_write_request(call);
  if (!write) co_return S3Failure(write.error());
  const auto length = payload_length(call, exchange);
  if (!length) co_return S3Failure(length.error());
  if (!*length && !exchange.has_body())
    co_return refuse(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
  if (length->value_or(0) > kPutBytesMax)
    co_return refuse(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
  const std::function<WriterResult()> begin = [&] { return begin_write(context, call, *write, is_part); };
  auto writer = co_await http::run_on(workers, begin);
  if (!writer) co_return S3Failure(writer.error());

  auto payload = make_payload(call, *length);
  for (;;) {
    auto piece = co_await exchange.read_some(kPieceBytes);
    if (!piece) co_return S3Failure(to_s3(piece.error()));
    if (piece->empty()) break;
    const std::function<S3Result<bool>()> take = [&]() -> S3Result<bool> {
      auto bytes = payload.feed(std::move(*piece));
      if (!bytes) return S3Failure(bytes.error());
      if (auto appended = (*writer)->append(*bytes); !appended) return S3Failure(to_s3(appended.error()));
      return true;
    };
    const auto taken = co_await http::run_on(workers, take);
    if (!taken) co_return S3Failure(taken.error());
  }
  const std::function<ReplyResult()> commit = [&] { return commit_write(**writer, payload, *write, is_part); };
  co_return co_await http::run_on(workers, commit);
}

/// The sub-resource that the request names, if any.
std::string sub_resource_of(const Call& call) {
  for (const char* name : kSubResources)
    if (call.has(name)) return name;
  return {};
}

S3Failure not_implemented(const Call& call, const std::string& what) {
  return refuse(501, "NotImplemented", fmt::format("{} {} is not implemented.", call.request->method, what));
}

ReplyResult done(const base::Status& status, int code) {
  if (!status) return S3Failure(to_s3(status.error()));
  return Reply{.status = code};
}

ReplyResult run_bucket_operation(ServiceContext& context, const Call& call) {
  const auto& method = call.request->method;
  if (const auto sub_resource = sub_resource_of(call); !sub_resource.empty()) {
    if (method == "GET") return get_bucket_setting(context, call, sub_resource);
    return not_implemented(call, "?" + sub_resource);
  }
  if (method == "PUT") return create_bucket(context, call);
  if (method == "DELETE") return done(context.store.remove_bucket(call.bucket), 204);
  if (method == "HEAD") {
    const auto found = context.store.find_bucket(call.bucket);
    if (!found) return S3Failure(to_s3(found.error()));
    return Reply{.headers = {{"x-amz-bucket-region", context.region}, {"x-amz-access-point-alias", "false"}}};
  }
  if (method == "POST")
    return call.has("delete") ? delete_objects(context, call) : not_implemented(call, "of a form on a bucket");
  if (method == "GET") return call.has("uploads") ? list_uploads(context, call) : list_objects(context, call);
  return refuse(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
}

ReplyResult run_object_operation(ServiceContext& context, const Call& call) {
  const auto& method = call.request->method;
  if (const auto sub_resource = sub_resource_of(call); !sub_resource.empty())
    return not_implemented(call, "?" + sub_resource);
  if (method == "GET" && call.has("uploadId")) return list_parts(context, call);
  if (method == "GET" || method == "HEAD") {
    const auto version = call.parameter("versionId");
    if (version && *version != "null") return not_implemented(call, "?versionId");
    return get_object(context, call);
  }
  if (method == "DELETE" && call.has("uploadId"))
    return done(context.store.abort_upload(call.bucket, call.key, *call.parameter("uploadId")), 204);
  if (method == "DELETE") return delete_object(context, call);
  if (method == "PUT") return copy_object(context, call);
  if (method == "POST" && call.has("uploads")) return create_upload(context, call);
  if (method == "POST" && call.has("uploadId")) return complete_upload(context, call);
  return refuse(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
}

ReplyResult run_operation(ServiceContext& context, const Call& call) {
  if (call.bucket.empty()) {
    if (call.request->method == "GET") return list_buckets(context);
    return refuse(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
  }
  return call.key.empty() ? run_bucket_operation(context, call) : run_object_operation(context, call);
}

bool writes_object(const Call& call) {
  return call.request->method == "PUT" && !call.key.empty() && !call.header("x-amz-copy-source") &&
         sub_resource_of(call).empty();
}

/// Path style, or virtual-host style when the host stands below one of ours.
void set_bucket_and_key(Call& call, const std::vector<std::string>& base_domains) {
  auto path = http::percent_decode(call.request->path());
  if (path.starts_with('/')) path.erase(0, 1);
  auto host = call.request->headers.get("host");
  host = host.substr(0, host.find(':'));
  for (const auto& domain : base_domains) {
    if (host.size() <= domain.size() + 1 || !host.ends_with("." + domain)) continue;
    const bool is_domain = std::ranges::find(base_domains, host) != base_domains.end();
    if (is_domain) break;
    call.bucket = host.substr(0, host.size() - domain.size() - 1);
    call.key = path;
    return;
  }
  const auto slash = path.find('/');
  call.bucket = path.substr(0, slash);
  if (slash != std::string::npos) call.key = path.substr(slash + 1);
}

Reply error_reply(const S3Error& error, const Call& call, const std::string& request_id, bool to_head) {
  Reply reply{.status = error.status};
  if (error.code == "InvalidRange" && !error.details.empty())
    reply.headers.add("Content-Range", "bytes */" + error.details.front().second);
  if (to_head) return reply;
  XmlWriter xml("Error", "");
  xml.text("Code", error.code).text("Message", error.message);
  xml.text("Resource", call.request->path());
  if (!call.bucket.empty()) xml.text("BucketName", call.bucket);
  if (!call.key.empty()) xml.text("Key", call.key);
  for (const auto& [name, value] : error.details) xml.text(name, value);
  xml.text("RequestId", request_id).text("HostId", "freshet");
  reply.headers.add("Content-Type", "application/xml");
  reply.body = xml.take();
  return reply;
}

http::Awaitable<void> stream_object(http::Workers& workers, http::Exchange& exchange, Reply reply) {
  if (!co_await exchange.begin(reply.status, std::move(reply.headers), reply.length)) co_return;
  if (exchange.request().method != "HEAD") {
    for (std::uint64_t sent = 0; sent < reply.length;) {
      const auto wanted = std::min<std::uint64_t>(kPieceBytes, reply.length - sent);
      const std::function<base::Result<std::string>()> read = [&]() -> base::Result<std::string> {
        std::string bytes(wanted, '\0');
        TRY(const auto count, reply.reader->read_at(reply.offset + sent, bytes));
        bytes.resize(count);
        return bytes;
      };
      auto bytes = co_await http::run_on(workers, read);
      // The length is already told: an answer that ends early is all that is left to show the failure.
      if (!bytes || bytes->empty()) co_return;
      sent += bytes->size();
      if (!co_await exchange.write(std::move(*bytes))) co_return;
    }
  }
  (void)co_await exchange.finish();
}

}  // namespace

S3Service::S3Service(Options options, ObjectStore& store, const AccessKeys& keys, const base::WallClock& wall_clock,
                     http::Workers& workers)
    : options_(std::move(options)), store_(store), keys_(keys), wall_clock_(wall_clock), workers_(workers) {}

http::Awaitable<void> S3Service::handle(http::Exchange& exchange) {
  const auto now = wall_clock_.now();
  const auto request_id = fmt::format("{:016X}", static_cast<std::uint64_t>(now.ns) + ++requests_);
  ServiceContext context{store_, options_.region};
  Call call{.request = &exchange.request(), .query = http::parse_query(exchange.request().query())};
  set_bucket_and_key(call, options_.base_domains);
  ReplyResult reply;
  if (auto authentication = authenticate(*call.request, keys_, now); !authentication) {
    reply = S3Failure(authentication.error());
  } else {
    call.authentication = std::move(*authentication);
    if (writes_object(call)) {
      reply = co_await write_object(context, workers_, exchange, call);
    } else {
      S3Result<std::string> body;
      if (exchange.has_body()) body = co_await read_document(exchange, call);
      if (!body) {
        reply = S3Failure(body.error());
      } else {
        call.body = std::move(*body);
        const std::function<ReplyResult()> run = [&] { return run_operation(context, call); };
        reply = co_await http::run_on(workers_, run);
      }
    }
  }
  if (!reply) {
    if (reply.error().status >= 500)
      LOG_WARN("s3.request_failed request={} code={} message=\"{}\"", request_id, reply.error().code,
               reply.error().message);
    reply = error_reply(reply.error(), call, request_id, call.request->method == "HEAD");
  }
  auto& headers = reply->headers;
  headers.add("x-amz-request-id", request_id);
  headers.add("x-amz-id-2", "freshet");
  headers.add("Date", http_time(now));
  headers.add("Server", "Freshet");
  headers.add("X-Content-Type-Options", "nosniff");
  if (reply->reader != nullptr) {
    co_await stream_object(workers_, exchange, std::move(*reply));
  } else {
    http::Response response{reply->status, std::move(headers), std::move(reply->body)};
    (void)co_await exchange.respond(std::move(response));
  }
}

}  // namespace store::s3

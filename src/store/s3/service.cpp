#include "store/s3/service.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "store/s3/access.h"
#include "store/s3/documents/cors.h"
#include "store/s3/form_upload.h"
#include "store/s3/operation.h"
#include "store/s3/payload.h"
#include "store/s3/time_text.h"
#include "store/s3/write_operations.h"
#include "store/s3/xml.h"

namespace store::s3 {
namespace {

constexpr std::size_t kPieceBytes = 512 << 10;
constexpr std::uint64_t kFirstBytes = 64 << 10;

/// Path style, or virtual-host style when the host stands below one of ours.
void set_bucket_and_key(Call& call, const std::vector<std::string>& base_domains) {
  auto path = http::percent_decode(call.request->path());
  if (path.starts_with('/')) path.erase(0, 1);
  auto host = call.request->headers.get("host");
  host = host.substr(0, host.find(':'));
  // Of domains within each other the longest counts: b.s3.localhost is no bucket "b.s3" of localhost.
  std::string_view suffix;
  for (const std::string_view domain : base_domains) {
    const bool is_below =
        host.size() > domain.size() + 1 && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.';
    if (host == domain || (is_below && domain.size() > suffix.size())) suffix = domain;
  }
  if (!suffix.empty() && suffix != host) {
    call.bucket = host.substr(0, host.size() - suffix.size() - 1);
    call.key = path;
    return;
  }
  const auto slash = path.find('/');
  call.bucket = path.substr(0, slash);
  if (slash != std::string::npos) call.key = path.substr(slash + 1);
}

Reply error_reply(const S3Error& error, const Call& call) {
  Reply reply{.status = error.status};
  for (const auto& [name, value] : error.headers) reply.headers.add(name, value);
  if (error.code == "InvalidRange" && !error.details.empty())
    reply.headers.add("Content-Range", "bytes */" + error.details.front().second);
  if (call.request->method == "HEAD") return reply;
  XmlWriter xml("Error", "");
  xml.text("Code", error.code).text("Message", error.message);
  xml.text("Resource", call.request->path());
  if (!call.bucket.empty()) xml.text("BucketName", call.bucket);
  if (!call.key.empty()) xml.text("Key", call.key);
  for (const auto& [name, value] : error.details) xml.text(name, value);
  xml.text("RequestId", call.request_id).text("HostId", "freshet");
  reply.headers.add("Content-Type", "application/xml");
  reply.body = xml.take();
  return reply;
}

/// A small object is read whole on the worker that found it, to go out together with the head; so is the beginning of
/// one that the system cannot move from a file.
S3Result<void> read_beginning(const Call& call, Reply& reply) {
  if (reply.reader == nullptr || call.request->method == "HEAD") return {};
  if (reply.length > kFirstBytes) reply.stretches = reply.reader->stretches(reply.offset, reply.length);
  if (!reply.stretches.empty()) return {};
  reply.body.resize(std::min(reply.length, kFirstBytes));
  const auto count = reply.reader->read_at(reply.offset, reply.body);
  if (!count) return S3Failure(to_s3(count.error()));
  return {};
}

/// The bytes of an object from `done` on, through memory: they are not in a file as the client wants them.
http::Awaitable<base::Status> write_pieces(http::Workers& workers, http::Exchange& exchange, const Reply& reply,
                                           std::uint64_t done) {
  while (done < reply.length) {
    const std::function<base::Result<std::string>()> read = [&]() -> base::Result<std::string> {
      std::string bytes(std::min<std::uint64_t>(kPieceBytes, reply.length - done), '\0');
      TRY(const auto count, reply.reader->read_at(reply.offset + done, bytes));
      bytes.resize(count);
      return bytes;
    };
    CO_TRY(auto bytes, co_await http::run_on(workers, read));
    if (bytes.empty()) co_return base::fail(base::ErrorKind::Internal, "an object is shorter than its record says");
    done += bytes.size();
    CO_TRY_VOID(co_await exchange.write(std::move(bytes)));
  }
  co_return base::Status{};
}

http::Awaitable<base::Status> write_rest(http::Workers& workers, http::Exchange& exchange, const Reply& reply,
                                         std::uint64_t done) {
  for (const auto& [file, offset, length] : reply.stretches) {
    CO_TRY_VOID(co_await exchange.write_file(workers, {file->descriptor(), offset, length}));
    done += length;
  }
  co_return co_await write_pieces(workers, exchange, reply, done);
}

http::Awaitable<void> stream_object(http::Workers& workers, http::Exchange& exchange, const std::string& request_id,
                                    Reply reply) {
  if (!co_await exchange.begin(reply.status, std::move(reply.headers), reply.length)) co_return;
  if (exchange.request().method != "HEAD") {
    const auto begun = reply.body.size();
    auto written = co_await exchange.write(std::move(reply.body));
    if (written && begun < reply.length) written = co_await write_rest(workers, exchange, reply, begun);
    if (!written && written.error().kind != base::ErrorKind::Unavailable)
      LOG_ERROR("s3.object_not_read request={} error=\"{}\"", request_id, written.error().message);
    // The length is already told: an answer that ends early is all that is left to show the failure.
    if (!written) co_return;
  }
  (void)co_await exchange.finish();
}

/// Null where the bucket has none.
std::shared_ptr<const S3Result<CorsConfiguration>> cors_of(const ServiceContext& context, const std::string& bucket) {
  const auto found = context.store.find_bucket(bucket);
  const auto* document = found ? found->document("cors") : nullptr;
  if (document == nullptr) return nullptr;
  auto parsed = context.parsed.cors.get(bucket, *document, parse_cors);
  return *parsed ? parsed : nullptr;
}

ReplyResult answer_options(const ServiceContext& context, const Call& call) {
  const auto cors = cors_of(context, call.bucket);
  auto headers = answer_preflight(cors ? &**cors : nullptr, call.request->headers);
  if (!headers) return S3Failure(headers.error());
  return Reply{.headers = std::move(*headers)};
}

/// An operation that has its whole body at once.
ReplyResult run_operation(ServiceContext& context, const Call& call) {
  if (auto allowed = authorize(context, call); !allowed) return S3Failure(allowed.error());
  auto reply = call.operation->run(context, call);
  if (reply)
    if (const auto read = read_beginning(call, *reply); !read) return S3Failure(read.error());
  return reply;
}

http::Awaitable<ReplyResult> answer(ServiceContext& context, http::Workers& workers, http::Exchange& exchange,
                                    Call& call) {
  if (exchange.is_one_too_many()) co_return refuse(503, "SlowDown", "Please reduce your request rate.");
  if (call.request->method == "OPTIONS") {
    const std::function<ReplyResult()> run = [&] { return answer_options(context, call); };
    co_return co_await http::run_on(workers, run);
  }
  auto authentication = authenticate(*call.request, context.keys, call.received);
  if (!authentication) co_return S3Failure(authentication.error());
  call.authentication = std::move(*authentication);
  const auto operation = find_operation(call);
  if (!operation) co_return S3Failure(operation.error());
  call.operation = *operation;
  if (call.operation->name == "PutObject") co_return co_await put_object(context, workers, exchange, call);
  if (call.operation->name == "UploadPart") co_return co_await upload_part(context, workers, exchange, call);
  if (call.operation->name == "PostObject") co_return co_await post_object(context, workers, exchange, call);
  if (exchange.has_body()) {
    auto body = co_await read_document(exchange, call);
    if (!body) co_return S3Failure(body.error());
    call.body = std::move(*body);
  }
  const std::function<ReplyResult()> run = [&] { return run_operation(context, call); };
  co_return co_await http::run_on(workers, run);
}

/// Lets pages of other origins see the answer, as far as the bucket allows.
http::Awaitable<void> add_cors(ServiceContext& context, http::Workers& workers, const Call& call, Reply& reply) {
  const std::function<http::Headers()> look = [&] {
    const auto cors = cors_of(context, call.bucket);
    return cors ? cors_headers(**cors, call.request->method, call.request->headers) : http::Headers{};
  };
  const auto headers = co_await http::run_on(workers, look);
  for (const auto& [name, value] : headers.lines()) reply.headers.add(name, value);
}

/// What is remembered of a request, as far as it is known before its answer goes out.
AccessRecord record_of(const Call& call, const http::Exchange& exchange, const Reply& reply) {
  AccessRecord record{.received = call.received,
                      .bucket = call.bucket,
                      .key = call.key,
                      .remote_address = call.remote_address,
                      .requester = call.caller_id(),
                      .request_id = call.request_id,
                      .level = call.bucket.empty() ? "SERVICE"
                               : call.key.empty()  ? "BUCKET"
                                                   : "OBJECT",
                      .method = call.request->method,
                      .target = call.request->target,
                      .status = reply.status,
                      .bytes_received = exchange.content_length().value_or(0),
                      .referrer = std::string(call.request->headers.get("referer")),
                      .user_agent = std::string(call.request->headers.get("user-agent")),
                      .host = std::string(call.request->headers.get("host")),
                      .version = std::string(reply.headers.get("x-amz-version-id")),
                      .presigned = call.authentication.presigned};
  if (call.operation != nullptr) {
    record.operation = call.operation->name;
    record.sub_resource = call.operation->sub_resource;
  }
  if (call.request->method != "HEAD") record.bytes_sent = reply.reader != nullptr ? reply.length : reply.body.size();
  if (reply.reader != nullptr) record.object_size = reply.reader->details().info.size;
  return record;
}

}  // namespace

S3Service::S3Service(ServiceOptions options, ObjectStore& store, const AccessKeys& keys, const base::Clock& clock,
                     const base::WallClock& wall_clock, http::Workers& workers)
    : options_(std::move(options)),
      store_(store),
      keys_(keys),
      clock_(clock),
      wall_clock_(wall_clock),
      workers_(workers) {}

http::Awaitable<void> S3Service::handle(http::Exchange& exchange) {
  const auto begun = std::chrono::steady_clock::now();
  const auto now = wall_clock_.now();
  ServiceContext context{store_, keys_, options_, clock_, parsed_};
  Call call{.request = &exchange.request(),
            .query = http::parse_query(exchange.request().query()),
            .remote_address = std::string(exchange.remote_address()),
            .request_id = fmt::format("{:016X}", static_cast<std::uint64_t>(now.ns) + ++requests_),
            .received = now,
            .is_encrypted = exchange.is_encrypted()};
  set_bucket_and_key(call, options_.base_domains);
  auto reply = co_await answer(context, workers_, exchange, call);
  std::string error_code;
  if (!reply) {
    error_code = reply.error().code;
    if (reply.error().status >= 500)
      LOG_WARN("s3.request_failed request={} code={} message=\"{}\"", call.request_id, reply.error().code,
               reply.error().message);
    reply = error_reply(reply.error(), call);
  }
  if (call.request->headers.find("origin") && call.request->method != "OPTIONS")
    co_await add_cors(context, workers_, call, *reply);
  auto record = record_of(call, exchange, *reply);
  record.error_code = std::move(error_code);
  record.turn_around_time = std::chrono::steady_clock::now() - begun;
  auto& headers = reply->headers;
  headers.add("x-amz-request-id", call.request_id);
  headers.add("x-amz-id-2", "freshet");
  headers.add("Date", http_time(now));
  headers.add("Server", "Freshet");
  headers.add("X-Content-Type-Options", "nosniff");
  if (reply->reader != nullptr) {
    co_await stream_object(workers_, exchange, call.request_id, std::move(*reply));
  } else {
    http::Response response{reply->status, std::move(headers), std::move(reply->body)};
    (void)co_await exchange.respond(std::move(response));
  }
  record.total_time = std::chrono::steady_clock::now() - begun;
  statistics_.add(record);
  if (log_ != nullptr) log_->add(std::move(record));
}

}  // namespace store::s3

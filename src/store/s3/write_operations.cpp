#include "store/s3/write_operations.h"

#include <fmt/format.h>

#include "http/feed.h"
#include "store/checksum.h"
#include "store/s3/access.h"
#include "store/s3/payload.h"
#include "store/s3/write_request.h"

namespace store::s3 {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;
/// Of a body that was read, and waits for a worker.
constexpr std::size_t kAheadBytes = 1 << 20;
constexpr std::size_t kSmallBytes = 64 << 10;
constexpr std::uint64_t kPutBytesMax = std::uint64_t{5} << 30;

/// A write that may go on: it is allowed, and the store waits for the bytes.
struct StartedWrite {
  std::unique_ptr<ObjectWriter> writer;
  BucketInfo bucket;
  WriteRequest request;
  bool is_part = false;
};
using StartResult = S3Result<StartedWrite>;

/// The hash of a signed payload is the store's to compare: it computes it together with the others. True if there is
/// one.
bool take_payload_hash(const Call& call, WriteRequest& request) {
  constexpr std::size_t kHexDigits = 64;
  if (call.authentication.payload.size() != kHexDigits) return false;
  request.commit.expected_sha256 = call.authentication.payload;
  return true;
}

StartResult start_object(ServiceContext& context, const Call& call, std::uint64_t length) {
  if (auto allowed = authorize(context, call); !allowed) return S3Failure(allowed.error());
  auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  auto request = read_write_request(context, call, *bucket);
  if (!request) return S3Failure(request.error());
  // As on AWS, an object without a checksum of its client's gets one.
  const auto checksum = request->checksum.value_or(ChecksumAlgorithm::Crc64Nvme);
  auto writer = context.store.begin_put(call.bucket, call.key,
                                        {.attributes = request->attributes,
                                         .checksum = checksum,
                                         .computes_sha256 = take_payload_hash(call, *request),
                                         .settings = request->settings,
                                         .encryption = request->encryption,
                                         .expected_bytes = length});
  if (!writer) return S3Failure(to_s3(writer.error()));
  return StartedWrite{std::move(*writer), std::move(*bucket), std::move(*request)};
}

StartResult start_part(ServiceContext& context, const Call& call, std::uint64_t length) {
  if (auto allowed = authorize(context, call); !allowed) return S3Failure(allowed.error());
  const auto number = integer_parameter(call, "partNumber", 0);
  if (!number) return S3Failure(number.error());
  auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  WriteRequest request;
  if (auto read = read_digests(call, request); !read) return S3Failure(read.error());
  auto key = customer_key(context, call);
  if (!key) return S3Failure(key.error());
  const auto id = call.parameter("uploadId").value_or("");
  const auto upload = context.store.find_upload(call.bucket, call.key, id);
  if (!upload) return S3Failure(to_s3(upload.error()));
  if (request.checksum && upload->checksum && request.checksum != upload->checksum)
    return refuse(400, "InvalidRequest",
                  fmt::format("Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
                              name_of(*upload->checksum), name_of(*request.checksum)));
  request.encryption.encryption = upload->encryption;
  // Parts always get the upload's checksum, so that the object's can be made of theirs.
  auto writer = context.store.begin_part(call.bucket, call.key, id, *number,
                                         {.checksum = request.checksum ? request.checksum : upload->checksum,
                                          .computes_sha256 = take_payload_hash(call, request),
                                          .customer_key = std::move(*key),
                                          .expected_bytes = length});
  if (!writer) return S3Failure(to_s3(writer.error()));
  return StartedWrite{std::move(*writer), std::move(*bucket), std::move(request), true};
}

ReplyResult commit_write(const Call& call, StartedWrite& write, Payload& payload) {
  if (auto finished = payload.finish(); !finished) return S3Failure(finished.error());
  auto& commit = write.request.commit;
  if (write.request.checksum && commit.expected_checksum.empty()) {
    const auto name = fmt::format("x-amz-checksum-{}", name_of(*write.request.checksum));
    const auto trailer = payload.trailer(name);
    if (!trailer) return refuse(400, "MalformedTrailerError", "The request lacks the announced trailer: " + name);
    commit.expected_checksum = *trailer;
  }
  auto committed = write.writer->commit(commit);
  if (!committed) {
    auto refusal = to_s3(committed.error());
    if (refusal.code == "XAmzContentSHA256Mismatch")
      refusal.details = {{"ClientComputedContentSHA256", commit.expected_sha256},
                         {"S3ComputedContentSHA256", refusal.message.substr(refusal.message.rfind(' ') + 1)}};
    return S3Failure(std::move(refusal));
  }
  Reply reply;
  if (write.is_part) {
    reply.headers.add("ETag", quoted(committed->info.etag));
    if (committed->checksum)
      reply.headers.add(fmt::format("x-amz-checksum-{}", name_of(committed->checksum->algorithm)),
                        committed->checksum->value);
  } else {
    reply.headers = written_headers(write.bucket, *committed);
  }
  add_encryption(reply.headers, write.request.encryption.encryption, call);
  return reply;
}

using Start = StartResult (*)(ServiceContext&, const Call&, std::uint64_t);

S3Result<bool> take_piece(StartedWrite& write, Payload& payload, base::Bytes piece) {
  const auto bytes = payload.feed(piece.view());
  if (!bytes) return S3Failure(bytes.error());
  const bool is_whole = bytes->data() == piece.data() && bytes->size() == piece.size();
  const auto appended = is_whole ? write.writer->append_moved(std::move(piece)) : write.writer->append(*bytes);
  if (!appended) return S3Failure(to_s3(appended.error()));
  return true;
}

/// A body that is on its way already, and small: all is done in one turn of a worker.
bool comes_at_once(const http::Exchange& exchange) {
  const auto length = exchange.content_length();
  return length && *length <= kSmallBytes && !exchange.request().headers.find("expect");
}

ReplyResult write_at_once(ServiceContext& context, const Call& call, Payload& payload, std::string_view body,
                          Start start) {
  auto write = start(context, call, body.size());
  if (!write) return S3Failure(write.error());
  const auto bytes = payload.feed(body);
  if (!bytes) return S3Failure(bytes.error());
  if (const auto appended = write->writer->append(*bytes); !appended) return S3Failure(to_s3(appended.error()));
  return commit_write(call, *write, payload);
}

/// Takes the body piece by piece; the next come while a worker has the one before.
http::Awaitable<S3Result<bool>> take_body(http::Workers& workers, http::Exchange& exchange, StartedWrite& write,
                                          Payload& payload) {
  S3Result<bool> taken = true;
  http::Feed::Take take = [&taken, &write, &payload](base::Bytes piece) {
    taken = take_piece(write, payload, std::move(piece));
    return taken.has_value();
  };
  http::Feed feed(workers, kAheadBytes, std::move(take));
  const auto read = co_await feed.put_body(exchange, kPieceBytes);
  if (taken && !read) co_return S3Failure(to_s3(read.error()));
  co_return taken;
}

http::Awaitable<ReplyResult> stream_write(ServiceContext& context, http::Workers& workers, http::Exchange& exchange,
                                          const Call& call, Start start) {
  const auto length = payload_length(call, exchange);
  if (!length) co_return S3Failure(length.error());
  if (!*length && !exchange.has_body())
    co_return refuse(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
  if (length->value_or(0) > kPutBytesMax)
    co_return refuse(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
  Payload payload(call, *length, Payload::Hash::Elsewhere);
  if (comes_at_once(exchange)) {
    auto body = co_await http::read_body(exchange, kSmallBytes);
    if (!body) co_return S3Failure(to_s3(body.error()));
    const std::function<ReplyResult()> all = [&] { return write_at_once(context, call, payload, *body, start); };
    co_return co_await http::run_on(workers, all);
  }
  const std::function<StartResult()> begin = [&] { return start(context, call, length->value_or(0)); };
  auto write = co_await http::run_on(workers, begin);
  if (!write) co_return S3Failure(write.error());
  const auto taken = co_await take_body(workers, exchange, *write, payload);
  if (!taken) co_return S3Failure(taken.error());
  const std::function<ReplyResult()> commit = [&] { return commit_write(call, *write, payload); };
  co_return co_await http::run_on(workers, commit);
}

}  // namespace

http::Awaitable<ReplyResult> put_object(ServiceContext& context, http::Workers& workers, http::Exchange& exchange,
                                        const Call& call) {
  return stream_write(context, workers, exchange, call, start_object);
}

http::Awaitable<ReplyResult> upload_part(ServiceContext& context, http::Workers& workers, http::Exchange& exchange,
                                         const Call& call) {
  return stream_write(context, workers, exchange, call, start_part);
}

}  // namespace store::s3

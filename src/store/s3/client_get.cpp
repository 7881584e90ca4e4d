// Reading objects in order, through broken streams.

#include <fmt/format.h>

#include "store/checksum.h"
#include "store/s3/answers.h"
#include "store/s3/caller.h"
#include "store/s3/client.h"

namespace store::s3 {
namespace {

using Sink = std::function<base::Status(std::string_view)>;

/// One GET and what is left of it when its stream breaks.
class Download {
 public:
  Download(Caller& caller, std::string bucket, std::string key, const Sink& sink, const GetOptions& options)
      : caller_(caller), bucket_(std::move(bucket)), key_(std::move(key)), sink_(sink), options_(options) {}

  base::Status run() {
    for (int attempt = 1;; ++attempt) {
      const http::HeadSink head = [this](const http::Response& response) { return begin(response); };
      const http::BodySink body = [this](int, std::string_view bytes) { return take(bytes); };
      auto operation = request();
      operation.head = &head;
      operation.sink = &body;
      auto answer = caller_.call(operation);
      if (answer) return verify();
      const auto& refusal = answer.error();
      const bool broke = begun_ && refusal.status == 0 && !refusal.is_final;
      if (broke && caller_.pause_before_next(attempt)) continue;
      return fail(operation, std::move(answer.error()));
    }
  }

 private:
  Operation request() const {
    Operation operation{.method = "GET", .bucket = bucket_, .key = key_};
    operation.headers.add("x-amz-checksum-mode", "ENABLED");
    if (options_.requester_pays) operation.headers.add("x-amz-request-payer", "requester");
    if (!options_.version_id.empty()) operation.query = "versionId=" + http::percent_encode(options_.version_id);
    const auto first = options_.offset + received_;
    if (options_.length)
      operation.headers.add("Range", fmt::format("bytes={}-{}", first, options_.offset + *options_.length - 1));
    else if (first > 0)
      operation.headers.add("Range", fmt::format("bytes={}-", first));
    const auto& etag = begun_ ? details_.etag : options_.if_match;
    if (!etag.empty()) operation.headers.add("If-Match", "\"" + etag + "\"");
    return operation;
  }

  base::Status begin(const http::Response& response) {
    // A server that does not know ranges begins anew.
    to_skip_ = response.status == 206 ? 0 : options_.offset + received_;
    auto details = read_details(key_, response.headers);
    if (begun_ && details.etag != details_.etag)
      return base::fail(base::ErrorKind::Conflict, "the object was replaced while it was read: " + key_);
    if (begun_) return {};
    begun_ = true;
    details_ = std::move(details);
    const bool whole = options_.offset == 0 && !options_.length;
    if (whole && details_.checksum && details_.checksum->type == ChecksumType::FullObject)
      digest_ = make_checksum(details_.checksum->algorithm);
    if (options_.details != nullptr) *options_.details = details_;
    return {};
  }

  base::Status take(std::string_view bytes) {
    const auto skipped = std::min<std::uint64_t>(to_skip_, bytes.size());
    to_skip_ -= skipped;
    bytes.remove_prefix(static_cast<std::size_t>(skipped));
    if (options_.length)
      bytes = bytes.substr(
          0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), *options_.length - received_)));
    if (bytes.empty()) return {};
    if (digest_ != nullptr) digest_->update(bytes);
    received_ += bytes.size();
    return sink_(bytes);
  }

  base::Status verify() {
    if (digest_ == nullptr || to_base64(digest_->finish()) == details_.checksum->value) return {};
    return base::fail(base::ErrorKind::Internal, "the object's bytes are not those of its checksum: " + key_);
  }

  base::Status fail(const Operation& operation, Refusal refusal) {
    auto error = to_error(refusal, operation.method, target_text(operation));
    if (begun_ && refusal.status == 412)
      error = {.kind = base::ErrorKind::Conflict, .message = "the object was replaced while it was read: " + key_};
    if (options_.refusal != nullptr) *options_.refusal = std::move(refusal);
    return base::fail(std::move(error));
  }

  Caller& caller_;
  const std::string bucket_, key_;
  const Sink& sink_;
  const GetOptions& options_;
  RemoteDetails details_;
  std::unique_ptr<Digest> digest_;
  bool begun_ = false;
  std::uint64_t received_ = 0;  // of what was asked for
  std::uint64_t to_skip_ = 0;
};

}  // namespace

base::Status S3Client::get(const std::string& bucket, const std::string& key,
                           const std::function<base::Status(std::string_view)>& sink, const GetOptions& options) {
  if (options.length == 0) return {};
  return Download(*caller_, bucket, key, sink, options).run();
}

}  // namespace store::s3

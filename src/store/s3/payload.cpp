#include "store/s3/payload.h"

#include "store/checksum.h"
#include "store/s3/operation.h"
#include "store/s3/write_request.h"

namespace store::s3 {
namespace {

constexpr std::size_t kDocumentBytesMax = 1 << 20;
/// A completion lists 10,000 parts with their checksums, a deletion 1,000 keys of 1 KiB that need escapes.
constexpr std::size_t kListBytesMax = 4 << 20;

std::size_t document_bytes_max(const Call& call) {
  const auto name = call.operation == nullptr ? std::string_view{} : call.operation->name;
  return name == "CompleteMultipartUpload" || name == "DeleteObjects" ? kListBytesMax : kDocumentBytesMax;
}

bool is_streaming(std::string_view token) { return token.starts_with("STREAMING-"); }

S3Result<bool> check_digests(const Call& call, std::string_view document, const Payload& payload) {
  WriteRequest digests;
  if (auto read = read_digests(call, digests); !read) return read;
  if (!digests.commit.expected_md5.empty() && digests.commit.expected_md5 != md5(document))
    return refuse(400, "BadDigest", "The Content-MD5 you specified did not match what we received.");
  if (!digests.checksum) return true;
  auto expected = digests.commit.expected_checksum;
  if (expected.empty())
    expected = payload.trailer("x-amz-checksum-" + std::string(name_of(*digests.checksum))).value_or("");
  if (expected == to_base64(checksum(*digests.checksum, document))) return true;
  return refuse(400, "BadDigest", "The checksum you specified did not match what we received.");
}

}  // namespace

Payload::Payload(const Call& call, std::optional<std::uint64_t> length, Hash hash)
    : token_(call.authentication.payload), expected_length_(length) {
  const bool chunks_signed = token_ == kSignedChunks || token_ == kSignedChunksTrailer;
  const bool trailer = token_ == kSignedChunksTrailer || token_ == kUnsignedChunksTrailer;
  if (chunks_signed || trailer)
    decoder_.emplace(AwsChunkedDecoder::Options{.authentication = call.authentication,
                                                .chunks_signed = chunks_signed,
                                                .trailer = trailer,
                                                .announced = call.header("x-amz-trailer").value_or(""),
                                                .decoded_length = length});
  if (token_.size() == 64 && hash == Hash::Here) digest_ = make_sha256();
}

S3Result<std::string_view> Payload::feed(std::string_view bytes) {
  if (decoder_) {
    decoded_.clear();
    if (auto fed = decoder_->feed(bytes, decoded_); !fed) return S3Failure(fed.error());
    bytes = decoded_;
  }
  if (digest_ != nullptr) digest_->update(bytes);
  length_ += bytes.size();
  return bytes;
}

S3Result<bool> Payload::finish() {
  if (decoder_)
    if (auto finished = decoder_->finish(); !finished) return finished;
  if (expected_length_ && length_ != *expected_length_)
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

std::optional<std::string> Payload::trailer(std::string_view name) const {
  if (decoder_)
    for (const auto& [known, value] : decoder_->trailers())
      if (known == name) return value;
  return std::nullopt;
}

S3Result<std::optional<std::uint64_t>> payload_length(const Call& call, const http::Exchange& exchange) {
  if (!is_streaming(call.authentication.payload)) return exchange.content_length();
  const auto text = call.header("x-amz-decoded-content-length");
  std::uint64_t length = 0;
  if (!text || text->empty() || text->size() > 18 || text->find_first_not_of("0123456789") != std::string::npos)
    return refuse(411, "MissingContentLength", "You must provide the x-amz-decoded-content-length HTTP header.");
  for (const char c : *text) length = length * 10 + static_cast<std::uint64_t>(c - '0');
  return length;
}

http::Awaitable<S3Result<std::string>> read_document(http::Exchange& exchange, const Call& call) {
  const auto length = payload_length(call, exchange);
  if (!length) co_return S3Failure(length.error());
  const auto bytes_max = document_bytes_max(call);
  if (exchange.content_length().value_or(0) > bytes_max)
    co_return refuse(400, "MaxMessageLengthExceeded", "Your request was too big.");
  const auto body = co_await http::read_body(exchange, bytes_max);
  if (!body) co_return S3Failure(to_s3(body.error()));
  Payload payload(call, *length, Payload::Hash::Here);
  const auto document = payload.feed(*body);
  if (!document) co_return S3Failure(document.error());
  if (const auto finished = payload.finish(); !finished) co_return S3Failure(finished.error());
  // CompleteMultipartUpload sends the digests of the object, not of its document.
  if (!call.has("uploadId"))
    if (const auto checked = check_digests(call, *document, payload); !checked) co_return S3Failure(checked.error());
  co_return std::string(*document);
}

}  // namespace store::s3

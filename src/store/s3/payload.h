#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/server.h"
#include "store/s3/aws_chunked.h"
#include "store/s3/call.h"

namespace store::s3 {

/// Takes framing and hashes off a body, as the request's payload token says.
class Payload {
 public:
  enum class Hash { Here, Elsewhere };  // who compares the SHA-256 of a signed payload
  /// `length`: of the payload, as the request declares it; none when it does not.
  Payload(const Call& call, std::optional<std::uint64_t> length, Hash hash);

  /// What `bytes` hold of the payload: a view of them, or of what lasts to the next call.
  S3Result<std::string_view> feed(std::string_view bytes);
  /// At the end of the body: length, signatures and digests must be right.
  S3Result<bool> finish();
  std::optional<std::string> trailer(std::string_view name) const;

 private:
  const std::string token_;
  const std::optional<std::uint64_t> expected_length_;
  std::uint64_t length_ = 0;
  std::optional<AwsChunkedDecoder> decoder_;
  std::string decoded_;
  std::unique_ptr<Digest> digest_;
};

/// The bytes of the object itself, however they travel. Errors: 411 when a length is needed and missing.
S3Result<std::optional<std::uint64_t>> payload_length(const Call& call, const http::Exchange& exchange);

/// The whole body of an operation that takes a document, checked against the digests in the request.
http::Awaitable<S3Result<std::string>> read_document(http::Exchange& exchange, const Call& call);

}  // namespace store::s3

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/checksum.h"
#include "store/s3/s3_error.h"
#include "store/s3/signature.h"

namespace store::s3 {

/// Takes the aws-chunked framing off a body, in whatever pieces it comes, and verifies signed chunks and trailers.
/// Source: Amazon S3 API Reference, "Signature Calculations: Transferring Payload in Multiple Chunks".
class AwsChunkedDecoder {
 public:
  struct Options {
    Authentication authentication;
    bool chunks_signed = false;
    bool trailer = false;
    /// x-amz-trailer as the client sent it: these trailers must come, and no others. Unset: any that come are kept.
    std::optional<std::string> announced = {};
    /// x-amz-decoded-content-length. Unset: the caller counts.
    std::optional<std::uint64_t> decoded_length = {};
  };
  explicit AwsChunkedDecoder(Options options);

  /// Appends the payload among `bytes` to `payload`. Of a signed chunk it comes before the signature is known to be
  /// right: nothing may be kept before finish() has answered.
  /// Errors: IncompleteBody for framing or a length that is wrong, SignatureDoesNotMatch, MalformedTrailerError.
  S3Result<bool> feed(std::string_view bytes, std::string& payload);
  /// At the end of the body: everything must have come.
  S3Result<bool> finish();
  /// Trailing headers, names in lower case.
  const std::vector<std::pair<std::string, std::string>>& trailers() const { return trailers_; }

 private:
  enum class Expect { ChunkLine, Data, DataEnd, Trailer, Nothing };
  S3Result<bool> take_line(std::string_view line);
  S3Result<bool> take_chunk_line(std::string_view line);
  S3Result<bool> take_trailer(std::string_view line);
  S3Result<bool> end_chunk();
  S3Result<bool> check_announced() const;
  S3Result<bool> verify_trailers();

  const Options options_;
  const std::vector<std::string> announced_;  // names in lower case
  Expect expect_ = Expect::ChunkLine;
  std::string line_;         // so far
  std::uint64_t left_ = 0;   // of the chunk's data
  std::uint64_t total_ = 0;  // of all chunks declared so far
  std::string chunk_signature_;
  std::string previous_signature_;
  std::string trailer_signature_;
  std::unique_ptr<Digest> chunk_digest_;
  std::vector<std::pair<std::string, std::string>> trailers_;
};

}  // namespace store::s3

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/message.h"
#include "store/keys.h"
#include "store/s3/s3_error.h"

namespace store::s3 {

inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
inline constexpr std::string_view kSignedChunks = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
inline constexpr std::string_view kSignedChunksTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
inline constexpr std::string_view kUnsignedChunksTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/// date/region/service/aws4_request
struct Scope {
  std::string date;
  std::string region;
  std::string service = "s3";
  std::string text() const { return date + "/" + region + "/" + service + "/aws4_request"; }
};

/// Whose signature it is, and for what.
struct Credential {
  std::string access_key;
  Scope scope;
};
/// "<access key>/<date>/<region>/s3/aws4_request". Errors: 400 with `code`.
S3Result<Credential> parse_credential(std::string_view text, const std::string& code);

/// A request whose signature was right, or that had none.
struct Authentication {
  std::string access_key;
  std::optional<User> user;  // none: anonymous
  std::string payload;       // the payload token: 64 hex digits or one of the names above
  std::string timestamp;     // YYYYMMDDTHHMMSSZ
  Scope scope;
  std::string signing_key;  // raw; for the chunks of a signed stream
  std::string signature;    // hex; the first chunk's predecessor
  bool presigned = false;
};

/// Verifies header authentication or a presigned URL, after AWS Signature Version 4.
/// Source: Amazon S3 API Reference, "Authenticating Requests (AWS Signature Version 4)".
/// A request without either is anonymous.
S3Result<Authentication> authenticate(const http::Request& request, const AccessKeys& keys, base::Instant wall_now);

/// Adds x-amz-date, x-amz-content-sha256, Host and Authorization. `payload` is the hash of the body in hex or a name.
void sign(http::Request& request, const AccessKey& key, const std::string& region, const std::string& host,
          std::string_view payload, base::Instant wall_now, const std::string& service = "s3");
/// The target with the query parameters of a presigned URL.
std::string presign(const std::string& method, const std::string& target, const AccessKey& key,
                    const std::string& region, const std::string& host, std::chrono::seconds expires,
                    base::Instant wall_now);

// The steps of the algorithm.
std::string signing_key(std::string_view secret, const Scope& scope);
std::string canonical_request(const http::Request& request, const std::vector<std::string>& signed_headers,
                              std::string_view signed_headers_text, std::string_view payload);
std::string string_to_sign(std::string_view timestamp, const Scope& scope, std::string_view canonical_request);
/// "20130524T000000Z"
std::string basic_time(base::Instant instant);
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace store::s3

#include "store/s3/s3_error.h"

#include <array>
#include <string_view>

namespace store::s3 {

S3Failure refuse(int status, std::string code, std::string message) {
  return S3Error{status, std::move(code), std::move(message), {}, {}};
}

S3Error to_s3(const base::Error& error) {
  // The store's messages begin with fixed words, which say more than their kind.
  struct Case {
    std::string_view words;
    int status;
    std::string_view code;
  };
  static constexpr std::array kCases{
      Case{"no such bucket", 404, "NoSuchBucket"},
      Case{"no such object", 404, "NoSuchKey"},
      Case{"no such version", 404, "NoSuchVersion"},
      Case{"no such upload", 404, "NoSuchUpload"},
      Case{"the bucket exists", 409, "BucketAlreadyOwnedByYou"},
      Case{"the version is a delete marker", 405, "MethodNotAllowed"},
      Case{"the size of the object does not match", 400, "InvalidRequest"},
      Case{"the object is encrypted with a customer's key", 400, "InvalidRequest"},
      Case{"the object is not encrypted with a customer's key", 400, "InvalidRequest"},
      Case{"the key does not open", 400, "InvalidRequest"},
      Case{"this object store has no key", 501, "NotImplemented"},
      Case{"the bucket is not empty", 409, "BucketNotEmpty"},
      Case{"precondition failed", 412, "PreconditionFailed"},
      Case{"digest does not match", 400, "BadDigest"},
      Case{"the payload's SHA-256 does not match", 400, "XAmzContentSHA256Mismatch"},
      Case{"invalid bucket name", 400, "InvalidBucketName"},
      Case{"invalid object key: it has more", 400, "KeyTooLongError"},
      Case{"invalid object key", 400, "InvalidURI"},
      Case{"the parts are not in ascending order", 400, "InvalidPartOrder"},
      Case{"invalid part", 400, "InvalidPart"},
      Case{"the part is too small", 400, "EntityTooSmall"},
      Case{"the request body cannot be read", 400, "IncompleteBody"},
      Case{"the disk is full", 507, "InsufficientStorage"},
      Case{"the request body came too slowly", 400, "RequestTimeout"},
      Case{"the server holds too much", 503, "SlowDown"},
      Case{"the request body is longer", 400, "MaxMessageLengthExceeded"},
  };
  for (const auto& known : kCases)
    if (std::string_view(error.message).starts_with(known.words))
      return {known.status, std::string(known.code), error.message, {}, {}};
  switch (error.kind) {
    case base::ErrorKind::InvalidValue: return {400, "InvalidArgument", error.message, {}, {}};
    case base::ErrorKind::Denied: return {403, "AccessDenied", error.message, {}, {}};
    case base::ErrorKind::Unsupported: return {501, "NotImplemented", error.message, {}, {}};
    case base::ErrorKind::Unavailable: return {503, "ServiceUnavailable", error.message, {}, {}};
    default: return {500, "InternalError", error.message, {}, {}};
  }
}

}  // namespace store::s3

#pragma once

#include <optional>

#include "store/s3/call.h"

namespace store::s3 {

/// What a write says about its object, its checksum and its conditions.
struct WriteRequest {
  ObjectAttributes attributes;
  std::optional<ChecksumAlgorithm> checksum;
  ObjectSettings settings;
  EncryptionRequest encryption;
  CommitOptions commit;
};
/// Errors: 400 for what cannot be read or contradicts itself, 501 for what is not implemented.
S3Result<WriteRequest> read_write_request(const ServiceContext& context, const Call& call, const BucketInfo& bucket);
/// The checksum and the digests that come with the bytes of a part or an object.
/// `strict_presigned`: see ServiceOptions.
S3Result<bool> read_digests(const Call& call, WriteRequest& write, bool strict_presigned = false);
/// The answer's headers to a write.
http::Headers written_headers(const BucketInfo& bucket, const ObjectDetails& details);

/// The customer's key of a request, and of a copy's source; empty when there is none. Errors: 400 InvalidArgument.
S3Result<std::string> customer_key(const ServiceContext& context, const Call& call, std::string_view prefix = "x-amz-");
/// The headers that show how an object is encrypted.
void add_encryption(http::Headers& headers, const Encryption& encryption, const Call& call);

}  // namespace store::s3

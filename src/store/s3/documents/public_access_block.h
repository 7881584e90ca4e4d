#pragma once

#include <string>
#include <string_view>

#include "store/s3/s3_error.h"

namespace store::s3 {

/// What of public access a bucket refuses, whatever its policy and its access control lists say.
/// Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage".
struct PublicAccessBlock {
  bool block_public_acls = false;        // refuse to store public lists
  bool ignore_public_acls = false;       // those that are there do not count
  bool block_public_policy = false;      // refuse to store a public policy
  bool restrict_public_buckets = false;  // a public policy is for the owner's users only

  bool operator==(const PublicAccessBlock&) const = default;
};

/// A PublicAccessBlockConfiguration; a flag that is absent is false. Errors: 400 MalformedXML.
/// Source: Amazon S3 API Reference, "PutPublicAccessBlock".
S3Result<PublicAccessBlock> parse_public_access_block(std::string_view xml);
std::string print_public_access_block(const PublicAccessBlock& block);

/// The answer of GetBucketPolicyStatus.
std::string print_policy_status(bool is_public);

}  // namespace store::s3

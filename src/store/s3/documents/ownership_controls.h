#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/s3/s3_error.h"

namespace store::s3 {

/// To whom the objects of a bucket belong, and whether access control lists count.
/// Source: Amazon S3 User Guide, "Controlling ownership of objects and disabling ACLs for your bucket".
enum class ObjectOwnership { BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter };

std::string_view name_of(ObjectOwnership ownership);
std::optional<ObjectOwnership> object_ownership_of(std::string_view name);

/// OwnershipControls, which have one rule. Errors: 400 MalformedXML.
/// Source: Amazon S3 API Reference, "PutBucketOwnershipControls".
S3Result<ObjectOwnership> parse_ownership_controls(std::string_view xml);
std::string print_ownership_controls(ObjectOwnership ownership);

/// The header x-amz-object-ownership of CreateBucket. Errors: 400 InvalidArgument.
S3Result<ObjectOwnership> parse_ownership_header(std::string_view value);

/// Whether lists may be set at all. Where not, a write may still name bucket-owner-full-control, and all else is a 400
/// AccessControlListNotSupported.
bool has_acls(ObjectOwnership ownership);

/// Whether an object that is written with this x-amz-acl (empty: none) belongs to the bucket's owner, not to its
/// writer.
bool is_of_bucket_owner(ObjectOwnership ownership, std::string_view canned_acl);

}  // namespace store::s3

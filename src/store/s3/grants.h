#pragma once

#include <string>

#include "store/s3/call.h"
#include "store/s3/documents/acl.h"
#include "store/s3/documents/public_access_block.h"

/// Access control lists between requests and what is kept of buckets and objects.
namespace store::s3 {

AclUsers acl_users(const ServiceContext& context);
/// The user of that id; empty: the bucket's owner.
AclUser acl_user(const ServiceContext& context, const std::string& id, const BucketInfo& bucket);

/// The list of what was kept: `access` may be empty, which is the owner's alone.
S3Result<Acl> kept_acl(const ServiceContext& context, const std::string& access, const std::string& owner,
                       const BucketInfo& bucket);

/// The list that the headers of a write ask for, as it is kept; empty: the owner's alone.
/// Errors: those of acl_of_headers; 400 AccessControlListNotSupported where lists are off; 403 where the bucket blocks
/// public lists.
S3Result<std::string> read_access_headers(const ServiceContext& context, const Call& call, const BucketInfo& bucket,
                                          const std::string& owner);
/// The same for PutObjectAcl and PutBucketAcl, which have the list in their headers or their body.
S3Result<std::string> read_access(const ServiceContext& context, const Call& call, const BucketInfo& bucket,
                                  const std::string& owner);

/// What of public access the bucket refuses.
PublicAccessBlock public_access_block_of(const BucketInfo& bucket);

}  // namespace store::s3

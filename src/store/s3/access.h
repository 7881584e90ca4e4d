#pragma once

#include <string>
#include <string_view>

#include "store/s3/call.h"

/// Who may do what. The administrator may do everything. For others, in this order: a policy of the bucket or of the
/// user that denies, denies; the bucket's policy may allow; the bucket's owner may do what it likes with the bucket
/// and, where access lists are off, with all in it; access control lists may allow the rest. A user's own policy bounds
/// all. Source: Amazon S3 User Guide, "How Amazon S3 authorizes a request".
namespace store::s3 {

/// Errors: 403 AccessDenied; 404 for a bucket that is not there.
S3Result<bool> authorize(ServiceContext& context, const Call& call);

/// The same for one action on the bucket as a whole.
bool may(ServiceContext& context, const Call& call, const BucketInfo& bucket, std::string_view action);
/// And on a key of it; `version` as in ReadOptions.
bool may_on_key(ServiceContext& context, const Call& call, const BucketInfo& bucket, std::string_view action,
                const std::string& key, const std::string& version = {});

/// Whether the caller may learn that the call's key is not there: as if it listed the keys that begin with it.
bool may_list_key(ServiceContext& context, const Call& call, const BucketInfo& bucket);
bool may_create_buckets(ServiceContext& context, const Call& call);

/// True where access control lists count.
bool uses_access_lists(const ServiceContext& context, const BucketInfo& bucket);

}  // namespace store::s3

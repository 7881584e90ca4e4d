#pragma once

#include "store/s3/call.h"

/// The operations of the S3 server that take their whole body at once; they block. Names are those of the API
/// Reference.
namespace store::s3 {

using OperationFunction = ReplyResult(ServiceContext& context, const Call& call);

OperationFunction list_buckets, create_bucket, head_bucket, delete_bucket, get_bucket_location;
OperationFunction list_objects, list_object_versions, list_uploads;

// Documents of a bucket.
OperationFunction get_bucket_acl, put_bucket_acl;
OperationFunction get_bucket_cors, put_bucket_cors, delete_bucket_cors;
OperationFunction get_bucket_encryption, put_bucket_encryption, delete_bucket_encryption;
OperationFunction get_bucket_lifecycle, put_bucket_lifecycle, delete_bucket_lifecycle;
OperationFunction get_bucket_notification, put_bucket_notification;
OperationFunction get_bucket_policy, put_bucket_policy, delete_bucket_policy, get_bucket_policy_status;
OperationFunction get_bucket_tagging, put_bucket_tagging, delete_bucket_tagging;
OperationFunction get_bucket_versioning, put_bucket_versioning;
OperationFunction get_object_lock_configuration, put_object_lock_configuration;
OperationFunction get_ownership_controls, put_ownership_controls, delete_ownership_controls;
OperationFunction get_public_access_block, put_public_access_block, delete_public_access_block;
// Of what is not implemented there is nothing to show.
OperationFunction get_absent_document;

OperationFunction get_object, delete_object, delete_objects, copy_object, get_object_attributes, get_object_torrent;
OperationFunction get_object_acl, put_object_acl, get_object_tagging, put_object_tagging, delete_object_tagging;
OperationFunction get_object_retention, put_object_retention, get_object_legal_hold, put_object_legal_hold;

OperationFunction create_upload, copy_part, complete_upload, abort_upload, list_parts;

}  // namespace store::s3

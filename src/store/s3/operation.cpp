#include "store/s3/operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "store/s3/operations.h"

namespace store::s3 {
namespace {

using namespace std::string_view_literals;

/// Query parameters that make a request another operation, in the order in which they count.
constexpr std::array kSubResources{"uploadId"sv,
                                   "uploads"sv,
                                   "delete"sv,
                                   "versions"sv,
                                   "versioning"sv,
                                   "acl"sv,
                                   "policy"sv,
                                   "policyStatus"sv,
                                   "publicAccessBlock"sv,
                                   "ownershipControls"sv,
                                   "cors"sv,
                                   "lifecycle"sv,
                                   "tagging"sv,
                                   "encryption"sv,
                                   "notification"sv,
                                   "object-lock"sv,
                                   "retention"sv,
                                   "legal-hold"sv,
                                   "attributes"sv,
                                   "location"sv,
                                   "logging"sv,
                                   "accelerate"sv,
                                   "requestPayment"sv,
                                   "website"sv,
                                   "replication"sv,
                                   "torrent"sv,
                                   "analytics"sv,
                                   "intelligent-tiering"sv,
                                   "inventory"sv,
                                   "metrics"sv,
                                   "restore"sv,
                                   "select"sv,
                                   "append"sv,
                                   "session"sv,
                                   "renameObject"sv,
                                   "metadataTable"sv,
                                   "metadataConfiguration"sv,
                                   "abac"sv};

constexpr auto kBucket = Level::Bucket;
constexpr auto kObject = Level::Object;

constexpr std::array kOperations{
    Operation{"ListBuckets", Level::Service, "GET", "", "", list_buckets},

    Operation{"CreateBucket", kBucket, "PUT", "", "", create_bucket},
    Operation{"HeadBucket", kBucket, "HEAD", "", "s3:ListBucket", head_bucket},
    Operation{"DeleteBucket", kBucket, "DELETE", "", "s3:DeleteBucket", delete_bucket},
    Operation{"ListObjects", kBucket, "GET", "", "s3:ListBucket", list_objects},
    Operation{"PostObject", kBucket, "POST", "", "", nullptr},
    Operation{"DeleteObjects", kBucket, "POST", "delete", "", delete_objects},
    Operation{"ListObjectVersions", kBucket, "GET", "versions", "s3:ListBucketVersions", list_object_versions},
    Operation{"ListMultipartUploads", kBucket, "GET", "uploads", "s3:ListBucketMultipartUploads", list_uploads},
    Operation{"GetBucketLocation", kBucket, "GET", "location", "s3:GetBucketLocation", get_bucket_location},
    Operation{"GetBucketAcl", kBucket, "GET", "acl", "s3:GetBucketAcl", get_bucket_acl},
    Operation{"PutBucketAcl", kBucket, "PUT", "acl", "s3:PutBucketAcl", put_bucket_acl},
    Operation{"GetBucketVersioning", kBucket, "GET", "versioning", "s3:GetBucketVersioning", get_bucket_versioning},
    Operation{"PutBucketVersioning", kBucket, "PUT", "versioning", "s3:PutBucketVersioning", put_bucket_versioning},
    Operation{"GetBucketPolicy", kBucket, "GET", "policy", "s3:GetBucketPolicy", get_bucket_policy},
    Operation{"PutBucketPolicy", kBucket, "PUT", "policy", "s3:PutBucketPolicy", put_bucket_policy},
    Operation{"DeleteBucketPolicy", kBucket, "DELETE", "policy", "s3:DeleteBucketPolicy", delete_bucket_policy},
    Operation{"GetBucketPolicyStatus", kBucket, "GET", "policyStatus", "s3:GetBucketPolicyStatus",
              get_bucket_policy_status},
    Operation{"GetBucketCors", kBucket, "GET", "cors", "s3:GetBucketCORS", get_bucket_cors},
    Operation{"PutBucketCors", kBucket, "PUT", "cors", "s3:PutBucketCORS", put_bucket_cors},
    Operation{"DeleteBucketCors", kBucket, "DELETE", "cors", "s3:PutBucketCORS", delete_bucket_cors},
    Operation{"GetBucketLifecycleConfiguration", kBucket, "GET", "lifecycle", "s3:GetLifecycleConfiguration",
              get_bucket_lifecycle},
    Operation{"PutBucketLifecycleConfiguration", kBucket, "PUT", "lifecycle", "s3:PutLifecycleConfiguration",
              put_bucket_lifecycle},
    Operation{"DeleteBucketLifecycle", kBucket, "DELETE", "lifecycle", "s3:PutLifecycleConfiguration",
              delete_bucket_lifecycle},
    Operation{"GetBucketTagging", kBucket, "GET", "tagging", "s3:GetBucketTagging", get_bucket_tagging},
    Operation{"PutBucketTagging", kBucket, "PUT", "tagging", "s3:PutBucketTagging", put_bucket_tagging},
    Operation{"DeleteBucketTagging", kBucket, "DELETE", "tagging", "s3:PutBucketTagging", delete_bucket_tagging},
    Operation{"GetBucketEncryption", kBucket, "GET", "encryption", "s3:GetEncryptionConfiguration",
              get_bucket_encryption},
    Operation{"PutBucketEncryption", kBucket, "PUT", "encryption", "s3:PutEncryptionConfiguration",
              put_bucket_encryption},
    Operation{"DeleteBucketEncryption", kBucket, "DELETE", "encryption", "s3:PutEncryptionConfiguration",
              delete_bucket_encryption},
    Operation{"GetBucketNotificationConfiguration", kBucket, "GET", "notification", "s3:GetBucketNotification",
              get_bucket_notification},
    Operation{"PutBucketNotificationConfiguration", kBucket, "PUT", "notification", "s3:PutBucketNotification",
              put_bucket_notification},
    Operation{"GetObjectLockConfiguration", kBucket, "GET", "object-lock", "s3:GetBucketObjectLockConfiguration",
              get_object_lock_configuration},
    Operation{"PutObjectLockConfiguration", kBucket, "PUT", "object-lock", "s3:PutBucketObjectLockConfiguration",
              put_object_lock_configuration},
    Operation{"GetBucketOwnershipControls", kBucket, "GET", "ownershipControls", "s3:GetBucketOwnershipControls",
              get_ownership_controls},
    Operation{"PutBucketOwnershipControls", kBucket, "PUT", "ownershipControls", "s3:PutBucketOwnershipControls",
              put_ownership_controls},
    Operation{"DeleteBucketOwnershipControls", kBucket, "DELETE", "ownershipControls", "s3:PutBucketOwnershipControls",
              delete_ownership_controls},
    Operation{"GetPublicAccessBlock", kBucket, "GET", "publicAccessBlock", "s3:GetBucketPublicAccessBlock",
              get_public_access_block},
    Operation{"PutPublicAccessBlock", kBucket, "PUT", "publicAccessBlock", "s3:PutBucketPublicAccessBlock",
              put_public_access_block},
    Operation{"DeletePublicAccessBlock", kBucket, "DELETE", "publicAccessBlock", "s3:PutBucketPublicAccessBlock",
              delete_public_access_block},
    Operation{"GetBucketLogging", kBucket, "GET", "logging", "s3:GetBucketLogging", get_absent_document},
    Operation{"GetBucketAccelerateConfiguration", kBucket, "GET", "accelerate", "s3:GetAccelerateConfiguration",
              get_absent_document},
    Operation{"GetBucketRequestPayment", kBucket, "GET", "requestPayment", "s3:GetBucketRequestPayment",
              get_absent_document},
    Operation{"GetBucketWebsite", kBucket, "GET", "website", "s3:GetBucketWebsite", get_absent_document},
    Operation{"GetBucketReplication", kBucket, "GET", "replication", "s3:GetReplicationConfiguration",
              get_absent_document},

    Operation{"PutObject", kObject, "PUT", "", "s3:PutObject", nullptr},
    Operation{"CopyObject", kObject, "PUT", "copy", "s3:PutObject", copy_object},
    Operation{"GetObject", kObject, "GET", "", "s3:GetObject", get_object},
    Operation{"HeadObject", kObject, "HEAD", "", "s3:GetObject", get_object},
    Operation{"DeleteObject", kObject, "DELETE", "", "s3:DeleteObject", delete_object},
    Operation{"GetObjectAttributes", kObject, "GET", "attributes", "s3:GetObjectAttributes", get_object_attributes},
    Operation{"GetObjectTorrent", kObject, "GET", "torrent", "s3:GetObjectTorrent", get_object_torrent},
    Operation{"GetObjectAcl", kObject, "GET", "acl", "s3:GetObjectAcl", get_object_acl},
    Operation{"PutObjectAcl", kObject, "PUT", "acl", "s3:PutObjectAcl", put_object_acl},
    Operation{"GetObjectTagging", kObject, "GET", "tagging", "s3:GetObjectTagging", get_object_tagging},
    Operation{"PutObjectTagging", kObject, "PUT", "tagging", "s3:PutObjectTagging", put_object_tagging},
    Operation{"DeleteObjectTagging", kObject, "DELETE", "tagging", "s3:DeleteObjectTagging", delete_object_tagging},
    Operation{"GetObjectRetention", kObject, "GET", "retention", "s3:GetObjectRetention", get_object_retention},
    Operation{"PutObjectRetention", kObject, "PUT", "retention", "s3:PutObjectRetention", put_object_retention},
    Operation{"GetObjectLegalHold", kObject, "GET", "legal-hold", "s3:GetObjectLegalHold", get_object_legal_hold},
    Operation{"PutObjectLegalHold", kObject, "PUT", "legal-hold", "s3:PutObjectLegalHold", put_object_legal_hold},
    Operation{"CreateMultipartUpload", kObject, "POST", "uploads", "s3:PutObject", create_upload},
    Operation{"UploadPart", kObject, "PUT", "uploadId", "s3:PutObject", nullptr},
    Operation{"UploadPartCopy", kObject, "PUT", "uploadId+copy", "s3:PutObject", copy_part},
    Operation{"CompleteMultipartUpload", kObject, "POST", "uploadId", "s3:PutObject", complete_upload},
    Operation{"AbortMultipartUpload", kObject, "DELETE", "uploadId", "s3:AbortMultipartUpload", abort_upload},
    Operation{"ListParts", kObject, "GET", "uploadId", "s3:ListMultipartUploadParts", list_parts},
};

std::string sub_resource_of(const Call& call) {
  std::string found;
  for (const auto name : kSubResources)
    if (call.has(name)) {
      found = name;
      break;
    }
  if (call.request->method == "PUT" && !call.key.empty() && call.header("x-amz-copy-source")) {
    if (found.empty()) return "copy";
    if (found == "uploadId") return "uploadId+copy";
  }
  return found;
}

}  // namespace

S3Result<const Operation*> find_operation(const Call& call) {
  const auto level = call.bucket.empty() ? Level::Service : call.key.empty() ? Level::Bucket : Level::Object;
  const auto sub_resource = sub_resource_of(call);
  bool known = false;
  for (const auto& operation : kOperations) {
    if (operation.level != level || operation.sub_resource != sub_resource) continue;
    if (operation.method == call.request->method) return &operation;
    known = true;
  }
  if (!sub_resource.empty() && !(known && call.request->method == "POST"))
    return refuse(501, "NotImplemented",
                  fmt::format("{} of ?{} is not implemented.", call.request->method, sub_resource));
  return refuse(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
}

std::string action_of(const Operation& operation, const Call& call) {
  constexpr std::array<std::string_view, 8> kOfVersions{
      "s3:GetObject",        "s3:DeleteObject",     "s3:GetObjectAcl",        "s3:PutObjectAcl",
      "s3:GetObjectTagging", "s3:PutObjectTagging", "s3:DeleteObjectTagging", "s3:GetObjectAttributes"};
  std::string action(operation.action);
  if (!call.has("versionId") || std::ranges::find(kOfVersions, operation.action) == kOfVersions.end()) return action;
  // GetObjectAcl -> GetObjectVersionAcl
  action.insert(action.find("Object") + 6, "Version");
  return action;
}

}  // namespace store::s3

#include <algorithm>
#include <array>

#include "store/s3/access.h"
#include "store/s3/documents/cors.h"
#include "store/s3/documents/encryption.h"
#include "store/s3/documents/lifecycle.h"
#include "store/s3/documents/notification.h"
#include "store/s3/documents/object_lock.h"
#include "store/s3/documents/ownership_controls.h"
#include "store/s3/documents/policy.h"
#include "store/s3/documents/public_access_block.h"
#include "store/s3/documents/tagging.h"
#include "store/s3/documents/versioning.h"
#include "store/s3/grants.h"
#include "store/s3/operations.h"
#include "store/s3/xml.h"

/// The documents that a bucket carries. They are kept as text, by the name of their sub-resource.
namespace store::s3 {
namespace {

S3Result<BucketInfo> find_bucket(ServiceContext& context, const Call& call) {
  auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  return std::move(*bucket);
}

/// What a bucket without the document answers.
struct Absent {
  std::string_view name, code;
};
constexpr std::array kAbsent{
    Absent{"cors", "NoSuchCORSConfiguration"},
    Absent{"encryption", "ServerSideEncryptionConfigurationNotFoundError"},
    Absent{"lifecycle", "NoSuchLifecycleConfiguration"},
    Absent{"object-lock", "ObjectLockConfigurationNotFoundError"},
    Absent{"ownershipControls", "OwnershipControlsNotFoundError"},
    Absent{"policy", "NoSuchBucketPolicy"},
    Absent{"publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"},
    Absent{"replication", "ReplicationConfigurationNotFoundError"},
    Absent{"tagging", "NoSuchTagSet"},
    Absent{"website", "NoSuchWebsiteConfiguration"},
};

S3Failure absent(std::string_view name) {
  for (const auto& known : kAbsent)
    if (known.name == name)
      return refuse(404, std::string(known.code), "The configuration does not exist: " + std::string(name));
  return refuse(404, "NoSuchConfiguration", "The configuration does not exist: " + std::string(name));
}

S3Result<std::string> kept_document(ServiceContext& context, const Call& call, std::string_view name) {
  const auto bucket = find_bucket(context, call);
  if (!bucket) return S3Failure(bucket.error());
  const auto* document = bucket->document(name);
  if (document == nullptr) return absent(name);
  return *document;
}

ReplyResult get_document(ServiceContext& context, const Call& call, std::string_view name) {
  auto document = kept_document(context, call, name);
  if (!document) return S3Failure(document.error());
  return xml_reply(std::move(*document));
}

/// Changes the bucket in one commit; `change` may refuse in the protocol's terms.
ReplyResult change_bucket(ServiceContext& context, const Call& call, int status,
                          const std::function<S3Result<bool>(BucketInfo&)>& change) {
  std::optional<S3Error> refusal;
  const auto changed = context.store.update_bucket(call.bucket, [&](BucketInfo& bucket) -> base::Status {
    auto done = change(bucket);
    if (done) return {};
    refusal = done.error();
    return base::fail(base::ErrorKind::Denied, refusal->message);
  });
  if (refusal) return S3Failure(std::move(*refusal));
  return done(changed, status);
}

ReplyResult keep_document(ServiceContext& context, const Call& call, std::string_view name, std::string text,
                          int status = 200) {
  return change_bucket(context, call, status, [&](BucketInfo& bucket) -> S3Result<bool> {
    bucket.set_document(name, std::move(text));
    return true;
  });
}

ReplyResult forget_document(ServiceContext& context, const Call& call, std::string_view name) {
  return keep_document(context, call, name, {}, 204);
}

/// Keeps what the request says, once it is understood.
template <class Parsed, class Print>
ReplyResult put_document(ServiceContext& context, const Call& call, std::string_view name,
                         const S3Result<Parsed>& parsed, Print print) {
  if (!parsed) return S3Failure(parsed.error());
  return keep_document(context, call, name, print(*parsed));
}

}  // namespace

ReplyResult get_bucket_acl(ServiceContext& context, const Call& call) {
  const auto bucket = find_bucket(context, call);
  if (!bucket) return S3Failure(bucket.error());
  const auto* access = bucket->document("acl");
  const auto acl = kept_acl(context, access == nullptr ? std::string{} : *access, {}, *bucket);
  if (!acl) return S3Failure(acl.error());
  return xml_reply(print_acl(*acl));
}

ReplyResult put_bucket_acl(ServiceContext& context, const Call& call) {
  return change_bucket(context, call, 200, [&](BucketInfo& bucket) -> S3Result<bool> {
    auto access = read_access(context, call, bucket, {});
    if (!access) return S3Failure(access.error());
    bucket.set_document("acl", std::move(*access));
    return true;
  });
}

ReplyResult get_bucket_cors(ServiceContext& context, const Call& call) { return get_document(context, call, "cors"); }
ReplyResult put_bucket_cors(ServiceContext& context, const Call& call) {
  return put_document(context, call, "cors", parse_cors(call.body), print_cors);
}
ReplyResult delete_bucket_cors(ServiceContext& context, const Call& call) {
  return forget_document(context, call, "cors");
}

ReplyResult get_bucket_encryption(ServiceContext& context, const Call& call) {
  return get_document(context, call, "encryption");
}
ReplyResult put_bucket_encryption(ServiceContext& context, const Call& call) {
  return put_document(context, call, "encryption", parse_encryption(call.body), print_encryption);
}
ReplyResult delete_bucket_encryption(ServiceContext& context, const Call& call) {
  return forget_document(context, call, "encryption");
}

ReplyResult get_bucket_lifecycle(ServiceContext& context, const Call& call) {
  return get_document(context, call, "lifecycle");
}
ReplyResult put_bucket_lifecycle(ServiceContext& context, const Call& call) {
  return put_document(context, call, "lifecycle", parse_lifecycle(call.body), print_lifecycle);
}
ReplyResult delete_bucket_lifecycle(ServiceContext& context, const Call& call) {
  return forget_document(context, call, "lifecycle");
}

ReplyResult get_bucket_notification(ServiceContext& context, const Call& call) {
  const auto bucket = find_bucket(context, call);
  if (!bucket) return S3Failure(bucket.error());
  const auto* document = bucket->document("notification");
  return xml_reply(document == nullptr ? print_notification({}) : *document);
}
ReplyResult put_bucket_notification(ServiceContext& context, const Call& call) {
  const auto wanted = parse_notification(call.body);
  if (!wanted) return S3Failure(wanted.error());
  if (wanted->event_bridge) return refuse(501, "NotImplemented", "EventBridge is not implemented.");
  const auto exists = [&](DestinationKind, std::string_view arn) {
    return std::ranges::find(context.options.destinations, arn, &EventDestination::arn) !=
           context.options.destinations.end();
  };
  const bool unchecked =
      http::equal_without_case(call.header("x-amz-skip-destination-validation").value_or(""), "true");
  if (auto known = check_destinations(*wanted, exists); !known && !unchecked) return S3Failure(known.error());
  // With the event that tells the destinations of it, in one commit.
  return done(context.store.configure_bucket(call.bucket, origin_of(call),
                                             [&](BucketInfo& bucket) -> base::Status {
                                               const bool empty = wanted->rules.empty();
                                               bucket.set_document("notification",
                                                                   empty ? std::string{} : print_notification(*wanted));
                                               return {};
                                             }),
              200);
}

ReplyResult get_bucket_policy(ServiceContext& context, const Call& call) {
  auto document = kept_document(context, call, "policy");
  if (!document) return S3Failure(document.error());
  return Reply{.headers = {{"Content-Type", "application/json"}}, .body = std::move(*document)};
}

ReplyResult put_bucket_policy(ServiceContext& context, const Call& call) {
  const auto policy = parse_bucket_policy(call.body, call.bucket);
  if (!policy) return S3Failure(policy.error());
  return change_bucket(context, call, 204, [&](BucketInfo& bucket) -> S3Result<bool> {
    if (public_access_block_of(bucket).block_public_policy && is_public(*policy))
      return refuse(403, "AccessDenied", "Access Denied because the bucket blocks public policies.");
    bucket.set_document("policy", call.body);
    return true;
  });
}
ReplyResult delete_bucket_policy(ServiceContext& context, const Call& call) {
  return forget_document(context, call, "policy");
}

ReplyResult get_bucket_policy_status(ServiceContext& context, const Call& call) {
  const auto bucket = find_bucket(context, call);
  if (!bucket) return S3Failure(bucket.error());
  const auto* text = bucket->document("policy");
  const auto* access = bucket->document("acl");
  bool shown_public = false;
  if (text != nullptr) {
    const auto policy = parse_bucket_policy(*text, call.bucket);
    shown_public = policy && is_public(*policy);
  }
  if (access != nullptr && !public_access_block_of(*bucket).ignore_public_acls) {
    const auto acl = kept_acl(context, *access, {}, *bucket);
    shown_public |= acl && is_public(*acl);
  }
  return xml_reply(print_policy_status(shown_public));
}

ReplyResult get_bucket_tagging(ServiceContext& context, const Call& call) {
  return get_document(context, call, "tagging");
}
ReplyResult put_bucket_tagging(ServiceContext& context, const Call& call) {
  return put_document(context, call, "tagging", parse_tagging(call.body, TagHolder::Bucket), print_tagging);
}
ReplyResult delete_bucket_tagging(ServiceContext& context, const Call& call) {
  return forget_document(context, call, "tagging");
}

ReplyResult get_bucket_versioning(ServiceContext& context, const Call& call) {
  const auto bucket = find_bucket(context, call);
  if (!bucket) return S3Failure(bucket.error());
  return xml_reply(print_versioning(bucket->versioning));
}

ReplyResult put_bucket_versioning(ServiceContext& context, const Call& call) {
  const auto wanted = parse_versioning(call.body);
  if (!wanted) return S3Failure(wanted.error());
  return change_bucket(context, call, 200, [&](BucketInfo& bucket) -> S3Result<bool> {
    if (bucket.object_lock && *wanted != Versioning::Enabled)
      return refuse(
          409, "InvalidBucketState",
          "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.");
    bucket.versioning = *wanted;
    return true;
  });
}

ReplyResult get_object_lock_configuration(ServiceContext& context, const Call& call) {
  return get_document(context, call, "object-lock");
}

ReplyResult put_object_lock_configuration(ServiceContext& context, const Call& call) {
  const auto configuration = parse_object_lock(call.body);
  if (!configuration) return S3Failure(configuration.error());
  return change_bucket(context, call, 200, [&](BucketInfo& bucket) -> S3Result<bool> {
    if (bucket.versioning != Versioning::Enabled)
      return refuse(409, "InvalidBucketState",
                    "Versioning must be 'Enabled' on the bucket to apply a Object Lock "
                    "configuration");
    bucket.object_lock = true;
    bucket.set_document("object-lock", print_object_lock(*configuration));
    return true;
  });
}

ReplyResult get_ownership_controls(ServiceContext& context, const Call& call) {
  return get_document(context, call, "ownershipControls");
}

ReplyResult put_ownership_controls(ServiceContext& context, const Call& call) {
  const auto ownership = parse_ownership_controls(call.body);
  if (!ownership) return S3Failure(ownership.error());
  return change_bucket(context, call, 200, [&](BucketInfo& bucket) -> S3Result<bool> {
    if (*ownership == ObjectOwnership::BucketOwnerEnforced && bucket.document("acl") != nullptr)
      return refuse(400, "InvalidBucketAclWithObjectOwnership",
                    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting");
    bucket.set_document("ownershipControls", print_ownership_controls(*ownership));
    return true;
  });
}
ReplyResult delete_ownership_controls(ServiceContext& context, const Call& call) {
  return forget_document(context, call, "ownershipControls");
}

ReplyResult get_public_access_block(ServiceContext& context, const Call& call) {
  return get_document(context, call, "publicAccessBlock");
}
ReplyResult put_public_access_block(ServiceContext& context, const Call& call) {
  return put_document(context, call, "publicAccessBlock", parse_public_access_block(call.body),
                      print_public_access_block);
}
ReplyResult delete_public_access_block(ServiceContext& context, const Call& call) {
  return forget_document(context, call, "publicAccessBlock");
}

ReplyResult get_absent_document(ServiceContext& context, const Call& call) {
  if (const auto bucket = find_bucket(context, call); !bucket) return S3Failure(bucket.error());
  if (call.has("logging")) return xml_reply(XmlWriter("BucketLoggingStatus").take());
  if (call.has("accelerate")) return xml_reply(XmlWriter("AccelerateConfiguration").take());
  if (call.has("requestPayment"))
    return xml_reply(XmlWriter("RequestPaymentConfiguration").text("Payer", "BucketOwner").take());
  return absent(call.has("website") ? "website" : "replication");
}

}  // namespace store::s3

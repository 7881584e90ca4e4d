#include "store/s3/access.h"

#include <algorithm>
#include <array>

#include "store/s3/documents/ownership_controls.h"
#include "store/s3/documents/policy.h"
#include "store/s3/documents/public_access_block.h"
#include "store/s3/documents/tagging.h"
#include "store/s3/grants.h"
#include "store/s3/operation.h"
#include "store/s3/parse_cache.h"
#include "store/s3/policy_context.h"

namespace store::s3 {
namespace {

using namespace std::string_view_literals;

/// The account of the administrator, and of the users that have a policy; any other user is an account of its own.
constexpr std::string_view kAccount = "000000000000";

/// What a list must grant for an action, on the bucket or on the object.
struct ListRight {
  std::string_view action;
  Permission permission;
  bool of_object = false;
};
constexpr std::array kListRights{
    ListRight{"s3:ListBucket", Permission::Read},
    ListRight{"s3:ListBucketVersions", Permission::Read},
    ListRight{"s3:ListBucketMultipartUploads", Permission::Read},
    ListRight{"s3:GetBucketLocation", Permission::Read},
    ListRight{"s3:PutObject", Permission::Write},
    ListRight{"s3:DeleteObject", Permission::Write},
    ListRight{"s3:AbortMultipartUpload", Permission::Write},
    ListRight{"s3:ListMultipartUploadParts", Permission::Write},
    ListRight{"s3:GetBucketAcl", Permission::ReadAcp},
    ListRight{"s3:PutBucketAcl", Permission::WriteAcp},
    ListRight{"s3:GetObject", Permission::Read, true},
    ListRight{"s3:GetObjectVersion", Permission::Read, true},
    ListRight{"s3:GetObjectAttributes", Permission::Read, true},
    ListRight{"s3:GetObjectVersionAttributes", Permission::Read, true},
    ListRight{"s3:GetObjectTorrent", Permission::Read, true},
    ListRight{"s3:GetObjectAcl", Permission::ReadAcp, true},
    ListRight{"s3:GetObjectVersionAcl", Permission::ReadAcp, true},
    ListRight{"s3:PutObjectAcl", Permission::WriteAcp, true},
    ListRight{"s3:PutObjectVersionAcl", Permission::WriteAcp, true},
};

/// One question to the rules.
struct Question {
  ServiceContext& context;
  const Call& call;
  const BucketInfo& bucket;
  std::string_view action;
  const std::string& key;
  const std::string& version;

  bool caller_owns_bucket() const { return call.caller() && owner_of(context, {}, bucket).id == call.caller_id(); }
};

PolicyRequest policy_request(const Question& question, std::string_view resource) {
  PolicyRequest request{.action = question.action, .resource = resource};
  if (const auto& user = question.call.caller()) {
    const bool has_account = user->is_administrator || !user->policy.empty();
    request.principal = PolicyPrincipal{user->id, principal_names(has_account ? kAccount : user->id, user->id)};
  }
  request.context =
      policy_context(question.context, question.call, question.bucket.name, question.key, question.version);
  return request;
}

std::string resource_of(const Question& question) {
  auto resource = "arn:aws:s3:::" + question.bucket.name;
  return question.key.empty() ? resource : resource + "/" + question.key;
}

Decision by_user(const Question& question) {
  const auto& user = *question.call.caller();
  const auto text = canned_policy(user.policy).value_or(user.policy);
  const auto policy = question.context.parsed.user_policies.get(user.id, text, parse_user_policy);
  if (!*policy) return Decision::Deny;  // what cannot be read allows nothing
  return evaluate(**policy, policy_request(question, resource_of(question)));
}

Decision by_bucket_policy(const Question& question) {
  const auto* text = question.bucket.document("policy");
  if (text == nullptr) return Decision::None;
  const auto& bucket = question.bucket.name;
  const auto parsed = question.context.parsed.bucket_policies.get(
      bucket, *text, [&](std::string_view json) { return parse_bucket_policy(json, bucket); });
  if (!*parsed) return Decision::Deny;
  const auto& policy = *parsed;
  const auto decision = evaluate(*policy, policy_request(question, resource_of(question)));
  const bool restricted = public_access_block_of(question.bucket).restrict_public_buckets && is_public(*policy);
  return decision == Decision::Allow && restricted && !question.caller_owns_bucket() ? Decision::None : decision;
}

bool list_allows(const Question& question, const std::string& access, const std::string& owner, Permission permission) {
  auto acl = kept_acl(question.context, access, owner, question.bucket);
  if (!acl) return false;
  if (public_access_block_of(question.bucket).ignore_public_acls) acl = without_public_grants(std::move(*acl));
  const auto id = question.call.caller_id();
  return allows(*acl, id.empty() ? std::nullopt : std::optional(id), permission);
}

bool bucket_list_allows(const Question& question, Permission permission) {
  const auto* access = question.bucket.document("acl");
  return list_allows(question, access == nullptr ? std::string{} : *access, {}, permission);
}

/// Where lists count, an object is its owner's, not the bucket's.
bool by_lists(const Question& question) {
  const auto right = std::ranges::find(kListRights, question.action, &ListRight::action);
  if (right == kListRights.end()) return question.caller_owns_bucket();
  if (!right->of_object) return question.caller_owns_bucket() || bucket_list_allows(question, right->permission);
  const auto object = question.context.store.head(question.bucket.name, question.key, question.version);
  // Who may see what there is may see that it is not there.
  if (!object) return question.caller_owns_bucket() || bucket_list_allows(question, Permission::Read);
  return list_allows(question, object->access, object->info.owner, right->permission);
}

/// True for an owner whose bucket needs no look at policies, lists or objects.
bool is_plain_owner(const Question& question) {
  const auto& user = question.call.caller();
  if (!user) return false;
  if (user->is_administrator) return true;
  return user->policy.empty() && question.bucket.document("policy") == nullptr &&
         !uses_access_lists(question.context, question.bucket) && question.caller_owns_bucket();
}

bool decide(const Question& question) {
  if (is_plain_owner(question)) return true;
  const auto& user = question.call.caller();
  const bool has_own_policy = user && !user->policy.empty();
  if (has_own_policy && by_user(question) != Decision::Allow) return false;
  switch (by_bucket_policy(question)) {
    case Decision::Deny:
      // The owner can always take back a policy that locks everybody out.
      return question.caller_owns_bucket() && question.action.ends_with("BucketPolicy");
    case Decision::Allow: return true;
    case Decision::None: break;
  }
  if (has_own_policy && (question.bucket.owner.empty() || question.caller_owns_bucket())) return true;
  if (!uses_access_lists(question.context, question.bucket)) return question.caller_owns_bucket();
  return by_lists(question);
}

}  // namespace

bool uses_access_lists(const ServiceContext& context, const BucketInfo& bucket) {
  const auto* document = bucket.document("ownershipControls");
  if (document == nullptr) return context.options.access_lists;
  const auto ownership = context.parsed.ownership.get(bucket.name, *document, parse_ownership_controls);
  return !*ownership || **ownership != ObjectOwnership::BucketOwnerEnforced;
}

bool may_on_key(ServiceContext& context, const Call& call, const BucketInfo& bucket, std::string_view action,
                const std::string& key, const std::string& version) {
  return decide({context, call, bucket, action, key, version});
}

bool may(ServiceContext& context, const Call& call, const BucketInfo& bucket, std::string_view action) {
  return may_on_key(context, call, bucket, action, {});
}

bool may_list_key(ServiceContext& context, const Call& call, const BucketInfo& bucket) {
  auto listing = call;
  std::erase_if(listing.query, [](const auto& parameter) { return parameter.first == "prefix"; });
  listing.query.emplace_back("prefix", call.key);
  return may(context, listing, bucket, "s3:ListBucket");
}

bool may_create_buckets(ServiceContext& context, const Call& call) {
  if (!call.caller()) return false;
  if (call.caller()->policy.empty()) return true;
  const BucketInfo bucket{.name = call.bucket};
  return by_user({context, call, bucket, "s3:CreateBucket", {}, {}}) == Decision::Allow;
}

S3Result<bool> authorize(ServiceContext& context, const Call& call) {
  const auto& operation = *call.operation;
  if (operation.level == Level::Service || operation.name == "CreateBucket") return true;
  const auto bucket = context.store.find_bucket(call.bucket);
  if (!bucket) return S3Failure(to_s3(bucket.error()));
  const auto expected = call.header("x-amz-expected-bucket-owner");
  if (expected && *expected != owner_of(context, {}, *bucket).id) return refuse(403, "AccessDenied", "Access Denied");
  if (operation.action.empty()) return true;
  if (may_on_key(context, call, *bucket, action_of(operation, call), call.key, call.version())) return true;
  // Who may see that an object is not there need not have the right to read it.
  const bool reads = operation.action == "s3:GetObject" && call.version().empty();
  if (reads && !context.store.head(call.bucket, call.key) && may_list_key(context, call, *bucket))
    return refuse(404, "NoSuchKey", "The specified key does not exist.");
  return refuse(403, "AccessDenied", "Access Denied");
}

}  // namespace store::s3

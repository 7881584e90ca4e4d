#include "store/s3/grants.h"

#include "store/s3/access.h"
#include "store/s3/documents/text.h"
#include "store/s3/documents/xml_reader.h"

namespace store::s3 {
namespace {

/// The list as it is kept. Errors: 403 where the bucket blocks public lists.
S3Result<std::string> keep(Acl acl, const BucketInfo& bucket) {
  if (public_access_block_of(bucket).block_public_acls && is_public(acl))
    return refuse(403, "AccessDenied", "Access Denied because the bucket blocks public access control lists.");
  if (const auto plain = canned_acl("private", {acl.owner, acl.owner}); plain && acl == *plain) return std::string{};
  // Groups first: some clients sort the grants by the names of users, when the first of them has one.
  std::vector<Grant> ordered;
  for (const bool groups : {true, false})
    for (const auto& grant : acl.grants)
      if (std::holds_alternative<AclGroup>(grant.grantee) == groups) ordered.push_back(grant);
  acl.grants = std::move(ordered);
  return print_acl(acl);
}

/// Where lists are off, those that change nothing are taken: for some clients send them with every write, "private" too
/// where nobody decided that they are off.
S3Result<std::string> refuse_lists(const Call& call, const BucketInfo& bucket) {
  const bool decided = bucket.document("ownershipControls") != nullptr;
  const auto canned = call.header("x-amz-acl").value_or("bucket-owner-full-control");
  bool granted = false;
  for (const char* name : {"x-amz-grant-read", "x-amz-grant-write", "x-amz-grant-read-acp", "x-amz-grant-write-acp",
                           "x-amz-grant-full-control"})
    granted |= call.header(name).has_value();
  if (!granted && ((canned == "private" && !decided) || canned == "bucket-owner-full-control")) return std::string{};
  return refuse(400, "AccessControlListNotSupported", "The bucket does not allow ACLs");
}

}  // namespace

AclUsers acl_users(const ServiceContext& context) {
  const auto shown = [](const std::optional<User>& user) {
    return user ? std::optional(AclUser{user->id, user->name}) : std::nullopt;
  };
  const auto& keys = context.keys;
  return {.by_id = [&keys, shown](std::string_view id) { return shown(keys.user_of_id(id)); },
          .by_email = [&keys, shown](std::string_view email) { return shown(keys.user_of_email(email)); }};
}

AclUser acl_user(const ServiceContext& context, const std::string& id, const BucketInfo& bucket) {
  auto [owner, name] = owner_of(context, id, bucket);
  return {std::move(owner), std::move(name)};
}

S3Result<Acl> kept_acl(const ServiceContext& context, const std::string& access, const std::string& owner,
                       const BucketInfo& bucket) {
  if (!access.empty()) return parse_acl(access, acl_users(context));
  const auto user = acl_user(context, owner, bucket);
  return canned_acl("private", {user, acl_user(context, {}, bucket)});
}

S3Result<std::string> read_access_headers(const ServiceContext& context, const Call& call, const BucketInfo& bucket,
                                          const std::string& owner) {
  if (!uses_access_lists(context, bucket)) return refuse_lists(call, bucket);
  const auto header = [&](std::string_view name) { return call.header(name); };
  const auto acl =
      acl_of_headers(header, {acl_user(context, owner, bucket), acl_user(context, {}, bucket)}, acl_users(context));
  if (!acl) return S3Failure(acl.error());
  return *acl ? keep(**acl, bucket) : std::string{};
}

S3Result<std::string> read_access(const ServiceContext& context, const Call& call, const BucketInfo& bucket,
                                  const std::string& owner) {
  if (call.body.empty()) {
    if (!call.header("x-amz-acl") && !call.request->headers.find("x-amz-grant-read")) {
      bool granted = false;
      for (const auto& [name, value] : call.request->headers.lines())
        granted |= to_lower(name).starts_with("x-amz-grant-");
      if (!granted) return malformed_xml("An access control list is needed, in the headers or the body.");
    }
    return read_access_headers(context, call, bucket, owner);
  }
  const auto acl = parse_acl(call.body, acl_users(context));
  if (!acl) return S3Failure(acl.error());
  const auto expected = acl_user(context, owner, bucket);
  if (acl->owner.id != expected.id) return refuse(403, "AccessDenied", "The owner of an object cannot be changed.");
  if (!uses_access_lists(context, bucket) && !is_private(*acl))
    return refuse(400, "AccessControlListNotSupported", "The bucket does not allow ACLs");
  return keep(*acl, bucket);
}

PublicAccessBlock public_access_block_of(const BucketInfo& bucket) {
  const auto* text = bucket.document("publicAccessBlock");
  if (text == nullptr) return {};
  return parse_public_access_block(*text).value_or(PublicAccessBlock{});
}

}  // namespace store::s3

#include "store/s3/documents/acl.h"

#include <algorithm>

#include "base/overloaded.h"

namespace store::s3 {
namespace {

Acl acl_with(const AclUser& owner, std::vector<Grant> grants) {
  grants.push_back({owner, Permission::FullControl});
  return {owner, std::move(grants)};
}

/// What the bucket's owner has beside the object's; nothing more where both are one.
Acl shared_with_bucket_owner(const AclOwners& owners, Permission permission) {
  auto acl = acl_with(owners.owner, {});
  if (owners.bucket_owner.id != owners.owner.id) acl.grants.push_back({owners.bucket_owner, permission});
  return acl;
}

bool names(const std::variant<AclUser, AclGroup>& grantee, const std::optional<std::string>& user_id) {
  return std::visit(base::Overloaded{
                        [&](const AclUser& user) { return user_id && *user_id == user.id; },
                        [&](AclGroup group) {
                          return group == AclGroup::AllUsers || (group == AclGroup::AuthenticatedUsers && user_id);
                        },
                    },
                    grantee);
}

bool is_public_grant(const Grant& grant) {
  const auto* group = std::get_if<AclGroup>(&grant.grantee);
  return group != nullptr && *group != AclGroup::LogDelivery;
}

}  // namespace

std::string_view name_of(Permission permission) {
  switch (permission) {
    case Permission::Read: return "READ";
    case Permission::Write: return "WRITE";
    case Permission::ReadAcp: return "READ_ACP";
    case Permission::WriteAcp: return "WRITE_ACP";
    case Permission::FullControl: return "FULL_CONTROL";
  }
  return {};
}

std::string_view uri_of(AclGroup group) {
  switch (group) {
    case AclGroup::AllUsers: return "http://acs.amazonaws.com/groups/global/AllUsers";
    case AclGroup::AuthenticatedUsers: return "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
    case AclGroup::LogDelivery: return "http://acs.amazonaws.com/groups/s3/LogDelivery";
  }
  return {};
}

S3Result<Acl> canned_acl(std::string_view name, const AclOwners& owners) {
  const auto& owner = owners.owner;
  if (name == "private") return acl_with(owner, {});
  if (name == "public-read") return acl_with(owner, {{AclGroup::AllUsers, Permission::Read}});
  if (name == "public-read-write")
    return acl_with(owner, {{AclGroup::AllUsers, Permission::Read}, {AclGroup::AllUsers, Permission::Write}});
  if (name == "authenticated-read") return acl_with(owner, {{AclGroup::AuthenticatedUsers, Permission::Read}});
  if (name == "bucket-owner-read") return shared_with_bucket_owner(owners, Permission::Read);
  if (name == "bucket-owner-full-control") return shared_with_bucket_owner(owners, Permission::FullControl);
  if (name == "log-delivery-write")
    return acl_with(owner, {{AclGroup::LogDelivery, Permission::Write}, {AclGroup::LogDelivery, Permission::ReadAcp}});
  return refuse(400, "InvalidArgument", "Unknown canned ACL: " + std::string(name));
}

bool allows(const Acl& acl, const std::optional<std::string>& user_id, Permission permission) {
  const bool is_of_list = permission == Permission::ReadAcp || permission == Permission::WriteAcp;
  if (is_of_list && user_id && *user_id == acl.owner.id) return true;
  return std::ranges::any_of(acl.grants, [&](const Grant& grant) {
    return (grant.permission == permission || grant.permission == Permission::FullControl) &&
           names(grant.grantee, user_id);
  });
}

bool is_public(const Acl& acl) { return std::ranges::any_of(acl.grants, is_public_grant); }

Acl without_public_grants(Acl acl) {
  std::erase_if(acl.grants, is_public_grant);
  return acl;
}

bool is_private(const Acl& acl) {
  return std::ranges::all_of(acl.grants, [&](const Grant& grant) {
    const auto* user = std::get_if<AclUser>(&grant.grantee);
    return user != nullptr && user->id == acl.owner.id;
  });
}

}  // namespace store::s3

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/s3/s3_error.h"

namespace store::s3 {

enum class Permission { Read, Write, ReadAcp, WriteAcp, FullControl };
enum class AclGroup { AllUsers, AuthenticatedUsers, LogDelivery };

std::string_view name_of(Permission permission);  // "READ_ACP"
std::string_view uri_of(AclGroup group);

struct AclUser {
  std::string id;
  std::string display_name;

  bool operator==(const AclUser&) const = default;
};

struct Grant {
  std::variant<AclUser, AclGroup> grantee;
  Permission permission = Permission::Read;

  bool operator==(const Grant&) const = default;
};

/// Who may do what with a bucket or an object.
struct Acl {
  AclUser owner;
  std::vector<Grant> grants;

  bool operator==(const Acl&) const = default;
};

/// The users that there are, as grants name them.
struct AclUsers {
  std::function<std::optional<AclUser>(std::string_view id)> by_id;
  std::function<std::optional<AclUser>(std::string_view email)> by_email;
};

/// Whose the object and its bucket are; for a bucket's own list both are the same.
struct AclOwners {
  AclUser owner;
  AclUser bucket_owner;
};

/// An AccessControlPolicy. The owner is what it says: who stores the list compares it with the one that is.
/// Errors: 400 MalformedXML for ill-formed text; 400 MalformedACLError without an owner, for another permission or type
/// of grantee, and for more than 100 grants; 400 InvalidArgument for an unknown id or group; 400
/// UnresolvableGrantByEmailAddress.
/// Source: Amazon S3 API Reference, "PutBucketAcl"; Amazon S3 User Guide, "Access control list (ACL) overview".
S3Result<Acl> parse_acl(std::string_view xml, const AclUsers& users);
std::string print_acl(const Acl& acl);

/// The list that x-amz-acl names: private, public-read, public-read-write, authenticated-read, bucket-owner-read,
/// bucket-owner-full-control, log-delivery-write. Errors: 400 InvalidArgument.
S3Result<Acl> canned_acl(std::string_view name, const AclOwners& owners);

/// The list that the headers of a write ask for (x-amz-acl, x-amz-grant-*; `header` finds one by its name in lower
/// case), none when there are none of them. A list from x-amz-grant-* has no more than these grants.
/// Errors: 400 InvalidRequest for both kinds together; 400 InvalidArgument; 400 UnresolvableGrantByEmailAddress.
S3Result<std::optional<Acl>> acl_of_headers(
    const std::function<std::optional<std::string>(std::string_view name)>& header, const AclOwners& owners,
    const AclUsers& users);

/// Whether the list grants it to this user; none is somebody anonymous. Its owner may always read and write the list.
bool allows(const Acl& acl, const std::optional<std::string>& user_id, Permission permission);
/// Whether the list grants anything to all users, signed in or not.
bool is_public(const Acl& acl);
/// The list without what is_public looks for.
Acl without_public_grants(Acl acl);
/// Whether it grants nothing to anybody but its owner.
bool is_private(const Acl& acl);

}  // namespace store::s3

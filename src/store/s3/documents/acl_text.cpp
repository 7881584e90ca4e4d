#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/overloaded.h"
#include "store/s3/documents/acl.h"
#include "store/s3/documents/text.h"
#include "store/s3/documents/xml_reader.h"
#include "store/s3/xml.h"

/// Access control lists as documents and as headers.
namespace store::s3 {
namespace {

constexpr std::size_t kGrantsMax = 100;
// Clients read the type from an attribute of this very name.
constexpr std::string_view kGranteeForm =
    "<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{}\">{}</Grantee>";
constexpr std::array kPermissions{Permission::Read, Permission::Write, Permission::ReadAcp, Permission::WriteAcp,
                                  Permission::FullControl};

S3Failure malformed_acl(std::string_view what) {
  return refuse(400, "MalformedACLError",
                "The XML you provided was not well-formed or did not validate against our published schema: " +
                    std::string(what));
}

S3Result<AclUser> user_of_id(const std::string& id, const AclUsers& users) {
  auto user = users.by_id(id);
  if (!user) return invalid_argument("Invalid id: " + id);
  return std::move(*user);
}

S3Result<AclUser> user_of_email(const std::string& email, const AclUsers& users) {
  auto user = users.by_email(email);
  if (!user)
    return refuse(400, "UnresolvableGrantByEmailAddress",
                  "The e-mail address you provided does not match any account on record: " + email);
  return std::move(*user);
}

S3Result<AclGroup> group_of_uri(std::string_view uri) {
  for (const auto group : {AclGroup::AllUsers, AclGroup::AuthenticatedUsers, AclGroup::LogDelivery})
    if (uri == uri_of(group)) return group;
  return invalid_argument("Invalid group uri: " + std::string(uri));
}

using Grantee = std::variant<AclUser, AclGroup>;

/// The kind of grantee is in an attribute, or, where a client leaves it out, in what the element has.
S3Result<Grantee> read_grantee(const XmlElement& element, const AclUsers& users) {
  const auto id = element.text_of("ID"), uri = element.text_of("URI"), email = element.text_of("EmailAddress");
  auto type = element.attribute("type");
  if (type.empty()) type = id ? "CanonicalUser" : uri ? "Group" : email ? "AmazonCustomerByEmail" : "";
  if (type == "CanonicalUser" && id) {
    TRY(auto user, user_of_id(*id, users));
    return Grantee(std::move(user));
  }
  if (type == "AmazonCustomerByEmail" && email) {
    TRY(auto user, user_of_email(*email, users));
    return Grantee(std::move(user));
  }
  if (type == "Group" && uri) {
    TRY(const auto group, group_of_uri(*uri));
    return Grantee(group);
  }
  return malformed_acl("a Grantee is none of a user, a group and an e-mail address");
}

S3Result<Grant> read_grant(const XmlElement& element, const AclUsers& users) {
  const auto name = element.text_of("Permission");
  const auto permission =
      std::ranges::find_if(kPermissions, [&](auto candidate) { return name == name_of(candidate); });
  if (permission == kPermissions.end()) return malformed_acl("unknown Permission");
  const auto grantee = element.child("Grantee");
  if (!grantee) return malformed_acl("a Grant has no Grantee");
  TRY(auto who, read_grantee(*grantee, users));
  return Grant{std::move(who), *permission};
}

std::string print_user(const AclUser& user) {
  return fmt::format("<ID>{}</ID><DisplayName>{}</DisplayName>", xml_escape(user.id), xml_escape(user.display_name));
}

std::string print_grantee(const Grantee& grantee) {
  return std::visit(
      base::Overloaded{
          [&](const AclUser& user) { return fmt::format(kGranteeForm, "CanonicalUser", print_user(user)); },
          [&](AclGroup group) {
            return fmt::format(kGranteeForm, "Group", fmt::format("<URI>{}</URI>", uri_of(group)));
          },
      },
      grantee);
}

/// One item of a grant header: id="…", uri="…" or emailAddress="…", with or without the quotes.
S3Result<Grantee> read_header_grantee(std::string_view item, const AclUsers& users) {
  const auto equals = item.find('=');
  if (equals == std::string_view::npos) return invalid_argument("Argument format not recognized: " + std::string(item));
  const auto kind = to_lower(trim(item.substr(0, equals)));
  auto value = trim(item.substr(equals + 1));
  if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) value = value.substr(1, value.size() - 2);
  const std::string name(value);
  if (kind == "id") {
    TRY(auto user, user_of_id(name, users));
    return Grantee(std::move(user));
  }
  if (kind == "emailaddress") {
    TRY(auto user, user_of_email(name, users));
    return Grantee(std::move(user));
  }
  if (kind == "uri") {
    TRY(const auto group, group_of_uri(name));
    return Grantee(group);
  }
  return invalid_argument("Argument format not recognized: " + std::string(item));
}

S3Result<void> read_grant_header(std::string_view value, Permission permission, const AclUsers& users,
                                 std::vector<Grant>& grants) {
  while (!value.empty()) {
    const auto comma = value.find(',');
    TRY(auto grantee, read_header_grantee(trim(value.substr(0, comma)), users));
    grants.push_back({std::move(grantee), permission});
    value = comma == std::string_view::npos ? std::string_view{} : value.substr(comma + 1);
  }
  return {};
}

std::string grant_header_of(Permission permission) {
  auto name = "x-amz-grant-" + to_lower(name_of(permission));
  std::ranges::replace(name, '_', '-');
  return name;
}

}  // namespace

S3Result<Acl> parse_acl(std::string_view xml, const AclUsers& users) {
  TRY(const auto document, XmlDocument::parse(xml, "AccessControlPolicy"));
  const auto root = document.root();
  const auto owner = root.child("Owner"), list = root.child("AccessControlList");
  const auto owner_id = owner ? owner->text_of("ID") : std::nullopt;
  if (!owner_id || !list) return malformed_acl("Owner or AccessControlList is missing");
  Acl acl;
  TRY(acl.owner, user_of_id(*owner_id, users));
  const auto grants = list->children("Grant");
  if (grants.size() > kGrantsMax) return malformed_acl("there are more than 100 Grants");
  for (const auto& element : grants) {
    TRY(auto grant, read_grant(element, users));
    acl.grants.push_back(std::move(grant));
  }
  return acl;
}

std::string print_acl(const Acl& acl) {
  // Not by XmlWriter: no other document has an attribute below its root.
  std::string grants;
  for (const auto& grant : acl.grants)
    grants += fmt::format("<Grant>{}<Permission>{}</Permission></Grant>", print_grantee(grant.grantee),
                          name_of(grant.permission));
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<AccessControlPolicy xmlns=\"{}\"><Owner>{}</Owner>"
      "<AccessControlList>{}</AccessControlList></AccessControlPolicy>",
      kNamespace, print_user(acl.owner), grants);
}

S3Result<std::optional<Acl>> acl_of_headers(
    const std::function<std::optional<std::string>(std::string_view name)>& header, const AclOwners& owners,
    const AclUsers& users) {
  const auto canned = header("x-amz-acl");
  Acl acl{owners.owner, {}};
  bool has_grants = false;
  for (const auto permission : kPermissions) {
    const auto value = header(grant_header_of(permission));
    if (!value) continue;
    has_grants = true;
    TRY_VOID(read_grant_header(*value, permission, users, acl.grants));
  }
  if (canned && has_grants)
    return refuse(400, "InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed");
  if (canned) {
    TRY(acl, canned_acl(*canned, owners));
    return std::optional(std::move(acl));
  }
  return has_grants ? std::optional(std::move(acl)) : std::nullopt;
}

}  // namespace store::s3

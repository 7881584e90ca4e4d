#include "catalog/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

namespace catalog {
namespace {

constexpr std::string_view kGrantProperty = "GRANT";
constexpr std::string_view kAccountAdmin = "ACCOUNTADMIN";

// The roles of the system, and what each inherits by itself.
constexpr auto kSystemRoles = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{kAccountAdmin, "SYSADMIN"}, {kAccountAdmin, "SECURITYADMIN"}, {"SECURITYADMIN", "USERADMIN"}});

// What they may do on the account without being granted it; ACCOUNTADMIN may everything.
constexpr auto kSystemPrivileges =
    std::to_array<std::pair<std::string_view, std::string_view>>({{"SYSADMIN", "CREATE DATABASE"},
                                                                  {"SYSADMIN", "CREATE WAREHOUSE"},
                                                                  {"SECURITYADMIN", "MANAGE GRANTS"},
                                                                  {"USERADMIN", "CREATE ROLE"},
                                                                  {"USERADMIN", "CREATE USER"}});

std::string stored(const Grant& grant) {
  return boost::json::serialize(boost::json::object{{"privilege", grant.privilege},
                                                    {"kind", grant.kind},
                                                    {"object", grant.object.value},
                                                    {"option", grant.grant_option},
                                                    {"by", grant.granted_by},
                                                    {"at", grant.created.ns}});
}

Grant from_stored(const std::string& text) {
  const boost::json::object read = boost::json::parse(text).as_object();
  return {.privilege = std::string(read.at("privilege").as_string()),
          .kind = std::string(read.at("kind").as_string()),
          .object = {read.at("object").to_number<std::uint64_t>()},
          .grant_option = read.at("option").as_bool(),
          .granted_by = std::string(read.at("by").as_string()),
          .created = base::Instant{read.at("at").as_int64()}};
}

base::Error denied(const std::string& role, std::string_view kind, std::string_view name, std::string_view full_name,
                   std::string_view privileges) {
  std::string noun(kind);
  std::ranges::transform(noun, noun.begin(), [](char c) { return c == ' ' ? c : static_cast<char>(c | 0x20); });
  return {base::ErrorKind::Denied, 3001, "42501",
          fmt::format("SQL access control error:\nInsufficient privileges to operate on {} '{}'.\nYour primary role {} "
                      "must have {} granted on {}{}{}.",
                      noun, name, role, privileges, kind, full_name.empty() ? "" : " ", full_name),
          std::nullopt};
}

}  // namespace

std::vector<Grant> grants_of(const Record& holder) {
  std::vector<Grant> grants;
  for (const auto& [name, value] : std::get<PlainBody>(holder.body).properties)
    if (name == kGrantProperty) grants.push_back(from_stored(value));
  return grants;
}

void remove_grant(Record& holder, const Grant& grant) {
  std::erase_if(std::get<PlainBody>(holder.body).properties, [&](const auto& property) {
    return property.first == kGrantProperty && from_stored(property.second).same_as(grant);
  });
}

void add_grant(Record& holder, const Grant& grant) {
  remove_grant(holder, grant);
  std::get<PlainBody>(holder.body).properties.emplace_back(kGrantProperty, stored(grant));
}

std::string grant_word(ObjectKind kind) {
  std::string word(noun(kind));
  std::ranges::transform(word, word.begin(), [](char c) { return c == ' ' ? c : static_cast<char>(c & ~0x20); });
  return word;
}

std::set<std::string> inherited_roles(const Snapshot& catalog, const Record& holder) {
  std::set<std::string> found{"PUBLIC"};
  std::vector<std::string> to_visit;
  const auto visit_granted = [&](const Record& record) {
    for (const Grant& grant : grants_of(record))
      if (grant.kind == "ROLE" && grant.privilege == "USAGE")
        if (const auto role = catalog.find(grant.object)) to_visit.push_back(role->name);
  };
  if (holder.kind == ObjectKind::Role)
    to_visit.push_back(holder.name);
  else
    visit_granted(holder);
  while (!to_visit.empty()) {
    const std::string name = std::move(to_visit.back());
    to_visit.pop_back();
    if (!found.insert(name).second) continue;
    for (const auto& [role, inherited] : kSystemRoles)
      if (role == name) to_visit.emplace_back(inherited);
    if (const auto role = catalog.find(ObjectKind::Role, {}, name)) visit_granted(*role);
  }
  return found;
}

void Access::Rights::add(const Snapshot& catalog, const Record& holder) {
  for (const std::string& name : inherited_roles(catalog, holder)) {
    if (!roles.insert(name).second) continue;
    for (const auto& [role, privilege] : kSystemPrivileges)
      if (role == name) privileges[{}].emplace(privilege);
    const auto role = catalog.find(ObjectKind::Role, {}, name);
    if (!role) continue;
    for (Grant& grant : grants_of(*role)) {
      if (grant.is_future()) continue;
      if (grant.grant_option) grantable[grant.object].insert(grant.privilege);
      privileges[grant.object].insert(std::move(grant.privilege));
    }
  }
}

bool Access::Rights::holds(ObjectId object, std::string_view privilege) const {
  const auto found = privileges.find(object);
  return found != privileges.end() && (found->second.contains(privilege) || found->second.contains("ALL") ||
                                       found->second.contains("ALL PRIVILEGES"));
}

std::shared_ptr<const Access> Access::of(const Snapshot& catalog, const std::string& role,
                                         const std::vector<std::string>& others) {
  auto access = std::make_shared<Access>();
  access->role_ = role;
  const auto add = [&](Rights& rights, const std::string& name) {
    if (const auto record = catalog.find(ObjectKind::Role, {}, name)) rights.add(catalog, *record);
  };
  add(access->own_, role);
  access->with_others_ = access->own_;
  for (const std::string& other : others) add(access->with_others_, other);
  return access;
}

bool Access::Rights::owns(const Record& record) const {
  // What came with the account belongs to its administrator.
  return roles.contains(record.owner.empty() ? std::string(kAccountAdmin) : record.owner);
}

bool Access::owns(const Record& record) const { return with_others_.owns(record); }

bool Access::sees(const Record& record) const {
  return owns(record) || with_others_.privileges.contains(record.id) ||
         (record.kind == ObjectKind::Warehouse && record.owner.empty());
}

bool Access::may(const Record& record, std::string_view privilege) const {
  // The warehouse that came with the account is there for all.
  if (record.kind == ObjectKind::Warehouse && record.owner.empty() && privilege == "USAGE") return true;
  const Rights& rights = privilege.starts_with("CREATE ") ? own_ : with_others_;
  return rights.owns(record) || rights.holds(record.id, privilege);
}

bool Access::may_on_account(std::string_view privilege) const {
  const Rights& rights = privilege.starts_with("CREATE ") ? own_ : with_others_;
  return rights.roles.contains(std::string(kAccountAdmin)) || rights.holds({}, privilege);
}

bool Access::may_grant(const Record& record, std::string_view privilege) const {
  if (owns(record)) return true;
  const auto found = with_others_.grantable.find(record.id);
  return found != with_others_.grantable.end() && found->second.contains(privilege);
}

AccessPtr access_of_owner(const AccessPtr& user, const Snapshot& catalog, const Record& owned) {
  if (!user) return nullptr;
  return Access::of(catalog, owned.owner.empty() ? std::string(kAccountAdmin) : owned.owner);
}

base::Status require(const AccessPtr& access, const Snapshot& catalog, const Record& record,
                     std::initializer_list<std::string_view> privileges) {
  if (!access) return {};
  if (std::ranges::any_of(privileges, [&](std::string_view privilege) { return access->may(record, privilege); }))
    return {};
  return base::fail(denied(access->role(), grant_word(record.kind), record.name, catalog.qualified_name(record),
                           fmt::format("{}", fmt::join(privileges, " or "))));
}

base::Status require_on_account(const AccessPtr& access, std::string_view privilege) {
  if (!access || access->may_on_account(privilege)) return {};
  return base::fail(denied(access->role(), "ACCOUNT", "FRESHET", "", privilege));
}

}  // namespace catalog

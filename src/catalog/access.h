#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/snapshot.h"

namespace catalog {

/// A privilege on an object, or a role, as a role or user holds it; kept in the holder's record.
/// Source: streams-tasks-sql.md 6.5.
struct Grant {
  std::string privilege;  // USAGE for a role
  std::string kind;       // TABLE, ROLE, ACCOUNT; FUTURE TABLES IN SCHEMA
  ObjectId object;        // 0: the account
  bool grant_option = false;
  std::string granted_by;
  base::Instant created;

  bool is_future() const { return kind.starts_with("FUTURE "); }
  /// The same privilege on the same object; who gave it and when set aside.
  bool same_as(const Grant& other) const {
    return privilege == other.privilege && kind == other.kind && object == other.object;
  }
};
std::vector<Grant> grants_of(const Record& holder);
/// Puts a grant in the place of an equal one; takes it away.
void add_grant(Record& holder, const Grant& grant);
void remove_grant(Record& holder, const Grant& grant);

/// Kinds as GRANT writes them: TABLE, FILE FORMAT.
std::string grant_word(ObjectKind kind);

/// Those of the system inherit from each other; a role or user inherits what was granted to it.
std::set<std::string> inherited_roles(const Snapshot& catalog, const Record& holder);

/// What a role may see and do, while privileges are enforced. Immutable; of one moment of the catalog.
class Access {
 public:
  /// `others`: roles whose rights count as well, for all but CREATE (secondary roles).
  static std::shared_ptr<const Access> of(const Snapshot& catalog, const std::string& role,
                                          const std::vector<std::string>& others = {});

  const std::string& role() const { return role_; }
  bool owns(const Record& record) const;
  /// Owns it or holds any privilege on it: others are told that it does not exist.
  bool sees(const Record& record) const;
  /// Owns it or holds the privilege; OWNERSHIP only owners have.
  bool may(const Record& record, std::string_view privilege) const;
  bool may_on_account(std::string_view privilege) const;
  /// May pass the privilege on (WITH GRANT OPTION); owners may.
  bool may_grant(const Record& record, std::string_view privilege) const;

 private:
  struct Rights {
    std::set<std::string> roles;
    std::map<ObjectId, std::set<std::string, std::less<>>> privileges, grantable;  // 0: the account
    void add(const Snapshot& catalog, const Record& holder);
    bool owns(const Record& record) const;
    bool holds(ObjectId object, std::string_view privilege) const;
  };
  std::string role_;
  Rights own_, with_others_;
};
/// Null: nothing is enforced.
using AccessPtr = std::shared_ptr<const Access>;

/// With what rights the owner's objects do what they do by themselves: a view's body, a task, a pipe's load.
AccessPtr access_of_owner(const AccessPtr& user, const Snapshot& catalog, const Record& owned);

inline bool visible(const AccessPtr& access, const Record& record) { return !access || access->sees(record); }

/// One of the privileges on an object that the statement is about to use. Errors: Denied 003001 (42501).
base::Status require(const AccessPtr& access, const Snapshot& catalog, const Record& record,
                     std::initializer_list<std::string_view> privileges);
base::Status require_on_account(const AccessPtr& access, std::string_view privilege);

}  // namespace catalog

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/s3/documents/policy_condition.h"
#include "store/s3/s3_error.h"

namespace store::s3 {

enum class Effect { Allow, Deny };
enum class Match { Those, AllOthers };  // Action and NotAction, Resource and NotResource, Principal and NotPrincipal

/// Whom a statement is about. Services and federated users are accepted and match nobody: there are none here.
struct PolicyPrincipals {
  bool everyone = false;                     // "*" and {"AWS": "*"}: who is anonymous too
  std::vector<std::string> aws;              // ARNs, account numbers or ids
  std::vector<std::string> canonical_users;  // ids
  std::vector<std::string> others;

  bool operator==(const PolicyPrincipals&) const = default;
};

/// Patterns with * and ?, and whether they or all others are meant.
struct PolicyPatterns {
  Match match = Match::Those;
  std::vector<std::string> patterns;

  bool operator==(const PolicyPatterns&) const = default;
};

struct PolicyStatement {
  std::string sid;
  Effect effect = Effect::Allow;
  std::optional<PolicyPrincipals> principals;  // none in the policy of a user
  Match principals_match = Match::Those;
  PolicyPatterns actions;    // without case
  PolicyPatterns resources;  // may have variables
  std::vector<PolicyCondition> conditions;

  bool operator==(const PolicyStatement&) const = default;
};

/// Rules for requests. The server keeps the text, which clients want back byte for byte; this is what it means.
struct Policy {
  std::string id;
  bool has_variables = false;  // of version 2012-10-17: ${…} stands for something
  std::vector<PolicyStatement> statements;

  bool operator==(const Policy&) const = default;
};

inline constexpr std::size_t kPolicyBytesMax = 20 << 10;

/// The policy of a bucket.
/// Errors: 400 MalformedPolicy, whose message names the statement and what is wrong: more than 20 KiB, no JSON, unknown
/// elements, versions, operators or condition keys, values of the wrong form, actions that are not of S3, resources
/// that are not of this bucket, no Principal, Allow with NotPrincipal.
/// Source: IAM User Guide, "IAM JSON policy elements reference"; Amazon S3 User Guide, "Policies and permissions in
/// Amazon S3".
S3Result<Policy> parse_bucket_policy(std::string_view json, std::string_view bucket);

/// The policy of a user: without Principal, for any bucket. Errors: 400 MalformedPolicy.
S3Result<Policy> parse_user_policy(std::string_view json);

/// The text of the user policies "readwrite", "readonly" and "writeonly"; none for another name.
std::optional<std::string_view> canned_policy(std::string_view name);

/// Who asks: an id, and every other name that a policy may have for the same user.
struct PolicyPrincipal {
  std::string id;
  std::vector<std::string> names;  // principal_names(), say
};

/// ARNs of a user, with and without the account, of its account, and the account's number.
std::vector<std::string> principal_names(std::string_view account, std::string_view user_id);

struct PolicyRequest {
  std::optional<PolicyPrincipal> principal;  // none: anonymous
  std::string_view action;                   // "s3:GetObject"
  std::string_view resource;                 // "arn:aws:s3:::bucket/key"
  ConditionContext context;
};

enum class Decision { None, Allow, Deny };

/// What the policy says to the request. Deny wins.
/// Variables stand for the one value of a condition key (${aws:username}), with an optional default
/// (${aws:username, 'nobody'}); ${*}, ${?} and ${$} for that character. A statement with another variable, or one whose
/// key the request does not have, does not match.
/// Source: IAM User Guide, "Policy evaluation logic" and "IAM policy elements: Variables and tags".
Decision evaluate(const Policy& policy, const PolicyRequest& request);

/// Whether the bucket's policy allows something to everyone, without a condition that names fixed users, accounts,
/// networks (IPv4 from /8, IPv6 from /32) or the like.
/// Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", "The meaning of "public"".
bool is_public(const Policy& policy);

}  // namespace store::s3

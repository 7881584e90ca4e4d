#include "store/s3/documents/policy.h"

#include <algorithm>
#include <array>

#include "store/s3/documents/text.h"
#include "store/s3/documents/wildcard.h"

namespace store::s3 {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool names_principal(const PolicyPrincipals& principals, const std::optional<PolicyPrincipal>& principal) {
  if (principals.everyone) return true;
  if (!principal) return false;
  if (contains(principals.canonical_users, principal->id) || contains(principals.aws, principal->id)) return true;
  return std::ranges::any_of(principal->names, [&](const auto& name) { return contains(principals.aws, name); });
}

bool is_about_principal(const PolicyStatement& statement, const PolicyRequest& request) {
  if (!statement.principals) return true;
  return names_principal(*statement.principals, request.principal) == (statement.principals_match == Match::Those);
}

bool is_about_action(const PolicyStatement& statement, std::string_view action) {
  const auto small = to_lower(action);
  const bool named = std::ranges::any_of(
      statement.actions.patterns, [&](const auto& pattern) { return matches_wildcard(to_lower(pattern), small); });
  return named == (statement.actions.match == Match::Those);
}

bool is_about_resource(const PolicyStatement& statement, const PolicyRequest& request, Variables variables) {
  bool named = false;
  for (const auto& pattern : statement.resources.patterns) {
    if (!has_all_variables(pattern, request.context, variables)) return false;
    named = named || matches_with_variables(pattern, request.resource, request.context, variables);
  }
  return named == (statement.resources.match == Match::Those);
}

bool applies(const PolicyStatement& statement, const PolicyRequest& request, Variables variables) {
  return is_about_principal(statement, request) && is_about_action(statement, request.action) &&
         is_about_resource(statement, request, variables) &&
         std::ranges::all_of(statement.conditions, [&](const PolicyCondition& condition) {
           return holds(condition, request.context, variables);
         });
}

/// Keys whose fixed values say who may come, in lower case.
constexpr std::array<std::string_view, 11> kNamingKeys{
    "aws:principalarn", "aws:principalaccount",  "aws:principalorgid",       "aws:sourcearn",
    "aws:sourcevpc",    "aws:sourcevpce",        "aws:sourceowner",          "aws:sourceaccount",
    "aws:userid",       "s3:dataaccesspointarn", "s3:dataaccesspointaccount"};

bool is_fixed(std::string_view value) { return value.find_first_of("*?$") == std::string_view::npos; }

bool is_narrow_network(std::string_view value) {
  constexpr int kIpv4BitsMin = 8;
  constexpr int kIpv6BitsMin = 32;
  const auto width = network_width(value);
  return width && width->bits >= (width->is_ipv6 ? kIpv6BitsMin : kIpv4BitsMin);
}

/// Whether only somebody known meets the condition.
bool names_somebody(const PolicyCondition& condition) {
  const auto& operation = condition.operation;
  if (operation.negated || operation.if_exists || operation.quantifier == Quantifier::ForAllValues) return false;
  const auto key = to_lower(condition.key);
  if (operation.comparison == Comparison::IpAddress)
    return key == "aws:sourceip" && std::ranges::all_of(condition.values, is_narrow_network);
  const auto comparison = operation.comparison;
  const bool compares_text = comparison == Comparison::StringEquals || comparison == Comparison::StringLike ||
                             comparison == Comparison::StringEqualsIgnoreCase || comparison == Comparison::ArnLike;
  return compares_text && std::ranges::find(kNamingKeys, key) != kNamingKeys.end() &&
         std::ranges::all_of(condition.values, is_fixed);
}

}  // namespace

std::vector<std::string> principal_names(std::string_view account, std::string_view user_id) {
  const std::string in_account = "arn:aws:iam::" + std::string(account) + ":";
  std::vector<std::string> names{in_account + "user/" + std::string(user_id), in_account + "root",
                                 "arn:aws:iam:::user/" + std::string(user_id)};
  if (!account.empty()) names.emplace_back(account);
  return names;
}

Decision evaluate(const Policy& policy, const PolicyRequest& request) {
  const auto variables = policy.has_variables ? Variables::AreReplaced : Variables::AreText;
  auto decision = Decision::None;
  for (const auto& statement : policy.statements) {
    if (!applies(statement, request, variables)) continue;
    if (statement.effect == Effect::Deny) return Decision::Deny;
    decision = Decision::Allow;
  }
  return decision;
}

bool is_public(const Policy& policy) {
  return std::ranges::any_of(policy.statements, [](const PolicyStatement& statement) {
    return statement.effect == Effect::Allow && statement.principals && statement.principals->everyone &&
           std::ranges::none_of(statement.conditions, names_somebody);
  });
}

std::optional<std::string_view> canned_policy(std::string_view name) {
  if (name == "readwrite")
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*"}]})";
  if (name == "readonly")
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*"],)"
           R"("Resource":"arn:aws:s3:::*"}]})";
  if (name == "writeonly")
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:PutObject","s3:PutObjectTagging",)"
           R"("s3:AbortMultipartUpload","s3:ListMultipartUploadParts","s3:ListBucketMultipartUploads"],)"
           R"("Resource":"arn:aws:s3:::*"}]})";
  return std::nullopt;
}

}  // namespace store::s3

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "store/s3/documents/json_reader.h"
#include "store/s3/documents/policy.h"
#include "store/s3/documents/text.h"
#include "store/s3/documents/wildcard.h"

/// Policies from JSON.
namespace store::s3 {
namespace {

namespace json = boost::json;

S3Failure malformed(std::string message) { return refuse(400, "MalformedPolicy", std::move(message)); }

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }
std::string_view view(json::string_view text) { return {text.data(), text.size()}; }

/// The text of a scalar: policies may have numbers and flags without quotes. None for what is no scalar.
std::optional<std::string> scalar(const json::value& value) {
  if (value.is_string()) return std::string(view(value.get_string()));
  if (value.is_bool() || value.is_number()) return json::serialize(value);
  return std::nullopt;
}

/// One text or a list of them.
S3Result<std::vector<std::string>> read_texts(const json::value& value, const std::string& where) {
  std::vector<std::string> texts;
  const auto* list = value.if_array();
  if (list == nullptr) {
    auto text = scalar(value);
    if (!text) return malformed(where + " is neither a string nor a list of strings");
    texts.push_back(std::move(*text));
    return texts;
  }
  for (const auto& item : *list) {
    auto text = scalar(item);
    if (!text) return malformed(where + " has an item that is no string");
    texts.push_back(std::move(*text));
  }
  return texts;
}

S3Result<std::string> read_text(const json::value& value, const std::string& where) {
  if (!value.is_string()) return malformed(where + " is no string");
  return std::string(view(value.get_string()));
}

/// Reads one statement; every message says which.
class StatementReader {
 public:
  StatementReader(const json::object& object, std::optional<std::string_view> bucket, std::size_t index)
      : object_(object), bucket_(bucket), where_("Statement " + std::to_string(index + 1) + ": ") {}

  S3Result<PolicyStatement> read() {
    TRY_VOID(check_names());
    TRY_VOID(read_effect());
    TRY_VOID(read_principals());
    TRY_VOID(read_patterns("Action", "NotAction", statement_.actions));
    TRY_VOID(read_patterns("Resource", "NotResource", statement_.resources));
    TRY_VOID(check_actions());
    TRY_VOID(check_resources());
    if (const auto* condition = object_.if_contains("Condition")) TRY_VOID(read_conditions(*condition));
    return std::move(statement_);
  }

 private:
  S3Failure bad(const std::string& what) const { return malformed(where_ + what); }

  S3Result<void> check_names() const {
    constexpr std::array<std::string_view, 9> kNames{"Sid",       "Effect",   "Principal",   "NotPrincipal", "Action",
                                                     "NotAction", "Resource", "NotResource", "Condition"};
    for (const auto& member : object_)
      if (std::ranges::find(kNames, view(member.key())) == kNames.end())
        return bad("unknown element " + std::string(view(member.key())));
    return {};
  }

  S3Result<void> read_effect() {
    if (const auto* sid = object_.if_contains("Sid")) {
      TRY(statement_.sid, read_text(*sid, where_ + "Sid"));
    }
    const auto* effect = object_.if_contains("Effect");
    if (effect == nullptr) return bad("Effect is missing");
    TRY(const auto name, read_text(*effect, where_ + "Effect"));
    if (name != "Allow" && name != "Deny") return bad("Effect is neither Allow nor Deny");
    statement_.effect = name == "Allow" ? Effect::Allow : Effect::Deny;
    return {};
  }

  S3Result<void> read_principals() {
    const auto* those = object_.if_contains("Principal");
    const auto* all_others = object_.if_contains("NotPrincipal");
    if (!bucket_) {
      if (those != nullptr || all_others != nullptr) return bad("the policy of a user has no Principal");
      return {};
    }
    if ((those != nullptr) == (all_others != nullptr)) return bad("there must be one of Principal and NotPrincipal");
    if (all_others != nullptr && statement_.effect == Effect::Allow) return bad("Allow with NotPrincipal");
    statement_.principals_match = those != nullptr ? Match::Those : Match::AllOthers;
    statement_.principals.emplace();
    return read_principal(those != nullptr ? *those : *all_others);
  }

  S3Result<void> read_principal(const json::value& value) {
    auto& principals = *statement_.principals;
    if (value.is_string() && view(value.get_string()) == "*") {
      principals.everyone = true;
      return {};
    }
    if (!value.is_object() || value.get_object().empty()) return bad("invalid Principal");
    for (const auto& member : value.get_object()) {
      const auto kind = view(member.key());
      TRY(auto names, read_texts(member.value(), where_ + "Principal"));
      if (names.empty()) return bad("a Principal names nobody");
      if (kind == "AWS") {
        TRY_VOID(take_aws_principals(std::move(names)));
      } else if (kind == "CanonicalUser") {
        principals.canonical_users = std::move(names);
      } else if (kind == "Federated" || kind == "Service") {
        principals.others.insert(principals.others.end(), names.begin(), names.end());
      } else {
        return bad("unknown kind of Principal " + std::string(kind));
      }
    }
    return {};
  }

  S3Result<void> take_aws_principals(std::vector<std::string> names) {
    auto& principals = *statement_.principals;
    for (auto& name : names) {
      if (name == "*") {
        principals.everyone = true;
      } else if (name.empty() || name.find_first_of("*?") != std::string::npos) {
        return bad("a Principal has no wildcards but *: " + name);
      } else {
        principals.aws.push_back(std::move(name));
      }
    }
    return {};
  }

  S3Result<void> read_patterns(const std::string& name, const std::string& not_name, PolicyPatterns& patterns) {
    const auto* those = object_.if_contains(name);
    const auto* all_others = object_.if_contains(not_name);
    if ((those != nullptr) == (all_others != nullptr)) return bad("there must be one of " + name + " and " + not_name);
    patterns.match = those != nullptr ? Match::Those : Match::AllOthers;
    TRY(patterns.patterns, read_texts(those != nullptr ? *those : *all_others, where_ + name));
    if (patterns.patterns.empty()) return bad(name + " is empty");
    return {};
  }

  S3Result<void> check_actions() const {
    for (const auto& action : statement_.actions.patterns) {
      if (action == "*") continue;
      const auto colon = action.find(':');
      if (colon == std::string::npos || colon == 0 || colon + 1 == action.size())
        return bad("invalid action " + action);
      if (bucket_ && !matches_wildcard(to_lower(action.substr(0, colon)), "s3"))
        return bad("an action that is not of S3: " + action);
    }
    return {};
  }

  S3Result<void> check_resources() const {
    for (const auto& resource : statement_.resources.patterns)
      if (!is_resource(resource)) return bad("invalid resource " + resource);
    return {};
  }

  bool is_resource(std::string_view resource) const {
    if (resource == "*") return true;
    constexpr std::string_view kPrefix = "arn:";
    if (!resource.starts_with(kPrefix)) return false;
    resource.remove_prefix(kPrefix.size());
    // arn:<partition>:s3:::<bucket>/<key>
    const auto colon = resource.find(':');
    if (colon == std::string_view::npos) return false;
    resource.remove_prefix(colon);
    constexpr std::string_view kService = ":s3:::";
    if (!resource.starts_with(kService)) return !bucket_;
    resource.remove_prefix(kService.size());
    if (resource.empty()) return false;
    if (!bucket_) return true;
    const auto of_bucket = resource.substr(0, resource.find('/'));
    return of_bucket.find("${") != std::string_view::npos || matches_wildcard(of_bucket, *bucket_);
  }

  S3Result<void> read_conditions(const json::value& value) {
    if (!value.is_object()) return bad("Condition is no object");
    for (const auto& member : value.get_object()) {
      const std::string name(view(member.key()));
      const auto operation = condition_operator_of(name);
      if (!operation) return bad("unknown condition operator " + name);
      if (!member.value().is_object()) return bad("the condition " + name + " is no object");
      for (const auto& key : member.value().get_object())
        TRY_VOID(read_condition(*operation, std::string(view(key.key())), key.value()));
    }
    return {};
  }

  S3Result<void> read_condition(const ConditionOperator& operation, std::string key, const json::value& value) {
    if (bucket_ && !is_condition_key(key)) return bad("unknown condition key " + key);
    TRY(auto values, read_texts(value, where_ + "the condition on " + key));
    if (values.empty()) return bad("no values for the condition key " + key);
    for (const auto& text : values)
      if (!is_value_of(operation.comparison, text))
        return bad("invalid value for the condition key " + key + ": " + text);
    statement_.conditions.push_back({operation, std::move(key), std::move(values)});
    return {};
  }

  const json::object& object_;
  std::optional<std::string_view> bucket_;  // none for the policy of a user
  std::string where_;
  PolicyStatement statement_;
};

S3Result<void> read_head(const json::object& root, Policy& policy) {
  for (const auto& member : root) {
    const auto name = view(member.key());
    if (name != "Version" && name != "Id" && name != "Statement")
      return malformed("unknown element " + std::string(name));
  }
  if (const auto* id = root.if_contains("Id")) {
    TRY(policy.id, read_text(*id, "Id"));
  }
  if (const auto* version = root.if_contains("Version")) {
    TRY(const auto name, read_text(*version, "Version"));
    if (name != "2012-10-17" && name != "2008-10-17") return malformed("unknown Version " + name);
    policy.has_variables = name == "2012-10-17";
  }
  return {};
}

S3Result<Policy> parse_policy(std::string_view text, std::optional<std::string_view> bucket) {
  if (text.size() > kPolicyBytesMax) return malformed("Policies must not be larger than 20 KiB");
  TRY(const auto document, parse_json(text, "MalformedPolicy"));
  if (!document.is_object()) return malformed("The policy is no JSON object");
  const auto& root = document.get_object();
  Policy policy;
  TRY_VOID(read_head(root, policy));
  const auto* statements = root.if_contains("Statement");
  if (statements == nullptr) return malformed("Statement is missing");
  // One statement may stand without its list.
  const auto* list = statements->if_array();
  const auto count = list != nullptr ? list->size() : 1;
  if (count == 0) return malformed("Statement is empty");
  for (std::size_t i = 0; i < count; ++i) {
    const auto& item = list != nullptr ? (*list)[i] : *statements;
    if (!item.is_object()) return malformed("Statement " + std::to_string(i + 1) + " is no object");
    TRY(auto statement, StatementReader(item.get_object(), bucket, i).read());
    policy.statements.push_back(std::move(statement));
  }
  return policy;
}

}  // namespace

S3Result<Policy> parse_bucket_policy(std::string_view json, std::string_view bucket) {
  return parse_policy(json, bucket);
}

S3Result<Policy> parse_user_policy(std::string_view json) { return parse_policy(json, std::nullopt); }

}  // namespace store::s3

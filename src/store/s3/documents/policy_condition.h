#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace store::s3 {

/// What a request has for a condition key ("aws:SourceIp", "s3:prefix"), none when it has nothing. Keys are compared
/// without case; the evaluator asks in lower case, but for what stands behind a '/', which may be the key of a tag.
using ConditionContext = std::function<std::optional<std::vector<std::string>>(std::string_view key)>;

/// How one value is compared with another.
enum class Comparison {
  StringEquals,
  StringEqualsIgnoreCase,
  StringLike,
  NumericEquals,
  NumericLessThan,
  NumericLessThanEquals,
  NumericGreaterThan,
  NumericGreaterThanEquals,
  DateEquals,
  DateLessThan,
  DateLessThanEquals,
  DateGreaterThan,
  DateGreaterThanEquals,
  Bool,
  BinaryEquals,
  IpAddress,
  ArnLike,  // ArnEquals is the same
  Null
};
enum class Quantifier { Any, ForAllValues, ForAnyValue };

struct ConditionOperator {
  Comparison comparison = Comparison::StringEquals;
  bool negated = false;    // …NotEquals, NotIpAddress
  bool if_exists = false;  // true where the request does not have the key
  Quantifier quantifier = Quantifier::Any;

  bool operator==(const ConditionOperator&) const = default;
};

struct PolicyCondition {
  ConditionOperator operation;
  std::string key;
  std::vector<std::string> values;

  bool operator==(const PolicyCondition&) const = default;
};

/// "StringLikeIfExists", "ForAllValues:StringEquals". None for a name that is no operator.
/// Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
std::optional<ConditionOperator> condition_operator_of(std::string_view name);

/// Whether a policy may have the value with that comparison: a number, a date, a network…
bool is_value_of(Comparison comparison, std::string_view value);

/// Whether S3 or all of AWS has a condition key of that name.
bool is_condition_key(std::string_view key);

enum class Variables { AreText, AreReplaced };
/// Whether each variable in the text stands for something in this request.
bool has_all_variables(std::string_view pattern, const ConditionContext& context, Variables variables);
/// Whether the request meets the condition; not so where a value has a variable that stands for nothing.
bool holds(const PolicyCondition& condition, const ConditionContext& context, Variables variables);

/// Whether the text matches a pattern with *, ? and, if so wanted, variables.
bool matches_with_variables(std::string_view pattern, std::string_view text, const ConditionContext& context,
                            Variables variables);

/// How many leading bits of an address the network fixes ("10.0.0.0/8"), an address all of them; none for other text.
struct NetworkWidth {
  bool is_ipv6 = false;
  int bits = 0;
};
std::optional<NetworkWidth> network_width(std::string_view network);

}  // namespace store::s3

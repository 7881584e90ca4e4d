#include "store/s3/documents/policy_condition.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "store/s3/documents/ip_network.h"
#include "store/s3/documents/policy_value.h"
#include "store/s3/documents/text.h"
#include "store/s3/documents/wildcard.h"
#include "store/s3/iso_time.h"

namespace store::s3 {
namespace {

using Values = std::optional<std::vector<std::string>>;

/// What the request has for a key; nothing for an empty list.
Values values_of(std::string_view key, const ConditionContext& context) {
  const auto slash = key.find('/');
  auto asked = to_lower(key.substr(0, slash));
  if (slash != std::string_view::npos) asked += key.substr(slash);
  auto values = context ? context(asked) : std::nullopt;
  return values && values->empty() ? std::nullopt : std::move(values);
}

/// What a variable stands for, none for one that stands for nothing. `inside` is what its braces hold.
std::optional<std::string> value_of_variable(std::string_view inside, const ConditionContext& context) {
  if (inside == "*" || inside == "?" || inside == "$") return std::string(inside);
  const auto comma = inside.find(',');
  const auto values = values_of(trim(inside.substr(0, comma)), context);
  if (values && values->size() == 1) return values->front();
  if (values || comma == std::string_view::npos) return std::nullopt;
  const auto fallback = trim(inside.substr(comma + 1));
  if (fallback.size() < 2 || !fallback.starts_with('\'') || !fallback.ends_with('\'')) return std::nullopt;
  return std::string(fallback.substr(1, fallback.size() - 2));
}

enum class Wildcards { AreText, AreWild };

/// The pattern with its variables replaced; what they stand for has no wildcards. None where one stands for nothing.
std::optional<WildcardPattern> compile(std::string_view pattern, const ConditionContext& context, Variables variables,
                                       Wildcards wildcards) {
  WildcardPattern compiled;
  const auto add = [&](std::string_view text) {
    wildcards == Wildcards::AreWild ? compiled.add_pattern(text) : compiled.add_literal(text);
  };
  while (!pattern.empty()) {
    const auto begin = variables == Variables::AreReplaced ? pattern.find("${") : std::string_view::npos;
    add(pattern.substr(0, begin));
    if (begin == std::string_view::npos) break;
    const auto end = pattern.find('}', begin);
    if (end == std::string_view::npos) return std::nullopt;
    const auto value = value_of_variable(pattern.substr(begin + 2, end - begin - 2), context);
    if (!value) return std::nullopt;
    compiled.add_literal(*value);
    pattern.remove_prefix(end + 1);
  }
  return compiled;
}

/// -1, 0 or 1, none where one of the two is no such value.
template <class Value>
std::optional<int> order(const std::optional<Value>& left, const std::optional<Value>& right) {
  if (!left || !right) return std::nullopt;
  return *left < *right ? -1 : *left == *right ? 0 : 1;
}

bool is_ordered(Comparison comparison, std::optional<int> order) {
  if (!order) return false;
  switch (comparison) {
    case Comparison::NumericLessThan:
    case Comparison::DateLessThan: return *order < 0;
    case Comparison::NumericLessThanEquals:
    case Comparison::DateLessThanEquals: return *order <= 0;
    case Comparison::NumericGreaterThan:
    case Comparison::DateGreaterThan: return *order > 0;
    case Comparison::NumericGreaterThanEquals:
    case Comparison::DateGreaterThanEquals: return *order >= 0;
    default: return *order == 0;
  }
}

/// The first colon that is in no variable.
std::size_t end_of_field(std::string_view pattern, Variables variables) {
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == ':') return at;
    if (variables == Variables::AreReplaced && pattern.substr(at).starts_with("${"))
      at = std::min(pattern.find('}', at), pattern.size());
  }
  return std::string_view::npos;
}

/// ARNs are compared field by field: a * does not reach over a colon. The sixth and last field has the rest.
bool arn_matches(std::string_view pattern, std::string_view arn, const ConditionContext& context, Variables variables) {
  for (int field = 0; field < 5; ++field) {
    const auto pattern_end = end_of_field(pattern, variables), arn_end = arn.find(':');
    if (pattern_end == std::string_view::npos || arn_end == std::string_view::npos) break;
    const auto compiled = compile(pattern.substr(0, pattern_end), context, variables, Wildcards::AreWild);
    if (!compiled || !compiled->matches(arn.substr(0, arn_end))) return false;
    pattern.remove_prefix(pattern_end + 1);
    arn.remove_prefix(arn_end + 1);
  }
  return matches_with_variables(pattern, arn, context, variables);
}

struct Comparer {
  const PolicyCondition& condition;
  const ConditionContext& context;
  Variables variables;

  bool is_text(std::string_view wanted, std::string_view actual, Wildcards wildcards) const {
    const auto pattern = compile(wanted, context, variables, wildcards);
    return pattern && pattern->matches(actual);
  }

  bool is_network(std::string_view wanted, std::string_view actual) const {
    const auto network = parse_ip_network(wanted), address = parse_ip_network(actual);
    return network && address && network->contains(*address);
  }

  bool is_text_without_case(std::string_view wanted, std::string_view actual) const {
    const auto lower_context = [this](std::string_view key) {
      auto values = context ? context(key) : std::nullopt;
      if (values)
        for (auto& value : *values) value = to_lower(value);
      return values;
    };
    const auto pattern = compile(to_lower(wanted), lower_context, variables, Wildcards::AreText);
    return pattern && pattern->matches(to_lower(actual));
  }

  /// Whether a value of the request is what a value of the policy asks for.
  bool fits(std::string_view wanted, std::string_view actual) const {
    const auto comparison = condition.operation.comparison;
    switch (comparison) {
      case Comparison::StringEquals: return is_text(wanted, actual, Wildcards::AreText);
      case Comparison::StringEqualsIgnoreCase: return is_text_without_case(wanted, actual);
      case Comparison::StringLike: return is_text(wanted, actual, Wildcards::AreWild);
      case Comparison::NumericEquals:
      case Comparison::NumericLessThan:
      case Comparison::NumericLessThanEquals:
      case Comparison::NumericGreaterThan:
      case Comparison::NumericGreaterThanEquals:
        return is_ordered(comparison, order(policy_number(actual), policy_number(wanted)));
      case Comparison::DateEquals:
      case Comparison::DateLessThan:
      case Comparison::DateLessThanEquals:
      case Comparison::DateGreaterThan:
      case Comparison::DateGreaterThanEquals:
        return is_ordered(comparison, order(policy_date(actual), policy_date(wanted)));
      case Comparison::Bool: return policy_bool(wanted) == policy_bool(actual);
      case Comparison::BinaryEquals: return wanted == actual;
      case Comparison::IpAddress: return is_network(wanted, actual);
      case Comparison::ArnLike: return arn_matches(wanted, actual, context, variables);
      case Comparison::Null: return false;
    }
    return false;
  }

  bool accepts(const std::string& actual) const {
    const bool fits_one =
        std::ranges::any_of(condition.values, [&](const auto& wanted) { return fits(wanted, actual); });
    return fits_one != condition.operation.negated;
  }
};

bool holds_for(const std::vector<std::string>& actual, const Comparer& comparer) {
  const auto accepts = [&](const std::string& value) { return comparer.accepts(value); };
  const auto& operation = comparer.condition.operation;
  switch (operation.quantifier) {
    case Quantifier::ForAllValues: return std::ranges::all_of(actual, accepts);
    case Quantifier::ForAnyValue: return std::ranges::any_of(actual, accepts);
    case Quantifier::Any:
      return operation.negated ? std::ranges::all_of(actual, accepts) : std::ranges::any_of(actual, accepts);
  }
  return false;
}

}  // namespace

std::optional<double> policy_number(std::string_view text) {
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || stop != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<std::int64_t> policy_date(std::string_view text) {
  constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
  if (const auto time = parse_iso_time(text)) return time->ns;
  const auto seconds = to_integer(text);
  if (!seconds || std::abs(*seconds) > INT64_MAX / kNanosecondsPerSecond) return std::nullopt;
  return *seconds * kNanosecondsPerSecond;
}

std::optional<bool> policy_bool(std::string_view text) {
  const auto small = to_lower(text);
  if (small == "true") return true;
  if (small == "false") return false;
  return std::nullopt;
}

bool matches_with_variables(std::string_view pattern, std::string_view text, const ConditionContext& context,
                            Variables variables) {
  const auto compiled = compile(pattern, context, variables, Wildcards::AreWild);
  return compiled && compiled->matches(text);
}

bool has_all_variables(std::string_view pattern, const ConditionContext& context, Variables variables) {
  return compile(pattern, context, variables, Wildcards::AreText).has_value();
}

bool holds(const PolicyCondition& condition, const ConditionContext& context, Variables variables) {
  const auto& operation = condition.operation;
  const auto actual = values_of(condition.key, context);
  if (operation.comparison == Comparison::Null)
    return std::ranges::any_of(condition.values,
                               [&](const auto& value) { return policy_bool(value) == !actual.has_value(); });
  if (!actual) {
    if (operation.quantifier == Quantifier::ForAnyValue) return operation.if_exists;
    return operation.if_exists || operation.negated || operation.quantifier == Quantifier::ForAllValues;
  }
  if (!std::ranges::all_of(condition.values,
                           [&](const auto& value) { return has_all_variables(value, context, variables); }))
    return false;
  return holds_for(*actual, Comparer{condition, context, variables});
}

}  // namespace store::s3

#include <algorithm>
#include <array>

#include "store/checksum.h"
#include "store/s3/documents/ip_network.h"
#include "store/s3/documents/policy_condition.h"
#include "store/s3/documents/policy_value.h"
#include "store/s3/documents/text.h"
#include "store/s3/iso_time.h"

/// The names of the operators and keys that conditions may have.
namespace store::s3 {
namespace {

struct NamedOperator {
  std::string_view name;  // in lower case
  Comparison comparison;
  bool negated = false;
};
constexpr std::array kOperators{
    NamedOperator{"stringequals", Comparison::StringEquals},
    NamedOperator{"stringnotequals", Comparison::StringEquals, true},
    NamedOperator{"stringequalsignorecase", Comparison::StringEqualsIgnoreCase},
    NamedOperator{"stringnotequalsignorecase", Comparison::StringEqualsIgnoreCase, true},
    NamedOperator{"stringlike", Comparison::StringLike},
    NamedOperator{"stringnotlike", Comparison::StringLike, true},
    NamedOperator{"numericequals", Comparison::NumericEquals},
    NamedOperator{"numericnotequals", Comparison::NumericEquals, true},
    NamedOperator{"numericlessthan", Comparison::NumericLessThan},
    NamedOperator{"numericlessthanequals", Comparison::NumericLessThanEquals},
    NamedOperator{"numericgreaterthan", Comparison::NumericGreaterThan},
    NamedOperator{"numericgreaterthanequals", Comparison::NumericGreaterThanEquals},
    NamedOperator{"dateequals", Comparison::DateEquals},
    NamedOperator{"datenotequals", Comparison::DateEquals, true},
    NamedOperator{"datelessthan", Comparison::DateLessThan},
    NamedOperator{"datelessthanequals", Comparison::DateLessThanEquals},
    NamedOperator{"dategreaterthan", Comparison::DateGreaterThan},
    NamedOperator{"dategreaterthanequals", Comparison::DateGreaterThanEquals},
    NamedOperator{"bool", Comparison::Bool},
    NamedOperator{"binaryequals", Comparison::BinaryEquals},
    NamedOperator{"ipaddress", Comparison::IpAddress},
    NamedOperator{"notipaddress", Comparison::IpAddress, true},
    NamedOperator{"arnequals", Comparison::ArnLike},
    NamedOperator{"arnlike", Comparison::ArnLike},
    NamedOperator{"arnnotequals", Comparison::ArnLike, true},
    NamedOperator{"arnnotlike", Comparison::ArnLike, true},
    NamedOperator{"null", Comparison::Null},
};

// Of S3 alone, in lower case; what ends with '/' or '-' begins many keys. Every request header x-amz-… is one.
constexpr std::array<std::string_view, 24> kS3Keys{
    "s3:prefix",
    "s3:delimiter",
    "s3:max-keys",
    "s3:versionid",
    "s3:locationconstraint",
    "s3:signatureversion",
    "s3:signatureage",
    "s3:authtype",
    "s3:tlsversion",
    "s3:if-match",
    "s3:if-none-match",
    "s3:existingobjecttag/",
    "s3:requestobjecttag/",
    "s3:requestobjecttagkeys",
    "s3:buckettag/",
    "s3:object-lock-mode",
    "s3:object-lock-retain-until-date",
    "s3:object-lock-remaining-retention-days",
    "s3:object-lock-legal-hold",
    "s3:resourceaccount",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
    "s3:objectcreationoperation",
    "s3:x-amz-",
};

/// Takes the prefix away where the text has it.
bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::optional<ConditionOperator> condition_operator_of(std::string_view name) {
  constexpr std::string_view kIfExists = "ifexists";
  const auto small = to_lower(name);
  std::string_view rest = small;
  ConditionOperator result;
  if (take_prefix(rest, "forallvalues:")) {
    result.quantifier = Quantifier::ForAllValues;
  } else if (take_prefix(rest, "foranyvalue:")) {
    result.quantifier = Quantifier::ForAnyValue;
  }
  if (rest.ends_with(kIfExists)) {
    result.if_exists = true;
    rest.remove_suffix(kIfExists.size());
  }
  const auto known = std::ranges::find(kOperators, rest, &NamedOperator::name);
  if (known == kOperators.end()) return std::nullopt;
  // Null asks whether the key is there: neither of the two can change that.
  if (known->comparison == Comparison::Null && (result.if_exists || result.quantifier != Quantifier::Any))
    return std::nullopt;
  result.comparison = known->comparison;
  result.negated = known->negated;
  return result;
}

bool is_value_of(Comparison comparison, std::string_view value) {
  switch (comparison) {
    case Comparison::StringEquals:
    case Comparison::StringEqualsIgnoreCase:
    case Comparison::StringLike: return true;
    case Comparison::NumericEquals:
    case Comparison::NumericLessThan:
    case Comparison::NumericLessThanEquals:
    case Comparison::NumericGreaterThan:
    case Comparison::NumericGreaterThanEquals: return policy_number(value).has_value();
    case Comparison::DateEquals:
    case Comparison::DateLessThan:
    case Comparison::DateLessThanEquals:
    case Comparison::DateGreaterThan:
    case Comparison::DateGreaterThanEquals: return policy_date(value).has_value();
    case Comparison::Bool:
    case Comparison::Null: return policy_bool(value).has_value();
    case Comparison::BinaryEquals: return from_base64(value).has_value();
    case Comparison::IpAddress: return parse_ip_network(value).has_value();
    case Comparison::ArnLike: return value == "*" || value.starts_with("arn:") || value.starts_with("${");
  }
  return false;
}

bool is_condition_key(std::string_view key) {
  const auto small = to_lower(key);
  if (small.starts_with("aws:")) return small.size() > 4;
  return std::ranges::any_of(kS3Keys, [&](std::string_view known) {
    const bool begins_many = known.ends_with('/') || known.ends_with('-');
    return begins_many ? small.starts_with(known) && small.size() > known.size() : small == known;
  });
}

std::optional<NetworkWidth> network_width(std::string_view text) {
  const auto network = parse_ip_network(text);
  if (!network) return std::nullopt;
  return NetworkWidth{network->byte_count == 16, network->bits};
}

}  // namespace store::s3

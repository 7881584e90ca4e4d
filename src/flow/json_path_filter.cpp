#include <algorithm>

#include "base/overloaded.h"
#include "flow/json_path_tree.h"
#include "flow/json_text.h"

namespace flow::json_path {
namespace {

namespace json = boost::json;

/// An operand at one item; null: undefined, the path leads nowhere.
struct Side {
  const json::value* value = nullptr;
  const el::Pattern* pattern = nullptr;
  JsonSelection owner;
};

base::Status evaluate(const Operand& operand, const Scope& scope, Side& side) {
  return std::visit(base::Overloaded{
                        [&](const json::value& literal) -> base::Status {
                          side.value = &literal;
                          return {};
                        },
                        [&](const el::Pattern& pattern) -> base::Status {
                          side.pattern = &pattern;
                          return {};
                        },
                        [&](const Path& path) -> base::Status {
                          auto value = read(path, scope, side.owner);
                          if (value)
                            side.value = *value;
                          else if (value.error().kind != base::ErrorKind::NotFound)
                            return std::move(value).failure();
                          return {};
                        },
                    },
                    operand);
}

bool is_container(const json::value& value) { return value.is_array() || value.is_object(); }

std::string scalar_text(const json::value& value) {
  if (const auto* text = value.if_string()) return std::string(std::string_view(*text));
  return json_text(value);
}

/// 1 and 1.0 are equal numbers; '1' and 1 are equal as well, compared as the left one's kind.
bool equal(const json::value& left, const json::value& right) {
  if (left.is_number() && right.is_number())
    return left.is_double() || right.is_double() ? left.to_number<double>() == right.to_number<double>()
                                                 : left == right;
  if (left.is_string() && right.is_number()) return scalar_text(left) == scalar_text(right);
  if (left.is_number() && right.is_string()) {
    const auto number = parse_json(scalar_text(right));
    return number && number->is_number() && equal(left, *number);
  }
  return left == right;
}
bool same_type(const json::value& left, const json::value& right) {
  return left.kind() == right.kind() || (left.is_number() && right.is_number()) ||
         (is_container(left) && is_container(right));
}

/// Numbers and texts have an order among themselves; nothing else has.
std::optional<std::partial_ordering> order(const json::value& left, const json::value& right) {
  if (left.is_string() && right.is_string())
    return std::string_view(left.get_string()) <=> std::string_view(right.get_string());
  if (!left.is_number() || !right.is_number()) return std::nullopt;
  if (left.is_int64() && right.is_int64()) return left.get_int64() <=> right.get_int64();
  return left.to_number<double>() <=> right.to_number<double>();
}

bool contains(const json::array& list, const json::value& wanted) {
  return std::ranges::any_of(list, [&](const json::value& element) { return equal(element, wanted); });
}
enum class Overlap { All, Any, None };
bool overlaps(const json::array& left, const json::array& right, Overlap wanted) {
  const auto in_right = [&](const json::value& element) { return contains(right, element); };
  switch (wanted) {
    case Overlap::All: return std::ranges::all_of(left, in_right);
    case Overlap::Any: return std::ranges::any_of(left, in_right);
    case Overlap::None: return std::ranges::none_of(left, in_right);
  }
  return false;
}

base::Result<bool> matches(const el::Pattern& pattern, const json::value& value) {
  if (const auto* array = value.if_array()) {
    for (const auto& element : *array) {
      TRY(const bool found, matches(pattern, element));
      if (found) return true;
    }
    return false;
  }
  return pattern.matches(value.is_object() || value.is_null() ? "" : scalar_text(value));
}

std::optional<std::int64_t> size_of(const json::value& value) {
  if (const auto* array = value.if_array()) return static_cast<std::int64_t>(array->size());
  if (const auto* text = value.if_string()) return static_cast<std::int64_t>(text->size());
  return std::nullopt;
}
bool is_empty(const json::value& value) {
  const auto* object = value.if_object();
  return object != nullptr ? object->empty() : size_of(value) == 0;
}

bool compare(Operator op, const json::value& left, const json::value& right) {
  const auto* left_list = left.if_array();
  const auto* right_list = right.if_array();
  const bool lists = left_list != nullptr && right_list != nullptr;
  switch (op) {
    case Operator::Equal: return equal(left, right);
    case Operator::NotEqual: return !equal(left, right);
    case Operator::SameTypeEqual: return same_type(left, right) && equal(left, right);
    case Operator::SameTypeNotEqual: return !same_type(left, right) || !equal(left, right);
    case Operator::Less: return order(left, right) == std::partial_ordering::less;
    case Operator::Greater: return order(left, right) == std::partial_ordering::greater;
    case Operator::LessEqual: {
      const auto found = order(left, right);
      return found && *found <= 0;
    }
    case Operator::GreaterEqual: {
      const auto found = order(left, right);
      return found && *found >= 0;
    }
    case Operator::In: return right_list != nullptr && contains(*right_list, left);
    case Operator::NotIn: return is_container(right) && (right_list == nullptr || !contains(*right_list, left));
    case Operator::SubsetOf: return lists && overlaps(*left_list, *right_list, Overlap::All);
    case Operator::AnyOf: return lists && overlaps(*left_list, *right_list, Overlap::Any);
    case Operator::NoneOf: return lists && overlaps(*left_list, *right_list, Overlap::None);
    case Operator::All: return lists && overlaps(*right_list, *left_list, Overlap::All);
    case Operator::Contains:
      if (left_list != nullptr) return contains(*left_list, right);
      return left.is_string() && right.is_string() &&
             std::string_view(left.get_string()).find(right.get_string()) != std::string_view::npos;
    case Operator::Size: return right.is_int64() && size_of(left) == right.get_int64();
    case Operator::Empty:
      return right.is_bool() && (is_container(left) || left.is_string()) && is_empty(left) == right.get_bool();
    case Operator::Matches: return false;  // wants a pattern
  }
  return false;
}

base::Result<bool> holds(const Comparison& comparison, const Scope& scope) {
  Side left, right;
  TRY_VOID(evaluate(comparison.left, scope, left));
  TRY_VOID(evaluate(comparison.right, scope, right));
  if (comparison.op == Operator::Matches) {
    if (left.pattern != nullptr && right.value != nullptr) return matches(*left.pattern, *right.value);
    if (right.pattern != nullptr && left.value != nullptr) return matches(*right.pattern, *left.value);
    // What is not there is looked at as an empty text.
    if (right.pattern != nullptr && left.pattern == nullptr) return right.pattern->matches("");
    return false;
  }
  if (left.value == nullptr || right.value == nullptr) {
    if (comparison.op == Operator::NotIn && right.value != nullptr) return is_container(*right.value);
    return comparison.op == Operator::NotEqual || comparison.op == Operator::SameTypeNotEqual;
  }
  return compare(comparison.op, *left.value, *right.value);
}

}  // namespace

base::Result<bool> holds(const Condition& condition, const Scope& scope) {
  return std::visit(base::Overloaded{
                        [&](const Comparison& comparison) { return holds(comparison, scope); },
                        [&](const Exists& exists) -> base::Result<bool> {
                          const auto found = select(exists.path, scope);
                          if (found) return true;
                          if (found.error().kind == base::ErrorKind::NotFound) return false;
                          return base::Failure<base::Error>(found.error());
                        },
                        [&](const And& both) -> base::Result<bool> {
                          for (const auto& part : both.parts) {
                            TRY(const bool truth, holds(part, scope));
                            if (!truth) return false;
                          }
                          return true;
                        },
                        [&](const Or& either) -> base::Result<bool> {
                          for (const auto& part : either.parts) {
                            TRY(const bool truth, holds(part, scope));
                            if (truth) return true;
                          }
                          return false;
                        },
                        [&](const Not& negation) -> base::Result<bool> {
                          TRY(const bool truth, holds(*negation.part, scope));
                          return !truth;
                        },
                    },
                    condition.node);
}

}  // namespace flow::json_path

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "flow/el/tree.h"

namespace flow::el {
namespace {

base::Failure<base::Error> invalid(std::string message) {
  return base::fail(base::ErrorKind::InvalidValue, std::move(message));
}

enum class Operation { Plus, Minus, Multiply, Divide, Mod };

/// As Java's long: overflow wraps around.
base::Result<std::int64_t> whole_result(Operation operation, std::int64_t left, std::int64_t right) {
  const auto a = static_cast<std::uint64_t>(left), b = static_cast<std::uint64_t>(right);
  switch (operation) {
    case Operation::Plus: return static_cast<std::int64_t>(a + b);
    case Operation::Minus: return static_cast<std::int64_t>(a - b);
    case Operation::Multiply: return static_cast<std::int64_t>(a * b);
    case Operation::Divide:
    case Operation::Mod:
      if (right == 0) return invalid("division by zero");
      if (right == -1) return operation == Operation::Mod ? 0 : static_cast<std::int64_t>(0 - a);
      return operation == Operation::Mod ? left % right : left / right;
  }
  return 0;
}
double decimal_result(Operation operation, double left, double right) {
  switch (operation) {
    case Operation::Plus: return left + right;
    case Operation::Minus: return left - right;
    case Operation::Multiply: return left * right;
    case Operation::Divide: return left / right;
    case Operation::Mod: return std::fmod(left, right);
  }
  return 0;
}
template <Operation operation>
Answer arithmetic(const Inputs& in) {
  const auto& right = in.arguments[0];
  if (is_null(in.subject) || is_null(right)) return Value{};
  const auto* whole_left = std::get_if<std::int64_t>(&in.subject);
  const auto* whole_right = std::get_if<std::int64_t>(&right);
  if (whole_left == nullptr || whole_right == nullptr)
    return Value{decimal_result(operation, decimal_of(in.subject), decimal_of(right))};
  TRY(const auto result, whole_result(operation, *whole_left, *whole_right));
  return Value{result};
}

/// toNumber() and toDecimal() are the casts of their subjects.
Answer same(const Inputs& in) { return in.subject; }

Answer to_radix(const Inputs& in) {
  const auto* number = std::get_if<std::int64_t>(&in.subject);
  const auto* radix = std::get_if<std::int64_t>(&in.arguments[0]);
  if (number == nullptr || radix == nullptr) return Value{};
  const auto base = *radix < 2 || *radix > 36 ? 10 : static_cast<int>(*radix);  // as Java does
  std::array<char, 70> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *number, base).ptr;
  std::string text(digits.data(), end);
  if (in.arguments.size() > 1)
    if (const auto* width = std::get_if<std::int64_t>(&in.arguments[1]);
        width != nullptr && *width > static_cast<std::int64_t>(text.size()) && *width < 1'000'000)
      text.insert(0, static_cast<std::size_t>(*width) - text.size(), '0');
  return Value{std::move(text)};
}
Answer from_radix(const Inputs& in) {
  const auto* radix = std::get_if<std::int64_t>(&in.arguments[0]);
  if (is_null(in.subject) || radix == nullptr) return Value{};
  std::string_view text = std::get<std::string>(in.subject);
  const auto whole = text;
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::int64_t value = 0;
  if (*radix < 2 || *radix > 36) return invalid("fromRadix: not a radix from 2 to 36");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, static_cast<int>(*radix));
  if (text.empty() || error != std::errc{} || end != text.data() + text.size())
    return invalid(fmt::format("fromRadix: not a number: '{}'", whole));
  return Value{value};
}

Answer random(const Inputs& in) {
  if (in.context.random == nullptr) return invalid("random() is not available here");
  return Value{static_cast<std::int64_t>(in.context.random->next() >> 1)};
}
Answer next_int(const Inputs& in) {
  if (in.context.counter == nullptr) return invalid("nextInt() is not available here");
  return Value{static_cast<std::int64_t>((*in.context.counter)++)};
}

// The methods of java.lang.Math by their parameters; a number that is whole is no double there, so that
// ${n:math('sqrt')} of an attribute "10" is refused as in NiFi: ${n:toDecimal():math('sqrt')}.
template <class F>
struct Named {
  std::string_view name;
  F* run;
};
using OfDouble = double(double);
using OfDoubles = double(double, double);
using OfWhole = std::optional<std::int64_t>(std::int64_t);  // nothing: overflow, or a division by zero
using OfWholes = std::optional<std::int64_t>(std::int64_t, std::int64_t);

double signum(double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : x; }
double to_radians(double x) { return x * 0.017453292519943295; }
double to_degrees(double x) { return x * 57.29577951308232; }
double next_up(double x) { return std::nextafter(x, HUGE_VAL); }
double next_down(double x) { return std::nextafter(x, -HUGE_VAL); }
double ulp(double x) { return std::nextafter(std::abs(x), HUGE_VAL) - std::abs(x); }
constexpr Named<OfDouble> kOfDouble[] = {
    {"abs", std::fabs},        {"acos", std::acos},   {"asin", std::asin},     {"atan", std::atan},
    {"cbrt", std::cbrt},       {"ceil", std::ceil},   {"cos", std::cos},       {"cosh", std::cosh},
    {"exp", std::exp},         {"expm1", std::expm1}, {"floor", std::floor},   {"log", std::log},
    {"log10", std::log10},     {"log1p", std::log1p}, {"nextDown", next_down}, {"nextUp", next_up},
    {"rint", std::nearbyint},  {"signum", signum},    {"sin", std::sin},       {"sinh", std::sinh},
    {"sqrt", std::sqrt},       {"tan", std::tan},     {"tanh", std::tanh},     {"toDegrees", to_degrees},
    {"toRadians", to_radians}, {"ulp", ulp}};

double least(double a, double b) { return std::isnan(a) || std::isnan(b) ? std::nan("") : std::fmin(a, b); }
double greatest(double a, double b) { return std::isnan(a) || std::isnan(b) ? std::nan("") : std::fmax(a, b); }
constexpr Named<OfDoubles> kOfDoubles[] = {{"IEEEremainder", std::remainder},
                                           {"atan2", std::atan2},
                                           {"copySign", std::copysign},
                                           {"hypot", std::hypot},
                                           {"max", greatest},
                                           {"min", least},
                                           {"nextAfter", std::nextafter},
                                           {"pow", std::pow}};

std::optional<std::int64_t> negate_exact(std::int64_t x) { return x == INT64_MIN ? std::nullopt : std::optional(-x); }
constexpr Named<OfWhole> kOfWhole[] = {
    {"abs", [](std::int64_t x) { return std::optional(x == INT64_MIN ? x : std::abs(x)); }},
    {"absExact", [](std::int64_t x) { return x < 0 ? negate_exact(x) : std::optional(x); }},
    {"decrementExact", [](std::int64_t x) { return x == INT64_MIN ? std::nullopt : std::optional(x - 1); }},
    {"incrementExact", [](std::int64_t x) { return x == INT64_MAX ? std::nullopt : std::optional(x + 1); }},
    {"negateExact", negate_exact},
    {"toIntExact", [](std::int64_t x) { return x < INT32_MIN || x > INT32_MAX ? std::nullopt : std::optional(x); }},
};

template <bool (*operation)(std::int64_t, std::int64_t, std::int64_t*)>
std::optional<std::int64_t> exact(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  return operation(a, b, &result) ? std::nullopt : std::optional(result);
}
bool add_overflows(std::int64_t a, std::int64_t b, std::int64_t* r) { return __builtin_add_overflow(a, b, r); }
bool subtract_overflows(std::int64_t a, std::int64_t b, std::int64_t* r) { return __builtin_sub_overflow(a, b, r); }
bool multiply_overflows(std::int64_t a, std::int64_t b, std::int64_t* r) { return __builtin_mul_overflow(a, b, r); }
enum class Rounding { Down, Up };
template <Rounding rounding>
std::optional<std::int64_t> rounded_quotient(std::int64_t a, std::int64_t b) {
  if (b == 0) return std::nullopt;
  if (b == -1) return static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(a));
  const bool exactly = a % b == 0, positive = (a < 0) == (b < 0);
  if (exactly || positive != (rounding == Rounding::Up)) return a / b;
  return rounding == Rounding::Up ? a / b + 1 : a / b - 1;
}
template <Rounding rounding>
std::optional<std::int64_t> rounded_rest(std::int64_t a, std::int64_t b) {
  const auto quotient = rounded_quotient<rounding>(a, b);
  return quotient && b != -1 ? std::optional(a - *quotient * b) : quotient ? std::optional<std::int64_t>(0) : quotient;
}
constexpr Named<OfWholes> kOfWholes[] = {
    {"addExact", exact<add_overflows>},
    {"ceilDiv", [](std::int64_t a, std::int64_t b) { return rounded_quotient<Rounding::Up>(a, b); }},
    {"ceilMod", [](std::int64_t a, std::int64_t b) { return rounded_rest<Rounding::Up>(a, b); }},
    {"floorDiv", [](std::int64_t a, std::int64_t b) { return rounded_quotient<Rounding::Down>(a, b); }},
    {"floorMod", [](std::int64_t a, std::int64_t b) { return rounded_rest<Rounding::Down>(a, b); }},
    {"max", [](std::int64_t a, std::int64_t b) { return std::optional(std::max(a, b)); }},
    {"min", [](std::int64_t a, std::int64_t b) { return std::optional(std::min(a, b)); }},
    {"multiplyExact", exact<multiply_overflows>},
    {"multiplyHigh",
     [](std::int64_t a, std::int64_t b) { return std::optional(static_cast<std::int64_t>((__int128{a} * b) >> 64)); }},
    {"subtractExact", exact<subtract_overflows>},
};

template <class F, std::size_t size>
F* method(const Named<F> (&methods)[size], std::string_view name) {
  const auto* found = std::ranges::find(methods, name, &Named<F>::name);
  return found == std::end(methods) ? nullptr : found->run;
}
Answer exactly(std::string_view name, std::optional<std::int64_t> result) {
  if (!result) return invalid(fmt::format("math: {} overflows or divides by zero", name));
  return Value{*result};
}
base::Failure<base::Error> no_method(std::string_view name, std::string_view parameters) {
  return invalid(fmt::format("math: there is no method '{}' of {}", name, parameters));
}

Answer math_of_one(std::string_view name, const Value& subject) {
  if (const auto* whole = std::get_if<std::int64_t>(&subject)) {
    if (auto* run = method(kOfWhole, name)) return exactly(name, run(*whole));
    return no_method(name, "a whole number; toDecimal() makes it a decimal one");
  }
  const auto value = decimal_of(subject);
  // Half way goes up, also below zero.
  if (name == "round") return to_whole(Value{std::floor(value) + (value - std::floor(value) >= 0.5 ? 1.0 : 0.0)});
  if (name == "getExponent") return Value{static_cast<std::int64_t>(std::ilogb(value))};
  if (auto* run = method(kOfDouble, name)) return Value{run(value)};
  return no_method(name, "a decimal number");
}
Answer math_of_two(std::string_view name, const Value& left, const Value& right) {
  const auto* whole_left = std::get_if<std::int64_t>(&left);
  const auto* whole_right = std::get_if<std::int64_t>(&right);
  if (whole_left != nullptr && whole_right != nullptr) {
    if (auto* run = method(kOfWholes, name)) return exactly(name, run(*whole_left, *whole_right));
    return no_method(name, "two whole numbers; toDecimal() makes decimal ones of them");
  }
  if (whole_left == nullptr && whole_right == nullptr) {
    if (auto* run = method(kOfDoubles, name)) return Value{run(decimal_of(left), decimal_of(right))};
    return no_method(name, "two decimal numbers");
  }
  if (whole_left == nullptr && name == "scalb")
    return Value{std::scalbn(decimal_of(left), static_cast<int>(std::clamp<std::int64_t>(*whole_right, -9999, 9999)))};
  return no_method(name, "a whole and a decimal number");
}
Answer math(const Inputs& in) {
  if (is_null(in.subject) || std::ranges::any_of(in.arguments, is_null)) return Value{};
  const auto& name = std::get<std::string>(in.arguments[0]);
  return in.arguments.size() == 1 ? math_of_one(name, in.subject) : math_of_two(name, in.subject, in.arguments[1]);
}
Answer math_alone(const Inputs& in) {
  if (is_null(in.arguments[0])) return Value{};
  const auto& name = std::get<std::string>(in.arguments[0]);
  if (name != "random") return no_method(name, "nothing");
  if (in.context.random == nullptr) return invalid("random() is not available here");
  return Value{in.context.random->unit()};
}

constexpr Function kFunctions[] = {
    {"plus", Type::Number, 'n', "n", 1, arithmetic<Operation::Plus>},
    {"minus", Type::Number, 'n', "n", 1, arithmetic<Operation::Minus>},
    {"multiply", Type::Number, 'n', "n", 1, arithmetic<Operation::Multiply>},
    {"divide", Type::Number, 'n', "n", 1, arithmetic<Operation::Divide>},
    {"mod", Type::Number, 'n', "n", 1, arithmetic<Operation::Mod>},
    {"toNumber", Type::Whole, 'w', "", 0, same},
    {"toDecimal", Type::Decimal, 'd', "", 0, same},
    {"toRadix", Type::Text, 'w', "ww", 1, to_radix},
    {"fromRadix", Type::Whole, 't', "w", 1, from_radix},
    {"math", Type::Number, 'n', "tn", 1, math},
    {"math", Type::Number, 0, "t", 1, math_alone, nullptr, true},
    {"random", Type::Whole, 0, "", 0, random, nullptr, true},
    {"nextInt", Type::Whole, 0, "", 0, next_int, nullptr, true},
};

}  // namespace

std::span<const Function> number_functions() { return kFunctions; }

}  // namespace flow::el

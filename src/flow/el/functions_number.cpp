#include <fmt/format.h>

#include <cmath>

#include "flow/el/tree.h"

namespace flow::el {
namespace {

using Arguments = std::span<const Value>;
using Answer = base::Result<Value>;

double decimal(const Value& value) {
  const auto* whole = std::get_if<std::int64_t>(&value);
  return whole != nullptr ? static_cast<double>(*whole) : std::get<double>(value);
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
      if (right == 0) return base::fail(base::ErrorKind::InvalidValue, "division by zero");
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
Answer arithmetic(const Context&, const Value& s, Arguments a) {
  const auto left = to_number(s), right = to_number(a[0]);
  if (is_null(left) || is_null(right)) return Value{};
  const auto* whole_left = std::get_if<std::int64_t>(&left);
  const auto* whole_right = std::get_if<std::int64_t>(&right);
  if (whole_left == nullptr || whole_right == nullptr)
    return Value{decimal_result(operation, decimal(left), decimal(right))};
  TRY(const auto result, whole_result(operation, *whole_left, *whole_right));
  return Value{result};
}
Answer to_number_value(const Context&, const Value& s, Arguments) { return to_whole(s); }
Answer to_decimal(const Context&, const Value& s, Arguments) {
  const auto number = to_number(s);
  return is_null(number) ? number : Value{decimal(number)};
}
Answer to_radix(const Context&, const Value& s, Arguments a) {
  const auto number = to_whole(s), radix = to_whole(a[0]);
  if (is_null(number)) return Value{};
  const auto* base = std::get_if<std::int64_t>(&radix);
  if (base == nullptr || *base < 2 || *base > 36)
    return base::fail(base::ErrorKind::InvalidValue, "toRadix: not a radix from 2 to 36");
  const auto value = std::get<std::int64_t>(number);
  auto rest = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  std::string digits;
  do digits.insert(digits.begin(), "0123456789abcdefghijklmnopqrstuvwxyz"[rest % static_cast<std::uint64_t>(*base)]);
  while ((rest /= static_cast<std::uint64_t>(*base)) > 0);
  if (a.size() > 1) {
    const auto width = to_whole(a[1]);
    if (const auto* wanted = std::get_if<std::int64_t>(&width); wanted != nullptr && *wanted < 1000)
      while (static_cast<std::int64_t>(digits.size()) < *wanted) digits.insert(digits.begin(), '0');
  }
  return Value{(value < 0 ? "-" : "") + digits};
}
Answer from_radix(const Context&, const Value& s, Arguments a) {
  if (is_null(s)) return Value{};
  const auto radix = to_whole(a[0]);
  const auto* base = std::get_if<std::int64_t>(&radix);
  if (base == nullptr || *base < 2 || *base > 36)
    return base::fail(base::ErrorKind::InvalidValue, "fromRadix: not a radix from 2 to 36");
  const auto text = to_text(s);
  errno = 0;
  char* end = nullptr;
  const auto value = std::strtoll(text.c_str(), &end, static_cast<int>(*base));
  if (text.empty() || *end != '\0' || errno != 0)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("fromRadix: not a number: '{}'", text));
  return Value{static_cast<std::int64_t>(value)};
}

Answer math(const Context& context, const Value& s, Arguments a) {
  const auto name = to_text(a[0]);
  if (name == "random") {
    if (context.random == nullptr) return base::fail(base::ErrorKind::InvalidValue, "random() is not available here");
    return Value{context.random->unit()};
  }
  const auto subject = to_number(s);
  if (is_null(subject)) return Value{};
  const auto* whole = std::get_if<std::int64_t>(&subject);
  if (a.size() == 2) {
    const auto other = to_number(a[1]);
    if (is_null(other)) return Value{};
    const auto* whole_other = std::get_if<std::int64_t>(&other);
    if (name == "min" || name == "max") {
      if (whole != nullptr && whole_other != nullptr)
        return Value{name == "min" ? std::min(*whole, *whole_other) : std::max(*whole, *whole_other)};
      return Value{name == "min" ? std::fmin(decimal(subject), decimal(other))
                                 : std::fmax(decimal(subject), decimal(other))};
    }
    if (name == "pow") return Value{std::pow(decimal(subject), decimal(other))};
    if (name == "atan2") return Value{std::atan2(decimal(subject), decimal(other))};
  } else {
    if (name == "abs")
      return whole != nullptr ? Value{*whole < 0 ? -*whole : *whole} : Value{std::abs(decimal(subject))};
    if (name == "round") return to_whole(Value{std::floor(decimal(subject) + 0.5)});
    struct Named {
      std::string_view name;
      double (*run)(double);
    };
    static constexpr Named kNamed[] = {{"ceil", std::ceil},   {"floor", std::floor},   {"sqrt", std::sqrt},
                                       {"cbrt", std::cbrt},   {"exp", std::exp},       {"log", std::log},
                                       {"log10", std::log10}, {"sin", std::sin},       {"cos", std::cos},
                                       {"tan", std::tan},     {"rint", std::nearbyint}};
    for (const auto& [known, run] : kNamed)
      if (known == name) return Value{run(decimal(subject))};
  }
  return base::fail(base::ErrorKind::InvalidValue,
                    fmt::format("math: no method '{}' with {} arguments", name, a.size() - 1));
}
Answer random(const Context& context, const Value&, Arguments) {
  if (context.random == nullptr) return base::fail(base::ErrorKind::InvalidValue, "random() is not available here");
  return Value{static_cast<std::int64_t>(context.random->next() >> 1)};
}
Answer next_int(const Context& context, const Value&, Arguments) {
  if (context.counter == nullptr) return base::fail(base::ErrorKind::InvalidValue, "nextInt() is not available here");
  return Value{static_cast<std::int64_t>((*context.counter)++)};
}

constexpr Function kFunctions[] = {
    {"plus", 1, 1, arithmetic<Operation::Plus>},
    {"minus", 1, 1, arithmetic<Operation::Minus>},
    {"multiply", 1, 1, arithmetic<Operation::Multiply>},
    {"divide", 1, 1, arithmetic<Operation::Divide>},
    {"mod", 1, 1, arithmetic<Operation::Mod>},
    {"toNumber", 0, 0, to_number_value},
    {"toDecimal", 0, 0, to_decimal},
    {"toRadix", 1, 2, to_radix},
    {"fromRadix", 1, 1, from_radix},
    {"math", 1, 2, math, true},
    {"random", 0, 0, random, true},
    {"nextInt", 0, 0, next_int, true},
};

}  // namespace

std::span<const Function> number_functions() { return kFunctions; }

}  // namespace flow::el

#include "flow/processors/csv_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace flow {
namespace {

using Kind = CsvCheck::Kind;

struct Name {
  std::string_view name;  // in lower case
  Kind kind;
  bool has_arguments = false;
};
constexpr auto kNames = std::to_array<Name>({
    {"null", Kind::Any},
    {"parsedate", Kind::Date, true},
    {"parsedouble", Kind::Double},
    {"parsebigdecimal", Kind::BigDecimal},
    {"parsebool", Kind::Bool},
    {"parsechar", Kind::Char},
    {"parseint", Kind::Int},
    {"parselong", Kind::Long},
    {"notnull", Kind::NotNull},
    {"strregex", Kind::Regex, true},
    {"unique", Kind::Unique},
    {"uniquehashcode", Kind::UniqueHashCode},
    {"strlen", Kind::Length, true},
    {"strminmax", Kind::LengthMinMax, true},
    {"lminmax", Kind::LongMinMax, true},
    {"dminmax", Kind::DoubleMinMax, true},
    {"equals", Kind::Equals},
    {"forbidsubstr", Kind::ForbidSubstring, true},
    {"requiresubstr", Kind::RequireSubstring, true},
    {"strnotnullorempty", Kind::NotEmpty},
    {"requirehashcode", Kind::HashCode, true},
    {"isincludedin", Kind::IncludedIn, true},
});

base::Failure<base::Error> wrong(std::string what) {
  return base::fail(base::ErrorKind::InvalidValue, "Error while parsing the schema: " + std::move(what));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\n' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string> listed(std::string_view text) {
  std::vector<std::string> elements;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    std::string element(text.substr(0, comma));
    std::erase(element, '"');
    elements.emplace_back(trimmed(element));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return elements;
}

bool are_numbers(const CsvCheck& check) {
  return std::ranges::all_of(check.arguments, [](const std::string& text) { return number_in<double>(text).has_value(); });
}

base::Result<CsvCheck> parse_check(std::string_view text) {
  const auto open = text.find('(');
  if (open != std::string_view::npos && !text.ends_with(')')) return wrong(fmt::format("[{}] is not closed", text));
  const auto name = lower(trimmed(text.substr(0, open)));
  const auto arguments =
      open == std::string_view::npos ? std::string_view{} : text.substr(open + 1, text.size() - open - 2);
  if (name == "optional") {
    TRY(auto inner, parse_check(trimmed(arguments)));
    inner.optional = true;
    return inner;
  }
  const auto found = std::ranges::find(kNames, name, &Name::name);
  if (found == kNames.end())
    return wrong(fmt::format("[{}] is not an allowed method to define a Cell Processor", name));
  if (found->has_arguments == arguments.empty())
    return wrong(
        fmt::format("[{}] {}", name, arguments.empty() ? "needs an argument" : "does not expect any argument"));
  CsvCheck check{.kind = found->kind};
  if (check.kind == Kind::Regex || check.kind == Kind::Date) {
    const auto quoted = trimmed(arguments);
    if (quoted.size() < 2) return wrong(fmt::format("the argument of [{}] stands in quotes", name));
    check.arguments.emplace_back(quoted.substr(1, quoted.size() - 2));
  } else {
    check.arguments = listed(arguments);
  }
  if (check.kind == Kind::Regex) {
    TRY(auto pattern, el::Pattern::compile(check.arguments[0]));
    check.pattern = std::make_shared<const el::Pattern>(std::move(pattern));
  }
  if (check.kind == Kind::Date) {
    std::string format;
    for (const char c : check.arguments[0]) format += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string{c};
    TRY(auto date, el::Expression::compile(fmt::format("${{v:toDate('{}', 'UTC')}}", format)));
    check.date = std::make_shared<const el::Expression>(std::move(date));
  }
  const bool two =
      check.kind == Kind::LengthMinMax || check.kind == Kind::LongMinMax || check.kind == Kind::DoubleMinMax;
  if (two && check.arguments.size() != 2) return wrong(fmt::format("[{}] has two arguments", name));
  if ((two || check.kind == Kind::Length || check.kind == Kind::HashCode) && !are_numbers(check))
    return wrong(fmt::format("the arguments of [{}] are numbers", name));
  return check;
}

std::uint64_t characters(std::string_view text) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool is_bool(const std::string& value) {
  constexpr std::array<std::string_view, 8> kBools{"true", "1", "y", "t", "false", "0", "n", "f"};
  return std::ranges::count(kBools, std::string_view(lower(value))) > 0;
}

bool is_big_decimal(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && (text[0] == '.' || (text[0] >= '0' && text[0] <= '9')) && number_in<double>(text).has_value();
}

std::string parse_problem(const std::string& value, std::string_view as) {
  return fmt::format("'{}' could not be parsed as {}", value, as);
}

}  // namespace

base::Result<std::vector<CsvCheck>> parse_csv_schema(std::string_view schema) {
  std::vector<CsvCheck> checks;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= schema.size(); ++i) {
    if (i < schema.size() && schema[i] == '(') ++depth;
    if (i < schema.size() && schema[i] == ')') --depth;
    if (i < schema.size() && (schema[i] != ',' || depth > 0)) continue;
    TRY(auto check, parse_check(trimmed(schema.substr(begin, i - begin))));
    checks.push_back(std::move(check));
    begin = i + 1;
  }
  return checks;
}

std::int32_t java_hash_code(std::string_view text) {
  std::uint32_t hash = 0;
  const auto add = [&](std::uint32_t unit) { hash = 31 * hash + unit; };
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    std::uint32_t point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length && i + k < text.size(); ++k)
      point = point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    i += length;
    if (point >= 0x10000) {
      add(0xD800 + ((point - 0x10000) >> 10));
      add(0xDC00 + ((point - 0x10000) & 0x3FF));
    } else {
      add(point);
    }
  }
  return static_cast<std::int32_t>(hash);
}

base::Result<std::optional<std::string>> csv_violation(const CsvCheck& check, const std::optional<std::string>& value,
                                                       CsvColumnMemory& memory) {
  const auto ok = std::optional<std::string>{};
  const auto unless = [&](bool holds, std::string problem) { return holds ? ok : std::optional(std::move(problem)); };
  if (check.kind == Kind::Any || (check.optional && !value)) return ok;
  if (!value) {
    if (check.kind == Kind::NotNull) return std::optional<std::string>("null value encountered");
    return std::optional<std::string>(
        "this processor does not accept null input - if the column is optional then chain an Optional() processor "
        "before "
        "this one");
  }
  const auto& text = *value;
  const auto& arguments = check.arguments;
  switch (check.kind) {
    case Kind::Any:
    case Kind::NotNull: return ok;
    case Kind::Date: {
      const auto date = check.date->evaluate({.find = [&](std::string_view) { return value; }, .time_zone = "UTC"});
      return unless(date.has_value() && !date->empty(), parse_problem(text, "a Date"));
    }
    case Kind::Double: return unless(number_in<double>(trimmed(text)).has_value(), parse_problem(text, "a Double"));
    case Kind::BigDecimal: return unless(is_big_decimal(text), parse_problem(text, "a BigDecimal"));
    case Kind::Bool: return unless(is_bool(text), parse_problem(text, "a Boolean"));
    case Kind::Char:
      return unless(characters(text) == 1,
                    fmt::format("'{}' cannot be parsed as a char as it is a String longer than 1 character", text));
    case Kind::Int: return unless(number_in<std::int32_t>(text).has_value(), parse_problem(text, "an Integer"));
    case Kind::Long: return unless(number_in<std::int64_t>(text).has_value(), parse_problem(text, "a Long"));
    case Kind::Regex: {
      TRY(const bool fits, check.pattern->matches(text));
      return unless(fits, fmt::format("'{}' does not match the regular expression '{}'", text, arguments[0]));
    }
    case Kind::Unique:
      return unless(memory.seen.insert(text).second, fmt::format("duplicate value '{}' encountered", text));
    case Kind::UniqueHashCode:
      return unless(memory.seen_hashes.insert(java_hash_code(text)).second,
                    fmt::format("duplicate value '{}' encountered with hashcode {}", text, java_hash_code(text)));
    case Kind::Length: {
      const auto length = std::to_string(characters(text));
      return unless(std::ranges::count(arguments, length) > 0,
                    fmt::format("the length ({}) of value '{}' not any of the required lengths", length, text));
    }
    case Kind::LengthMinMax: {
      const auto length = static_cast<std::int64_t>(characters(text));
      return unless(length >= number_in<std::int64_t>(arguments[0]).value_or(0) &&
                        length <= number_in<std::int64_t>(arguments[1]).value_or(0),
                    fmt::format("the length ({}) of value '{}' does not lie between the min ({}) and max ({}) values "
                                "(inclusive)",
                                length, text, arguments[0], arguments[1]));
    }
    case Kind::LongMinMax: {
      const auto number = number_in<std::int64_t>(text);
      if (!number) return std::optional(parse_problem(text, "a Long"));
      return unless(*number >= number_in<std::int64_t>(arguments[0]).value_or(0) &&
                        *number <= number_in<std::int64_t>(arguments[1]).value_or(0),
                    fmt::format("{} does not lie between the min ({}) and max ({}) values (inclusive)", text,
                                arguments[0], arguments[1]));
    }
    case Kind::DoubleMinMax: {
      const auto number = number_in<double>(text);
      if (!number) return std::optional(parse_problem(text, "a Double"));
      return unless(*number >= number_in<double>(arguments[0]).value_or(0) &&
                        *number <= number_in<double>(arguments[1]).value_or(0),
                    fmt::format("{} does not lie between the min ({}) and max ({}) values (inclusive)", text,
                                arguments[0], arguments[1]));
    }
    case Kind::Equals:
      if (!memory.first) memory.first = text;
      return unless(*memory.first == text,
                    fmt::format("value '{}' is not equal to the previous value(s) of '{}'", text, *memory.first));
    case Kind::ForbidSubstring:
      for (const auto& part : arguments)
        if (text.find(part) != std::string::npos)
          return std::optional(fmt::format("'{}' contains the forbidden substring '{}'", text, part));
      return ok;
    case Kind::RequireSubstring:
      return unless(
          std::ranges::any_of(arguments, [&](const std::string& part) { return text.find(part) != std::string::npos; }),
          fmt::format("'{}' does not contain any of the required substrings", text));
    case Kind::NotEmpty: return unless(!text.empty(), "the String should not be empty");
    case Kind::HashCode: {
      const auto hash = std::to_string(java_hash_code(text));
      return unless(std::ranges::count(arguments, hash) > 0,
                    fmt::format("the hashcode of {} ({}) does not match any of the required hashcodes", text, hash));
    }
    case Kind::IncludedIn:
      return unless(std::ranges::count(arguments, text) > 0,
                    fmt::format("'{}' is not included in the allowed set of values", text));
  }
  return ok;
}

}  // namespace flow

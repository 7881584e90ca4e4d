#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <limits>

#include "flow/el/pattern.h"
#include "flow/record/convert.h"
#include "flow/record/date_format.h"
#include "flow/record/json_text.h"
#include "flow/record/number_text.h"
#include "flow/record/path_tree.h"
#include "flow/record/value_text.h"
#include "store/checksum.h"

namespace flow::record {
namespace {

using Arguments = std::vector<std::optional<std::string>>;
using Answer = base::Result<Value>;

constexpr std::size_t kMany = std::numeric_limits<std::size_t>::max();

Value text_value(std::string_view text, PathScope& scope) { return Value::of(Kind::String, scope.arena.text(text)); }
Value truth(bool value) { return Value::of(Kind::Boolean, static_cast<std::int64_t>(value)); }

base::Failure<base::Error> wrong(std::string what) {
  return base::fail(base::ErrorKind::InvalidValue, std::move(what));
}

base::Result<std::int64_t> whole(const std::optional<std::string>& text, std::string_view function) {
  const auto number = text ? parse_whole(*text) : std::nullopt;
  if (!number) return wrong(fmt::format("RecordPath: {}: '{}' is not a whole number", function, text.value_or("")));
  return *number;
}

/// Texts are made of the value; null stays null.
template <class F>
Answer of_text(const Selected& subject, PathScope& scope, F&& change) {
  if (subject.value.is_null()) return Value{};
  return text_value(change(plain_text(subject.value)), scope);
}

Answer substring(const Selected& subject, const Arguments& arguments, PathScope& scope) {
  TRY(auto from, whole(arguments[0], "substring"));
  TRY(auto to, whole(arguments[1], "substring"));
  return of_text(subject, scope, [&](const std::string& text) -> std::string {
    const auto size = static_cast<std::int64_t>(text.size());
    if (from < 0) from += size;
    // A negative end counts from the end, which it includes.
    if (to < 0) to += size + 1;
    from = std::clamp<std::int64_t>(from, 0, size);
    to = std::clamp<std::int64_t>(to, from, size);
    return text.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from));
  });
}

enum class Side { Before, After };
template <Side side, bool last>
Answer substring_at(const Selected& subject, const Arguments& arguments, PathScope& scope) {
  return of_text(subject, scope, [&](const std::string& text) {
    const auto& mark = arguments[0].value_or("");
    const auto at = mark.empty() ? std::string::npos : last ? text.rfind(mark) : text.find(mark);
    if (at == std::string::npos) return text;
    return side == Side::Before ? text.substr(0, at) : text.substr(at + mark.size());
  });
}

Answer replace(const Selected& subject, const Arguments& arguments, PathScope& scope) {
  return of_text(subject, scope, [&](std::string text) {
    const auto mark = arguments[0].value_or(""), with = arguments[1].value_or("");
    for (auto at = mark.empty() ? std::string::npos : text.find(mark); at != std::string::npos;
         at = text.find(mark, at + with.size()))
      text.replace(at, mark.size(), with);
    return text;
  });
}

Answer replace_regex(const Selected& subject, const Arguments& arguments, PathScope& scope) {
  if (subject.value.is_null()) return Value{};
  TRY(const auto pattern, el::Pattern::compile(arguments[0].value_or("")));
  TRY(const auto text, pattern.replace(plain_text(subject.value), arguments[1].value_or(""), true));
  return text_value(text, scope);
}

Answer replace_null(const Selected& subject, const Arguments& arguments, PathScope& scope) {
  if (!subject.value.is_null()) return subject.value;
  return arguments[0] ? text_value(*arguments[0], scope) : Value{};
}

Answer field_name(const Selected& subject, const Arguments&, PathScope& scope) {
  return text_value(subject.name, scope);
}

std::string trimmed(std::string text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}
Answer trim(const Selected& subject, const Arguments&, PathScope& scope) { return of_text(subject, scope, trimmed); }

template <bool upper>
Answer to_case(const Selected& subject, const Arguments&, PathScope& scope) {
  return of_text(subject, scope, [](std::string text) {
    for (char& c : text) {
      if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
      if (!upper && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return text;
  });
}

Answer base64_encode(const Selected& subject, const Arguments&, PathScope& scope) {
  if (subject.value.is_null()) return Value{};
  const auto encoded = store::to_base64(plain_text(subject.value));
  return Value::of(subject.value.kind == Kind::Bytes ? Kind::Bytes : Kind::String, scope.arena.text(encoded));
}
Answer base64_decode(const Selected& subject, const Arguments&, PathScope& scope) {
  if (subject.value.is_null()) return Value{};
  const auto decoded = store::from_base64(plain_text(subject.value));
  if (!decoded) return wrong("RecordPath: base64Decode: not base64");
  return Value::of(subject.value.kind == Kind::Bytes ? Kind::Bytes : Kind::String, scope.arena.text(*decoded));
}

Answer escape_json(const Selected& subject, const Arguments&, PathScope& scope) {
  std::string out;
  append_json(out, subject.value, {});
  return text_value(out, scope);
}
Answer unescape_json(const Selected& subject, const Arguments&, PathScope& scope) {
  if (subject.value.is_null()) return Value{};
  if (!subject.value.is_text()) return wrong("RecordPath: unescapeJson: the value is no text");
  return parse_json(subject.value.text(), scope.arena);
}

Answer hash(const Selected& subject, const Arguments& arguments, PathScope& scope) {
  if (subject.value.is_null()) return Value{};
  const auto name = arguments[0].value_or("");
  const auto* algorithm = EVP_get_digestbyname(name.c_str());
  if (algorithm == nullptr) return wrong(fmt::format("RecordPath: hash: there is no algorithm '{}'", name));
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  const auto text = plain_text(subject.value);
  if (EVP_Digest(text.data(), text.size(), digest, &length, algorithm, nullptr) != 1)
    return wrong(fmt::format("RecordPath: hash: '{}' cannot be computed", name));
  std::string hex;
  for (unsigned i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return text_value(hex, scope);
}

template <bool left>
Answer pad(const Selected& subject, const Arguments& arguments, PathScope& scope) {
  TRY(const auto size, whole(arguments[0], left ? "padLeft" : "padRight"));
  return of_text(subject, scope, [&](std::string text) {
    auto with = arguments.size() > 1 ? arguments[1].value_or("_") : "_";
    if (with.empty()) with = "_";
    std::string padding;
    while (static_cast<std::int64_t>(text.size() + padding.size()) < size)
      padding += with.substr(0, static_cast<std::size_t>(size) - text.size() - padding.size());
    return left ? padding + text : text + padding;
  });
}

Answer to_date(const Selected& subject, const Arguments& arguments, PathScope&) {
  if (!subject.value.is_text()) return subject.value;
  const DateFormat format(arguments[0].value_or(""), arguments.size() > 1 ? arguments[1].value_or("") : "");
  const auto at = format.parse(subject.value.text());
  if (!at) return subject.value;  // as NiFi: what cannot be parsed stays
  return Value::of(Kind::Timestamp, *at);
}
Answer format_date(const Selected& subject, const Arguments& arguments, PathScope& scope) {
  const auto& value = subject.value;
  std::int64_t at = 0;
  if (value.kind == Kind::Timestamp || value.kind == Kind::Time)
    at = value.whole;
  else if (value.kind == Kind::Date)
    at = value.whole * 86'400'000'000;
  else if (value.kind == Kind::Long || value.kind == Kind::Int)
    at = value.whole * 1000;
  else
    return value;
  TRY(const auto text,
      DateFormat(arguments[0].value_or(""), arguments.size() > 1 ? arguments[1].value_or("") : "").format(at));
  return text_value(text, scope);
}
Answer to_string(const Selected& subject, const Arguments&, PathScope& scope) {
  return of_text(subject, scope, [](const std::string& text) { return text; });
}
Answer to_bytes(const Selected& subject, const Arguments&, PathScope& scope) {
  if (subject.value.is_null()) return Value{};
  return Value::of(Kind::Bytes, scope.arena.text(plain_text(subject.value)));
}
Answer to_number(const Selected& subject, const Arguments&, PathScope&) {
  if (subject.value.is_null() || subject.value.is_number()) return subject.value;
  const auto text = plain_text(subject.value);
  if (const auto number = parse_whole(text)) return Value::of(Kind::Long, *number);
  if (const auto number = parse_double(text)) return Value::of(Kind::Double, *number);
  return wrong(fmt::format("RecordPath: toNumber: '{}' is not a number", text));
}

template <char symbol>
Answer arithmetic(const Selected& subject, const Arguments& arguments, PathScope&) {
  const auto text = plain_text(subject.value);
  if (subject.value.is_null() || !arguments[0]) return Value{};
  const auto a = parse_whole(text), b = parse_whole(*arguments[0]);
  if (a && b) {
    std::int64_t result = 0;
    bool over = false;
    if (symbol == '+') over = __builtin_add_overflow(*a, *b, &result);
    if (symbol == '-') over = __builtin_sub_overflow(*a, *b, &result);
    if (symbol == '*') over = __builtin_mul_overflow(*a, *b, &result);
    if (symbol == '/' && *b == 0) return wrong("RecordPath: divide: by zero");
    if (symbol == '/') result = *b == -1 ? 0 - *a : *a / *b;
    if (over) return wrong("RecordPath: the result is too large");
    return Value::of(Kind::Long, result);
  }
  const auto x = parse_double(text), y = parse_double(*arguments[0]);
  if (!x || !y) return wrong(fmt::format("RecordPath: '{}' or '{}' is not a number", text, *arguments[0]));
  return Value::of(Kind::Double, symbol == '+' ? *x + *y : symbol == '-' ? *x - *y : symbol == '*' ? *x * *y : *x / *y);
}

/// RFC 4122 version 5: SHA-1 of a namespace's bytes and the name.
Answer uuid5(const Selected& subject, const Arguments& arguments, PathScope& scope) {
  if (subject.value.is_null()) return Value{};
  std::string input;
  if (!arguments.empty() && arguments[0]) {
    std::string hex;
    std::ranges::copy_if(*arguments[0], std::back_inserter(hex), [](char c) { return c != '-'; });
    if (hex.size() != 32) return wrong(fmt::format("RecordPath: uuid5: '{}' is no UUID", *arguments[0]));
    for (std::size_t i = 0; i < 32; i += 2)
      input += static_cast<char>(std::strtol(hex.substr(i, 2).c_str(), nullptr, 16));
  }
  input += plain_text(subject.value);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_Digest(input.data(), input.size(), digest, &length, EVP_sha1(), nullptr);
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0F) | 0x50);
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3F) | 0x80);
  std::string text;
  for (int i = 0; i < 16; ++i)
    text += fmt::format("{}{:02x}", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", digest[i]);
  return text_value(text, scope);
}

template <class F>
Answer test(const Selected& subject, const Arguments& arguments, F&& fits) {
  if (subject.value.is_null()) return truth(false);
  return truth(fits(plain_text(subject.value), arguments.empty() ? std::string{} : arguments[0].value_or("")));
}
Answer contains(const Selected& subject, const Arguments& arguments, PathScope&) {
  return test(subject, arguments,
              [](const auto& text, const auto& part) { return text.find(part) != std::string::npos; });
}
Answer starts_with(const Selected& subject, const Arguments& arguments, PathScope&) {
  return test(subject, arguments, [](const auto& text, const auto& part) { return text.starts_with(part); });
}
Answer ends_with(const Selected& subject, const Arguments& arguments, PathScope&) {
  return test(subject, arguments, [](const auto& text, const auto& part) { return text.ends_with(part); });
}
template <bool whole_text>
Answer fits_regex(const Selected& subject, const Arguments& arguments, PathScope&) {
  if (subject.value.is_null()) return truth(false);
  TRY(const auto pattern, el::Pattern::compile(arguments[0].value_or("")));
  const auto text = plain_text(subject.value);
  TRY(const bool fits, whole_text ? pattern.matches(text) : pattern.find(text));
  return truth(fits);
}
Answer is_empty(const Selected& subject, const Arguments&, PathScope&) {
  return truth(subject.value.is_null() || plain_text(subject.value).empty());
}
Answer is_blank(const Selected& subject, const Arguments&, PathScope&) {
  return truth(subject.value.is_null() || trimmed(plain_text(subject.value)).empty());
}

std::vector<Selected> one(const Value& value) { return {computed("", value)}; }

base::Result<std::vector<std::vector<Selected>>> all_arguments(const PathNode& call, const Selected& context,
                                                               PathScope& scope) {
  std::vector<std::vector<Selected>> values;
  for (const auto& argument : call.arguments) {
    TRY(auto selected, evaluate_path(*argument, context, scope));
    values.push_back(std::move(selected));
  }
  return values;
}

Selection concat(const PathNode& call, const Selected& context, PathScope& scope) {
  TRY(const auto arguments, all_arguments(call, context, scope));
  std::string text;
  for (const auto& values : arguments)
    for (const auto& value : values) text += value.value.is_null() ? "null" : plain_text(value.value);
  return one(text_value(text, scope));
}
Selection join(const PathNode& call, const Selected& context, PathScope& scope) {
  TRY(const auto arguments, all_arguments(call, context, scope));
  const auto separator = arguments[0].empty() ? std::string{} : plain_text(arguments[0][0].value);
  std::vector<std::string> texts;
  const auto add = [&](const Value& value) { texts.push_back(value.is_null() ? "null" : plain_text(value)); };
  for (std::size_t i = 1; i < arguments.size(); ++i)
    for (const auto& value : arguments[i]) {
      if (value.value.kind == Kind::Array)
        std::ranges::for_each(value.value.items(), add);
      else
        add(value.value);
    }
  return one(text_value(fmt::format("{}", fmt::join(texts, separator)), scope));
}
Selection coalesce(const PathNode& call, const Selected& context, PathScope& scope) {
  TRY(const auto arguments, all_arguments(call, context, scope));
  for (const auto& values : arguments)
    for (const auto& value : values)
      if (!value.value.is_null()) return std::vector<Selected>{value};
  return std::vector<Selected>{};
}
Selection count(const PathNode& call, const Selected& context, PathScope& scope) {
  TRY(const auto arguments, all_arguments(call, context, scope));
  return one(Value::of(Kind::Long, static_cast<std::int64_t>(arguments[0].size())));
}
Selection anchored(const PathNode& call, const Selected& context, PathScope& scope) {
  TRY(const auto anchors, evaluate_path(*call.arguments[0], context, scope));
  std::vector<Selected> found;
  const auto add = [&](const Value& value) -> base::Status {
    if (value.kind != Kind::Record) return {};
    Row row = *value.row;
    PathScope inner{row, scope.arena};
    Selected root{.name = "root", .type = {.type = Type::Record}, .value = Value::of(scope.arena.make(row))};
    TRY(auto values, evaluate_path(*call.arguments[1], root, inner));
    std::ranges::move(values, std::back_inserter(found));
    return {};
  };
  for (const auto& anchor : anchors) {
    if (anchor.value.kind == Kind::Array) {
      for (const auto& item : anchor.value.items()) TRY_VOID(add(item));
    } else {
      TRY_VOID(add(anchor.value));
    }
  }
  return found;
}
Selection array_of_values(const PathNode& call, const Selected& context, PathScope& scope) {
  TRY(const auto arguments, all_arguments(call, context, scope));
  std::vector<Value> items;
  for (const auto& values : arguments)
    for (const auto& value : values) items.push_back(value.value);
  return one(Value::of(std::span<const Value>(scope.arena.copy(std::span<const Value>(items)))));
}
template <bool as_text>
Selection map_of_values(const PathNode& call, const Selected& context, PathScope& scope) {
  TRY(const auto arguments, all_arguments(call, context, scope));
  if (arguments.size() % 2 != 0) return wrong(fmt::format("RecordPath: {}: a name without a value", call.text));
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    if (arguments[i].empty() || arguments[i + 1].empty()) continue;
    auto value = arguments[i + 1][0].value;
    if (as_text && !value.is_null()) value = text_value(plain_text(value), scope);
    entries.push_back({scope.arena.text(plain_text(arguments[i][0].value)), value});
  }
  return one(Value::of(std::span<const Entry>(scope.arena.copy(std::span<const Entry>(entries)))));
}

constexpr PathFunction kFunctions[] = {
    {"substring", 3, 3, false, substring},
    {"substringBefore", 2, 2, false, substring_at<Side::Before, false>},
    {"substringBeforeLast", 2, 2, false, substring_at<Side::Before, true>},
    {"substringAfter", 2, 2, false, substring_at<Side::After, false>},
    {"substringAfterLast", 2, 2, false, substring_at<Side::After, true>},
    {"replace", 3, 3, false, replace},
    {"replaceRegex", 3, 3, false, replace_regex},
    {"replaceNull", 2, 2, false, replace_null},
    {"fieldName", 1, 1, false, field_name},
    {"trim", 1, 1, false, trim},
    {"toUpperCase", 1, 1, false, to_case<true>},
    {"toLowerCase", 1, 1, false, to_case<false>},
    {"base64Encode", 1, 1, false, base64_encode},
    {"base64Decode", 1, 1, false, base64_decode},
    {"escapeJson", 1, 1, false, escape_json},
    {"unescapeJson", 1, 3, false, unescape_json},
    {"hash", 2, 2, false, hash},
    {"padLeft", 2, 3, false, pad<true>},
    {"padRight", 2, 3, false, pad<false>},
    {"uuid5", 1, 2, false, uuid5},
    {"toDate", 2, 3, false, to_date},
    {"format", 2, 3, false, format_date},
    {"toString", 1, 2, false, to_string},
    {"toBytes", 1, 2, false, to_bytes},
    {"toNumber", 1, 1, false, to_number},
    {"add", 2, 2, false, arithmetic<'+'>},
    {"subtract", 2, 2, false, arithmetic<'-'>},
    {"multiply", 2, 2, false, arithmetic<'*'>},
    {"divide", 2, 2, false, arithmetic<'/'>},
    {"contains", 2, 2, true, contains},
    {"startsWith", 2, 2, true, starts_with},
    {"endsWith", 2, 2, true, ends_with},
    {"containsRegex", 2, 2, true, fits_regex<false>},
    {"matchesRegex", 2, 2, true, fits_regex<true>},
    {"isEmpty", 1, 1, true, is_empty},
    {"isBlank", 1, 1, true, is_blank},
    {"not", 1, 1, true},
    {"concat", 1, kMany, false, nullptr, concat},
    {"join", 2, kMany, false, nullptr, join},
    {"coalesce", 1, kMany, false, nullptr, coalesce},
    {"count", 1, 1, false, nullptr, count},
    {"anchored", 2, 2, false, nullptr, anchored},
    {"arrayOf", 1, kMany, false, nullptr, array_of_values},
    {"mapOf", 2, kMany, false, nullptr, map_of_values<true>},
    {"recordOf", 2, kMany, false, nullptr, map_of_values<false>},
};

}  // namespace

const PathFunction* find_path_function(std::string_view name) {
  const auto* found = std::ranges::find(kFunctions, name, &PathFunction::name);
  return found == std::end(kFunctions) ? nullptr : found;
}

}  // namespace flow::record

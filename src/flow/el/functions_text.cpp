#include <fmt/format.h>

#include <algorithm>

#include "flow/el/tree.h"

namespace flow::el {
namespace {

constexpr std::int64_t kLengthMax = 100'000'000;  // of what padding and repeating make

base::Failure<base::Error> invalid(std::string message) {
  return base::fail(base::ErrorKind::InvalidValue, std::move(message));
}
const std::string& text_of(const Value& value) { return std::get<std::string>(value); }
/// Null counts as empty, as Java's concatenation in these functions.
std::string_view text_or_empty(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? std::string_view() : std::string_view(*text);
}
base::Result<std::int64_t> required_whole(const Inputs& in, std::size_t argument) {
  if (const auto* value = std::get_if<std::int64_t>(&in.arguments[argument])) return *value;
  return invalid(fmt::format("argument {} is no whole number", argument + 1));
}

template <Case wanted>
Answer change_case(const Inputs& in) {
  return is_null(in.subject) ? Value{} : Value{with_case(text_of(in.subject), wanted)};
}
Answer trim(const Inputs& in) {
  return is_null(in.subject) ? Value{} : Value{std::string(trimmed(text_of(in.subject)))};
}
Answer to_string(const Inputs& in) { return in.subject; }
Answer length(const Inputs& in) { return Value{static_cast<std::int64_t>(java_length(text_or_empty(in.subject)))}; }

Answer substring(const Inputs& in) {
  if (is_null(in.subject)) return Value{std::string()};
  const auto& text = text_of(in.subject);
  const auto size = static_cast<std::int64_t>(java_length(text));
  TRY(const auto start, required_whole(in, 0));
  auto end = size;
  if (in.arguments.size() > 1) {
    TRY(end, required_whole(in, 1));
  }
  if (start < 0 || end > size || start > end) return Value{std::string()};
  const auto from = byte_of_unit(text, static_cast<std::size_t>(start));
  return Value{text.substr(from, byte_of_unit(text, static_cast<std::size_t>(end)) - from)};
}

enum class Side { Before, After };
enum class Which { First, Last };
template <Side side, Which which>
Answer part(const Inputs& in) {
  if (is_null(in.subject)) return Value{std::string()};
  const auto& text = text_of(in.subject);
  if (which == Which::Last) TRY_VOID(required_text(in, 0));
  const auto mark = text_or_empty(in.arguments[0]);
  const auto at = which == Which::First ? text.find(mark) : text.rfind(mark);
  if (mark.empty() || at == std::string::npos) return Value{text};
  return Value{side == Side::Before ? text.substr(0, at) : text.substr(at + mark.size())};
}

template <bool behind>
Answer append(const Inputs& in) {
  const auto subject = text_or_empty(in.subject), added = text_or_empty(in.arguments[0]);
  return Value{behind ? fmt::format("{}{}", subject, added) : fmt::format("{}{}", added, subject)};
}

/// An empty text is found before every character and at the end.
std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  std::size_t begin = 0;
  if (from.empty()) {
    for (const char c : text) {
      if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) out += to;
      out += c;
    }
    return out.append(to);
  }
  for (auto at = text.find(from); at != std::string_view::npos; at = text.find(from, begin)) {
    out.append(text.substr(begin, at - begin)).append(to);
    begin = at + from.size();
  }
  return out.append(text.substr(begin));
}
Answer replace(const Inputs& in) {
  if (is_null(in.subject)) return Value{};
  TRY(const auto from, required_text(in, 0));
  TRY(const auto to, required_text(in, 1));
  return Value{replaced(text_of(in.subject), from, to)};
}
template <bool all>
Answer replace_pattern(const Inputs& in) {
  if (is_null(in.subject)) return Value{};
  TRY_VOID(required_text(in, 0));
  std::optional<Compiled> holder;
  TRY(const auto* pattern, compiled_of<Pattern>(in, holder, compile_pattern));
  if (all && is_null(in.arguments[1])) {  // a replacement that is not needed may be missing
    TRY(const bool found, pattern->find(text_of(in.subject)));
    if (!found) return in.subject;
  }
  TRY(const auto to, required_text(in, 1));
  TRY(auto out, pattern->replace(text_of(in.subject), to, all));
  return Value{std::move(out)};
}
Answer replace_null(const Inputs& in) { return is_null(in.subject) ? in.arguments[0] : in.subject; }
Answer replace_empty(const Inputs& in) { return is_blank(text_or_empty(in.subject)) ? in.arguments[0] : in.subject; }

/// "pattern:value,pattern:value"; what is no such pair or no pattern is left out.
base::Result<Compiled> compile_mappings(const std::string& text) {
  std::vector<Mapping> mappings;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    const auto pair = trimmed(std::string_view(text).substr(begin, end - begin));
    begin = end + 1;
    const auto colon = pair.find(':');
    if (colon == std::string_view::npos) {
      if (pair.empty()) continue;
      return invalid(fmt::format("replaceByPattern wants 'pattern:value', not '{}'", pair));
    }
    const auto value = pair.substr(colon + 1, pair.find(':', colon + 1) - colon - 1);
    if (is_blank(pair.substr(0, colon)) || is_blank(value)) continue;
    if (auto pattern = Pattern::compile(pair.substr(0, colon)))
      mappings.push_back({std::move(*pattern), std::string(value)});
  }
  return Compiled{std::move(mappings)};
}
Answer replace_by_pattern(const Inputs& in) {
  if (is_null(in.subject) || is_null(in.arguments[0])) return in.subject;
  std::optional<Compiled> holder;
  TRY(const auto* mappings, compiled_of<std::vector<Mapping>>(in, holder, compile_mappings));
  for (const auto& [pattern, value] : *mappings) {
    TRY(const bool found, pattern.matches(text_of(in.subject)));
    if (found) return Value{value};
  }
  return in.subject;
}

template <Side side>
Answer pad(const Inputs& in) {
  const auto* wanted = std::get_if<std::int64_t>(&in.arguments[0]);
  if (is_null(in.subject) || wanted == nullptr || *wanted <= 0 || *wanted > INT32_MAX) return in.subject;
  const auto& text = text_of(in.subject);
  auto filling = in.arguments.size() > 1 ? text_or_empty(in.arguments[1]) : std::string_view();
  if (filling.empty()) filling = "_";
  const auto missing = *wanted - static_cast<std::int64_t>(java_length(text));
  if (missing <= 0) return in.subject;
  if (missing > kLengthMax) return invalid("padding to more than a hundred million characters");
  std::string fill;
  // A text that is no UTF-8 may be all bytes and no characters.
  const auto length_of_filling = java_length(filling);
  const auto step = static_cast<std::int64_t>(length_of_filling > 0 ? length_of_filling : filling.size());
  if (missing / step > 4 * kLengthMax / static_cast<std::int64_t>(filling.size()))
    return invalid("padding to more than a hundred million characters");
  for (std::int64_t length = 0; length < missing; length += step) fill += filling;
  fill.resize(byte_of_unit(fill, static_cast<std::size_t>(missing)));
  return Value{side == Side::Before ? fill + text : text + fill};
}

Answer repeat(const Inputs& in) {
  if (is_null(in.subject)) return Value{std::string()};
  TRY(auto times, required_whole(in, 0));
  if (times <= 0) return invalid(fmt::format("repeat: not a count: {}", times));
  if (in.arguments.size() > 1) {
    TRY(const auto most, required_whole(in, 1));
    if (most < times) return invalid("repeat: the maximum is less than the minimum");
    if (in.context.random != nullptr)
      times += static_cast<std::int64_t>(in.context.random->below(static_cast<std::uint64_t>(most - times + 1)));
  }
  const auto& text = text_of(in.subject);
  if (times > kLengthMax / static_cast<std::int64_t>(std::max<std::size_t>(text.size(), 1)))
    return invalid("repeat: more than a hundred million characters");
  std::string out;
  out.reserve(text.size() * static_cast<std::size_t>(times));
  for (; times > 0; --times) out += text;
  return Value{std::move(out)};
}

template <Which which>
Answer index_of(const Inputs& in) {
  if (is_null(in.subject)) return Value{std::int64_t{-1}};
  const auto& text = text_of(in.subject);
  TRY(const auto wanted, required_text(in, 0));
  const auto at = which == Which::Last ? text.rfind(wanted) : text.find(wanted);
  if (at == std::string::npos) return Value{std::int64_t{-1}};
  return Value{static_cast<std::int64_t>(java_length(std::string_view(text).substr(0, at)))};
}

constexpr Function kFunctions[] = {
    {"toUpper", Type::Text, 't', "", 0, change_case<Case::Upper>},
    {"toLower", Type::Text, 't', "", 0, change_case<Case::Lower>},
    {"trim", Type::Text, 't', "", 0, trim},
    {"toString", Type::Text, 't', "", 0, to_string},
    {"length", Type::Whole, 't', "", 0, length},
    {"substring", Type::Text, 't', "ww", 1, substring},
    {"substringBefore", Type::Text, 't', "t", 1, part<Side::Before, Which::First>},
    {"substringBeforeLast", Type::Text, 't', "t", 1, part<Side::Before, Which::Last>},
    {"substringAfter", Type::Text, 't', "t", 1, part<Side::After, Which::First>},
    {"substringAfterLast", Type::Text, 't', "t", 1, part<Side::After, Which::Last>},
    {"append", Type::Text, 't', "t", 1, append<true>},
    {"prepend", Type::Text, 't', "t", 1, append<false>},
    {"replace", Type::Text, 't', "tt", 2, replace},
    {"replaceFirst", Type::Text, 't', "tt", 2, replace_pattern<false>, compile_pattern},
    {"replaceAll", Type::Text, 't', "tt", 2, replace_pattern<true>, compile_pattern},
    {"replaceNull", Type::Text, 't', "t", 1, replace_null},
    {"replaceEmpty", Type::Text, 't', "t", 1, replace_empty},
    {"replaceByPattern", Type::Text, 't', "t", 1, replace_by_pattern, compile_mappings},
    {"padLeft", Type::Text, 't', "wt", 1, pad<Side::Before>},
    {"padRight", Type::Text, 't', "wt", 1, pad<Side::After>},
    {"repeat", Type::Text, 't', "ww", 1, repeat, nullptr, true},
    {"indexOf", Type::Whole, 't', "t", 1, index_of<Which::First>},
    {"lastIndexOf", Type::Whole, 't', "t", 1, index_of<Which::Last>},
};

}  // namespace

base::Result<Compiled> compile_pattern(const std::string& text) {
  TRY(auto pattern, Pattern::compile(text));
  return Compiled{std::move(pattern)};
}

base::Result<std::string_view> required_text(const Inputs& inputs, std::size_t argument) {
  if (const auto* text = std::get_if<std::string>(&inputs.arguments[argument])) return std::string_view(*text);
  return invalid(fmt::format("argument {} is null", argument + 1));
}

std::span<const Function> text_functions() { return kFunctions; }

}  // namespace flow::el

#include <fmt/format.h>

#include <algorithm>

#include "flow/el/pattern.h"
#include "flow/el/tree.h"

namespace flow::el {
namespace {

using Arguments = std::span<const Value>;
using Answer = base::Result<Value>;

std::string argument(Arguments arguments, std::size_t i, std::string fallback = {}) {
  return i < arguments.size() ? to_text(arguments[i]) : fallback;
}
base::Result<std::int64_t> whole(Arguments arguments, std::size_t i) {
  const auto number = to_whole(arguments[i]);
  if (const auto* value = std::get_if<std::int64_t>(&number)) return *value;
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("not a whole number: '{}'", to_text(arguments[i])));
}
/// Null stays null; else the subject's text goes through `change`.
template <class F>
Answer changed(const Value& subject, F&& change) {
  if (is_null(subject)) return Value{};
  return Value{std::string(change(to_text(subject)))};
}

template <int (*convert)(int)>
std::string each_letter(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x80) c = static_cast<char>(convert(c));
  return text;
}
int upper(int c) { return c >= 'a' && c <= 'z' ? c - 32 : c; }
int lower(int c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos; }

Answer to_upper(const Context&, const Value& s, Arguments) { return changed(s, each_letter<upper>); }
Answer to_lower(const Context&, const Value& s, Arguments) { return changed(s, each_letter<lower>); }
Answer trim(const Context&, const Value& s, Arguments) {
  return changed(s, [](const std::string& text) {
    const auto begin = std::ranges::find_if(text, [](char c) { return static_cast<unsigned char>(c) > ' '; });
    auto end = text.end();
    while (end != begin && static_cast<unsigned char>(*(end - 1)) <= ' ') --end;
    return std::string(begin, end);
  });
}
Answer to_string(const Context&, const Value& s, Arguments) {
  return changed(s, [](std::string text) { return text; });
}

/// Java counts UTF-16 units; code points of the basic plane are one.
std::size_t java_length(std::string_view text) {
  std::size_t length = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) length += byte >= 0xF0 ? 2 : 1;
  }
  return length;
}
std::size_t byte_of(std::string_view text, std::size_t unit) {
  std::size_t at = 0;
  for (std::size_t seen = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if ((byte & 0xC0) != 0x80) {
      if (seen >= unit) return at;
      seen += byte >= 0xF0 ? 2 : 1;
    }
    ++at;
  }
  return at;
}

Answer length(const Context&, const Value& s, Arguments) {
  return Value{static_cast<std::int64_t>(java_length(to_text(s)))};
}
Answer substring(const Context&, const Value& s, Arguments a) {
  if (is_null(s)) return Value{};
  const auto text = to_text(s);
  const auto size = static_cast<std::int64_t>(java_length(text));
  TRY(const auto start, whole(a, 0));
  std::int64_t end = size;
  if (a.size() > 1) {
    TRY(end, whole(a, 1));
  }
  if (start < 0 || start > size || end > size || start > end) return Value{std::string{}};
  const auto from = byte_of(text, static_cast<std::size_t>(start));
  return Value{text.substr(from, byte_of(text, static_cast<std::size_t>(end)) - from)};
}

enum class Side { Before, After };
enum class Which { First, Last };
template <Side side, Which which>
Answer part(const Context&, const Value& s, Arguments a) {
  return changed(s, [&](const std::string& text) {
    const auto mark = argument(a, 0);
    const auto at = which == Which::First ? text.find(mark) : text.rfind(mark);
    if (mark.empty() || at == std::string::npos) return text;
    return side == Side::Before ? text.substr(0, at) : text.substr(at + mark.size());
  });
}
Answer append(const Context&, const Value& s, Arguments a) { return Value{to_text(s) + argument(a, 0)}; }
Answer prepend(const Context&, const Value& s, Arguments a) { return Value{argument(a, 0) + to_text(s)}; }
Answer replace(const Context&, const Value& s, Arguments a) {
  return changed(s, [&](const std::string& text) {
    const auto from = argument(a, 0), to = argument(a, 1);
    if (from.empty()) return text;
    std::string out;
    std::size_t begin = 0;
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, begin)) {
      out += text.substr(begin, at - begin) + to;
      begin = at + from.size();
    }
    return out + text.substr(begin);
  });
}
template <bool all>
Answer replace_pattern(const Context&, const Value& s, Arguments a) {
  if (is_null(s)) return Value{};
  TRY(const auto pattern, Pattern::compile(argument(a, 0)));
  TRY(auto out, pattern.replace(to_text(s), argument(a, 1), all));
  return Value{std::move(out)};
}
Answer replace_null(const Context&, const Value& s, Arguments a) { return is_null(s) ? Value{argument(a, 0)} : s; }
Answer replace_empty(const Context&, const Value& s, Arguments a) {
  return is_blank(to_text(s)) ? Value{argument(a, 0)} : s;
}

template <bool left>
Answer pad(const Context&, const Value& s, Arguments a) {
  if (is_null(s)) return Value{};
  TRY(const auto wanted, whole(a, 0));
  auto text = to_text(s);
  const auto pad_text = argument(a, 1, "_");
  const auto missing = wanted - static_cast<std::int64_t>(java_length(text));
  if (missing <= 0 || pad_text.empty()) return Value{std::move(text)};
  if (missing > 1'000'000)
    return base::fail(base::ErrorKind::InvalidValue, "padding to more than a million characters");
  std::string fill;
  while (static_cast<std::int64_t>(java_length(fill)) < missing) fill += pad_text;
  fill.resize(byte_of(fill, static_cast<std::size_t>(missing)));
  return Value{left ? fill + text : text + fill};
}
Answer repeat(const Context& context, const Value& s, Arguments a) {
  TRY(auto times, whole(a, 0));
  if (a.size() > 1) {
    TRY(const auto most, whole(a, 1));
    if (most < times) return base::fail(base::ErrorKind::InvalidValue, "repeat: the maximum is less than the minimum");
    if (context.random != nullptr)
      times += static_cast<std::int64_t>(context.random->below(static_cast<std::uint64_t>(most - times + 1)));
  }
  if (times <= 0 || times > 1'000'000)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("repeat: not a count: {}", times));
  std::string out;
  for (; times > 0; --times) out += to_text(s);
  return Value{std::move(out)};
}
template <bool last>
Answer index_of(const Context&, const Value& s, Arguments a) {
  if (is_null(s)) return Value{std::int64_t{-1}};
  const auto text = to_text(s);
  const auto at = last ? text.rfind(argument(a, 0)) : text.find(argument(a, 0));
  if (at == std::string::npos) return Value{std::int64_t{-1}};
  return Value{static_cast<std::int64_t>(java_length(std::string_view(text).substr(0, at)))};
}
Answer delimited_field(const Context&, const Value& s, Arguments a) {
  if (is_null(s)) return Value{};
  const auto text = to_text(s);
  TRY(const auto wanted, whole(a, 0));
  const auto delimiter = argument(a, 1, ","), quote = argument(a, 2, "\""), escape = argument(a, 3, "\\");
  const auto strip = to_boolean(a.size() > 4 ? a[4] : Value{false});
  std::string field;
  std::int64_t index = 1;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto is = [&](const std::string& mark) { return !mark.empty() && text[i] == mark[0]; };
    if (is(escape) && i + 1 < text.size() && (escape != quote)) {
      if (!std::get<bool>(strip)) field += text[i];
      field += text[++i];
    } else if (is(quote)) {
      inside = !inside;
      if (!std::get<bool>(strip)) field += text[i];
    } else if (!inside && is(delimiter)) {
      if (index++ == wanted) return Value{std::move(field)};
      field.clear();
    } else {
      field += text[i];
    }
  }
  return Value{index == wanted ? field : std::string{}};
}
Answer unique(const Context&, const Value& s, Arguments a) {
  return changed(s, [&](const std::string& text) {
    const auto separator = argument(a, 0, ",");
    std::vector<std::string> seen;
    std::string out;
    for (std::size_t begin = 0; begin <= text.size();) {
      auto end = separator.empty() ? std::string::npos : text.find(separator, begin);
      if (end == std::string::npos) end = text.size();
      auto item = text.substr(begin, end - begin);
      begin = end + std::max<std::size_t>(separator.size(), 1);
      if (std::ranges::count(seen, item) > 0) continue;
      if (!seen.empty()) out += separator;
      out += item;
      seen.push_back(std::move(item));
    }
    return out;
  });
}
Answer literal(const Context&, const Value&, Arguments a) { return a[0]; }
Answer hostname(const Context& context, const Value&, Arguments) { return Value{std::string(context.hostname)}; }
Answer uuid(const Context& context, const Value&, Arguments) {
  if (context.random == nullptr) return base::fail(base::ErrorKind::InvalidValue, "UUID() is not available here");
  const auto high = context.random->next(), low = context.random->next();
  return Value{fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF, high & 0xFFF,
                           0x8000 | ((low >> 48) & 0x3FFF), low & 0xFFFFFFFFFFFF)};
}

constexpr Function kFunctions[] = {
    {"toUpper", 0, 0, to_upper},
    {"toLower", 0, 0, to_lower},
    {"trim", 0, 0, trim},
    {"toString", 0, 0, to_string},
    {"length", 0, 0, length},
    {"substring", 1, 2, substring},
    {"substringBefore", 1, 1, part<Side::Before, Which::First>},
    {"substringBeforeLast", 1, 1, part<Side::Before, Which::Last>},
    {"substringAfter", 1, 1, part<Side::After, Which::First>},
    {"substringAfterLast", 1, 1, part<Side::After, Which::Last>},
    {"append", 1, 1, append},
    {"prepend", 1, 1, prepend},
    {"replace", 2, 2, replace},
    {"replaceFirst", 2, 2, replace_pattern<false>},
    {"replaceAll", 2, 2, replace_pattern<true>},
    {"replaceNull", 1, 1, replace_null},
    {"replaceEmpty", 1, 1, replace_empty},
    {"padLeft", 1, 2, pad<true>},
    {"padRight", 1, 2, pad<false>},
    {"repeat", 1, 2, repeat},
    {"indexOf", 1, 1, index_of<false>},
    {"lastIndexOf", 1, 1, index_of<true>},
    {"getDelimitedField", 1, 5, delimited_field},
    {"unique", 0, 1, unique},
    {"literal", 1, 1, literal, true},
    {"hostname", 0, 1, hostname, true},
    {"UUID", 0, 0, uuid, true},
};

}  // namespace

std::span<const Function> text_functions() { return kFunctions; }

}  // namespace flow::el

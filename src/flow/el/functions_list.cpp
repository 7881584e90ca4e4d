#include <fmt/format.h>

#include <algorithm>

#include "flow/el/tree.h"

namespace flow::el {
namespace {

base::Failure<base::Error> invalid(std::string message) {
  return base::fail(base::ErrorKind::InvalidValue, std::move(message));
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> items;
  for (std::size_t begin = 0;;) {
    const auto end = text.find(separator, begin);
    items.push_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) return items;
    begin = end + separator.size();
  }
}

std::vector<std::string_view> without_repeats(std::vector<std::string_view> items) {
  std::vector<std::string_view> seen;
  for (const auto item : items)
    if (std::ranges::find(seen, item) == seen.end()) seen.push_back(item);
  return seen;
}
std::vector<std::string_view> without_empty(std::vector<std::string_view> items) {
  std::erase_if(items, [](std::string_view item) { return item.empty(); });
  return items;
}
std::vector<std::string_view> without_empty_ends(std::vector<std::string_view> items) {
  const auto filled = [](std::string_view item) { return !item.empty(); };
  items.erase(items.begin(), std::ranges::find_if(items, filled));
  while (!items.empty() && items.back().empty()) items.pop_back();
  return items;
}

template <std::vector<std::string_view> (*change)(std::vector<std::string_view>)>
Answer changed_list(const Inputs& in) {
  if (is_null(in.subject)) return Value{std::string()};
  const auto* separator = std::get_if<std::string>(&in.arguments[0]);
  if (separator == nullptr || separator->empty()) return in.subject;
  return Value{fmt::format("{}", fmt::join(change(split(std::get<std::string>(in.subject), *separator)), *separator))};
}

/// The single character of an argument of getDelimitedField().
base::Result<char> character(const Inputs& in, std::size_t argument, char fallback, std::string_view what) {
  if (argument >= in.arguments.size()) return fallback;
  const auto* text = std::get_if<std::string>(&in.arguments[argument]);
  if (text == nullptr || text->size() != 1)
    return invalid(fmt::format("getDelimitedField: the {} must be a single character", what));
  return text->front();
}

Answer delimited_field(const Inputs& in) {
  const auto* text = std::get_if<std::string>(&in.subject);
  if (text == nullptr || text->empty()) return Value{std::string()};
  const auto* wanted = std::get_if<std::int64_t>(&in.arguments[0]);
  if (wanted == nullptr) return invalid("getDelimitedField: the index of the field is null");
  if (*wanted < 1) return Value{std::string()};
  TRY(const char delimiter, character(in, 1, ',', "delimiter"));
  TRY(const char quote, character(in, 2, '"', "quote"));
  TRY(const char escape, character(in, 3, '\\', "escape"));
  if (quote == delimiter || quote == escape || delimiter == escape)
    return invalid("getDelimitedField: delimiter, quote and escape must differ");
  const bool strip = in.arguments.size() > 4 && !is_null(in.arguments[4]) && std::get<bool>(in.arguments[4]);
  std::string field;
  std::int64_t index = 1;
  bool quoted = false, escaped = false;
  for (const char c : *text) {
    if (c == quote && !escaped) {
      quoted = !quoted;
      if (!strip && index == *wanted) field += c;
    } else if (c == delimiter && !escaped && !quoted) {
      if (index++ == *wanted) return Value{std::move(field)};
    } else if (index == *wanted && (c != escape || !strip)) {
      field += c;
    }
    escaped = c == escape && !escaped;
  }
  return Value{index == *wanted ? field : std::string()};
}

constexpr Function kFunctions[] = {
    {"getDelimitedField", Type::Text, 't', "wtttb", 1, delimited_field},
    {"unique", Type::Text, 't', "t", 1, changed_list<without_repeats>},
    {"compactDelimitedList", Type::Text, 't', "t", 1, changed_list<without_empty>},
    {"trimDelimitedList", Type::Text, 't', "t", 1, changed_list<without_empty_ends>},
};

}  // namespace

std::span<const Function> list_functions() { return kFunctions; }

}  // namespace flow::el

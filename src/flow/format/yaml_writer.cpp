#include "flow/format/yaml_writer.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "flow/format/json_text.h"

namespace flow {
namespace {

namespace json = boost::json;

/// Words that other readers of YAML take for truth values.
bool is_truth_word(std::string_view text) {
  constexpr std::string_view kWords[] = {"yes", "no", "on", "off", "true", "false", "null"};
  return std::ranges::any_of(kWords, [&](std::string_view word) {
    return std::ranges::equal(word, text, {}, {}, [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  });
}

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7F; }

bool may_stand_plain(std::string_view text) {
  if (text.empty() || plain_scalar(text) || is_truth_word(text)) return false;
  const auto first = static_cast<unsigned char>(text.front());
  if (!std::isalnum(first) && std::string_view("/_.$(^").find(text.front()) == std::string_view::npos) return false;
  if (text.back() == ' ' || text.back() == ':' || std::ranges::any_of(text, is_control)) return false;
  if (text.starts_with("...")) return false;
  return text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos;
}

/// A text of several lines whose lines need no quotes.
bool may_be_block(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.front() == ' ' || text.front() == '\n') return false;
  if (std::ranges::any_of(text, [](unsigned char c) { return is_control(c) && c != '\n' && c != '\t'; })) return false;
  return text.find(" \n") == std::string_view::npos && text.find("\t\n") == std::string_view::npos;
}

std::string scalar(std::string_view text) {
  if (may_stand_plain(text)) return std::string(text);
  if (std::ranges::any_of(text, is_control)) return json::serialize(json::string(text));
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c;
    if (c == '\'') quoted += c;
  }
  return quoted + "'";
}

void append(std::string& out, const json::value& value, std::size_t indent);

void append_block(std::string& out, std::string_view text, std::size_t indent) {
  const auto ends = text.size() - (text.find_last_not_of('\n') + 1);
  out += ends == 0 ? "|-" : ends == 1 ? "|" : "|+";
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    out += '\n';
    if (end > at) out.append(indent, ' ').append(text.substr(at, end - at));
    at = end + 1;
  }
  if (ends > 1) out.append(0, ' ');
}

/// What follows "name:" or "-".
void append_value(std::string& out, const json::value& value, std::size_t indent) {
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += '\n';
    append(out, value, indent);
  } else if (const auto* list = value.if_array(); list != nullptr && !list->empty()) {
    out += '\n';
    append(out, value, indent);
  } else {
    out += ' ';
    append(out, value, indent);
    out += '\n';
  }
}

void append(std::string& out, const json::value& value, std::size_t indent) {
  if (const auto* object = value.if_object()) {
    if (object->empty()) {
      out += "{}";
      return;
    }
    for (const auto& [name, inner] : *object) {
      out.append(indent, ' ').append(scalar(name)).append(":");
      append_value(out, inner, indent + 2);
    }
  } else if (const auto* list = value.if_array()) {
    if (list->empty()) {
      out += "[]";
      return;
    }
    for (const auto& inner : *list) {
      out.append(indent, ' ').append("-");
      append_value(out, inner, indent + 2);
    }
  } else if (const auto* text = value.if_string()) {
    if (may_be_block(*text))
      append_block(out, *text, indent);
    else
      out += scalar(*text);
  } else {
    out += number_text(value);
  }
}

}  // namespace

std::optional<json::value> plain_scalar(std::string_view text) {
  if (text.empty() || text == "null" || text == "~") return json::value();
  if (text == "true" || text == "false") return json::value(text == "true");
  if (text.front() != '-' && !std::isdigit(static_cast<unsigned char>(text.front()))) return std::nullopt;
  boost::system::error_code error;
  auto number = json::parse(text, error);
  if (error || !number.is_number()) return std::nullopt;
  // Boost's parser may miss the last digit.
  if (auto* real = number.if_double()) std::from_chars(text.data(), text.data() + text.size(), *real);
  return number;
}

std::string yaml_text(const json::value& value) {
  std::string out;
  append(out, value, 0);
  return out;
}

}  // namespace flow

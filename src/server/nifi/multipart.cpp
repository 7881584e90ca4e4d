#include "server/nifi/multipart.h"

#include "http/message.h"

namespace server::nifi {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view{}
                                         : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Of `; name="value"` or `; name=value`.
std::string parameter_of(std::string_view header, std::string_view wanted) {
  while (!header.empty()) {
    const auto semicolon = header.find(';');
    if (semicolon == std::string_view::npos) return {};
    header = trimmed(header.substr(semicolon + 1));
    const auto equals = header.find('=');
    if (equals == std::string_view::npos) return {};
    const bool found = http::equal_without_case(trimmed(header.substr(0, equals)), wanted);
    header = trimmed(header.substr(equals + 1));
    const bool quoted = header.starts_with('"');
    const auto end = quoted ? header.find('"', 1) : header.find(';');
    const auto value =
        quoted ? header.substr(1, end == std::string_view::npos ? end : end - 1) : trimmed(header.substr(0, end));
    if (found) return std::string(value);
    if (end == std::string_view::npos) return {};
    header.remove_prefix(end + (quoted ? 1 : 0));
  }
  return {};
}

std::string unescaped(std::string_view name) {
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto escape = name.substr(i, 3);
    const char byte = escape == "%22" ? '"' : escape == "%0D" ? '\r' : escape == "%0A" ? '\n' : '\0';
    text += byte == '\0' ? name[i] : byte;
    if (byte != '\0') i += 2;
  }
  return text;
}

}  // namespace

base::Result<std::vector<FormPart>> parse_form(std::string_view content_type, std::string_view body) {
  const auto broken = [](std::string_view what) {
    return base::fail(base::ErrorKind::InvalidValue, "the form cannot be read: " + std::string(what));
  };
  if (!http::equal_without_case(trimmed(content_type.substr(0, content_type.find(';'))), "multipart/form-data"))
    return broken("its Content-Type is not multipart/form-data");
  const auto boundary = parameter_of(content_type, "boundary");
  if (boundary.empty()) return broken("its Content-Type has no boundary");
  const std::string first = "--" + boundary;
  const std::string next = "\r\n" + first;
  if (!body.starts_with(first)) return broken("it does not begin with its boundary");
  body.remove_prefix(first.size());
  std::vector<FormPart> parts;
  while (!body.starts_with("--")) {
    if (!body.starts_with(kLineEnd)) return broken("no line end behind a boundary");
    body.remove_prefix(kLineEnd.size());
    FormPart part;
    for (;;) {
      const auto end = body.find(kLineEnd);
      if (end == std::string_view::npos) return broken("it ends in the headers of a part");
      const auto line = body.substr(0, end);
      body.remove_prefix(end + kLineEnd.size());
      if (line.empty()) break;
      const auto colon = line.find(':');
      if (colon == std::string_view::npos || !http::equal_without_case(line.substr(0, colon), "content-disposition"))
        continue;
      part.name = unescaped(parameter_of(line, "name"));
      part.file_name = unescaped(parameter_of(line, "filename"));
    }
    const auto end = body.find(next);
    if (end == std::string_view::npos) return broken("it ends before its last boundary");
    part.content = body.substr(0, end);
    body.remove_prefix(end + next.size());
    parts.push_back(std::move(part));
  }
  return parts;
}

std::string escape_form_name(std::string_view name) {
  std::string text;
  for (const char c : name) {
    switch (c) {
      case '"': text += "%22"; break;
      case '\r': text += "%0D"; break;
      case '\n': text += "%0A"; break;
      default: text += c;
    }
  }
  return text;
}

}  // namespace server::nifi

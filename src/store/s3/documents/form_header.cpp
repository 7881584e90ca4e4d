#include "store/s3/documents/form_header.h"

#include "http/message.h"
#include "store/s3/documents/text.h"

namespace store::s3 {
namespace {

/// What browsers write for a quote and for the two bytes of line ends.
std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto escape = text.substr(i, 3);
    const char byte = escape == "%22" ? '"' : escape == "%0D" ? '\r' : escape == "%0A" ? '\n' : '\0';
    result += byte == '\0' ? text[i] : byte;
    if (byte != '\0') i += 2;
  }
  return result;
}

/// Takes a value in quotes from the front; `text` begins behind the first of them.
std::string take_quoted(std::string_view& text) {
  std::string value;
  while (!text.empty() && text.front() != '"') {
    // A backslash in front of anything else is one: paths of some systems have them.
    if (text.starts_with("\\\"")) text.remove_prefix(1);
    value += text.front();
    text.remove_prefix(1);
  }
  return unescaped(value);
}

std::string take_value(std::string_view& text) {
  if (text.starts_with('"')) {
    text.remove_prefix(1);
    return take_quoted(text);
  }
  return std::string(trim(text.substr(0, text.find(';'))));
}

/// RFC 8187: charset'language'percent-encoded, of which only UTF-8 is in use.
std::string decode_extended(std::string_view value) {
  const auto quote = value.find('\'');
  const auto second = quote == std::string_view::npos ? quote : value.find('\'', quote + 1);
  return http::percent_decode(second == std::string_view::npos ? value : value.substr(second + 1));
}

}  // namespace

std::optional<std::string> header_parameter(std::string_view header, std::string_view name) {
  for (;;) {
    const auto semicolon = header.find(';');
    if (semicolon == std::string_view::npos) return std::nullopt;
    header.remove_prefix(semicolon + 1);
    const auto equals = header.find_first_of("=;");
    if (equals == std::string_view::npos || header[equals] == ';') continue;
    const auto found = trim(header.substr(0, equals));
    header = trim(header.substr(equals + 1));
    auto value = take_value(header);
    if (http::equal_without_case(found, name)) return value;
  }
}

std::optional<PartHeaders> read_part_headers(std::string_view lines) {
  PartHeaders headers;
  bool is_named = false;
  while (!lines.empty()) {
    const auto end = lines.find("\r\n");
    const auto line = lines.substr(0, end);
    lines = end == std::string_view::npos ? std::string_view{} : lines.substr(end + 2);
    if (line.empty()) continue;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto value = trim(line.substr(colon + 1));
    if (http::equal_without_case(line.substr(0, colon), "content-type")) headers.content_type = std::string(value);
    if (!http::equal_without_case(line.substr(0, colon), "content-disposition")) continue;
    if (!http::equal_without_case(trim(value.substr(0, value.find(';'))), "form-data")) return std::nullopt;
    const auto name = header_parameter(value, "name");
    if (!name) return std::nullopt;
    headers.name = *name;
    headers.file_name = header_parameter(value, "filename").value_or("");
    if (const auto extended = header_parameter(value, "filename*")) headers.file_name = decode_extended(*extended);
    is_named = true;
  }
  return is_named ? std::optional(std::move(headers)) : std::nullopt;
}

}  // namespace store::s3

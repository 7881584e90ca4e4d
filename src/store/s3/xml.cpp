#include "store/s3/xml.h"

#include <algorithm>

#include "store/s3/documents/text.h"

namespace store::s3 {

namespace {

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

/// What a request brought need not be UTF-8, and one other byte would make the document unreadable: those of such a
/// text become U+FFFD.
void append_escaped(std::string& to, std::string_view text) {
  const bool is_text = std::ranges::all_of(text, is_ascii) || code_points(text);
  for (const char c : text) {
    switch (c) {
      case '&': to += "&amp;"; break;
      case '<': to += "&lt;"; break;
      case '>': to += "&gt;"; break;
      case '"': to += "&quot;"; break;
      case '\'': to += "&apos;"; break;
      default:
        if (!is_text && !is_ascii(c)) {
          to += "\uFFFD";
        } else if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') {
          to += "&#" + std::to_string(static_cast<int>(c)) + ";";
        } else {
          to += c;
        }
    }
  }
}

/// Letters, digits and what stands between them in keys, dates and numbers.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '(' && c != '<' && c != '>'; });
}

}  // namespace

std::string xml_escape(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  append_escaped(escaped, text);
  return escaped;
}

XmlWriter::XmlWriter(std::string_view root, std::string_view xmlns)
    : xml_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {
  xml_.append("<").append(root);
  if (!xmlns.empty()) xml_.append(" xmlns=\"").append(xmlns).append("\"");
  xml_ += '>';
  open_.emplace_back(root);
}

XmlWriter& XmlWriter::open(std::string_view name) {
  xml_.append("<").append(name).append(">");
  open_.emplace_back(name);
  return *this;
}

XmlWriter& XmlWriter::close() {
  xml_.append("</").append(open_.back()).append(">");
  open_.pop_back();
  return *this;
}

XmlWriter& XmlWriter::text(std::string_view name, std::string_view value) {
  xml_.append("<").append(name).append(">");
  if (is_plain(value)) {
    xml_.append(value);
  } else {
    append_escaped(xml_, value);
  }
  xml_.append("</").append(name).append(">");
  return *this;
}

std::string XmlWriter::take() {
  while (!open_.empty()) close();
  return std::move(xml_);
}

}  // namespace store::s3

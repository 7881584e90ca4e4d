#include "store/s3/xml.h"

namespace store::s3 {

std::string xml_escape(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&apos;"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') {
          escaped += "&#" + std::to_string(static_cast<int>(c)) + ";";
        } else {
          escaped += c;
        }
    }
  }
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
  xml_.append("<").append(name).append(">").append(xml_escape(value)).append("</").append(name).append(">");
  return *this;
}

std::string XmlWriter::take() {
  while (!open_.empty()) close();
  return std::move(xml_);
}

}  // namespace store::s3

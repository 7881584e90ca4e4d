#include "flow/content/flow_file_package.h"

#include "flow/content/tar.h"
#include "flow/content/text_ends.h"

namespace flow {
namespace {

constexpr std::uint64_t kShortMax = 0xFFFF;  // from here on a length is this and four bytes more

void put_number(std::string& out, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xFF);
}

void put_length(std::string& out, std::uint64_t length) {
  if (length < kShortMax) return put_number(out, length, 2);
  put_number(out, kShortMax, 2);
  put_number(out, length, 4);
}

std::string head_of(const Attributes& attributes, std::uint64_t size) {
  std::string head;
  put_length(head, attributes.size());
  for (const auto& [name, value] : attributes) {
    for (const auto* text : {&name, &value}) {
      put_length(head, text->size());
      head += *text;
    }
  }
  put_number(head, size, 8);
  return head;
}

void put_xml(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&apos;"; break;
      default:
        // The other control characters cannot stand in XML.
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\r') out += c;
    }
  }
}

}  // namespace

base::Status write_package_v3(const Attributes& attributes, std::uint64_t size, ByteSource& content, ByteSink& sink) {
  TRY_VOID(sink.append("NiFiFF3"));
  return write_package_v2(attributes, size, content, sink);
}

base::Status write_package_v2(const Attributes& attributes, std::uint64_t size, ByteSource& content, ByteSink& sink) {
  TRY_VOID(sink.append(head_of(attributes, size)));
  return copy_bytes(content, sink);
}

base::Status write_package_v1(const Attributes& attributes, std::uint64_t size, ByteSource& content, ByteSink& sink) {
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!DOCTYPE properties\n"
      "  SYSTEM \"http://java.sun.com/dtd/properties.dtd\">\n<properties>";
  for (const auto& [name, value] : attributes) {
    xml += "\n  <entry key=\"";
    put_xml(xml, name);
    xml += "\">";
    put_xml(xml, value);
    xml += "</entry>";
  }
  xml += "</properties>";
  TarWriter tar(sink);
  TextSource text(xml);
  TRY_VOID(tar.add({.name = "flowfile.attributes", .size = xml.size()}, text));
  TRY_VOID(tar.add({.name = "flowfile.content", .size = size}, content));
  return tar.finish();
}

}  // namespace flow

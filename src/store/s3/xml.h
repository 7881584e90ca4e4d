#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace store::s3 {

inline constexpr std::string_view kNamespace = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Writes a document front to back. Some clients search for plain tags: no attributes but the root's, no blanks.
class XmlWriter {
 public:
  explicit XmlWriter(std::string_view root, std::string_view xmlns = kNamespace);
  XmlWriter& open(std::string_view name);
  XmlWriter& close();
  XmlWriter& text(std::string_view name, std::string_view value);
  XmlWriter& number(std::string_view name, std::uint64_t value) { return text(name, std::to_string(value)); }
  XmlWriter& flag(std::string_view name, bool value) { return text(name, value ? "true" : "false"); }
  /// Closes all that is open.
  std::string take();

 private:
  std::string xml_;
  std::vector<std::string> open_;
};

std::string xml_escape(std::string_view text);

}  // namespace store::s3

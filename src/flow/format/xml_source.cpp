#include "flow/format/xml_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/format/utf8.h"

namespace flow {

namespace json = boost::json;

base::Result<XmlSource> XmlSource::parse(std::string_view text, Places& places) {
  XmlSource source(places);
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n') source.line_ends_.push_back(i);
  // A value may be a single blank.
  const auto result =
      source.document_.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  if (!result) {
    const auto line = std::ranges::lower_bound(source.line_ends_, static_cast<std::size_t>(result.offset)) -
                      source.line_ends_.begin() + 1;
    return base::fail(base::ErrorKind::Syntax,
                      fmt::format("{}:{}: not valid XML: {}", places.file(), line, result.description()));
  }
  if (result.encoding == pugi::encoding_utf8) TRY_VOID(check_utf8(text, places.file()));
  source.locate("$", source.root());
  return source;
}

void XmlSource::locate(const std::string& path, pugi::xml_node node) {
  const auto offset = static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 0));
  const auto line = std::ranges::lower_bound(line_ends_, offset) - line_ends_.begin() + 1;
  places_.set_line(path, static_cast<std::size_t>(line));
}

void XmlSource::copy(pugi::xml_node node, std::span<const Member> members, json::object& into) const {
  for (const auto& member : members) {
    const auto child = node.child(member.element);
    if (!child) continue;
    const std::string_view text = child.text().get();
    switch (member.as) {
      case Member::As::Text: into[member.name] = text; break;
      case Member::As::Boolean: into[member.name] = text == "true"; break;
      case Member::As::Whole:
        if (!text.empty()) into[member.name] = text;  // the reader of JSON says what is no number
        if (const auto whole = child.text().as_llong(); std::to_string(whole) == text) into[member.name] = whole;
        break;
      case Member::As::Real:
        if (!text.empty()) into[member.name] = child.text().as_double();
        break;
    }
  }
}

std::string text_of(pugi::xml_node node, const char* child) { return node.child(child).text().get(); }

json::array texts_of(pugi::xml_node node, const char* child) {
  json::array list;
  for (const auto element : node.children(child)) list.emplace_back(element.text().get());
  return list;
}

json::object position_of(pugi::xml_node node) {
  const auto part = [&](const char* name) {
    const auto attribute = node.attribute(name);
    return attribute ? attribute.as_double() : node.child(name).text().as_double();
  };
  return {{"x", part("x")}, {"y", part("y")}};
}

json::object bundle_of(pugi::xml_node node) {
  return {{"group", text_of(node, "group")},
          {"artifact", text_of(node, "artifact")},
          {"version", text_of(node, "version")}};
}

}  // namespace flow

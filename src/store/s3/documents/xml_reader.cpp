#include "store/s3/documents/xml_reader.h"

#include <pugixml.hpp>

#include "store/s3/documents/text.h"

namespace store::s3 {
namespace {

constexpr int kDepthMax = 16;

std::string_view local_name(std::string_view name) {
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

bool is_element(const pugi::xml_node& node) { return node.type() == pugi::node_element; }

/// Whether no element lies deeper than documents of S3 go. Walks without recursion: the depth is the sender's choice.
bool is_shallow(const pugi::xml_node& root) {
  int depth = 1;
  auto node = root;
  for (;;) {
    if (node.first_child()) {
      node = node.first_child();
      if (++depth > kDepthMax + 1) return false;
      continue;
    }
    while (node != root && !node.next_sibling()) {
      node = node.parent();
      --depth;
    }
    if (node == root) return true;
    node = node.next_sibling();
  }
}

/// The one element that a document is, empty when there are several.
pugi::xml_node only_element(const pugi::xml_document& document) {
  pugi::xml_node found;
  for (const auto& node : document.children()) {
    if (!is_element(node)) continue;
    if (found) return {};
    found = node;
  }
  return found;
}

}  // namespace

S3Failure malformed_xml(std::string_view what) {
  std::string message = "The XML you provided was not well-formed or did not validate against our published schema";
  if (!what.empty()) message.append(": ").append(what);
  return refuse(400, "MalformedXML", std::move(message));
}

S3Failure invalid_argument(std::string message) { return refuse(400, "InvalidArgument", std::move(message)); }

std::string_view XmlElement::name() const { return local_name(pugi::xml_node(node_).name()); }

std::string XmlElement::text() const {
  std::string text;
  for (const auto& node : pugi::xml_node(node_).children())
    if (node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata) text += node.value();
  return text;
}

std::string XmlElement::attribute(std::string_view name) const {
  for (const auto& attribute : pugi::xml_node(node_).attributes())
    if (local_name(attribute.name()) == name) return attribute.value();
  return {};
}

std::optional<XmlElement> XmlElement::child(std::string_view name) const {
  for (const auto& node : pugi::xml_node(node_).children())
    if (is_element(node) && local_name(node.name()) == name) return XmlElement(node.internal_object());
  return std::nullopt;
}

std::vector<XmlElement> XmlElement::children(std::string_view name) const {
  std::vector<XmlElement> found;
  for (const auto& node : pugi::xml_node(node_).children())
    if (is_element(node) && (name.empty() || local_name(node.name()) == name))
      found.emplace_back(node.internal_object());
  return found;
}

std::optional<std::string> XmlElement::text_of(std::string_view name) const {
  const auto found = child(name);
  return found ? std::optional(found->text()) : std::nullopt;
}

S3Result<std::optional<std::int64_t>> XmlElement::integer_of(std::string_view name) const {
  const auto text = text_of(name);
  if (!text) return std::optional<std::int64_t>{};
  const auto value = to_integer(trim(*text));
  if (!value) return malformed_xml("no integer in " + std::string(name));
  return value;
}

S3Result<std::optional<bool>> XmlElement::flag_of(std::string_view name) const {
  const auto text = text_of(name);
  if (!text) return std::optional<bool>{};
  const auto value = to_lower(trim(*text));
  if (value != "true" && value != "false") return malformed_xml("neither true nor false in " + std::string(name));
  return std::optional(value == "true");
}

XmlDocument::XmlDocument(std::unique_ptr<pugi::xml_document> document) : document_(std::move(document)) {}
XmlDocument::XmlDocument(XmlDocument&&) noexcept = default;
XmlDocument& XmlDocument::operator=(XmlDocument&&) noexcept = default;
XmlDocument::~XmlDocument() = default;

S3Result<XmlDocument> XmlDocument::parse(std::string_view xml, std::string_view root) {
  if (!code_points(xml) || xml.find('\0') != std::string_view::npos) return malformed_xml("the text is not UTF-8");
  auto document = std::make_unique<pugi::xml_document>();
  // A key or a tag is what stands between its tags, even if that is a blank.
  const auto loaded = document->load_buffer(xml.data(), xml.size(), pugi::parse_default | pugi::parse_ws_pcdata_single,
                                            pugi::encoding_utf8);
  if (!loaded) return malformed_xml();
  const auto element = only_element(*document);
  if (!element || local_name(element.name()) != root) return malformed_xml("the root is not " + std::string(root));
  if (!is_shallow(element)) return malformed_xml("it is nested too deeply");
  return XmlDocument(std::move(document));
}

XmlElement XmlDocument::root() const { return XmlElement(only_element(*document_).internal_object()); }

}  // namespace store::s3

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/s3/s3_error.h"

namespace pugi {
class xml_document;
struct xml_node_struct;
}  // namespace pugi

namespace store::s3 {

/// 400 MalformedXML; `what` says in one sentence what is wrong, if more than the form is.
S3Failure malformed_xml(std::string_view what = {});
S3Failure invalid_argument(std::string message);

/// An element as the documents of S3 mean it: no namespaces (a name is what follows its prefix), no attributes but on
/// demand. A view into its XmlDocument.
class XmlElement {
 public:
  explicit XmlElement(pugi::xml_node_struct* node) : node_(node) {}

  std::string_view name() const;
  /// The text between its tags, blanks included.
  std::string text() const;
  /// The attribute of that local name, empty where there is none.
  std::string attribute(std::string_view local_name) const;
  /// The first child element of that name.
  std::optional<XmlElement> child(std::string_view name) const;
  /// The child elements of that name in their order; all of them without a name.
  std::vector<XmlElement> children(std::string_view name = {}) const;
  bool has(std::string_view name) const { return child(name).has_value(); }
  /// The text of a child, none when it is absent.
  std::optional<std::string> text_of(std::string_view name) const;
  /// A child that holds an integer. Errors: 400 MalformedXML when it does not.
  S3Result<std::optional<std::int64_t>> integer_of(std::string_view name) const;
  /// A child that holds true or false, in any case. Errors: 400 MalformedXML when it does not.
  S3Result<std::optional<bool>> flag_of(std::string_view name) const;

 private:
  pugi::xml_node_struct* node_;
};

/// A document that a client sent. Accepted with or without a declaration and a namespace, with any prefix.
class XmlDocument {
 public:
  /// Errors: 400 MalformedXML for ill-formed text, text that is not UTF-8, another root, or nesting that no document
  /// of S3 has.
  static S3Result<XmlDocument> parse(std::string_view xml, std::string_view root);
  XmlDocument(XmlDocument&&) noexcept;
  XmlDocument& operator=(XmlDocument&&) noexcept;
  ~XmlDocument();

  XmlElement root() const;

 private:
  explicit XmlDocument(std::unique_ptr<pugi::xml_document> document);
  std::unique_ptr<pugi::xml_document> document_;
};

}  // namespace store::s3

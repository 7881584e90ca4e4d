#pragma once

#include <boost/json.hpp>
#include <pugixml.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flow/format/problems.h"

namespace flow {

/// A parsed XML file that knows the line of each element, and how to make JSON of the usual shapes. Members whose
/// element is missing are left out of the JSON.
class XmlSource {
 public:
  /// Errors: Syntax, with the line.
  static base::Result<XmlSource> parse(std::string_view text, Places& places);

  pugi::xml_node root() const { return document_.document_element(); }
  /// Problems with the JSON below `path` are told with the line of `node`.
  void locate(const std::string& path, pugi::xml_node node);

  /// What `make(node, path)` gives for each child of that name; `list` is the path of the array.
  template <class F>
  boost::json::array each(pugi::xml_node parent, const char* element, const std::string& list, F&& make) {
    boost::json::array made;
    for (const auto node : parent.children(element)) {
      const auto path = path_below(list, made.size());
      locate(path, node);
      made.emplace_back(make(node, path));
    }
    return made;
  }

  struct Member {
    const char* element;
    const char* name;  // in JSON
    enum class As { Text, Whole, Real, Boolean } as = As::Text;
  };
  void copy(pugi::xml_node node, std::span<const Member> members, boost::json::object& into) const;

 private:
  explicit XmlSource(Places& places) : places_(places) {}

  Places& places_;
  pugi::xml_document document_;
  std::vector<std::size_t> line_ends_;
};

std::string text_of(pugi::xml_node node, const char* child);
/// The text of each child of that name.
boost::json::array texts_of(pugi::xml_node node, const char* child);
/// From attributes or children x and y.
boost::json::object position_of(pugi::xml_node node);
boost::json::object bundle_of(pugi::xml_node node);

}  // namespace flow

#pragma once

#include <boost/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flow {

/// How the text has a kind of component: what writer and reader must agree on.
struct TextShape {
  std::string_view list;  // in a group's JSON, and in the text
  std::string_view type;  // componentType
  bool is_end;            // of connections: its name is unique among all such of a group
  bool configured;        // has properties
  boost::json::object defaults;
};

/// Of what stands in groups; connections and groups apart.
std::span<const TextShape> text_shapes();
const TextShape& connection_shape();
const TextShape& group_shape();
std::span<const TextShape> remote_port_shapes();

constexpr std::string_view kTextMark = "freshet flow";
constexpr std::string_view kLayoutMark = "layout of";

/// Members that are no part of what a flow does.
std::span<const std::string_view> layout_members();

/// Names in a path, with "/" between them; a "/" in a name is "\/".
std::string text_path(std::string_view parent, std::string_view name);

}  // namespace flow

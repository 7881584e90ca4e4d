#include "flow/content/pretty_json.h"

#include <boost/json.hpp>

#include "flow/json_text.h"

namespace flow {
namespace {

namespace json = boost::json;

void put(std::string& out, const json::value& value, std::size_t depth) {
  if (const auto* object = value.if_object()) {
    if (object->empty()) {
      out += "{ }";
      return;
    }
    out += '{';
    for (const auto& [name, member] : *object) {
      out += out.back() == '{' ? "\n" : ",\n";
      out.append(2 * (depth + 1), ' ');
      append_json_string(out, name);
      out += " : ";
      put(out, member, depth + 1);
    }
    out.append("\n").append(2 * depth, ' ').append("}");
  } else if (const auto* array = value.if_array()) {
    out += "[ ";
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ", ";
      put(out, (*array)[i], depth);
    }
    out += array->empty() ? "]" : " ]";
  } else {
    append_json_text(out, value);
  }
}

}  // namespace

std::string pretty_json_text(const json::value& value) {
  std::string out;
  put(out, value, 0);
  return out;
}

}  // namespace flow

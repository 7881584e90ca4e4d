#include <boost/json.hpp>

#include "flow/format/definition_writer.h"
#include "flow/format/json_text.h"

namespace flow {
namespace {

namespace json = boost::json;

void append_pretty(std::string& out, const json::value& value, std::size_t depth) {
  const auto list = [&](const auto& entries, char open, char close, auto&& append) {
    if (entries.empty()) return void((out += open) += close);
    out += open;
    bool first = true;
    for (const auto& entry : entries) {
      out += first ? "\n" : ",\n";
      first = false;
      out.append(2 * (depth + 1), ' ');
      append(entry);
    }
    out += '\n';
    out.append(2 * depth, ' ');
    out += close;
  };
  if (const auto* array = value.if_array()) {
    list(*array, '[', ']', [&](const json::value& entry) { append_pretty(out, entry, depth + 1); });
  } else if (const auto* object = value.if_object()) {
    list(*object, '{', '}', [&](const auto& entry) {
      out += json::serialize(entry.key());
      out += ": ";
      append_pretty(out, entry.value(), depth + 1);
    });
  } else {
    out += number_text(value);
  }
}

}  // namespace

std::string definition_text(const json::object& definition) {
  std::string text;
  append_pretty(text, definition, 0);
  text += '\n';
  return text;
}

}  // namespace flow

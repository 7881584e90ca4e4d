#include "store/s3/documents/json_reader.h"

#include <boost/json.hpp>
#include <set>
#include <vector>

namespace store::s3 {
namespace {

namespace json = boost::json;

/// Where the string that begins at `at` ends: behind its closing quote.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at + 1;
}

/// A name as it is meant: what is written with escapes may be the same.
std::string unescaped(std::string_view quoted) {
  boost::system::error_code error;
  const auto value = json::parse({quoted.data(), quoted.size()}, error);
  return error || !value.is_string() ? std::string() : std::string(value.get_string().c_str());
}

/// The first name that an object of this valid JSON text has twice, empty where none does. The library keeps the last
/// member of each name and says nothing.
std::string repeated_name(std::string_view text) {
  std::vector<std::set<std::string>> names;  // of the objects around; one empty set for an array
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '{' || c == '[') names.emplace_back();
    if (c == '}' || c == ']') names.pop_back();
    if (c != '"') {
      ++at;
      continue;
    }
    const auto end = end_of_string(text, at);
    const auto next = text.find_first_not_of(" \t\r\n", end);
    if (next != std::string_view::npos && text[next] == ':') {
      auto name = unescaped(text.substr(at, end - at));
      if (!names.back().insert(name).second) return name;
    }
    at = end;
  }
  return {};
}

}  // namespace

S3Result<json::value> parse_json(std::string_view text, std::string_view code) {
  json::stream_parser parser;
  boost::system::error_code error;
  auto used = parser.write_some(text.data(), text.size(), error);
  if (!error && used == text.size()) parser.finish(error);
  if (error || used != text.size() || !parser.done())
    return refuse(400, std::string(code), "The document is not valid JSON at byte " + std::to_string(used));
  auto value = parser.release();
  if (const auto name = repeated_name(text); !name.empty())
    return refuse(400, std::string(code), "The document has two members of the name " + name);
  return value;
}

}  // namespace store::s3

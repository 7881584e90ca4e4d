#include "golden_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "flow/processors/record_test_services.h"

namespace flow::golden {
namespace {

namespace json = boost::json;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::string to_base64(std::string_view bytes) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    unsigned bits = 0;
    const auto count = std::min<std::size_t>(3, bytes.size() - at);
    for (std::size_t i = 0; i < 3; ++i) bits = bits << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i) text += i <= count ? kDigits[bits >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

std::string from_base64(std::string_view text) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int held = 0;
  for (const char c : text) {
    const auto digit = kDigits.find(c);
    if (digit == std::string_view::npos) continue;
    bits = bits << 6 | static_cast<unsigned>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xff);
  }
  return bytes;
}

namespace {

std::string text_of(const json::value& value) { return std::string(value.as_string()); }

/// A text, or an object with "content" or "base64".
std::string content_of(const json::value& value) {
  if (value.is_string()) return text_of(value);
  const auto& object = value.as_object();
  if (const auto* encoded = object.if_contains("base64")) return from_base64(encoded->as_string());
  const auto* content = object.if_contains("content");
  return content == nullptr ? "" : text_of(*content);
}

PropertyValues properties_of(const json::object& object) {
  PropertyValues properties;
  if (const auto* values = object.if_contains("properties"))
    for (const auto& [name, value] : values->as_object()) properties[std::string(name)] = text_of(value);
  return properties;
}

std::string simple_name(std::string_view type) { return std::string(type.substr(type.rfind('.') + 1)); }

Given given_of(const json::object& object) {
  Given given{content_of(object), {{"filename", "in.txt"}, {"path", "./"}}};
  if (const auto* attributes = object.if_contains("attributes"))
    for (const auto& [name, value] : attributes->as_object()) given.attributes[std::string(name)] = text_of(value);
  return given;
}

Recording recording_of(const json::object& object) {
  Recording recording{{}, object.at("outcome").as_object()};
  for (const auto& release : object.at("releases").as_array()) recording.releases.push_back(text_of(release));
  return recording;
}

Case case_of(const std::string& processor, const json::object& object) {
  Case read{.processor = processor, .name = text_of(object.at("name"))};
  read.properties = properties_of(object);
  if (const auto* properties = object.if_contains("properties"))
    for (const auto& [name, value] : properties->as_object()) read.order.emplace_back(name);
  if (const auto* annotation = object.if_contains("annotation")) read.annotation_data = text_of(*annotation);
  if (const auto* relationships = object.if_contains("relationships"))
    for (const auto& name : relationships->as_array()) read.relationships.push_back(text_of(name));
  if (const auto* services = object.if_contains("services"))
    for (const auto& [id, value] : services->as_object()) {
      const auto type = text_of(value.at("type"));
      read.services.push_back(service(std::string(id), simple_name(type), properties_of(value.as_object())));
    }
  if (const auto* given = object.if_contains("flowfiles")) {
    read.input = true;
    for (const auto& each : given->as_array()) read.given.push_back(given_of(each.as_object()));
  }
  if (const auto* files = object.if_contains("files")) {
    read.looks_at_files = true;
    for (const auto& [path, value] : files->as_object()) read.files[std::string(path)] = content_of(value);
  }
  if (object.contains("look")) read.looks_at_files = true;
  if (object.contains("any_order")) read.any_order = true;
  if (const auto* form = object.if_contains("form")) read.form = text_of(*form);
  for (const auto& each : object.at("made").as_array()) read.recordings.push_back(recording_of(each.as_object()));
  return read;
}

}  // namespace

std::vector<Case> read_cases(const std::filesystem::path& directory) {
  std::vector<Case> cases;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() != ".json") continue;
    const auto document = json::parse(read_file(entry.path()));
    const auto processor = text_of(document.at("processor"));
    for (const auto& each : document.at("cases").as_array()) cases.push_back(case_of(processor, each.as_object()));
  }
  return cases;
}

}  // namespace flow::golden

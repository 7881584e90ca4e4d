#include "store/s3/documents/tagging.h"

#include <algorithm>
#include <set>

#include "http/message.h"
#include "store/s3/documents/text.h"
#include "store/s3/documents/xml_reader.h"
#include "store/s3/xml.h"

namespace store::s3 {
namespace {

constexpr std::size_t kKeyCharactersMax = 128;
constexpr std::size_t kValueCharactersMax = 256;

std::size_t count_max(TagHolder holder) {
  switch (holder) {
    case TagHolder::Object: return 10;
    case TagHolder::Bucket: return 50;
  }
  return 0;
}

S3Failure invalid_tag(std::string message) { return refuse(400, "InvalidTag", std::move(message)); }

/// Letters, digits, spaces and a few marks; beyond ASCII anything.
bool has_allowed_characters(std::string_view text) {
  constexpr std::string_view kMarks = " +-=._:/@";
  return std::ranges::all_of(text, [kMarks](char c) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return static_cast<unsigned char>(c) >= 0x80 || is_letter || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

S3Result<void> check_tag(const Tag& tag) {
  const auto key_length = code_points(tag.key), value_length = code_points(tag.value);
  if (!key_length || *key_length == 0 || *key_length > kKeyCharactersMax || !has_allowed_characters(tag.key))
    return invalid_tag("The TagKey you have provided is invalid");
  if (!value_length || *value_length > kValueCharactersMax || !has_allowed_characters(tag.value))
    return invalid_tag("The TagValue you have provided is invalid");
  if (to_lower(tag.key).starts_with("aws:"))
    return invalid_tag("System tags cannot be added/updated by requester: " + tag.key);
  return {};
}

}  // namespace

S3Result<void> check_tags(const Tags& tags, TagHolder holder) {
  if (tags.size() > count_max(holder))
    return invalid_tag("The number of tags cannot be greater than " + std::to_string(count_max(holder)));
  std::set<std::string_view> keys;
  for (const auto& tag : tags) {
    TRY_VOID(check_tag(tag));
    if (!keys.insert(tag.key).second) return invalid_tag("Cannot provide multiple Tags with the same key: " + tag.key);
  }
  return {};
}

S3Result<Tag> read_tag(const XmlElement& element) {
  auto key = element.text_of("Key"), value = element.text_of("Value");
  if (!key || !value) return malformed_xml("a Tag needs a Key and a Value");
  return Tag{std::move(*key), std::move(*value)};
}

void write_tag(XmlWriter& xml, const Tag& tag) {
  xml.open("Tag").text("Key", tag.key).text("Value", tag.value).close();
}

S3Result<Tags> parse_tagging(std::string_view xml, TagHolder holder) {
  TRY(const auto document, XmlDocument::parse(xml, "Tagging"));
  const auto set = document.root().child("TagSet");
  if (!set) return malformed_xml("TagSet is missing");
  Tags tags;
  for (const auto& element : set->children()) {
    if (element.name() != "Tag") return malformed_xml("a TagSet has Tags only");
    TRY(auto tag, read_tag(element));
    tags.push_back(std::move(tag));
  }
  TRY_VOID(check_tags(tags, holder));
  return tags;
}

std::string print_tagging(const Tags& tags) {
  XmlWriter xml("Tagging");
  xml.open("TagSet");
  for (const auto& tag : tags) write_tag(xml, tag);
  return xml.take();
}

S3Result<Tags> parse_tagging_header(std::string_view header) {
  Tags tags;
  for (auto& [key, value] : http::parse_query(header)) tags.push_back({std::move(key), std::move(value)});
  TRY_VOID(check_tags(tags, TagHolder::Object));
  std::ranges::sort(tags, {}, &Tag::key);
  return tags;
}

}  // namespace store::s3

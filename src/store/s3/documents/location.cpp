#include "store/s3/documents/location.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/s3/documents/xml_reader.h"
#include "store/s3/xml.h"

namespace store::s3 {
namespace {

constexpr std::size_t kRegionBytesMax = 64;

/// Regions of other vendors have names of their own, but none needs more than this.
bool can_be_region(std::string_view name) {
  return name.size() <= kRegionBytesMax && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                  c == '.' || c == ':';
         });
}

S3Result<Tags> read_tags(const XmlElement& root) {
  Tags tags;
  if (const auto list = root.child("Tags")) {
    for (const auto& element : list->children("Tag")) {
      TRY(auto tag, read_tag(element));
      tags.push_back(std::move(tag));
    }
  }
  TRY_VOID(check_tags(tags, TagHolder::Bucket));
  return tags;
}

}  // namespace

S3Result<CreateBucketConfiguration> parse_create_bucket(std::string_view xml) {
  if (xml.empty()) return CreateBucketConfiguration{};
  TRY(const auto document, XmlDocument::parse(xml, "CreateBucketConfiguration"));
  const auto root = document.root();
  if (root.has("Location") || root.has("Bucket"))
    return refuse(501, "NotImplemented", "Directory buckets are not implemented.");
  CreateBucketConfiguration configuration;
  configuration.location_constraint = root.text_of("LocationConstraint").value_or("");
  if (!can_be_region(configuration.location_constraint))
    return refuse(400, "InvalidLocationConstraint", "The specified location-constraint is not valid");
  TRY(configuration.tags, read_tags(root));
  return configuration;
}

std::string print_create_bucket(const CreateBucketConfiguration& configuration) {
  XmlWriter xml("CreateBucketConfiguration");
  if (!configuration.location_constraint.empty()) xml.text("LocationConstraint", configuration.location_constraint);
  if (!configuration.tags.empty()) xml.open("Tags");
  for (const auto& tag : configuration.tags) write_tag(xml, tag);
  return xml.take();
}

std::string print_location(std::string_view region) {
  // The one document whose root has text.
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"{}\">{}</LocationConstraint>",
      kNamespace, region == "us-east-1" ? "" : xml_escape(region));
}

}  // namespace store::s3

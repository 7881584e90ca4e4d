#include "store/s3/documents/ownership_controls.h"

#include "store/s3/documents/xml_reader.h"
#include "store/s3/xml.h"

namespace store::s3 {

std::string_view name_of(ObjectOwnership ownership) {
  switch (ownership) {
    case ObjectOwnership::BucketOwnerEnforced: return "BucketOwnerEnforced";
    case ObjectOwnership::BucketOwnerPreferred: return "BucketOwnerPreferred";
    case ObjectOwnership::ObjectWriter: return "ObjectWriter";
  }
  return {};
}

std::optional<ObjectOwnership> object_ownership_of(std::string_view name) {
  using enum ObjectOwnership;
  for (const auto ownership : {BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter})
    if (name == name_of(ownership)) return ownership;
  return std::nullopt;
}

S3Result<ObjectOwnership> parse_ownership_controls(std::string_view xml) {
  TRY(const auto document, XmlDocument::parse(xml, "OwnershipControls"));
  const auto rules = document.root().children("Rule");
  if (rules.size() != 1) return malformed_xml("there must be one Rule");
  const auto ownership = object_ownership_of(rules.front().text_of("ObjectOwnership").value_or(""));
  if (!ownership) return malformed_xml("unknown ObjectOwnership");
  return *ownership;
}

std::string print_ownership_controls(ObjectOwnership ownership) {
  return XmlWriter("OwnershipControls").open("Rule").text("ObjectOwnership", name_of(ownership)).take();
}

S3Result<ObjectOwnership> parse_ownership_header(std::string_view value) {
  const auto ownership = object_ownership_of(value);
  if (!ownership) return invalid_argument("Invalid x-amz-object-ownership header: " + std::string(value));
  return *ownership;
}

bool has_acls(ObjectOwnership ownership) { return ownership != ObjectOwnership::BucketOwnerEnforced; }

bool is_of_bucket_owner(ObjectOwnership ownership, std::string_view canned_acl) {
  switch (ownership) {
    case ObjectOwnership::BucketOwnerEnforced: return true;
    case ObjectOwnership::BucketOwnerPreferred: return canned_acl == "bucket-owner-full-control";
    case ObjectOwnership::ObjectWriter: return false;
  }
  return false;
}

}  // namespace store::s3

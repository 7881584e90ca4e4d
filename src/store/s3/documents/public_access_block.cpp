#include "store/s3/documents/public_access_block.h"

#include "store/s3/documents/xml_reader.h"
#include "store/s3/xml.h"

namespace store::s3 {

S3Result<PublicAccessBlock> parse_public_access_block(std::string_view xml) {
  TRY(const auto document, XmlDocument::parse(xml, "PublicAccessBlockConfiguration"));
  const auto root = document.root();
  TRY(const auto block_acls, root.flag_of("BlockPublicAcls"));
  TRY(const auto ignore_acls, root.flag_of("IgnorePublicAcls"));
  TRY(const auto block_policy, root.flag_of("BlockPublicPolicy"));
  TRY(const auto restrict_buckets, root.flag_of("RestrictPublicBuckets"));
  return PublicAccessBlock{block_acls.value_or(false), ignore_acls.value_or(false), block_policy.value_or(false),
                           restrict_buckets.value_or(false)};
}

std::string print_public_access_block(const PublicAccessBlock& block) {
  XmlWriter xml("PublicAccessBlockConfiguration");
  xml.flag("BlockPublicAcls", block.block_public_acls).flag("IgnorePublicAcls", block.ignore_public_acls);
  xml.flag("BlockPublicPolicy", block.block_public_policy);
  xml.flag("RestrictPublicBuckets", block.restrict_public_buckets);
  return xml.take();
}

std::string print_policy_status(bool is_public) { return XmlWriter("PolicyStatus").flag("IsPublic", is_public).take(); }

}  // namespace store::s3

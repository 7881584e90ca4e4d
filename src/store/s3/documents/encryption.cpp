#include "store/s3/documents/encryption.h"

#include "store/s3/documents/xml_reader.h"
#include "store/s3/xml.h"

namespace store::s3 {
namespace {

/// A rule may forbid ways to encrypt; NONE forbids none.
bool blocks_something(const XmlElement& rule) {
  const auto blocked = rule.child("BlockedEncryptionTypes");
  if (!blocked) return false;
  for (const auto& type : blocked->children("EncryptionType"))
    if (type.text() != "NONE") return true;
  return false;
}

}  // namespace

std::string_view name_of(SseAlgorithm algorithm) {
  switch (algorithm) {
    case SseAlgorithm::Aes256: return "AES256";
    case SseAlgorithm::AwsKms: return "aws:kms";
  }
  return {};
}

std::optional<SseAlgorithm> sse_algorithm_of(std::string_view name) {
  if (name == "AES256") return SseAlgorithm::Aes256;
  if (name == "aws:kms") return SseAlgorithm::AwsKms;
  return std::nullopt;
}

S3Result<EncryptionConfiguration> parse_encryption(std::string_view xml) {
  TRY(const auto document, XmlDocument::parse(xml, "ServerSideEncryptionConfiguration"));
  const auto rules = document.root().children("Rule");
  if (rules.size() != 1) return malformed_xml("there must be one Rule");
  const auto defaults = rules.front().child("ApplyServerSideEncryptionByDefault");
  if (!defaults) return malformed_xml("ApplyServerSideEncryptionByDefault is missing");
  if (blocks_something(rules.front()))
    return refuse(501, "NotImplemented", "BlockedEncryptionTypes is not implemented.");
  const auto name = defaults->text_of("SSEAlgorithm").value_or("");
  if (name == "aws:kms:dsse") return refuse(501, "NotImplemented", "aws:kms:dsse is not implemented.");
  const auto algorithm = sse_algorithm_of(name);
  if (!algorithm) return malformed_xml("SSEAlgorithm is neither AES256 nor aws:kms");
  EncryptionConfiguration configuration{.algorithm = *algorithm};
  configuration.kms_key_id = defaults->text_of("KMSMasterKeyID");
  if (configuration.kms_key_id && *algorithm == SseAlgorithm::Aes256)
    return invalid_argument("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms");
  TRY(configuration.bucket_key_enabled, rules.front().flag_of("BucketKeyEnabled"));
  return configuration;
}

std::string print_encryption(const EncryptionConfiguration& configuration) {
  XmlWriter xml("ServerSideEncryptionConfiguration");
  xml.open("Rule").open("ApplyServerSideEncryptionByDefault");
  xml.text("SSEAlgorithm", name_of(configuration.algorithm));
  if (configuration.kms_key_id) xml.text("KMSMasterKeyID", *configuration.kms_key_id);
  xml.close();
  if (configuration.bucket_key_enabled) xml.flag("BucketKeyEnabled", *configuration.bucket_key_enabled);
  return xml.take();
}

}  // namespace store::s3

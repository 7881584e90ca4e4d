#include "flow/services/s3_encryption.h"

#include <fmt/format.h>

#include "flow/engine/processor.h"

namespace flow {
namespace {

constexpr Allowed kStrategies[] = {{"NONE", "None"},
                                   {"SSE_S3", "Server-side S3"},
                                   {"SSE_KMS", "Server-side KMS"},
                                   {"SSE_C", "Server-side Customer Key", false},
                                   {"CSE_KMS", "Client-side KMS", false},
                                   {"CSE_C", "Client-side Customer Key", false}};
constexpr Allowed kPolicies[] = {{"REQUIRE_ENCRYPT_REQUIRE_DECRYPT", "Require Encrypt Require Decrypt"},
                                 {"REQUIRE_ENCRYPT_ALLOW_DECRYPT", "Require Encrypt Allow Decrypt"},
                                 {"FORBID_ENCRYPT_ALLOW_DECRYPT", "Forbid Encrypt Allow Decrypt"}};
constexpr Property kProperties[] = {
    {.name = "Encryption Strategy",
     .old_name = "encryption-strategy",
     .fallback = "NONE",
     .required = true,
     .allowed = kStrategies},
    {.name = "KMS Key ID",
     .help = "Of Server-side KMS; the local store has keys of these names",
     .scope = Scope::Environment,
     .sensitive = true},
    {.name = "Key ID or Key Material",
     .old_name = "key-id-or-key-material",
     .help = "The same, as NiFi 1 called it",
     .scope = Scope::Environment,
     .sensitive = true},
    {.name = "Key Material", .scope = Scope::Environment, .sensitive = true, .no_effect = true},
    {.name = "KMS Region", .old_name = "kms-region", .fallback = "us-west-2", .no_effect = true},
    {.name = "Commitment Policy",
     .help = "Of encryption at the client",
     .fallback = kPolicies[0].value,
     .allowed = kPolicies,
     .no_effect = true},
};

class S3EncryptionService final : public ControllerService, public S3Encryption {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    strategy_ = configuration.text_or("Encryption Strategy", "NONE");
    if (strategy_ == "SSE_S3") kind_ = ObjectEncryption::Aes256;
    if (strategy_ != "SSE_KMS") return {};
    kind_ = ObjectEncryption::Kms;
    key_ = configuration.text_or("KMS Key ID", configuration.text_or("Key ID or Key Material", ""));
    if (!key_.empty()) return {};
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("{}, property 'KMS Key ID': is required for SSE_KMS", configuration.error_prefix()));
  }
  ObjectEncryption kind() const override { return kind_; }
  const std::string& key() const override { return key_; }
  const std::string& strategy() const override { return strategy_; }

 private:
  ObjectEncryption kind_ = ObjectEncryption::None;
  std::string key_;
  std::string strategy_;
};

constexpr std::string_view kApis[] = {S3Encryption::kApi};

}  // namespace

const Description kS3EncryptionService{
    .type = "org.apache.nifi.processors.aws.s3.encryption.StandardS3EncryptionService",
    .bundle = "org.apache.nifi:nifi-aws-nar",
    .help = "How PutS3Object has objects encrypted.",
    .properties = kProperties,
    .apis = kApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new S3EncryptionService); },
};

}  // namespace flow

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/s3/s3_error.h"

namespace store::s3 {

enum class SseAlgorithm { Aes256, AwsKms };

/// "AES256", "aws:kms": as in documents and in the header x-amz-server-side-encryption.
std::string_view name_of(SseAlgorithm algorithm);
std::optional<SseAlgorithm> sse_algorithm_of(std::string_view name);

/// How a bucket encrypts the objects that say nothing about it.
struct EncryptionConfiguration {
  SseAlgorithm algorithm = SseAlgorithm::Aes256;
  std::optional<std::string> kms_key_id;  // only of AwsKms
  std::optional<bool> bucket_key_enabled;

  bool operator==(const EncryptionConfiguration&) const = default;
};

/// A ServerSideEncryptionConfiguration, which has one rule.
/// Errors: 400 MalformedXML for another algorithm or number of rules; 400 InvalidArgument for a KMS key beside AES256;
/// 501 NotImplemented for aws:kms:dsse and for blocked encryption types.
/// Source: Amazon S3 API Reference, "PutBucketEncryption".
S3Result<EncryptionConfiguration> parse_encryption(std::string_view xml);
std::string print_encryption(const EncryptionConfiguration& configuration);

}  // namespace store::s3

#pragma once

#include <string>
#include <string_view>

#include "flow/description.h"
#include "flow/object_target.h"

namespace flow {

/// How objects are encrypted at rest.
class S3Encryption {
 public:
  static constexpr std::string_view kApi = "org.apache.nifi.processors.aws.s3.AmazonS3EncryptionService";
  virtual ~S3Encryption() = default;
  virtual ObjectEncryption kind() const = 0;
  virtual const std::string& key() const = 0;       // of Kms
  virtual const std::string& strategy() const = 0;  // "SSE_S3", for attributes
};

extern const Description kS3EncryptionService;

}  // namespace flow

#pragma once

#include <string>
#include <string_view>

#include "flow/description.h"

namespace flow {

/// What requests to AWS, or to what speaks like it, are signed with.
struct AwsCredentials {
  std::string access_key;  // empty: those of the machine (environment, profile), where the AWS tools look
  std::string secret_key;
};

class AwsCredentialsProvider {
 public:
  static constexpr std::string_view kApi =
      "org.apache.nifi.processors.aws.credentials.provider.service.AWSCredentialsProviderService";
  virtual ~AwsCredentialsProvider() = default;
  virtual const AwsCredentials& credentials() const = 0;
};

extern const Description kAwsCredentialsService;

}  // namespace flow

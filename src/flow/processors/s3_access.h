#pragma once

#include <array>
#include <memory>
#include <string>

#include "flow/engine/processor.h"
#include "flow/engine/session.h"
#include "flow/object_target.h"
#include "flow/services/aws_credentials.h"
#include "flow/services/properties.h"
#include "flow/services/proxy_configuration.h"
#include "flow/services/ssl_context.h"

// What the processors of S3 have in common: their properties, the way to a target, and what a refusal looks like.
namespace flow {

constexpr Allowed kS3Truths[] = {{"true", "True"}, {"false", "False"}};
constexpr Allowed kS3Signers[] = {{"Default Signature"},
                                  {"AWSS3V4SignerType", "Signature Version 4"},
                                  {"S3SignerType", "Signature Version 2"},
                                  {"CustomSignerType", "Custom Signature"}};

constexpr std::array<Property, 2> kS3Object{{
    {.name = "Bucket", .fallback = "${s3.bucket}", .required = true, .scope = Scope::FlowFile},
    {.name = "Object Key", .fallback = "${filename}", .required = true, .scope = Scope::FlowFile},
}};
constexpr std::array<Property, 1> kS3CustomRegion{
    {{.name = "Custom Region", .old_name = "custom-region", .scope = Scope::FlowFile}}};
constexpr std::array<Property, 16> kS3Service{{
    {.name = "Region", .old_name = "aws-region", .fallback = "us-west-2", .required = true},
    {.name = "Access Key", .scope = Scope::Environment, .sensitive = true},
    {.name = "Secret Key", .scope = Scope::Environment, .sensitive = true},
    {.name = "Credentials File", .no_effect = true},
    {.name = "AWS Credentials Provider Service",
     .old_name = "AWS Credentials Provider service",
     .help = "Counts for more than Access Key and Secret Key",
     .service = AwsCredentialsProvider::kApi},
    {.name = "Endpoint Override URL", .scope = Scope::Environment},
    {.name = "Communications Timeout", .fallback = "30 secs", .required = true, .no_effect = true},
    {.name = "SSL Context Service",
     .help = "Without stores of its own: certificates are checked against the machine's or the configuration's",
     .service = SslContext::kApi},
    {.name = "Signer Override", .fallback = "Default Signature", .allowed = kS3Signers, .no_effect = true},
    {.name = "Custom Signer Class Name",
     .old_name = "custom-signer-class-name",
     .required = true,
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Custom Signer Module Location",
     .old_name = "custom-signer-module-location",
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Proxy Configuration Service",
     .old_name = "proxy-configuration-service",
     .help = "Of type DIRECT only; the environment's HTTPS_PROXY counts",
     .service = ProxyConfiguration::kApi},
    {.name = "Proxy Host", .scope = Scope::Environment, .no_effect = true},
    {.name = "Proxy Host Port", .scope = Scope::Environment, .no_effect = true},
    {.name = "Proxy Username", .old_name = "proxy-user-name", .no_effect = true},
    {.name = "Proxy Password", .old_name = "proxy-user-password", .sensitive = true, .no_effect = true},
}};
constexpr std::array<Property, 1> kS3RequesterPays{{{.name = "Requester Pays",
                                                     .old_name = "requester-pays",
                                                     .help = "Whether requests say that they pay for what they cost",
                                                     .fallback = "false",
                                                     .required = true,
                                                     .allowed = kS3Truths}}};

constexpr std::string_view kAwsBundle = "org.apache.nifi:nifi-aws-nar";

/// Which service a processor means, and as whom.
class S3Access {
 public:
  /// Errors: Unsupported for ways there that are not.
  static base::Result<S3Access> from(const Configuration& configuration);

  /// Without a flowfile: for a processor that takes none.
  base::Result<std::shared_ptr<ObjectTarget>> target(const Configuration& configuration, const Services& services,
                                                     const std::string& bucket) const;
  /// Where the region is an attribute of the flowfile, it counts.
  base::Result<std::shared_ptr<ObjectTarget>> target(const Configuration& configuration, const Services& services,
                                                     const std::string& bucket, const Session& session,
                                                     const FlowFile& file) const;

 private:
  TargetRequest request_;
};

/// The object that a flowfile names by Bucket, Object Key and, where `version` is not empty, the property of that name.
base::Result<ObjectName> object_name(const Configuration& configuration, const Session& session, const FlowFile& file,
                                     std::string_view version = {});

/// Sends the flowfile to failure, penalised, with attributes s3.exception, s3.statusCode, s3.errorCode and
/// s3.errorMessage.
void fail_object(const Configuration& configuration, Session& session, FlowFile& file, const ObjectError& error);

/// Sets s3.expirationTime (in ms) and s3.expirationTimeRuleId from the header x-amz-expiration; nothing for an empty
/// one.
void put_expiration(Session& session, FlowFile& file, std::string_view header);

}  // namespace flow

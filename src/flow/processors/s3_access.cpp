#include "flow/processors/s3_access.h"

#include <fmt/format.h>

#include "flow/processors/checked_property.h"
#include "flow/processors/failure.h"
#include "store/s3/time_text.h"

namespace flow {
namespace {

constexpr std::string_view kOfAttribute = "attribute-defined-region";
constexpr std::string_view kCustom = "use-custom-region";

/// What stands in quotes behind `name=`.
std::string_view quoted_value(std::string_view header, std::string_view name) {
  const auto at = header.find(std::string(name) + "=\"");
  if (at == std::string_view::npos) return {};
  header.remove_prefix(at + name.size() + 2);
  return header.substr(0, header.find('"'));
}

}  // namespace

base::Result<S3Access> S3Access::from(const Configuration& configuration) {
  S3Access access;
  auto& request = access.request_;
  request.region = configuration.text_or("Region", "");
  request.endpoint = configuration.text_or("Endpoint Override URL", "");
  request.path_style = configuration.flag("Use Path Style Access") || !request.endpoint.empty();
  request.access_key = configuration.text_or("Access Key", "");
  request.secret_key = configuration.text_or("Secret Key", "");
  if (const auto provider = configuration.service<AwsCredentialsProvider>("AWS Credentials Provider Service")) {
    request.access_key = provider->credentials().access_key;
    request.secret_key = provider->credentials().secret_key;
  }
  const auto unsupported = [&](std::string_view property, std::string_view what) {
    return base::fail(base::ErrorKind::Unsupported,
                      fmt::format("{}, property '{}': {}", configuration.error_prefix(), property, what));
  };
  const auto proxy = configuration.service<ProxyConfiguration>("Proxy Configuration Service");
  if (proxy != nullptr && proxy->proxy().type != "DIRECT")
    return unsupported("Proxy Configuration Service", "a proxy is not supported; set HTTPS_PROXY in the environment");
  const auto ssl = configuration.service<SslContext>("SSL Context Service");
  if (ssl != nullptr && !(ssl->key_store().path.empty() && ssl->trust_store().path.empty()))
    return unsupported("SSL Context Service",
                       "stores of certificates are not supported; configure ca_bundle for the endpoint");
  return access;
}

base::Result<std::shared_ptr<ObjectTarget>> S3Access::target(const Configuration& configuration,
                                                             const Services& services,
                                                             const std::string& bucket) const {
  auto request = request_;
  request.bucket = bucket;
  if (request.region == kCustom) request.region = configuration.text_or("Custom Region", "");
  return services.targets.find(request);
}

base::Result<std::shared_ptr<ObjectTarget>> S3Access::target(const Configuration& configuration,
                                                             const Services& services, const std::string& bucket,
                                                             const Session& session, const FlowFile& file) const {
  auto request = request_;
  request.bucket = bucket;
  if (request.region == kOfAttribute) request.region = file.attribute("s3.region");
  if (request.region == kCustom) {
    TRY(request.region, configuration.evaluate_or("Custom Region", session, file, ""));
  }
  return services.targets.find(request);
}

base::Result<ObjectName> object_name(const Configuration& configuration, const Session& session, const FlowFile& file,
                                     std::string_view version) {
  ObjectName name;
  TRY(name.bucket, configuration.evaluate_or("Bucket", session, file, ""));
  TRY(name.key, configuration.evaluate_or("Object Key", session, file, ""));
  if (!version.empty()) {
    TRY(name.version, configuration.evaluate_or(version, session, file, ""));
  }
  name.requester_pays = configuration.flag("Requester Pays");
  for (const auto& [property, value] :
       {std::pair{"Bucket", std::string_view(name.bucket)}, std::pair{"Object Key", std::string_view(name.key)}})
    if (value.find_first_not_of(" \t\r\n") == std::string_view::npos)
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("'{}' is empty", property));
  return name;
}

void fail_object(const Configuration& configuration, Session& session, FlowFile& file, const ObjectError& error) {
  const bool answered = error.status != 0;
  session.put_attribute(
      file, "s3.exception",
      answered ? "com.amazonaws.services.s3.model.AmazonS3Exception" : "com.amazonaws.SdkClientException");
  if (answered) {
    session.put_attribute(file, "s3.statusCode", std::to_string(error.status));
    session.put_attribute(file, "s3.errorCode", error.code);
  }
  session.put_attribute(file, "s3.errorMessage", error.message);
  send_penalised_to_failure(configuration, session, file,
                            answered ? fmt::format("{}: {}", error.code, error.message) : error.message);
}

void put_expiration(Session& session, FlowFile& file, std::string_view header) {
  const auto date = store::s3::parse_http_time(quoted_value(header, "expiry-date"));
  if (!date) return;
  session.put_attribute(file, "s3.expirationTime", std::to_string(date->ns / 1'000'000));
  session.put_attribute(file, "s3.expirationTimeRuleId", std::string(quoted_value(header, "rule-id")));
}

}  // namespace flow

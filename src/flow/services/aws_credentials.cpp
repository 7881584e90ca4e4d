#include "flow/services/aws_credentials.h"

#include <fmt/format.h>

#include "base/disk.h"
#include "flow/engine/processor.h"

namespace flow {
namespace {

constexpr Allowed kNo[] = {{"false"}, {"true", {}, false}};
constexpr Allowed kSigners[] = {
    {"Default Signature"}, {"AWS4SignerType", "Signature Version 4"}, {"CustomSignerType", "Custom Signature"}};
constexpr Property kProperties[] = {
    {.name = "Use Default Credentials",
     .old_name = "default-credentials",
     .help = "Those of the machine, where the AWS tools look; also when nothing else is set",
     .fallback = "false",
     .kind = Property::Kind::Boolean},
    {.name = "Access Key ID", .old_name = "Access Key", .scope = Scope::Environment, .sensitive = true},
    {.name = "Secret Access Key", .old_name = "Secret Key", .scope = Scope::Environment, .sensitive = true},
    {.name = "Credentials File", .help = "Lines accessKey=... and secretKey=..."},
    {.name = "Profile Name", .old_name = "profile-name", .scope = Scope::Environment, .unsupported = true},
    {.name = "Use Anonymous Credentials",
     .old_name = "anonymous-credentials",
     .fallback = "false",
     .allowed = kNo,
     .kind = Property::Kind::Boolean},
    {.name = "Assume Role ARN", .unsupported = true},
    {.name = "Assume Role Session Name", .no_effect = true},
    {.name = "Assume Role Session Time", .old_name = "Session Time", .fallback = "3600", .no_effect = true},
    {.name = "Assume Role External ID", .old_name = "assume-role-external-id", .no_effect = true},
    {.name = "Assume Role SSL Context Service", .old_name = "assume-role-ssl-context-service", .no_effect = true},
    {.name = "Assume Role Proxy Configuration Service",
     .old_name = "assume-role-proxy-configuration-service",
     .no_effect = true},
    {.name = "Assume Role Proxy Host", .old_name = "assume-role-proxy-host", .no_effect = true},
    {.name = "Assume Role Proxy Port", .old_name = "assume-role-proxy-port", .no_effect = true},
    {.name = "Assume Role STS Region",
     .old_name = "assume-role-sts-region",
     .fallback = "us-west-2",
     .no_effect = true},
    {.name = "Assume Role STS Endpoint Override", .old_name = "assume-role-sts-endpoint", .no_effect = true},
    {.name = "Assume Role STS Signer Override",
     .old_name = "assume-role-sts-signer-override",
     .fallback = kSigners[0].value,
     .allowed = kSigners,
     .no_effect = true},
    {.name = "Custom Signer Class Name",
     .old_name = "custom-signer-class-name",
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Custom Signer Module Location",
     .old_name = "custom-signer-module-location",
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "OAuth2 Access Token Provider", .unsupported = true},
};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// The file that AWS's PropertiesCredentials reads.
base::Result<AwsCredentials> read_file(const std::string& path) {
  base::PosixDisk disk;
  TRY(const auto text, disk.read_all(path));
  AwsCredentials credentials;
  for (std::string_view rest = text; !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const auto name = trimmed(line.substr(0, equals));
    if (name == "accessKey") credentials.access_key = trimmed(line.substr(equals + 1));
    if (name == "secretKey") credentials.secret_key = trimmed(line.substr(equals + 1));
  }
  if (credentials.access_key.empty() || credentials.secret_key.empty())
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("'{}' does not say both accessKey and secretKey", path));
  return credentials;
}

class AwsCredentialsService final : public ControllerService, public AwsCredentialsProvider {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    const auto wrong = [&](std::string_view what) {
      return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}: {}", configuration.error_prefix(), what));
    };
    credentials_ = {configuration.text_or("Access Key ID", ""), configuration.text_or("Secret Access Key", "")};
    const auto file = configuration.text_or("Credentials File", "");
    const bool has_key = !credentials_.access_key.empty();
    if (has_key == credentials_.secret_key.empty()) return wrong("set both Access Key ID and Secret Access Key");
    if (has_key + !file.empty() + configuration.flag("Use Default Credentials") > 1)
      return wrong("set one of Use Default Credentials, Access Key ID, Credentials File");
    if (file.empty()) return {};
    auto read = read_file(file);
    if (!read)
      return base::fail(read.error().kind, fmt::format("{}: {}", configuration.error_prefix(), read.error().message));
    credentials_ = std::move(*read);
    return {};
  }
  const AwsCredentials& credentials() const override { return credentials_; }

 private:
  AwsCredentials credentials_;
};

constexpr std::string_view kApis[] = {AwsCredentialsProvider::kApi};
constexpr std::string_view kAliases[] = {"AWSCredentialsService"};  // MiNiFi C++

}  // namespace

const Description kAwsCredentialsService{
    .type = "org.apache.nifi.processors.aws.credentials.provider.service.AWSCredentialsProviderControllerService",
    .bundle = "org.apache.nifi:nifi-aws-nar",
    .help = "The keys that requests to S3 are signed with: given, of a file, or the machine's.",
    .properties = kProperties,
    .apis = kApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new AwsCredentialsService); },
    .aliases = kAliases,
};

}  // namespace flow

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/client.h"
#include "store/s3/credentials.h"
#include "store/s3/environment.h"

namespace store::s3 {

/// Where credentials are looked for. The references outlive every search.
struct CredentialSearch {
  const Environment& environment;
  const base::WallClock& wall_clock;
  std::string region = "us-east-1";      // of the token service
  std::shared_ptr<http::ClientTls> tls;  // for https; none: the system's authorities
  bool anonymous = false;                // when there are none: go on without; else that is an error
  std::string container_url = "http://169.254.170.2";
  std::chrono::milliseconds metadata_timeout{1'000};
};

/// The first that is configured of: the environment's variables, a web identity token, the shared files' profile, the
/// container's endpoint, the instance's metadata service (IMDSv2).
/// Errors: Denied when there are none, or a configured source refused; Unavailable when it does not answer;
/// InvalidValue when it cannot be understood; Unsupported for roles that need a device (MFA).
/// Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
base::Result<Credentials> find_credentials(const CredentialSearch& search);

/// Where the instance runs that this is, if it is one.
std::optional<std::string> region_of_instance(const CredentialSearch& search);

/// Temporary credentials as credential_process, containers and instances print them: AccessKeyId, SecretAccessKey,
/// Token or SessionToken, Expiration. Errors: InvalidValue.
base::Result<Credentials> parse_credentials_json(std::string_view text);

}  // namespace store::s3

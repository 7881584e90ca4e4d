#include "store/s3/credential_chain.h"

#include "store/s3/credential_services.h"
#include "store/s3/profiles.h"

namespace store::s3 {
namespace {

using Found = base::Result<std::optional<Credentials>>;
constexpr int kRoleDepthMax = 5;

Found some(base::Result<Credentials> credentials) {
  if (!credentials) return std::move(credentials).failure();
  return std::optional(std::move(*credentials));
}

Found from_variables(const CredentialSearch& search) {
  const auto id = search.environment.variable("AWS_ACCESS_KEY_ID"),
             secret = search.environment.variable("AWS_SECRET_ACCESS_KEY");
  if (!id || !secret) return std::optional<Credentials>();
  return std::optional(Credentials{{*id, *secret}, search.environment.variable("AWS_SESSION_TOKEN").value_or(""), {}});
}

Found from_web_identity(const CredentialSearch& search, const Profiles& profiles) {
  const auto file = search.environment.variable("AWS_WEB_IDENTITY_TOKEN_FILE"),
             role = search.environment.variable("AWS_ROLE_ARN");
  if (!file || !role) return std::optional<Credentials>();
  Role asked{.arn = *role, .session_name = search.environment.variable("AWS_ROLE_SESSION_NAME").value_or("freshet")};
  return some(assume_role_with_token(search, profiles, asked, *file));
}

/// Looks up one profile after the other until it comes to keys.
class ProfileSearch {
 public:
  ProfileSearch(const CredentialSearch& search, const Profiles& profiles) : search_(search), profiles_(profiles) {}

  Found find(const std::string& profile, int depth) const {
    if (depth > kRoleDepthMax)
      return base::fail(base::ErrorKind::InvalidValue, "the profiles of roles name each other in a circle: " + profile);
    if (const auto arn = profiles_.find(profile, "role_arn")) return from_role(profile, *arn, depth);
    return from_keys(profile);
  }

 private:
  Found from_keys(const std::string& profile) const {
    const auto id = profiles_.find(profile, "aws_access_key_id"),
               secret = profiles_.find(profile, "aws_secret_access_key");
    if (id && secret)
      return std::optional(Credentials{{*id, *secret}, profiles_.find(profile, "aws_session_token").value_or(""), {}});
    const auto command = profiles_.find(profile, "credential_process");
    if (!command) return std::optional<Credentials>();
    TRY(const auto printed, search_.environment.run(*command));
    return some(parse_credentials_json(printed));
  }

  Found from_role(const std::string& profile, const std::string& arn, int depth) const {
    if (profiles_.find(profile, "mfa_serial"))
      return base::fail(base::ErrorKind::Unsupported, "roles that need an MFA device are not supported: " + profile);
    Role role{.arn = arn,
              .session_name = profiles_.find(profile, "role_session_name").value_or("freshet"),
              .external_id = profiles_.find(profile, "external_id").value_or(""),
              .duration_seconds = profiles_.find(profile, "duration_seconds").value_or("")};
    if (const auto file = profiles_.find(profile, "web_identity_token_file"))
      return some(assume_role_with_token(search_, profiles_, role, *file));
    TRY(const auto source, source_of(profile, depth));
    if (!source)
      return base::fail(base::ErrorKind::Denied, "no credentials to assume the profile's role with: " + profile);
    return some(assume_role(search_, profiles_, role, *source));
  }

  Found source_of(const std::string& profile, int depth) const {
    if (const auto source = profiles_.find(profile, "source_profile"))
      return *source == profile ? from_keys(profile) : find(*source, depth + 1);
    const auto kind = profiles_.find(profile, "credential_source").value_or("");
    if (kind == "Environment") return from_variables(search_);
    if (kind == "EcsContainer") return from_container(search_);
    if (kind == "Ec2InstanceMetadata") return from_instance(search_);
    return base::fail(base::ErrorKind::InvalidValue,
                      "the profile's role has neither a source_profile nor a known credential_source: " + profile);
  }

  const CredentialSearch& search_;
  const Profiles& profiles_;
};

}  // namespace

base::Result<Credentials> find_credentials(const CredentialSearch& search) {
  const auto profiles = Profiles::load(search.environment);
  const auto profile = profile_name(search.environment);
  using Source = std::function<Found()>;
  const Source sources[] = {[&] { return from_variables(search); }, [&] { return from_web_identity(search, profiles); },
                            [&] { return ProfileSearch(search, profiles).find(profile, 0); },
                            [&] { return from_container(search); }, [&] { return from_instance(search); }};
  for (const auto& source : sources) {
    TRY(auto found, source());
    if (found) return std::move(*found);
  }
  if (search.anonymous) return Credentials{};
  return base::fail(base::ErrorKind::Denied,
                    "no credentials: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor a web identity, nor the "
                    "profile, nor the container or the instance have any: profile " +
                        profile);
}

}  // namespace store::s3

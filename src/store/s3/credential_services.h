#pragma once

// The services that hand out temporary credentials, for credential_chain.cpp.

#include <optional>
#include <string>

#include "store/s3/credential_chain.h"
#include "store/s3/profiles.h"

namespace store::s3 {

struct Role {
  std::string arn;
  std::string session_name;
  std::string external_id;
  std::string duration_seconds;  // empty: the service's default
};

/// AssumeRole, signed with `source`. Source: AWS Security Token Service API Reference.
base::Result<Credentials> assume_role(const CredentialSearch& search, const Profiles& profiles, const Role& role,
                                      const Credentials& source);
/// AssumeRoleWithWebIdentity, unsigned: the token in the file speaks for us.
base::Result<Credentials> assume_role_with_token(const CredentialSearch& search, const Profiles& profiles,
                                                 const Role& role, const std::string& token_file);
/// None when no container's variables are set.
base::Result<std::optional<Credentials>> from_container(const CredentialSearch& search);
/// None when this is no instance, or it has no role. AWS_EC2_METADATA_DISABLED turns it off.
base::Result<std::optional<Credentials>> from_instance(const CredentialSearch& search);

}  // namespace store::s3

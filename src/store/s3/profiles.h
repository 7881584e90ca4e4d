#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "store/s3/environment.h"

namespace store::s3 {

/// The shared configuration and credentials files, each profile's settings from both together.
/// Source: AWS SDKs and Tools Reference Guide, "Using shared config and credentials files".
class Profiles {
 public:
  /// Files that are not there are empty. Read from AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, or below ~/.aws.
  static Profiles load(const Environment& environment);
  /// `config` names its sections "profile x" and "services x", `credentials` just "x"; what both say counts from there.
  static Profiles parse(std::string_view config, std::string_view credentials);

  bool has(const std::string& profile) const { return sections_.contains(profile); }
  /// A setting of a profile; none when it is missing.
  std::optional<std::string> find(const std::string& profile, const std::string& name) const;
  /// The endpoint for `service` ("s3", "sts"): of the profile's services section, else of the profile itself.
  std::optional<std::string> endpoint_of(const std::string& profile, const std::string& service) const;

 private:
  void read(std::string_view text, bool is_config);

  using Settings = std::map<std::string, std::string>;  // nested ones as "s3.endpoint_url"
  std::map<std::string, Settings> sections_, services_;
};

/// The profile in use: AWS_PROFILE, or "default".
std::string profile_name(const Environment& environment);

}  // namespace store::s3

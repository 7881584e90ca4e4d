#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/description.h"

namespace flow {

/// Tokens that requests show to servers. Thread-safe.
class Oauth2AccessTokenProvider {
 public:
  static constexpr std::string_view kApi = "org.apache.nifi.oauth2.OAuth2AccessTokenProvider";
  virtual ~Oauth2AccessTokenProvider() = default;
  /// One that is valid still; it may have to be fetched first.
  virtual base::Result<std::string> access_token() = 0;
  /// The server refused the token: the next one is fetched anew.
  virtual void forget_token() = 0;
};

extern const Description kOauth2AccessTokenService;

}  // namespace flow

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace flow::web {

struct Credentials {
  std::string user;
  std::string password;
};

/// "Basic ...", for Authorization and Proxy-Authorization.
std::string basic(const Credentials& credentials);

/// What a server wants to see proven (RFC 7616).
struct DigestChallenge {
  std::string realm;
  std::string nonce;
  std::string opaque;
  std::string algorithm;  // MD5 or SHA-256, each perhaps with -sess
  bool has_algorithm = false;
  bool auth = false;   // quality of protection; without it as RFC 2069 says
  bool stale = false;  // the password was right
};
/// The first challenge, among the lines WWW-Authenticate of an answer, that can be met.
std::optional<DigestChallenge> find_digest_challenge(const http::Headers& headers);

struct DigestRequest {
  std::string method;
  std::string target;
  std::uint64_t count = 1;  // of requests with this nonce
  std::string client_nonce;
};
/// The value of Authorization that meets a challenge.
base::Result<std::string> answer_digest(const DigestChallenge& challenge, const Credentials& credentials,
                                        const DigestRequest& request);

}  // namespace flow::web

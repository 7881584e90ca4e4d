#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace server::warehouse {

/// A login token of a client that holds a private key, read but not verified. Source: snowflake-wire.md 3.5.1.
struct KeyPairToken {
  std::string user;         // folded, as the token names it
  std::string fingerprint;  // "SHA256:..."
  std::string signed_text, signature;
  std::int64_t issued = 0, expires = 0;  // seconds
};

/// Errors: Denied "JWT token is invalid. [reason]", for all functions here.
base::Result<KeyPairToken> read_key_pair_token(std::string_view token);
/// `public_keys`: base64 of SubjectPublicKeyInfo, with PEM lines or without.
base::Status verify(const KeyPairToken& token, const std::vector<std::string>& public_keys, base::Instant now);
/// "SHA256:" and the base64 of the digest of the key's bytes. Errors: InvalidValue for what is no RSA key.
base::Result<std::string> fingerprint_of(std::string_view public_key);

}  // namespace server::warehouse

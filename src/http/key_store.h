#pragma once

#include <string>

#include "base/result.h"

struct ssl_ctx_st;

namespace http {

/// A file of keys and certificates, perhaps under passwords.
struct KeyStore {
  enum class Type { Pem, Pkcs12 };
  std::string path;
  Type type = Type::Pem;
  std::string password;
  std::string key_password;  // empty: the store's
};

/// Shows the certificate and the key of `store`, with the chain that lies there.
/// Errors: InvalidValue when the file cannot be read or holds no key that fits.
base::Status use_key(ssl_ctx_st* context, const KeyStore& store);
/// Trusts the certificates of `store`, beside those that are trusted already.
/// Errors: InvalidValue when the file cannot be read or holds none.
base::Status trust(ssl_ctx_st* context, const KeyStore& store);

}  // namespace http

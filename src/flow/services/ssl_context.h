#pragma once

#include <string>
#include <string_view>

#include "flow/description.h"

namespace flow {

/// Whom a TLS connection trusts and what it shows of itself.
class SslContext {
 public:
  static constexpr std::string_view kApi = "org.apache.nifi.ssl.SSLContextService";
  static constexpr std::string_view kRestrictedApi = "org.apache.nifi.ssl.RestrictedSSLContextService";
  struct Store {
    std::string path;  // empty: none
    std::string type;  // PKCS12 or PEM
    std::string password;
  };
  virtual ~SslContext() = default;
  virtual const Store& key_store() const = 0;
  virtual const Store& trust_store() const = 0;
  virtual const std::string& key_password() const = 0;  // empty: the store's
};

extern const Description kRestrictedSslContextService;
extern const Description kSslContextService;

}  // namespace flow

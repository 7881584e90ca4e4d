#pragma once

#include <string>
#include <string_view>

#include "flow/description.h"

namespace flow {

/// The way out that a component is told to take.
class ProxyConfiguration {
 public:
  static constexpr std::string_view kApi = "org.apache.nifi.proxy.ProxyConfigurationService";
  struct Proxy {
    std::string type;  // DIRECT (none), HTTP, SOCKS
    std::string host;
    std::string port;
    std::string user;
    std::string password;
  };
  virtual ~ProxyConfiguration() = default;
  virtual const Proxy& proxy() const = 0;
};

extern const Description kProxyConfigurationService;

}  // namespace flow

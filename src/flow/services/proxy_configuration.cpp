#include "flow/services/proxy_configuration.h"

#include <fmt/format.h>

#include "flow/engine/processor.h"

namespace flow {
namespace {

constexpr Allowed kTypes[] = {{"DIRECT"}, {"HTTP"}, {"SOCKS"}};
constexpr Allowed kSocksVersions[] = {{"SOCKS4"}, {"SOCKS5"}};
constexpr Property kProperties[] = {
    {.name = "Proxy Type", .old_name = "proxy-type", .fallback = "DIRECT", .required = true, .allowed = kTypes},
    {.name = "SOCKS Version",
     .old_name = "socks-version",
     .fallback = "SOCKS5",
     .required = true,
     .allowed = kSocksVersions,
     .no_effect = true},
    {.name = "Proxy Server Host", .old_name = "proxy-server-host", .scope = Scope::Environment},
    {.name = "Proxy Server Port",
     .old_name = "proxy-server-port",
     .scope = Scope::Environment,
     .kind = Property::Kind::Integer},
    {.name = "Proxy User Name", .old_name = "proxy-user-name", .scope = Scope::Environment},
    {.name = "Proxy User Password", .old_name = "proxy-user-password", .scope = Scope::Environment, .sensitive = true},
};

class ProxyConfigurationService final : public ControllerService, public ProxyConfiguration {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    const auto text = [&](std::string_view name) { return configuration.text_or(name, ""); };
    proxy_ = {text("Proxy Type"), text("Proxy Server Host"), text("Proxy Server Port"), text("Proxy User Name"),
              text("Proxy User Password")};
    if (proxy_.type != "DIRECT" && (proxy_.host.empty() || proxy_.port.empty()))
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("{}: a proxy of type {} needs Proxy Server Host and Proxy Server Port",
                                    configuration.error_prefix(), proxy_.type));
    return {};
  }
  const Proxy& proxy() const override { return proxy_; }

 private:
  Proxy proxy_;
};

constexpr std::string_view kApis[] = {ProxyConfiguration::kApi};

}  // namespace

const Description kProxyConfigurationService{
    .type = "org.apache.nifi.proxy.StandardProxyConfigurationService",
    .bundle = "org.apache.nifi:nifi-proxy-configuration-nar",
    .help = "A proxy by host and port.",
    .properties = kProperties,
    .apis = kApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new ProxyConfigurationService); },
};

}  // namespace flow

#include "flow/web/settings.h"

#include <fmt/format.h>

#include <charconv>

#include "flow/web/digest.h"

namespace flow::web {
namespace {

http::KeyStore store_of(const SslContext::Store& store) {
  return {.path = store.path,
          .type = store.type == "PKCS12" ? http::KeyStore::Type::Pkcs12 : http::KeyStore::Type::Pem,
          .password = store.password};
}

http::KeyStore key_of(const SslContext& context) {
  auto store = store_of(context.key_store());
  store.key_password = context.key_password();
  return store;
}

}  // namespace

base::Result<std::shared_ptr<http::ClientTls>> client_tls(const SslContext* context) {
  http::ClientTls::Options options;
  if (context != nullptr && !context->key_store().path.empty()) options.key = key_of(*context);
  if (context != nullptr && !context->trust_store().path.empty()) {
    options.trust = store_of(context->trust_store());
    options.system_authorities = false;
  }
  return http::ClientTls::make(std::move(options));
}

base::Result<http::ServerTls> server_tls(const SslContext& context, http::ClientAuthentication clients) {
  if (context.key_store().path.empty())
    return base::fail(base::ErrorKind::InvalidValue, "a server needs a service with a Keystore Filename");
  http::ServerTls tls{.key = key_of(context)};
  tls.clients = clients;
  if (!context.trust_store().path.empty()) tls.trust = store_of(context.trust_store());
  return tls;
}

base::Result<std::optional<http::Proxy>> proxy_of(const ProxyConfiguration* service) {
  if (service == nullptr || service->proxy().type == "DIRECT") return std::nullopt;
  const auto& given = service->proxy();
  if (given.type != "HTTP")
    return base::fail(base::ErrorKind::Unsupported,
                      fmt::format("a proxy of type {} is not supported; use one of type HTTP", given.type));
  http::Proxy proxy{.host = given.host, .authorization = {}};
  const auto* end = given.port.data() + given.port.size();
  if (const auto [stop, error] = std::from_chars(given.port.data(), end, proxy.port);
      error != std::errc{} || stop != end)
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("'{}' is no port of a proxy", given.port));
  if (!given.user.empty()) proxy.authorization = basic({given.user, given.password});
  return std::optional(std::move(proxy));
}

base::Result<std::uint16_t> port_of(const Configuration& configuration, std::string_view name) {
  const auto number = configuration.integer_or(name, 0);
  if (number > 65'535)
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("{}, property '{}': {} is no port", configuration.error_prefix(), name, number));
  return static_cast<std::uint16_t>(number);
}

std::chrono::milliseconds milliseconds_of(const Configuration& configuration, std::string_view name,
                                          std::chrono::milliseconds fallback) {
  const auto time = configuration.duration(name);
  return time ? std::chrono::ceil<std::chrono::milliseconds>(*time) : fallback;
}

}  // namespace flow::web

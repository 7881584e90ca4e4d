#pragma once

#include <memory>
#include <optional>

#include "flow/engine/processor.h"
#include "flow/services/proxy_configuration.h"
#include "flow/services/ssl_context.h"
#include "http/client.h"
#include "http/tls.h"

namespace flow::web {

/// How a client checks servers and what it shows them. `context` may be null: the system's authorities, and nothing.
/// Errors: InvalidValue when a store cannot be used.
base::Result<std::shared_ptr<http::ClientTls>> client_tls(const SslContext* context);
/// Errors: InvalidValue when the service names no key.
base::Result<http::ServerTls> server_tls(const SslContext& context, http::ClientAuthentication clients);

/// The proxy of a service, which may be null. Errors: Unsupported for SOCKS, InvalidValue for what is no port.
base::Result<std::optional<http::Proxy>> proxy_of(const ProxyConfiguration* service);

/// A property that is a port; 0 is any that is free. Errors: InvalidValue for a number that is none.
base::Result<std::uint16_t> port_of(const Configuration& configuration, std::string_view name);

/// A property that is a time, as the client's clock has it.
std::chrono::milliseconds milliseconds_of(const Configuration& configuration, std::string_view name,
                                          std::chrono::milliseconds fallback);

}  // namespace flow::web

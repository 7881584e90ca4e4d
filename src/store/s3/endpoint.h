#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/client.h"
#include "store/s3/environment.h"
#include "store/s3/profiles.h"

namespace store::s3 {

enum class Addressing { Automatic, Path, VirtualHost };

/// What the caller decided; what is empty comes from the environment.
struct EndpointOptions {
  std::string endpoint;  // http://host:port or https://host
  std::string region;
  Addressing addressing = Addressing::Automatic;
};

/// Where requests go. Without an `override_url` the region decides the host.
struct Endpoint {
  std::optional<http::Url> override_url;
  std::string region;
  Addressing addressing = Addressing::Automatic;
  bool fips = false;
  bool dual_stack = false;
};
/// Endpoint: explicit, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's; else the region's own. Region: explicit,
/// AWS_REGION, AWS_DEFAULT_REGION, the profile's; else us-east-1 where an endpoint is configured, and empty where not.
/// Errors: InvalidValue for what is no URL.
base::Result<Endpoint> resolve_endpoint(const EndpointOptions& options, const Environment& environment,
                                        const Profiles& profiles);

/// The server and name of a bucket's requests, and how its target begins.
struct Address {
  std::string scheme, host;
  std::uint16_t port = 443;
  std::string host_header;  // the port only where it is not the scheme's own
  std::string path;         // "" or "/bucket"; "/" and a key follow
};
/// `bucket` is empty for requests of the service itself. `host`, perhaps with a port, replaces the endpoint's where a
/// server named another.
Address address_of(const Endpoint& endpoint, const std::string& bucket, const std::string& region,
                   const std::string& host = {});

/// The endpoint of another service of the region, "sts" first of all.
std::string service_url(const std::string& service, const std::string& region, const Environment& environment,
                        const Profiles& profiles);

/// The proxy for a server by HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in either case; none when it is asked directly.
std::optional<http::Proxy> proxy_for(const std::string& scheme, const std::string& host,
                                     const Environment& environment);

}  // namespace store::s3

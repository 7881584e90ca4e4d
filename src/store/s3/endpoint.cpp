#include "store/s3/endpoint.h"

#include <fmt/format.h>

#include <charconv>

#include "store/checksum.h"

namespace store::s3 {
namespace {

bool is_true(const std::optional<std::string>& value) { return value && http::equal_without_case(*value, "true"); }

/// Whether virtual hosts below the name cannot be resolved.
bool is_address_or_local(std::string_view host) {
  if (host == "localhost" || host.find(':') != std::string_view::npos) return true;
  return host.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// Whether the bucket may stand as one label, or under plain HTTP as several, of a host name.
bool fits_host(std::string_view bucket, std::string_view scheme) {
  if (bucket.size() < 3 || bucket.size() > 63) return false;
  if (bucket.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") != std::string_view::npos) return false;
  return scheme == "http" || bucket.find('.') == std::string_view::npos;
}

std::string_view domain_of(std::string_view region) {
  return region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}

std::string region_host(const Endpoint& endpoint, const std::string& region) {
  return fmt::format("s3{}{}.{}.{}", endpoint.fips ? "-fips" : "", endpoint.dual_stack ? ".dualstack" : "", region,
                     domain_of(region));
}

void use_named_host(Address& address, std::string_view named) {
  const auto colon = named.rfind(':');
  address.host = named.substr(0, colon);
  if (colon == std::string_view::npos) return;
  const auto port = named.substr(colon + 1);
  std::from_chars(port.data(), port.data() + port.size(), address.port);
}

std::string host_header_of(const Address& address) {
  const bool usual = address.port == (address.scheme == "https" ? 443 : 80);
  const auto host = address.host.find(':') == std::string::npos ? address.host : "[" + address.host + "]";
  return usual ? host : fmt::format("{}:{}", host, address.port);
}

std::optional<std::string> configured_endpoint(const std::string& service, const Environment& environment,
                                               const Profiles& profiles) {
  if (is_true(environment.variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"))) return std::nullopt;
  auto upper = service;
  for (char& c : upper) c = static_cast<char>(c - 'a' < 26 && c >= 'a' ? c - 'a' + 'A' : c);
  if (auto url = environment.variable("AWS_ENDPOINT_URL_" + upper)) return url;
  if (auto url = environment.variable("AWS_ENDPOINT_URL")) return url;
  return profiles.endpoint_of(profile_name(environment), service);
}

bool matches_no_proxy(std::string_view host, std::string_view list) {
  while (!list.empty()) {
    const auto end = list.find(',');
    auto entry = list.substr(0, end);
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
    while (!entry.empty() && entry.front() == ' ') entry.remove_prefix(1);
    while (!entry.empty() && entry.back() == ' ') entry.remove_suffix(1);
    if (entry == "*") return true;
    if (entry.starts_with('*')) entry.remove_prefix(1);
    if (entry.starts_with('.')) entry.remove_prefix(1);
    if (entry.empty() || host.size() < entry.size()) continue;
    const bool ends_with = http::equal_without_case(host.substr(host.size() - entry.size()), entry);
    if (ends_with && (host.size() == entry.size() || host[host.size() - entry.size() - 1] == '.')) return true;
  }
  return false;
}

}  // namespace

base::Result<Endpoint> resolve_endpoint(const EndpointOptions& options, const Environment& environment,
                                        const Profiles& profiles) {
  const auto profile = profile_name(environment);
  Endpoint endpoint{.region = options.region, .addressing = options.addressing};
  auto url = options.endpoint;
  if (url.empty()) url = configured_endpoint("s3", environment, profiles).value_or("");
  if (!url.empty()) {
    TRY(endpoint.override_url, http::parse_url(url));
  }
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (endpoint.region.empty()) endpoint.region = environment.variable(name).value_or("");
  if (endpoint.region.empty()) endpoint.region = profiles.find(profile, "region").value_or("");
  if (endpoint.region.empty() && endpoint.override_url) endpoint.region = "us-east-1";
  const auto is_on = [&](const char* variable, const char* setting) {
    const auto value = environment.variable(variable);
    return is_true(value ? value : profiles.find(profile, setting));
  };
  endpoint.fips = is_on("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
  endpoint.dual_stack = is_on("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
  return endpoint;
}

Address address_of(const Endpoint& endpoint, const std::string& bucket, const std::string& region,
                   const std::string& host) {
  Address address{.scheme = "https", .host = region_host(endpoint, region)};
  if (endpoint.override_url) {
    address.scheme = endpoint.override_url->scheme;
    address.host = endpoint.override_url->host;
    address.port = endpoint.override_url->port;
  }
  const bool named = !host.empty();
  if (named) use_named_host(address, host);
  const bool automatic = !endpoint.override_url && !is_address_or_local(address.host);
  bool virtual_host = false;
  switch (endpoint.addressing) {
    case Addressing::Automatic: virtual_host = automatic; break;
    case Addressing::Path: break;
    case Addressing::VirtualHost:
      virtual_host = !is_address_or_local(address.host) || address.host == "localhost";
      break;
  }
  if (!bucket.empty()) {
    const bool already_named = named && host.starts_with(bucket + ".");
    virtual_host = virtual_host && fits_host(bucket, address.scheme);
    if (virtual_host && !already_named) address.host.insert(0, bucket + ".");
    if (!virtual_host && !already_named) address.path = "/" + bucket;
  }
  address.host_header = host_header_of(address);
  return address;
}

std::string service_url(const std::string& service, const std::string& region, const Environment& environment,
                        const Profiles& profiles) {
  if (const auto url = configured_endpoint(service, environment, profiles)) return *url;
  return fmt::format("https://{}.{}.{}", service, region, domain_of(region));
}

std::optional<http::Proxy> proxy_for(const std::string& scheme, const std::string& host,
                                     const Environment& environment) {
  const auto either = [&](std::string name) {
    auto value = environment.variable(name);
    for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return value ? value : environment.variable(name);
  };
  auto text = either(scheme == "https" ? "HTTPS_PROXY" : "HTTP_PROXY");
  if (!text || matches_no_proxy(host, either("NO_PROXY").value_or(""))) return std::nullopt;
  if (text->find("://") == std::string::npos) *text = "http://" + *text;
  http::Proxy proxy;
  const auto begin = text->find("://") + 3, at = text->rfind('@');
  if (at != std::string::npos && at > begin) {
    const auto who = http::percent_decode(std::string_view(*text).substr(begin, at - begin));
    proxy.authorization = "Basic " + to_base64(who);
    text->erase(begin, at + 1 - begin);
  }
  const auto url = http::parse_url(*text);
  if (!url || url->scheme != "http") return std::nullopt;
  proxy.host = url->host;
  proxy.port = url->port;
  return proxy;
}

}  // namespace store::s3

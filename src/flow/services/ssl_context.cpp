#include "flow/services/ssl_context.h"

#include <fmt/format.h>

#include <array>

#include "flow/engine/processor.h"

namespace flow {
namespace {

// JKS and BCFKS are Java's own formats.
constexpr Allowed kTypes[] = {{"PKCS12"}, {"PEM"}, {"JKS", {}, false}, {"BCFKS", {}, false}};
constexpr Allowed kProtocols[] = {{"SSL"}, {"TLS"}, {"TLSv1.3"}, {"TLSv1.2"}, {"TLSv1.1"}, {"TLSv1"}};
constexpr Allowed kRestrictedProtocols[] = {{"TLS"}, {"TLSv1.3"}, {"TLSv1.2"}};
constexpr std::array<Property, 8> kProperties{{
    {.name = "Keystore Filename", .scope = Scope::Environment},
    {.name = "Keystore Password", .sensitive = true},
    {.name = "Key Password", .old_name = "key-password", .sensitive = true},
    {.name = "Keystore Type",
     .help = "Convert a JKS store first: keytool -importkeystore -deststoretype PKCS12",
     .allowed = kTypes},
    {.name = "Truststore Filename", .scope = Scope::Environment},
    {.name = "Truststore Password", .sensitive = true},
    {.name = "Truststore Type", .allowed = kTypes},
    {.name = "TLS Protocol",
     .old_name = "SSL Protocol",
     .help = "The newest that both sides speak, from TLS 1.2 on",
     .fallback = "TLS",
     .allowed = kProtocols,
     .no_effect = true},
}};
constexpr auto kRestrictedProperties = [] {
  auto properties = kProperties;
  properties.back().allowed = kRestrictedProtocols;
  return properties;
}();

class SslContextService final : public ControllerService, public SslContext {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    const auto text = [&](std::string_view name) { return configuration.text_or(name, ""); };
    key_store_ = {text("Keystore Filename"), text("Keystore Type"), text("Keystore Password")};
    trust_store_ = {text("Truststore Filename"), text("Truststore Type"), text("Truststore Password")};
    key_password_ = text("Key Password");
    for (const auto& [store, name] : {std::pair{&key_store_, "Keystore"}, {&trust_store_, "Truststore"}})
      if (store->path.empty() != store->type.empty())
        return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}: set both {} Filename and {} Type",
                                                                     configuration.error_prefix(), name, name));
    return {};
  }
  const Store& key_store() const override { return key_store_; }
  const Store& trust_store() const override { return trust_store_; }
  const std::string& key_password() const override { return key_password_; }

 private:
  Store key_store_;
  Store trust_store_;
  std::string key_password_;
};

constexpr std::string_view kApis[] = {SslContext::kApi};
constexpr std::string_view kRestrictedApis[] = {SslContext::kApi, SslContext::kRestrictedApi};
constexpr std::string_view kBundle = "org.apache.nifi:nifi-ssl-context-service-nar";

std::unique_ptr<ControllerService> make() { return std::make_unique<SslContextService>(); }

}  // namespace

const Description kSslContextService{
    .type = "org.apache.nifi.ssl.StandardSSLContextService",
    .bundle = kBundle,
    .help = "Certificates and keys of TLS connections, from PKCS12 or PEM files.",
    .properties = kProperties,
    .apis = kApis,
    .make_service = make,
};

const Description kRestrictedSslContextService{
    .type = "org.apache.nifi.ssl.StandardRestrictedSSLContextService",
    .bundle = kBundle,
    .help = "The same, for servers.",
    .properties = kRestrictedProperties,
    .apis = kRestrictedApis,
    .make_service = make,
};

}  // namespace flow

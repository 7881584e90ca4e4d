#include "flow/kafka/tls_settings.h"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <memory>

#include "base/disk.h"
#include "flow/kafka/handles.h"

namespace flow::kafka {
namespace {

struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};

/// The certificates of a PKCS12 store, one after the other: a client reads authorities as PEM only.
base::Result<std::string> authorities_of(const SslContext::Store& store) {
  base::PosixDisk disk;
  TRY(const auto bytes, disk.read_all(store.path));
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const std::unique_ptr<PKCS12, Free<PKCS12_free>> package(d2i_PKCS12(nullptr, &at, static_cast<long>(bytes.size())));
  EVP_PKEY* key = nullptr;
  X509* own = nullptr;
  STACK_OF(X509)* stack = nullptr;
  if (package == nullptr || PKCS12_parse(package.get(), store.password.c_str(), &key, &own, &stack) != 1)
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("'{}' is no PKCS12 store with that password", store.path));
  const std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>> key_owner(key);
  const std::unique_ptr<X509, Free<X509_free>> own_owner(own);
  const std::unique_ptr<STACK_OF(X509), FreeStack> stack_owner(stack);
  const std::unique_ptr<BIO, Free<BIO_free_all>> text(BIO_new(BIO_s_mem()));
  if (own != nullptr) PEM_write_bio_X509(text.get(), own);
  for (int i = 0; i < sk_X509_num(stack); ++i) PEM_write_bio_X509(text.get(), sk_X509_value(stack, i));
  char* data = nullptr;
  const auto size = BIO_get_mem_data(text.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace

base::Result<Settings> tls_settings(const SslContext& context) {
  Settings settings;
  const auto set = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) settings.emplace_back(name, value);
  };
  const auto& keys = context.key_store();
  if (keys.type == "PEM") {
    set("ssl.certificate.location", keys.path);
    set("ssl.key.location", keys.path);
    set("ssl.key.password", context.key_password().empty() ? keys.password : context.key_password());
  } else if (!keys.path.empty()) {
    set("ssl.keystore.location", keys.path);
    set("ssl.keystore.password", keys.password);
  }
  const auto& trusted = context.trust_store();
  if (trusted.type == "PEM") {
    set("ssl.ca.location", trusted.path);
  } else if (!trusted.path.empty()) {
    TRY(const auto authorities, authorities_of(trusted));
    set("ssl.ca.pem", authorities);
  }
  return settings;
}

}  // namespace flow::kafka

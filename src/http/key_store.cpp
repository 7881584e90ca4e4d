#include "http/key_store.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "http/tls.h"

namespace http {
namespace {

template <auto free>
struct Free {
  template <class T>
  void operator()(T* what) const {
    free(what);
  }
};
void free_certificates(STACK_OF(X509) * certificates) { sk_X509_pop_free(certificates, X509_free); }

using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using OneCertificate = std::unique_ptr<X509, Free<X509_free>>;
using Certificates = std::unique_ptr<STACK_OF(X509), Free<free_certificates>>;
using Pkcs12 = std::unique_ptr<PKCS12, Free<PKCS12_free>>;

struct Contents {
  Key key;
  OneCertificate own;  // of the key
  Certificates others;
};

base::Failure<base::Error> unusable(const KeyStore& store, std::string_view why) {
  ERR_clear_error();
  return base::fail(base::ErrorKind::InvalidValue,
                    fmt::format("cannot use the store of certificates: {}: {}", why, store.path));
}

// Without an answer of our own OpenSSL would ask at the terminal.
int give_password(char* into, int size, int, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  const auto length = std::min(text.size(), static_cast<std::size_t>(size));
  std::memcpy(into, text.data(), length);
  return static_cast<int>(length);
}

base::Result<Contents> read_pkcs12(const KeyStore& store, BIO* file) {
  const Pkcs12 sealed(d2i_PKCS12_bio(file, nullptr));
  if (sealed == nullptr) return unusable(store, "it is no PKCS12 file");
  EVP_PKEY* key = nullptr;
  X509* own = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (PKCS12_parse(sealed.get(), store.password.c_str(), &key, &own, &others) != 1)
    return unusable(store, tls_trouble());
  return Contents{Key(key), OneCertificate(own), Certificates(others)};
}

base::Result<Contents> read_pem(const KeyStore& store, BIO* file) {
  Contents contents;
  contents.others.reset(sk_X509_new_null());
  auto password = store.key_password.empty() ? store.password : store.key_password;
  while (auto* certificate = PEM_read_bio_X509(file, nullptr, give_password, &password)) {
    if (contents.own == nullptr) {
      contents.own.reset(certificate);
    } else {
      sk_X509_push(contents.others.get(), certificate);
    }
  }
  ERR_clear_error();
  (void)BIO_reset(file);
  contents.key.reset(PEM_read_bio_PrivateKey(file, nullptr, give_password, &password));
  return contents;
}

base::Result<Contents> read(const KeyStore& store) {
  ERR_clear_error();
  const Bio file(BIO_new_file(store.path.c_str(), "rb"));
  if (file == nullptr) return unusable(store, tls_trouble());
  return store.type == KeyStore::Type::Pkcs12 ? read_pkcs12(store, file.get()) : read_pem(store, file.get());
}

}  // namespace

base::Status use_key(ssl_ctx_st* context, const KeyStore& store) {
  TRY(const auto contents, read(store));
  if (contents.own == nullptr) return unusable(store, "it holds no certificate");
  if (contents.key == nullptr) return unusable(store, "it holds no key, or the password does not open it");
  if (SSL_CTX_use_cert_and_key(context, contents.own.get(), contents.key.get(), contents.others.get(), 1) != 1)
    return unusable(store, tls_trouble());
  return {};
}

base::Status trust(ssl_ctx_st* context, const KeyStore& store) {
  TRY(const auto contents, read(store));
  auto* trusted = SSL_CTX_get_cert_store(context);
  int count = 0;
  const auto add = [&](X509* certificate) {
    if (certificate == nullptr) return;
    X509_STORE_add_cert(trusted, certificate);
    SSL_CTX_add_client_CA(context, certificate);  // a server names them to its clients
    ++count;
  };
  add(contents.own.get());
  for (int i = 0; i < sk_X509_num(contents.others.get()); ++i) add(sk_X509_value(contents.others.get(), i));
  if (count == 0) return unusable(store, "it holds no certificate");
  return {};
}

}  // namespace http

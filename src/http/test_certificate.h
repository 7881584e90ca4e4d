#pragma once

// Certificates for tests, made when they run: no key lies in the repository.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "base/assert.h"

namespace http {

/// An authority and a server's certificate from it, as PEM files and as PKCS12 stores (under kPassword) in a folder of
/// their own that goes with the object.
class TestCertificate {
 public:
  explicit TestCertificate(const std::string& names = "DNS:localhost,IP:127.0.0.1");
  ~TestCertificate() { std::filesystem::remove_all(directory_); }
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;

  std::string authority() const { return directory_ + "/authority.pem"; }
  std::string chain() const { return directory_ + "/chain.pem"; }
  std::string key() const { return directory_ + "/key.pem"; }
  static constexpr const char* kPassword = "changeit";
  std::string key_store() const { return directory_ + "/key.p12"; }
  std::string trust_store() const { return directory_ + "/trust.p12"; }

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using X509Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

  static Key make_key() { return Key(EVP_EC_gen("P-256"), EVP_PKEY_free); }
  static void add_extension(X509* certificate, X509* issuer, int id, const std::string& value);
  static X509Certificate make(const std::string& name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, long serial);

  std::string directory_;
};

inline void TestCertificate::add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  ASSERT(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

inline TestCertificate::X509Certificate TestCertificate::make(const std::string& name, EVP_PKEY* key, X509* issuer,
                                                              EVP_PKEY* issuer_key, long serial) {
  X509Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  auto* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(), issuer != nullptr ? X509_get_subject_name(issuer) : subject);
  const bool is_authority = issuer == nullptr;
  add_extension(certificate.get(), is_authority ? certificate.get() : issuer, NID_basic_constraints,
                is_authority ? "critical,CA:TRUE" : "CA:FALSE");
  if (!is_authority) add_extension(certificate.get(), issuer, NID_subject_alt_name, name);
  ASSERT(X509_sign(certificate.get(), issuer_key, EVP_sha256()) > 0);
  return certificate;
}

inline TestCertificate::TestCertificate(const std::string& names) {
  std::string pattern = (std::filesystem::temp_directory_path() / "freshet_certificate_XXXXXX").string();
  ASSERT(mkdtemp(pattern.data()) != nullptr);
  directory_ = pattern;
  const auto authority_key = make_key(), server_key = make_key();
  const auto root = make("Test authority", authority_key.get(), nullptr, authority_key.get(), 1);
  const auto leaf = make(names, server_key.get(), root.get(), authority_key.get(), 2);
  const auto write = [](const std::string& path, auto put) {
    std::unique_ptr<std::FILE, decltype(&std::fclose)> file(std::fopen(path.c_str(), "w"), std::fclose);
    ASSERT(file != nullptr && put(file.get()) == 1);
  };
  write(authority(), [&](std::FILE* file) { return PEM_write_X509(file, root.get()); });
  write(chain(), [&](std::FILE* file) { return PEM_write_X509(file, leaf.get()) & PEM_write_X509(file, root.get()); });
  write(key(), [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, server_key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> roots(sk_X509_new_null(),
                                                                         [](STACK_OF(X509) * s) { sk_X509_free(s); });
  sk_X509_push(roots.get(), root.get());
  const auto write_store = [&](const std::string& path, EVP_PKEY* store_key, X509* own) {
    const std::unique_ptr<PKCS12, decltype(&PKCS12_free)> store(
        PKCS12_create(kPassword, "test", store_key, own, roots.get(), 0, 0, 0, 0, 0), PKCS12_free);
    ASSERT(store != nullptr);
    write(path, [&](std::FILE* file) { return i2d_PKCS12_fp(file, store.get()); });
  };
  write_store(key_store(), server_key.get(), leaf.get());
  write_store(trust_store(), nullptr, nullptr);
}

}  // namespace http

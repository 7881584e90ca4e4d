#include "http/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <system_error>

namespace http {
namespace {

constexpr std::size_t kSessionsMax = 100;
constexpr unsigned char kHttp11[] = "\x08http/1.1";

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
                    unsigned int offered_length, void*) {
  auto* chosen = const_cast<unsigned char*>(*out);
  const int found = SSL_select_next_proto(&chosen, out_length, kHttp11, sizeof kHttp11 - 1, offered, offered_length);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Without an answer of our own OpenSSL would ask at the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

base::Status bad_file(std::string_view what, const std::string& path) {
  return base::fail(base::ErrorKind::InvalidValue, fmt::format("cannot use the {}: {}: {}", what, tls_trouble(), path));
}

SslContext make_context(const SSL_METHOD* method) {
  SslContext context(SSL_CTX_new(method));
  ASSERT(context != nullptr);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  return context;
}

SslContext make_server_context_without_key() {
  ERR_clear_error();
  auto context = make_context(TLS_server_method());
  SSL_CTX_set_default_passwd_cb(context.get(), no_passphrase);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  return context;
}

int verify_mode(ClientAuthentication clients) {
  switch (clients) {
    case ClientAuthentication::None: return SSL_VERIFY_NONE;
    case ClientAuthentication::Wanted: return SSL_VERIFY_PEER;
    case ClientAuthentication::Required: return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  return SSL_VERIFY_NONE;
}

std::string text_of(const X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> text(BIO_new(BIO_s_mem()), BIO_free_all);
  X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  char* bytes = nullptr;
  const auto length = BIO_get_mem_data(text.get(), &bytes);
  return {bytes, static_cast<std::size_t>(length)};
}

}  // namespace

void FreeSslContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
void FreeSslSession::operator()(ssl_session_st* session) const { SSL_SESSION_free(session); }

std::string tls_trouble() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "the connection ended";
  if (ERR_SYSTEM_ERROR(code)) return std::system_category().message(ERR_GET_REASON(code));  // a file, mostly
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : fmt::format("TLS error {:x}", code);
}

base::Result<SslContext> make_server_context(const Certificate& certificate) {
  auto context = make_server_context_without_key();
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.chain_path.c_str()) != 1)
    TRY_VOID(bad_file("certificate chain", certificate.chain_path));
  if (SSL_CTX_use_PrivateKey_file(context.get(), certificate.key_path.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1)
    TRY_VOID(bad_file("private key", certificate.key_path));
  return context;
}

base::Result<SslContext> make_server_context(const ServerTls& tls) {
  auto context = make_server_context_without_key();
  TRY_VOID(use_key(context.get(), tls.key));
  if (tls.trust) TRY_VOID(trust(context.get(), *tls.trust));
  SSL_CTX_set_verify(context.get(), verify_mode(tls.clients), nullptr);
  // A session that is resumed is that of the same certificate only under the same name.
  constexpr std::string_view kName = "freshet";
  SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>(kName.data()), kName.size());
  return context;
}

std::optional<PeerCertificate> peer_of(const ssl_st* connection) {
  const auto* certificate = SSL_get0_peer_certificate(connection);
  if (certificate == nullptr) return std::nullopt;
  return PeerCertificate{text_of(X509_get_subject_name(certificate)), text_of(X509_get_issuer_name(certificate))};
}

base::Result<std::shared_ptr<ClientTls>> ClientTls::make(Options options) {
  ERR_clear_error();
  auto context = make_context(TLS_client_method());
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_alpn_protos(context.get(), kHttp11, sizeof kHttp11 - 1);
  SSL_CTX_set_verify(context.get(), options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (options.verify && options.system_authorities) SSL_CTX_set_default_verify_paths(context.get());
  if (!options.ca_bundle.empty() && SSL_CTX_load_verify_file(context.get(), options.ca_bundle.c_str()) != 1)
    TRY_VOID(bad_file("bundle of certificate authorities", options.ca_bundle));
  if (options.trust) TRY_VOID(trust(context.get(), *options.trust));
  if (options.key) TRY_VOID(use_key(context.get(), *options.key));
  return std::shared_ptr<ClientTls>(new ClientTls(std::move(context), options.verify));
}

SslSession ClientTls::take_session(const std::string& server) {
  const std::lock_guard lock(sessions_mutex_);
  const auto found = sessions_.find(server);
  if (found == sessions_.end()) return nullptr;
  auto session = std::move(found->second);
  sessions_.erase(found);
  return session;
}

void ClientTls::keep_session(const std::string& server, SslSession session) {
  const std::lock_guard lock(sessions_mutex_);
  if (sessions_.size() >= kSessionsMax) sessions_.clear();
  sessions_[server] = std::move(session);
}

}  // namespace http

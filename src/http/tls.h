#pragma once

// What both ends of a TLS connection are configured from. OpenSSL stays in tls.cpp and tls_connection.cpp.

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "http/key_store.h"

struct ssl_ctx_st;
struct ssl_st;
struct ssl_session_st;

namespace http {

struct FreeSslContext {
  void operator()(ssl_ctx_st* context) const;
};
using SslContext = std::unique_ptr<ssl_ctx_st, FreeSslContext>;
struct FreeSslSession {
  void operator()(ssl_session_st* session) const;
};
using SslSession = std::unique_ptr<ssl_session_st, FreeSslSession>;

/// Whom a server says it is: PEM files, the chain with the server's own certificate first. The key has no passphrase.
struct Certificate {
  std::string chain_path;
  std::string key_path;
};
/// TLS 1.2 and later, ALPN http/1.1 for clients that ask.
/// Errors: InvalidValue when a file cannot be read, or the key is not the certificate's.
base::Result<SslContext> make_server_context(const Certificate& certificate);

/// What a server asks its clients to show.
enum class ClientAuthentication { None, Wanted, Required };
/// The same from stores; `trust` holds whom certificates of clients must come from.
struct ServerTls {
  KeyStore key;
  std::optional<KeyStore> trust = {};
  ClientAuthentication clients = ClientAuthentication::None;
};
base::Result<SslContext> make_server_context(const ServerTls& tls);

/// Names of a certificate, as RFC 2253 writes them.
struct PeerCertificate {
  std::string subject;
  std::string issuer;
};
/// What the other side showed; nothing when it showed none.
std::optional<PeerCertificate> peer_of(const ssl_st* connection);

/// How clients check servers, and the sessions they may resume. Made once and shared among clients and threads: reading
/// the system's store of authorities takes milliseconds.
class ClientTls {
 public:
  struct Options {
    bool verify = true;     // the chain, its dates and the host's name; without it anybody may answer
    std::string ca_bundle;  // a PEM file of authorities that count beside the system's; empty: none
    bool system_authorities = true;
    std::optional<KeyStore> key = {};    // that is shown to servers that ask
    std::optional<KeyStore> trust = {};  // authorities that count too
  };
  /// Errors: InvalidValue when a file cannot be used.
  static base::Result<std::shared_ptr<ClientTls>> make(Options options);

  ssl_ctx_st* context() const { return context_.get(); }
  bool verifies() const { return verify_; }
  /// The session of the last connection to `server` (host:port), for a shorter handshake; null when there is none.
  SslSession take_session(const std::string& server);
  void keep_session(const std::string& server, SslSession session);

 private:
  ClientTls(SslContext context, bool verify) : context_(std::move(context)), verify_(verify) {}

  SslContext context_;
  bool verify_;
  std::mutex sessions_mutex_;
  std::map<std::string, SslSession> sessions_;
};

/// What OpenSSL has to say about the last failure on this thread.
std::string tls_trouble();

}  // namespace http

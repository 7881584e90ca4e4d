#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>

#include "http/connection.h"

namespace http {
namespace {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// OpenSSL's own sockets write without MSG_NOSIGNAL: a server that went would end the process.
int socket_of(BIO* bio) { return *static_cast<const int*>(BIO_get_data(bio)); }

int bio_outcome(BIO* bio, ssize_t count, int retry_flags) {
  BIO_clear_retry_flags(bio);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) BIO_set_flags(bio, retry_flags);
  return static_cast<int>(count);
}
int bio_read(BIO* bio, char* into, int size) {
  return bio_outcome(bio, ::recv(socket_of(bio), into, static_cast<std::size_t>(size), 0),
                     BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY);
}
int bio_write(BIO* bio, const char* bytes, int size) {
  return bio_outcome(bio, ::send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL),
                     BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY);
}
long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* make_bio_method() {
  auto* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "quiet socket");
  BIO_meth_set_read(method, bio_read);
  BIO_meth_set_write(method, bio_write);
  BIO_meth_set_ctrl(method, bio_control);
  return method;
}

bool is_address(const std::string& host) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 || inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

class TlsConnection final : public Connection {
 public:
  TlsConnection(Socket socket, ClientTls& tls, std::string server)
      : socket_(std::move(socket)), fd_(socket_.fd()), tls_(tls), server_(std::move(server)) {
    static BIO_METHOD* const kMethod = make_bio_method();
    ssl_.reset(SSL_new(tls_.context()));
    auto* bio = BIO_new(kMethod);
    ASSERT(ssl_ != nullptr && bio != nullptr);
    BIO_set_data(bio, &fd_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
  }
  ~TlsConnection() override {
    if (SSL_in_init(ssl_.get()) || failed_) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    SslSession session(SSL_get1_session(ssl_.get()));
    if (session != nullptr && SSL_SESSION_is_resumable(session.get())) tls_.keep_session(server_, std::move(session));
  }

  base::Status handshake(const std::string& host, Milliseconds limit) {
    if (is_address(host)) {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str());
    } else {
      SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
      SSL_set1_host(ssl_.get(), host.c_str());
    }
    if (const auto session = tls_.take_session(server_)) SSL_set_session(ssl_.get(), session.get());
    const auto outcome = attempt(limit, [this] { return SSL_connect(ssl_.get()); });
    if (outcome.step == Step::Moved) return {};
    const auto verified = SSL_get_verify_result(ssl_.get());
    if (tls_.verifies() && verified != X509_V_OK)
      return base::fail(base::ErrorKind::Denied, fmt::format("the server's certificate is not accepted: {}: {}",
                                                             X509_verify_cert_error_string(verified), server_));
    return base::fail(base::ErrorKind::Unavailable,
                      fmt::format("no TLS with the server: {}: {}",
                                  outcome.step == Step::TimedOut ? "the time ran out" : trouble().c_str(), server_));
  }

  Outcome read_some(char* into, std::size_t size, Milliseconds limit) override {
    std::size_t count = 0;
    auto outcome = attempt(limit, [&] { return SSL_read_ex(ssl_.get(), into, size, &count); });
    outcome.bytes = count;
    return outcome;
  }

  Outcome write_some(std::string_view bytes, Milliseconds limit) override {
    std::size_t count = 0;
    auto outcome = attempt(limit, [&] { return SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count); });
    outcome.bytes = count;
    return outcome;
  }

  bool wait_readable(Milliseconds limit) override {
    return SSL_pending(ssl_.get()) > 0 || socket_.wait_readable(limit);
  }

  bool is_idle() override {
    if (SSL_pending(ssl_.get()) > 0) return false;
    if (!socket_.wait_readable(Milliseconds{0})) return true;
    // What came may be a session ticket, which is no answer.
    char byte;
    std::size_t count = 0;
    ERR_clear_error();
    const int result = SSL_peek_ex(ssl_.get(), &byte, 1, &count);
    return result != 1 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ;
  }

  void interrupt() override { socket_.shut_down(); }
  std::optional<PeerCertificate> peer() const override { return peer_of(ssl_.get()); }

 private:
  /// Repeats an operation until OpenSSL needs no more of the socket.
  template <class Operation>
  Outcome attempt(Milliseconds limit, Operation operation) {
    for (;;) {
      ERR_clear_error();
      const int result = operation();
      if (result == 1) return {Step::Moved, 0};
      switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
          if (!socket_.wait_readable(limit)) return {Step::TimedOut, 0};
          break;
        case SSL_ERROR_WANT_WRITE:
          if (!socket_.wait_writable(limit)) return {Step::TimedOut, 0};
          break;
        case SSL_ERROR_ZERO_RETURN: return {Step::Ended, 0};
        default: failed_ = true; return failed(tls_trouble());
      }
    }
  }

  Socket socket_;
  int fd_;  // where the BIO looks for it
  ClientTls& tls_;
  std::string server_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  bool failed_ = false;
};

}  // namespace

base::Result<std::unique_ptr<Connection>> make_tls_connection(Socket socket, ClientTls& tls, const std::string& host,
                                                              std::uint16_t port, Milliseconds limit,
                                                              const std::stop_token& stop) {
  auto connection = std::make_unique<TlsConnection>(std::move(socket), tls, fmt::format("{}:{}", host, port));
  const std::stop_callback interrupting(stop, [&] { connection->interrupt(); });
  TRY_VOID(connection->handshake(host, limit));
  return std::unique_ptr<Connection>(std::move(connection));
}

}  // namespace http

#pragma once

// The blocking transport of the client: a socket, plain or under TLS.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/client.h"
#include "http/tls.h"

namespace http {

using Milliseconds = std::chrono::milliseconds;

/// A connected TCP socket that never blocks longer than it is told.
class Socket {
 public:
  /// Tries the addresses of the host one after the other; a stop ends that. Errors: Unavailable, and `trouble` says
  /// why.
  static base::Result<Socket> connect(const std::string& host, std::uint16_t port, Milliseconds limit_of_each,
                                      Trouble& trouble, const std::stop_token& stop = {});
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket other) noexcept;
  ~Socket();

  int fd() const { return fd_; }
  /// False when the time ran out.
  bool wait_readable(Milliseconds limit) const;
  bool wait_writable(Milliseconds limit) const;
  /// Ends what waits for the socket, of any thread; reads then meet its end.
  void shut_down() const;

 private:
  int fd_;
};

/// How a read or a write ended.
enum class Step { Moved, Ended, TimedOut, Failed };

class Connection {
 public:
  struct Outcome {
    Step step = Step::Moved;
    std::size_t bytes = 0;
  };
  virtual ~Connection() = default;
  /// At least one byte, unless it ends or fails.
  virtual Outcome read_some(char* into, std::size_t size, Milliseconds limit) = 0;
  /// At least one byte, unless it fails.
  virtual Outcome write_some(std::string_view bytes, Milliseconds limit) = 0;
  /// Whether a read would not wait: there is something, or the other side closed.
  virtual bool wait_readable(Milliseconds limit) = 0;
  /// Whether a request can be sent on a connection that was kept: nothing came on it, not even its end.
  virtual bool is_idle() = 0;
  /// Ends the read or write that another thread waits in, and all that follow.
  virtual void interrupt() = 0;
  /// The certificate of the server; nothing on a plain connection.
  virtual std::optional<PeerCertificate> peer() const { return std::nullopt; }
  /// All of `bytes`. The limit is that of each step.
  Step write(std::string_view bytes, Milliseconds limit);
  /// What went wrong, after Failed.
  const std::string& trouble() const { return trouble_; }

 protected:
  Outcome failed(std::string why) {
    trouble_ = std::move(why);
    return {Step::Failed, 0};
  }

 private:
  std::string trouble_;
};

std::unique_ptr<Connection> make_plain_connection(Socket socket);
/// Sends `request`, a CONNECT with its headers, to the proxy at the other end; afterwards the socket is the tunnel.
/// Errors: Unavailable when the proxy refuses.
base::Status open_tunnel(const Socket& socket, std::string_view request, Milliseconds limit,
                         const std::stop_token& stop = {});
/// Performs the handshake with the server that `host` and `port` name, whatever the socket is connected to.
/// Errors: Denied when the server's certificate is not accepted, Unavailable.
base::Result<std::unique_ptr<Connection>> make_tls_connection(Socket socket, ClientTls& tls, const std::string& host,
                                                              std::uint16_t port, Milliseconds limit,
                                                              const std::stop_token& stop = {});

}  // namespace http

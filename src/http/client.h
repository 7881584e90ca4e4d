#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"
#include "http/tls.h"
#include "http/url.h"

namespace http {

/// A body that comes in pieces; the empty piece ends it. `length` is told to the server first; without it the body is
/// sent in chunks.
struct BodySource {
  std::optional<std::uint64_t> length = 0;
  std::function<base::Result<std::string>()> next;
  std::function<base::Status()> rewind;  // back to the first piece; where it is empty, the body can be sent but once
};
using BodySink = std::function<base::Status(int status, std::string_view bytes)>;
using HeadSink = std::function<base::Status(const Response& head)>;

/// A proxy that is asked instead of the server: by absolute URLs, or under TLS by a tunnel.
struct Proxy {
  std::string host;
  std::uint16_t port = 80;
  std::string authorization;  // of the header Proxy-Authorization; empty: none
};

/// What was in the way of a request.
enum class Trouble { None, NoSuchHost, NotConnected, TimedOut, Tls, Broken };

/// A blocking HTTP/1.1 client of one server over one connection, which is kept between requests. One thread at a time.
/// Host, Content-Length and Connection are added where the request lacks them; redirects are not followed. A request
/// with a BodySource and "Expect: 100-continue" waits a moment for the server's word before its body.
class Client {
 public:
  struct Options {
    std::string host;
    std::uint16_t port = 80;
    std::chrono::milliseconds connect_timeout{10'000};      // of each address, and of the TLS handshake
    std::chrono::milliseconds timeout{60'000};              // of each read and write
    std::chrono::milliseconds write_timeout{0};             // of each write, where it is another
    std::chrono::milliseconds continue_timeout{1'000};      // then the body is sent without the server's word
    std::uint64_t body_bytes_max = std::uint64_t{4} << 30;  // of an answer that is kept in memory
    std::shared_ptr<ClientTls> tls;                         // none: plain HTTP
    std::optional<Proxy> proxy;
  };
  explicit Client(Options options);
  ~Client();
  Client(Client&&) noexcept;

  /// Errors: Unavailable when the server cannot be reached or stops answering; Denied when its certificate is not
  /// accepted; InvalidValue for a header or target that would end its line. A request on a kept connection that the
  /// server had closed meanwhile is sent again on a new one, if its body can be.
  base::Result<Response> send(const Request& request);
  /// A stop ends the request soon wherever it waits, but for the moment in which it looks up the host's address.
  /// Errors: also Cancelled.
  base::Result<Response> send(const Request& request, BodySource source, std::stop_token stop = {});
  /// Hands the body to `sink` as it comes; the answer's own body stays empty.
  base::Result<Response> receive(const Request& request, const BodySink& sink);
  /// The same, and the head before the first byte of the body.
  base::Result<Response> receive(const Request& request, const HeadSink& head, const BodySink& sink);
  /// Both at once: the body of the request from `source`, if there is one, that of the answer to `sink`.
  base::Result<Response> exchange(const Request& request, const BodySource* source, const HeadSink& head,
                                  const BodySink& sink, std::stop_token stop = {});
  /// Why the last request had no answer.
  Trouble trouble() const;
  /// The connection can be used for another request.
  bool is_connected() const;
  /// The certificate of the server that answered last, while the connection is kept.
  std::optional<PeerCertificate> peer() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace http

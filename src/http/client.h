#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace http {

/// "http://host:port/path" in its parts.
struct Url {
  std::string scheme;
  std::string host;
  std::uint16_t port = 80;
  std::string target;  // path and query, "/" when there is none
};
/// Errors: InvalidValue.
base::Result<Url> parse_url(std::string_view url);

/// A body that comes in pieces; the empty piece ends it. `length` is told to the server first.
struct BodySource {
  std::uint64_t length = 0;
  std::function<base::Result<std::string>()> next;
};
using BodySink = std::function<base::Status(int status, std::string_view bytes)>;

/// A blocking HTTP/1.1 client of one server over one connection, which is kept between requests. One thread at a time.
/// Host, Content-Length and Connection are added where the request lacks them; redirects are not followed.
class Client {
 public:
  struct Options {
    std::string host;
    std::uint16_t port = 80;
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds timeout{60'000};              // of each read and write
    std::uint64_t body_bytes_max = std::uint64_t{4} << 30;  // of an answer that is kept in memory
  };
  explicit Client(Options options);
  ~Client();
  Client(Client&&) noexcept;

  /// Errors: Unavailable when the server cannot be reached or stops answering. A request on a kept connection that the
  /// server had closed meanwhile is sent again on a new one.
  base::Result<Response> send(const Request& request);
  base::Result<Response> send(const Request& request, BodySource source);
  /// Hands the body to `sink` as it comes; the answer's own body stays empty.
  base::Result<Response> receive(const Request& request, const BodySink& sink);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace http

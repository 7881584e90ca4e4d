#pragma once

// The bytes of one connection of the server, plain or under TLS.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include "http/server.h"

namespace boost::asio::ssl {
class context;
}

namespace http {

inline constexpr auto kToken = [] { return boost::asio::as_tuple(boost::asio::use_awaitable); };

/// Of the I/O thread. No function is a coroutine where there is no TLS to speak: the plain path costs one branch.
class Stream {
 public:
  using ErrorCode = boost::system::error_code;
  using Moved = std::tuple<ErrorCode, std::size_t>;

  /// `tls` is null for a plain connection and outlives the stream.
  Stream(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls);
  ~Stream();

  /// Must be called first when there is TLS. Obeys the limit.
  Awaitable<std::tuple<ErrorCode>> handshake();
  bool is_plain() const { return tls_ == nullptr; }
  /// An end without farewell is an end as any other (is_end): messages tell their own lengths.
  Awaitable<Moved> read_some(boost::asio::mutable_buffer into);
  /// All of both, which must stay.
  Awaitable<Moved> write(std::string_view bytes, std::string_view more = {});
  static bool is_end(ErrorCode error);
  /// The client's certificate; nothing when it shows none.
  std::optional<PeerCertificate> peer() const;
  /// Moves `head`, from which it takes what went, and then bytes of a file to a plain connection, as much as it takes
  /// with no wait to speak of; returns the number of bytes of the file. Of any thread, while nothing is awaited.
  /// Errors: Unavailable when the client went; Internal for a file that cannot be read.
  base::Result<std::uint64_t> send_file(std::string& head, const FileBytes& bytes);

  /// Half-closes and reads on for a moment: closing at once would reset the connection under the answer.
  Awaitable<void> close_gently();
  /// Ends whatever is awaited.
  void abandon();

  /// For all that is awaited from now on.
  void limit(std::chrono::milliseconds time) { tcp_.expires_after(time); }
  void limit(std::chrono::steady_clock::time_point due) { tcp_.expires_at(due); }
  void unlimited() { tcp_.expires_never(); }
  std::string remote_address() const;

 private:
  struct Tls;
  boost::beast::tcp_stream tcp_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace http

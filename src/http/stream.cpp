#include "http/stream.h"

#include <poll.h>
#include <sys/sendfile.h>

#include <algorithm>
#include <array>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

namespace http {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

namespace {

constexpr std::chrono::seconds kFarewell{2};
constexpr std::size_t kFarewellBytes = 1 << 20;
constexpr std::uint64_t kSendFileBytes = 1 << 20;
/// A client that takes bytes at once is waited for: it costs less than two hops of threads and a copy. One that does
/// not is left to the event loop, which many can wait in.
constexpr int kQuickMilliseconds = 2;

}  // namespace

struct Stream::Tls {
  Tls(boost::beast::tcp_stream& tcp, asio::ssl::context& context) : stream(tcp, context) {}
  asio::ssl::stream<boost::beast::tcp_stream&> stream;
  bool established = false;
};

Stream::Stream(Tcp::socket socket, asio::ssl::context* tls) : tcp_(std::move(socket)) {
  ErrorCode ignored;
  tcp_.socket().set_option(Tcp::no_delay(true), ignored);
  if (tls != nullptr) tls_ = std::make_unique<Tls>(tcp_, *tls);
}

Stream::~Stream() = default;

Awaitable<std::tuple<Stream::ErrorCode>> Stream::handshake() {
  const auto outcome = co_await tls_->stream.async_handshake(asio::ssl::stream_base::server, kToken());
  tls_->established = !std::get<0>(outcome);
  co_return outcome;
}

Awaitable<Stream::Moved> Stream::read_some(asio::mutable_buffer into) {
  if (tls_ == nullptr) return tcp_.async_read_some(into, kToken());
  return tls_->stream.async_read_some(into, kToken());
}

Awaitable<Stream::Moved> Stream::write(std::string_view bytes, std::string_view more) {
  const std::array buffer{asio::buffer(bytes.data(), bytes.size()), asio::buffer(more.data(), more.size())};
  if (tls_ == nullptr) return asio::async_write(tcp_, buffer, kToken());
  return asio::async_write(tls_->stream, buffer, kToken());
}

base::Result<std::uint64_t> Stream::send_file(std::string& head, const FileBytes& bytes) {
  ErrorCode error;
  auto& socket = tcp_.socket();
  socket.native_non_blocking(true, error);
  auto offset = static_cast<off_t>(bytes.offset);
  std::uint64_t moved = 0;
  // MSG_MORE: the head leaves in one segment with what follows it.
  const auto move_some = [&] {
    if (!head.empty())
      return ::send(socket.native_handle(), head.data(), head.size(), MSG_MORE | MSG_DONTWAIT | MSG_NOSIGNAL);
    return ::sendfile(socket.native_handle(), bytes.descriptor, &offset,
                      std::min<std::uint64_t>(bytes.length - moved, kSendFileBytes));
  };
  while (!error && moved < bytes.length) {
    const auto count = move_some();
    if (count == 0) return base::fail(base::ErrorKind::Internal, "a file that is sent is shorter than expected");
    if (count > 0 && !head.empty()) {
      head.erase(0, static_cast<std::size_t>(count));
    } else if (count > 0) {
      moved += static_cast<std::uint64_t>(count);
    } else if (errno == EAGAIN) {
      pollfd polled{socket.native_handle(), POLLOUT, 0};
      if (::poll(&polled, 1, kQuickMilliseconds) <= 0) break;
    } else if (errno != EINTR) {
      error.assign(errno, boost::system::system_category());
    }
  }
  if (!error) return moved;
  return base::fail(base::ErrorKind::Unavailable, "the connection failed: " + error.message());
}

std::optional<PeerCertificate> Stream::peer() const {
  return tls_ == nullptr ? std::nullopt : peer_of(tls_->stream.native_handle());
}

bool Stream::is_end(ErrorCode error) {
  return error == asio::error::eof || error == asio::ssl::error::stream_truncated;
}

Awaitable<void> Stream::close_gently() {
  tcp_.expires_after(kFarewell);
  if (tls_ != nullptr && tls_->established) (void)co_await tls_->stream.async_shutdown(kToken());
  ErrorCode ignored;
  tcp_.socket().shutdown(Tcp::socket::shutdown_send, ignored);
  std::array<char, 4096> rest;
  for (std::size_t read = 0; read < kFarewellBytes;) {
    const auto [error, count] = co_await tcp_.async_read_some(asio::buffer(rest), kToken());
    if (error) break;
    read += count;
  }
}

void Stream::abandon() {
  // Not closed: a worker may be sending a file, and the descriptor's number could be another connection's by then.
  ErrorCode ignored;
  tcp_.socket().shutdown(Tcp::socket::shutdown_both, ignored);
  tcp_.cancel();
}

std::string Stream::remote_address() const {
  ErrorCode ignored;
  return tcp_.socket().remote_endpoint(ignored).address().to_string();
}

}  // namespace http

#include "http/connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace http {
namespace {

constexpr std::size_t kTunnelAnswerBytes = 16 << 10;

bool wait_for(int fd, short events, Milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  for (auto left = limit;;) {
    pollfd polled{fd, events, 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(std::max<Milliseconds::rep>(0, left.count())));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
    left = std::chrono::ceil<Milliseconds>(until - std::chrono::steady_clock::now());
  }
}

/// The number of the error that came in its way; 0 when it is connected.
int connect_to(const Socket& socket, const addrinfo& address, Milliseconds limit) {
  if (::connect(socket.fd(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!socket.wait_writable(limit)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

class PlainConnection final : public Connection {
 public:
  explicit PlainConnection(Socket socket) : socket_(std::move(socket)) {}

  Outcome read_some(char* into, std::size_t size, Milliseconds limit) override {
    for (;;) {
      const auto count = ::recv(socket_.fd(), into, size, 0);
      if (count > 0) return {Step::Moved, static_cast<std::size_t>(count)};
      if (count == 0) return {Step::Ended, 0};
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return failed(std::strerror(errno));
      if (!socket_.wait_readable(limit)) return {Step::TimedOut, 0};
    }
  }

  Outcome write_some(std::string_view bytes, Milliseconds limit) override {
    for (;;) {
      const auto count = ::send(socket_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count >= 0) return {Step::Moved, static_cast<std::size_t>(count)};
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return failed(std::strerror(errno));
      if (!socket_.wait_writable(limit)) return {Step::TimedOut, 0};
    }
  }

  bool wait_readable(Milliseconds limit) override { return socket_.wait_readable(limit); }
  bool is_idle() override { return !socket_.wait_readable(Milliseconds{0}); }
  void interrupt() override { socket_.shut_down(); }

 private:
  Socket socket_;
};

}  // namespace

Socket::Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
Socket& Socket::operator=(Socket other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

bool Socket::wait_readable(Milliseconds limit) const { return wait_for(fd_, POLLIN, limit); }
bool Socket::wait_writable(Milliseconds limit) const { return wait_for(fd_, POLLOUT, limit); }
void Socket::shut_down() const { ::shutdown(fd_, SHUT_RDWR); }

base::Result<Socket> Socket::connect(const std::string& host, std::uint16_t port, Milliseconds limit_of_each,
                                     Trouble& trouble, const std::stop_token& stop) {
  const auto unreachable = [&](const char* why) {
    return base::fail(base::ErrorKind::Unavailable,
                      fmt::format("no answer from the server: {}: {}:{}", why, host, port));
  };
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); error != 0) {
    trouble = Trouble::NoSuchHost;
    return unreachable(::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  int error = EADDRNOTAVAIL;
  for (const auto* address = found; address != nullptr; address = address->ai_next) {
    Socket socket(::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address->ai_protocol));
    if (socket.fd() < 0) {
      error = errno;
    } else {
      const std::stop_callback interrupting(stop, [&socket] { socket.shut_down(); });
      error = connect_to(socket, *address, limit_of_each);
    }
    if (error != 0) continue;
    const int on = 1;
    ::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
  }
  trouble = error == ETIMEDOUT ? Trouble::TimedOut : Trouble::NotConnected;
  return unreachable(std::strerror(error));
}

Step Connection::write(std::string_view bytes, Milliseconds limit) {
  while (!bytes.empty()) {
    const auto outcome = write_some(bytes, limit);
    if (outcome.step != Step::Moved) return outcome.step;
    bytes.remove_prefix(outcome.bytes);
  }
  return Step::Moved;
}

base::Status open_tunnel(const Socket& socket, std::string_view request, Milliseconds limit,
                         const std::stop_token& stop) {
  const std::stop_callback interrupting(stop, [&] { socket.shut_down(); });
  const auto refused = [](std::string_view why) {
    return base::fail(base::ErrorKind::Unavailable, fmt::format("the proxy opens no tunnel: {}", why));
  };
  if (::send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    return refused(std::strerror(errno));
  // Byte by byte, for what follows the answer belongs to TLS.
  std::string answer;
  while (!answer.ends_with("\r\n\r\n")) {
    char byte;
    if (answer.size() > kTunnelAnswerBytes) return refused("its answer is too long");
    if (!socket.wait_readable(limit)) return refused("the time ran out");
    if (::recv(socket.fd(), &byte, 1, 0) != 1) return refused("it closed the connection");
    answer += byte;
  }
  const auto line = std::string_view(answer).substr(0, answer.find('\r'));
  const auto blank = line.find(' ');
  if (blank == std::string_view::npos || line.substr(blank + 1, 1) != "2") return refused(line);
  return {};
}

std::unique_ptr<Connection> make_plain_connection(Socket socket) {
  return std::make_unique<PlainConnection>(std::move(socket));
}

}  // namespace http

#include "s3_connection.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "http/message.h"

namespace {

using base::ErrorKind;

constexpr std::size_t kReadBytes = std::size_t{256} << 10;

base::Failure<base::Error> broken(std::string_view what) {
  return base::fail(ErrorKind::Unavailable, std::string(what) + ": " + std::generic_category().message(errno));
}

base::Failure<base::Error> no_http(std::string_view line) {
  return base::fail(ErrorKind::Unavailable, "this is no answer of HTTP/1.1: " + std::string(line));
}

std::optional<std::uint64_t> number(std::string_view text, int base_of_digits) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value, base_of_digits);
  if (read.ec != std::errc{}) return std::nullopt;
  return value;
}

}  // namespace

base::Result<S3Connection> S3Connection::open(const std::string& host, std::uint16_t port) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (const int code = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); code != 0)
    return base::fail(ErrorKind::Unavailable, "cannot find the host: " + std::string(gai_strerror(code)));
  S3Connection connection{::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const bool connected =
      connection.socket_ >= 0 && ::connect(connection.socket_, found->ai_addr, found->ai_addrlen) == 0;
  freeaddrinfo(found);
  if (!connected) return broken("cannot connect");
  const int on = 1;
  ::setsockopt(connection.socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return connection;
}

S3Connection::S3Connection(S3Connection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      held_(std::move(other.held_)),
      begin_(other.begin_),
      end_(other.end_) {}

S3Connection::~S3Connection() {
  if (socket_ >= 0) ::close(socket_);
}

base::Status S3Connection::send(std::string_view head, std::string_view body) {
  while (!head.empty() || !body.empty()) {
    std::array<iovec, 2> pieces{
        {{const_cast<char*>(head.data()), head.size()}, {const_cast<char*>(body.data()), body.size()}}};
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    const ssize_t sent = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
    if (sent < 0) return broken("cannot send");
    const auto of_head = std::min(head.size(), static_cast<std::size_t>(sent));
    head.remove_prefix(of_head);
    body.remove_prefix(static_cast<std::size_t>(sent) - of_head);
  }
  return {};
}

base::Status S3Connection::receive() {
  if (held_.empty()) held_.resize(kReadBytes);
  std::memmove(held_.data(), held_.data() + begin_, end_ - begin_);  // of nothing, nearly always
  end_ -= std::exchange(begin_, 0);
  const ssize_t got = ::recv(socket_, held_.data() + end_, held_.size() - end_, 0);
  if (got < 0) return broken("cannot receive");
  if (got == 0) return base::fail(ErrorKind::Unavailable, "the server closed the connection");
  end_ += static_cast<std::size_t>(got);
  return {};
}

base::Status S3Connection::read_line(std::string& line) {
  const auto ending = [&] { return std::string_view(held_).substr(0, end_).find("\r\n", begin_); };
  std::size_t end = ending();
  for (; end == std::string_view::npos; end = ending()) TRY_VOID(receive());
  line.assign(held_, begin_, end - begin_);
  begin_ = end + 2;
  return {};
}

base::Status S3Connection::read_bytes(std::uint64_t count, std::string* into) {
  while (count > 0) {
    if (begin_ == end_ && into == nullptr) {
      // What nobody reads is dropped where it is: TCP's recv copies nothing under MSG_TRUNC.
      const ssize_t got = ::recv(socket_, nullptr, std::min<std::uint64_t>(count, std::uint64_t{4} << 20), MSG_TRUNC);
      if (got < 0) return broken("cannot receive");
      if (got == 0) return base::fail(ErrorKind::Unavailable, "the server closed the connection inside a body");
      count -= static_cast<std::uint64_t>(got);
      continue;
    }
    if (begin_ == end_) TRY_VOID(receive());
    const auto here = std::min<std::uint64_t>(count, end_ - begin_);
    if (into != nullptr) into->append(held_, begin_, here);
    begin_ += here;
    count -= here;
  }
  return {};
}

base::Status S3Connection::read_chunks(Reply& reply, std::string* into) {
  for (std::string line;;) {
    TRY_VOID(read_line(line));
    const auto size = number(line, 16);
    if (!size) return no_http(line);
    if (*size == 0) break;
    TRY_VOID(read_bytes(*size, into));
    TRY_VOID(read_line(line));
    reply.length += *size;
  }
  for (std::string line = "-"; !line.empty();) TRY_VOID(read_line(line));
  return {};
}

base::Result<S3Connection::Reply> S3Connection::exchange(std::string_view head, std::string_view body, Keep keep) {
  TRY_VOID(send(head, body));
  Reply reply;
  std::string line;
  bool chunked = false;
  TRY_VOID(read_line(line));
  const auto status = line.starts_with("HTTP/1.1 ") ? number(std::string_view(line).substr(9), 10) : std::nullopt;
  if (!status) return no_http(line);
  reply.status = static_cast<int>(*status);
  while (true) {
    TRY_VOID(read_line(line));
    if (line.empty()) break;
    const std::string_view text = line;
    const auto colon = std::min(text.find(':'), text.size());
    auto value = text.substr(std::min(colon + 1, text.size()));
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    const auto name = text.substr(0, colon);
    if (http::equal_without_case(name, "content-length")) reply.length = number(value, 10).value_or(0);
    if (http::equal_without_case(name, "transfer-encoding")) chunked = http::equal_without_case(value, "chunked");
    if (http::equal_without_case(name, "etag")) reply.etag = value;
  }
  if (head.starts_with("HEAD ") || reply.status == 204) return reply;
  std::string* into = keep == Keep::Body || reply.status >= 300 ? &reply.body : nullptr;
  if (chunked) {
    TRY_VOID(read_chunks(reply, into));
  } else {
    TRY_VOID(read_bytes(reply.length, into));
  }
  return reply;
}

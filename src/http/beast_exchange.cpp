#include "http/beast_exchange.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <tuple>

namespace http {

namespace beast = boost::beast;
using ErrorCode = boost::system::error_code;

namespace {

/// Of one read of a body; of a head in a fresh buffer.
constexpr std::size_t kReadBytes = 64 << 10;
constexpr std::size_t kHeadBytes = 4 << 10;

base::Status io_result(const ErrorCode& error) {
  if (!error) return {};
  return base::fail(base::ErrorKind::Unavailable, "the connection failed: " + error.message());
}

constexpr std::uint64_t kDrainBytes = 256 << 10;
/// As much of one body lies in memory at a time: a piece on its way, and what the store gathers.
constexpr std::uint64_t kHeldBytesMax = 4 << 20;

base::Result<std::string> read_piece(const FileBytes& bytes) {
  std::string piece(std::min<std::uint64_t>(bytes.length, kReadBytes), '\0');
  ssize_t count = 0;
  do {
    count = ::pread(bytes.descriptor, piece.data(), piece.size(), static_cast<off_t>(bytes.offset));
  } while (count < 0 && errno == EINTR);
  if (count <= 0)
    return base::fail(base::ErrorKind::Internal,
                      fmt::format("a file that is sent cannot be read: {}",
                                  count == 0 ? "it is shorter than expected" : std::generic_category().message(errno)));
  piece.resize(static_cast<std::size_t>(count));
  return piece;
}

}  // namespace

Awaitable<ErrorCode> parse_more(Stream& stream, beast::flat_buffer& buffer, Parser& parser) {
  for (;;) {
    if (buffer.size() > 0) {
      ErrorCode error;
      buffer.consume(parser.put(buffer.data(), error));
      if (error != beast::http::error::need_more) co_return error;
    }
    const auto error = co_await read_more(stream, buffer);
    if (error == beast::http::error::end_of_stream && parser.got_some()) {
      ErrorCode outcome;
      parser.put_eof(outcome);
      co_return outcome;
    }
    if (error) co_return error;
  }
}

Awaitable<ErrorCode> read_more(Stream& stream, beast::flat_buffer& buffer) {
  const auto room = std::clamp(buffer.capacity() - buffer.size(), kHeadBytes, kReadBytes);
  const auto [error, count] = co_await stream.read_some(buffer.prepare(room));
  if (Stream::is_end(error)) co_return beast::http::error::end_of_stream;
  if (!error) buffer.commit(count);
  co_return error;
}

BeastExchange::BeastExchange(Stream& stream, beast::flat_buffer& buffer, Parser& parser, std::string remote,
                             Patience patience, Load& load)
    : stream_(stream), buffer_(buffer), parser_(parser), remote_(std::move(remote)), patience_(patience), load_(load) {
  load_.begin_request();
  const auto& message = parser_.get();
  request_.method = std::string(message.method_string());
  request_.target = std::string(message.target());
  for (const auto& field : message) request_.headers.add(std::string(field.name_string()), std::string(field.value()));
  awaits_continue_ = equal_without_case(request_.headers.get("expect"), "100-continue") && has_body();
  keep_alive_ = message.keep_alive();
  if (!parser_.chunked()) left_ = parser_.content_length().value_or(0);
}

std::optional<std::uint64_t> BeastExchange::content_length() const {
  if (const auto length = parser_.content_length()) return *length;
  return std::nullopt;
}

Awaitable<base::Result<std::size_t>> BeastExchange::read(std::span<char> room) {
  if (has_ended()) co_return 0;
  if (awaits_continue_) {
    awaits_continue_ = false;
    std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    CO_TRY_VOID(co_await send(std::move(go_on)));
  }
  if (left_ && *left_ < room.size()) room = room.first(*left_);
  std::size_t filled = 0;
  // Small reads are gathered, as each costs the reader a hop to a worker.
  while (filled < room.size() && !has_ended()) {
    const auto [error, came] = co_await receive(room.subspan(filled));
    filled += came;
    if (!hold(came)) {
      broken_ = true;
      co_return base::fail(base::ErrorKind::Unavailable, "the server holds too much of other requests");
    }
    if (error == beast::http::error::need_buffer) continue;
    if (error) {
      broken_ = true;
      co_return base::fail(body_error(error));
    }
  }
  co_return filled;
}

Awaitable<Stream::Moved> BeastExchange::receive(std::span<char> room) {
  const auto before = std::chrono::steady_clock::now();
  const auto patience = patience_.body_timeout - std::chrono::duration_cast<std::chrono::milliseconds>(waited_);
  stream_.limit(std::max(patience, std::chrono::milliseconds{1}));
  const auto [error, count] = left_ ? co_await receive_plain(room) : co_await receive_chunked(room);
  waited_ += std::chrono::steady_clock::now() - before;
  came_ += count;
  if (came_ >= patience_.body_bytes_min) {
    waited_ = {};
    came_ = 0;
  }
  // As with heads: a read that need not wait meets no limit.
  if (waited_ >= patience_.body_timeout && (!error || error == beast::http::error::need_buffer))
    co_return Stream::Moved{beast::error::timeout, count};
  co_return Stream::Moved{error, count};
}

/// What has no framing goes from the socket to where it is wanted.
Awaitable<Stream::Moved> BeastExchange::receive_plain(std::span<char> room) {
  ErrorCode error;
  auto count = std::min(buffer_.size(), room.size());
  if (count > 0) {
    std::memcpy(room.data(), buffer_.data().data(), count);
    buffer_.consume(count);
  } else {
    std::tie(error, count) = co_await stream_.read_some({room.data(), room.size()});
    if (Stream::is_end(error)) error = beast::http::error::partial_message;
  }
  *left_ -= count;
  co_return Stream::Moved{error, count};
}

Awaitable<Stream::Moved> BeastExchange::receive_chunked(std::span<char> room) {
  auto& body = parser_.get().body();
  body.data = room.data();
  body.size = room.size();
  // What lies in the buffer already is read without a wait: room for it is enough room for the next read.
  buffer_.reserve(std::min(room.size(), kReadBytes));
  const auto error = co_await parse_more(stream_, buffer_, parser_);
  co_return Stream::Moved{error, room.size() - body.size};
}

bool BeastExchange::hold(std::uint64_t bytes) {
  const auto more = std::min(bytes, kHeldBytesMax - held_);
  if (!load_.hold(more)) return false;
  held_ += more;
  return true;
}

base::Error BeastExchange::body_error(ErrorCode error) const {
  if (error == beast::error::timeout)
    return {base::ErrorKind::Unavailable, 0, {}, "the request body came too slowly", {}};
  const bool framing = error.category() == beast::http::make_error_code(beast::http::error::bad_chunk).category();
  return {framing && error != beast::http::error::partial_message ? base::ErrorKind::InvalidValue
                                                                  : base::ErrorKind::Unavailable,
          0,
          {},
          "the request body cannot be read: " + error.message(),
          {}};
}

Awaitable<base::Status> BeastExchange::respond(Response response) {
  CO_TRY_VOID(co_await begin(response.status, std::move(response.headers), response.body.size()));
  if (!response.body.empty()) CO_TRY_VOID(co_await write(std::move(response.body)));
  co_return co_await finish();
}

Awaitable<base::Status> BeastExchange::begin(int status, Headers headers, std::optional<std::uint64_t> length) {
  begun_ = true;
  bodiless_ = request_.method == "HEAD" || status == 204 || status == 304;
  chunked_ = !length && !bodiless_;
  if (broken_ || !may_continue()) keep_alive_ = false;
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", status, reason_of(status));
  for (const auto& [name, value] : headers.lines()) {
    // What ends its line would begin another header or answer.
    constexpr std::string_view kEnds("\r\n\0", 3);
    if (value.find_first_of(kEnds) != std::string::npos) continue;
    if (name.find_first_of(kEnds) != std::string::npos || name.find_first_of(": ") != std::string::npos) continue;
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (length && status != 204 && status != 304 && !headers.find("content-length"))
    head += fmt::format("Content-Length: {}\r\n", *length);
  if (chunked_) head += "Transfer-Encoding: chunked\r\n";
  head += keep_alive_ ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  pending_ = std::move(head);
  co_return base::Status{};
}

Awaitable<base::Status> BeastExchange::write(std::string bytes) {
  if (bodiless_ || bytes.empty()) co_return base::Status{};
  std::string head = std::exchange(pending_, {});
  if (chunked_) {
    head += fmt::format("{:x}\r\n", bytes.size());
    bytes += "\r\n";
  }
  co_return co_await send(std::move(head), std::move(bytes));
}

Awaitable<base::Status> BeastExchange::write_file(Workers& workers, FileBytes bytes) {
  if (bodiless_) co_return base::Status{};
  while (bytes.length > 0) {
    const bool may_move = stream_.is_plain() && !chunked_;
    // As much as the client can take; the piece behind it waits until it takes more.
    const std::function<base::Result<std::string>()> advance = [&]() -> base::Result<std::string> {
      if (may_move) {
        TRY(const auto moved, stream_.send_file(pending_, bytes));
        bytes.offset += moved;
        bytes.length -= moved;
      }
      return bytes.length == 0 ? std::string{} : read_piece(bytes);
    };
    CO_TRY(auto piece, co_await run_on(workers, advance));
    bytes.offset += piece.size();
    bytes.length -= piece.size();
    if (!piece.empty()) CO_TRY_VOID(co_await write(std::move(piece)));
  }
  co_return base::Status{};
}

Awaitable<base::Status> BeastExchange::finish() {
  std::string out = std::exchange(pending_, {});
  if (chunked_) out += "0\r\n\r\n";
  finished_ = true;
  if (!out.empty()) CO_TRY_VOID(co_await send(std::move(out)));
  co_return base::Status{};
}

Awaitable<bool> BeastExchange::drain() {
  if (!finished_ || broken_ || !keep_alive_) co_return false;
  if (awaits_continue_) co_return true;  // the client saw the answer instead, and keeps its body
  for (std::uint64_t drained = 0; !has_ended() && drained < kDrainBytes;) {
    std::array<char, 16 << 10> room;
    const auto count = co_await read(room);
    if (!count) co_return false;
    drained += *count;
  }
  co_return has_ended();
}

/// False when so much body is left that reading it costs more than a new connection.
bool BeastExchange::may_continue() const { return awaits_continue_ || has_ended() || !left_ || *left_ <= kDrainBytes; }

Awaitable<base::Status> BeastExchange::send(std::string bytes, std::string more) {
  stream_.limit(patience_.body_timeout);
  const auto [error, count] = co_await stream_.write(bytes, more);
  if (error) broken_ = true;
  co_return io_result(error);
}

Awaitable<void> refuse_head(Stream& stream, int status, std::string why) {
  why += '\n';
  const auto text =
      fmt::format("HTTP/1.1 {} {}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                  status, reason_of(status), why.size(), why);
  stream.limit(std::chrono::seconds{2});
  (void)co_await stream.write(text);
}

}  // namespace http

#include "http/server.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <condition_variable>
#include <mutex>
#include <set>

#include "base/log.h"
#include "http/io_context.h"

namespace http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Tcp = asio::ip::tcp;
using Parser = beast::http::request_parser<beast::http::buffer_body>;
using ErrorCode = boost::system::error_code;

/// Of one read of a body: a fresh buffer of Beast reads 512 bytes at a time.
constexpr std::size_t kReadBytes = 64 << 10;

struct Server::State {
  State(IoThread& io_thread, Options server_options, Service& server_service)
      : thread(io_thread), options(std::move(server_options)), service(server_service), acceptor(thread.context().io) {}

  IoThread& thread;
  const Options options;
  Service& service;
  Tcp::acceptor acceptor;
  std::uint16_t port = 0;
  std::set<beast::tcp_stream*> streams;  // of the I/O thread
  std::mutex running_mutex;
  std::condition_variable nothing_runs;
  int running = 0;
  bool stopping = false;  // of the I/O thread

  void started() {
    const std::lock_guard lock(running_mutex);
    ++running;
  }
  void ended() {
    const std::lock_guard lock(running_mutex);
    --running;
    nothing_runs.notify_all();
  }
};

namespace {

constexpr auto kToken = [] { return asio::as_tuple(asio::use_awaitable); };
constexpr std::uint64_t kDrainBytes = 256 << 10;

base::Status io_result(const ErrorCode& error) {
  if (!error) return {};
  return base::fail(base::ErrorKind::Unavailable, "the connection failed: " + error.message());
}

class BeastExchange final : public Exchange {
 public:
  BeastExchange(beast::tcp_stream& stream, beast::flat_buffer& buffer, Parser& parser, std::string remote,
                std::chrono::milliseconds body_timeout)
      : stream_(stream), buffer_(buffer), parser_(parser), remote_(std::move(remote)), body_timeout_(body_timeout) {
    const auto& message = parser_.get();
    request_.method = std::string(message.method_string());
    request_.target = std::string(message.target());
    for (const auto& field : message)
      request_.headers.add(std::string(field.name_string()), std::string(field.value()));
    awaits_continue_ = equal_without_case(request_.headers.get("expect"), "100-continue") && has_body();
    keep_alive_ = message.keep_alive();
  }

  const Request& request() const override { return request_; }
  std::string_view remote_address() const override { return remote_; }
  std::optional<std::uint64_t> content_length() const override {
    if (const auto length = parser_.content_length()) return *length;
    return std::nullopt;
  }
  bool has_body() const override { return parser_.chunked() || parser_.content_length().value_or(0) > 0; }

  Awaitable<base::Result<std::string>> read_some(std::size_t limit) override {
    if (parser_.is_done()) co_return std::string{};
    if (awaits_continue_) {
      awaits_continue_ = false;
      std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      CO_TRY_VOID(co_await send(std::move(go_on)));
    }
    if (const auto remaining = parser_.content_length_remaining()) limit = std::min<std::uint64_t>(limit, *remaining);
    buffer_.reserve(std::min(limit, kReadBytes));
    std::string piece(limit, '\0');
    std::size_t filled = 0;
    // Small reads are gathered, as each costs the reader a hop to a worker.
    while (filled < limit && !parser_.is_done()) {
      auto& body = parser_.get().body();
      body.data = piece.data() + filled;
      body.size = limit - filled;
      stream_.expires_after(body_timeout_);
      const auto [error, count] = co_await beast::http::async_read_some(stream_, buffer_, parser_, kToken());
      filled = limit - body.size;
      if (error == beast::http::error::need_buffer) break;
      if (error) {
        broken_ = true;
        const bool framing = error.category() == beast::http::make_error_code(beast::http::error::bad_chunk).category();
        co_return base::fail(framing && error != beast::http::error::partial_message ? base::ErrorKind::InvalidValue
                                                                                     : base::ErrorKind::Unavailable,
                             "the request body cannot be read: " + error.message());
      }
    }
    piece.resize(filled);
    co_return piece;
  }

  Awaitable<base::Status> respond(Response response) override {
    CO_TRY_VOID(co_await begin(response.status, std::move(response.headers), response.body.size()));
    if (!response.body.empty()) CO_TRY_VOID(co_await write(std::move(response.body)));
    co_return co_await finish();
  }

  Awaitable<base::Status> begin(int status, Headers headers, std::optional<std::uint64_t> length) override {
    begun_ = true;
    bodiless_ = request_.method == "HEAD" || status == 204 || status == 304;
    chunked_ = !length && !bodiless_;
    if (broken_ || !may_continue()) keep_alive_ = false;
    std::string head = fmt::format("HTTP/1.1 {} {}\r\n", status, reason_of(status));
    for (const auto& [name, value] : headers.lines()) {
      // A value that ends its line would begin another header or answer.
      if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) continue;
      head.append(name).append(": ").append(value).append("\r\n");
    }
    if (length && status != 204 && status != 304 && !headers.find("content-length"))
      head += fmt::format("Content-Length: {}\r\n", *length);
    if (chunked_) head += "Transfer-Encoding: chunked\r\n";
    head += keep_alive_ ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    pending_ = std::move(head);
    co_return base::Status{};
  }

  Awaitable<base::Status> write(std::string bytes) override {
    if (bodiless_ || bytes.empty()) co_return base::Status{};
    std::string out = std::exchange(pending_, {});
    if (chunked_) out += fmt::format("{:x}\r\n", bytes.size());
    out += bytes;
    if (chunked_) out += "\r\n";
    co_return co_await send(std::move(out));
  }

  Awaitable<base::Status> finish() override {
    std::string out = std::exchange(pending_, {});
    if (chunked_) out += "0\r\n\r\n";
    finished_ = true;
    if (!out.empty()) CO_TRY_VOID(co_await send(std::move(out)));
    co_return base::Status{};
  }

  /// Reads what the handler left of the body. False when the connection cannot be used again.
  Awaitable<bool> drain() {
    if (!finished_ || broken_ || !keep_alive_) co_return false;
    if (awaits_continue_) co_return true;  // the client saw the answer instead, and keeps its body
    for (std::uint64_t drained = 0; !parser_.is_done() && drained < kDrainBytes;) {
      const auto piece = co_await read_some(64 << 10);
      if (!piece) co_return false;
      drained += piece->size();
    }
    co_return parser_.is_done();
  }
  bool begun() const { return begun_; }

 private:
  /// False when so much body is left that reading it costs more than a new connection.
  bool may_continue() const {
    if (awaits_continue_ || parser_.is_done()) return true;
    return parser_.chunked() || parser_.content_length_remaining().value_or(0) <= kDrainBytes;
  }

  Awaitable<base::Status> send(std::string bytes) {
    stream_.expires_after(body_timeout_);
    const auto [error, count] = co_await asio::async_write(stream_, asio::buffer(bytes), kToken());
    if (error) broken_ = true;
    co_return io_result(error);
  }

  beast::tcp_stream& stream_;
  beast::flat_buffer& buffer_;
  Parser& parser_;
  const std::string remote_;
  const std::chrono::milliseconds body_timeout_;
  Request request_;
  std::string pending_;  // the head, sent together with the first bytes
  bool awaits_continue_ = false;
  bool keep_alive_ = true;
  bool begun_ = false;
  bool finished_ = false;
  bool bodiless_ = false;
  bool chunked_ = false;
  bool broken_ = false;
};

Awaitable<void> answer_one(Service& service, BeastExchange& exchange) {
  try {
    co_await service.handle(exchange);
  } catch (const std::exception& exception) {
    LOG_ERROR("http.handler_threw error=\"{}\"", exception.what());
  }
  if (exchange.begun()) co_return;
  Response response{.status = 500};
  (void)co_await exchange.respond(std::move(response));
}

Awaitable<void> refuse_head(beast::tcp_stream& stream, ErrorCode error) {
  const bool too_long = error == beast::http::error::header_limit;
  std::string text = fmt::format("HTTP/1.1 {} {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                                 too_long ? 431 : 400, reason_of(too_long ? 431 : 400));
  (void)co_await asio::async_write(stream, asio::buffer(text), kToken());
}

/// Half-closes and reads on for a moment: closing at once would reset the connection under the answer.
Awaitable<void> close_gently(beast::tcp_stream& stream) {
  ErrorCode ignored;
  stream.socket().shutdown(Tcp::socket::shutdown_send, ignored);
  std::array<char, 4096> rest;
  stream.expires_after(std::chrono::seconds{2});
  for (std::size_t read = 0; read < (1 << 20);) {
    const auto [error, count] = co_await stream.async_read_some(asio::buffer(rest), kToken());
    if (error) break;
    read += count;
  }
}

Awaitable<void> serve_requests(Server::Options options, Service& service, beast::tcp_stream& stream) {
  ErrorCode ignored;
  stream.socket().set_option(Tcp::no_delay(true), ignored);
  const auto remote = stream.socket().remote_endpoint(ignored).address().to_string();
  beast::flat_buffer buffer;
  for (;;) {
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(options.header_bytes_max));
    parser.body_limit(boost::none);
    stream.expires_after(options.idle_timeout);
    const auto [error, count] = co_await beast::http::async_read_header(stream, buffer, parser, kToken());
    if (error) {
      const bool unreadable =
          error.category() == beast::http::make_error_code(beast::http::error::bad_chunk).category() &&
          error != beast::http::error::end_of_stream && error != beast::http::error::partial_message;
      if (unreadable) co_await refuse_head(stream, error);
      break;
    }
    BeastExchange exchange(stream, buffer, parser, remote, options.body_timeout);
    stream.expires_never();  // the handler may think as long as it likes; reads and writes have their own limits
    co_await answer_one(service, exchange);
    if (!co_await exchange.drain()) break;
  }
  co_await close_gently(stream);
}

}  // namespace

// The state is a value of each coroutine: the last of them may end after the server said goodbye.
static Awaitable<void> serve_connection(std::shared_ptr<Server::Options> options, Service& service,
                                        std::set<beast::tcp_stream*>& streams, Tcp::socket socket) {
  beast::tcp_stream stream(std::move(socket));
  streams.insert(&stream);
  try {
    co_await serve_requests(*options, service, stream);
  } catch (const std::exception& exception) {
    LOG_ERROR("http.connection_threw error=\"{}\"", exception.what());
  }
  streams.erase(&stream);
}

static Awaitable<void> accept_all(Tcp::acceptor& acceptor, std::function<void(Tcp::socket)> take) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(kToken());
    if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (!error) take(std::move(socket));
  }
}

Server::Server(std::shared_ptr<State> state) : state_(std::move(state)) {}

base::Result<std::unique_ptr<Server>> Server::start(IoThread& thread, Options options, Service& service) {
  auto state = std::make_shared<State>(thread, options, service);
  ErrorCode error;
  const auto address = asio::ip::make_address(options.address, error);
  const Tcp::endpoint endpoint(address, options.port);
  if (!error) state->acceptor.open(endpoint.protocol(), error);
  if (!error) state->acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error) state->acceptor.bind(endpoint, error);
  if (!error) state->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    return base::fail(base::ErrorKind::Unavailable,
                      fmt::format("cannot listen on {}:{}: {}", options.address, options.port, error.message()));
  state->port = state->acceptor.local_endpoint(error).port();

  auto shared_options = std::make_shared<Options>(options);
  auto* raw = state.get();
  auto take = [raw, shared_options](Tcp::socket socket) {
    if (raw->stopping) return;
    raw->started();
    asio::co_spawn(raw->thread.context().io,
                   serve_connection(shared_options, raw->service, raw->streams, std::move(socket)),
                   [raw](const std::exception_ptr&) { raw->ended(); });
  };
  state->started();
  asio::co_spawn(thread.context().io, accept_all(state->acceptor, std::move(take)),
                 [raw](const std::exception_ptr&) { raw->ended(); });
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::~Server() {
  auto* state = state_.get();
  asio::post(state->thread.context().io, [state] {
    state->stopping = true;
    ErrorCode ignored;
    state->acceptor.close(ignored);
    for (auto* stream : state->streams) stream->cancel();
    for (auto* stream : state->streams) stream->socket().close(ignored);
  });
  std::unique_lock lock(state->running_mutex);
  state->nothing_runs.wait(lock, [state] { return state->running == 0; });
}

std::uint16_t Server::port() const { return state_->port; }

}  // namespace http

#include "http/server.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/error.hpp>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <set>

#include "base/log.h"
#include "http/beast_exchange.h"
#include "http/io_context.h"

namespace http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

struct Server::State {
  State(IoThread& io_thread, Options server_options, Service& server_service)
      : thread(io_thread), options(std::move(server_options)), service(server_service), acceptor(thread.context().io) {
    if (options.load == nullptr) options.load = std::make_shared<Load>(Load::Limits{});
  }

  IoThread& thread;
  Options options;
  Service& service;
  Tcp::acceptor acceptor;
  std::uint16_t port = 0;
  std::optional<asio::ssl::context> tls;
  std::set<Stream*> streams;  // of the I/O thread
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

constexpr std::chrono::milliseconds kAcceptPause{50};

constexpr std::size_t kJudgeBytes = 4 << 10;

/// Will not be a head that is taken, whatever comes.
bool is_too_long(std::string_view bytes, const HeadLimits& limits) {
  if (bytes.size() > limits.bytes_max) return true;
  return bytes.size() > limits.request_line_max && bytes.find('\n') == std::string_view::npos;
}

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

/// Reads until a head is there as a whole. Nothing of one that is refused has reached the parser. False when the
/// connection ends here.
Awaitable<bool> read_head(const Server::Options& options, Stream& stream, beast::flat_buffer& buffer) {
  using Time = std::chrono::steady_clock;
  bool has_begun = buffer.size() > 0;
  std::size_t judged = 0;
  auto due = Time::now() + (has_begun ? options.head_timeout : options.idle_timeout);
  stream.limit(due);
  for (;;) {
    const std::string_view bytes{static_cast<const char*>(buffer.data().data()), buffer.size()};
    // Judged anew with a line that ended, many bytes more or too many, but not with each byte of a slow client.
    const auto fresh = bytes.substr(judged);
    const bool says_more = judged == 0 || fresh.size() >= kJudgeBytes || fresh.find('\n') != std::string_view::npos ||
                           is_too_long(bytes, options.head);
    const auto verdict = says_more ? judge_head(bytes, options.head) : HeadVerdict{};
    if (says_more) judged = bytes.size();
    if (verdict.state == HeadState::Complete) {
      if (bytes.starts_with("\r\n")) buffer.consume(2);
      co_return true;
    }
    if (verdict.state == HeadState::Refused) {
      std::string why(verdict.why);
      co_await refuse_head(stream, verdict.status, std::move(why));
      co_return false;
    }
    if (co_await read_more(stream, buffer)) co_return false;  // its end, or too slow: there is nobody to answer
    // The limit ends a wait; a client that always has one more byte never makes us wait.
    if (Time::now() >= due) co_return false;
    if (!has_begun) {
      due = Time::now() + options.head_timeout;
      stream.limit(due);
    }
    has_begun = true;
  }
}

Awaitable<void> serve_requests(const Server::Options& options, Service& service, Stream& stream) {
  const auto remote = stream.remote_address();
  beast::flat_buffer buffer;
  while (co_await read_head(options, stream, buffer)) {
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(options.head.bytes_max + 4));
    parser.body_limit(boost::none);
    ErrorCode error;
    while (!error && !parser.is_header_done()) error = co_await parse_more(stream, buffer, parser);
    if (error) {
      auto why = error.message();
      co_await refuse_head(stream, error == beast::http::error::header_limit ? 431 : 400, std::move(why));
      break;
    }
    BeastExchange exchange(stream, buffer, parser, remote,
                           {.body_timeout = options.body_timeout, .body_bytes_min = options.body_bytes_min},
                           *options.load);
    stream.unlimited();  // the handler may think as long as it likes; reads and writes have their own limits
    co_await answer_one(service, exchange);
    if (!co_await exchange.drain()) break;
  }
}

Awaitable<void> serve_stream(const Server::Options& options, Service& service, Stream& stream) {
  if (!stream.is_plain()) {
    stream.limit(options.handshake_timeout);
    const auto [error] = co_await stream.handshake();
    if (error) {
      LOG_DEBUG("http.handshake_failed error=\"{}\"", error.message());
      co_return;
    }
  }
  co_await serve_requests(options, service, stream);
  co_await stream.close_gently();
}

}  // namespace

static Awaitable<void> serve_connection(Server::State& state, Tcp::socket socket) {
  std::unique_ptr<Stream> stream;
  try {
    stream = std::make_unique<Stream>(std::move(socket), state.tls ? &*state.tls : nullptr);
    state.streams.insert(stream.get());
    co_await serve_stream(state.options, state.service, *stream);
  } catch (const std::exception& exception) {
    LOG_ERROR("http.connection_threw error=\"{}\"", exception.what());
  }
  state.streams.erase(stream.get());
}

static Awaitable<void> accept_all(Tcp::acceptor& acceptor, std::function<void(Tcp::socket)> take) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(kToken());
    if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (!error) {
      take(std::move(socket));
      continue;
    }
    // No file handle is left, say: the connection waits in the system's queue, and would be offered again at once.
    asio::steady_timer pause(acceptor.get_executor(), kAcceptPause);
    (void)co_await pause.async_wait(kToken());
  }
}

Server::Server(std::shared_ptr<State> state) : state_(std::move(state)) {}

base::Result<std::unique_ptr<Server>> Server::start(IoThread& thread, Options options, Service& service) {
  // sendfile, unlike send, cannot be told to spare the process when the client is gone: it answers EPIPE then.
  std::signal(SIGPIPE, SIG_IGN);
  auto state = std::make_shared<State>(thread, options, service);
  if (options.certificate) {
    TRY(auto context, make_server_context(*options.certificate));
    state->tls.emplace(context.release());
  } else if (options.tls) {
    TRY(auto context, make_server_context(*options.tls));
    state->tls.emplace(context.release());
  }
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

  auto* raw = state.get();
  auto take = [raw](Tcp::socket socket) {
    if (raw->stopping) return;
    raw->started();
    asio::co_spawn(raw->thread.context().io, serve_connection(*raw, std::move(socket)),
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
    for (auto* stream : state->streams) stream->abandon();
  });
  std::unique_lock lock(state->running_mutex);
  state->nothing_runs.wait(lock, [state] { return state->running == 0; });
}

std::uint16_t Server::port() const { return state_->port; }

}  // namespace http

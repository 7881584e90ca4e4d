#include "http/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <tuple>

#include "http/connection.h"

namespace http {

namespace beast = boost::beast;
using ErrorCode = boost::system::error_code;
using Parser = beast::http::response_parser<beast::http::buffer_body>;

namespace {

constexpr std::size_t kReadBytes = 64 << 10;
constexpr std::size_t kHeadBytes = 4 << 10;
constexpr std::size_t kPieceBytes = 256 << 10;

/// What ends its line would begin another header or request.
base::Status check_lines(const Request& request) {
  constexpr std::string_view kEnds("\r\n\0", 3);
  if (request.target.find_first_of(" \r\n") != std::string::npos)
    return base::fail(base::ErrorKind::InvalidValue, "a request's target holds no blanks: " + request.target);
  for (const auto& [name, value] : request.headers.lines())
    if (name.find_first_of(kEnds) != std::string::npos || value.find_first_of(kEnds) != std::string::npos)
      return base::fail(base::ErrorKind::InvalidValue, "a header holds no line end: " + name);
  return {};
}

struct Sinks {
  const HeadSink* head = nullptr;
  const BodySink* body = nullptr;
};

}  // namespace

struct Client::State {
  explicit State(Options client_options) : options(std::move(client_options)) {}

  const Options options;
  std::shared_ptr<Connection> connection;  // shared with whoever interrupts it
  beast::flat_buffer buffer;
  bool answered = false;   // the server sent the head of its answer to the present request
  bool went_away = false;  // the present request failed because the connection did
  Trouble trouble = Trouble::None;
  std::optional<PeerCertificate> peer;

  base::Failure<base::Error> unreachable(std::string_view why, Trouble what = Trouble::Broken) {
    connection.reset();
    went_away = true;
    trouble = what;
    return base::fail(base::ErrorKind::Unavailable,
                      fmt::format("no answer from the server: {}: {}:{}", why, options.host, options.port));
  }
  base::Failure<base::Error> unreachable(Step step) {
    switch (step) {
      case Step::TimedOut: return unreachable("the time ran out", Trouble::TimedOut);
      case Step::Failed: return unreachable(std::string(connection->trouble()));
      case Step::Ended:
      case Step::Moved: break;
    }
    return unreachable("it closed the connection");
  }

  base::Status connect(const std::stop_token& stop) {
    buffer.clear();
    peer.reset();
    const auto& [host, port] =
        options.proxy ? std::tie(options.proxy->host, options.proxy->port) : std::tie(options.host, options.port);
    TRY(auto socket, Socket::connect(host, port, options.connect_timeout, trouble, stop));
    if (options.tls == nullptr) {
      connection = make_plain_connection(std::move(socket));
      return {};
    }
    trouble = Trouble::NotConnected;
    if (options.proxy) TRY_VOID(open_tunnel(socket, tunnel_request(), options.connect_timeout, stop));
    trouble = Trouble::Tls;
    TRY(connection, make_tls_connection(std::move(socket), *options.tls, options.host, options.port,
                                        options.connect_timeout, stop));
    trouble = Trouble::None;
    peer = connection->peer();
    return {};
  }

  std::string tunnel_request() const {
    const auto server = fmt::format("{}:{}", options.host, options.port);
    auto request = fmt::format("CONNECT {} HTTP/1.1\r\nHost: {}\r\n", server, server);
    if (!options.proxy->authorization.empty())
      request.append("Proxy-Authorization: ").append(options.proxy->authorization).append("\r\n");
    return request + "\r\n";
  }

  Milliseconds write_timeout() const {
    return options.write_timeout.count() > 0 ? options.write_timeout : options.timeout;
  }

  base::Status write(std::string_view bytes) {
    const auto step = connection->write(bytes, write_timeout());
    if (step != Step::Moved) return unreachable(step);
    return {};
  }

  /// Without a length, a body comes in chunks.
  std::string head_of(const Request& request, bool has_body, std::optional<std::uint64_t> length) const {
    auto head = request.method + " ";
    const bool to_proxy = options.proxy && options.tls == nullptr;
    if (to_proxy) head += fmt::format("http://{}:{}", options.host, options.port);
    head.append(request.target).append(" HTTP/1.1\r\n");
    if (!request.headers.find("host")) head += fmt::format("Host: {}:{}\r\n", options.host, options.port);
    if (to_proxy && !options.proxy->authorization.empty())
      head.append("Proxy-Authorization: ").append(options.proxy->authorization).append("\r\n");
    for (const auto& [name, value] : request.headers.lines())
      head.append(name).append(": ").append(value).append("\r\n");
    if (!has_body) return head + "\r\n";
    if (!length) head += "Transfer-Encoding: chunked\r\n";
    if (length && !request.headers.find("content-length")) head += fmt::format("Content-Length: {}\r\n", *length);
    return head + "\r\n";
  }

  base::Result<Response> exchange(const Request& request, const BodySource* source, const Sinks& sinks,
                                  const std::stop_token& stop) {
    const std::stop_callback interrupting(stop, [held = connection] { held->interrupt(); });
    const bool has_body =
        source != nullptr || !request.body.empty() || request.method == "PUT" || request.method == "POST";
    const auto length = source != nullptr ? source->length : std::optional<std::uint64_t>(request.body.size());
    auto out = head_of(request, has_body, length);
    if (source == nullptr) out += request.body;
    TRY_VOID(write(out));
    const bool to_head = request.method == "HEAD";
    bool whole = true;
    if (source != nullptr) {
      if (equal_without_case(request.headers.get("expect"), "100-continue") &&
          connection->wait_readable(options.continue_timeout)) {
        Parser parser;
        TRY_VOID(read_head(parser, to_head));
        if (parser.get().result_int() != 100) return finish(parser, sinks, Kept::No);
      }
      TRY(whole, write_from(*source));
    }
    for (;;) {
      Parser parser;
      TRY_VOID(read_head(parser, to_head));
      if (parser.get().result_int() / 100 != 1) return finish(parser, sinks, whole ? Kept::Yes : Kept::No);
    }
  }

  /// False when the server closed before it had everything. It may have answered: that says more than the broken pipe.
  base::Result<bool> write_from(const BodySource& source) {
    for (;;) {
      auto piece = source.next();
      if (!piece) connection.reset();  // half a request was sent
      TRY(auto bytes, std::move(piece));
      const bool is_last = bytes.empty();
      if (!source.length) bytes = fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
      const auto step = connection->write(bytes, write_timeout());
      if (step == Step::TimedOut) return unreachable(step);
      if (step != Step::Moved) return false;
      if (is_last) return true;
    }
  }

  /// Parses what there is, or reads more, until the parser gets on.
  base::Result<ErrorCode> parse_more(Parser& parser) {
    for (;;) {
      ErrorCode error;
      if (buffer.size() > 0) {
        buffer.consume(parser.put(buffer.data(), error));
        if (error != beast::http::error::need_more) return error;
      }
      const auto room = buffer.prepare(std::clamp(buffer.capacity() - buffer.size(), kHeadBytes, kReadBytes));
      const auto outcome = connection->read_some(static_cast<char*>(room.data()), room.size(), options.timeout);
      if (outcome.step == Step::Ended && parser.got_some()) {
        error = {};
        parser.put_eof(error);
        return error;
      }
      if (outcome.step != Step::Moved) return unreachable(outcome.step);
      buffer.commit(outcome.bytes);
    }
  }

  base::Status read_head(Parser& parser, bool to_head) {
    parser.body_limit(boost::none);
    parser.skip(to_head);
    while (!parser.is_header_done()) {
      TRY(const auto error, parse_more(parser));
      if (error) return unreachable(error.message());
    }
    return {};
  }

  enum class Kept { Yes, No };
  base::Result<Response> finish(Parser& parser, const Sinks& sinks, Kept kept) {
    answered = true;
    Response response{.status = static_cast<int>(parser.get().result_int())};
    response.reason = std::string(parser.get().reason());
    for (const auto& field : parser.get())
      response.headers.add(std::string(field.name_string()), std::string(field.value()));
    auto read = sinks.head != nullptr ? (*sinks.head)(response) : base::Status{};
    if (read) read = read_body(parser, response, sinks.body);
    if (!read || kept == Kept::No || !parser.get().keep_alive()) connection.reset();
    TRY_VOID(std::move(read));
    return response;
  }

  base::Status read_body(Parser& parser, Response& response, const BodySink* sink) {
    if (parser.is_done()) return {};
    std::string piece(std::min<std::uint64_t>(kPieceBytes, parser.content_length().value_or(kPieceBytes)), '\0');
    buffer.reserve(std::min(piece.size(), kReadBytes));
    while (!parser.is_done()) {
      auto& body = parser.get().body();
      body.data = piece.data();
      body.size = piece.size();
      base::Status broken;  // what came before is the caller's all the same
      while (broken && !parser.is_done() && body.size > 0) {
        const auto error = parse_more(parser);
        if (error && *error == beast::http::error::need_buffer) break;
        if (!error || *error) broken = error ? unreachable(error->message()) : base::fail(error.error());
      }
      TRY_VOID(take(std::string_view(piece.data(), piece.size() - body.size), response, sink));
      TRY_VOID(std::move(broken));
    }
    return {};
  }

  base::Status take(std::string_view bytes, Response& response, const BodySink* sink) const {
    if (sink != nullptr) return (*sink)(response.status, bytes);
    if (response.body.size() + bytes.size() > options.body_bytes_max)
      return base::fail(base::ErrorKind::InvalidValue, "the answer of the server is too long");
    response.body += bytes;
    return {};
  }

  base::Result<Response> send(const Request& request, const BodySource* source, const Sinks& sinks,
                              const std::stop_token& stop = {}) {
    TRY_VOID(check_lines(request));
    auto response = stop.stop_requested() ? cancelled() : send_until(request, source, sinks, stop);
    if (!response && stop.stop_requested()) return cancelled();
    return response;
  }

  static base::Result<Response> cancelled() {
    return base::fail(base::ErrorKind::Cancelled, "the request was stopped before its answer came");
  }

  base::Result<Response> send_until(const Request& request, const BodySource* source, const Sinks& sinks,
                                    const std::stop_token& stop) {
    if (connection != nullptr && (buffer.size() > 0 || !connection->is_idle())) connection.reset();
    const bool reused = connection != nullptr;
    answered = went_away = false;
    trouble = Trouble::None;
    if (!reused) TRY_VOID(connect(stop));
    auto response = exchange(request, source, sinks, stop);
    const bool again = (source == nullptr || source->rewind) && !stop.stop_requested();
    if (response || !reused || answered || !went_away || !again) return response;
    if (source != nullptr) TRY_VOID(source->rewind());
    TRY_VOID(connect(stop));
    return exchange(request, source, sinks, stop);
  }
};

Client::Client(Options options) : state_(std::make_unique<State>(std::move(options))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;

base::Result<Response> Client::send(const Request& request) { return state_->send(request, nullptr, {}); }
base::Result<Response> Client::send(const Request& request, BodySource source, std::stop_token stop) {
  return state_->send(request, &source, {}, stop);
}
base::Result<Response> Client::receive(const Request& request, const BodySink& sink) {
  return state_->send(request, nullptr, {.body = &sink});
}
base::Result<Response> Client::receive(const Request& request, const HeadSink& head, const BodySink& sink) {
  return state_->send(request, nullptr, {.head = &head, .body = &sink});
}

base::Result<Response> Client::exchange(const Request& request, const BodySource* source, const HeadSink& head,
                                        const BodySink& sink, std::stop_token stop) {
  return state_->send(request, source, {.head = &head, .body = &sink}, stop);
}
Trouble Client::trouble() const { return state_->trouble; }
bool Client::is_connected() const { return state_->connection != nullptr && state_->connection->is_idle(); }
std::optional<PeerCertificate> Client::peer() const { return state_->peer; }

}  // namespace http

#include "http/client.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <optional>

namespace http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using ErrorCode = boost::system::error_code;
using Parser = beast::http::response_parser<beast::http::buffer_body>;

base::Result<Url> parse_url(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("invalid URL: {}: {}", why, text));
  };
  Url url;
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return bad("no scheme");
  url.scheme = text.substr(0, colon);
  if (url.scheme != "http" && url.scheme != "https") return bad("unknown scheme");
  url.port = url.scheme == "https" ? 443 : 80;
  auto rest = text.substr(colon + 3);
  const auto slash = rest.find_first_of("/?");
  url.target = slash == std::string_view::npos ? "/" : std::string(rest.substr(slash));
  if (url.target.front() == '?') url.target.insert(0, "/");
  auto authority = rest.substr(0, slash);
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return bad("no ] after the address");
    url.host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
  } else {
    url.host = authority.substr(0, authority.find(':'));
    authority.remove_prefix(url.host.size());
  }
  if (url.host.empty()) return bad("no host");
  if (authority.empty()) return url;
  const auto port = authority.substr(1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (authority.front() != ':' || error != std::errc{} || end != port.data() + port.size())
    return bad("no port number");
  return url;
}

struct Client::State {
  explicit State(Options client_options) : options(std::move(client_options)) {}

  const Options options;
  asio::io_context io{1};
  std::optional<beast::tcp_stream> stream;
  beast::flat_buffer buffer;

  /// Runs one asynchronous operation to its end: only those obey the stream's time limit.
  template <class Start>
  ErrorCode wait(std::chrono::milliseconds limit, Start start) {
    ErrorCode outcome = asio::error::would_block;
    stream->expires_after(limit);
    start([&outcome](ErrorCode error, const auto&...) { outcome = error; });
    io.restart();
    io.run();
    return outcome;
  }

  base::Status unreachable(const ErrorCode& error) {
    stream.reset();
    return base::fail(base::ErrorKind::Unavailable,
                      fmt::format("no answer from the server: {}: {}:{}", error.message(), options.host, options.port));
  }

  base::Status connect() {
    stream.emplace(io);
    buffer.clear();
    ErrorCode error;
    asio::ip::tcp::resolver resolver(io);
    const auto addresses = resolver.resolve(options.host, std::to_string(options.port), error);
    if (error) return unreachable(error);
    error = wait(options.connect_timeout, [&](auto done) { stream->async_connect(addresses, std::move(done)); });
    if (error) return unreachable(error);
    stream->socket().set_option(asio::ip::tcp::no_delay(true), error);
    return {};
  }

  ErrorCode send_bytes(std::string_view bytes) {
    return wait(options.timeout, [&](auto done) {
      asio::async_write(*stream, asio::buffer(bytes.data(), bytes.size()), std::move(done));
    });
  }

  base::Status write(std::string_view bytes) {
    const auto error = send_bytes(bytes);
    return error ? unreachable(error) : base::Status{};
  }

  std::string head_of(const Request& request, std::optional<std::uint64_t> length) const {
    auto head = fmt::format("{} {} HTTP/1.1\r\n", request.method, request.target);
    if (!request.headers.find("host")) head += fmt::format("Host: {}:{}\r\n", options.host, options.port);
    for (const auto& [name, value] : request.headers.lines())
      head.append(name).append(": ").append(value).append("\r\n");
    if (length && !request.headers.find("content-length")) head += fmt::format("Content-Length: {}\r\n", *length);
    return head + "\r\n";
  }

  base::Result<Response> exchange(const Request& request, const BodySource* source, const BodySink* sink,
                                  bool& answered) {
    const bool has_body =
        source != nullptr || !request.body.empty() || request.method == "PUT" || request.method == "POST";
    const auto length = source != nullptr ? source->length : request.body.size();
    auto out = head_of(request, has_body ? std::optional(length) : std::nullopt);
    if (source == nullptr) out += request.body;
    TRY_VOID(write(out));
    bool whole = true;
    if (source != nullptr) {
      TRY(whole, write_from(*source));
    }
    auto answer = read_answer(request.method == "HEAD", sink, answered);
    if (!whole) stream.reset();
    return answer;
  }

  /// False when the server closed before it had everything. It may have answered: that says more than the broken pipe.
  base::Result<bool> write_from(const BodySource& source) {
    for (;;) {
      auto piece = source.next();
      if (!piece) stream.reset();  // half a request was sent
      TRY(const auto bytes, std::move(piece));
      if (bytes.empty()) return true;
      const auto error = send_bytes(bytes);
      if (error == beast::error::timeout) return base::fail(unreachable(error).error());
      if (error) return false;
    }
  }

  base::Result<Response> read_answer(bool to_head, const BodySink* sink, bool& answered) {
    Parser parser;
    parser.body_limit(boost::none);
    parser.skip(to_head);
    auto error = wait(options.timeout,
                      [&](auto done) { beast::http::async_read_header(*stream, buffer, parser, std::move(done)); });
    if (error) return base::fail(unreachable(error).error());
    answered = true;
    Response response{.status = static_cast<int>(parser.get().result_int())};
    if (response.status == 100) return read_answer(to_head, sink, answered);
    for (const auto& field : parser.get())
      response.headers.add(std::string(field.name_string()), std::string(field.value()));
    TRY_VOID(read_body(parser, response, sink));
    if (!parser.get().keep_alive()) stream.reset();
    return response;
  }

  base::Status read_body(Parser& parser, Response& response, const BodySink* sink) {
    std::string piece(256 << 10, '\0');
    buffer.reserve(64 << 10);  // a fresh one reads 512 bytes at a time
    while (!parser.is_done()) {
      auto& body = parser.get().body();
      body.data = piece.data();
      body.size = piece.size();
      const auto error =
          wait(options.timeout, [&](auto done) { beast::http::async_read(*stream, buffer, parser, std::move(done)); });
      const std::string_view bytes(piece.data(), piece.size() - body.size);
      if (error && error != beast::http::error::need_buffer) return unreachable(error);
      if (sink != nullptr) {
        auto taken = (*sink)(response.status, bytes);
        if (!taken) {
          stream.reset();
          return taken;
        }
      } else {
        if (response.body.size() + bytes.size() > options.body_bytes_max) {
          stream.reset();
          return base::fail(base::ErrorKind::InvalidValue, "the answer of the server is too long");
        }
        response.body += bytes;
      }
    }
    return {};
  }

  base::Result<Response> send(const Request& request, const BodySource* source, const BodySink* sink) {
    const bool reused = stream.has_value();
    if (!reused) TRY_VOID(connect());
    bool answered = false;
    auto response = exchange(request, source, sink, answered);
    const bool went_stale =
        !response && reused && !answered && source == nullptr && response.error().kind == base::ErrorKind::Unavailable;
    if (!went_stale) return response;
    TRY_VOID(connect());
    return exchange(request, source, sink, answered);
  }
};

Client::Client(Options options) : state_(std::make_unique<State>(std::move(options))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;

base::Result<Response> Client::send(const Request& request) { return state_->send(request, nullptr, nullptr); }
base::Result<Response> Client::send(const Request& request, BodySource source) {
  return state_->send(request, &source, nullptr);
}
base::Result<Response> Client::receive(const Request& request, const BodySink& sink) {
  return state_->send(request, nullptr, &sink);
}

}  // namespace http

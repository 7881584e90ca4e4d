#pragma once

// One request as Beast reads it, for the server of this room.

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <optional>
#include <span>

#include "http/stream.h"

namespace http {

using Parser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;

/// Parses what `buffer` holds, or reads more into it until the parser gets on. Beast's own readers would be compiled
/// for each kind of stream. Errors: those of Beast's parser; end_of_stream before the first byte.
Awaitable<boost::system::error_code> parse_more(Stream& stream, boost::beast::flat_buffer& buffer, Parser& parser);

/// Reads once. Errors: those of the stream; end_of_stream behind the last byte.
Awaitable<boost::system::error_code> read_more(Stream& stream, boost::beast::flat_buffer& buffer);

/// How slow a client may be.
struct Patience {
  std::chrono::milliseconds body_timeout;
  std::uint64_t body_bytes_min;  // that come while body_timeout is waited
};

class BeastExchange final : public Exchange {
 public:
  /// `parser` has read the head. All of them outlive this.
  BeastExchange(Stream& stream, boost::beast::flat_buffer& buffer, Parser& parser, std::string remote,
                Patience patience, Load& load);
  ~BeastExchange() override { load_.end_request(held_); }
  BeastExchange(const BeastExchange&) = delete;
  BeastExchange& operator=(const BeastExchange&) = delete;

  const Request& request() const override { return request_; }
  std::string_view remote_address() const override { return remote_; }
  bool is_encrypted() const override { return !stream_.is_plain(); }
  std::optional<PeerCertificate> peer() const override { return stream_.peer(); }
  std::optional<std::uint64_t> content_length() const override;
  bool has_body() const override { return parser_.chunked() || parser_.content_length().value_or(0) > 0; }
  bool is_one_too_many() const override { return load_.is_too_much(); }
  Awaitable<base::Result<std::size_t>> read(std::span<char> room) override;
  Awaitable<base::Status> respond(Response response) override;
  Awaitable<base::Status> begin(int status, Headers headers, std::optional<std::uint64_t> length) override;
  Awaitable<base::Status> write(std::string bytes) override;
  Awaitable<base::Status> write_file(Workers& workers, FileBytes bytes) override;
  Awaitable<base::Status> finish() override;

  /// Reads what the handler left of the body. False when the connection cannot be used again.
  Awaitable<bool> drain();
  bool begun() const { return begun_; }

 private:
  bool may_continue() const;
  /// Of the body.
  bool has_ended() const { return left_ ? *left_ == 0 : parser_.is_done(); }
  /// Receives more of the body, as long as the client is quick enough.
  Awaitable<Stream::Moved> receive(std::span<char> room);
  Awaitable<Stream::Moved> receive_plain(std::span<char> room);
  Awaitable<Stream::Moved> receive_chunked(std::span<char> room);
  base::Error body_error(boost::system::error_code error) const;
  bool hold(std::uint64_t bytes);
  Awaitable<base::Status> send(std::string bytes, std::string more = {});

  Stream& stream_;
  boost::beast::flat_buffer& buffer_;
  Parser& parser_;
  const std::string remote_;
  const Patience patience_;
  Load& load_;
  std::optional<std::uint64_t> left_;  // of a body without framing, which the parser does not see
  std::uint64_t held_ = 0;             // of load_
  // Since the client last was quick enough:
  std::chrono::steady_clock::duration waited_{0};
  std::uint64_t came_ = 0;
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

/// Answers a head that cannot be read; the connection must be closed.
Awaitable<void> refuse_head(Stream& stream, int status, std::string why);

}  // namespace http

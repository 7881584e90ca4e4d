#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "http/head_rules.h"
#include "http/load.h"
#include "http/message.h"
#include "http/tls.h"

namespace http {

template <class T>
using Awaitable = boost::asio::awaitable<T>;

/// Bounded threads for the blocking part of a request, so that the I/O thread never blocks. They start with the first
/// one.
class Workers {
 public:
  explicit Workers(std::size_t threads);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  /// Waits for what runs.
  ~Workers();
  /// Runs `work` on a worker; the coroutine goes on where it was. `work` must not throw.
  Awaitable<void> run(std::function<void()> work);
  /// The same, and nobody waits.
  void post(std::function<void()> work);

 private:
  struct Pool;
  std::unique_ptr<Pool> pool_;
};

/// Runs `work` on a worker and returns what it returns. A long statement wants a thread of its own instead: own_thread.
template <class Work>
Awaitable<std::invoke_result_t<Work>> run_on(Workers& workers, Work work) {
  std::optional<std::invoke_result_t<Work>> result;
  std::function<void()> run = [&] { result.emplace(work()); };
  co_await workers.run(std::move(run));
  co_return std::move(*result);
}

/// Runs `work` on a thread made for it, and goes on when it ended.
Awaitable<void> run_on_own_thread(std::function<void()> work);

/// Bytes of an open file, which stays open as long as somebody uses this.
struct FileBytes {
  int descriptor = -1;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// One request and its answer. All calls are made on the I/O thread, one after the other.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const Request& request() const = 0;
  virtual std::string_view remote_address() const = 0;
  /// Nobody between the client and this server can read it.
  virtual bool is_encrypted() const = 0;
  /// The certificate that the client showed, where it was asked for one.
  virtual std::optional<PeerCertificate> peer() const { return std::nullopt; }
  /// Fills `room` with the next bytes of the body, as far as it has some; returns their number, 0 at its end. Tells a
  /// client that waits for it to go on.
  /// Errors: InvalidValue (broken framing), Unavailable (the client went, was too slow, or the server holds too much).
  virtual Awaitable<base::Result<std::size_t>> read(std::span<char> room) = 0;
  /// The same as a string of at most `limit` bytes.
  Awaitable<base::Result<std::string>> read_some(std::size_t limit);
  /// Length of the body as declared; none when it is chunked or absent.
  virtual std::optional<std::uint64_t> content_length() const = 0;
  virtual bool has_body() const = 0;
  /// The server has more to do than it may take: refuse the request, before its body is read.
  virtual bool is_one_too_many() const { return false; }

  /// Answers as a whole. To HEAD, and with 204 and 304, the body stays here, but its length is told.
  virtual Awaitable<base::Status> respond(Response response) = 0;
  /// Answers in pieces: begin, then write until all is there, then finish. Without `length` the answer is chunked.
  virtual Awaitable<base::Status> begin(int status, Headers headers, std::optional<std::uint64_t> length) = 0;
  /// Returns when the client took the bytes, so that a slow client slows its sender.
  virtual Awaitable<base::Status> write(std::string bytes) = 0;
  /// The same for bytes of a file, which the system moves to the socket without a copy where it can; the file is read
  /// on `workers`. Errors: Internal when the file is shorter.
  virtual Awaitable<base::Status> write_file(Workers& workers, FileBytes bytes) = 0;
  virtual Awaitable<base::Status> finish() = 0;
};

/// The rest of the body at once. Errors: InvalidValue when it is longer than `limit`.
Awaitable<base::Result<std::string>> read_body(Exchange& exchange, std::size_t limit);

/// What a server does with its requests. Called on the I/O thread; must outlive the server.
class Service {
 public:
  virtual ~Service() = default;
  /// Answers the request. What it leaves unanswered becomes 500.
  virtual Awaitable<void> handle(Exchange& exchange) = 0;
};

/// The one thread on which sockets and timers run.
class IoThread {
 public:
  IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;
  ~IoThread();
  struct Context;
  Context& context() { return *context_; }

 private:
  std::unique_ptr<Context> context_;
};

class Server {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any that is free
    HeadLimits head;
    std::chrono::milliseconds idle_timeout{75'000};
    std::chrono::milliseconds head_timeout{10'000};  // from its first byte to its last
    std::chrono::milliseconds body_timeout{30'000};
    std::uint64_t body_bytes_min = 8 << 10;  // that must come while body_timeout is waited for them
    std::shared_ptr<Load> load;              // of this and other servers; none: of this server alone
    std::optional<Certificate> certificate;  // with it: HTTPS, and nothing else
    std::optional<ServerTls> tls = {};       // the same from stores, with what clients must show
    std::chrono::milliseconds handshake_timeout{10'000};
  };
  /// Errors: Unavailable when the address cannot be bound; InvalidValue for a certificate or key that cannot be used.
  static base::Result<std::unique_ptr<Server>> start(IoThread& thread, Options options, Service& service);
  /// Closes all connections and waits until no handler runs any more.
  ~Server();
  std::uint16_t port() const;

  struct State;

 private:
  explicit Server(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace http

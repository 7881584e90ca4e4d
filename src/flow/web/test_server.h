#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/server.h"

namespace flow::web {

/// A server for tests on a free port of this machine; it keeps what it was asked.
class TestServer final : public http::Service {
 public:
  struct Seen {
    std::string method;
    std::string target;
    http::Headers headers;
    std::string body;
  };
  using Answer = std::function<http::Response(const Seen& request)>;
  explicit TestServer(Answer answer, http::Server::Options options = {}) : answer_(std::move(answer)) {
    auto started = http::Server::start(thread_, std::move(options), *this);
    EXPECT_TRUE(started) << started.error().message;
    if (started) server_ = std::move(*started);
  }

  std::uint16_t port() const { return server_->port(); }
  std::string url(const std::string& target) const { return "http://127.0.0.1:" + std::to_string(port()) + target; }
  std::vector<Seen> seen() const {
    const std::lock_guard lock(seen_mutex_);
    return seen_;
  }
  /// The one request that came; a failure of the test when there is none or more.
  Seen only() const {
    auto all = seen();
    EXPECT_EQ(all.size(), 1u) << "requests";
    return all.empty() ? Seen{} : std::move(all.front());
  }

  /// Status kBreak: the connection ends within the body of the answer.
  static constexpr int kBreak = 999;
  http::Awaitable<void> handle(http::Exchange& exchange) override {
    const auto& request = exchange.request();
    auto body = co_await http::read_body(exchange, std::size_t{1} << 30);
    Seen seen{request.method, request.target, request.headers, body ? std::move(*body) : std::string("(broken)")};
    auto response = answer_(seen);
    {
      const std::lock_guard lock(seen_mutex_);
      seen_.push_back(std::move(seen));
    }
    if (response.status == kBreak) {
      (void)co_await exchange.begin(200, {}, response.body.size() + 10);
      (void)co_await exchange.write(std::move(response.body));
      co_return;
    }
    (void)co_await exchange.respond(std::move(response));
  }

 private:
  const Answer answer_;
  mutable std::mutex seen_mutex_;
  std::vector<Seen> seen_;
  http::IoThread thread_;
  std::unique_ptr<http::Server> server_;
};

/// Takes connections and never says a word.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(socket_, 8), 0);
    socklen_t size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() { ::close(socket_); }
  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
  int accept() const { return ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC); }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

}  // namespace flow::web

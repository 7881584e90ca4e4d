#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "flow/listener_test.h"
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
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  SilentServer() = default;
  ~SilentServer() { ::close(listener_.socket); }
  std::uint16_t port() const { return listener_.port; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()) + "/"; }
  int accept() const { return ::accept4(listener_.socket, nullptr, nullptr, SOCK_CLOEXEC); }

 private:
  const Listener listener_ = listen_on_loopback();
};

}  // namespace flow::web

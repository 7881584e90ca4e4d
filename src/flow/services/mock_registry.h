#pragma once

// A Confluent Schema Registry for tests, on loopback.

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "http/server.h"

namespace flow {

class MockRegistry final : public http::Service {
 public:
  /// Bodies by paths; all else is not found.
  explicit MockRegistry(std::map<std::string, std::string> answers)
      : answers_(std::move(answers)), server_(http::Server::start(thread_, {}, *this).value()) {}
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  int requests() const { return requests_; }
  std::string authorization() const {
    const std::lock_guard lock(authorization_mutex_);
    return authorization_;
  }

 private:
  http::Awaitable<void> handle(http::Exchange& exchange) override {
    auto response = answer(exchange.request());
    (void)co_await exchange.respond(std::move(response));
  }
  http::Response answer(const http::Request& request) {
    ++requests_;
    const std::lock_guard lock(authorization_mutex_);
    authorization_ = request.headers.get("Authorization");
    const auto found = answers_.find(std::string(request.path()));
    if (found == answers_.end()) return {.status = 404};
    return {.body = found->second};
  }

  const std::map<std::string, std::string> answers_;
  std::atomic<int> requests_ = 0;
  mutable std::mutex authorization_mutex_;
  std::string authorization_;
  http::IoThread thread_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace flow

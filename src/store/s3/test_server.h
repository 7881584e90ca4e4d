#pragma once

// What the tests of the client share: a machine, a clock and a server that say what the test says.

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>

#include "base/disk.h"
#include "http/server.h"
#include "store/object_store.h"
#include "store/s3/client.h"
#include "store/s3/iso_time.h"
#include "store/s3/service.h"
#include "store/s3/test_keys.h"
#include "store/s3/time_text.h"

namespace store::s3 {

class FakeEnvironment final : public Environment {
 public:
  FakeEnvironment() = default;
  explicit FakeEnvironment(std::initializer_list<std::pair<const std::string, std::string>> set) : variables(set) {}

  std::map<std::string, std::string> variables, files, commands;

  std::optional<std::string> variable(const std::string& name) const override {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  }
  base::Result<std::string> read_file(const std::string& path) const override {
    const auto found = files.find(path);
    if (found == files.end()) return base::fail(base::ErrorKind::NotFound, "no such file: " + path);
    return found->second;
  }
  base::Result<std::string> run(const std::string& command) const override {
    const auto found = commands.find(command);
    if (found == commands.end()) return base::fail(base::ErrorKind::Unavailable, "no such command");
    return found->second;
  }
};

class SetClock final : public base::WallClock {
 public:
  explicit SetClock(base::Instant now = *parse_iso_time("2024-01-01T00:00:00Z")) : ns_(now.ns) {}
  base::Instant now() const override { return {ns_}; }
  void advance(std::chrono::nanoseconds by) { ns_ += by.count(); }

 private:
  std::atomic<std::int64_t> ns_;
};

class CountingSleeper final : public Sleeper {
 public:
  void sleep(std::chrono::milliseconds time, const std::stop_token&) override {
    const std::lock_guard lock(mutex_);
    slept_.push_back(time);
  }
  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return slept_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::chrono::milliseconds> slept_;
};

/// Answers as its script says, and keeps what it was asked.
class ScriptedService final : public http::Service {
 public:
  struct Reply {
    http::Response response;
    std::optional<std::uint64_t> length;  // told instead of the body's own: the stream breaks after the body
  };
  using Script = std::function<Reply(const http::Request& request)>;

  explicit ScriptedService(Script script) : script_(std::move(script)) {}
  http::Awaitable<void> handle(http::Exchange& exchange) override {
    auto request = exchange.request();
    auto body = co_await http::read_body(exchange, 64 << 20);
    request.body = body ? std::move(*body) : std::string();
    auto reply = run(request);
    if (!reply.length) {
      (void)co_await exchange.respond(std::move(reply.response));
      co_return;
    }
    (void)co_await exchange.begin(reply.response.status, std::move(reply.response.headers), reply.length);
    (void)co_await exchange.write(std::move(reply.response.body));
  }
  std::vector<http::Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::size_t count() const { return requests().size(); }

 private:
  Reply run(const http::Request& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    return script_(request);
  }

  Script script_;
  mutable std::mutex mutex_;
  std::vector<http::Request> requests_;
};

inline ScriptedService::Reply refusal_of(int status, const std::string& code, http::Headers headers = {},
                                         const std::string& more = {}) {
  return {
      {status, std::move(headers), "<Error><Code>" + code + "</Code><Message>said so</Message>" + more + "</Error>"},
      {}};
}

/// A ScriptedService on a socket.
class ScriptedServer {
 public:
  explicit ScriptedServer(ScriptedService::Script script, std::optional<http::Certificate> certificate = {})
      : service_(std::move(script)),
        server_(std::move(*http::Server::start(thread_, {.certificate = std::move(certificate)}, service_))) {}
  std::string host() const { return "127.0.0.1:" + std::to_string(server_->port()); }
  std::string url() const { return "http://" + host(); }
  std::uint16_t port() const { return server_->port(); }
  std::vector<http::Request> requests() const { return service_.requests(); }
  std::size_t count() const { return service_.count(); }

 private:
  http::IoThread thread_;
  ScriptedService service_;
  std::unique_ptr<http::Server> server_;
};

/// Our own S3 server over an empty store, below localhost.
class LocalServer {
 public:
  explicit LocalServer(const base::WallClock& wall_clock, std::optional<http::Certificate> certificate = {})
      : store_(std::move(
            *ObjectStore::open({.directory = folder_.path + "/objects", .part_bytes_min = 10}, disk_, clock_))),
        service_({}, *store_, keys_, clock_, wall_clock, workers_),
        server_(std::move(*http::Server::start(thread_, {.certificate = std::move(certificate)}, service_))) {}
  std::uint16_t port() const { return server_->port(); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
  ObjectStore& store() { return *store_; }
  static AccessKey key() { return {"LOCALKEY", "local secret"}; }

 private:
  struct Folder {
    std::string path = [] {
      auto pattern = (std::filesystem::temp_directory_path() / "freshet-client-XXXXXX").string();
      return std::string(mkdtemp(pattern.data()));
    }();
    ~Folder() { std::filesystem::remove_all(path); }
  };

  Folder folder_;
  base::PosixDisk disk_;
  base::VirtualClock clock_;
  std::unique_ptr<ObjectStore> store_;
  OneKey keys_{key()};
  http::Workers workers_{4};
  http::IoThread thread_;
  S3Service service_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace store::s3

#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "flow/web/intake.h"
#include "http/server.h"

namespace flow::web {

/// The servers of a processor, from its first trigger until it is stopped.
class Listener {
 public:
  class Service : public http::Service {
   public:
    /// Before the first request.
    virtual void serve(Listener&) {}
  };
  struct Port {
    std::string address;
    std::uint16_t port = 0;  // 0: any that is free
    std::optional<http::ServerTls> tls = {};
    std::size_t head_bytes_max = 8 << 10;
    Service* service = nullptr;  // outlives the listener
  };
  /// `relationship`: where flowfiles of its intake go. `threads`: of its workers. Errors: Unavailable when a port is
  /// taken; InvalidValue for certificates that cannot be used.
  static base::Result<std::unique_ptr<Listener>> start(const Session& session, std::string relationship,
                                                       std::size_t threads, const std::vector<Port>& ports);
  /// Ends what goes on still.
  ~Listener();

  std::vector<std::uint16_t> ports() const;
  http::Workers& workers() { return workers_; }
  http::IoThread& thread() { return thread_; }
  Intake& intake() { return *intake_; }
  /// A session for one request.
  std::unique_ptr<Session> session() const { return origin_->sibling(); }
  bool is_full() const { return origin_->outputs_full(); }

  /// From here on no request gets a turn.
  void refuse();
  /// Waits for those that have one, at most so long.
  void drain(std::chrono::milliseconds most);
  /// Counts a request as long as it lives. False: none is taken any more.
  class Turn {
   public:
    explicit Turn(Listener& listener);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    explicit operator bool() const { return taken_; }

   private:
    Listener& listener_;
    bool taken_;
  };

 private:
  explicit Listener(std::size_t threads) : workers_(threads) {}

  std::unique_ptr<Session> origin_;
  http::IoThread thread_;
  http::Workers workers_;
  std::unique_ptr<Intake> intake_;
  std::vector<std::unique_ptr<http::Server>> servers_;
  std::mutex turns_mutex_;
  std::condition_variable turn_ended_;
  int turns_ = 0;
  bool refusing_ = true;  // until all servers are there
};

}  // namespace flow::web

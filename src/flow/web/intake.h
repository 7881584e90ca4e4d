#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "flow/engine/session.h"
#include "http/suspend.h"

namespace flow::web {

/// How messages that servers receive get into a flow. Small ones that come at the same time share one session: one
/// content, one record of the log, one sync. What was put is durable.
class Intake {
 public:
  struct Message {
    std::string body;
    std::vector<std::pair<std::string, std::string>> attributes;
  };
  /// `origin`: of the component, for its siblings. Both outlive this. `relationship`: where flowfiles go.
  Intake(const Session& origin, http::IoThread& thread, std::string relationship);
  /// Nothing may wait in put() any more.
  ~Intake();
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  /// On the I/O thread; returns when the message is durable in the flow. Errors: Unavailable.
  http::Awaitable<base::Status> put(Message message);
  /// Commits what a session holds, and returns when that is durable.
  static base::Status commit(Session& session);

 private:
  struct Waiting {
    Message message;
    base::Status outcome = {};
    std::function<void()> resume;
  };
  using Batch = std::vector<Waiting*>;
  void work();
  base::Status store(const Batch& batch) const;

  const Session& origin_;
  http::IoThread& thread_;
  const std::string relationship_;
  std::mutex waiting_mutex_;
  std::condition_variable came_;
  Batch waiting_;
  bool ends_ = false;
  std::thread worker_;
};

}  // namespace flow::web

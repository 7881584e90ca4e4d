#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

#include "flow/engine/content.h"
#include "http/suspend.h"

namespace flow::web {

/// A request that waits until its answer has gone through a flow.
class ParkedRequest {
 public:
  struct Reply {
    int status = 200;
    http::Headers headers;
    ContentClaim body;
  };
  /// `thread`: on which the request is handled; it outlives this.
  explicit ParkedRequest(http::IoThread& thread) : thread_(thread) {}

  /// Of the request's handler: returns when there is a reply; none when nobody will answer.
  http::Awaitable<std::optional<Reply>> wait();
  /// Afterwards: whether the client has it.
  void delivered(base::Status outcome);

  /// Of whoever answers: returns when the client has the answer. Errors: Unavailable when it went, or its time was
  /// over.
  base::Status answer(Reply reply);
  /// Nobody will answer.
  void give_up();

 private:
  /// With the lock; what waits goes on.
  void wake();

  http::IoThread& thread_;
  std::mutex state_mutex_;
  std::condition_variable ended_;
  std::optional<Reply> reply_;
  bool given_up_ = false;
  std::optional<base::Status> outcome_;
  std::function<void()> resume_;
};

}  // namespace flow::web

#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "base/bytes.h"
#include "http/server.h"

namespace http {

/// Hands the pieces of a body to workers, in order and one at a time, while the next are read. A hop between threads
/// takes as long as much work, so a few pieces may wait: neither side then stands still for the other.
class Feed {
 public:
  /// On a worker. False: no more is wanted.
  using Take = std::function<bool(base::Bytes)>;

  /// `bytes_max` of pieces wait at most, and at least one.
  Feed(Workers& workers, std::size_t bytes_max, Take take);
  /// ended() must have returned.
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  /// Returns when there is room for more. False when no more is wanted.
  Awaitable<bool> put(base::Bytes piece);
  /// Returns when nothing waits and nothing is being taken.
  Awaitable<void> ended();
  /// All of the request's body, as far as it is wanted, in pieces of at most `piece_bytes`; then ended().
  /// Errors: those of the body.
  Awaitable<base::Status> put_body(Exchange& exchange, std::size_t piece_bytes);

 private:
  struct State;
  using Condition = std::function<bool(const State&)>;
  Awaitable<void> until(Condition holds);

  Workers& workers_;
  const std::shared_ptr<State> state_;
};

}  // namespace http

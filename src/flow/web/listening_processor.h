#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "flow/engine/processor.h"
#include "flow/services/ssl_context.h"
#include "flow/web/listener.h"

namespace flow::web {

/// A processor that is a server: it listens from its first trigger until it is stopped. What was asked before that is
/// answered. All that comes goes to "success".
class ListeningProcessor : public Processor {
 public:
  base::Status trigger(const Configuration& configuration, const Services& services, Session& session) final;
  std::vector<std::uint16_t> ports() const final;
  void stopping() final;
  void stopped() final;

 protected:
  /// Said in prepare().
  void listen_on(std::vector<Listener::Port> ports, std::size_t threads) {
    ports_ = std::move(ports);
    threads_ = threads;
  }
  /// Requests that wait for others must not hold up the end.
  virtual void let_go() {}

 private:
  base::Status listen(const Session& session);

  std::vector<Listener::Port> ports_;
  std::size_t threads_ = 1;
  mutable std::mutex listener_mutex_;
  std::unique_ptr<Listener> listener_;
  bool stopping_ = false;
};

/// Of "Maximum Thread Pool Size" and the like: as threads do not wait for clients here, few are enough.
std::size_t worker_threads(const Configuration& configuration, std::string_view name);

}  // namespace flow::web

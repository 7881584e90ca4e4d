#pragma once

#include <atomic>

#include "http/server.h"

namespace server {

/// Stands before a service that is still being opened: answers 503 until it is told the service.
class Gate final : public http::Service {
 public:
  /// From any thread, once; `service` must outlive the gate's server.
  void open(http::Service& service) { service_.store(&service); }
  http::Awaitable<void> handle(http::Exchange& exchange) override;

 private:
  std::atomic<http::Service*> service_{nullptr};
};

}  // namespace server

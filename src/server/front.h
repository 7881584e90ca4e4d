#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "http/server.h"
#include "server/metrics.h"

namespace server {

/// Gives each request to the surface that serves its path. Answers /healthz and /metrics itself, 404 as JSON where no
/// surface is, and refuses what a web page of another origin sends (drivers send no Origin).
class Front final : public http::Service {
 public:
  Front(const Metrics& metrics, http::Workers& workers) : metrics_(metrics), workers_(workers) {}
  /// At start-up. Paths that begin with `prefix` go to `service`; the longest prefix wins.
  void mount(std::string prefix, http::Service& service);
  /// At start-up. While `check` fails, /healthz answers 503 and says why. Called on the I/O thread.
  void watch(std::function<base::Status()> check) { check_ = std::move(check); }
  http::Awaitable<void> handle(http::Exchange& exchange) override;

 private:
  const Metrics& metrics_;
  http::Workers& workers_;
  std::vector<std::pair<std::string, http::Service*>> surfaces_;
  std::function<base::Status()> check_ = [] { return base::Status{}; };
};

}  // namespace server

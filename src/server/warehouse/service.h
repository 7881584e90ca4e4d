#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "base/clock.h"
#include "engine/statement_runner.h"
#include "http/server.h"

namespace server::warehouse {

class StageUrls;

/// The HTTP protocol of the official Snowflake drivers over a StatementRunner: login, statements with binds, several
/// statements at once, asynchronous ones, abort, status, the plans of PUT and GET. Logins by password, token or key
/// pair. Results are JSON. Every answer is HTTP 200 with an envelope. What is not supported fails by name: browser
/// logins, Arrow results, binds from a stage. Source: snowflake-wire.md.
class WarehouseService final : public http::Service {
 public:
  struct Options {
    bool any_password = false;                   // else the password must be `access_token`
    std::string access_token;                    // of the data directory
    std::chrono::milliseconds patience{45'000};  // before a running statement answers "in progress"
    std::size_t body_bytes_max = 512 << 20;
    const StageUrls* stage_urls = nullptr;  // none: PUT and GET are refused
    std::size_t jobs_kept = 64;             // finished requests of a session whose results can be fetched again
  };
  /// All but the options must outlive the service; `io` until stop() returned.
  WarehouseService(Options options, engine::StatementRunner& runner, const base::WallClock& wall_clock,
                   http::Workers& workers);
  ~WarehouseService() override;
  http::Awaitable<void> handle(http::Exchange& exchange) override;

  /// Cancels all that runs and waits for its end; afterwards requests are refused. Before the server ends, from any
  /// thread but the I/O thread.
  void stop();

  struct Counters {
    std::atomic<std::uint64_t> logins{0}, statements{0}, failures{0}, sessions{0}, running{0};
  };
  const Counters& counters() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace server::warehouse

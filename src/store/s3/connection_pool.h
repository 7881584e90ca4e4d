#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "http/client.h"
#include "store/s3/environment.h"

namespace store::s3 {

/// Connections to the servers of one client, kept between requests. Of any thread. A connection that its server closed
/// meanwhile is found out by http::Client when it is used.
class ConnectionPool {
 public:
  struct Options {
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds timeout{60'000};
    std::size_t idle_max = 50;
    std::chrono::seconds idle_time_max{60};
    std::chrono::seconds age_max{300};  // then the host's name is asked for again
    std::shared_ptr<http::ClientTls> tls;
  };
  using Server = std::tuple<std::string, std::string, std::uint16_t>;  // scheme, host, port

 private:
  struct Connection {
    http::Client client;
    base::Instant made, used;
  };

 public:
  /// A connection in use; goes back to the pool at its end.
  class Lease {
   public:
    Lease(ConnectionPool& pool, Server server, std::unique_ptr<Connection> connection)
        : pool_(pool), server_(std::move(server)), connection_(std::move(connection)) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { pool_.give_back(server_, std::move(connection_)); }
    http::Client& client() { return connection_->client; }

   private:
    ConnectionPool& pool_;
    Server server_;
    std::unique_ptr<Connection> connection_;
  };

  /// The references outlive the pool.
  ConnectionPool(Options options, const Environment& environment, const base::WallClock& wall_clock)
      : options_(std::move(options)), environment_(environment), wall_clock_(wall_clock) {}
  /// The connection used last, as it is the least likely to be stale; or a new one.
  Lease take(const Server& server);
  std::size_t idle() const;

 private:
  void give_back(const Server& server, std::unique_ptr<Connection> connection);
  void drop_old(base::Instant now);
  std::unique_ptr<Connection> make(const Server& server, base::Instant now) const;

  const Options options_;
  const Environment& environment_;
  const base::WallClock& wall_clock_;
  mutable std::mutex idle_mutex_;
  std::map<Server, std::vector<std::unique_ptr<Connection>>> idle_;
  std::size_t idle_count_ = 0;
};

}  // namespace store::s3

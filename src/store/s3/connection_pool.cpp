#include "store/s3/connection_pool.h"

#include "store/s3/endpoint.h"

namespace store::s3 {

ConnectionPool::Lease ConnectionPool::take(const Server& server) {
  const auto now = wall_clock_.now();
  {
    const std::lock_guard lock(idle_mutex_);
    drop_old(now);
    if (auto found = idle_.find(server); found != idle_.end() && !found->second.empty()) {
      auto connection = std::move(found->second.back());
      found->second.pop_back();
      --idle_count_;
      return Lease(*this, server, std::move(connection));
    }
  }
  return Lease(*this, server, make(server, now));
}

std::unique_ptr<ConnectionPool::Connection> ConnectionPool::make(const Server& server, base::Instant now) const {
  const auto& [scheme, host, port] = server;
  http::Client::Options options{.host = host,
                                .port = port,
                                .connect_timeout = options_.connect_timeout,
                                .timeout = options_.timeout,
                                .tls = scheme == "https" ? options_.tls : nullptr,
                                .proxy = proxy_for(scheme, host, environment_)};
  return std::make_unique<Connection>(http::Client(std::move(options)), now, now);
}

void ConnectionPool::give_back(const Server& server, std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(idle_mutex_);
  if (idle_count_ >= options_.idle_max) return;
  connection->used = wall_clock_.now();
  idle_[server].push_back(std::move(connection));
  ++idle_count_;
}

void ConnectionPool::drop_old(base::Instant now) {
  for (auto& [server, connections] : idle_)
    idle_count_ -= std::erase_if(connections, [&](const auto& connection) {
      return now - connection->used > options_.idle_time_max || now - connection->made > options_.age_max;
    });
}

std::size_t ConnectionPool::idle() const {
  const std::lock_guard lock(idle_mutex_);
  return idle_count_;
}

}  // namespace store::s3

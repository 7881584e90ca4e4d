#include "flow/web/listener.h"

namespace flow::web {

base::Result<std::unique_ptr<Listener>> Listener::start(const Session& session, std::string relationship,
                                                        std::size_t threads, const std::vector<Port>& ports) {
  std::unique_ptr<Listener> listener(new Listener(threads));
  listener->origin_ = session.sibling();
  listener->intake_ = std::make_unique<Intake>(*listener->origin_, listener->thread_, std::move(relationship));
  for (const auto& port : ports) {
    http::Server::Options options;
    options.address = port.address;
    options.port = port.port;
    options.tls = port.tls;
    options.head.bytes_max = port.head_bytes_max;
    options.head.request_line_max = port.head_bytes_max;
    port.service->serve(*listener);
    TRY(auto server, http::Server::start(listener->thread_, std::move(options), *port.service));
    listener->servers_.push_back(std::move(server));
  }
  const std::lock_guard lock(listener->turns_mutex_);
  listener->refusing_ = false;
  return listener;
}

Listener::~Listener() {
  servers_.clear();  // waits for the handlers, which use all else
}

std::vector<std::uint16_t> Listener::ports() const {
  std::vector<std::uint16_t> ports;
  for (const auto& server : servers_) ports.push_back(server->port());
  return ports;
}

void Listener::refuse() {
  const std::lock_guard lock(turns_mutex_);
  refusing_ = true;
}

void Listener::drain(std::chrono::milliseconds most) {
  std::unique_lock lock(turns_mutex_);
  turn_ended_.wait_for(lock, most, [this] { return turns_ == 0; });
}

Listener::Turn::Turn(Listener& listener) : listener_(listener) {
  const std::lock_guard lock(listener_.turns_mutex_);
  taken_ = !listener_.refusing_;
  if (taken_) ++listener_.turns_;
}

Listener::Turn::~Turn() {
  if (!taken_) return;
  const std::lock_guard lock(listener_.turns_mutex_);
  if (--listener_.turns_ == 0) listener_.turn_ended_.notify_all();
}

}  // namespace flow::web

#include "server/gate.h"

namespace server {

http::Awaitable<void> Gate::handle(http::Exchange& exchange) {
  if (auto* service = service_.load()) {
    co_await service->handle(exchange);
    co_return;
  }
  http::Response response{
      .status = 503, .headers = {{"Retry-After", "1"}, {"Content-Type", "text/plain"}}, .body = "starting\n"};
  (void)co_await exchange.respond(std::move(response));
}

}  // namespace server

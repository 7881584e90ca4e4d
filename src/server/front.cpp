#include "server/front.h"

namespace server {
namespace {

bool from_another_origin(const http::Request& request) {
  const auto origin = request.headers.find("origin");
  if (!origin) return false;
  const auto host = origin->find("://");
  return host == std::string_view::npos || origin->substr(host + 3) != request.headers.get("host");
}

http::Response refusal(int status, std::string_view message) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}},
          .body = R"({"data":null,"code":"390404","message":")" + std::string(message) + R"(","success":false})"};
}

}  // namespace

void Front::mount(std::string prefix, http::Service& service) {
  surfaces_.emplace_back(std::move(prefix), &service);
  std::ranges::sort(surfaces_, [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
}

http::Awaitable<void> Front::handle(http::Exchange& exchange) {
  const auto path = exchange.request().path();
  http::Response response{.status = 200, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}};
  if (path == "/healthz") {
    const auto healthy = check_();
    response.status = healthy ? 200 : 503;
    response.body = healthy ? "ok\n" : healthy.error().message + "\n";
  } else if (path == "/metrics") {
    const auto render = [this] { return metrics_.page(); };
    response.body = co_await http::run_on(workers_, render);
  } else if (from_another_origin(exchange.request())) {
    response = refusal(403, "requests from other origins are refused");
  } else {
    for (const auto& [prefix, service] : surfaces_) {
      if (!path.starts_with(prefix)) continue;
      co_await service->handle(exchange);
      co_return;
    }
    response = refusal(404, "no such path");
  }
  (void)co_await exchange.respond(std::move(response));
}

}  // namespace server

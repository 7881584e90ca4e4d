#include "server/front.h"

#include <gtest/gtest.h>

#include "http/client.h"
#include "server/gate.h"

namespace server {
namespace {

class Echo final : public http::Service {
 public:
  http::Awaitable<void> handle(http::Exchange& exchange) override {
    http::Response response{.status = 200, .body = std::string(exchange.request().path())};
    (void)co_await exchange.respond(std::move(response));
  }
};

TEST(FrontTest, GivesPathsToTheirSurfaces) {
  Metrics metrics;
  metrics.add(Metrics::Kind::Counter, "store_events_total", "Events.", [] { return 3.0; });
  http::Workers workers(1);
  Echo echo;
  Front front(metrics, workers);
  front.mount("/queries/", echo);
  Gate gate;
  http::IoThread thread;
  const auto server = http::Server::start(thread, {}, gate);
  ASSERT_TRUE(server);
  http::Client client({.host = "127.0.0.1", .port = (*server)->port()});
  const auto get = [&](std::string target, http::Headers headers = {}) {
    return client.send({.method = "GET", .target = std::move(target), .headers = std::move(headers)}).value();
  };

  EXPECT_EQ(get("/healthz").status, 503);
  gate.open(front);
  EXPECT_EQ(get("/healthz").body, "ok\n");
  EXPECT_EQ(get("/metrics").body,
            "# HELP store_events_total Events.\n# TYPE store_events_total counter\nstore_events_total 3\n");
  EXPECT_EQ(get("/queries/x?y").body, "/queries/x");
  EXPECT_EQ(get("/nowhere").status, 404);
  EXPECT_EQ(get("/queries/x", {{"Origin", "http://evil.example"}}).status, 403);
}

}  // namespace
}  // namespace server

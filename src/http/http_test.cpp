#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "http/client.h"
#include "http/server.h"

namespace http {
namespace {

TEST(PercentTest, DecodeAndEncode) {
  struct Case {
    std::string_view encoded, decoded;
  };
  for (const Case& c :
       std::to_array<Case>({{"a%2Fb", "a/b"}, {"a%252Fb", "a%2Fb"}, {"a+b", "a+b"}, {"%", "%"}, {"%zz", "%zz"}}))
    EXPECT_EQ(percent_decode(c.encoded), c.decoded);
  EXPECT_EQ(percent_encode("a/b c~+", "/"), "a/b%20c~%2B");
  EXPECT_EQ(parse_query("uploads&a=1&b=x+y%3D&c="),
            (std::vector<std::pair<std::string, std::string>>{{"uploads", ""}, {"a", "1"}, {"b", "x y="}, {"c", ""}}));
}

TEST(UrlTest, Parts) {
  const auto url = parse_url("http://localhost:9000/a?b").value();
  EXPECT_EQ(url.host + "|" + std::to_string(url.port) + "|" + url.target, "localhost|9000|/a?b");
  EXPECT_EQ(parse_url("https://h").value().port, 443);
  EXPECT_EQ(parse_url("https://h:9443/").value().port, 9443);
  EXPECT_EQ(parse_url("http://[::1]:80/").value().host, "::1");
  for (const std::string bad : {"", "localhost:9000", "ftp://x", "http://", "http://h:x"})
    EXPECT_FALSE(parse_url(bad)) << bad;
}

/// Echoes bodies, in pieces, and does some of it on a worker.
class EchoService final : public Service {
 public:
  Awaitable<void> handle(Exchange& exchange) override {
    const std::string path(exchange.request().path());
    if (path == "/refuse") {
      Response response{.status = 403, .body = "no"};
      (void)co_await exchange.respond(std::move(response));
    } else if (path == "/worker") {
      const std::function<std::string()> work = [] { return std::string("from a worker"); };
      Response response;
      response.body = co_await run_on(workers_, work);
      (void)co_await exchange.respond(std::move(response));
    } else if (path == "/silent") {
      co_return;
    } else {
      co_await echo(exchange);
    }
  }

 private:
  Awaitable<void> echo(Exchange& exchange) {
    Headers headers{{"X-Method", exchange.request().method}};
    (void)co_await exchange.begin(200, std::move(headers), std::nullopt);
    for (;;) {
      auto piece = co_await exchange.read_some(1000);
      if (!piece || piece->empty()) break;
      (void)co_await exchange.write(std::move(*piece));
    }
    (void)co_await exchange.finish();
  }
  Workers workers_{2};
};

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = Server::start(thread_, {}, service_);
    ASSERT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
  }
  Client client() { return Client({.host = "127.0.0.1", .port = server_->port()}); }

  IoThread thread_;
  EchoService service_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, EchoesBodiesOnOneConnection) {
  auto connection = client();
  for (const std::size_t size : {0u, 1u, 999u, 1000u, 70'000u, 3'000'000u}) {
    const std::string body(size, 'b');
    const auto response = connection.send({.method = "PUT", .target = "/echo?x", .body = body});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->headers.get("x-method"), "PUT");
    EXPECT_EQ(response->body.size(), size);
  }
  EXPECT_EQ(connection.send({.method = "GET", .target = "/worker"}).value().body, "from a worker");
  EXPECT_EQ(connection.send({.method = "GET", .target = "/silent"}).value().status, 500);
  const auto head = connection.send({.method = "HEAD", .target = "/worker"}).value();
  EXPECT_EQ(head.headers.get("content-length"), "13");
  EXPECT_EQ(head.body, "");
}

TEST_F(ServerTest, StreamsFromASourceToASink) {
  auto connection = client();
  int left = 100;
  BodySource source{100 * 1000,
                    [&]() -> base::Result<std::string> { return left-- > 0 ? std::string(1000, 's') : std::string(); }};
  EXPECT_EQ(connection.send({.method = "POST", .target = "/"}, std::move(source)).value().body.size(), 100'000u);
  std::size_t received = 0;
  const auto count = [&](int, std::string_view bytes) -> base::Status {
    received += bytes.size();
    return {};
  };
  ASSERT_TRUE(connection.receive({.method = "POST", .target = "/", .body = std::string(50'000, 'r')}, count));
  EXPECT_EQ(received, 50'000u);
}

TEST_F(ServerTest, AnswersBeforeTheBodyWhenTheClientWaits) {
  auto connection = client();
  const Request refused{
      .method = "PUT", .target = "/refuse", .headers = {{"Expect", "100-continue"}, {"Content-Length", "10"}}};
  EXPECT_EQ(connection.send(refused).value().status, 403);
  EXPECT_EQ(connection.send({.method = "GET", .target = "/worker"}).value().status, 200);
}

TEST_F(ServerTest, RefusesHeadsThatAreTooLongOrBroken) {
  EXPECT_EQ(
      client().send({.method = "GET", .target = "/", .headers = {{"X", std::string(100'000, 'x')}}}).value().status,
      431);
  const Headers both{{"Transfer-Encoding", "chunked"}, {"Content-Length", "3"}};
  EXPECT_EQ(client().send({.method = "PUT", .target = "/", .headers = both}).value().status, 400);
}

TEST_F(ServerTest, TheClientSendsNoHeaderWithinAHeader) {
  for (const Request& bad : {Request{"GET", "/", {{"X", "a\r\nY: b"}}}, Request{"GET", "/", {{"X\n", "a"}}},
                             Request{"GET", "/ HTTP/1.1\r\nX: y\r\n"}})
    EXPECT_EQ(client().send(bad).error().kind, base::ErrorKind::InvalidValue);
}

TEST_F(ServerTest, ManyConnectionsAtOnceAndShutdown) {
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&] {
        auto connection = client();
        for (int i = 0; i < 50; ++i)
          if (connection.send({.method = "PUT", .target = "/", .body = "abc"}).value().body == "abc") ++good;
      });
  }
  EXPECT_EQ(good, 400);
  auto kept = client();
  ASSERT_TRUE(kept.send({.method = "GET", .target = "/"}));
  server_.reset();
  EXPECT_EQ(kept.send({.method = "GET", .target = "/"}).error().kind, base::ErrorKind::Unavailable);
}

}  // namespace
}  // namespace http

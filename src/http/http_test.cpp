#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

#include "http/client.h"
#include "http/feed.h"
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
    } else if (path == "/gather") {
      co_await gather(exchange);
    } else if (path == "/discard") {
      co_await discard(exchange);
    } else if (path == "/feed") {
      co_await feed(exchange);
    } else if (path == "/silent") {
      co_return;
    } else {
      co_await echo(exchange);
    }
  }

 private:
  /// Holds the whole body before it answers.
  static Awaitable<void> gather(Exchange& exchange) {
    Response response{.status = 503, .body = "busy"};
    if (!exchange.is_one_too_many()) {
      const auto body = co_await read_body(exchange, std::size_t{1} << 20);
      response = body ? Response{.body = "gathered"} : Response{.status = 400};
    }
    (void)co_await exchange.respond(std::move(response));
  }

  /// However long the body is.
  static Awaitable<void> discard(Exchange& exchange) {
    for (;;) {
      const auto piece = co_await exchange.read_some(1000);
      if (!piece || piece->empty()) break;
    }
    Response response;
    (void)co_await exchange.respond(std::move(response));
  }

  /// Gathers a body on workers, up to a piece with a '!'.
  Awaitable<void> feed(Exchange& exchange) {
    Response response;
    int within = 0;  // pieces that are being taken
    Feed::Take take = [&](base::Bytes piece) {
      if (++within != 1) response.status = 500;
      std::this_thread::yield();
      response.body += piece.view();
      --within;
      return piece.view().find('!') == std::string_view::npos;
    };
    Feed feed(workers_, 3000, std::move(take));
    (void)co_await feed.put_body(exchange, 1000);
    (void)co_await exchange.respond(std::move(response));
  }

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

TEST_F(ServerTest, SendsABodyOfUnknownLengthInChunks) {
  auto connection = client();
  for (const int pieces : {0, 1, 100}) {
    int left = pieces;
    const BodySource source{std::nullopt, [&]() -> base::Result<std::string> {
                              return left-- > 0 ? std::string(1000, 's') : std::string();
                            }};
    std::size_t received = 0;
    std::string reason;
    const auto answer = connection.exchange(
        {.method = "POST", .target = "/"}, &source, [](const Response&) -> base::Status { return {}; },
        [&](int, std::string_view bytes) -> base::Status {
          received += bytes.size();
          return {};
        });
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->reason, "OK");
    EXPECT_EQ(received, static_cast<std::size_t>(pieces) * 1000);
    EXPECT_TRUE(connection.is_connected());
  }
}

TEST(ClientTest, SaysWhatWasInTheWay) {
  struct Case {
    std::string host;
    std::uint16_t port;
    Trouble trouble;
  };
  for (const auto& c : std::to_array<Case>(
           {{"no.such.host.invalid", 80, Trouble::NoSuchHost}, {"127.0.0.1", 1, Trouble::NotConnected}})) {
    Client client({.host = c.host, .port = c.port});
    EXPECT_FALSE(client.send({"GET", "/"}));
    EXPECT_EQ(client.trouble(), c.trouble) << c.host;
    EXPECT_FALSE(client.is_connected());
  }
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

/// One connection on which bytes are sent as they are.
class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const timeval limit{.tv_sec = 20, .tv_usec = 0};  // a server that says nothing must not hang the test
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~RawConnection() { ::close(socket_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  /// False when the server does not take them any more.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// All until the server ends the connection, or until `end` has come.
  std::string receive(std::string_view end = {}) {
    std::string all;
    std::array<char, 4096> buffer;
    while (end.empty() || all.find(end) == std::string::npos) {
      const auto count = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (count < 0 && errno != ECONNRESET) all += "[no end came]";
      if (count <= 0) break;
      all.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return all;
  }

 private:
  const int socket_;
};

TEST_F(ServerTest, RefusesHeadsThatTwoReadersCouldReadInTwoWays) {
  struct Case {
    std::string_view what;
    std::string head;
    int status;
  };
  const std::string get = "GET /worker HTTP/1.1\r\nHost: h\r\n";
  const std::vector<Case> cases{
      {"fine", get + "\r\n", 200},
      {"an empty line first", "\r\n" + get + "\r\n", 200},
      {"bytes above 7F in a value", get + "X: \xC3\xA4\r\n\r\n", 200},
      {"a tab in a value", get + "X: a\tb\r\n\r\n", 200},
      {"two hosts", get + "Host: g\r\n\r\n", 400},
      {"two lengths that differ", get + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
      {"two lengths that agree", get + "Content-Length: 1\r\ncontent-length: 1\r\n\r\na", 400},
      {"a length beside chunks", get + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"chunks beside a length", get + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400},
      {"a length below zero", get + "Content-Length: -1\r\n\r\n", 400},
      {"a length that is none", get + "Content-Length: 1x\r\n\r\n", 400},
      {"a folded header", get + "X: a\r\n b\r\n\r\n", 400},
      {"a header line of blanks", get + " \r\n\r\n", 400},
      {"a bare LF behind a header", get + "X: a\n\r\n", 400},
      {"a bare LF behind the request line", "GET / HTTP/1.1\nHost: h\r\n\r\n", 400},
      {"bare LFs only", "GET / HTTP/1.1\nHost: h\n\n", 400},
      {"a bare CR in a value", get + "X: a\rb\r\n\r\n", 400},
      {"a blank before the colon", get + "X : a\r\n\r\n", 400},
      {"no colon", get + "X\r\n\r\n", 400},
      {"no name", get + ": a\r\n\r\n", 400},
      {"a NUL in a value", get + std::string("X: a\0b\r\n\r\n", 10), 400},
      {"a control character in a value", get + "X: a\x01\r\n\r\n", 400},
      {"DEL in a value", get + "X: a\x7F\r\n\r\n", 400},
      {"a control character in the target", "GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"no HTTP", "\x16\x03\x01\r\n\r\n", 400},
      {"a request line that is too long", "GET /" + std::string(17 << 10, 'x') + " HTTP/1.1\r\n\r\n", 414},
      {"one that never ends", "GET /" + std::string(17 << 10, 'x'), 414},
      {"a head that never ends", get + "X: " + std::string(70 << 10, 'x'), 431},
  };
  for (const auto& [what, head, status] : cases) {
    RawConnection raw(server_->port());
    ASSERT_TRUE(raw.send(head)) << what;
    const auto answer = raw.receive(status == 200 ? "from a worker" : "");
    EXPECT_TRUE(answer.starts_with(fmt::format("HTTP/1.1 {} ", status))) << what << ": " << answer;
    if (status != 200) EXPECT_NE(answer.find("Connection: close"), std::string::npos) << what;
  }
  std::string many = get;
  for (int n = 0; n < 300; ++n) many += fmt::format("X-{}: a\r\n", n);
  RawConnection raw(server_->port());
  ASSERT_TRUE(raw.send(many + "\r\n"));
  EXPECT_TRUE(raw.receive().starts_with("HTTP/1.1 400 "));
}

TEST_F(ServerTest, ReadsHeadsThatComeByteByByte) {
  RawConnection raw(server_->port());
  const std::string twice =
      "GET /worker HTTP/1.1\r\nHost: h\r\n\r\nPUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
  for (const char c : twice) ASSERT_TRUE(raw.send({&c, 1}));
  EXPECT_NE(raw.receive("abc").find("from a worker"), std::string::npos);
}

/// A server of its own limits.
class StrictServerTest : public ServerTest {
 protected:
  void restart(Server::Options options) {
    server_.reset();
    server_ = std::move(*Server::start(thread_, std::move(options), service_));
  }
};

TEST_F(StrictServerTest, EndsConnectionsWhoseHeadIsTooSlow) {
  // The end of an idle connection would come after an hour, and no head gets too long before it is too slow.
  restart({.head = {.bytes_max = 1 << 20},
           .idle_timeout = std::chrono::hours{1},
           .head_timeout = std::chrono::milliseconds{50}});
  RawConnection raw(server_->port());
  ASSERT_TRUE(raw.send("GET / HTTP/1.1\r\nHost"));
  EXPECT_EQ(raw.receive(), "");
  // Each byte alone is quick enough, but never the whole.
  RawConnection trickling(server_->port());
  ASSERT_TRUE(trickling.send("GET / HTTP/1.1\r\nX: "));
  while (trickling.send("x")) continue;
  EXPECT_EQ(trickling.receive(), "");
}

TEST_F(StrictServerTest, EndsConnectionsWhoseBodyIsTooSlow) {
  restart({.body_timeout = std::chrono::milliseconds{50}, .body_bytes_min = std::uint64_t{1} << 50});
  RawConnection stalled(server_->port());
  ASSERT_TRUE(stalled.send("PUT /gather HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc"));
  EXPECT_EQ(stalled.receive().find("HTTP/1.1 200"), std::string::npos);
  RawConnection trickling(server_->port());
  ASSERT_TRUE(trickling.send("PUT /discard HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000000\r\n\r\n"));
  while (trickling.send("x")) continue;
}

TEST_F(StrictServerTest, TakesNoMoreBodiesThanItMayHold) {
  const auto load = std::make_shared<Load>(Load::Limits{.body_bytes_max = 100'000, .requests_max = 3});
  restart({.load = load});
  // Bodies that are held, one after the other: what went with its request counts no more.
  for (int n = 0; n < 5; ++n)
    EXPECT_EQ(client().send({.method = "PUT", .target = "/gather", .body = std::string(80'000, 'x')}).value().status,
              200);
  // Too much at once, in one request or in several.
  const auto too_long = client().send({.method = "PUT", .target = "/gather", .body = std::string(200'000, 'x')});
  EXPECT_FALSE(too_long && too_long->status == 200);
  std::vector<std::unique_ptr<RawConnection>> slow;
  for (int n = 0; n < 3; ++n) {
    slow.push_back(std::make_unique<RawConnection>(server_->port()));
    ASSERT_TRUE(
        slow.back()->send("PUT /gather HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"));
    EXPECT_TRUE(slow.back()->receive("\r\n\r\n").starts_with("HTTP/1.1 100 ")) << n;
  }
  RawConnection refused(server_->port());
  ASSERT_TRUE(refused.send("PUT /gather HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"));
  EXPECT_TRUE(refused.receive("\r\n\r\n").starts_with("HTTP/1.1 503 "));
  for (auto& one : slow) {
    ASSERT_TRUE(one->send("123456789"));
    EXPECT_NE(one->receive("gathered").find("HTTP/1.1 200"), std::string::npos);
  }
  EXPECT_EQ(client().send({.method = "PUT", .target = "/gather", .body = "x"}).value().status, 200);
}

TEST_F(ServerTest, TheClientSendsNoHeaderWithinAHeader) {
  for (const Request& bad : {Request{"GET", "/", {{"X", "a\r\nY: b"}}}, Request{"GET", "/", {{"X\n", "a"}}},
                             Request{"GET", "/ HTTP/1.1\r\nX: y\r\n"}})
    EXPECT_EQ(client().send(bad).error().kind, base::ErrorKind::InvalidValue);
}

TEST_F(ServerTest, WorkersAreFedInOrderUntilTheyRefuse) {
  std::string body;
  for (int n = 0; body.size() < 500'000; ++n) body += std::to_string(n) + ",";
  const auto all = client().send({.method = "PUT", .target = "/feed", .body = body}).value();
  EXPECT_EQ(all.status, 200);
  EXPECT_EQ(all.body, body);
  EXPECT_EQ(client().send({.method = "PUT", .target = "/feed", .body = ""}).value().body, "");
  body[100'000] = '!';
  const auto some = client().send({.method = "PUT", .target = "/feed", .body = body}).value();
  EXPECT_EQ(some.status, 200);
  EXPECT_EQ(some.body, body.substr(0, some.body.size()));
  EXPECT_LE(some.body.size(), 101'000U);  // the rest of the piece that was refused
  EXPECT_GT(some.body.size(), 100'000U);
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

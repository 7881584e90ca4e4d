#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "http/client.h"
#include "http/server.h"
#include "http/test_certificate.h"

namespace http {
namespace {

/// Says back what it is told; never reads the body of /refuse, and breaks off its answer to /break.
class MirrorService final : public Service {
 public:
  Awaitable<void> handle(Exchange& exchange) override {
    if (exchange.request().path() == "/refuse") {
      Response response{.status = 403, .body = "no"};
      (void)co_await exchange.respond(std::move(response));
      co_return;
    }
    if (exchange.request().path() == "/break") {
      (void)co_await exchange.begin(200, {}, 10);
      (void)co_await exchange.write("abc");
      co_return;
    }
    auto body = co_await read_body(exchange, 100 << 20);
    Response response{.body = body ? std::move(*body) : std::string()};
    response.headers.add("X-Target", exchange.request().target);
    const auto peer = exchange.peer().value_or(PeerCertificate{"none", "none"});
    response.headers.add("X-Peer", peer.subject + " by " + peer.issuer);
    response.headers.add("X-Proxy-Authorization", std::string(exchange.request().headers.get("proxy-authorization")));
    (void)co_await exchange.respond(std::move(response));
  }
};

class TlsTest : public testing::Test {
 protected:
  void SetUp() override { start({.certificate = Certificate{certificate_.chain(), certificate_.key()}}); }
  void start(Server::Options options) {
    auto started = Server::start(thread_, std::move(options), service_);
    ASSERT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
  }
  static std::shared_ptr<ClientTls> trust(ClientTls::Options options) { return ClientTls::make(options).value(); }
  Client client(const std::string& host, std::shared_ptr<ClientTls> tls) {
    return Client({.host = host, .port = server_->port(), .tls = std::move(tls)});
  }
  /// A connection that nobody speaks on yet.
  int raw_connection() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  TestCertificate certificate_;
  IoThread thread_;
  MirrorService service_;
  std::unique_ptr<Server> server_;
};

TEST_F(TlsTest, ServesWhomTheCertificateNames) {
  const auto tls = trust({.ca_bundle = certificate_.authority()});
  for (const std::string host : {"localhost", "127.0.0.1"}) {
    auto connection = client(host, tls);
    for (const std::size_t size : {0u, 1u, 16'384u, 70'000u, 3'000'000u}) {
      const std::string body(size, 'b');
      const auto response = connection.send({.method = "PUT", .target = "/", .body = body});
      ASSERT_TRUE(response) << response.error().message;
      EXPECT_EQ(response->body, body);
    }
  }
}

TEST_F(TlsTest, ManyConnectionsResumeSessions) {
  const auto tls = trust({.ca_bundle = certificate_.authority()});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client("localhost", tls).send({"GET", "/"}).value().status, 200);
  EXPECT_NE(tls->take_session("localhost:" + std::to_string(server_->port())), nullptr);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) EXPECT_TRUE(client("localhost", tls).send({"GET", "/"}));
    });
}

TEST_F(TlsTest, RefusesServersThatItCannotTrust) {
  auto stranger = client("localhost", trust({})).send({"GET", "/"});
  EXPECT_EQ(stranger.error().kind, base::ErrorKind::Denied) << stranger.error().message;
  EXPECT_TRUE(client("localhost", trust({.verify = false})).send({"GET", "/"}));

  const TestCertificate other("DNS:elsewhere.example");
  start({.certificate = Certificate{other.chain(), other.key()}});
  const auto misnamed = client("localhost", trust({.ca_bundle = other.authority()})).send({"GET", "/"});
  EXPECT_EQ(misnamed.error().kind, base::ErrorKind::Denied) << misnamed.error().message;
  EXPECT_NE(misnamed.error().message.find("hostname mismatch"), std::string::npos) << misnamed.error().message;
}

TEST_F(TlsTest, ASilentConnectionHoldsUpNobodyAndEnds) {
  start({.certificate = Certificate{certificate_.chain(), certificate_.key()},
         .handshake_timeout = std::chrono::milliseconds{200}});
  const int silent = raw_connection();
  EXPECT_TRUE(client("localhost", trust({.verify = false})).send({"GET", "/"}));
  char byte;
  EXPECT_LE(::recv(silent, &byte, 1, 0), 0);  // returns when the server gives up
  ::close(silent);
}

TEST_F(TlsTest, PlainAndTlsDoNotUnderstandEachOther) {
  EXPECT_FALSE(client("127.0.0.1", nullptr).send({"GET", "/"}));
  start({});
  const auto answer = client("127.0.0.1", trust({.verify = false})).send({"GET", "/"});
  EXPECT_EQ(answer.error().kind, base::ErrorKind::Unavailable) << answer.error().message;
}

TEST_F(TlsTest, NamesTheFileThatIsWrong) {
  const TestCertificate other;
  const auto start_with = [&](const std::string& chain, const std::string& key) {
    return Server::start(thread_, {.certificate = Certificate{chain, key}}, service_).error();
  };
  EXPECT_NE(start_with("/nowhere.pem", certificate_.key()).message.find("/nowhere.pem"), std::string::npos);
  const auto mixed = start_with(certificate_.chain(), other.key());
  EXPECT_EQ(mixed.kind, base::ErrorKind::InvalidValue);
  EXPECT_NE(mixed.message.find("private key"), std::string::npos) << mixed.message;
  EXPECT_EQ(ClientTls::make({.ca_bundle = "/nowhere.pem"}).error().kind, base::ErrorKind::InvalidValue);
}

TEST_F(TlsTest, BothSidesShowCertificatesFromStores) {
  const TestCertificate person("DNS:person");
  const auto store = [](const std::string& path, KeyStore::Type type, std::string password = {}) {
    return KeyStore{.path = path, .type = type, .password = std::move(password)};
  };
  const auto p12 = [&](const std::string& path) { return store(path, KeyStore::Type::Pkcs12, "changeit"); };
  const auto pem = [&](const std::string& path) { return store(path, KeyStore::Type::Pem); };
  for (const auto clients :
       {ClientAuthentication::None, ClientAuthentication::Wanted, ClientAuthentication::Required}) {
    start({.tls = ServerTls{
               .key = p12(certificate_.key_store()), .trust = p12(person.trust_store()), .clients = clients}});
    for (const auto& trusted : {p12(certificate_.trust_store()), pem(certificate_.authority())}) {
      auto known =
          client("localhost", trust({.system_authorities = false, .key = p12(person.key_store()), .trust = trusted}));
      const auto answer = known.send({"GET", "/"});
      ASSERT_TRUE(answer) << answer.error().message;
      EXPECT_EQ(answer->headers.get("x-peer"),
                clients == ClientAuthentication::None ? "none by none" : "CN=DNS:person by CN=Test authority");
      ASSERT_TRUE(known.peer());
      EXPECT_EQ(known.peer()->subject, "CN=DNS:localhost\\,IP:127.0.0.1");
    }
    auto unknown = client("localhost", trust({.trust = p12(certificate_.trust_store())}));
    EXPECT_EQ(unknown.send({"GET", "/"}).has_value(), clients != ClientAuthentication::Required);
  }
}

TEST_F(TlsTest, SaysWhatIsWrongWithAStore) {
  struct Case {
    KeyStore store;
    std::string why;
  };
  const auto refusal = [](const KeyStore& store) { return ClientTls::make({.key = store}).error(); };
  for (const auto& c : std::to_array<Case>({
           {{.path = "/nowhere.p12", .type = KeyStore::Type::Pkcs12}, "No such file"},
           {{.path = certificate_.key(), .type = KeyStore::Type::Pkcs12}, "no PKCS12 file"},
           {{.path = certificate_.key_store(), .type = KeyStore::Type::Pkcs12, .password = "wrong"}, "mac verify"},
           {{.path = certificate_.authority()}, "no key"},
           {{.path = certificate_.key()}, "no certificate"},
       })) {
    const auto error = refusal(c.store);
    EXPECT_EQ(error.kind, base::ErrorKind::InvalidValue);
    EXPECT_NE(error.message.find(c.why), std::string::npos) << error.message;
    EXPECT_NE(error.message.find(c.store.path), std::string::npos) << error.message;
  }
}

TEST_F(TlsTest, NegotiatesHttp11AndTls12) {
  struct Case {
    std::string offered;
    int version;
    bool accepted;
  };
  for (const Case& c : std::to_array<Case>({{"\x02h2\x08http/1.1", TLS1_3_VERSION, true},
                                            {"\x08http/1.1", TLS1_2_VERSION, true},
                                            {"\x02h2", TLS1_3_VERSION, false},
                                            {"\x08http/1.1", TLS1_1_VERSION, false}})) {
    const int fd = raw_connection();
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_max_proto_version(context.get(), c.version);
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
    SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(c.offered.data()),
                        static_cast<unsigned>(c.offered.size()));
    SSL_set_fd(ssl.get(), fd);
    EXPECT_EQ(SSL_connect(ssl.get()) == 1, c.accepted) << c.offered << " " << c.version;
    const unsigned char* chosen = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(ssl.get(), &chosen, &length);
    const std::string_view protocol(reinterpret_cast<const char*>(chosen), length);
    if (c.accepted) {
      EXPECT_EQ(protocol, "http/1.1");
    }
    ssl.reset();
    ::close(fd);
  }
}

TEST_F(TlsTest, ClosesOpenConnectionsAtShutdown) {
  auto kept = client("localhost", trust({.verify = false}));
  ASSERT_TRUE(kept.send({"GET", "/"}));
  const int half_open = raw_connection();
  server_.reset();
  EXPECT_EQ(kept.send({"GET", "/"}).error().kind, base::ErrorKind::Unavailable);
  ::close(half_open);
}

/// A body that counts how often it was begun.
struct CountedBody {
  std::string bytes;
  int begun = 0;
  bool given = false;
  BodySource source() {
    BodySource made{.length = bytes.size()};
    made.next = [this]() -> base::Result<std::string> {
      if (std::exchange(given, true)) return std::string();
      ++begun;
      return bytes;
    };
    made.rewind = [this]() -> base::Status {
      given = false;
      return {};
    };
    return made;
  }
};

TEST_F(TlsTest, SendsABodyAgainWhenTheKeptConnectionWasClosed) {
  for (const bool under_tls : {false, true}) {
    Server::Options options;
    if (under_tls) options.certificate = Certificate{certificate_.chain(), certificate_.key()};
    start(options);
    auto kept = client("localhost", under_tls ? trust({.verify = false}) : nullptr);
    ASSERT_TRUE(kept.send({"GET", "/"}));
    options.port = server_->port();
    server_.reset();
    start(options);
    CountedBody body{"again"};
    EXPECT_EQ(kept.send({"PUT", "/"}, body.source()).value().body, "again");
  }
}

TEST_F(TlsTest, KeepsTheBodyThatIsRefusedBefore) {
  start({});
  auto connection = client("localhost", nullptr);
  CountedBody body{"unwanted"};
  const Request refused{.method = "PUT", .target = "/refuse", .headers = {{"Expect", "100-continue"}}};
  EXPECT_EQ(connection.send(refused, body.source()).value().status, 403);
  EXPECT_EQ(body.begun, 0);
  const Request welcome{.method = "PUT", .target = "/", .headers = {{"Expect", "100-continue"}}};
  EXPECT_EQ(connection.send(welcome, body.source()).value().body, "unwanted");
}

TEST_F(TlsTest, HandsOverWhatCameBeforeTheStreamBroke) {
  std::string got;
  const BodySink keep = [&](int, std::string_view bytes) -> base::Status {
    got += bytes;
    return {};
  };
  int heads = 0;
  const HeadSink count = [&](const Response& head) -> base::Status {
    heads += head.status == 200 ? 1 : 0;
    return {};
  };
  auto connection = client("localhost", trust({.verify = false}));
  EXPECT_EQ(connection.receive({"GET", "/break"}, count, keep).error().kind, base::ErrorKind::Unavailable);
  EXPECT_EQ(got, "abc");
  EXPECT_EQ(heads, 1);
}

TEST_F(TlsTest, AsksAProxyByAbsoluteUrl) {
  start({});
  Client client({.host = "store.example", .port = 9000, .proxy = Proxy{"127.0.0.1", server_->port(), "Basic eDp5"}});
  const auto answer = client.send({"GET", "/bucket?list"}).value();
  EXPECT_EQ(answer.headers.get("x-target"), "http://store.example:9000/bucket?list");
  EXPECT_EQ(answer.headers.get("x-proxy-authorization"), "Basic eDp5");
}

/// Takes one CONNECT, and passes bytes on to the port that it was made for.
class OneTunnel {
 public:
  OneTunnel(std::uint16_t to, std::string answer) : answer_(std::move(answer)), to_(to) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { run(); });
  }
  ~OneTunnel() {
    thread_.join();
    ::close(listener_);
  }
  std::uint16_t port() const { return port_; }
  const std::string& asked() const { return asked_; }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static void pass_on(int from, int to) {
    char bytes[4096];
    for (ssize_t count; (count = ::recv(from, bytes, sizeof bytes, 0)) > 0;)
      if (::send(to, bytes, static_cast<std::size_t>(count), MSG_NOSIGNAL) != count) break;
    ::shutdown(to, SHUT_WR);
  }
  void run() {
    const int client = ::accept(listener_, nullptr, nullptr);
    char byte;
    while (!asked_.ends_with("\r\n\r\n") && ::recv(client, &byte, 1, 0) == 1) asked_ += byte;
    ::send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    if (to_ != 0) {
      const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      auto address = loopback(to_);
      EXPECT_EQ(::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
      std::jthread back([=] { pass_on(server, client); });
      pass_on(client, server);
      back.join();
      ::close(server);
    }
    ::close(client);
  }

  std::string answer_, asked_;
  std::uint16_t to_, port_ = 0;
  int listener_ = -1;
  std::jthread thread_;
};

TEST_F(TlsTest, ReachesAServerThroughATunnel) {
  OneTunnel tunnel(server_->port(), "HTTP/1.1 200 Connection established\r\n\r\n");
  {
    Client through({.host = "localhost",
                    .port = 443,
                    .tls = trust({.ca_bundle = certificate_.authority()}),
                    .proxy = Proxy{"127.0.0.1", tunnel.port(), ""}});
    EXPECT_EQ(through.send({"PUT", "/", {}, "inside"}).value().body, "inside");
  }
  OneTunnel closed(0, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  Client refused({.host = "localhost",
                  .port = 443,
                  .tls = trust({.verify = false}),
                  .proxy = Proxy{"127.0.0.1", closed.port(), ""}});
  const auto answer = refused.send({"GET", "/"});
  EXPECT_NE(answer.error().message.find("407"), std::string::npos) << answer.error().message;
}

}  // namespace
}  // namespace http

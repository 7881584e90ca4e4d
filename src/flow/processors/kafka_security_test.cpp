// What the processors of Kafka say first to a broker: how they are told to make themselves known and to hide it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "flow/listener_test.h"
#include "flow/processors/kafka_test_services.h"
#include "http/test_certificate.h"

namespace flow {
namespace {

/// Keeps what clients say, and closes. It answers which versions it understands, none but the first, and lets them
/// begin to log in by any mechanism.
class Wiretap {
 public:
  Wiretap() {
    const auto listener = listen_on_loopback();
    listener_ = listener.socket;
    port_ = listener.port;
    thread_ = std::jthread([this] { listen(); });
  }
  Wiretap(const Wiretap&) = delete;
  Wiretap& operator=(const Wiretap&) = delete;
  ~Wiretap() {
    if (thread_.joinable()) (void)heard();
    ::close(listener_);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string heard() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    return heard_;
  }

 private:
  /// False: there is nothing more that it would answer.
  bool answer(int connection) {
    char bytes[4096];
    const auto size = ::recv(connection, bytes, sizeof(bytes), 0);
    if (size <= 0) return false;
    heard_.append(bytes, static_cast<std::size_t>(size));
    constexpr char kHandshake = 17, kApiVersions = 18;
    if (size < 12 || bytes[4] != 0) return false;
    std::string body(bytes + 8, 4);  // the id of the request
    if (bytes[5] == kHandshake) {
      body += std::string(6, 0);  // no error, no list of mechanisms
    } else if (bytes[5] == kApiVersions) {
      // An error (35: unsupported), and from which to which version there are which requests.
      const bool first = bytes[7] == 0;
      body += {0, static_cast<char>(first ? 0 : 35), 0, 0, 0, 4};
      for (const int api : {3, 17, 18, 36})  // Metadata, then those of a connection
        body += {0, static_cast<char>(api), 0, 0, 0, static_cast<char>(api == 17 || api == 36 ? 1 : 0)};
    } else {
      return false;
    }
    const std::string whole = std::string{0, 0, 0, static_cast<char>(body.size())} + body;
    return ::send(connection, whole.data(), whole.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(whole.size());
  }
  void listen() {
    for (;;) {
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) return;
      while (answer(connection)) {
      }
      ::close(connection);
    }
  }
  int listener_ = -1;
  int port_ = 0;
  std::string heard_;
  std::jthread thread_;
};

/// Each says it with its own properties, but those of NiFi 2, whose service does.
std::string first_words(const std::string& type, PropertyValues security) {
  Wiretap broker;
  const http::TestCertificate certificate;
  auto services = kafka_services(broker.address());
  PropertyValues properties;
  const bool publishes = type.starts_with("Publish");
  if (type == "PublishKafka" || type == "ConsumeKafka") {
    auto connection = with(security, {{"bootstrap.servers", broker.address()},
                                      {"Client Timeout", "1 sec"},
                                      {"Max Poll Records", "100"},
                                      {"Transaction Isolation Level", "read_uncommitted"},
                                      {"max.block.ms", "300 ms"},
                                      {"ack.wait.time", "300 ms"}});
    services.front() = service("kafka", "Kafka3ConnectionService", std::move(connection));
    properties = {{"Kafka Connection Service", "kafka"}};
  } else {
    for (auto& [from, to] : {std::pair("SASL Username", "Username"), std::pair("SASL Password", "Password")})
      if (auto node = security.extract(from)) {
        node.key() = to;
        security.insert(std::move(node));
      }
    properties = with(security, {{"Kafka Brokers", broker.address()}});
    if (publishes)
      properties = with(properties, {{"max.block.ms", "300 ms"}, {"ack.wait.time", "300 ms"}});
    else
      properties = with(properties, {{"Communications Timeout", "1 sec"}});
  }
  if (publishes)
    properties = with(properties, {{"Topic Name", "t"},
                                   {type == "PublishKafka" ? "Transactions Enabled" : "Use Transactions", "false"}});
  else
    properties = with(properties, {{type == "ConsumeKafka" ? "Topics" : "Topic Name(s)", "t"}, {"Group ID", "g"}});
  if (type.find("Record") != std::string::npos)
    properties =
        with(properties, publishes ? PropertyValues{{"Record Reader", "in"}, {"Record Writer", "out"}}
                                   : PropertyValues{{"Value Record Reader", "in"}, {"Record Value Writer", "out"}});
  services.push_back(service("ssl", "StandardSSLContextService",
                             {{"Truststore Filename", certificate.authority()}, {"Truststore Type", "PEM"}}));
  {
    const std::vector<std::string> only_one{"success"};  // what ConsumeKafka has without a reader
    ProcessorRun run(type, properties,
                     {.given = {{R"({"id":1})"}},
                      .relationships = type == "ConsumeKafka" ? only_one : std::vector<std::string>{},
                      .services = services});
    EXPECT_EQ(run.problems(), Texts{}) << type;
    run.until_idle();
    EXPECT_EQ(run.out("success").size(), 0u) << type;
  }
  return broker.heard();
}

TEST(KafkaSecurityTest, ItIsSpokenAsItIsTold) {
  for (const std::string type : {"PublishKafka", "PublishKafka_2_6", "PublishKafkaRecord_2_6", "ConsumeKafka",
                                 "ConsumeKafka_2_6", "ConsumeKafkaRecord_2_6"}) {
    SCOPED_TRACE(type);
    const PropertyValues user{{"SASL Username", "me"}, {"SASL Password", "secret"}};
    const auto heard = [&](const std::string& protocol, const char* mechanism, const PropertyValues& more) {
      PropertyValues security{{"Security Protocol", protocol}};
      if (mechanism != nullptr) security.insert({"SASL Mechanism", mechanism});
      return first_words(type, with(more, security));
    };
    using ::testing::HasSubstr;
    EXPECT_THAT(heard("SASL_PLAINTEXT", "PLAIN", user), HasSubstr(std::string("\0me\0secret", 10)));
    for (const auto* mechanism : {"SCRAM-SHA-256", "SCRAM-SHA-512"}) {
      const auto words = heard("SASL_PLAINTEXT", mechanism, user);
      EXPECT_THAT(words, HasSubstr(mechanism));
      EXPECT_THAT(words, HasSubstr("n,,n=me,r="));
      EXPECT_THAT(words, Not(HasSubstr("secret")));
    }
    constexpr char kTls = 0x16;
    EXPECT_EQ(heard("SSL", nullptr, {{"SSL Context Service", "ssl"}}).at(0), kTls);
    EXPECT_EQ(heard("SASL_SSL", "PLAIN", user).at(0), kTls);
    // Without SASL a mechanism is but a word.
    for (const auto* mechanism : {"AWS_MSK_IAM", "OAUTHBEARER"})
      EXPECT_THAT(heard("PLAINTEXT", mechanism, {}), Not(HasSubstr(mechanism)));
  }
}

}  // namespace
}  // namespace flow

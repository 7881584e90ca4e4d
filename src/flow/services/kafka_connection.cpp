#include "flow/services/kafka_connection.h"

#include <fmt/format.h>

#include "base/log.h"
#include "flow/engine/engine.h"
#include "flow/kafka/tls_settings.h"
#include "flow/services/properties.h"

namespace flow {
namespace {

base::Status wrong(const Configuration& configuration, std::string_view property, std::string_view what,
                   base::ErrorKind kind = base::ErrorKind::InvalidValue) {
  return base::fail(kind, fmt::format("{}, property '{}': {}", configuration.error_prefix(), property, what));
}

/// The labels of a property in the two releases.
struct Names {
  std::string_view one, two;
};
constexpr Names kBrokers{"Kafka Brokers", "Bootstrap Servers"};
constexpr Names kUser{"Username", "SASL Username"};
constexpr Names kPassword{"Password", "SASL Password"};

std::string text_of(const Configuration& configuration, const Names& names) {
  return configuration.text_or(names.two, configuration.text_or(names.one, ""));
}

base::Status add_login(const Configuration& configuration, kafka::Settings& settings) {
  const auto mechanism = configuration.text_or("SASL Mechanism", "");
  if (mechanism == "GSSAPI" || mechanism == "AWS_MSK_IAM" || mechanism == "OAUTHBEARER")
    return wrong(configuration, "SASL Mechanism",
                 fmt::format("{} is not supported; use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", mechanism),
                 base::ErrorKind::Unsupported);
  settings.emplace_back("sasl.mechanisms", mechanism);
  // They may also stand in sasl.jaas.config.
  for (const auto& [name, property] : {std::pair{"sasl.username", kUser}, {"sasl.password", kPassword}})
    if (auto value = text_of(configuration, property); !value.empty()) settings.emplace_back(name, std::move(value));
  return {};
}

/// Dynamic properties are the client's own, by the names that they have in Java.
base::Status add_client_properties(const Configuration& configuration, kafka::Settings& settings) {
  for (const auto& dynamic : configuration.dynamic()) {
    const auto value =
        dynamic.value.evaluate({.find = [](std::string_view name) { return Engine::system_value(name); }});
    if (!value) return wrong(configuration, dynamic.name, value.error().message);
    bool counts = false;
    for (auto& setting : kafka::translate(dynamic.name, *value)) {
      if (!kafka::is_setting(setting.first)) continue;
      counts = true;
      settings.push_back(std::move(setting));
    }
    if (!counts)
      LOG_WARN("flow.kafka_property_without_effect component=\"{}\" property={}", configuration.error_prefix(),
               dynamic.name);
  }
  return {};
}

bool has_login(const kafka::Settings& settings) {
  bool user = false, password = false;
  for (const auto& [name, value] : settings) {
    user = user || (name == "sasl.username" && !value.empty());
    password = password || (name == "sasl.password" && !value.empty());
  }
  return user && password;
}

std::chrono::milliseconds milliseconds(const Configuration& configuration, std::string_view name,
                                       std::chrono::milliseconds fallback) {
  const auto given = configuration.duration(name);
  return given ? std::chrono::duration_cast<std::chrono::milliseconds>(*given) : fallback;
}

class KafkaConnectionService final : public ControllerService, public KafkaConnection {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    TRY(connection_, read_kafka_connection(configuration));
    return {};
  }
  const kafka::Connection& connection() const override { return connection_; }

 private:
  kafka::Connection connection_;
};

constexpr Allowed kIsolations[] = {{"read_committed", "Read Committed"}, {"read_uncommitted", "Read Uncommitted"}};
constexpr Property kProperties[] = {
    {.name = "Bootstrap Servers",
     .old_name = "bootstrap.servers",
     .help = "host:port, several with commas",
     .required = true},
    {.name = "Security Protocol",
     .old_name = "security.protocol",
     .fallback = "PLAINTEXT",
     .required = true,
     .allowed = kKafkaProtocols},
    {.name = "SASL Mechanism",
     .old_name = "sasl.mechanism",
     .help = "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
     .fallback = "GSSAPI",
     .required = true,
     .allowed = kKafkaMechanisms},
    {.name = "SASL Username", .old_name = "sasl.username", .scope = Scope::Environment},
    {.name = "SASL Password", .old_name = "sasl.password", .scope = Scope::Environment, .sensitive = true},
    {.name = "OAuth2 Access Token Provider Service",
     .old_name = "oauth2-access-token-provider-service",
     .no_effect = true},
    {.name = "Kerberos User Service", .old_name = "kerberos-user-service", .no_effect = true},
    {.name = "Kerberos Service Name",
     .old_name = "sasl.kerberos.service.name",
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "SSL Context Service",
     .old_name = "ssl.context.service",
     .help = "Without it the machine's authorities are trusted",
     .service = SslContext::kApi},
    {.name = "Transaction Isolation Level",
     .old_name = "isolation.level",
     .fallback = "read_committed",
     .required = true,
     .allowed = kIsolations},
    {.name = "Max Poll Records",
     .old_name = "max.poll.records",
     .help = "Of messages that become a flowfile each: how many are committed at a time",
     .fallback = "10000",
     .required = true,
     .kind = Property::Kind::Integer},
    {.name = "Client Timeout",
     .old_name = "default.api.timeout.ms",
     .fallback = "60 sec",
     .required = true,
     .kind = Property::Kind::Duration},
    {.name = "Max Metadata Wait Time",
     .old_name = "max.block.ms",
     .fallback = "5 sec",
     .required = true,
     .scope = Scope::Environment,
     .kind = Property::Kind::Duration},
    {.name = "Acknowledgment Wait Time",
     .old_name = "ack.wait.time",
     .help = "How long no acknowledgement may come before what is not acknowledged has failed",
     .fallback = "5 sec",
     .required = true,
     .kind = Property::Kind::Duration},
};
constexpr std::string_view kApis[] = {KafkaConnection::kApi};

}  // namespace

base::Result<kafka::Connection> read_kafka_connection(const Configuration& configuration) {
  kafka::Connection connection;
  connection.brokers = text_of(configuration, kBrokers);
  auto& settings = connection.settings;
  settings.emplace_back("bootstrap.servers", connection.brokers);
  const auto protocol = configuration.text_or("Security Protocol", "PLAINTEXT");
  settings.emplace_back("security.protocol", protocol);
  connection.protocol = protocol;
  const bool logs_in = protocol.starts_with("SASL");
  if (logs_in) TRY_VOID(add_login(configuration, settings));
  if (const auto context = configuration.service<SslContext>("SSL Context Service");
      context != nullptr && protocol.ends_with("SSL")) {
    auto tls = kafka::tls_settings(*context);
    if (!tls) return wrong(configuration, "SSL Context Service", tls.error().message).failure();
    settings.insert(settings.end(), tls->begin(), tls->end());
  }
  if (const auto isolation = configuration.text("Transaction Isolation Level"))
    settings.emplace_back("isolation.level", *isolation);
  if (const auto honours = configuration.text("Honor Transactions"))
    settings.emplace_back("isolation.level", *honours == "true" ? "read_committed" : "read_uncommitted");
  TRY_VOID(add_client_properties(configuration, settings));
  if (logs_in && !has_login(settings))
    return wrong(configuration, "Security Protocol", fmt::format("{} needs a user name and a password", protocol))
        .failure();
  connection.request_timeout =
      milliseconds(configuration, "Client Timeout",
                   milliseconds(configuration, "Communications Timeout", connection.request_timeout));
  connection.block_max = milliseconds(configuration, "Max Metadata Wait Time", connection.block_max);
  connection.ack_wait = milliseconds(configuration, "Acknowledgment Wait Time", connection.ack_wait);
  connection.poll_messages_max = configuration.integer_or("Max Poll Records", connection.poll_messages_max);
  return connection;
}

const Description kKafkaConnectionService{
    .type = "org.apache.nifi.kafka.service.Kafka3ConnectionService",
    .bundle = "org.apache.nifi:nifi-kafka-3-service-nar",
    .help = "How to reach a Kafka cluster. Dynamic properties are properties of the client.",
    .properties = kProperties,
    .dynamic = true,
    .dynamic_scope = Scope::Environment,
    .apis = kApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new KafkaConnectionService); },
};

}  // namespace flow

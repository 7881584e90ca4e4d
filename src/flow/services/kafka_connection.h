#pragma once

#include <array>

#include "flow/description.h"
#include "flow/engine/processor.h"
#include "flow/kafka/settings.h"
#include "flow/services/ssl_context.h"

namespace flow {

/// How the Kafka processors of NiFi 2 reach their cluster; those of NiFi 1 say it themselves.
class KafkaConnection {
 public:
  static constexpr std::string_view kApi = "org.apache.nifi.kafka.service.api.KafkaConnectionService";
  virtual ~KafkaConnection() = default;
  virtual const kafka::Connection& connection() const = 0;
};

constexpr Allowed kKafkaTruths[] = {{"true"}, {"false"}};
constexpr Allowed kKafkaProtocols[] = {{"PLAINTEXT"}, {"SSL"}, {"SASL_PLAINTEXT"}, {"SASL_SSL"}};
// The default is one that only counts for the SASL protocols: which are possible is checked with them.
constexpr Allowed kKafkaMechanisms[] = {{"GSSAPI"},        {"PLAIN"},       {"SCRAM-SHA-256"},
                                        {"SCRAM-SHA-512"}, {"AWS_MSK_IAM"}, {"OAUTHBEARER"}};

/// What says how to reach a cluster, in the processors of NiFi 1.
constexpr std::array<Property, 13> kKafkaClientProperties1{{
    {.name = "Kafka Brokers",
     .old_name = "bootstrap.servers",
     .help = "host:port, several with commas",
     .fallback = "localhost:9092",
     .required = true,
     .scope = Scope::Environment},
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
    {.name = "Username", .old_name = "sasl.username", .scope = Scope::Environment},
    {.name = "Password", .old_name = "sasl.password", .scope = Scope::Environment, .sensitive = true},
    {.name = "Token Authentication",
     .old_name = "sasl.token.auth",
     .fallback = "false",
     .allowed = kKafkaTruths,
     .no_effect = true},
    {.name = "AWS Profile Name", .old_name = "aws.profile.name", .scope = Scope::FlowFile, .no_effect = true},
    {.name = "SSL Context Service",
     .old_name = "ssl.context.service",
     .help = "Without it the machine's authorities are trusted",
     .service = SslContext::kApi},
    {.name = "Kerberos Service Name",
     .old_name = "sasl.kerberos.service.name",
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Kerberos Principal",
     .old_name = "sasl.kerberos.principal",
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Kerberos Keytab", .old_name = "sasl.kerberos.keytab", .scope = Scope::Environment, .no_effect = true},
    {.name = "Kerberos Credentials Service", .old_name = "kerberos-credentials-service", .no_effect = true},
    {.name = "Kerberos User Service", .old_name = "kerberos-user-service", .no_effect = true},
}};

/// Reads those, and the dynamic properties as properties of the client; the ones without effect are logged.
/// Errors: InvalidValue and Unsupported that name the property.
base::Result<kafka::Connection> read_kafka_connection(const Configuration& configuration);

extern const Description kKafkaConnectionService;

}  // namespace flow

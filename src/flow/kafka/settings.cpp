#include "flow/kafka/settings.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "flow/kafka/handles.h"

namespace flow::kafka {
namespace {

struct Renamed {
  std::string_view java, own;
};
constexpr Renamed kRenamed[] = {
    {"fetch.max.wait.ms", "fetch.wait.max.ms"},
    {"max.request.size", "message.max.bytes"},
    {"metadata.max.idle.ms", ""},
    {"receive.buffer.bytes", "socket.receive.buffer.bytes"},
    {"sasl.kerberos.kinit.cmd", ""},
    {"sasl.mechanism", "sasl.mechanisms"},
    {"send.buffer.bytes", "socket.send.buffer.bytes"},
    {"compression.gzip.level", "compression.level"},
    {"compression.lz4.level", "compression.level"},
    {"compression.zstd.level", "compression.level"},
};

/// Of the Java virtual machine's classes and metrics, or decided by the processors themselves.
constexpr std::string_view kWithoutEffect[] = {
    "auto.commit.interval.ms",
    "auto.include.jmx.reporter",
    "default.api.timeout.ms",
    "enable.auto.commit",
    "exclude.internal.topics",
    "interceptor.classes",
    "key.deserializer",
    "key.serializer",
    "max.block.ms",
    "max.poll.records",
    "metric.reporters",
    "metrics.num.samples",
    "metrics.recording.level",
    "metrics.sample.window.ms",
    "partitioner.adaptive.partitioning.enable",
    "partitioner.availability.timeout.ms",
    "partitioner.class",
    "partitioner.ignore.keys",
    "sasl.client.callback.handler.class",
    "sasl.login.callback.handler.class",
    "sasl.login.class",
    "security.providers",
    "ssl.enabled.protocols",
    "ssl.engine.factory.class",
    "ssl.keymanager.algorithm",
    "ssl.protocol",
    "ssl.provider",
    "ssl.secure.random.implementation",
    "ssl.trustmanager.algorithm",
    "value.deserializer",
    "value.serializer",
};

constexpr Renamed kAssignors[] = {
    {"RangeAssignor", "range"},
    {"RoundRobinAssignor", "roundrobin"},
    {"CooperativeStickyAssignor", "cooperative-sticky"},
    {"StickyAssignor", "cooperative-sticky"},
};

/// Assignors by their classes. The cooperative ones cannot be mixed with others here: then those count.
std::string assignors_of(std::string_view classes) {
  std::vector<std::string> names;
  for (std::string_view rest = classes; !rest.empty();) {
    auto name = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    const auto* known = std::ranges::find(kAssignors, name.substr(name.rfind('.') + 1), &Renamed::java);
    names.emplace_back(known == std::end(kAssignors) ? name : known->own);
  }
  if (std::ranges::any_of(names, [](const auto& name) { return name == "range" || name == "roundrobin"; }))
    std::erase(names, "cooperative-sticky");
  return fmt::format("{}", fmt::join(names, ","));
}

/// The value of `name="..."` in the login line of a Java client.
std::optional<std::string> login_option(std::string_view line, std::string_view name) {
  const auto at = line.find(fmt::format("{}=\"", name));
  if (at == std::string_view::npos) return std::nullopt;
  std::string value;
  for (auto i = at + name.size() + 2; i < line.size() && line[i] != '"'; ++i) {
    if (line[i] == '\\' && i + 1 < line.size()) ++i;
    value += line[i];
  }
  return value;
}

Settings login_of(std::string_view line) {
  Settings settings;
  for (const std::string_view name : {"username", "password"})
    if (auto value = login_option(line, name)) settings.emplace_back(fmt::format("sasl.{}", name), std::move(*value));
  return settings;
}

}  // namespace

Settings translate(std::string_view java_name, std::string_view value) {
  const auto one = [](std::string_view name, std::string text) {
    return Settings{{std::string(name), std::move(text)}};
  };
  if (std::ranges::find(kWithoutEffect, java_name) != std::end(kWithoutEffect)) return {};
  if (java_name == "sasl.jaas.config") return login_of(value);
  if (java_name == "partition.assignment.strategy") return one(java_name, assignors_of(value));
  // An empty algorithm checks no names; here it is a word.
  if (java_name == "ssl.endpoint.identification.algorithm") return one(java_name, value.empty() ? "none" : "https");
  if (java_name == "auto.offset.reset") return one(java_name, value == "none" ? "error" : std::string(value));
  if (java_name == "buffer.memory") {
    std::uint64_t bytes = 0;
    std::from_chars(value.data(), value.data() + value.size(), bytes);
    return one("queue.buffering.max.kbytes", std::to_string(std::max<std::uint64_t>(bytes >> 10, 1)));
  }
  if ((java_name == "send.buffer.bytes" || java_name == "receive.buffer.bytes") && value == "-1") value = "0";
  const auto* renamed = std::ranges::find(kRenamed, java_name, &Renamed::java);
  const auto name = renamed == std::end(kRenamed) ? java_name : renamed->own;
  if (name.empty()) return {};
  return one(name, std::string(value));
}

bool is_setting(const std::string& name) {
  const Conf conf(rd_kafka_conf_new());
  std::size_t size = 0;
  if (rd_kafka_conf_get(conf.get(), name.c_str(), nullptr, &size) == RD_KAFKA_CONF_OK) return true;
  // Those of topics are not found there before one was set.
  const TopicConf topic(rd_kafka_topic_conf_new());
  return rd_kafka_topic_conf_get(topic.get(), name.c_str(), nullptr, &size) == RD_KAFKA_CONF_OK;
}

std::string cluster_uri(const Connection& connection) {
  auto first = std::string_view(connection.brokers);
  first = first.substr(0, first.find(','));
  if (const auto scheme = first.find("://"); scheme != std::string_view::npos) first.remove_prefix(scheme + 3);
  while (first.starts_with(' ')) first.remove_prefix(1);
  while (first.ends_with(' ')) first.remove_suffix(1);
  return std::string(connection.protocol.ends_with("SSL") ? "kafkas://" : "kafka://").append(first);
}

std::string cluster_uri_1(const Connection& connection) { return connection.protocol + "://" + connection.brokers; }

}  // namespace flow::kafka

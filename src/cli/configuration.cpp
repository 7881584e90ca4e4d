#include "cli/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "flow/engine/quantity.h"
#include "http/url.h"

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace cli {
namespace {

using store::s3::Environment;
using store::s3::Remote;

/// One table of the file: reads its keys and knows where they stand.
class Section {
 public:
  Section(std::string name, const std::string& path, const toml::table& table)
      : name_(std::move(name)), path_(path), table_(table) {}

  base::Error error(const toml::source_position& at, std::string_view text) const {
    return {.kind = base::ErrorKind::InvalidValue,
            .message = fmt::format("{}:{}:{}: {}", path_, at.line, at.column, text)};
  }
  base::Error error(std::string_view key, std::string_view text) const {
    const auto* node = table_.get(key);
    return error(node != nullptr ? node->source().begin : table_.source().begin, text);
  }

  base::Status check_keys(std::span<const std::string_view> known) const {
    for (const auto& [key, value] : table_)
      if (std::ranges::find(known, key.str()) == known.end())
        return base::fail(error(key.source().begin, fmt::format("unknown key '{}' in {}", key.str(), name_)));
    return {};
  }

  bool has(std::string_view key) const { return table_.contains(key); }

  base::Status read(std::string_view key, std::string& into) const {
    const auto* node = table_.get(key);
    if (node == nullptr) return {};
    const auto* text = node->as_string();
    if (text == nullptr || text->get().empty()) return wrong(key, "a text");
    into = text->get();
    return {};
  }
  base::Status read(std::string_view key, bool& into) const {
    const auto* node = table_.get(key);
    if (node == nullptr) return {};
    const auto* flag = node->as_boolean();
    if (flag == nullptr) return wrong(key, "true or false");
    into = flag->get();
    return {};
  }
  base::Status read(std::string_view key, std::vector<std::string>& into) const {
    const auto* node = table_.get(key);
    if (node == nullptr) return {};
    const auto* list = node->as_array();
    if (list == nullptr || list->empty()) return wrong(key, "a list of texts");
    for (const auto& element : *list) {
      const auto* text = element.as_string();
      if (text == nullptr || text->get().empty()) return wrong(key, "a list of texts");
      into.push_back(text->get());
    }
    return {};
  }
  base::Status read(std::string_view key, std::optional<std::chrono::milliseconds>& into) const {
    const auto* node = table_.get(key);
    if (node == nullptr) return {};
    const auto seconds = node->value<double>();
    constexpr double kSecondsMax = 1e9;
    if (!node->is_number() || !seconds || !(*seconds >= 0.1) || *seconds > kSecondsMax)
      return wrong(key, "seconds, 0.1 or more");
    into = std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000));
    return {};
  }

 private:
  base::Status wrong(std::string_view key, std::string_view wanted) const {
    return base::fail(error(key, fmt::format("'{}' in {} is not {}", key, name_, wanted)));
  }

  const std::string name_;
  const std::string& path_;
  const toml::table& table_;
};

/// A path that the file names, seen from the file.
std::string beside(const std::string& file, const std::string& path) {
  const std::filesystem::path named(path);
  if (path.empty() || named.is_absolute()) return path;
  return (std::filesystem::path(file).parent_path() / named).string();
}

constexpr std::string_view kRemoteKeys[] = {"buckets",
                                            "endpoint",
                                            "region",
                                            "path_style",
                                            "profile",
                                            "credentials_file",
                                            "access_key_id",
                                            "anonymous",
                                            "secret_access_key",
                                            "secret_access_key_env",
                                            "session_token_env",
                                            "access_key_id_env",
                                            "ca_bundle",
                                            "queue",
                                            "list_every"};

/// The value of the variable that a key names.
base::Status read_variable(const Section& section, std::string_view key, const Environment& environment,
                           std::string& into) {
  std::string name;
  TRY_VOID(section.read(key, name));
  if (name.empty()) return {};
  const auto value = environment.variable(name);
  if (!value)
    return base::fail(
        section.error(key, fmt::format("the environment has no variable {}, which '{}' names", name, key)));
  into = *value;
  return {};
}

base::Status check_url(const Section& section, std::string_view key, const std::string& url) {
  if (url.empty() || http::parse_url(url)) return {};
  return base::fail(section.error(key, fmt::format("'{}' is no URL (wanted http://HOST:PORT or https://HOST)", key)));
}

base::Status read_credentials(const Section& section, const Environment& environment, Remote& remote) {
  TRY_VOID(section.read("profile", remote.profile));
  TRY_VOID(section.read("credentials_file", remote.credentials_file));
  TRY_VOID(section.read("access_key_id", remote.key.id));
  TRY_VOID(section.read("secret_access_key", remote.key.secret));
  TRY_VOID(section.read("anonymous", remote.anonymous));
  for (const auto* key : {"access_key_id", "secret_access_key"})
    if (section.has(key) && section.has(fmt::format("{}_env", key)))
      return base::fail(section.error(key, fmt::format("'{}' and '{}_env' exclude each other", key, key)));
  TRY_VOID(read_variable(section, "access_key_id_env", environment, remote.key.id));
  TRY_VOID(read_variable(section, "secret_access_key_env", environment, remote.key.secret));
  TRY_VOID(read_variable(section, "session_token_env", environment, remote.session_token));
  if (remote.key.id.empty() != remote.key.secret.empty())
    return base::fail(
        section.error(remote.key.id.empty() ? "secret_access_key" : "access_key_id",
                      "an access key needs both 'access_key_id' and 'secret_access_key' (each also as ..._env)"));
  if (!remote.key.id.empty() && !remote.profile.empty())
    return base::fail(section.error("profile", "'profile' and 'access_key_id' exclude each other"));
  return {};
}

base::Result<Remote> read_remote(const Section& section, const std::string& path, const Environment& environment) {
  TRY_VOID(section.check_keys(kRemoteKeys));
  Remote remote;
  TRY_VOID(section.read("buckets", remote.buckets));
  TRY_VOID(section.read("endpoint", remote.endpoint));
  TRY_VOID(section.read("region", remote.region));
  if (remote.buckets.empty() && remote.endpoint.empty())
    return base::fail(section.error("", "[[remote]] needs 'buckets', or 'endpoint' for stages that name it"));
  if (section.has("path_style")) {
    bool path_style = false;
    TRY_VOID(section.read("path_style", path_style));
    remote.addressing = path_style ? store::s3::Addressing::Path : store::s3::Addressing::VirtualHost;
  }
  TRY_VOID(read_credentials(section, environment, remote));
  TRY_VOID(section.read("ca_bundle", remote.ca_bundle));
  TRY_VOID(section.read("queue", remote.queue));
  TRY_VOID(section.read("list_every", remote.list_every));
  TRY_VOID(check_url(section, "endpoint", remote.endpoint));
  TRY_VOID(check_url(section, "queue", remote.queue));
  remote.credentials_file = beside(path, remote.credentials_file);
  remote.ca_bundle = beside(path, remote.ca_bundle);
  return remote;
}

/// "1 GB", "0 B".
base::Status read_size(const Section& section, std::string_view key, std::optional<std::uint64_t>& into) {
  std::string text;
  TRY_VOID(section.read(key, text));
  if (text.empty()) return {};
  into = flow::parse_data_size(text);
  if (into) return {};
  return base::fail(section.error(key, fmt::format("'{}' is no size (wanted as \"1 GB\"): {}", key, text)));
}

base::Result<FlowLimits> read_flow(const Section& section) {
  constexpr std::string_view kKeys[] = {"provenance", "provenance_size", "provenance_age", "content_archive",
                                        "queue_memory"};
  TRY_VOID(section.check_keys(kKeys));
  FlowLimits limits;
  std::string provenance, age;
  TRY_VOID(section.read("provenance", provenance));
  if (!provenance.empty()) {
    if (provenance != "on" && provenance != "off")
      return base::fail(section.error("provenance", "'provenance' in [flow] is neither \"on\" nor \"off\""));
    limits.provenance = provenance == "on";
  }
  TRY_VOID(section.read("provenance_age", age));
  if (!age.empty()) {
    const auto parsed = flow::parse_duration(age);
    if (!parsed)
      return base::fail(section.error("provenance_age", "'provenance_age' is no duration (wanted as \"30 days\")"));
    limits.provenance_age = std::chrono::duration_cast<std::chrono::hours>(*parsed);
  }
  TRY_VOID(read_size(section, "provenance_size", limits.provenance_bytes));
  TRY_VOID(read_size(section, "content_archive", limits.archive_bytes));
  TRY_VOID(read_size(section, "queue_memory", limits.queue_memory));
  return limits;
}

}  // namespace

base::Result<Configuration> parse_configuration(std::string_view text, const std::string& path,
                                                const Environment& environment) {
  const auto parsed = toml::parse(text);
  if (!parsed) {
    const auto& at = parsed.error().source().begin;
    return base::fail(base::ErrorKind::InvalidValue,
                      fmt::format("{}:{}:{}: {}", path, at.line, at.column, parsed.error().description()));
  }
  const auto& root = parsed.table();
  const Section whole("the file", path, root);
  constexpr std::string_view kTables[] = {"flow", "remote"};
  TRY_VOID(whole.check_keys(kTables));
  Configuration configuration;
  if (root.contains("flow")) {
    const auto* table = root.get("flow")->as_table();
    if (table == nullptr) return base::fail(whole.error("flow", "'flow' is no table: write [flow]"));
    TRY(configuration.flow, read_flow(Section("[flow]", path, *table)));
  }
  if (!root.contains("remote")) return configuration;
  const auto* remotes = root.get("remote")->as_array();
  const auto wrong = [&] {
    return base::fail(whole.error("remote", "'remote' is no list of tables: write [[remote]]"));
  };
  if (remotes == nullptr) return wrong();
  for (const auto& element : *remotes) {
    if (!element.is_table()) return wrong();
    TRY(auto remote, read_remote(Section("[[remote]]", path, *element.as_table()), path, environment));
    configuration.remotes.push_back(std::move(remote));
  }
  return configuration;
}

base::Result<Configuration> read_configuration(const std::string& path, const Environment& environment) {
  if (path.empty()) return Configuration{};
  TRY(const auto text, environment.read_file(path));
  return parse_configuration(text, path, environment);
}

}  // namespace cli

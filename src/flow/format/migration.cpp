#include "flow/format/migration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <tuple>

#include "flow/description.h"
#include "flow/format/derived_id.h"
#include "flow/format/migration_tables.h"
#include "flow/property_keys.h"

namespace flow {
namespace {

constexpr std::string_view kAws = "org.apache.nifi.processors.aws.";
constexpr std::string_view kS3 = "org.apache.nifi.processors.aws.s3.";
constexpr std::string_view kCredentialsKeys[] = {"AWS Credentials Provider Service",
                                                 "AWS Credentials Provider service"};
constexpr std::string_view kProxyKeys[] = {"Proxy Configuration Service", "proxy-configuration-service"};

using Version = std::tuple<int, int, int>;

/// Of "group:artifact:2.7.0-SNAPSHOT". Nothing: not known.
std::optional<Version> version_of(std::string_view bundle) {
  auto text = bundle.substr(bundle.rfind(':') + 1);
  int parts[3] = {};
  for (auto& part : parts) {
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), part);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(at - text.data()));
    if (text.starts_with('.')) text.remove_prefix(1);
  }
  return Version{parts[0], parts[1], parts[2]};
}

/// A service that a migration makes, as NiFi's would.
struct NewService {
  std::string_view purpose;  // makes the id, with the component's
  std::string_view type;
  std::string_view artifact;
  PropertyValues properties;
  std::vector<std::string> sensitive;
};

class Migration {
 public:
  Migration(const ConfiguredDefinition& component, MigrationPurpose purpose)
      : component_(component),
        purpose_(purpose),
        description_(find_description(component.type)),
        made_{.properties = component.properties} {}

  Migrated run() {
    change_values();
    change_region();
    // Its services are in packages of the same name.
    const bool is_service = component_.type.find(".credentials.") != std::string::npos;
    if (is_of_type(component_.type, kAws) && !is_service) move_credentials();
    move_proxy();
    move_encryption();
    change_json_comments();
    change_validation();
    move_confluent_schemas();
    change_algorithms();
    drop_keys();
    fix_defaults();
    for (const auto& row : renamed_relationships())
      if (is(row.type)) {
        made_.relationships.emplace(row.from, row.to);
      }
    if (purpose_ == MigrationPurpose::Export) rename_keys();
    return std::move(made_);
  }

 private:
  bool is(std::string_view type) const { return is_of_type(component_.type, type); }
  void note(std::string text) { made_.notes.push_back({Finding::Kind::Migration, std::move(text)}); }

  /// The key that has a value, or none.
  std::optional<std::string> key_of(std::initializer_list<std::string_view> keys) const {
    for (const auto key : keys) {
      const auto found = made_.properties.find(std::string(key));
      if (!key.empty() && found != made_.properties.end() && found->second && !found->second->empty())
        return found->first;
    }
    return std::nullopt;
  }
  std::optional<std::string> value_of(std::string_view key) const {
    const auto found = made_.properties.find(std::string(key));
    return found == made_.properties.end() ? std::nullopt : found->second;
  }

  const Property* described(std::string_view key) const {
    if (description_ == nullptr) return nullptr;
    const auto found = std::ranges::find_if(description_->properties,
                                            [&](const Property& property) { return has_key(property, key); });
    return found == description_->properties.end() ? nullptr : &*found;
  }
  /// Our components know some old keys themselves.
  void remove(std::string_view key) {
    if (purpose_ == MigrationPurpose::Export || described(key) == nullptr) made_.properties.erase(std::string(key));
  }
  bool may_use(std::string_view key) const {
    if (purpose_ == MigrationPurpose::Export || description_ == nullptr) return true;
    const auto* property = described(key);
    return property != nullptr && !property->unsupported;
  }

  void refer(std::string_view key, NewService service) {
    ServiceDefinition made;
    made.id = derived_id(fmt::format("{}/{}", component_.id, service.purpose));
    made.group = component_.group;
    made.name = fmt::format("{} of {}", service.purpose, component_.name);
    made.type = service.type;
    made.bundle = fmt::format("org.apache.nifi:{}:{}", service.artifact,
                              component_.bundle.substr(component_.bundle.rfind(':') + 1));
    std::erase_if(service.properties, [](const auto& property) { return !property.second; });
    made.properties = std::move(service.properties);
    made.sensitive = std::move(service.sensitive);
    made.scheduled_state = "ENABLED";
    made_.properties[std::string(key)] = made.id;
    made_.references.emplace_back(key);
    note(fmt::format("'{}' is a service made of its own settings ({})", key,
                     made.type.substr(made.type.rfind('.') + 1)));
    made_.services.push_back(std::move(made));
  }

  void change_values() {
    for (const auto& row : value_changes()) {
      if (!is(row.type)) continue;
      const auto key = key_of({row.key, row.old_key});
      if (!key || value_of(*key) != row.from) continue;
      if (row.to)
        made_.properties[*key] = std::string(*row.to);
      else
        made_.properties[*key] = std::nullopt;
      note(fmt::format("'{}' was '{}' and is {}", row.key, row.from, row.to ? fmt::format("'{}'", *row.to) : "unset"));
    }
  }

  void change_region() {
    const auto key = key_of({"Region", "aws-region"});
    if (!is(kS3) || !key || value_of(*key) != "attribute-defined-region") return;
    made_.properties[*key] = "use-custom-region";
    made_.properties["Custom Region"] = "${s3.region}";
    note("'Region' was taken from the attribute s3.region: 'Custom Region' is '${s3.region}'");
  }

  void move_credentials() {
    constexpr std::string_view kType =
        "org.apache.nifi.processors.aws.credentials.provider.service.AWSCredentialsProviderControllerService";
    constexpr std::string_view kPurpose = "AWS credentials";
    if (!key_of({kCredentialsKeys[0], kCredentialsKeys[1]}) && may_use(kCredentialsKeys[0])) {
      if (key_of({"Access Key"}) && key_of({"Secret Key"}))
        refer(kCredentialsKeys[0],
              {.purpose = kPurpose,
               .type = kType,
               .artifact = "nifi-aws-nar",
               .properties = {{"Access Key ID", value_of("Access Key")}, {"Secret Access Key", value_of("Secret Key")}},
               .sensitive = {"Access Key ID", "Secret Access Key"}});
      else if (key_of({"Credentials File"}))
        refer(kCredentialsKeys[0], {.purpose = kPurpose,
                                    .type = kType,
                                    .artifact = "nifi-aws-nar",
                                    .properties = {{"Credentials File", value_of("Credentials File")}},
                                    .sensitive = {}});
      else if (purpose_ == MigrationPurpose::Export)
        // When it runs here, missing keys were more likely left out of the file: the engine's credentials count.
        refer(kCredentialsKeys[0], {.purpose = kPurpose,
                                    .type = kType,
                                    .artifact = "nifi-aws-nar",
                                    .properties = {{"Use Anonymous Credentials", "true"}},
                                    .sensitive = {}});
    }
    for (const auto* key : {"Access Key", "Secret Key", "Credentials File"}) remove(key);
  }

  /// Where a component had a proxy's settings itself.
  void move_proxy() {
    struct Keys {
      std::string_view type, proxy_type, host, port, user, password;
    };
    constexpr Keys kKeys[] = {
        {kAws, "", "Proxy Host", "Proxy Host Port", "proxy-user-name", "proxy-user-password"},
        {"InvokeHTTP", "Proxy Type", "Proxy Host", "Proxy Port", "invokehttp-proxy-user", "invokehttp-proxy-password"}};
    for (const auto& keys : kKeys) {
      if (!is(keys.type)) continue;
      if (key_of({keys.host}) && !key_of({kProxyKeys[0], kProxyKeys[1]}) && may_use(kProxyKeys[0])) {
        auto type = std::string(value_of(keys.proxy_type).value_or("HTTP"));
        std::ranges::transform(type, type.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
        if (type == "HTTPS") type = "HTTP";  // of the connection to the proxy; the service has no such type
        refer(kProxyKeys[0], {.purpose = "Proxy",
                              .type = "org.apache.nifi.proxy.StandardProxyConfigurationService",
                              .artifact = "nifi-proxy-configuration-nar",
                              .properties = {{"Proxy Type", type},
                                             {"Proxy Server Host", value_of(keys.host)},
                                             {"Proxy Server Port", value_of(keys.port)},
                                             {"Proxy User Name", value_of(keys.user)},
                                             {"Proxy User Password", value_of(keys.password)}},
                              .sensitive = {"Proxy User Password"}});
      }
      for (const auto key : {keys.proxy_type, keys.host, keys.port, keys.user, keys.password})
        if (!key.empty()) remove(key);
    }
  }

  void move_encryption() {
    if (!is("PutS3Object")) return;
    const auto key = key_of({"server-side-encryption", "Server Side Encryption"});
    if (!key) return;
    if (value_of(*key) == "AES256" && !key_of({"Encryption Service", "encryption-service"}) &&
        may_use("Encryption Service"))
      refer("Encryption Service", {.purpose = "Encryption",
                                   .type = "org.apache.nifi.processors.aws.s3.encryption.StandardS3EncryptionService",
                                   .artifact = "nifi-aws-nar",
                                   .properties = {{"Encryption Strategy", "SSE_S3"}},
                                   .sensitive = {}});
    remove(*key);
  }

  void change_json_comments() {
    if (!is("JsonTreeReader") && !is("JsonPathReader")) return;
    const auto value = value_of("Allow Comments");
    if (!value) return;
    made_.properties["Parsing Strategy"] = *value == "true" ? "LENIENT" : "STANDARD";
    remove("Allow Comments");
    note(fmt::format("'Allow Comments' was '{}': 'Parsing Strategy' is '{}'", *value,
                     *made_.properties["Parsing Strategy"]));
  }

  void change_validation() {
    if (!is("AvroSchemaRegistry")) return;
    for (const auto* key : {"avro-reg-validated-field-names", "Validate Field Names"}) {
      const auto value = value_of(key);
      if (value) {
        made_.properties["Validation Strategy"] = *value == "false" ? "NONE" : "VALIDATE";
        note(fmt::format("'{}' was '{}': 'Validation Strategy' is '{}'", key, *value,
                         *made_.properties["Validation Strategy"]));
      }
      remove(key);
    }
  }

  void move_confluent_schemas() {
    struct Side {
      std::string_view key, old_key, strategy, reference, purpose, type;
    };
    constexpr Side kSides[] = {
        {"Schema Access Strategy", "schema-access-strategy", "schema-reference-reader", "Schema Reference Reader",
         "Confluent schema reader", "org.apache.nifi.confluent.schemaregistry.ConfluentEncodedSchemaReferenceReader"},
        {"Schema Write Strategy", "", "schema-reference-writer", "Schema Reference Writer", "Confluent schema writer",
         "org.apache.nifi.confluent.schemaregistry.ConfluentEncodedSchemaReferenceWriter"}};
    for (const auto& side : kSides) {
      const auto key = key_of({side.key, side.old_key});
      if (!key || value_of(*key) != "confluent-encoded") continue;
      made_.properties[*key] = std::string(side.strategy);
      refer(side.reference, {.purpose = side.purpose,
                             .type = side.type,
                             .artifact = "nifi-confluent-platform-nar",
                             .properties = {},
                             .sensitive = {}});
    }
  }

  void change_algorithms() {
    constexpr std::string_view kTypes[] = {"GetSFTP", "PutSFTP", "ListSFTP", "FetchSFTP"};
    if (std::ranges::none_of(kTypes, [&](auto type) { return is(type); }) || value_of("Algorithm Negotiation")) return;
    if (!key_of({"Ciphers Allowed", "Key Algorithms Allowed", "Key Exchange Algorithms Allowed",
                 "Message Authentication Codes Allowed"}))
      return;
    made_.properties["Algorithm Negotiation"] = "CUSTOM";
    note("lists algorithms: 'Algorithm Negotiation' is 'CUSTOM'");
  }

  void drop_keys() {
    for (const auto& row : dropped_keys()) {
      if (!is(row.type) || (purpose_ == MigrationPurpose::Run && described(row.key) != nullptr)) continue;
      if (key_of({row.key})) note(fmt::format("'{}' means nothing in newer versions", row.key));
      remove(row.key);
    }
  }

  void fix_defaults() {
    const auto version = version_of(component_.bundle);
    for (const auto& row : changed_defaults()) {
      if (!is(row.type) || value_of(row.key) || (!row.old_key.empty() && value_of(row.old_key))) continue;
      const bool is_newer = version && *version >= Version{row.major, row.minor, row.patch};
      const auto& value = is_newer ? row.after : row.before;
      if (!value) continue;
      made_.properties[std::string(row.key)] = std::string(*value);
      made_.notes.push_back({Finding::Kind::ChangedDefault,
                             fmt::format("'{}' is unset: '{}', the default {}", row.key, *value,
                                         version ? fmt::format("of version {}", component_.bundle.substr(
                                                                                    component_.bundle.rfind(':') + 1))
                                                 : "of older versions")});
    }
  }

  void rename_keys() {
    if (description_ == nullptr) return;
    for (const auto& property : description_->properties) {
      for (const auto key : keys_of(property)) {
        if (key == property.name) continue;
        auto node = made_.properties.extract(std::string(key));
        if (node.empty()) continue;
        node.key() = property.name;
        made_.properties.insert(std::move(node));
        std::ranges::replace(made_.references, std::string(key), std::string(property.name));
      }
    }
  }

  const ConfiguredDefinition& component_;
  const MigrationPurpose purpose_;
  const Description* const description_;
  Migrated made_;
};

void rename(std::vector<std::string>& list, const std::map<std::string, std::string>& names) {
  for (auto& name : list)
    if (const auto found = names.find(name); found != names.end()) name = found->second;
}

class FlowMigration {
 public:
  FlowMigration(FlowDefinition& flow, MigrationPurpose purpose) : flow_(flow), purpose_(purpose) {}

  void run() {
    for (auto& processor : flow_.processors) {
      const auto names = apply(processor, "processor");
      if (!names.empty()) rename_relationships(processor, names);
    }
    for (auto& service : flow_.services) apply(service, "controller service");
    std::ranges::move(services_, std::back_inserter(flow_.services));
  }

 private:
  std::map<std::string, std::string> apply(ConfiguredDefinition& component, std::string_view kind) {
    auto migrated = migrate(component, purpose_);
    component.properties = std::move(migrated.properties);
    std::ranges::move(migrated.references, std::back_inserter(component.references));
    std::ranges::move(migrated.services, std::back_inserter(services_));
    for (auto& note : migrated.notes)
      flow_.findings.push_back(
          {note.kind, component.place, fmt::format("{} '{}': {}", kind, component.name, note.text)});
    return std::move(migrated.relationships);
  }

  void rename_relationships(ProcessorDefinition& processor, const std::map<std::string, std::string>& names) {
    const auto before = std::tuple(processor.auto_terminated, processor.retried);
    rename(processor.auto_terminated, names);
    rename(processor.retried, names);
    bool changed = before != std::tuple(processor.auto_terminated, processor.retried);
    for (auto& connection : flow_.connections) {
      if (connection.source != processor.id) continue;
      const auto relationships = connection.relationships;
      rename(connection.relationships, names);
      changed = changed || relationships != connection.relationships;
    }
    if (!changed) return;
    for (const auto& [from, to] : names)
      flow_.findings.push_back(
          {Finding::Kind::Migration, processor.place,
           fmt::format("processor '{}': relationship '{}' is called '{}' now", processor.name, from, to)});
  }

  FlowDefinition& flow_;
  const MigrationPurpose purpose_;
  std::vector<ServiceDefinition> services_;
};

}  // namespace

Migrated migrate(const ConfiguredDefinition& component, MigrationPurpose purpose) {
  return Migration(component, purpose).run();
}

void migrate_flow(FlowDefinition& flow, MigrationPurpose purpose) { FlowMigration(flow, purpose).run(); }

}  // namespace flow

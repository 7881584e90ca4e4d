#include "flow/services/snowflake_ingest.h"

#include <fmt/format.h>

#include "flow/engine/processor.h"

namespace flow {
namespace {

constexpr std::string_view kPrivateKeyApi = "org.apache.nifi.key.service.api.PrivateKeyService";

constexpr Allowed kFormats[] = {
    {"full-url", "Full URL"}, {"account-name", "Account Name"}, {"account-locator", "Account Locator"}};
constexpr Property kProperties[] = {
    {.name = "Account Identifier Format",
     .old_name = "account-identifier-format",
     .fallback = "account-name",
     .required = true,
     .allowed = kFormats},
    {.name = "Snowflake URL",
     .old_name = "host-url",
     .help = "The account and the host do not matter: it is the engine of this program",
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Account Locator", .old_name = "account-locator", .scope = Scope::Environment, .no_effect = true},
    {.name = "Cloud Region", .old_name = "cloud-region", .scope = Scope::Environment, .no_effect = true},
    {.name = "Cloud Type", .old_name = "cloud-type", .scope = Scope::Environment, .no_effect = true},
    {.name = "Organization Name", .old_name = "organization-name", .scope = Scope::Environment, .no_effect = true},
    {.name = "Account Name", .old_name = "account-name", .scope = Scope::Environment, .no_effect = true},
    {.name = "User Name", .old_name = "user-name", .required = true, .scope = Scope::Environment},
    {.name = "Private Key Service",
     .old_name = "private-key-service",
     .help = "Not asked for: the flow is in the same program",
     .required = true,
     .no_effect = true},
    {.name = "Database", .old_name = "database", .required = true, .scope = Scope::Environment},
    {.name = "Schema", .old_name = "schema", .required = true, .scope = Scope::Environment},
    {.name = "Pipe", .old_name = "pipe", .required = true, .scope = Scope::Environment},
    {.name = "Web Client Service Provider", .help = "Of NiFi 2", .required = true, .no_effect = true},
};

class IngestService final : public ControllerService, public SnowflakeIngest {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    const auto text = [&](std::string_view name) { return configuration.text_or(name, ""); };
    account_ = {
        .user = text("User Name"), .role = {}, .database = text("Database"), .schema = text("Schema"), .warehouse = {}};
    pipe_ = fmt::format("{}.{}.{}", account_.database, account_.schema, text("Pipe"));
    return {};
  }
  const SnowflakeAccount& account() const override { return account_; }
  const std::string& pipe() const override { return pipe_; }

 private:
  SnowflakeAccount account_;
  std::string pipe_;
};

// Nothing here proves who it is to another server: the key is kept with the flow, and not read.
constexpr Property kKeyProperties[] = {
    {.name = "Key File", .old_name = "key-file", .no_effect = true},
    {.name = "Key", .old_name = "key", .sensitive = true, .no_effect = true},
    {.name = "Key Password", .old_name = "key-password", .sensitive = true, .no_effect = true},
};
class PrivateKeyService final : public ControllerService {};

constexpr std::string_view kApis[] = {SnowflakeIngest::kApi};
constexpr std::string_view kKeyApis[] = {kPrivateKeyApi};

}  // namespace

const Description kSnowflakeIngestService{
    .type = "org.apache.nifi.snowflake.service.StandardSnowflakeIngestManagerProviderService",
    .bundle = "org.apache.nifi:nifi-snowflake-services-nar",
    .help = "A pipe of the warehouse of this program.",
    .properties = kProperties,
    .apis = kApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new IngestService); },
};
const Description kPrivateKeyService{
    .type = "org.apache.nifi.key.service.StandardPrivateKeyService",
    .bundle = "org.apache.nifi:nifi-key-service-nar",
    .help = "A private key, for services that prove with it who they are; those of this program need none.",
    .properties = kKeyProperties,
    .apis = kKeyApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new PrivateKeyService); },
};

}  // namespace flow

#include "flow/services/connection_pool.h"

#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>

#include "flow/el/pattern.h"
#include "flow/engine/processor.h"
#include "flow/engine/quantity.h"
#include "flow/services/properties.h"
#include "flow/warehouse_links.h"

namespace flow {
namespace {

/// Without the values of parameters that are called like passwords, and without the password before a host.
std::string without_secrets(std::string_view url) {
  static const auto kLogin = el::Pattern::compile("(//[^/@:]*:)[^/?;]*@").value();
  static const auto kSecret =
      el::Pattern::compile("(?i)([?&;][^=&;?]*(?:password|pwd|passphrase|token|secret)[^=&;?]*=)[^&;]*").value();
  // A text that is too hard to search is not shown at all.
  const auto values = kSecret.replace(url, "$1***", true);
  return values ? kLogin.replace(*values, "$1***@", true).value_or("***") : "***";
}

}  // namespace

/// Connections of one address, of which no more than so many are in use.
class Pool : public std::enable_shared_from_this<Pool> {
 public:
  struct Options {
    std::size_t most = 8;
    std::size_t idle_most = 8;
    std::chrono::nanoseconds wait{};      // 0: as long as it takes
    std::chrono::nanoseconds lifetime{};  // 0: for ever
    std::string validation_query;
  };
  Pool(const database::Driver& driver, database::Address address, Options options, base::Clock& clock)
      : driver_(driver), address_(std::move(address)), options_(std::move(options)), clock_(clock) {}

  base::Result<PooledConnection> get() {
    {
      std::unique_lock lock(idle_mutex_);
      const auto free = [&] { return used_ < options_.most; };
      if (options_.wait.count() == 0) {
        given_back_.wait(lock, free);
      } else if (!given_back_.wait_for(lock, options_.wait, free)) {
        return base::fail(base::ErrorKind::Unavailable, "Cannot get a connection: all of the pool are in use");
      }
      ++used_;
    }
    for (auto idle = take_idle(); idle; idle = take_idle()) {
      if (!is_old(idle->made) && is_good(*idle->connection))
        return PooledConnection(shared_from_this(), std::move(idle->connection), idle->made);
    }
    auto connection = driver_.connect(address_);
    if (!connection) {
      put_back(nullptr, {});
      return base::fail(connection.error());
    }
    return PooledConnection(shared_from_this(), std::move(*connection), clock_.now());
  }

  const std::string& url() const { return address_.url; }

  /// Null: it is gone.
  void put_back(std::unique_ptr<database::Connection> connection, base::Instant made) {
    if (is_old(made)) connection.reset();
    const std::lock_guard lock(idle_mutex_);
    --used_;
    if (connection != nullptr && idle_.size() < options_.idle_most) idle_.push_back({std::move(connection), made});
    given_back_.notify_one();
  }

 private:
  struct Idle {
    std::unique_ptr<database::Connection> connection;
    base::Instant made;
  };
  std::optional<Idle> take_idle() {
    const std::lock_guard lock(idle_mutex_);
    if (idle_.empty()) return std::nullopt;
    auto idle = std::move(idle_.back());
    idle_.pop_back();
    return idle;
  }
  bool is_old(base::Instant made) const {
    return options_.lifetime.count() > 0 && made + options_.lifetime < clock_.now();
  }
  bool is_good(database::Connection& connection) const {
    if (options_.validation_query.empty()) return connection.check().has_value();
    return connection.execute(options_.validation_query, {}, {}).has_value();
  }

  const database::Driver& driver_;
  const database::Address address_;
  const Options options_;
  base::Clock& clock_;
  std::mutex idle_mutex_;
  std::condition_variable given_back_;
  std::deque<Idle> idle_;
  std::size_t used_ = 0;
};

std::string PooledConnection::url() const { return "jdbc:" + without_secrets(pool_->url()); }

PooledConnection::~PooledConnection() {
  if (connection_ == nullptr) return;
  const bool clean = connection_->auto_commit() || connection_->rollback().has_value();
  if (!clean || !connection_->set_auto_commit(true)) connection_.reset();
  pool_->put_back(std::move(connection_), made_);
}

namespace {

constexpr Property kUrl{.name = "Database Connection URL",
                        .help =
                            "jdbc:snowflake is the engine of this program; jdbc:postgresql, jdbc:mysql, "
                            "jdbc:mariadb and jdbc:sqlite have drivers built in",
                        .required = true,
                        .scope = Scope::Environment};
constexpr Property kUser{.name = "Database User", .scope = Scope::Environment};
constexpr Property kPassword{.name = "Password", .scope = Scope::Environment, .sensitive = true};
constexpr std::array<Property, 9> kPoolProperties{{
    {.name = "Max Wait Time", .fallback = "500 millis", .required = true, .scope = Scope::Environment},
    {.name = "Max Total Connections", .fallback = "8", .required = true, .scope = Scope::Environment},
    {.name = "Validation Query", .old_name = "Validation-query", .scope = Scope::Environment},
    {.name = "Minimum Idle Connections",
     .old_name = "dbcp-min-idle-conns",
     .fallback = "0",
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Maximum Idle Connections",
     .old_name = "dbcp-max-idle-conns",
     .fallback = "8",
     .scope = Scope::Environment},
    {.name = "Maximum Connection Lifetime",
     .old_name = "dbcp-max-conn-lifetime",
     .fallback = "-1",
     .scope = Scope::Environment},
    {.name = "Time Between Eviction Runs",
     .old_name = "dbcp-time-between-eviction-runs",
     .fallback = "-1",
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Minimum Evictable Idle Time",
     .old_name = "dbcp-min-evictable-idle-time",
     .fallback = "30 mins",
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Soft Minimum Evictable Idle Time",
     .old_name = "dbcp-soft-min-evictable-idle-time",
     .fallback = "-1",
     .scope = Scope::Environment,
     .no_effect = true},
}};
constexpr Property kDriverClass{
    .name = "Database Driver Class Name", .required = true, .scope = Scope::Environment, .no_effect = true};
constexpr Property kDriverLocations{.name = "Database Driver Locations",
                                    .old_name = "database-driver-locations",
                                    .help = "Drivers are built in: nothing is loaded",
                                    .scope = Scope::Environment,
                                    .no_effect = true};
constexpr Property kKerberosUser{
    .name = "Kerberos User Service", .old_name = "kerberos-user-service", .unsupported = true};
constexpr Allowed kPasswordSources[] = {{"PASSWORD", "Password"}, {"PASSWORD_PROVIDER", "Password Provider", false}};
constexpr std::array<Property, 7> kDbcpOwn{{
    kUrl,
    kDriverClass,
    kDriverLocations,
    kKerberosUser,
    {.name = "Kerberos Credentials Service", .old_name = "kerberos-credentials-service", .unsupported = true},
    kUser,
    kPassword,
}};
constexpr std::array<Property, 4> kDbcpMore{{
    {.name = "Kerberos Principal", .old_name = "kerberos-principal", .scope = Scope::Environment, .unsupported = true},
    {.name = "Kerberos Password", .old_name = "kerberos-password", .sensitive = true, .unsupported = true},
    {.name = "Password Source", .fallback = "PASSWORD", .required = true, .allowed = kPasswordSources},
    {.name = "Database Password Provider", .unsupported = true},
}};
constexpr auto kDbcpProperties = joined(kDbcpOwn, kDbcpMore, kPoolProperties);

constexpr Property kHikariProperties[] = {
    {.name = kUrl.name,
     .old_name = "hikaricp-connection-url",
     .help = kUrl.help,
     .required = true,
     .scope = Scope::Environment},
    {.name = kDriverClass.name,
     .old_name = "hikaricp-driver-classname",
     .required = true,
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = kDriverLocations.name,
     .old_name = "hikaricp-driver-locations",
     .help = kDriverLocations.help,
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = kKerberosUser.name, .old_name = "hikaricp-kerberos-user-service", .unsupported = true},
    {.name = kUser.name, .old_name = "hikaricp-username", .scope = Scope::Environment},
    {.name = kPassword.name, .old_name = "hikaricp-password", .scope = Scope::Environment, .sensitive = true},
    {.name = "Max Wait Time",
     .old_name = "hikaricp-max-wait-time",
     .fallback = "500 millis",
     .required = true,
     .scope = Scope::Environment},
    {.name = "Max Total Connections",
     .old_name = "hikaricp-max-total-conns",
     .fallback = "10",
     .required = true,
     .scope = Scope::Environment},
    {.name = "Validation Query", .old_name = "hikaricp-validation-query", .scope = Scope::Environment},
    {.name = "Minimum Idle Connections",
     .old_name = "hikaricp-min-idle-conns",
     .fallback = "10",
     .required = true,
     .scope = Scope::Environment,
     .no_effect = true},
    {.name = "Max Connection Lifetime",
     .old_name = "hikaricp-max-conn-lifetime",
     .fallback = "-1",
     .scope = Scope::Environment},
};

constexpr Allowed kUrlFormats[] = {
    {"full-url", "Full URL"}, {"account-name", "Account Name"}, {"account-locator", "Account Locator"}};
constexpr std::array<Property, 15> kSnowflakeOwn{{
    {.name = "Connection URL Format",
     .old_name = "connection-url-format",
     .fallback = "full-url",
     .required = true,
     .allowed = kUrlFormats},
    {.name = kUrl.name,
     .old_name = "Snowflake URL",
     .help = "The account and the host do not matter: it is the engine of this program. Its parameters do",
     .scope = Scope::Environment},
    {.name = "Account Locator", .old_name = "account-locator", .scope = Scope::Environment, .no_effect = true},
    {.name = "Cloud Region", .old_name = "cloud-region", .scope = Scope::Environment, .no_effect = true},
    {.name = "Cloud Type", .old_name = "cloud-type", .scope = Scope::Environment, .no_effect = true},
    {.name = "Organization Name", .old_name = "organization-name", .scope = Scope::Environment, .no_effect = true},
    {.name = "Account Name", .old_name = "account-name", .scope = Scope::Environment, .no_effect = true},
    kUser,
    {.name = kPassword.name,
     .help = "Not asked for: the flow is in the same program",
     .scope = Scope::Environment,
     .sensitive = true,
     .no_effect = true},
    {.name = "Database", .old_name = "database", .scope = Scope::Environment},
    {.name = "Schema", .old_name = "schema", .scope = Scope::Environment},
    {.name = "Warehouse", .old_name = "warehouse", .scope = Scope::Environment},
    {.name = "Private Key Service", .no_effect = true},
    {.name = "OAuth2 Access Token Provider", .no_effect = true},
    {.name = "Proxy Configuration Service", .old_name = "proxy-configuration-service", .no_effect = true},
}};
constexpr auto kSnowflakeProperties = joined(kSnowflakeOwn, kPoolProperties);

base::Result<std::map<std::string, std::string>> driver_properties(const Configuration& configuration) {
  constexpr std::string_view kSecret = "SENSITIVE.";
  std::map<std::string, std::string> properties;
  for (const auto& dynamic : configuration.dynamic()) {
    TRY(auto value, dynamic.value.evaluate({.find = [](std::string_view) { return std::nullopt; }}));
    const std::string_view name = dynamic.name;
    properties.emplace(name.starts_with(kSecret) ? name.substr(kSecret.size()) : name, std::move(value));
  }
  return properties;
}

base::Result<Pool::Options> pool_options(const Configuration& configuration) {
  const auto wrong = [&](std::string_view name, const std::string& text, std::string_view wanted) {
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}, property '{}': '{}' is not {}",
                                                                 configuration.error_prefix(), name, text, wanted));
  };
  // -1: without an end.
  const auto span = [&](std::string_view name) -> base::Result<std::chrono::nanoseconds> {
    const auto text = configuration.text(name);
    if (!text || text == "-1") return std::chrono::nanoseconds{};
    const auto parsed = parse_duration(*text);
    if (!parsed) return wrong(name, *text, "a duration such as '30 sec'");
    return *parsed;
  };
  // Negative: any number.
  const auto count = [&](std::string_view name, std::size_t fallback) -> base::Result<std::size_t> {
    const auto text = configuration.text(name);
    if (!text) return fallback;
    const auto number = parse_whole_number(*text);
    if (!number) return wrong(name, *text, "a whole number");
    return *number < 0 ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(*number);
  };
  Pool::Options options{.validation_query = configuration.text_or("Validation Query", "")};
  TRY(const auto most, count("Max Total Connections", 8));
  options.most = std::max<std::size_t>(1, most);
  TRY(options.idle_most, count("Maximum Idle Connections", options.most));
  TRY(options.wait, span("Max Wait Time"));
  TRY(const auto lifetime, span("Maximum Connection Lifetime"));
  TRY(options.lifetime, span("Max Connection Lifetime"));
  options.lifetime = std::max(options.lifetime, lifetime);
  return options;
}

class PoolService final : public ControllerService, public ConnectionPool {
 public:
  base::Status enable(const Configuration& configuration, const Services& services) override {
    const auto url = configuration.text_or(kUrl.name, "");
    const auto driver = database::driver_of(url, services.links.driver);
    if (!driver)
      return base::fail(driver.error().kind, fmt::format("{}, property '{}': {}", configuration.error_prefix(),
                                                         kUrl.name, driver.error().message));
    database::Address address{.url = url.substr(std::string_view("jdbc:").size()), .properties = {}};
    TRY(address.properties, driver_properties(configuration));
    if (const auto user = configuration.text(kUser.name)) address.properties.insert_or_assign("user", *user);
    if (const auto password = configuration.text(kPassword.name))
      address.properties.insert_or_assign("password", *password);
    TRY(auto options, pool_options(configuration));
    pool_ = std::make_shared<Pool>(**driver, std::move(address), std::move(options), services.clock);
    return {};
  }
  base::Result<PooledConnection> get(const Attributes&) override { return pool_->get(); }

 private:
  std::shared_ptr<Pool> pool_;
};

class SnowflakePoolService final : public ControllerService, public ConnectionPool, public SnowflakeConnectionProvider {
 public:
  base::Status enable(const Configuration& configuration, const Services& services) override {
    auto url = configuration.text_or(kUrl.name, "jdbc:snowflake://localhost/");
    if (!url.starts_with("jdbc:")) url = "jdbc:snowflake://" + url;
    const auto driver = database::driver_of(url, services.links.driver);
    if (!driver)
      return base::fail(driver.error().kind,
                        fmt::format("{}: {}", configuration.error_prefix(), driver.error().message));
    database::Address address{.url = url.substr(std::string_view("jdbc:").size()), .properties = {}};
    TRY(address.properties, driver_properties(configuration));
    const auto given = [&](std::string_view property, const char* name) {
      if (const auto value = configuration.text(property)) address.properties.insert_or_assign(name, *value);
    };
    given(kUser.name, "user");
    given("Database", "db");
    given("Schema", "schema");
    given("Warehouse", "warehouse");
    auto all = database::parse_network_url(address.url.substr(std::string_view("snowflake:").size())).properties;
    for (const auto& [name, value] : address.properties) all.insert_or_assign(name, value);
    if (const auto database = all.find("database"); database != all.end()) all.emplace("db", database->second);
    account_ = {.user = all["user"],
                .role = all["role"],
                .database = all["db"],
                .schema = all["schema"],
                .warehouse = all["warehouse"]};
    TRY(auto options, pool_options(configuration));
    pool_ = std::make_shared<Pool>(**driver, std::move(address), std::move(options), services.clock);
    return {};
  }
  base::Result<PooledConnection> get(const Attributes&) override { return pool_->get(); }
  const SnowflakeAccount& account() const override { return account_; }

 private:
  SnowflakeAccount account_;
  std::shared_ptr<Pool> pool_;
};

/// One of several pools, by an attribute of the flowfile.
class PoolLookupService final : public ControllerService, public ConnectionPool {
 public:
  base::Status enable(const Configuration& configuration, const Services&) override {
    for (const auto& dynamic : configuration.dynamic())
      pools_.emplace(dynamic.name, configuration.service<ConnectionPool>(dynamic.name));
    if (pools_.empty())
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("{}: needs a property for each pool", configuration.error_prefix()));
    return {};
  }
  base::Result<PooledConnection> get(const Attributes& attributes) override {
    const auto name = attributes.find("database.name");
    if (name == attributes.end())
      return base::fail(base::ErrorKind::InvalidValue, "Attributes must contain an attribute name 'database.name'");
    const auto pool = pools_.find(name->second);
    if (pool == pools_.end())
      return base::fail(base::ErrorKind::InvalidValue,
                        fmt::format("No DBCPService was found for database.name '{}'", name->second));
    return pool->second->get(attributes);
  }

 private:
  std::map<std::string, std::shared_ptr<ConnectionPool>, std::less<>> pools_;
};

constexpr std::string_view kApis[] = {ConnectionPool::kApi};
constexpr std::string_view kSnowflakeApis[] = {ConnectionPool::kApi, SnowflakeConnectionProvider::kApi};

}  // namespace

const Description kDbcpConnectionPool{
    .type = "org.apache.nifi.dbcp.DBCPConnectionPool",
    .bundle = "org.apache.nifi:nifi-dbcp-service-nar",
    .help = "Connections to a database.",
    .properties = kDbcpProperties,
    .dynamic = true,
    .dynamic_scope = Scope::Environment,
    .apis = kApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new PoolService); },
};
const Description kHikariConnectionPool{
    .type = "org.apache.nifi.dbcp.HikariCPConnectionPool",
    .bundle = "org.apache.nifi:nifi-dbcp-service-nar",
    .help = "Connections to a database.",
    .properties = kHikariProperties,
    .dynamic = true,
    .dynamic_scope = Scope::Environment,
    .apis = kApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new PoolService); },
};
const Description kSnowflakeConnectionPool{
    .type = "org.apache.nifi.snowflake.service.SnowflakeComputingConnectionPool",
    .bundle = "org.apache.nifi:nifi-snowflake-services-nar",
    .help = "Connections to the warehouse of this program.",
    .properties = kSnowflakeProperties,
    .dynamic = true,
    .dynamic_scope = Scope::Environment,
    .apis = kSnowflakeApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new SnowflakePoolService); },
};
const Description kDbcpConnectionPoolLookup{
    .type = "org.apache.nifi.dbcp.DBCPConnectionPoolLookup",
    .bundle = "org.apache.nifi:nifi-dbcp-service-nar",
    .help = "One of several pools: each dynamic property is one, and the attribute database.name says which.",
    .properties = {},
    .dynamic = true,
    .dynamic_scope = Scope::None,
    .dynamic_service = ConnectionPool::kApi,
    .apis = kApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new PoolLookupService); },
};

}  // namespace flow

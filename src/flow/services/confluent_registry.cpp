#include "flow/services/confluent_registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <mutex>

#include "flow/engine/processor.h"
#include "flow/record/avro_schema.h"
#include "flow/services/schema_registry.h"
#include "flow/services/ssl_context.h"
#include "flow/web/settings.h"
#include "http/client.h"
#include "store/checksum.h"

namespace flow {
namespace {

namespace json = boost::json;

constexpr Allowed kAuthentications[] = {{"BASIC"}, {"NONE"}};
constexpr Property kProperties[] = {
    {.name = "Schema Registry URLs",
     .old_name = "url",
     .help = "Several with commas: the first that knows the schema",
     .fallback = "http://localhost:8081",
     .required = true,
     .scope = Scope::Environment},
    {.name = "SSL Context Service", .old_name = "ssl-context", .service = SslContext::kApi},
    {.name = "Communications Timeout",
     .old_name = "timeout",
     .fallback = "30 secs",
     .required = true,
     .kind = Property::Kind::Duration},
    {.name = "Cache Size",
     .old_name = "cache-size",
     .fallback = "1000",
     .required = true,
     .kind = Property::Kind::Integer},
    {.name = "Cache Expiration",
     .old_name = "cache-expiration",
     .fallback = "1 hour",
     .required = true,
     .kind = Property::Kind::Duration},
    {.name = "Authentication Type", .old_name = "authentication-type", .fallback = "NONE", .allowed = kAuthentications},
    {.name = "Username", .old_name = "username"},
    {.name = "Password", .old_name = "password", .sensitive = true},
};
constexpr std::string_view kHeaderPrefix = "request.header.";
constexpr std::uint64_t kAnswerMax = std::uint64_t{64} << 20;

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}
std::optional<std::int64_t> number_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? std::optional(value->as_int64()) : std::nullopt;
}

base::Result<record::SchemaPtr> schema_of(const std::string& text, const std::string& name,
                                          const record::SchemaIdentity& identity) {
  TRY(const auto schema, record::parse_avro_schema(text));
  return std::make_shared<const record::Schema>(schema->fields(), name.empty() ? schema->name() : name, schema->avro(),
                                                identity);
}

class ConfluentSchemaRegistry final : public ControllerService, public SchemaRegistry {
 public:
  base::Status enable(const Configuration& configuration, const Services& services) override {
    clock_ = &services.wall_clock;
    prefix_ = configuration.error_prefix();
    timeout_ = std::chrono::duration_cast<std::chrono::milliseconds>(
        configuration.duration("Communications Timeout").value_or(std::chrono::seconds{30}));
    cache_size_ = configuration.integer_or("Cache Size", 1000);
    cached_for_ = configuration.duration("Cache Expiration").value_or(std::chrono::hours{1});
    TRY_VOID(read_urls(configuration));
    TRY_VOID(read_tls(configuration));
    return read_headers(configuration);
  }

  base::Result<record::SchemaPtr> find(const SchemaReference& reference) const override {
    const auto key = reference.id ? fmt::format("id {}", *reference.id)
                                  : fmt::format("name {} {}", reference.version.value_or(-1), reference.name);
    const auto now = clock_->now();
    {
      const std::lock_guard lock(cache_mutex_);
      if (const auto known = cache_.find(key); known != cache_.end() && now - known->second.at < cached_for_)
        return known->second.schema;
    }
    TRY(auto schema, reference.id ? ask_by_id(*reference.id) : ask_by_name(reference));
    const std::lock_guard lock(cache_mutex_);
    if (cache_.size() >= cache_size_) cache_.clear();
    if (cache_size_ > 0) cache_.insert_or_assign(key, Cached{schema, now});
    return schema;
  }

 private:
  struct Cached {
    record::SchemaPtr schema;
    base::Instant at;
  };

  base::Status wrong(std::string_view property, std::string_view what) const {
    return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}, property '{}': {}", prefix_, property, what));
  }

  base::Status read_urls(const Configuration& configuration) {
    const auto text = configuration.text_or("Schema Registry URLs", "");
    for (std::string_view rest = text; !rest.empty();) {
      auto url = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(url.size() + 1, rest.size()));
      while (url.starts_with(' ')) url.remove_prefix(1);
      while (url.ends_with(' ') || url.ends_with('/')) url.remove_suffix(1);
      auto parsed = http::parse_url(url);
      if (!parsed) return wrong("Schema Registry URLs", parsed.error().message);
      if (parsed->target == "/") parsed->target.clear();
      urls_.push_back(std::move(*parsed));
    }
    return {};
  }

  base::Status read_tls(const Configuration& configuration) {
    const auto context = configuration.service<SslContext>("SSL Context Service");
    const bool secure = std::ranges::any_of(urls_, [](const http::Url& url) { return url.scheme == "https"; });
    if (context != nullptr && std::ranges::any_of(urls_, [](const http::Url& url) { return url.scheme != "https"; }))
      return wrong("Schema Registry URLs", "must all be https with an SSL Context Service");
    if (!secure) return {};
    TRY(tls_, web::client_tls(context.get()));
    return {};
  }

  base::Status read_headers(const Configuration& configuration) {
    headers_.add("Accept", "application/json");
    if (configuration.text("Authentication Type") == "BASIC") {
      const auto user = configuration.text_or("Username", ""), password = configuration.text_or("Password", "");
      if (user.empty()) return wrong("Username", "is required for BASIC");
      if (password.empty()) return wrong("Password", "is required for BASIC");
      headers_.add("Authorization", "Basic " + store::to_base64(user + ":" + password));
    }
    for (const auto& dynamic : configuration.dynamic()) {
      if (!dynamic.name.starts_with(kHeaderPrefix) || dynamic.name.size() == kHeaderPrefix.size())
        return wrong(dynamic.name, "dynamic properties are called request.header.NAME");
      TRY(const auto value, dynamic.value.evaluate({.find = [](std::string_view) { return std::nullopt; }}));
      headers_.add(dynamic.name.substr(kHeaderPrefix.size()), value);
    }
    return {};
  }

  base::Result<record::SchemaPtr> ask_by_name(const SchemaReference& reference) const {
    const auto version = reference.version ? std::to_string(*reference.version) : std::string("latest");
    TRY(const auto answer, ask(fmt::format("/subjects/{}/versions/{}", http::percent_encode(reference.name), version)));
    if (!answer.is_object()) return base::fail(base::ErrorKind::InvalidValue, prefix_ + ": the answer is no object");
    const auto& object = answer.as_object();
    record::SchemaIdentity identity{.id = number_of(object, "id"), .version = {}};
    if (const auto given = number_of(object, "version")) identity.version = static_cast<int>(*given);
    return schema_of(text_of(object, "schema"), text_of(object, "subject"), identity);
  }

  /// The number gives the text alone; under which name and version it goes is asked for, and may stay unknown.
  base::Result<record::SchemaPtr> ask_by_id(std::int64_t id) const {
    TRY(const auto answer, ask(fmt::format("/schemas/ids/{}", id)));
    if (!answer.is_object()) return base::fail(base::ErrorKind::InvalidValue, prefix_ + ": the answer is no object");
    record::SchemaIdentity identity{.id = id, .version = {}};
    std::string name;
    if (const auto versions = ask(fmt::format("/schemas/ids/{}/versions", id)); versions && versions->is_array()) {
      for (const auto& each : versions->as_array()) {
        if (!each.is_object()) continue;
        const auto version = static_cast<int>(number_of(each.as_object(), "version").value_or(0));
        if (version <= identity.version.value_or(0)) continue;
        identity.version = version;
        name = text_of(each.as_object(), "subject");
      }
    } else if (!versions && versions.error().kind == base::ErrorKind::Unavailable) {
      return base::fail(versions.error());
    }
    return schema_of(text_of(answer.as_object(), "schema"), name, identity);
  }

  base::Result<json::value> ask(const std::string& path) const {
    std::optional<base::Error> last;
    bool not_found = false;  // which counts for more than that another does not answer
    for (const auto& url : urls_) {
      http::Client client({.host = url.host,
                           .port = url.port,
                           .connect_timeout = timeout_,
                           .timeout = timeout_,
                           .body_bytes_max = kAnswerMax,
                           .tls = url.scheme == "https" ? tls_ : nullptr});
      const auto answer = client.send({.method = "GET", .target = url.target + path, .headers = headers_});
      if (!answer) {
        last = answer.error();
        last->message = fmt::format("{}: {}", prefix_, last->message);
        continue;
      }
      if (answer->status == 404) {
        not_found = true;
        continue;
      }
      if (answer->status != 200) {
        last =
            base::Error{.kind = answer->status >= 500 ? base::ErrorKind::Unavailable : base::ErrorKind::Denied,
                        .message = fmt::format("{}: {} answered {} for {}", prefix_, url.host, answer->status, path)};
        continue;
      }
      boost::system::error_code error;
      auto value = json::parse(answer->body, error);
      if (error) return base::fail(base::ErrorKind::InvalidValue, fmt::format("{}: the answer is no JSON", prefix_));
      return value;
    }
    if (last && !not_found) return base::fail(std::move(*last));
    return base::fail(base::ErrorKind::NotFound, fmt::format("{}: no schema at {}", prefix_, path));
  }

  const base::WallClock* clock_ = nullptr;
  std::string prefix_;
  std::vector<http::Url> urls_;  // targets without their last slash
  std::shared_ptr<http::ClientTls> tls_;
  http::Headers headers_;
  std::chrono::milliseconds timeout_{};
  std::uint64_t cache_size_ = 0;
  std::chrono::nanoseconds cached_for_{};
  mutable std::mutex cache_mutex_;
  mutable std::map<std::string, Cached> cache_;
};

constexpr std::string_view kApis[] = {SchemaRegistry::kApi};

}  // namespace

const Description kConfluentSchemaRegistry{
    .type = "org.apache.nifi.confluent.schemaregistry.ConfluentSchemaRegistry",
    .bundle = "org.apache.nifi:nifi-confluent-platform-nar",
    .help =
        "Schemas of a Confluent Schema Registry, by number or by name and version. Dynamic properties "
        "request.header.NAME are headers of its requests.",
    .properties = kProperties,
    .dynamic = true,
    .dynamic_scope = Scope::None,
    .apis = kApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new ConfluentSchemaRegistry); },
};

}  // namespace flow

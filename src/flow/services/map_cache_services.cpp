#include <fmt/format.h>

#include "flow/engine/processor.h"
#include "flow/services/map_cache.h"
#include "flow/services/ssl_context.h"

namespace flow {
namespace {

constexpr Allowed kEvictions[] = {{"Least Frequently Used"}, {"Least Recently Used"}, {"First In, First Out"}};
constexpr Property kServerProperties[] = {
    {.name = "Port",
     .help = "By which the clients of this program find it; nothing listens there",
     .fallback = "4557",
     .required = true,
     .kind = Property::Kind::Integer},
    {.name = "Maximum Cache Entries", .fallback = "10000", .required = true, .kind = Property::Kind::Integer},
    {.name = "Eviction Strategy",
     .help = "Which entry goes when there is no room for another",
     .fallback = "Least Frequently Used",
     .required = true,
     .allowed = kEvictions},
    {.name = "Persistence Directory", .help = "From where the entries survive the program; made when it is missing"},
    {.name = "SSL Context Service", .no_effect = true, .service = SslContext::kRestrictedApi},
    {.name = "Maximum Read Size",
     .old_name = "maximum-read-size",
     .fallback = "1 MB",
     .kind = Property::Kind::Size,
     .no_effect = true},
};
constexpr Property kClientProperties[] = {
    {.name = "Server Hostname",
     .help = "Whatever it says, the server is the one of this program that has the port",
     .required = true},
    {.name = "Server Port", .fallback = "4557", .required = true, .kind = Property::Kind::Integer},
    {.name = "SSL Context Service", .no_effect = true, .service = SslContext::kApi},
    {.name = "Communications Timeout",
     .fallback = "30 secs",
     .required = true,
     .kind = Property::Kind::Duration,
     .no_effect = true},
};

Eviction eviction_of(std::string_view name) {
  if (name == "Least Recently Used") return Eviction::LeastRecentlyUsed;
  return name == "First In, First Out" ? Eviction::FirstInFirstOut : Eviction::LeastFrequentlyUsed;
}

class MapCacheServer final : public ControllerService {
 public:
  base::Status enable(const Configuration& configuration, const Services& services) override {
    const auto opened = services.map_caches->serve(
        static_cast<int>(configuration.integer_or("Port", 4557)),
        {.entries_max = static_cast<std::size_t>(configuration.integer_or("Maximum Cache Entries", 10'000)),
         .eviction = eviction_of(configuration.text_or("Eviction Strategy", "")),
         .directory = configuration.text_or("Persistence Directory", "")});
    if (opened) return {};
    return base::fail(opened.error().kind, fmt::format("{}, property 'Persistence Directory': {}",
                                                       configuration.error_prefix(), opened.error().message));
  }
};

class MapCacheClient final : public ControllerService, public MapCache {
 public:
  base::Status enable(const Configuration& configuration, const Services& services) override {
    caches_ = services.map_caches;
    port_ = static_cast<int>(configuration.integer_or("Server Port", 4557));
    name_ = configuration.error_prefix();
    return {};
  }
  base::Result<std::optional<Entry>> get(std::string_view key) override {
    TRY(const auto cache, server());
    return cache->get(key);
  }
  base::Result<std::optional<Entry>> get_or_put(std::string_view key, std::string_view value) override {
    TRY(const auto cache, server());
    return cache->get_or_put(key, value);
  }
  base::Status put(std::string_view key, std::string_view value) override {
    TRY(const auto cache, server());
    return cache->put(key, value);
  }
  base::Result<bool> replace(std::string_view key, std::string_view value,
                             std::optional<std::uint64_t> revision) override {
    TRY(const auto cache, server());
    return cache->replace(key, value, revision);
  }
  base::Result<bool> remove(std::string_view key) override {
    TRY(const auto cache, server());
    return cache->remove(key);
  }
  base::Result<bool> remove(std::string_view key, std::uint64_t revision) override {
    TRY(const auto cache, server());
    return cache->remove(key, revision);
  }

 private:
  /// Found at each call: it may be enabled after its clients.
  base::Result<std::shared_ptr<MapCache>> server() const {
    auto cache = caches_->find(port_);
    if (cache != nullptr) return cache;
    return base::fail(
        base::ErrorKind::Unavailable,
        fmt::format("{}: no DistributedMapCacheServer with port {} is enabled in this program", name_, port_));
  }

  std::shared_ptr<MapCaches> caches_;
  int port_ = 0;
  std::string name_;
};

constexpr std::string_view kServerAliases[] = {"org.apache.nifi.distributed.cache.server.map.MapCacheServer"};
constexpr std::string_view kClientAliases[] = {"org.apache.nifi.distributed.cache.client.MapCacheClientService"};
constexpr std::string_view kClientApis[] = {MapCache::kApi, MapCache::kAtomicApi};
constexpr std::string_view kBundle = "org.apache.nifi:nifi-distributed-cache-services-nar";

}  // namespace

const Description kMapCacheServerService{
    .type = "org.apache.nifi.distributed.cache.server.map.DistributedMapCacheServer",
    .bundle = kBundle,
    .help = "Keeps values by keys for the clients of its port in this program.",
    .properties = kServerProperties,
    .make_service = [] { return std::unique_ptr<ControllerService>(new MapCacheServer); },
    .aliases = kServerAliases,
};
const Description kMapCacheClientService{
    .type = "org.apache.nifi.distributed.cache.client.DistributedMapCacheClientService",
    .bundle = kBundle,
    .help = "What processors reach a DistributedMapCacheServer of this program by.",
    .properties = kClientProperties,
    .apis = kClientApis,
    .make_service = [] { return std::unique_ptr<ControllerService>(new MapCacheClient); },
    .aliases = kClientAliases,
};

}  // namespace flow

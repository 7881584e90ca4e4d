#include "flow/services/map_cache.h"

#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"
#include "flow/processors/record_test_services.h"

namespace flow {
namespace {

std::string value_of(MapCache& cache, std::string_view key) {
  const auto entry = cache.get(key).value();
  return entry ? entry->value : "(none)";
}

TEST(MapCacheTest, ComparesAndSwaps) {
  const auto cache = StoredMapCache::open({}).value();
  EXPECT_TRUE(cache->replace("k", "1", std::nullopt).value());
  EXPECT_FALSE(cache->replace("k", "2", std::nullopt).value());
  const auto first = cache->get("k").value()->revision;
  EXPECT_TRUE(cache->replace("k", "2", first).value());
  EXPECT_FALSE(cache->replace("k", "3", first).value());
  EXPECT_FALSE(cache->remove("k", first).value());
  EXPECT_EQ(value_of(*cache, "k"), "2");
  // The same key anew is not the value that was there before.
  const auto second = cache->get("k").value()->revision;
  EXPECT_TRUE(cache->remove("k", second).value());
  EXPECT_FALSE(cache->remove("k").value());
  EXPECT_EQ(cache->get_or_put("k", "4").value(), std::nullopt);
  EXPECT_FALSE(cache->replace("k", "5", second).value());
  EXPECT_EQ(cache->get_or_put("k", "6").value()->value, "4");
}

TEST(MapCacheTest, MakesRoomByItsStrategy) {
  struct Case {
    Eviction eviction;
    std::string_view gone;
  };
  for (const auto& c : std::to_array<Case>({{Eviction::FirstInFirstOut, "a"},
                                            {Eviction::LeastRecentlyUsed, "b"},
                                            {Eviction::LeastFrequentlyUsed, "c"}})) {
    const auto cache = StoredMapCache::open({.entries_max = 3, .eviction = c.eviction}).value();
    for (const auto* key : {"a", "b", "c"}) ASSERT_TRUE(cache->put(key, key));
    for (const auto* key : {"b", "b", "c", "a", "a"}) EXPECT_EQ(value_of(*cache, key), key);
    ASSERT_TRUE(cache->put("d", "d"));
    for (const std::string_view key : {"a", "b", "c", "d"})
      EXPECT_EQ(value_of(*cache, key), key == c.gone ? "(none)" : key) << c.gone;
    ASSERT_TRUE(cache->put("d", "e"));  // needs no room
    EXPECT_EQ(value_of(*cache, "d"), "e");
  }
}

TEST(MapCacheTest, SurvivesInItsDirectory) {
  const Folder folder;
  const StoredMapCache::Options options{.entries_max = 3, .directory = folder.at("cache")};
  std::uint64_t revision = 0;
  {
    const auto cache = StoredMapCache::open(options).value();
    for (const auto* key : {"a", "b", "c", "d"}) ASSERT_TRUE(cache->put(key, std::string(key) + "1"));
    ASSERT_TRUE(cache->put("c", "c2"));
    ASSERT_TRUE(cache->remove("b").value());
    revision = cache->get("c").value()->revision;
  }
  const auto cache = StoredMapCache::open(options).value();
  EXPECT_EQ(value_of(*cache, "a"), "(none)");
  EXPECT_EQ(value_of(*cache, "b"), "(none)");
  EXPECT_EQ(value_of(*cache, "c"), "c2");
  EXPECT_EQ(value_of(*cache, "d"), "d1");
  EXPECT_TRUE(cache->replace("c", "c3", revision).value());
  EXPECT_NE(cache->get("c").value()->revision, revision);
}

TEST(MapCacheTest, ItsLogDoesNotGrowForEver) {
  const Folder folder;
  const StoredMapCache::Options options{.directory = folder.at("cache")};
  const std::string value(100'000, 'x');
  {
    const auto cache = StoredMapCache::open(options).value();
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(cache->put("k" + std::to_string(i % 2), value + std::to_string(i)));
  }
  std::uintmax_t bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder.path()))
    if (file.is_regular_file()) bytes += file.file_size();
  EXPECT_LT(bytes, 2'000'000u);
  const auto cache = StoredMapCache::open(options).value();
  EXPECT_EQ(value_of(*cache, "k0"), value + "98");
  EXPECT_EQ(value_of(*cache, "k1"), value + "99");
}

TEST(MapCacheTest, ClientsFindTheServerOfTheirPort) {
  const auto run = [](std::vector<ServiceDefinition> services) {
    ProcessorRun it("DetectDuplicate", {{"Distributed Cache Service", "client"}, {"Cache Entry Identifier", "${id}"}},
                    {.given = {{"1", {{"id", "a"}}}, {"2", {{"id", "a"}}}}, .services = std::move(services)});
    it.until_idle();
    return std::pair(it.contents("duplicate"), it.errors());
  };
  const auto client = [](const std::string& type) {
    return service("client", type, {{"Server Hostname", "nifi-1"}, {"Server Port", "4600"}});
  };
  // Old and new names of both.
  EXPECT_EQ(run({client("DistributedMapCacheClientService"),
                 service("server", "DistributedMapCacheServer", {{"Port", "4600"}})})
                .first,
            (Texts{"2"}));
  EXPECT_EQ(run({client("MapCacheClientService"), service("server", "MapCacheServer", {{"Port", "4600"}})}).first,
            (Texts{"2"}));
  const auto [none, errors] = run({client("MapCacheClientService"), service("server", "MapCacheServer")});
  EXPECT_EQ(none, Texts{});
  EXPECT_NE(errors.at(0).find("no DistributedMapCacheServer with port 4600 is enabled in this program"),
            std::string::npos)
      << errors.at(0);
}

TEST(MapCacheTest, ServersAreMadeAsTheyAreTold) {
  const Folder folder;
  for (const auto* strategy : {"First In, First Out", "Least Recently Used", "Least Frequently Used"}) {
    const auto duplicates = [&] {
      ProcessorRun run("DetectDuplicate",
                       {{"Distributed Cache Service", "client"}, {"Cache Entry Identifier", "${id}"}},
                       {.given = {{"a", {{"id", "a"}}},
                                  {"a", {{"id", "a"}}},
                                  {"b", {{"id", "b"}}},
                                  {"c", {{"id", "c"}}},
                                  {"a", {{"id", "a"}}}},
                        .services = {service("client", "MapCacheClientService", {{"Server Hostname", "localhost"}}),
                                     service("server", "MapCacheServer",
                                             {{"Maximum Cache Entries", "2"},
                                              {"Eviction Strategy", strategy},
                                              {"Persistence Directory", folder.at(strategy)}})}});
      run.until_idle();
      return run.contents("duplicate");
    };
    // By its age or its last use "a" had to go for "c"; it was used most.
    EXPECT_EQ(duplicates(), std::string_view(strategy) == "Least Frequently Used" ? (Texts{"a", "a"}) : (Texts{"a"}))
        << strategy;
    EXPECT_EQ(duplicates().front(), "a") << strategy;  // that is on the disk
  }
}

}  // namespace
}  // namespace flow

#include "flow/processors/entity_tracking.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "flow/processors/processor_test.h"
#include "flow/processors/record_test_services.h"

namespace flow {
namespace {

TEST(EntityTrackingTest, WritesAndReadsWhatNiFiKeeps) {
  const EntityTracking::Entities entities{{"a \"b\"", {1, 2}}, {"c", {1'700'000'000'000, 0}}};
  const auto text = entities_text(entities);
  EXPECT_EQ(text, R"({"a \"b\"":{"timestamp":1,"size":2},"c":{"timestamp":1700000000000,"size":0}})");
  EXPECT_EQ(parse_entities(text).value(), entities);
  EXPECT_EQ(parse_entities("{}").value(), EntityTracking::Entities{});
  for (const auto* wrong : {"", "[]", R"({"a":1})", R"({"a":{"timestamp":1}})", R"({"a":{"timestamp":"x","size":1}})"})
    EXPECT_FALSE(parse_entities(wrong)) << wrong;
}

/// ListFile by entities, on a folder whose files get the times that the test says.
class ListEntitiesTest : public testing::Test {
 protected:
  static constexpr auto kNow = 1'800'000'000;  // where the wall clock of ProcessorRun stands, in seconds

  void write(const std::string& name, std::string_view content, int seconds_ago) {
    in_.write(name, content);
    const timespec at{.tv_sec = kNow - seconds_ago, .tv_nsec = 0};
    const timespec times[] = {at, at};
    ASSERT_EQ(::utimensat(AT_FDCWD, in_.at(name).c_str(), times, 0), 0);
  }
  ProcessorRun list(PropertyValues properties = {}) {
    properties.emplace("Input Directory", in_.path());
    properties.emplace("Listing Strategy", "entities");
    properties.emplace("Entity Tracking State Cache", "client");
    return ProcessorRun("ListFile", std::move(properties),
                        {.services = {service("client", "MapCacheClientService", {{"Server Hostname", "localhost"}}),
                                      service("server", "MapCacheServer")},
                         .map_caches = caches_});
  }
  static Texts names(const ProcessorRun& run) {
    Texts names;
    for (const auto& file : run.out("success")) names.push_back(file.at("filename"));
    return names;
  }

  Folder in_;
  std::shared_ptr<MapCaches> caches_ = std::make_shared<MapCaches>();
};

TEST_F(ListEntitiesTest, FindsWhatIsNewOrChangedWhateverItsTime) {
  write("a", "1", 100);
  auto run = list();
  run.until_idle();
  EXPECT_EQ(names(run), (Texts{"a"}));
  write("late", "1", 3600);  // older than what was listed
  write("a", "longer", 100);
  run.advance(std::chrono::minutes{2});
  run.until_idle();
  EXPECT_EQ(names(run), (Texts{"a", "a", "late"}));
  // What was listed is in the cache.
  run.restart();
  run.until_idle();
  EXPECT_EQ(run.out("success").size(), 3u);
  auto other_node = list({{"Entity Tracking Node Identifier", "other"}});
  other_node.until_idle();
  EXPECT_EQ(names(other_node), (Texts{"a", "late"}));
}

TEST_F(ListEntitiesTest, TheWindowBoundsWhatIsListed) {
  write("old", "1", 7200);
  write("new", "1", 60);
  auto window = list({{"Entity Tracking Time Window", "1 hour"}, {"et-initial-listing-target", "window"}});
  window.until_idle();
  EXPECT_EQ(names(window), (Texts{"new"}));
  auto all = list({{"Entity Tracking Time Window", "1 hour"}, {"Entity Tracking Node Identifier", "all"}});
  all.until_idle();
  EXPECT_EQ(names(all), (Texts{"new", "old"}));
  all.advance(std::chrono::minutes{2});
  all.until_idle();
  EXPECT_EQ(all.out("success").size(), 2u);
}

}  // namespace
}  // namespace flow

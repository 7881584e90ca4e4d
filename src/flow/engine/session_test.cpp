#include "flow/engine/session.h"

#include <gtest/gtest.h>

#include "flow/processors/processor_test.h"
#include "flow/processors/record_test_services.h"

namespace flow {
namespace {

std::vector<std::string> levels_of(const ProcessorRun& run) {
  std::vector<std::string> levels;
  for (const auto& bulletin : run.status().bulletins) levels.emplace_back(name_of(bulletin.level));
  return levels;
}

TEST(BulletinTest, TheLevelOfAComponentDecides) {
  struct Case {
    std::string level;
    Texts seen;
  };
  for (const auto& c :
       {Case{"DEBUG", {"DEBUG", "INFO", "WARNING", "ERROR"}}, Case{"INFO", {"INFO", "WARNING", "ERROR"}},
        Case{"WARN", {"WARNING", "ERROR"}}, Case{"ERROR", {"ERROR"}}, Case{"NONE", {}}}) {
    ProcessorRun run("LogMessage", {{"Log Level", "${level}"}, {"Log Message", "said"}},
                     {.given = {{"", {{"level", "debug"}}},
                                {"", {{"level", "info"}}},
                                {"", {{"level", "warn"}}},
                                {"", {{"level", "error"}}}},
                      .change = [&](ProcessorDefinition& processor) { processor.bulletin_level = c.level; }});
    run.until_idle();
    EXPECT_EQ(levels_of(run), c.seen) << c.level;
  }
}

TEST(BulletinTest, TheNewestFiveOfFiveMinutes) {
  std::vector<Given> given;
  for (int i = 0; i < 7; ++i) given.push_back({"", {{"n", std::to_string(i)}}});
  ProcessorRun run("LogMessage", {{"Log Level", "error"}, {"Log Message", "${n}"}}, {.given = given});
  run.until_idle();
  EXPECT_EQ(run.errors(), (Texts{"2", "3", "4", "5", "6"}));
  const auto bulletins = run.status().bulletins;
  EXPECT_EQ(bulletins.front().id + 4, bulletins.back().id);
  run.wall().advance(std::chrono::minutes{5} - std::chrono::nanoseconds{1});
  EXPECT_EQ(run.errors().size(), 5u);
  run.wall().advance(std::chrono::nanoseconds{1});
  EXPECT_EQ(run.errors(), Texts{});
}

TEST(CounterTest, CountsWhatWasCommitted) {
  ProcessorRun run("ConvertRecord", records(),
                   {.given = {{"a\n1\n2\n"}, {"a\n3\n"}},
                    .services = {service("in", "CSVReader"), service("out", "JsonRecordSetWriter")}});
  run.until_idle();
  EXPECT_EQ(run.status().counters, (std::map<std::string, std::int64_t>{{"Records Processed", 3}}));
  EXPECT_FALSE(run.engine().reset_counter("subject", "Records"));
  EXPECT_FALSE(run.engine().reset_counter("other", "Records Processed"));
  EXPECT_TRUE(run.engine().reset_counter("subject", "Records Processed"));
  EXPECT_EQ(run.status().counters.at("Records Processed"), 0);
}

}  // namespace
}  // namespace flow

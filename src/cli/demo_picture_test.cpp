#include "cli/demo_picture.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

TEST(DemoPicture, SeparatesThousands) {
  EXPECT_EQ(with_separators(0), "0");
  EXPECT_EQ(with_separators(999), "999");
  EXPECT_EQ(with_separators(1000), "1,000");
  EXPECT_EQ(with_separators(1234567), "1,234,567");
}

TEST(DemoPicture, ReadableBytesHaveAUnit) {
  EXPECT_EQ(readable_bytes(999), "999 B");
  EXPECT_EQ(readable_bytes(1000), "1.0 kB");
  EXPECT_EQ(readable_bytes(999'960), "1.0 MB");
  EXPECT_EQ(readable_bytes(1.25e9), "1.2 GB");
}

TEST(DemoPicture, EachHopShowsItsRateSinceTheMomentBefore) {
  PipelineMoment before, now;
  before.since_start = std::chrono::seconds(1);
  now.since_start = std::chrono::seconds(3);
  before.hops[PipelineMoment::Pipe].rows = 1000;
  now.hops[PipelineMoment::Pipe] = {.files = 4, .rows = 5000, .waiting = 2};
  now.hops[PipelineMoment::Flow] = {.files = 6, .bytes = 4'000'000};
  const std::string picture = draw_pipeline(now, before);
  const auto line = [&](std::string_view of) {
    const std::size_t at = picture.find(of);
    return at == std::string::npos ? std::string() : picture.substr(at, picture.find('\n', at) - at);
  };
  EXPECT_NE(line("pipe").find("5,000"), std::string::npos) << picture;
  EXPECT_NE(line("pipe").find("2 files"), std::string::npos) << picture;
  EXPECT_NE(line("pipe").find("2,000 rows/s"), std::string::npos) << picture;
  EXPECT_NE(line("NiFi flow").find("2.0 MB/s"), std::string::npos) << picture;
  EXPECT_EQ(line("task, SCD 2").find("changes"), std::string::npos) << picture;
  EXPECT_NE(picture.find("not there yet"), std::string::npos) << picture;
}

}  // namespace
}  // namespace cli

#include "store/s3/parse_cache.h"

#include <gtest/gtest.h>

#include <thread>

namespace store::s3 {
namespace {

class ParseCacheTest : public testing::Test {
 protected:
  std::string get(const std::string& holder, std::string_view text) {
    const auto parsed = cache_.get(holder, text, [&](std::string_view given) -> S3Result<std::string> {
      ++parsed_;
      if (given == "bad") return refuse(400, "Malformed", "no");
      return "<" + std::string(given) + ">";
    });
    return *parsed ? **parsed : parsed->error().code;
  }

  ParseCache<std::string> cache_;
  std::atomic<int> parsed_ = 0;
};

TEST_F(ParseCacheTest, ParsesATextOnce) {
  for (int n = 0; n < 3; ++n) EXPECT_EQ(get("a", "x"), "<x>");
  EXPECT_EQ(parsed_, 1);
  EXPECT_EQ(get("b", "x"), "<x>");  // the same words can mean something else elsewhere
  EXPECT_EQ(parsed_, 2);
}

TEST_F(ParseCacheTest, NoticesAnotherText) {
  EXPECT_EQ(get("a", "x"), "<x>");
  EXPECT_EQ(get("a", "bad"), "Malformed");
  EXPECT_EQ(get("a", "bad"), "Malformed");
  EXPECT_EQ(parsed_, 2);
  EXPECT_EQ(get("a", "x"), "<x>");
}

TEST_F(ParseCacheTest, IsBounded) {
  for (std::size_t n = 0; n < 3 * ParseCache<std::string>::kHoldersMax; ++n)
    EXPECT_EQ(get(std::to_string(n), "x"), "<x>");
  EXPECT_EQ(cache_.size(), ParseCache<std::string>::kHoldersMax);
}

TEST_F(ParseCacheTest, ManyAtOnceGetTheirOwn) {
  std::vector<std::jthread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int n = 0; n < 2000; ++n) {
        const auto text = std::to_string((n + t) % 7);
        if (get(std::to_string(n % 5), text) != "<" + text + ">") ++wrong;
      }
    });
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace store::s3

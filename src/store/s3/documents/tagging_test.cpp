#include "store/s3/documents/tagging.h"

#include <gtest/gtest.h>

namespace store::s3 {
namespace {

Tags numbered(int count) {
  Tags tags;
  for (int i = 0; i < count; ++i) tags.push_back({std::to_string(i), std::to_string(i)});
  return tags;
}

TEST(TaggingTest, ParsesWhatItPrints) {
  for (const Tags& tags : {Tags{}, Tags{{"b", "1"}, {"a", ""}}, Tags{{" x ", "+-=._:/@"}}, Tags{{"\xC3\xA9", "ü"}},
                           Tags{{std::string(128, 'k'), std::string(256, 'v')}}, numbered(10)})
    EXPECT_EQ(parse_tagging(print_tagging(tags), TagHolder::Object).value(), tags);
  EXPECT_EQ(parse_tagging(print_tagging(numbered(50)), TagHolder::Bucket).value(), numbered(50));
}

TEST(TaggingTest, Refusals) {
  struct Case {
    Tags tags;
    TagHolder holder = TagHolder::Object;
  };
  for (const Case& c : std::vector<Case>{{numbered(11)},
                                         {numbered(51), TagHolder::Bucket},
                                         {{{"", "v"}}},
                                         {{{std::string(129, 'k'), "v"}}},
                                         {{{"k", std::string(257, 'v')}}},
                                         {{{"k", "1"}, {"k", "2"}}},
                                         {{{"aws:k", "1"}}},
                                         {{{"k<", "1"}}},
                                         {{{"k", "a\nb"}}}}) {
    const auto parsed = parse_tagging(print_tagging(c.tags), c.holder);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().status, 400);
    EXPECT_EQ(parsed.error().code, "InvalidTag");
  }
  for (const std::string_view xml : {"<Tagging/>", "<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>",
                                     "<TagSet/>", "<Tagging>", "<Tagging><TagSet><Label/></TagSet></Tagging>"})
    EXPECT_EQ(parse_tagging(xml, TagHolder::Object).error().code, "MalformedXML") << xml;
}

TEST(TaggingTest, CharactersCountNotBytes) {
  Tags tags{{"k", ""}};
  for (int i = 0; i < 256; ++i) tags[0].value += "ü";
  EXPECT_TRUE(check_tags(tags, TagHolder::Object));
  tags[0].value += "ü";
  EXPECT_FALSE(check_tags(tags, TagHolder::Object));
}

TEST(TaggingTest, Header) {
  EXPECT_EQ(parse_tagging_header("foo=bar&bar").value(), (Tags{{"bar", ""}, {"foo", "bar"}}));
  EXPECT_EQ(parse_tagging_header("a%2Fb=c+d%3D").value(), (Tags{{"a/b", "c d="}}));
  EXPECT_EQ(parse_tagging_header("").value(), Tags{});
  EXPECT_EQ(parse_tagging_header("a=1&a=2").error().code, "InvalidTag");
  EXPECT_EQ(parse_tagging_header("%FF=1").error().code, "InvalidTag");
}

}  // namespace
}  // namespace store::s3

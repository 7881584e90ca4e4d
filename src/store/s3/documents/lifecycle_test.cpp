#include "store/s3/documents/lifecycle.h"

#include <gtest/gtest.h>

#include "store/s3/iso_time.h"
#include "store/s3/time_text.h"

namespace store::s3 {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kShortDay = std::chrono::seconds{10};

std::string document(std::string_view rules) {
  return "<LifecycleConfiguration>" + std::string(rules) + "</LifecycleConfiguration>";
}

std::string rule(std::string_view inside) {
  return "<Rule><Prefix/><Status>Enabled</Status>" + std::string(inside) + "</Rule>";
}

std::string filtered(std::string_view filter, std::string_view action = "<Expiration><Days>1</Days></Expiration>") {
  return "<Rule><Filter>" + std::string(filter) + "</Filter><Status>Enabled</Status>" + std::string(action) + "</Rule>";
}

LifecycleConfiguration parsed(std::string_view rules) {
  const auto configuration = parse_lifecycle(document(rules));
  EXPECT_TRUE(configuration) << rules << "\n" << (configuration ? "" : configuration.error().message);
  return configuration ? *configuration : LifecycleConfiguration{};
}

TEST(LifecycleTest, ParsesWhatItPrints) {
  const std::string tag = "<Tag><Key>a</Key><Value>1</Value></Tag>";
  for (const std::string& rules : {
           rule("<ID>r</ID><Expiration><Days>31</Days></Expiration>"),
           rule("<Expiration><Date>2017-09-27T00:00:00Z</Date></Expiration>"),
           filtered(""),
           filtered("<Prefix/>"),
           filtered("<Prefix>a/</Prefix>"),
           filtered(tag),
           filtered("<ObjectSizeGreaterThan>500</ObjectSizeGreaterThan>"),
           filtered("<And><Prefix>a</Prefix>" + tag +
                    "<ObjectSizeGreaterThan>0</ObjectSizeGreaterThan>"
                    "<ObjectSizeLessThan>9</ObjectSizeLessThan></And>"),
           filtered("<And>" + tag + "<Tag><Key>b</Key><Value/></Tag></And>"),
           filtered("", "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"),
           filtered("",
                    "<NoncurrentVersionExpiration><NoncurrentDays>2</NoncurrentDays><NewerNoncurrentVersions>5"
                    "</NewerNoncurrentVersions></NoncurrentVersionExpiration>"),
           filtered("",
                    "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>"
                    "</AbortIncompleteMultipartUpload>"),
           filtered("",
                    "<Transition><Days>0</Days><StorageClass>GLACIER</StorageClass></Transition>"
                    "<Transition><Date>2030-01-01</Date><StorageClass>DEEP_ARCHIVE</StorageClass></Transition>"
                    "<NoncurrentVersionTransition><NoncurrentDays>0</NoncurrentDays><StorageClass>STANDARD_IA"
                    "</StorageClass></NoncurrentVersionTransition>"),
           filtered("") + filtered("<Prefix>b</Prefix>"),
       }) {
    const auto configuration = parsed(rules);
    const auto again = parse_lifecycle(print_lifecycle(configuration));
    ASSERT_TRUE(again) << rules << again.error().message;
    EXPECT_EQ(*again, configuration) << rules;
  }
}

TEST(LifecycleTest, MakesUpIdsThatNobodyHas) {
  const auto rules =
      parsed(rule("<ID>rule-1</ID><Expiration><Days>1</Days></Expiration>") + filtered("") + filtered("")).rules;
  ASSERT_EQ(rules.size(), 3u);
  EXPECT_EQ(rules[0].id, "rule-1");
  EXPECT_EQ(rules[1].id, "rule-2");
  EXPECT_EQ(rules[2].id, "rule-3");
}

TEST(LifecycleTest, Refusals) {
  const std::string days = "<Expiration><Days>1</Days></Expiration>";
  const std::string tag = "<Tag><Key>a</Key><Value>1</Value></Tag>";
  struct Case {
    std::string rules;
    std::string_view code;
  };
  for (const Case& c : std::vector<Case>{
           {"", "MalformedXML"},
           {"<Rule><Prefix/><Status>enabled</Status>" + days + "</Rule>", "MalformedXML"},
           {"<Rule><Prefix/>" + days + "</Rule>", "MalformedXML"},
           {"<Rule><Status>Enabled</Status>" + days + "</Rule>", "MalformedXML"},
           {rule("<Filter/>" + days), "MalformedXML"},
           {rule("<Expiration/>"), "MalformedXML"},
           {rule("<Expiration><Days>1</Days><Date>2030-01-01</Date></Expiration>"), "MalformedXML"},
           {rule("<Expiration><Days>x</Days></Expiration>"), "MalformedXML"},
           {rule("<NoncurrentVersionExpiration/>"), "MalformedXML"},
           {rule("<AbortIncompleteMultipartUpload/>"), "MalformedXML"},
           {rule("<Transition><StorageClass>GLACIER</StorageClass></Transition>"), "MalformedXML"},
           {filtered("<Prefix>a</Prefix><And><Prefix>b</Prefix></And>"), "MalformedXML"},
           {rule("<ID>" + std::string(256, 'a') + "</ID>" + days), "InvalidArgument"},
           {rule("<ID>r</ID>" + days) + rule("<ID>r</ID>" + days), "InvalidArgument"},
           {rule("<Expiration><Days>0</Days></Expiration>"), "InvalidArgument"},
           {rule("<Expiration><Days>-1</Days></Expiration>"), "InvalidArgument"},
           {rule("<Expiration><Days>2147483648</Days></Expiration>"), "InvalidArgument"},
           {rule("<Expiration><Date>20200101</Date></Expiration>"), "InvalidArgument"},
           {rule("<Expiration><Date>1970-08-22T19:08:21Z</Date></Expiration>"), "InvalidArgument"},
           {rule("<NoncurrentVersionExpiration><NoncurrentDays>0</NoncurrentDays></NoncurrentVersionExpiration>"),
            "InvalidArgument"},
           {rule("<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>101"
                 "</NewerNoncurrentVersions></NoncurrentVersionExpiration>"),
            "InvalidArgument"},
           {filtered("<ObjectSizeGreaterThan>-1</ObjectSizeGreaterThan>"), "InvalidArgument"},
           {filtered("<And><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan><ObjectSizeLessThan>6</ObjectSizeLessThan></"
                     "And>"),
            "InvalidRequest"},
           {rule(""), "InvalidRequest"},
           {filtered(tag, "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"),
            "InvalidRequest"},
           {filtered(tag,
                     "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>"
                     "</AbortIncompleteMultipartUpload>"),
            "InvalidRequest"},
           {filtered("<And>" + tag + tag + "</And>"), "InvalidTag"},
           {rule("<Transition><Days>1</Days><StorageClass>CLOUD</StorageClass></Transition>"), "NotImplemented"},
       }) {
    const auto configuration = parse_lifecycle(document(c.rules));
    ASSERT_FALSE(configuration) << c.rules;
    EXPECT_EQ(configuration.error().status, c.code == "NotImplemented" ? 501 : 400) << c.rules;
    EXPECT_EQ(configuration.error().code, c.code) << c.rules;
  }
}

const base::Instant kThen = *parse_iso_time("2024-01-15T10:30:00Z");

ObjectFacts object(std::string key, Tags tags = {}, std::uint64_t size = 3) {
  return {
      .key = std::move(key), .size = size, .tags = std::move(tags), .last_modified = kThen, .became_noncurrent = kThen};
}

ObjectFacts noncurrent(int newer) {
  auto facts = object("k");
  facts.is_latest = false;
  facts.newer_noncurrent_versions = newer;
  return facts;
}

ObjectFacts marker(bool is_only_version) {
  auto facts = object("k", {}, 0);
  facts.is_delete_marker = true;
  facts.is_only_version = is_only_version;
  return facts;
}

TEST(LifecycleTest, Filters) {
  const std::string tag = "<Tag><Key>a</Key><Value>1</Value></Tag>";
  const Tags a1{{"a", "1"}}, both{{"b", "2"}, {"a", "1"}};
  struct Case {
    std::string filter;
    ObjectFacts facts;
    bool matches;
  };
  for (const Case& c : std::vector<Case>{
           {"", object("k"), true},
           {"<Prefix>days1/</Prefix>", object("days1/k"), true},
           {"<Prefix>days1/</Prefix>", object("days2/k"), false},
           {tag, object("k", both), true},
           {tag, object("k", {{"a", "2"}}), false},
           {"<And>" + tag + "<Tag><Key>b</Key><Value>2</Value></Tag></And>", object("k", both), true},
           {"<And>" + tag + "<Tag><Key>b</Key><Value>2</Value></Tag></And>", object("k", a1), false},
           // Without And, which some servers let pass.
           {"<Prefix>d/</Prefix>" + tag, object("d/k", a1), true},
           {"<Prefix>d/</Prefix>" + tag, object("e/k", a1), false},
           {"<Prefix>d/</Prefix>" + tag + "<And><Prefix>d</Prefix><Tag><Key>b</Key><Value>2</Value></Tag></And>",
            object("d/k", a1), false},
           {"<Prefix>d/</Prefix>" + tag + "<And><Prefix>d</Prefix><Tag><Key>b</Key><Value>2</Value></Tag></And>",
            object("d/k", both), true},
           {"<ObjectSizeGreaterThan>2000</ObjectSizeGreaterThan>", object("k", {}, 2000), false},
           {"<ObjectSizeGreaterThan>2000</ObjectSizeGreaterThan>", object("k", {}, 2001), true},
           {"<ObjectSizeLessThan>2000</ObjectSizeLessThan>", object("k", {}, 2000), false},
           {"<ObjectSizeLessThan>2000</ObjectSizeLessThan>", object("k", {}, 0), true},
       })
    EXPECT_EQ(
        due_action(parsed(filtered(c.filter)), c.facts, kThen + kShortDay, kShortDay) == LifecycleAction::ExpireCurrent,
        c.matches)
        << c.filter << " " << c.facts.key;
}

TEST(LifecycleTest, Actions) {
  using enum LifecycleAction;
  const auto days = filtered("", "<Expiration><Days>5</Days></Expiration>");
  const auto date = filtered("", "<Expiration><Date>2024-02-01</Date></Expiration>");
  const auto markers =
      filtered("", "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>");
  const auto kept = filtered("",
                             "<NoncurrentVersionExpiration><NoncurrentDays>4</NoncurrentDays>"
                             "<NewerNoncurrentVersions>5</NewerNoncurrentVersions></NoncurrentVersionExpiration>");
  const auto gone =
      filtered("", "<NoncurrentVersionExpiration><NoncurrentDays>4</NoncurrentDays></NoncurrentVersionExpiration>");
  struct Case {
    std::string rules;
    ObjectFacts facts;
    int after_days;
    LifecycleAction action;
  };
  for (const Case& c : std::vector<Case>{
           {days, object("k"), 4, None},
           {days, object("k"), 5, ExpireCurrent},
           {days, noncurrent(0), 100, None},
           {days, marker(true), 4, None},
           {days, marker(true), 5, RemoveDeleteMarker},
           {days, marker(false), 5, None},
           {markers, marker(true), 0, RemoveDeleteMarker},
           {markers, marker(false), 100, None},
           {markers, object("k"), 100, None},
           {gone, noncurrent(0), 3, None},
           {gone, noncurrent(0), 4, DeleteNoncurrent},
           {gone, object("k"), 100, None},
           {kept, noncurrent(4), 100, None},
           {kept, noncurrent(5), 4, DeleteNoncurrent},
           {kept + days, object("k"), 5, ExpireCurrent},
       })
    EXPECT_EQ(due_action(parsed(c.rules), c.facts, kThen + c.after_days * kShortDay, kShortDay), c.action) << c.rules;
  EXPECT_EQ(due_action(parsed(date), object("k"), *parse_iso_time("2024-01-31T23:59:59Z")), None);
  EXPECT_EQ(due_action(parsed(date), object("k"), *parse_iso_time("2024-02-01")), ExpireCurrent);
  auto off = parsed(days);
  off.rules[0].enabled = false;
  EXPECT_EQ(due_action(off, object("k"), kThen + 100 * kShortDay, kShortDay), None);
}

TEST(LifecycleTest, RealDaysEndAtMidnight) {
  const auto rules = parsed(filtered("", "<Expiration><Days>3</Days></Expiration>"));
  EXPECT_EQ(due_action(rules, object("k"), *parse_iso_time("2024-01-18T23:59:59Z")), LifecycleAction::None);
  EXPECT_EQ(due_action(rules, object("k"), *parse_iso_time("2024-01-19")), LifecycleAction::ExpireCurrent);
}

TEST(LifecycleTest, ExpirationHeader) {
  const auto rules = parsed(
      "<Rule><ID>late</ID><Filter/><Status>Enabled</Status><Expiration><Days>9</Days></Expiration></Rule>"
      "<Rule><ID>a b</ID><Filter><Prefix>a/</Prefix></Filter><Status>Enabled</Status>"
      "<Expiration><Days>1</Days></Expiration></Rule>");
  EXPECT_EQ(expiration_header(rules, object("a/k")),
            "expiry-date=\"Wed, 17 Jan 2024 00:00:00 GMT\", rule-id=\"a%20b\"");
  EXPECT_EQ(expiration_header(rules, object("k")), "expiry-date=\"Thu, 25 Jan 2024 00:00:00 GMT\", rule-id=\"late\"");
  EXPECT_EQ(expiration_header(rules, noncurrent(0)), std::nullopt);
  EXPECT_EQ(expiration_header(rules, marker(true)), std::nullopt);
  EXPECT_EQ(expiration_header({}, object("k")), std::nullopt);
  const auto forever = parsed(filtered("", "<Expiration><Days>2147483647</Days></Expiration>"));
  EXPECT_EQ(due_action(forever, object("k"), *parse_iso_time("2250-01-01")), LifecycleAction::None);
}

TEST(LifecycleTest, Uploads) {
  const auto rules = parsed(
      "<Rule><ID>u</ID><Prefix>test1/</Prefix><Status>Enabled</Status>"
      "<AbortIncompleteMultipartUpload><DaysAfterInitiation>2</DaysAfterInitiation>"
      "</AbortIncompleteMultipartUpload></Rule>");
  const auto event = abort_of_upload(rules, "test1/a", kThen, kShortDay);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->at, kThen + 2 * kShortDay);
  EXPECT_EQ(event->rule_id, "u");
  EXPECT_FALSE(abort_of_upload(rules, "test2/", kThen, kShortDay));
}

}  // namespace
}  // namespace store::s3

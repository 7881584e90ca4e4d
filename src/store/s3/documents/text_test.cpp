#include "store/s3/documents/text.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "store/s3/documents/ip_network.h"
#include "store/s3/documents/json_reader.h"
#include "store/s3/documents/wildcard.h"
#include "store/s3/documents/xml_reader.h"
#include "store/s3/iso_time.h"
#include "store/s3/time_text.h"
#include "store/s3/xml.h"

namespace store::s3 {
namespace {

TEST(TextTest, CodePointsOfUtf8Only) {
  struct Case {
    std::string_view text;
    std::optional<std::size_t> count;
  };
  for (const Case& c : std::to_array<Case>({
           {"", 0},
           {"abc", 3},
           {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 3},
           {"\xC3", std::nullopt},
           {"\x80", std::nullopt},
           {"\xC0\xAF", std::nullopt},          // overlong
           {"\xE0\x80\xAF", std::nullopt},      // overlong
           {"\xED\xA0\x80", std::nullopt},      // a surrogate
           {"\xF4\x90\x80\x80", std::nullopt},  // beyond Unicode
           {"\xF0\x9F\x98", std::nullopt},
       }))
    EXPECT_EQ(code_points(c.text), c.count) << c.text;
}

TEST(TextTest, DocumentsAreUtf8WhateverARequestBrought) {
  struct Case {
    std::string_view text, escaped;
  };
  for (const Case& c : std::to_array<Case>({
           {"", ""},
           {"a<b>&\"'", "a&lt;b&gt;&amp;&quot;&apos;"},
           {"\x01\t\n\r", "&#1;\t\n&#13;"},
           {"\xC3\xA9", "\xC3\xA9"},
           {"\xFF", "\xEF\xBF\xBD"},
           {"<\xC3\xA9\xE7>", "&lt;\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD&gt;"},
       }))
    EXPECT_EQ(xml_escape(c.text), c.escaped) << c.text;
}

TEST(TextTest, IsoTimes) {
  struct Case {
    std::string_view text, printed;
  };
  for (const Case& c : std::to_array<Case>({
           {"2024-01-01", "2024-01-01T00:00:00.000Z"},
           {"2024-01-01T10:20:30Z", "2024-01-01T10:20:30.000Z"},
           {"2024-01-01T10:20:30", "2024-01-01T10:20:30.000Z"},
           {"2024-01-01T10:20:30.1234567891Z", "2024-01-01T10:20:30.123Z"},
           {"2024-01-01T10:20:30+01:00", "2024-01-01T09:20:30.000Z"},
           {"2024-01-01T10:20:30-0130", "2024-01-01T11:50:30.000Z"},
           {"2140-01-01T00:00:00Z", "2140-01-01T00:00:00.000Z"},
       })) {
    const auto time = parse_iso_time(c.text);
    ASSERT_TRUE(time) << c.text;
    EXPECT_EQ(iso_time(*time), c.printed) << c.text;
  }
  for (const std::string_view text : {"", "2024", "20240101", "2024-13-01", "2023-02-29", "2024-01-01 10:20:30",
                                      "2024-01-01T10:20", "9999-01-01", "2024-01-01T24:00:00Z", "2024-01-01T10:20:30.Z",
                                      "2024-01-01T10:20:30+1", "2024-01-01T10:20:30Zx", "2024-01-01x"})
    EXPECT_FALSE(parse_iso_time(text)) << text;
}

TEST(WildcardTest, Matches) {
  struct Case {
    std::string_view pattern, text;
    bool matches;
  };
  for (const Case& c : std::to_array<Case>({
           {"", "", true},
           {"*", "", true},
           {"?", "", false},
           {"a*c", "abbc", true},
           {"a*c", "abbd", false},
           {"*a*b*", "xxaxxbxx", true},
           {"a?c", "abc", true},
           {"a?c",
            "a\xC3\xA9"
            "c",
            true},
           {"a?c", "abbc", false},
           {"**", "x", true},
           {"*ab", "aab", true},
           {"a", "ab", false},
       }))
    EXPECT_EQ(matches_wildcard(c.pattern, c.text), c.matches) << c.pattern << " " << c.text;
  WildcardPattern literal;
  literal.add_literal("a*");
  EXPECT_TRUE(literal.matches("a*"));
  EXPECT_FALSE(literal.matches("ab"));
}

TEST(WildcardTest, ManyStarsTakeNoTime) {
  std::string pattern, text(5000, 'a');
  for (int i = 0; i < 50; ++i) pattern += "*a";
  EXPECT_FALSE(matches_wildcard(pattern + "b", text));
}

TEST(IpNetworkTest, Contains) {
  struct Case {
    std::string_view network, address;
    bool contains;
  };
  for (const Case& c : std::to_array<Case>({
           {"10.0.0.0/8", "10.255.1.2", true},
           {"10.0.0.0/8", "11.0.0.1", false},
           {"192.0.2.128/25", "192.0.2.127", false},
           {"192.0.2.1", "192.0.2.1", true},
           {"0.0.0.0/0", "8.8.8.8", true},
           {"0.0.0.0/0", "::1", false},
           {"2001:db8::/33", "2001:db8:7fff::1", true},
           {"2001:db8::/33", "2001:db8:8000::1", false},
       })) {
    const auto network = parse_ip_network(c.network), address = parse_ip_network(c.address);
    ASSERT_TRUE(network && address) << c.network << " " << c.address;
    EXPECT_EQ(network->contains(*address), c.contains) << c.network << " " << c.address;
  }
  for (const std::string_view text : {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0", "::/129", "10.0.0.0/", "x"})
    EXPECT_FALSE(parse_ip_network(text)) << text;
}

TEST(XmlReaderTest, AcceptsWhatClientsSend) {
  for (const std::string_view xml : {
           "<A><B>x</B></A>",
           "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<A "
           "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><B>x</B></A>",
           "<s3:A xmlns:s3=\"urn:x\"><s3:B z=\"1\">x</s3:B></s3:A>",
           "<!-- c --><A>\n  <C/>\n  <B><![CDATA[x]]></B>\n</A>",
       }) {
    const auto document = XmlDocument::parse(xml, "A");
    ASSERT_TRUE(document) << xml;
    EXPECT_EQ(document->root().text_of("B"), "x") << xml;
    EXPECT_FALSE(document->root().has("D"));
  }
  EXPECT_EQ(XmlDocument::parse("<A><B> </B></A>", "A")->root().text_of("B"), " ");
}

TEST(XmlReaderTest, Refusals) {
  std::string deep = "x";
  for (int i = 0; i < 40; ++i) deep = "<A>" + deep + "</A>";
  for (const std::string& xml : {std::string(), std::string("x"), std::string("<A>"), std::string("<A></B>"),
                                 std::string("<B/>"), std::string("<A/><A/>"), std::string("<A>\xFF</A>"), deep}) {
    const auto document = XmlDocument::parse(xml, "A");
    ASSERT_FALSE(document) << xml;
    EXPECT_EQ(document.error().status, 400);
    EXPECT_EQ(document.error().code, "MalformedXML");
  }
}

TEST(JsonReaderTest, RefusesRepeatedNames) {
  for (const std::string_view text : {R"({"a":{"b":1},"b":[{"b":1},{"b":2}]})", R"({"a":"\"a\":","b":"a"})", "[1]"})
    EXPECT_TRUE(parse_json(text, "MalformedPolicy")) << text;
  for (const std::string_view text :
       {R"({"a":1,"a":2})", R"({"x":[{"a":1,"\u0061":2}]})", "{", "", "{} {}", R"({"a":})"}) {
    const auto value = parse_json(text, "MalformedPolicy");
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().code, "MalformedPolicy");
  }
}

}  // namespace
}  // namespace store::s3

#include "flow/content/lines.h"

#include <gtest/gtest.h>

#include "flow/content/character_set.h"
#include "flow/content/replacement.h"

namespace flow {
namespace {

/// Gives its text in pieces of that many bytes.
class Pieces final : public ByteSource {
 public:
  Pieces(std::string_view text, std::size_t bytes) : text_(text), bytes_(bytes) {}
  base::Result<std::string_view> next() override {
    const auto piece = text_.substr(0, bytes_);
    text_.remove_prefix(piece.size());
    return piece;
  }

 private:
  std::string_view text_;
  const std::size_t bytes_;
};

class Collected final : public ByteSink {
 public:
  base::Status append(std::string_view bytes) override {
    text += bytes;
    return {};
  }
  std::string text;
};

using Texts = std::vector<std::string>;

TEST(LinesTest, EndAtFeedsReturnsAndBoth) {
  struct Case {
    std::string_view text;
    Texts lines;
  };
  for (const auto& c : std::to_array<Case>({
           {"", {}},
           {"a", {"a"}},
           {"a\n", {"a\n"}},
           {"a\nb", {"a\n", "b"}},
           {"a\r\nb\rc\n\n", {"a\r\n", "b\r", "c\n", "\n"}},
           {"\r\r\n\r", {"\r", "\r\n", "\r"}},
           {"one\r\ntwo", {"one\r\n", "two"}},
       })) {
    for (const std::size_t bytes : {1U, 2U, 3U, 100U}) {
      Pieces source(c.text, bytes);
      LineReader reader(source, 100);
      Texts lines;
      for (auto line = reader.next().value(); line; line = reader.next().value()) lines.emplace_back(*line);
      EXPECT_EQ(lines, c.lines) << bytes;

      Pieces again(c.text, bytes);
      LineScanner scanner(again, 2);
      Texts scanned;
      for (auto line = scanner.next().value(); line; line = scanner.next().value()) {
        scanned.emplace_back(c.text.substr(line->offset, line->length));
        EXPECT_EQ(line->ending, line_ending(scanned.back()).size());
        EXPECT_EQ(line->prefix, scanned.back().substr(0, 2));
      }
      EXPECT_EQ(scanned, c.lines) << bytes;
    }
  }
}

TEST(LinesTest, ALongLineIsAnErrorAndItsEndDoesNotCount) {
  Pieces source("1234\r\n12345\n", 2);
  LineReader reader(source, 4);
  EXPECT_EQ(reader.next().value(), "1234\r\n");
  EXPECT_EQ(reader.next().error().kind, base::ErrorKind::InvalidValue);
}

TEST(ReplacementTest, GroupsAndText) {
  struct Case {
    std::string_view replacement, expected;
  };
  const auto pattern = el::Pattern::compile("(b)(c)?(x)?").value();
  el::Pattern::Matcher match(pattern, "abcd");
  ASSERT_TRUE(match.find().value());
  for (const auto& c : std::to_array<Case>({
           {"", ""},
           {"[$0|$1|$2]", "[bc|b|c]"},
           {"[$3]", "[]"},               // took no part
           {"$4 and $12", "$4 and b2"},  // no such groups: text, or fewer digits
           {"\\$1", "$1"},
           {"a\\nb", "anb"},
           {"$1 for $x", "$1 for $x"},  // all of it is text
           {"cost: 5$", "cost: 5$"},
       })) {
    std::string out;
    Replacement::parse(c.replacement, pattern.groups()).append_to(out, match);
    EXPECT_EQ(out, c.expected) << c.replacement;
  }
}

TEST(ReplacementTest, SubstitutesVariables) {
  struct Case {
    std::string_view text, expected;
  };
  const Attributes attributes{{"a", "1"}, {"b", "<${a}>"}, {"loop", "${loop}"}};
  for (const auto& c : std::to_array<Case>({
           {"", ""},
           {"${a}${b}", "1<1>"},
           {"${none} ${none:-x} ${a:-x}", "${none} x 1"},
           {"$${a} $a {a} ${a", "${a} $a {a} ${a"},
       }))
    EXPECT_EQ(substitute_variables(c.text, attributes).value(), c.expected) << c.text;
  EXPECT_EQ(substitute_variables("${loop}", attributes).error().kind, base::ErrorKind::InvalidValue);
}

TEST(CharacterSetTest, DecodesAndEncodes) {
  struct Case {
    std::string name, bytes, text;
  };
  using namespace std::string_literals;
  for (const auto& c : std::to_array<Case>({
           {"UTF-8", "\xC3\xA4\xFF", "\xC3\xA4\xFF"},
           {"ISO-8859-1", "\xE4", "\xC3\xA4"},
           {"windows-1252", "\x80", "\xE2\x82\xAC"},
           {"UTF-16", "\xFE\xFF\0a\0b"s, "ab"},
           {"UTF-16LE", "a\0b\0"s, "ab"},
       })) {
    const auto set = CharacterSet::find(c.name).value();
    EXPECT_EQ(set.decode(c.bytes).value(), c.text) << c.name;
    EXPECT_EQ(set.encode(c.text).value(), c.bytes) << c.name;
    Pieces bytes(c.bytes, 1), text(c.text, 1);
    auto source = DecodingSource::make(bytes, set).value();
    Collected decoded, encoded;
    ASSERT_TRUE(copy_bytes(source, decoded));
    EXPECT_EQ(decoded.text, c.text) << c.name;
    auto sink = EncodingSink::make(encoded, set).value();
    ASSERT_TRUE(copy_bytes(text, sink) && sink.finish());
    EXPECT_EQ(encoded.text, c.bytes) << c.name;
  }
  EXPECT_EQ(CharacterSet::find("ISO-8859-1").value().encode("\xE2\x82\xAC").value(), "?");
  EXPECT_EQ(CharacterSet::find("none").error().kind, base::ErrorKind::InvalidValue);
}

}  // namespace
}  // namespace flow

#include "load/decoder.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "load/pattern.h"

namespace load {
namespace {

std::string gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

base::Result<std::string> read(std::string_view bytes, std::string_view name, const FileFormat& format = {},
                               std::size_t step = SIZE_MAX) {
  TRY(auto source, open_text(text_source(bytes, step), name, format));
  std::string result;
  char buffer[7];
  for (;;) {
    TRY(const std::size_t count, source->read(buffer));
    if (count == 0) return result;
    result.append(buffer, count);
  }
}

TEST(DecoderTest, DetectsCompression) {
  const std::string packed = gzip("1,a\n") + gzip("2,b\n");
  EXPECT_EQ(*read(packed, "x.csv"), "1,a\n2,b\n");
  EXPECT_EQ(*read(packed, "x.csv.gz", {}, 1), "1,a\n2,b\n");
  EXPECT_EQ(*read("plain", "x.csv"), "plain");
  EXPECT_EQ(*read("", "x.csv.gz"), "");
}

TEST(DecoderTest, ADamagedStreamNamesFileAndOffset) {
  const std::string packed = gzip("some text that is cut");
  const auto cut = read(std::string_view(packed).substr(0, packed.size() - 9), "d/x.csv.gz");
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().message,
            fmt::format("Invalid data from source: gzip stream of file 'd/x.csv.gz' is truncated at byte {}",
                        packed.size() - 9));
  EXPECT_FALSE(read("no gzip at all", "x.csv.gz"));
}

TEST(DecoderTest, ReadsEncodings) {
  FileFormat format;
  format.encoding = "ISO88591";
  EXPECT_EQ(*read("caf\xE9", "x", format), "caf\u00e9");
  format.encoding = "WINDOWS1252";
  EXPECT_EQ(*read("\x80", "x", format), "\u20ac");
  format.encoding = "ISO885915";
  EXPECT_EQ(*read("\xA4", "x", format), "\u20ac");
  format.encoding = "UTF16";
  EXPECT_EQ(*read(std::string_view("\xFF\xFE\x61\0\x3D\xD8\0\xDE", 8), "x", format), "a\U0001F600");
  format.encoding = "UTF16BE";
  EXPECT_EQ(*read(std::string_view("\0a", 2), "x", format, 1), "a");
  format.encoding = "SHIFTJIS";
  const auto refused = read("x", "x", format);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "Unsupported feature 'encoding SHIFTJIS'.");
}

TEST(DecoderTest, SkipsTheByteOrderMark) {
  FileFormat format;
  EXPECT_EQ(*read("\xEF\xBB\xBF"
                  "a",
                  "x", format),
            "a");
  EXPECT_EQ(*read("ab", "x", format), "ab");
  format.skip_byte_order_mark = false;
  EXPECT_EQ(*read("\xEF\xBB\xBF"
                  "a",
                  "x", format),
            "\xEF\xBB\xBF"
            "a");
}

TEST(PatternTest, MatchesTheWholeSubjectAsJavaDoes) {
  struct Case {
    std::string_view pattern, subject;
    bool expected;
  };
  for (const Case& c : std::to_array<Case>({
           {"good\\.csv", "st/good.csv", false},
           {".*good\\.csv", "st/good.csv", true},
           {".*[.]csv", "a/b.CSV", false},
           {"a|ab", "ab", true},
           {"(?<!x)a++b", "aab", true},
           {"(?i).*CSV", "b.csv", true},
       }))
    EXPECT_EQ(*Pattern::compile(c.pattern)->matches(c.subject), c.expected) << c.pattern;
  EXPECT_FALSE(Pattern::compile("a(b"));
  EXPECT_FALSE(Pattern::compile("(a*)*\\1b")->matches(std::string(4000, 'a') + "c").value_or(false));
}

}  // namespace
}  // namespace load

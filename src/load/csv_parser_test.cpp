#include "load/csv_parser.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace load {
namespace {

/// Fields joined by `|`, records by `;`, `!` and the message for a problem.
std::string split(std::string_view text, const FileFormat& format, std::size_t step = SIZE_MAX,
                  std::size_t block = 1 << 20, Simd simd = Simd::Best) {
  CsvParser parser(text_source(text, step), format, {.block_bytes = block}, simd);
  std::string result;
  for (;;) {
    const auto record = parser.next();
    if (!record) return "error: " + record.error().message;
    if (!*record) return result;
    const CsvRecord& row = **record;
    if (row.problem) result += "!" + row.problem->message;
    std::string scratch;
    for (const CsvField& field : row.fields)
      result.append(&field == row.fields.data() ? "" : "|").append(parser.unescaped(row, field, scratch));
    result += fmt::format("@{}:{};", row.line, row.byte_offset);
    parser.forget();
  }
}

TEST(CsvParserTest, SplitsByTheOrderOfWork) {
  const FileFormat plain;
  FileFormat quoted;
  quoted.enclosed_by = '"';
  FileFormat trimmed = quoted;
  trimmed.trim_space = true;
  FileFormat escaped = quoted;
  escaped.escape = '\\';
  FileFormat single_line = quoted;
  single_line.multi_line = false;
  FileFormat headed;
  headed.skip_header = 2;
  FileFormat wide;
  wide.field_delimiter = "||";
  wide.record_delimiter = "^~";
  FileFormat whole;
  whole.field_delimiter.clear();
  struct Case {
    const FileFormat& format;
    std::string_view text, expected;
  };
  for (const Case& c : std::to_array<Case>({
           {plain, "1,x\n2,y\n", "1|x@1:0;2|y@2:4;"},
           {plain, "1,x\r\n2,y", "1|x@1:0;2|y@2:5;"},
           {plain, "", ""},
           {plain, "\n", "@1:0;"},
           {plain, "a\n\n", "a@1:0;@2:2;"},
           {plain, "a,\n", "a|@1:0;"},
           {plain, "\"a\",b\n", "\"a\"|b@1:0;"},
           {plain, "a\\,b,c\n", "a,b|c@1:0;"},
           {plain, "a\\tb\n", "a\tb@1:0;"},
           {plain, "a\\\nb\nc\n", "a\nb@1:0;c@3:5;"},
           {quoted, "\"a\"\"b\",c\n", "a\"b|c@1:0;"},
           {quoted, "\"a\nb\",c\nd,e\n", "a\nb|c@1:0;d|e@3:8;"},
           {quoted, "\"a\r\nb\"\r\nd\r\n", "a\r\nb@1:0;d@3:8;"},
           {quoted, " \"a\",b\n", " \"a\"|b@1:0;"},
           {quoted, "\"\",\n", "|@1:0;"},
           {quoted, "\"a\"x,b\n1,2\n", "!Found character 'x' instead of field delimiter ','a|b@1:0;1|2@2:7;"},
           {quoted, "\"a,b\n",
            "!End of file reached while looking for the closing character '\"' of an enclosed fielda,b\n@1:0;"},
           {single_line, "\"a\nb\n",
            "!End of record reached while looking for the closing character '\"' of an enclosed fielda@1:0;b@2:3;"},
           {trimmed, " \"a\" , b \n", "a|b@1:0;"},
           {trimmed, "\" a \"\n", " a @1:0;"},
           {escaped, "\"a\\\"b\",c\n", "a\"b|c@1:0;"},
           {headed, "h\n\"i\n1,2\n", "1|2@3:5;"},
           {headed, "h\n", ""},
           {wide, "a||b^~c|d||e^~", "a|b@1:0;c|d|e@1:6;"},
           {whole, "a,b\n", "a,b@1:0;"},
       })) {
    EXPECT_EQ(split(c.text, c.format), c.expected) << c.text;
    EXPECT_EQ(split(c.text, c.format, 1, 2), c.expected) << "in small steps: " << c.text;
  }
}

TEST(CsvParserTest, PositionsCountCharactersOfThePhysicalLine) {
  FileFormat format;
  format.enclosed_by = '"';
  CsvParser parser(text_source("é,\"x\ny\",z\n"), format);
  const CsvRecord& record = **parser.next();
  const FilePosition second = position_in(record, record.fields[1].begin);
  EXPECT_EQ(second.line, 1u);
  EXPECT_EQ(second.character, 3u);
  EXPECT_EQ(second.byte_offset, 3u);
  const FilePosition third = position_in(record, record.fields[2].begin);
  EXPECT_EQ(third.line, 2u);
  EXPECT_EQ(third.character, 4u);
}

TEST(CsvParserTest, ALongRecordIsAProblemAndTheNextOneIsRead) {
  FileFormat format;
  format.enclosed_by = '"';
  const std::string text = "1,a\n\"" + std::string(5000, 'x') + "\n2,b\n";
  CsvParser parser(text_source(text), format, {.block_bytes = 64, .record_bytes_max = 1000});
  EXPECT_FALSE((*parser.next())->problem);
  const CsvRecord* second = *parser.next();
  ASSERT_TRUE(second->problem);
  EXPECT_EQ(second->problem->message, "Record is longer than the limit of 1000 bytes");
  const CsvRecord* third = *parser.next();
  EXPECT_EQ(third->line, 3u);
  EXPECT_EQ(third->raw, "2,b");
  EXPECT_EQ(*parser.next(), nullptr);
}

TEST(CsvParserTest, TwinsAndBlockSizesAgreeOnAnyBytes) {
  base::Random random(7);
  constexpr std::string_view kAlphabet = "a1,\"\\\n\r |\xC3\xA9";
  for (int round = 0; round < 400; ++round) {
    std::string text;
    const std::size_t length = random.next() % 300;
    for (std::size_t i = 0; i < length; ++i) text += kAlphabet[random.next() % kAlphabet.size()];
    FileFormat format;
    if (random.next() % 2) format.enclosed_by = '"';
    if (random.next() % 2) format.escape = '\\';
    if (random.next() % 2) format.trim_space = true;
    if (random.next() % 3 == 0) format.escape_unenclosed_field = 0;
    if (random.next() % 3 == 0) format.field_delimiter = "|";
    if (random.next() % 4 == 0) format.record_delimiter = "\r";
    const std::string expected = split(text, format, SIZE_MAX, 1 << 20, Simd::Scalar);
    EXPECT_EQ(split(text, format), expected) << text;
    EXPECT_EQ(split(text, format, 3, 5), expected) << text;
  }
}

/// Character by character, for formats with an enclosure and no escapes.
std::string naive(std::string_view text) {
  std::string result;
  std::vector<std::string> fields(1);
  bool inside = false, start = true, any = false;
  const auto flush = [&] {
    for (std::size_t i = 0; i < fields.size(); ++i) result += (i == 0 ? "" : "|") + fields[i];
    result += ";";
    fields.assign(1, "");
    start = true;
    any = false;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    any = true;
    if (inside) {
      if (c != '"')
        fields.back() += c;
      else if (i + 1 < text.size() && text[i + 1] == '"')
        fields.back() += text[++i];
      else
        inside = false;
    } else if (c == '"' && start) {
      inside = true;
    } else if (c == ',') {
      fields.emplace_back();
      start = true;
      continue;
    } else if (c == '\n') {
      flush();
      continue;
    } else {
      fields.back() += c;
    }
    start = false;
  }
  if (any) flush();
  return result;
}

TEST(CsvParserTest, AgreesWithANaiveReference) {
  base::Random random(11);
  FileFormat format;
  format.enclosed_by = '"';
  format.escape_unenclosed_field = 0;
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (std::size_t row = random.next() % 20; row > 0; --row)
      for (std::size_t field = 1 + random.next() % 5; field > 0; --field) {
        std::string value;
        for (std::size_t i = random.next() % 40; i > 0; --i) value += "ab, \n\"z"[random.next() % 7];
        if (value.find_first_of("\",\n") != std::string::npos || random.next() % 3 == 0) {
          std::string doubled;
          for (const char c : value) doubled.append(c == '"' ? 2 : 1, c);
          value = '"' + doubled + '"';
        }
        text += value + (field == 1 ? "\n" : ",");
      }
    CsvParser parser(text_source(text), format, {.block_bytes = 37});
    std::string result, scratch;
    while (const CsvRecord* record = *parser.next()) {
      ASSERT_FALSE(record->problem);
      for (const CsvField& field : record->fields)
        result.append(&field == record->fields.data() ? "" : "|").append(parser.unescaped(*record, field, scratch));
      result += ";";
    }
    EXPECT_EQ(result, naive(text)) << text;
  }
}

}  // namespace
}  // namespace load

#include "load/file_format.h"

#include <gtest/gtest.h>

namespace load {
namespace {

TEST(FileFormatTest, ReadsOptions) {
  const auto format = FileFormat::read(catalog::Properties{{"TYPE", "CSV"},
                                                           {"SKIP_HEADER", "1"},
                                                           {"FIELD_OPTIONALLY_ENCLOSED_BY", "'\"'"},
                                                           {"FIELD_DELIMITER", "'\\\\x7C'"},
                                                           {"NULL_IF", "('NULL', '\\\\N')"},
                                                           {"RECORD_DELIMITER", "'\\n'"},
                                                           {"ENCODING", "'utf-8'"},
                                                           {"EMPTY_FIELD_AS_NULL", "false"}});
  ASSERT_TRUE(format) << format.error().message;
  EXPECT_EQ(format->skip_header, 1);
  EXPECT_EQ(format->enclosed_by, '"');
  EXPECT_EQ(format->field_delimiter, "|");
  EXPECT_EQ(format->null_if, (std::vector<std::string>{"NULL", "\\N"}));
  EXPECT_EQ(format->encoding, "UTF8");
  EXPECT_FALSE(format->empty_field_as_null);
}

TEST(FileFormatTest, DelimiterLiterals) {
  struct Case {
    std::string_view written, expected;
  };
  for (const Case& c : std::to_array<Case>({{"\\t", "\t"},
                                            {"\\136", "^"},
                                            {"0x5e", "^"},
                                            {"\\x5e", "^"},
                                            {"\\xC2\\xA2", "\xC2\xA2"},
                                            {"0x27", "'"},
                                            {"\\", "\\"},
                                            {"||", "||"}}))
    EXPECT_EQ(decode_delimiter(c.written), c.expected) << c.written;
}

TEST(FileFormatTest, RefusesByName) {
  struct Case {
    catalog::Properties options;
    int number;
    std::string_view message;
  };
  for (const Case& c :
       std::vector<Case>{{{{"NO_SUCH_OPT", "1"}}, 1003, "SQL compilation error:\ninvalid parameter 'NO_SUCH_OPT'"},
                         {{{"TRIM_SPACE", "MAYBE"}},
                          1008,
                          "SQL compilation error:\ninvalid value [MAYBE] for parameter 'TRIM_SPACE'"},
                         {{{"TRIM_SPACE", "'TRUE'"}},
                          1008,
                          "SQL compilation error:\ninvalid value ['TRUE'] for parameter 'TRIM_SPACE'"},
                         {{{"TYPE", "JSON"}, {"SKIP_HEADER", "1"}},
                          1003,
                          "SQL compilation error:\ninvalid parameter 'SKIP_HEADER'"}}) {
    const auto format = FileFormat::read(c.options);
    ASSERT_FALSE(format);
    EXPECT_EQ(format.error().number, c.number);
    EXPECT_EQ(format.error().message, c.message);
  }
  EXPECT_FALSE(FileFormat::read(catalog::Properties{{"PARSE_HEADER", "TRUE"}, {"SKIP_HEADER", "1"}}));
  EXPECT_FALSE(FileFormat::read(catalog::Properties{{"FIELD_DELIMITER", "'|'"}, {"RECORD_DELIMITER", "'|~'"}}));
  EXPECT_FALSE(FileFormat::read(catalog::Properties{{"SKIP_HEADER", "1"}, {"SKIP_HEADER", "2"}}));
}

TEST(FileFormatTest, DescribesItself) {
  const auto rows = describe(FileFormat{});
  ASSERT_GE(rows.size(), 23u);
  EXPECT_EQ(rows[1].name, "RECORD_DELIMITER");
  EXPECT_EQ(rows[1].value, "\\n");
  for (const FormatProperty& row : rows)
    if (row.name == "NULL_IF")
      EXPECT_EQ(row.value, "[\\\\N]");
    else if (row.name == "ESCAPE_UNENCLOSED_FIELD")
      EXPECT_EQ(row.value, "\\\\");
    else if (row.name == "SKIP_HEADER")
      EXPECT_EQ(row.type, "Integer");
  EXPECT_TRUE(
      format_options_json(FileFormat{})
          .starts_with(
              R"({"TYPE":"CSV","RECORD_DELIMITER":"\n","FIELD_DELIMITER":",","FILE_EXTENSION":null,"SKIP_HEADER":0,"PARSE_HEADER":false)"));
}

}  // namespace
}  // namespace load

#include "load/csv_rows.h"

#include <gtest/gtest.h>

namespace load {
namespace {

using catalog::LogicalType;

catalog::Column column(std::string name, LogicalType type, bool nullable = true) {
  catalog::Column made;
  made.id = {static_cast<std::uint64_t>(name[0])};
  made.name = std::move(name);
  made.type = type;
  made.nullable = nullable;
  return made;
}

/// Keeps the first rows of the first chunk as text.
class ShowingSink final : public RowSink {
 public:
  explicit ShowingSink(const CsvRows& rows) : scratch_(rows.carriers()) {}
  std::vector<engine::ChunkColumn>& chunk() override { return scratch_.chunk(); }
  base::Status flush(std::size_t rows) override {
    for (std::size_t row = 0; row < rows; ++row) {
      for (const engine::ChunkColumn& column : scratch_.chunk())
        shown += (&column == scratch_.chunk().data() ? "" : "|") + cell(column, row);
      shown += ";";
    }
    return scratch_.flush(rows);
  }
  std::string shown;

 private:
  static std::string cell(const engine::ChunkColumn& column, std::size_t row) {
    using engine::Carrier;
    if (column.is_null(row)) return "NULL";
    switch (column.carrier) {
      case Carrier::Boolean: return column.as<std::uint8_t>()[row] ? "true" : "false";
      case Carrier::Float64: return fmt::format("{}", column.as<double>()[row]);
      case Carrier::Date32: return std::to_string(column.as<std::int32_t>()[row]);
      case Carrier::Int128:
      case Carrier::Decimal128:
      case Carrier::TimestampNs: return base::to_string(column.as<base::Int128>()[row]);
      case Carrier::Text:
      case Carrier::Blob: {
        const engine::StringCell& text = column.as<engine::StringCell>()[row];
        return text.length <= 12 ? std::string(reinterpret_cast<const char*>(&text) + 4, text.length)
                                 : std::string(text.pointer, text.length);
      }
      case Carrier::Int64:
      case Carrier::Decimal64:
      case Carrier::TimeNs:
      case Carrier::TimestampUs:
      case Carrier::TimestampTz: return std::to_string(column.as<std::int64_t>()[row]);
    }
    return {};
  }
  ScratchSink scratch_;
};

struct Loaded {
  FileCount count;
  std::string rows;
  bool too_wide = false;
};
Loaded load(std::string_view text, std::vector<catalog::Column> columns, const FileFormat& format = {},
            CsvRows::Options options = {}) {
  auto rows =
      CsvRows::make("T", std::move(columns), format, {.zone = *engine::TimeZone::find("America/Los_Angeles")}, options);
  EXPECT_TRUE(rows) << rows.error().message;
  CsvParser parser(text_source(text), format);
  Loaded loaded;
  ShowingSink sink(*rows);
  EXPECT_TRUE(rows->load(parser, sink, loaded.count));
  loaded.rows = sink.shown;
  loaded.too_wide = !rows->too_wide().empty();
  return loaded;
}

std::string first_error(const Loaded& loaded) {
  if (loaded.count.errors.empty()) return "none";
  const RowError& error = loaded.count.errors[0];
  return fmt::format("{} {} {}:{} {}", error.problem.number, error.problem.message, error.at.line, error.at.character,
                     error.column);
}

const std::vector<catalog::Column> kTwo = {column("A", LogicalType::number()), column("B", LogicalType::text())};

TEST(CsvRowsTest, FirstVectorOfTheSpecification) {
  const Loaded loaded = load("1,x\nNOPE,y\n3,z\n", kTwo);
  EXPECT_EQ(loaded.count.rows_parsed, 3u);
  EXPECT_EQ(loaded.count.rows_loaded, 2u);
  EXPECT_EQ(loaded.count.errors_seen, 1u);
  EXPECT_EQ(first_error(loaded), "100038 Numeric value 'NOPE' is not recognized 2:1 \"T\"[\"A\":1]");
  const RowError& error = loaded.count.errors[0];
  EXPECT_EQ(error.at.byte_offset, 4u);
  EXPECT_EQ(error.rejected, "NOPE,y\n");
  EXPECT_EQ(error.row, 2u);
  EXPECT_EQ(error.row_start_line, 2u);
  EXPECT_EQ(error.problem.category, "conversion");
  EXPECT_EQ(loaded.rows, "1|x;3|z;");
}

TEST(CsvRowsTest, NullsAndEmptyFields) {
  FileFormat quoted;
  quoted.enclosed_by = '"';
  FileFormat keep_empty = quoted;
  keep_empty.empty_field_as_null = false;
  FileFormat empty_is_null = quoted;
  empty_is_null.null_if = {""};
  FileFormat two_is_null = quoted;
  two_is_null.null_if = {"2"};
  FileFormat trimmed = quoted;
  trimmed.trim_space = true;
  struct Case {
    const FileFormat& format;
    std::string_view field, text, number;
  };
  for (const Case& c : std::to_array<Case>({
           {quoted, "", "NULL", "NULL"},
           {quoted, "\"\"", "", "100038 Numeric value '' is not recognized 1:1 \"T\"[\"A\":1]"},
           {keep_empty, "", "", "100038 Numeric value '' is not recognized 1:1 \"T\"[\"A\":1]"},
           {empty_is_null, "\"\"", "NULL", "NULL"},
           {quoted, "\\N", "NULL", "NULL"},
           {two_is_null, "2", "NULL", "NULL"},
           {two_is_null, "\"2\"", "NULL", "NULL"},
           {quoted, "\"a\"\"b\"", "a\"b", "100038 Numeric value 'a\"b' is not recognized 1:1 \"T\"[\"A\":1]"},
           {trimmed, "\" a \"", " a ", "100038 Numeric value ' a ' is not recognized 1:1 \"T\"[\"A\":1]"},
           {trimmed, " \"a\" ", "a", "100038 Numeric value 'a' is not recognized 1:1 \"T\"[\"A\":1]"},
       })) {
    const std::string file = std::string(c.field) + "|1\n";
    FileFormat format = c.format;
    format.field_delimiter = "|";
    EXPECT_EQ(load(file, {column("A", LogicalType::text()), column("N", LogicalType::number())}, format).rows,
              std::string(c.text) + "|1;")
        << c.field;
    const Loaded number = load(file, {column("A", LogicalType::number()), column("N", LogicalType::number())}, format);
    EXPECT_EQ(number.count.errors.empty() ? number.rows.substr(0, number.rows.find('|')) : first_error(number),
              c.number)
        << c.field;
  }
}

TEST(CsvRowsTest, ColumnCount) {
  struct Case {
    std::string_view text, error;
  };
  for (const Case& c : std::to_array<Case>({
           {"1\n",
            "100080 Number of columns in file (1) does not match that of the corresponding table (2), use file format "
            "option error_on_column_count_mismatch=false to ignore this error 2:1 \"T\"[\"A\":1]"},
           {"1,2,3",
            "100080 Number of columns in file (3) does not match that of the corresponding table (2), use file format "
            "option error_on_column_count_mismatch=false to ignore this error 1:6 \"T\"[3]"},
           {"1,a\n1,2,3\n",
            "100016 Field delimiter ',' found while expecting record delimiter '\\n' 2:4 \"T\"[\"B\":2]"},
           {"1,a\n1\n",
            "100068 End of record reached while expected to parse column '\"T\"[\"B\":2]' 2:2 \"T\"[\"B\":2]"},
           {"1,a\n\n",
            "100068 End of record reached while expected to parse column '\"T\"[\"B\":2]' 2:1 \"T\"[\"B\":2]"},
       }))
    EXPECT_EQ(first_error(load(c.text, kTwo)), c.error);
  FileFormat ragged;
  ragged.error_on_column_count_mismatch = false;
  EXPECT_EQ(load("1\n2,b,c\n", kTwo, ragged).rows, "1|NULL;2|b;");
  EXPECT_EQ(load("1\n2,b,c\n", kTwo, {}, {.check_column_count = false}).rows, "1|NULL;2|b;");
  FileFormat skipping;
  skipping.skip_blank_lines = true;
  const Loaded blank = load("1,a\n\n2,b\n", kTwo, skipping);
  EXPECT_EQ(blank.count.rows_parsed, 3u);
  EXPECT_EQ(blank.count.rows_loaded, 2u);
  EXPECT_EQ(load("a\n\n", {column("A", LogicalType::text())}).rows, "a;NULL;");
}

TEST(CsvRowsTest, ConvertsByType) {
  struct Case {
    LogicalType type;
    std::string_view text, value;
  };
  for (const Case& c : std::vector<Case>{
           {LogicalType::number(), "42", "42"},
           {LogicalType::number(), "-9223372036854775808", "-9223372036854775808"},
           {LogicalType::number(), " 1.5 ", "2"},
           {LogicalType::number(), "-2.5", "-3"},
           {LogicalType::number(), "12e3", "12000"},
           {LogicalType::number(5, 2), "1.005", "101"},
           {LogicalType::number(5, 2), "999.994", "99999"},
           {LogicalType::number(5, 2), "999.995", "100039 Numeric value '999.995' is out of range 1:1 \"T\"[\"A\":1]"},
           {LogicalType::number(4, 0), "99999", "100039 Numeric value '99999' is out of range 1:1 \"T\"[\"A\":1]"},
           {LogicalType::number(), "1e", "100038 Numeric value '1e' is not recognized 1:1 \"T\"[\"A\":1]"},
           {LogicalType::number(), ".", "100038 Numeric value '.' is not recognized 1:1 \"T\"[\"A\":1]"},
           {LogicalType::real(), "1.5e2", "150"},
           {LogicalType::real(), "-inf", "-inf"},
           {LogicalType::boolean(), "Yes", "true"},
           {LogicalType::boolean(), "OFF", "false"},
           {LogicalType::boolean(), "maybe", "100037 Boolean value 'maybe' is not recognized 1:1 \"T\"[\"A\":1]"},
           {LogicalType::date(), "1970-01-02", "1"},
           {LogicalType::date(), "2024-02-30", "100040 Date '2024-02-30' is not recognized 1:1 \"T\"[\"A\":1]"},
           {LogicalType::date(), "01/31/1970", "30"},
           {LogicalType::timestamp_ntz(), "1970-01-01 00:00:01.5", "1500000"},
           {LogicalType::timestamp_ntz(), "9999-12-31 23:59:59", "253402300799000000"},
           {LogicalType::timestamp_ntz(), "1970-01-01T00:01", "60000000"},
           {LogicalType::timestamp_ntz(3), "1970-01-01 00:00:00.1239", "123000"},
           {LogicalType::timestamp_ltz(), "1970-01-01 00:00:00", "28800000000"},
           {LogicalType::timestamp_ltz(), "1970-01-01 00:00:00 +01:00", "-3600000000"},
           {LogicalType::timestamp_ntz(), "soon", "100035 Timestamp 'soon' is not recognized 1:1 \"T\"[\"A\":1]"},
           {LogicalType::time(), "00:00:01.000000001", "1000000001"},
           {LogicalType::time(), "25:00", "100108 Time '25:00' is not recognized 1:1 \"T\"[\"A\":1]"},
           {LogicalType::text(3), "abcdefgh",
            "100074 User character length limit (3) exceeded by string 'abcdefgh' 1:1 \"T\"[\"A\":1]"},
           {LogicalType::text(3), "\xC3\xA9\xC3\xA9\xC3\xA9", "\xC3\xA9\xC3\xA9\xC3\xA9"},
           {LogicalType::text(), "caf\xE9", "100144 Invalid UTF8 detected in string '0x636166E9' 1:1 \"T\"[\"A\":1]"},
           {LogicalType::binary(), "4142", "AB"}}) {
    const Loaded loaded = load(std::string(c.text) + "\n", {column("A", c.type)});
    EXPECT_EQ(loaded.count.errors.empty() ? loaded.rows : first_error(loaded),
              loaded.count.errors.empty() ? std::string(c.value) + ";" : c.value)
        << c.text;
  }
  EXPECT_EQ(load("abcdefgh\n", {column("A", LogicalType::text(3))}, {}, {.truncate = true}).rows, "abc;");
  EXPECT_TRUE(load("99999999999999999999\n", {column("A", LogicalType::number())}).too_wide);
  EXPECT_TRUE(load("1970-01-01 00:00:00.000000001\n", {column("A", LogicalType::timestamp_ntz())}).too_wide);
  FileFormat replacing;
  replacing.replace_invalid_characters = true;
  EXPECT_EQ(load("caf\xE9!\n", {column("A", LogicalType::text())}, replacing).rows, "caf\xEF\xBF\xBD!;");
}

TEST(CsvRowsTest, NotNullAndSeveralErrorsInARow) {
  const Loaded loaded =
      load("x,\n1,a\n", {column("A", LogicalType::number()), column("B", LogicalType::text(), false)});
  EXPECT_EQ(loaded.count.errors_seen, 1u);
  ASSERT_EQ(loaded.count.errors.size(), 2u);
  EXPECT_EQ(loaded.count.errors[1].problem.message,
            "NULL result in a non-nullable column. Use quotes if an empty field should be interpreted as an empty "
            "string instead of a null");
  EXPECT_EQ(loaded.rows, "1|a;");
}

}  // namespace
}  // namespace load

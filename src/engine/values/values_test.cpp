#include <gtest/gtest.h>

#include <array>

#include "engine/parameters.h"
#include "engine/values/number_text.h"
#include "engine/values/value_text.h"

namespace engine {
namespace {

TEST(NumberTextTest, ReadsAndRounds) {
  struct Case {
    std::string_view text;
    int precision, scale;
    NumberProblem problem;
    std::string_view digits;
  };
  for (const Case& c : std::to_array<Case>({
           {"0", 38, 0, NumberProblem::None, "0"},
           {" 17 ", 38, 0, NumberProblem::None, "17"},
           {"-17", 38, 0, NumberProblem::None, "-17"},
           {"+1e3", 38, 0, NumberProblem::None, "1000"},
           {"2.5", 38, 0, NumberProblem::None, "3"},
           {"-2.5", 38, 0, NumberProblem::None, "-3"},
           {"2.4999", 38, 0, NumberProblem::None, "2"},
           {"1.005", 10, 2, NumberProblem::None, "101"},
           {".5", 5, 1, NumberProblem::None, "5"},
           {"5.", 5, 1, NumberProblem::None, "50"},
           {"0.04", 5, 1, NumberProblem::None, "0"},
           {"0.05", 5, 1, NumberProblem::None, "1"},
           {"99.95", 3, 1, NumberProblem::OutOfRange, "1000"},
           {"1e-2", 5, 3, NumberProblem::None, "10"},
           {"12345678901234567890123456789012345678", 38, 0, NumberProblem::None,
            "12345678901234567890123456789012345678"},
           {"123456789012345678901234567890123456789", 38, 0, NumberProblem::OutOfRange, "0"},
           {"99999", 4, 0, NumberProblem::OutOfRange, "99999"},
           {"", 38, 0, NumberProblem::NotRecognized, "0"},
           {"d", 38, 0, NumberProblem::NotRecognized, "0"},
           {"1 2", 38, 0, NumberProblem::NotRecognized, "0"},
           {"1e", 38, 0, NumberProblem::NotRecognized, "0"},
           {".", 38, 0, NumberProblem::NotRecognized, "0"},
           {"--1", 38, 0, NumberProblem::NotRecognized, "0"},
       })) {
    base::Int128 digits = 0;
    EXPECT_EQ(read_number(c.text, c.precision, c.scale, digits), c.problem) << c.text;
    if (c.problem == NumberProblem::None) {
      EXPECT_EQ(base::to_string(digits), c.digits) << c.text;
    }
  }
}

TEST(BooleanTextTest, KnowsTheWords) {
  for (const std::string_view word : {"true", "T", "Yes", "y", "ON", "1", " true "})
    EXPECT_EQ(read_boolean(word), true) << word;
  for (const std::string_view word : {"false", "F", "No", "n", "off", "0"})
    EXPECT_EQ(read_boolean(word), false) << word;
  for (const std::string_view word : {"", "2", "tru", "falsey"}) EXPECT_FALSE(read_boolean(word)) << word;
}

std::string written(std::int32_t days, std::int64_t ns, std::string_view format, int zone = 0) {
  std::string out;
  write_date_time(out, *DateTimeFormat::parse(format), days, ns, zone);
  return out;
}

TEST(DateTimeTextTest, ReadsWhatAutoKnows) {
  struct Case {
    std::string_view text, expected;
  };
  const DateTimeFormat automatic = *DateTimeFormat::parse("AUTO");
  for (const Case& c : std::to_array<Case>({
           {"2024-02-29", "2024-02-29 00:00:00.000000000 +0000"},
           {"9999-12-31", "9999-12-31 00:00:00.000000000 +0000"},
           {"2024-01-02T03:04:05", "2024-01-02 03:04:05.000000000 +0000"},
           {"2024-01-02 03:04:05.123456789", "2024-01-02 03:04:05.123456789 +0000"},
           {"2024-01-02 03:04", "2024-01-02 03:04:00.000000000 +0000"},
           {"2024-01-02 03:04:05 -0800", "2024-01-02 03:04:05.000000000 -0800"},
           {"2024-01-02T03:04:05Z", "2024-01-02 03:04:05.000000000 +0000"},
           {"2024-01-02T03:04:05+05:30", "2024-01-02 03:04:05.000000000 +0530"},
           {"Thu, 21 Dec 2000 16:01:07 +0200", "2000-12-21 16:01:07.000000000 +0200"},
           {"12/31/2023 23:59:58", "2023-12-31 23:59:58.000000000 +0000"},
           {"Mon Jul 08 18:09:51 +0000 2013", "2013-07-08 18:09:51.000000000 +0000"},
           {"1704067200", "2024-01-01 00:00:00.000000000 +0000"},
           {"1704067200123", "2024-01-01 00:00:00.123000000 +0000"},
           {"-1", "1969-12-31 23:59:59.000000000 +0000"},
       })) {
    const auto parts = read_timestamp(c.text, automatic);
    ASSERT_TRUE(parts) << c.text;
    EXPECT_EQ(
        written(parts->days, parts->ns_of_day, "YYYY-MM-DD HH24:MI:SS.FF9 TZHTZM", parts->offset_minutes.value_or(0)),
        c.expected);
  }
  for (const std::string_view bad :
       {"", "2023-02-29", "2024-13-01", "2024-01-02 24:00:00", "tomorrow", "2024-01-02x", "31/12/2024 00:00:00"})
    EXPECT_FALSE(read_timestamp(bad, automatic)) << bad;
}

TEST(DateTimeTextTest, ExplicitFormatsAreStrict) {
  struct Case {
    std::string_view format, text, expected;
  };
  for (const Case& c : std::to_array<Case>({
           {"DD/MM/YYYY", "31/12/2024", "2024-12-31"},
           {"MON DD, YYYY", "Feb 03, 2024", "2024-02-03"},
           {"YY-MM-DD", "70-01-01", "1970-01-01"},
           {"YY-MM-DD", "69-01-01", "2069-01-01"},
           {"YYYY\"T\"MM", "2024T05", "2024-05-01"},
       })) {
    const auto parts = read_date(c.text, *DateTimeFormat::parse(c.format));
    ASSERT_TRUE(parts) << c.text;
    EXPECT_EQ(written(parts->days, 0, "YYYY-MM-DD"), c.expected);
  }
  EXPECT_FALSE(read_date("2024-12-31", *DateTimeFormat::parse("DD/MM/YYYY")));
  EXPECT_FALSE(read_date("31/12/2024 ", *DateTimeFormat::parse("DD/MM/YYYY")));
  EXPECT_EQ(written(0, 13LL * 3'600'000'000'000, "HH12:MI AM DY"), "01:00 PM Thu");
}

TEST(TimeZoneTest, FollowsDaylightSaving) {
  const auto zone = TimeZone::find("america/los_angeles");
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->name(), "America/Los_Angeles");
  EXPECT_EQ(zone->offset_at(1704067200), -8 * 3600);     // 2024-01-01
  EXPECT_EQ(zone->offset_at(1719792000), -7 * 3600);     // 2024-07-01
  EXPECT_EQ(zone->offset_at(4'118'083'200), -7 * 3600);  // 2100-07-01
  EXPECT_EQ(zone->instant_of(1704067200), 1704067200 + 8 * 3600);
  const std::int64_t gap = 1'710'037'800;  // 2024-03-10 02:30 local: clocks go from 02:00 to 03:00
  EXPECT_EQ(zone->instant_of(gap), gap + 8 * 3600);
  const std::int64_t twice = 1'730'597'400;  // 2024-11-03 01:30 local, twice
  EXPECT_EQ(zone->instant_of(twice), twice + 7 * 3600);
  EXPECT_TRUE(TimeZone::find("UTC"));
  EXPECT_TRUE(TimeZone::find("Europe/Berlin"));
  EXPECT_FALSE(TimeZone::find("PST"));
  EXPECT_FALSE(TimeZone::find("+01:00"));
}

TEST(ValueTextTest, UsesTheSessionsFormats) {
  Parameters parameters;
  const FormatSettings settings = format_settings(parameters);
  using catalog::LogicalType;
  const Timestamp instant{1704193445, 0, 0};
  EXPECT_EQ(to_text(instant, LogicalType::timestamp_ntz(), settings), "2024-01-02 11:04:05.000");
  EXPECT_EQ(to_text(instant, LogicalType::timestamp_ltz(), settings), "2024-01-02 03:04:05.000 -0800");
  EXPECT_EQ(to_text(Timestamp{1704193445, 0, 330}, LogicalType::timestamp_tz(), settings),
            "2024-01-02 16:34:05.000 +0530");
  EXPECT_EQ(to_text(Date{-1}, LogicalType::date(), settings), "1969-12-31");
  EXPECT_EQ(to_text(Decimal{-5, 3}, LogicalType::number(5, 3), settings), "-0.005");
  EXPECT_EQ(to_text(1.0, LogicalType::real(), settings), "1");
  EXPECT_EQ(to_text(0.1, LogicalType::real(), settings), "0.1");
  EXPECT_EQ(to_text(Binary{"\x01\xab"}, LogicalType::binary(), settings), "01AB");
}

TEST(ParametersTest, DefaultsAndErrors) {
  Parameters parameters;
  EXPECT_EQ(parameters.text("TIMEZONE"), "America/Los_Angeles");
  EXPECT_TRUE(parameters.flag("ERROR_ON_NONDETERMINISTIC_MERGE"));
  EXPECT_TRUE(parameters.set("ERROR_ON_NONDETERMINISTIC_MERGE", "false"));
  EXPECT_FALSE(parameters.flag("ERROR_ON_NONDETERMINISTIC_MERGE"));
  EXPECT_EQ(parameters.set("STATEMENT_TIMEOUT_IN_SECONDS", "-5").error().message,
            "SQL compilation error:\nparameter value out of range: -5. Must be between 0 and 604,800.");
  EXPECT_EQ(parameters.set("NO_SUCH", "1").error().message,
            "SQL compilation error:\ninvalid property 'NO_SUCH' for 'SESSION'");
}

}  // namespace
}  // namespace engine

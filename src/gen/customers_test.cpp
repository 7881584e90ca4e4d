#include "gen/customers.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace gen {
namespace {

using Row = std::vector<std::string>;

/// Reads our own plain CSV: no quotes, CRLF.
std::vector<Row> read_back(std::string_view text) {
  std::vector<Row> rows;
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n");
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    Row row;
    for (;;) {
      const std::size_t comma = line.find(',');
      row.emplace_back(line.substr(0, comma));
      if (comma == std::string_view::npos) break;
      line.remove_prefix(comma + 1);
    }
    rows.push_back(row);
  }
  return rows;
}

std::string lines(const CustomerOptions& options, std::uint64_t file, std::uint64_t first, std::uint64_t count) {
  std::string out;
  Ledger ledger;
  append_customers(options, file, first, count, out, ledger);
  EXPECT_EQ(ledger.bytes, out.size());
  return out;
}

TEST(CustomersTest, RowsHaveEightPlainFieldsAndIdsFromZero) {
  const CustomerOptions options{.rows = 20'000, .seed = 7};
  const std::vector<Row> rows = read_back(lines(options, 3, 0, options.rows));
  ASSERT_EQ(rows.size(), options.rows);
  std::size_t longest = 0;
  std::string countries;
  for (std::size_t id = 0; id < rows.size(); ++id) {
    ASSERT_EQ(rows[id].size(), 8u);
    EXPECT_EQ(rows[id][0], std::to_string(id));
    for (const std::string& field : rows[id]) {
      EXPECT_FALSE(field.empty());
      EXPECT_EQ(field.find_first_of("\"\\\r\n"), std::string::npos);
      for (const char c : field) EXPECT_TRUE(c >= ' ' && c < 127);
      longest = std::max(longest, field.size());
    }
    std::string last = rows[id][2];
    for (char& c : last) c = static_cast<char>(std::tolower(c));
    EXPECT_NE(rows[id][3].find(last), std::string::npos) << "the e-mail address comes from the name";
    countries += rows[id][7];
  }
  EXPECT_EQ(longest, 51u);
  EXPECT_NE(countries.find('\''), std::string::npos);
  EXPECT_NE(countries.find('&'), std::string::npos);
  EXPECT_NE(countries.find('('), std::string::npos);
}

TEST(CustomersTest, OneSeedGivesTheSameBytesHoweverItIsCut) {
  const CustomerOptions options{.rows = 1000, .seed = 42, .changes = ChangeShares{.update = 0.3, .duplicate = 0.1}};
  const std::string whole = lines(options, 5, 0, 1000);
  std::string pieces;
  for (std::uint64_t first = 0; first < 1000; first += 77)
    pieces += lines(options, 5, first, std::min<std::uint64_t>(77, 1000 - first));
  EXPECT_EQ(whole, pieces);
  CustomerOptions other = options;
  other.seed = 43;
  EXPECT_NE(whole, lines(other, 5, 0, 1000));
}

TEST(CustomersTest, WithoutSharesEveryFileHasNewValues) {
  const CustomerOptions options{.rows = 1000, .seed = 1};
  const auto before = read_back(lines(options, 0, 0, 1000));
  const auto after = read_back(lines(options, 1, 0, 1000));
  for (std::size_t i = 0; i < 1000; ++i) EXPECT_NE(before[i], after[i]);
}

TEST(CustomersTest, SharesOfChangesAreWhatTheLedgerSays) {
  CustomerOptions options{
      .rows = 50'000, .seed = 9, .changes = ChangeShares{.update = 0.3, .remove = 0.05, .late = 0.1}};
  std::map<std::string, Row> known, first;
  for (const Row& row : read_back(lines(options, 0, 0, options.rows))) first[row[0]] = known[row[0]] = row;
  for (std::uint64_t file = 1; file < 4; ++file) {
    std::string out;
    Ledger ledger;
    append_customers(options, file, 0, options.rows, out, ledger);
    const std::vector<Row> rows = read_back(out);
    EXPECT_EQ(rows.size(), ledger.lines);
    EXPECT_EQ(ledger.removed, options.rows - rows.size());
    EXPECT_NEAR(static_cast<double>(ledger.updated) / 50'000, 0.3, 0.02);
    EXPECT_NEAR(static_cast<double>(ledger.late) / 50'000, 0.1, 0.02);
    std::uint64_t changed = 0, unchanged = 0;
    for (const Row& row : rows) {
      const bool as_known = row == known[row[0]];
      const bool as_first = row == first[row[0]];
      ++(as_known ? unchanged : changed);
      if (!as_known && !as_first) known[row[0]] = row;
    }
    EXPECT_GE(unchanged, ledger.unchanged);
    EXPECT_LE(unchanged, ledger.unchanged + ledger.late);
    EXPECT_GE(changed, ledger.updated);
  }
}

TEST(CustomersTest, BrokenLinesAreBrokenInTheWayTheirKindSays) {
  const CustomerOptions options{.rows = 1000, .seed = 9, .changes = ChangeShares{.broken = 1}};
  std::string out;
  Ledger ledger;
  append_customers(options, 1, 0, options.rows, out, ledger);
  std::array<std::uint64_t, kBrokenKinds> seen{};
  for (const Row& row : read_back(out)) {
    const bool quote = row.size() > 1 && row[1].starts_with('"');
    const BrokenKind kind = row.size() < 8              ? BrokenKind::TooFewFields
                            : row.size() > 8            ? BrokenKind::TooManyFields
                            : row[0].starts_with("id-") ? BrokenKind::NonNumericId
                            : quote                     ? BrokenKind::UnterminatedQuote
                                                        : BrokenKind::InvalidUtf8;
    if (kind == BrokenKind::InvalidUtf8) {
      EXPECT_TRUE(row[7].ends_with("\xff\xfe"));
    }
    ++seen[static_cast<std::size_t>(kind)];
  }
  EXPECT_EQ(seen, ledger.broken);
  for (const std::uint64_t count : seen) EXPECT_GT(count, 100u);
}

TEST(CustomersTest, JsonLinesHoldTheSameValues) {
  CustomerOptions options{.rows = 100, .seed = 3};
  const auto rows = read_back(lines(options, 0, 0, 100));
  options.format = FileFormat::Json;
  std::string expected;
  for (const Row& row : rows) {
    expected += "{\"customer_id\":" + row[0];
    for (std::size_t i = 1; i < 8; ++i) expected += fmt::format(",\"{}\":\"{}\"", kCustomerColumns[i], row[i]);
    expected += "}\n";
  }
  EXPECT_EQ(lines(options, 0, 0, 100), expected);
}

TEST(CustomersTest, FilesAreNamedBySecondsFromTheStart) {
  CustomerOptions options{.start = base::VirtualClock::kStart};
  EXPECT_EQ(customer_file_name(options, 0), "customer_20240101000000.csv");
  EXPECT_EQ(customer_file_name(options, 3661), "customer_20240101010101.csv");
  options.format = FileFormat::Json;
  EXPECT_EQ(customer_file_name(options, 86'400), "customer_20240102000000.json");
}

TEST(CustomersTest, ParsesShares) {
  const auto shares = parse_change_shares("update=0.3,delete=0.1,duplicate=0.02,late=0,broken=1");
  ASSERT_TRUE(shares);
  EXPECT_EQ(shares->update, 0.3);
  EXPECT_EQ(shares->remove, 0.1);
  EXPECT_EQ(shares->broken, 1);
  for (const char* text : {"updates=1", "update", "update=x", "update=2", "update=-1", "update=0.1,,"})
    EXPECT_FALSE(parse_change_shares(text)) << text;
  EXPECT_FALSE(check({.changes = ChangeShares{.update = 0.7, .remove = 0.7}}));
}

TEST(CustomersTest, WritesWholeFilesAndTheLedgerCountsTheirBytes) {
  const std::string directory = testing::TempDir() + "gen_write";
  std::filesystem::remove_all(directory);
  base::PosixDisk disk;
  for (const int threads : {1, 3}) {
    const CustomerOptions options{
        .rows = 40'000, .files = 5, .seed = 5, .start = base::VirtualClock::kStart, .threads = threads};
    const auto ledger = write_customers(options, disk, directory);
    ASSERT_TRUE(ledger);
    std::uint64_t bytes = 0;
    const auto names = disk.list(directory);
    ASSERT_TRUE(names);
    ASSERT_EQ(names->size(), 5u);
    for (std::uint64_t file = 0; file < 5; ++file) {
      const auto text = disk.read_all(directory + "/" + customer_file_name(options, file));
      ASSERT_TRUE(text);
      EXPECT_EQ(*text, std::string{customer_header(FileFormat::Csv)} + lines(options, file, 0, options.rows));
      bytes += text->size();
    }
    EXPECT_EQ(ledger->bytes, bytes);
    EXPECT_EQ(ledger->created, 40'000u);
    EXPECT_EQ(ledger->updated, 160'000u);
  }
  std::filesystem::remove_all(directory);
}

TEST(CustomersTest, AStoppedRunPublishesNoHalfFile) {
  const std::string directory = testing::TempDir() + "gen_stop";
  std::filesystem::remove_all(directory);
  base::PosixDisk disk;
  const auto result =
      write_customers({.rows = 50'000}, disk, directory, [](const Ledger& so_far) { return so_far.lines < 20'000; });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, base::ErrorKind::Cancelled);
  EXPECT_TRUE(disk.list(directory)->empty());
}

}  // namespace
}  // namespace gen

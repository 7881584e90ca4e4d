#include "cli/parquet_customers.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/disk.h"
#include "engine/duckdb/connection.h"
#include "gen/customers.h"

namespace cli {
namespace {

namespace fs = std::filesystem;

class ParquetCustomersTest : public testing::Test {
 protected:
  ParquetCustomersTest() : folder_(fs::temp_directory_path() / fmt::format("freshet_parquet_{}", ::getpid())) {
    fs::create_directories(folder_);
  }
  ~ParquetCustomersTest() override { fs::remove_all(folder_); }

  void write(gen::FileFormat format) {
    const gen::CustomerOptions options{
        .rows = 20'000,
        .files = 2,
        .seed = 3,
        .start = {},
        .format = format,
        .changes = gen::ChangeShares{.update = 0.2, .remove = 0.1, .duplicate = 0.1, .late = 0.1}};
    const auto columns = ParquetCustomers::open();
    ASSERT_TRUE(columns) << columns.error().message;
    const auto ledger = gen::write_customers(options, disk_, folder_.string(), {}, columns->get());
    ASSERT_TRUE(ledger) << ledger.error().message;
    EXPECT_EQ(ledger->files, 2u);
  }

  fs::path folder_;
  base::PosixDisk disk_;
};

TEST_F(ParquetCustomersTest, HoldsTheRowsOfTheCsvFileInItsOrder) {
  write(gen::FileFormat::Csv);
  write(gen::FileFormat::Parquet);
  const auto instance =
      engine::duck::Instance::open({.threads = 1, .memory_limit = "256MB", .temp_directory = folder_.string()});
  ASSERT_TRUE(instance);
  const auto connection = (*instance)->connect();
  ASSERT_TRUE(connection);
  for (int file = 0; file < 2; ++file) {
    const auto name = (folder_ / fmt::format("customer_1970010100000{}", file)).string();
    const auto parquet = fmt::format("SELECT * FROM read_parquet('{}.parquet')", name);
    const auto csv = fmt::format(
        "SELECT * FROM read_csv('{}.csv', header = true, delim = ',', quote = '\"', escape = '\"', auto_detect = "
        "false, parallel = false, columns = "
        "{{'customer_id': 'BIGINT', 'first_name': 'VARCHAR', 'last_name': 'VARCHAR', 'email': 'VARCHAR', 'street': "
        "'VARCHAR', 'city': 'VARCHAR', "
        "'state': 'VARCHAR', 'country': 'VARCHAR'}})",
        name);
    for (const auto& [left, right] : {std::pair{parquet, csv}, std::pair{csv, parquet}}) {
      const auto missing =
          (*connection)->query(fmt::format("SELECT count(*) FROM (({}) EXCEPT ALL ({}))", left, right));
      ASSERT_TRUE(missing) << missing.error().message;
      EXPECT_EQ(missing->integer(0, 0), 0);
    }
    const auto ids =
        (*connection)
            ->query(fmt::format(
                "SELECT count(*), count(*) FILTER (customer_id < before) FROM (SELECT customer_id, lag(customer_id) "
                "OVER () AS before FROM ({}))",
                parquet));
    ASSERT_TRUE(ids) << ids.error().message;
    EXPECT_GT(ids->integer(0, 0), 17'000);
    EXPECT_EQ(ids->integer(0, 1), 0);
  }
}

}  // namespace
}  // namespace cli

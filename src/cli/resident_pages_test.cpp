#include "cli/resident_pages.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include "cli/temporary_directory.h"
#include "engine/database.h"

namespace cli {
namespace {

std::uint64_t of_files_kb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssFile:")) return std::strtoull(line.c_str() + 8, nullptr, 10);
  return 0;
}

TEST(ResidentPagesTest, WhatOnlyTheStartNeededIsGivenBackAndEverythingStillWorks) {
  base::VirtualClock clock;
  const auto directory = TemporaryDirectory::make("freshet-pages").value();
  const auto database = engine::Database::open({.file = directory.path() + "/warehouse.duckdb"}, clock);
  ASSERT_TRUE(database);
  const auto before = of_files_kb();
  release_start_pages();
  EXPECT_LT(of_files_kb(), before / 2);
  const auto session = (*database)->open_session();
  auto work = session->begin_work({.query_id = "", .now = clock.now()});
  ASSERT_TRUE(work);
  ASSERT_TRUE((*work)->start());
  EXPECT_TRUE((*work)->query("SELECT 42", {{"A", catalog::LogicalType::number()}}));
}

}  // namespace
}  // namespace cli

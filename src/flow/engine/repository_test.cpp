#include "flow/engine/repository.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

namespace flow {
namespace {

/// Sessions take ids without the repository's lock, while others commit and sync: two flowfiles with one id would be
/// one in the log.
TEST(RepositoryTest, NoIdIsGivenTwiceWhileRecordsAreWritten) {
  auto folder = (std::filesystem::temp_directory_path() / "freshet-flow-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  base::PosixDisk disk;
  std::array<std::vector<std::uint64_t>, 3> ids, places;
  {
    auto opened = Repository::open({.directory = folder}, disk);
    ASSERT_TRUE(opened) << opened.error().message;
    auto& repository = **opened;
    const auto connection = std::make_shared<const std::string>("connection");
    std::vector<std::jthread> sessions;
    for (std::size_t own = 0; own < ids.size(); ++own)
      sessions.emplace_back([&, own] {
        for (int round = 0; round < 300; ++round) {
          Changes changes;
          for (int i = 0; i < 100; ++i) {
            auto file = std::make_shared<FlowFile>();
            ids[own].push_back(file->id = repository.next_file_id());
            places[own].push_back(file->queue_index = repository.next_queue_index());
            if (i == 0) changes.puts.push_back({.file = std::move(file), .connection = connection});
          }
          const auto position = repository.commit(std::move(changes));
          ASSERT_TRUE(position);
          ASSERT_TRUE(repository.sync(*position));
        }
      });
  }
  for (auto* numbers : {&ids, &places}) {
    std::vector<std::uint64_t> all;
    for (const auto& own : *numbers) all.insert(all.end(), own.begin(), own.end());
    std::ranges::sort(all);
    EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
  }
  std::filesystem::remove_all(folder);
}

/// A long trigger commits again and again, and nobody syncs.
TEST(RepositoryTest, WhatIsNotSyncedDoesNotGrowForEver) {
  auto folder = (std::filesystem::temp_directory_path() / "freshet-flow-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  base::PosixDisk disk;
  {
    auto opened = Repository::open({.directory = folder}, disk);
    ASSERT_TRUE(opened) << opened.error().message;
    auto& repository = **opened;
    const auto connection = std::make_shared<const std::string>("connection");
    std::uint64_t commits = 0, behind_max = 0;
    const auto commit = [&](Changes changes) {
      const auto position = repository.commit(std::move(changes));
      ASSERT_TRUE(position);
      EXPECT_EQ(*position, ++commits);
      behind_max = std::max(behind_max, commits - repository.durable());
    };
    for (int i = 0; i < 60'000; ++i) {  // each flowfile goes again at once
      auto file = std::make_shared<FlowFile>();
      file->id = repository.next_file_id();
      Changes put, left;
      put.puts.push_back({.file = file, .connection = connection});
      commit(std::move(put));
      left.left.push_back(file);
      commit(std::move(left));
    }
    EXPECT_GE(repository.durable(), 50'000u);
    EXPECT_LE(behind_max, 100'000u);
    EXPECT_TRUE(repository.entries().empty());
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace flow

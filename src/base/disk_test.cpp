#include "base/disk.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/disk_faulty.h"

namespace base {
namespace {

class DiskTest : public testing::Test {
 protected:
  void SetUp() override {
    auto pattern = (std::filesystem::temp_directory_path() / "freshet-disk-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  std::string folder_;
};

TEST_F(DiskTest, FilesAppendReadAndTruncate) {
  PosixDisk disk;
  auto file = disk.open(path("a"), OpenMode::CreateNew).value();
  ASSERT_TRUE(file->append("hello "));
  ASSERT_TRUE(file->append("world"));
  std::string part(5, ' ');
  EXPECT_EQ(file->read_at(6, part).value(), 5u);
  EXPECT_EQ(part, "world");
  EXPECT_EQ(file->read_at(8, part).value(), 3u);
  ASSERT_TRUE(file->truncate(4));
  EXPECT_EQ(disk.read_all(path("a")).value(), "hell");
  EXPECT_EQ(disk.open(path("a"), OpenMode::CreateNew).error().kind, ErrorKind::AlreadyExists);
  EXPECT_EQ(disk.open(path("b"), OpenMode::Read).error().kind, ErrorKind::NotFound);
}

TEST_F(DiskTest, ReplaceAllLeavesNoOtherName) {
  PosixDisk disk;
  ASSERT_TRUE(disk.replace_all(path("format"), "1"));
  ASSERT_TRUE(disk.replace_all(path("format"), "2"));
  EXPECT_EQ(disk.read_all(path("format")).value(), "2");
  EXPECT_EQ(disk.list(folder_).value(), std::vector<std::string>{"format"});
}

TEST_F(DiskTest, CrashDropsWhatWasNotSynced) {
  FaultyDisk disk{{}};
  {
    auto file = disk.open(path("a"), OpenMode::CreateNew).value();
    ASSERT_TRUE(file->append("kept"));
    ASSERT_TRUE(file->sync());
    ASSERT_TRUE(disk.sync_directory(folder_));
    ASSERT_TRUE(file->append(" lost"));
    ASSERT_TRUE(file->write_at(0, "K"));
    auto unnamed = disk.open(path("b"), OpenMode::CreateNew).value();
    ASSERT_TRUE(unnamed->append("synced, but its name is not"));
    ASSERT_TRUE(unnamed->sync());
  }
  disk.crash();
  EXPECT_EQ(disk.read_all(path("a")).value(), "kept");
  EXPECT_FALSE(disk.exists(path("b")).value());
}

TEST_F(DiskTest, CrashUndoesRenamesAndRemovals) {
  FaultyDisk disk{{}};
  ASSERT_TRUE(disk.replace_all(path("a"), "old"));
  ASSERT_TRUE(disk.replace_all(path("gone"), "back"));
  ASSERT_TRUE(disk.remove(path("gone")));
  {
    auto file = disk.open(path("a.new"), OpenMode::Create).value();
    ASSERT_TRUE(file->append("new"));
    ASSERT_TRUE(file->sync());
  }
  ASSERT_TRUE(disk.rename(path("a.new"), path("a")));
  EXPECT_EQ(disk.read_all(path("a")).value(), "new");
  disk.crash();
  EXPECT_EQ(disk.read_all(path("a")).value(), "old");
  EXPECT_EQ(disk.read_all(path("gone")).value(), "back");
  EXPECT_EQ(disk.list(folder_).value(), (std::vector<std::string>{"a", "gone"}));
}

TEST_F(DiskTest, ReplaceAllIsOldOrNewAtEveryFault) {
  for (int n = 1;; ++n) {
    FaultyDisk disk{{.fail_at = n}};
    PosixDisk plain;
    ASSERT_TRUE(plain.replace_all(path("a"), "old"));
    const bool replaced = disk.replace_all(path("a"), "new").has_value();
    disk.crash();
    const auto contents = plain.read_all(path("a")).value();
    ASSERT_TRUE(contents == "new" || (contents == "old" && !replaced)) << "fault at operation " << n;
    if (!disk.fault_was_hit()) break;
  }
}

}  // namespace
}  // namespace base
